"""Runs the worked cases that stand inside definitions and checks: ours in the tests, a site's own for its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from remit.errors import Fault
from remit.flow.differential import differential
from remit.knowledge import Definition, Knowledge
from remit.knowledge.definition import Case, CaseTrial
from remit.knowledge.differential import Check, CheckCase
from remit.pipeline import assess
from remit.tables import (
    Condition,
    Episode,
    Exposure,
    ExposureDetail,
    ExposureNote,
    Fact,
    Outcome,
    Person,
    Table,
)

DAY_0 = date(2020, 1, 1)
DAYS_AFTER = 7
"""The index date of a case that names none lies this long after its last trial."""


def case_records(cases: Sequence[Case], knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Record tables of worked cases, one person per case."""
    rows: dict[type[Table], list[dict[str, Any]]] = {
        t: [] for t in (Person, Episode, Exposure, ExposureNote, ExposureDetail, Outcome, Condition)
    }
    for key, case in enumerate(cases):
        ends = [t.start + t.days for t in case.trials if t.start is not None and t.days is not None]
        length = case.episode_days if case.episode_days is not None else max(ends, default=0) + DAYS_AFTER
        person = {"person_key": key, "person_id": str(key), "index_date": DAY_0 + timedelta(days=length)}
        rows[Person].append(person)
        start = DAY_0 if case.episode_known else None
        facts = {"severity": case.severity, "psychotic": case.psychotic or "unknown"}
        rows[Episode].append({"person_key": key, "start_date": start, "start_latest_date": start, **facts})
        for trial in case.trials:
            _add_trial(rows, key, trial, knowledge)
        for condition in case.conditions:
            rows[Condition].append({"person_key": key, "condition_id": condition, "record_ref": case.name})
    return {table.table_name(): table.of(content) for table, content in rows.items()}


def _add_trial(
    rows: dict[type[Table], list[dict[str, Any]]], person_key: int, trial: CaseTrial, knowledge: Knowledge
) -> None:
    key = len(rows[Exposure])
    start = None if trial.start is None else DAY_0 + timedelta(days=trial.start)
    end = None if start is None or trial.days is None else start + timedelta(days=trial.days)
    where = {"exposure_key": key, "record_ref": f"trials[{key}]"}
    rows[Exposure].append(
        {
            "exposure_key": key,
            "person_key": person_key,
            "treatment_key": knowledge.treatment_key(trial.treatment),
            "start_date": start,
            "end_date": end,
            "daily_dose_mg": trial.dose,
        }
    )
    note = {
        "start_latest_date": start,
        "end_earliest_date": end,
        "end_kind": "unknown" if end is None else "ended",
        "sessions": trial.sessions,
        "adherence": trial.adherence,
        "stop_reason": trial.stopped,
        "augments_key": knowledge.treatment_key(trial.augments) if trial.augments else None,
        "evidence": "report",
    }
    rows[ExposureNote].append(where | note)
    rows[ExposureDetail].extend({"exposure_key": key, "name": n, "value": v} for n, v in trial.detail.items())
    if trial.outcome or trial.improvement is not None:
        rows[Outcome].append(where | {"outcome": trial.outcome, "improvement_percent": trial.improvement})


def check_cases(definition: Definition, knowledge: Knowledge) -> list[Fault]:
    """Every worked case of a definition that does not come out as it says."""
    narrowed = knowledge.only([definition.id])
    verdicts = assess(case_records(definition.cases, knowledge), narrowed, detail=False)["verdict"]
    faults = []
    for case, got in zip(definition.cases, verdicts.sort("person_key").iter_rows(named=True), strict=True):
        actual = got | {"label": definition.label_of(got["value"]) or definition.label}
        for name, expected in case.expect.items():
            if actual.get(name) != expected:
                faults.append(
                    Fault(
                        f"definitions/{definition.id}.yaml: case {case.name!r}",
                        f"{name} is {actual.get(name)}, expected {expected}",
                        "Correct the definition or the case.",
                    )
                )
    return faults


def fact_table(cases: Sequence[CheckCase], knowledge: Knowledge) -> pl.DataFrame:
    """Table `fact` of the worked cases of a check, one person per case; what a case does not name is unknown."""
    rows: list[dict[str, Any]] = []
    for person, case in enumerate(cases):
        for key, fact in enumerate(knowledge.facts):
            row: dict[str, Any] = {"person_key": person, "fact_key": key, "is_given": False, "is_disputed": False}
            value = case.facts.get(fact.id)
            if fact.kind == "number":
                row |= {"low": value, "high": value}
            else:
                row["state"] = "unknown" if value is None else "yes" if value else "no"
            rows.append(row)
    return Fact.of(rows)


def check_considerations(check: Check, knowledge: Knowledge) -> list[Fault]:
    """Every worked case of a check of the differential that does not come out as it says."""
    people = [{"person_key": i, "person_id": case.name, "index_date": DAY_0} for i, case in enumerate(check.cases)]
    tables = {"person": Person.of(people), "fact": fact_table(check.cases, knowledge)}
    found = differential(tables, knowledge)
    is_own = pl.col("check_key") == knowledge.checks.index(check)
    reasons = found["consideration_reason"].filter(is_own & (pl.col("direction") != "unknown"))
    rows = found["consideration"].filter(is_own).sort("person_key").iter_rows(named=True)
    return [
        Fault(f"differential/{check.id}.yaml: case {case.name!r}", problem, "Correct the check or the case.")
        for case, row in zip(check.cases, rows, strict=True)
        for problem in _consideration_problems(case, row, reasons.filter(pl.col("person_key") == row["person_key"]))
    ]


def _consideration_problems(case: CheckCase, row: dict[str, Any], reasons: pl.DataFrame) -> Iterator[str]:
    if (row["state"], row["level"]) != (case.state, case.level):
        yield f"state is {row['state']} with level {row['level']}, expected {case.state} with {case.level}"
    held = set(reasons["clue"])
    if case.holds is not None and held != set(case.holds):
        yield f"the clues {', '.join(sorted(held)) or 'none'} hold, expected {', '.join(case.holds) or 'none'}"
