"""Small records for tests: scores and treatments by day, day 0 being 2024-01-01."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl

from oracle.course import Event, OneTrial, Person
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import follow
from remit.tables import Answer, Exposure, ExposureNote, Measurement
from remit.tables import Person as PersonTable

DAY_0 = date(2024, 1, 1)
Tables = dict[str, pl.DataFrame]


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


def day(n: int) -> date:
    return DAY_0 + timedelta(days=n)


def number(when: date | None) -> int | None:
    return None if when is None else (when - DAY_0).days


def records(people: Iterable[Person], **person: Any) -> Tables:
    """Record tables of some people; a trial without a start has an unknown one."""
    rows: dict[Any, list[dict[str, Any]]] = {PersonTable: [], Measurement: [], Exposure: [], ExposureNote: []}
    for key, one in enumerate(people):
        rows[PersonTable].append({"person_key": key, "person_id": str(key), "index_date": day(one.index), **person})
        for measure, when, value, imputed in one.scores:
            n = len(rows[Measurement])
            rater, mode = one.settings.get((measure, when), (None, None))
            rows[Measurement].append(
                {
                    "measurement_key": n, "person_key": key, "measure_id": measure, "date": day(when), "value": value,
                    "is_imputed": imputed, "record_ref": f"score {n}", "rater": rater, "mode": mode,
                }
            )  # fmt: skip
        for trial in one.trials:
            n = len(rows[Exposure])
            start = None if trial.start is None else day(trial.start)
            is_open = trial.end > one.index
            rows[Exposure].append(
                {
                    "exposure_key": n, "person_key": key, "treatment_key": knowledge().treatment_key(trial.name),
                    "start_date": start, "end_date": None if is_open else day(trial.end), "daily_dose_mg": 100.0,
                }
            )  # fmt: skip
            if start is None:
                end = None if is_open else day(trial.end)
                rows[ExposureNote].append(
                    {
                        "exposure_key": n, "end_earliest_date": end, "end_kind": "ongoing" if is_open else "ended",
                        "evidence": "report", "record_ref": f"treatment {n}",
                    }
                )  # fmt: skip
    return {table.table_name(): table.of(content) for table, content in rows.items()}


def one(name: str, start: int | None, end: int) -> OneTrial:
    treatment = knowledge().treatments[knowledge().treatment_key(name)]
    return OneTrial(name, start, end, (treatment.role, treatment.klass))


def events_of(tables: Tables, person_key: int = 0) -> list[Event]:
    """Events of a person as the oracle writes them."""
    trials = tables["trial"]
    name = {t["trial_key"]: knowledge().treatments[t["treatment_key"]].id for t in trials.iter_rows(named=True)}
    rows = tables["course_event"].filter(pl.col("person_key") == person_key)
    return sorted(
        Event(
            r["measure_id"] or "", -1 if r["date"] is None else (r["date"] - DAY_0).days, r["kind"],
            r["certainty"] or "",
            name.get(r["trial_key"], ""), r["weeks"] or 0, r["result"] or "", r["reason"] or "",
        )
        for r in rows.iter_rows(named=True)
    )  # fmt: skip


def followed(*people: Person, answers: list[dict[str, Any]] | None = None, **person: Any) -> Tables:
    """The tables of some people."""
    found = records(people, **person)
    if answers:
        found["answer"] = Answer.of(answers)
    return follow(found, knowledge())


def tasks(tables: Tables, rule: str, person_key: int = 0) -> list[dict[str, Any]]:
    """What is due under a rule, dates as day numbers."""
    key = [t.id for t in knowledge().course.tasks].index(rule)
    rows = tables["due"].filter((pl.col("rule_key") == key) & (pl.col("person_key") == person_key))
    return [{k: number(v) if isinstance(v, date) else v for k, v in row.items()} for row in rows.iter_rows(named=True)]
