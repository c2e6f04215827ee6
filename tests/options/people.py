"""Invented people for the tests of facts and options, at the thresholds of the knowledge and a step to either side."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import polars as pl

from options import plain
from options.plain import Answer, Condition, Course, Person, Score
from remit.knowledge import Knowledge
from remit.tables import (
    Answer as AnswerTable,
)
from remit.tables import (
    Clue,
    Episode,
    Exposure,
    ExposureNote,
    Measurement,
    Outcome,
    Preference,
)
from remit.tables import (
    Condition as ConditionTable,
)
from remit.tables import (
    Person as PersonTable,
)

INDEX = date(2026, 11, 1).toordinal()
WINDOWS = (0, 1, 4, 5, 6, 13, 14, 15, 29, 30, 31, 34, 35, 36, 41, 42, 43, 89, 90, 91, 364, 365, 366)
STATUSES = ("suspected", "active", "remission", "resolved", "refuted", None)


def numbers(name: str) -> list[float]:
    """Every bound that a rule or reader holds a fact against, and one step to either side."""
    found: set[float] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("fact") == name:
                found.update(node[k] for k in ("above", "at_least", "at_most", "below") if k in node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(plain.section("eligibility"))
    for reader in plain.section("facts")[name].get("read", []):
        found.update(reader[k] for k in ("above", "at_least", "at_most", "below") if k in reader)
    return sorted({n + step for n in found for step in (-1, -0.1, 0, 0.1, 1) if n + step > 0})


def draw(chance: Random) -> Person:
    """One person; most things are unknown, as in most records."""
    facts = plain.section("facts")
    age = chance.choice([*numbers("age"), 40, 70, None])
    birth = None
    if age is not None:
        birth = date(2026 - int(age), chance.choice([1, 10, 11, 12]), chance.choice([1, 2, 28]))
    person = Person(
        INDEX,
        birth,
        chance.choice(["female", "male", "other", None]),
        chance.choice([None, 70.0]),
        chance.choice(["US", "GB", "DE", "AU", None]),
        chance.choice([None, "mild", "moderate", "severe"]),
        chance.choice(["yes", "no", "unknown"]),
    )
    asked = [fact for fact, d in facts.items() if d["kind"] == "yes_no"]
    known = chance.random()
    person.clues = {
        fact: chance.choice(["yes", "no", "no", "unknown"])
        for fact in asked
        if chance.random() < known * chance.random()
    }
    person.clues["medicine_list_complete"] = chance.choice(["yes", "no", "unknown"])
    measures = [r["measure"] for d in facts.values() for r in d.get("read", []) if "measure" in r]
    for _ in range(chance.randrange(6)):
        measure = chance.choice(measures)
        owners = [f for f, d in facts.items() if any(r.get("measure") == measure for r in d.get("read", []))]
        values = [n for f in owners for n in numbers(f)] or [10.0]
        unit = chance.choice([None, plain.section("observables").get(measure, {}).get("unit"), "pounds"])
        person.scores.append(Score(measure, INDEX - chance.choice(WINDOWS), chance.choice(values), unit))
    for _ in range(chance.randrange(3)):
        person.answers.append(Answer("phq9", 9, INDEX - chance.choice(WINDOWS), float(chance.choice([0, 0, 1, 3]))))
    person.answers = list({a.day: a for a in person.answers}.values())
    ids = sorted({c for d in facts.values() for r in d.get("read", []) for c in r.get("condition", [])})
    everything = list(plain.section("conditions"))
    for _ in range(chance.randrange(7)):
        onset = chance.choice([None, *(INDEX - n for n in WINDOWS), INDEX + 5])
        name = chance.choice(ids if chance.random() < 0.8 else everything)
        person.conditions.append(Condition(name, chance.choice(STATUSES), onset))
    drugs = [t for t, e in plain.treatments().items() if e["kind"] == "drug"]
    for _ in range(chance.randrange(6)):
        person.courses.append(_course(chance, drugs))
    for wish in plain.section("preferences"):
        if chance.random() < 0.3:
            person.wishes[wish] = chance.random() < 0.3
    return person


def _course(chance: Random, drugs: list[str]) -> Course:
    favourites = ["phenelzine", "fluoxetine", "sertraline", "lithium", "bupropion", "moclobemide", "aripiprazole"]
    treatment = chance.choice(favourites if chance.random() < 0.5 else drugs)
    kind = chance.choice(["ongoing", "ended", "ended", "unknown", "vague"])
    start = INDEX - chance.choice([100, 200, 400])
    evidence = chance.choice(["report", "report", "fill", "order"])
    if kind == "ongoing":
        return Course(treatment, (start, start), None, True, evidence)
    last = INDEX - chance.choice(WINDOWS)
    if kind == "ended":
        return Course(
            treatment, (start, start) if start < last else (last, last), (last + 1, last + 1), False, evidence
        )
    if kind == "unknown":
        return Course(treatment, chance.choice([None, (start, start)]), None, False, evidence)
    early = last - chance.choice([1, 7, 30])
    return Course(treatment, (early - 60, early - 50), (early + 1, last + 1), False, evidence)


def records(people: list[Person], knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """The record tables of invented people."""
    rows: dict[Any, list[dict[str, Any]]] = {
        table: []
        for table in (
            PersonTable, Episode, Exposure, ExposureNote, Outcome, Measurement, AnswerTable, ConditionTable, Clue,
            Preference,
        )
    }  # fmt: skip
    for key, p in enumerate(people):
        rows[PersonTable].append(
            {
                "person_key": key, "person_id": f"p{key}", "index_date": date.fromordinal(p.index),
                "birth_date": p.birth, "sex": p.sex, "weight_kg": p.weight, "country": p.country,
            }
        )  # fmt: skip
        rows[Episode].append(
            {"person_key": key, "severity": p.severity, "psychotic": p.psychotic, "record_ref": "episode"}
        )
        for i, c in enumerate(p.courses):
            _expose(rows, key, i, c, knowledge)
        for s in p.scores:
            rows[Measurement].append(
                {
                    "measurement_key": len(rows[Measurement]), "person_key": key, "measure_id": s.measure,
                    "date": date.fromordinal(s.day), "value": s.value, "unit": s.unit, "is_imputed": False,
                    "record_ref": "score",
                }
            )  # fmt: skip
        for a in p.answers:
            rows[AnswerTable].append(
                {
                    "person_key": key, "instrument_id": a.instrument, "date": date.fromordinal(a.day), "item": a.item,
                    "value": a.value, "record_ref": "answer",
                }
            )  # fmt: skip
        for condition in p.conditions:
            onset = date.fromordinal(condition.onset) if condition.onset else None
            rows[ConditionTable].append(
                {
                    "person_key": key, "condition_id": condition.id, "status": condition.status, "onset_date": onset,
                    "record_ref": "condition",
                }
            )  # fmt: skip
        rows[Clue] += [
            {"person_key": key, "clue_id": name, "answer": answer, "record_ref": f"clue {name}"}
            for name, answer in p.clues.items()
        ]
        rows[Preference] += [
            {"person_key": key, "preference_id": name, "is_wanted": wanted} for name, wanted in p.wishes.items()
        ]
    return {table.table_name(): table.of(content) for table, content in rows.items()}


def day(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number)


def _expose(rows: dict[Any, list[dict[str, Any]]], person: int, i: int, course: Course, knowledge: Knowledge) -> None:
    key = len(rows[Exposure])
    (start, start_latest) = course.start or (None, None)
    (end_earliest, end) = course.end or (None, None)
    rows[Exposure].append(
        {
            "exposure_key": key, "person_key": person, "treatment_key": knowledge.treatment_key(course.treatment),
            "start_date": day(start), "end_date": day(end), "daily_dose_mg": None,
        }
    )  # fmt: skip
    rows[ExposureNote].append(
        {
            "exposure_key": key, "start_latest_date": day(start_latest), "end_earliest_date": day(end_earliest),
            "end_kind": "ongoing" if course.ongoing else "ended" if course.end else "unknown",
            "evidence": course.evidence, "record_ref": f"exposure {i}",
        }
    )  # fmt: skip
