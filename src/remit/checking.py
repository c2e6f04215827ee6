"""Runs the worked cases inside definitions, checks and rules: ours in the tests, a site's own for its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from remit.engine.columns import NO_CODE
from remit.engine.expressions import fact_columns
from remit.errors import Fault
from remit.flow.course.continuation import BRANCHES, asked
from remit.flow.differential import differential
from remit.flow.facts.sheet import Sheet
from remit.flow.options import rules_bearing
from remit.knowledge import Definition, Knowledge
from remit.knowledge.course import CourseCase
from remit.knowledge.definition import Case, CaseTrial
from remit.knowledge.differential import Check, CheckCase
from remit.knowledge.eligibility import RuleCase
from remit.knowledge.tasks import Algorithm
from remit.pipeline import Assessed, follow
from remit.tables import (
    TRI,
    Condition,
    Episode,
    Exposure,
    ExposureDetail,
    ExposureNote,
    Measurement,
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
    verdicts = Assessed(case_records(definition.cases, knowledge), narrowed)["verdict"]
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


def fact_table(cases: Sequence[CheckCase | RuleCase], knowledge: Knowledge) -> pl.DataFrame:
    """Table `fact` of worked cases of checks or rules, one person per case; what a case does not name is unknown."""
    sheet = Sheet(len(cases), knowledge.facts)
    for person, case in enumerate(cases):
        for name, value in case.facts.items():
            at = person, knowledge.fact_key(name)
            if isinstance(value, bool):
                (sheet.yes if value else sheet.no)[at] = True
            else:
                sheet.low[at] = sheet.high[at] = value
    return sheet.table(np.arange(len(cases), dtype=np.uint32), NO_CODE)


def check_eligibility(knowledge: Knowledge) -> list[Fault]:
    """Every worked case of a rule of eligibility that does not come out as it says."""
    rules = tuple(knowledge.eligibility.values())
    cases = [(row, case) for row, rule in enumerate(rules) for case in rule.cases]
    facts = fact_columns(fact_table([case for _, case in cases], knowledge), knowledge.fact_keys)
    bears, is_gone = rules_bearing(facts, rules, knowledge)
    got = ["elsewhere" if is_gone[row, i] else TRI[bears[row, i]] for i, (row, _) in enumerate(cases)]
    return [
        Fault(
            f"eligibility: {rules[row].id}: case {rules[row].cases.index(case) + 1}",
            f"bears is {word}, expected {case.bears}",
            "Correct the rule or the case.",
        )
        for (row, case), word in zip(cases, got, strict=True)
        if word != case.bears
    ]


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


CASE_DAYS = 900
"""Days after day 0 on which a worked case of the course is looked at; later than any of its scores."""


def check_course(knowledge: Knowledge) -> list[Fault]:
    """Every worked case of the course, of an instrument or of an algorithm, that does not come out as it says."""
    cases = [(m, case) for m in knowledge.course.measures.values() for case in m.cases]
    records = _course_records([(m.id, case) for m, case in cases], knowledge)
    events = follow(records, knowledge)["course_event"]
    found: dict[int, list[str]] = {key: [] for key in range(len(cases))}
    for row in events.iter_rows(named=True):
        key = row["person_key"]
        if row["kind"] == cases[key][1].kind and row["date"] is not None:
            day = str((row["date"] - DAY_0).days)
            found[key].append(" ".join(part for part in (row["certainty"], day, row["result"]) if part))
    faults = [
        Fault(
            f"course: {measure.id}: case {case.name!r}",
            f"gives {', '.join(sorted(found[key])) or 'nothing'}, expected {', '.join(case.events) or 'nothing'}",
            "Correct the rule or the case.",
        )
        for key, (measure, case) in enumerate(cases)
        if sorted(found[key]) != sorted(case.events)
    ]
    return faults + [fault for a in knowledge.course.algorithms.values() for fault in _algorithm_faults(a)]


def _course_records(cases: Sequence[tuple[str, CourseCase]], knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Record tables of worked cases of the course, one person per case."""
    rows: dict[type[Table], list[dict[str, Any]]] = {t: [] for t in (Person, Measurement, Exposure)}
    index_date = DAY_0 + timedelta(days=CASE_DAYS)
    for key, (measure, case) in enumerate(cases):
        rows[Person].append({"person_key": key, "person_id": str(key), "index_date": index_date})
        for day, value in case.scores.items():
            score = {"measure_id": measure, "date": DAY_0 + timedelta(days=day), "value": value, "is_imputed": False}
            where = {"measurement_key": len(rows[Measurement]), "person_key": key, "record_ref": case.name}
            rows[Measurement].append(score | where)
        if case.trial:
            end = None if case.trial.end is None else DAY_0 + timedelta(days=case.trial.end)
            rows[Exposure].append(
                {
                    "exposure_key": len(rows[Exposure]),
                    "person_key": key,
                    "treatment_key": knowledge.treatment_key(case.trial.treatment),
                    "start_date": DAY_0 + timedelta(days=case.trial.start),
                    "end_date": end,
                }
            )
    return {table.table_name(): table.of(content) for table, content in rows.items()}


def _algorithm_faults(algorithm: Algorithm) -> Iterator[Fault]:
    for n, case in enumerate(algorithm.cases, 1):
        scores = (np.array([score]) for score in (case.current, case.previous, case.baseline))
        got = BRANCHES[int(asked(algorithm, *scores)[0])]
        if got != case.expect:
            problem = f"gives {got}, expected {case.expect}"
            yield Fault(f"course: {algorithm.id}: case {n}", problem, "Correct the rule or the case.")
