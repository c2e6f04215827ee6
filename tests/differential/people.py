"""Persons as facts, drawn at and around every threshold of the checks; and the same persons as table `fact`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from math import inf, isinf
from typing import Any

import polars as pl
import yaml

from differential.oracle import Answer
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.load import package_dir
from remit.tables import Fact, Person

DAY = date(2026, 1, 1)
STEP = 0.5


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


@cache
def files() -> dict[str, dict[str, Any]]:
    """Checks as they stand in their files, by id in the order of the checks."""
    paths = (package_dir() / "differential").glob("*.yaml")
    read = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    return {check["id"]: check for check in sorted(read, key=lambda check: check["position"])}


def leaves(when: dict[str, Any]) -> list[dict[str, Any]]:
    if "fact" in when:
        return [when]
    parts = [*when.get("any", ()), *when.get("all", ()), *when.get("of", ()), *([when["not"]] if "not" in when else [])]
    return [leaf for part in parts for leaf in leaves(part)]


@cache
def thresholds() -> dict[str, list[float]]:
    """Every bound that some check holds a number against."""
    found: dict[str, set[float]] = defaultdict(set)
    for check in files().values():
        for clue in (*check["raised_by"], *check.get("against", ())):
            for leaf in leaves(clue["when"]):
                found[leaf["fact"]] |= {leaf[k] for k in ("above", "at_least", "at_most", "below") if k in leaf}
    return {fact: sorted(values) for fact, values in found.items() if values}


def asked(check: dict[str, Any]) -> list[str]:
    clues = (*check["raised_by"], *check.get("against", ()))
    return sorted({leaf["fact"] for clue in clues for leaf in leaves(clue["when"])})


def drawn(chance: random.Random, facts: Sequence[str], density: float) -> dict[str, Answer]:
    """A person of whom some facts are known: numbers on a threshold, beside it, or between two."""
    person: dict[str, Answer] = {}
    for fact in facts:
        if chance.random() > density:
            continue
        if fact in thresholds():
            values = [v + d for v in thresholds()[fact] for d in (-STEP, 0, STEP)]
            low, high = sorted((chance.choice([-inf, *values]), chance.choice([*values, inf])))
            person[fact] = (low, high) if chance.random() < 0.5 else (chance.choice(values),) * 2
        else:
            person[fact] = chance.choice(("yes", "no", "no", "unknown"))
    return person


def tables(people: Sequence[Mapping[str, Answer]]) -> dict[str, pl.DataFrame]:
    """Tables `person` and `fact` of such persons."""
    rows: list[dict[str, Any]] = []
    for key, person in enumerate(people):
        for fact_key, fact in enumerate(knowledge().facts):
            row: dict[str, Any] = {"person_key": key, "fact_key": fact_key, "is_given": False, "is_disputed": False}
            answer = person.get(fact.id)
            if fact.kind == "number":
                low, high = answer if isinstance(answer, tuple) else (-inf, inf)
                row |= {"low": None if isinf(low) else low, "high": None if isinf(high) else high}
            else:
                row["state"] = answer or "unknown"
            rows.append(row)
    persons = [{"person_key": key, "person_id": str(key), "index_date": DAY} for key in range(len(people))]
    return {"person": Person.of(persons), "fact": Fact.of(rows)}
