"""Verdicts of many persons, by the engine or by the oracle, in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from generative.load import knowledge
from generative.people import RandomChooser, draw_person
from generative.records import to_records
from oracle import Oracle, Person
from remit.knowledge import Knowledge
from remit.pipeline import assess


@dataclass(frozen=True)
class Verdict:
    """Status and bounds; a null bound is open: below every number at the low end, above at the high end."""

    status: str
    low: float
    high: float


def _verdict(status: str, low: float | None, high: float | None) -> Verdict:
    none = status == "not_met" and high is None  # a score that cannot be given even at most
    top = float("-inf") if none else float("inf") if high is None else high
    return Verdict(status, float("-inf") if low is None else low, top)


def by_oracle(persons: Sequence[Person], k: Knowledge | None = None) -> list[dict[str, Verdict]]:
    """Verdicts by definition, one dictionary a person."""
    k = k or knowledge()
    oracle = Oracle(k)
    ids = [d.id for d in k.definitions]
    return [
        {i: _verdict(v.status, v.low, v.high) for i, v in zip(ids, oracle.judge(p).verdicts, strict=True)}
        for p in persons
    ]


def by_engine(persons: Sequence[Person], k: Knowledge | None = None) -> list[dict[str, Verdict]]:
    """Verdicts by definition, one dictionary a person."""
    k = k or knowledge()
    found = assess(to_records(persons, k), k)["verdict"]
    ids = [d.id for d in k.definitions]
    out: list[dict[str, Verdict]] = [{} for _ in persons]
    columns = ("person_key", "definition_key", "status", "low", "high")
    for person, definition, status, low, high in found.select(columns).iter_rows():
        out[person][ids[definition]] = _verdict(status, low, high)
    return out


JUDGES = {"engine": by_engine, "oracle": by_oracle}


def people(seed: int, n: int) -> list[Person]:
    """Drawn persons."""
    chooser = RandomChooser(Random(f"properties {seed}"))
    return [draw_person(chooser) for _ in range(n)]
