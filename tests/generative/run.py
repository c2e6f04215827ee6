"""Runs a batch through the engine and the oracle, and makes a disagreement small."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from generative.compare import differences, engine_rows, oracle_rows
from generative.load import knowledge
from generative.records import to_records
from oracle import Episode, Exposure, Oracle, Person
from oracle.model import to_json
from remit.flow.adequacy import adequacy_with_days
from remit.pipeline import Assessed, assess

FOUND = Path(__file__).parent / "found"


@cache
def oracle() -> Oracle:
    """The oracle of the loaded knowledge."""
    return Oracle(knowledge())


LAST = Person(date(2024, 1, 1), (Exposure("sertraline"),))
"""Closes every batch; its undated exposure has a note, so that every table is written."""


def assessed(persons: Sequence[Person]) -> tuple[dict[str, pl.DataFrame], Assessed]:
    """Records of a batch and the engine's tables."""
    records = to_records(persons, knowledge())
    tables = assess(records, knowledge())
    return records, tables | {"adequacy": adequacy_with_days(tables, knowledge())}


def disagreements(persons: Sequence[Person]) -> dict[int, list[str]]:
    """By place in the batch: what engine and oracle say differently."""
    records, tables = assessed([*persons, LAST])
    engine = engine_rows(tables, records, knowledge())
    judgements = [oracle().judge(person) for person in persons]
    found = differences(engine, oracle_rows(persons, judgements, oracle().facts))
    found.pop(len(persons), None)
    return found


def smallest(person: Person, wrong: Callable[[Person], bool], rounds: int = 40) -> Person:
    """The person with everything left out that the disagreement does not need."""
    for _ in range(rounds):
        for less in _simpler(person):
            if wrong(less):
                person = less
                break
        else:
            return person
    return person


def _simpler(person: Person) -> Iterator[Person]:
    for name in ("exposures", "scores", "conditions"):
        rows = getattr(person, name)
        for i in range(len(rows)):
            yield replace(person, **{name: (*rows[:i], *rows[i + 1 :])})
    if person.episode:
        yield replace(person, episode=None)
        for name in ("severity", "psychotic"):
            yield from _at_default(person, "episode", person.episode, name, Episode())
    for i, e in enumerate(person.exposures):
        for f in fields(e):
            if f.name in ("sessions", "adherence", "stop_reason", "augments", "outcome", "improvement"):
                if getattr(e, f.name) is not None:
                    yield _with_exposure(person, i, replace(e, **{f.name: None}))
            elif f.name == "detail" and e.detail:
                yield _with_exposure(person, i, replace(e, detail={}))
            elif f.name == "evidence" and e.evidence != "report":
                yield _with_exposure(person, i, replace(e, evidence="report"))
        if e.start != e.start_latest and e.start and e.noted:
            yield _with_exposure(person, i, replace(e, start_latest=e.start))
        if e.end != e.end_earliest and e.end and e.noted:
            yield _with_exposure(person, i, replace(e, end_earliest=e.end))


def _at_default(person: Person, part: str, value: Any, name: str, default: Any) -> Iterator[Person]:
    if getattr(value, name) != getattr(default, name):
        yield replace(person, **{part: replace(value, **{name: getattr(default, name)})})


def _with_exposure(person: Person, i: int, exposure: Any) -> Person:
    rows = person.exposures
    return replace(person, exposures=(*rows[:i], exposure, *rows[i + 1 :]))


def report(person: Person) -> str:
    """The smallest form of a person on whom the two disagree, saved for replay, with what they say."""
    small = smallest(person, lambda p: bool(disagreements([p])))
    text = json.dumps(to_json(small), indent=1)
    path = FOUND / f"{sha256(text.encode()).hexdigest()[:12]}.json"
    path.write_text(text + "\n", encoding="utf-8")
    lines = disagreements([small]).get(0, ["(alone the person shows no difference: it depends on the batch)"])
    return "\n".join([f"engine and oracle disagree; replay: {path}", text, *lines])
