"""Vignettes: whole histories as data, with what must come out and why, worked out by hand.

The files lie in `remit_knowledge/cases/`. A vignette lists all trials of the person; of the rest it lists what it
teaches. Of a row only the keys that are written are compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field

from remit.flow.adequacy import adequacy_with_days
from remit.flow.records import read_records
from remit.knowledge import Knowledge
from remit.knowledge.load import package_dir
from remit.pipeline import assess

Three = Literal["yes", "no", "unknown"]
Table = pl.DataFrame


class Row(BaseModel):
    """What is expected of one row; every row says why."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    because: str = Field(min_length=1)

    def said(self, *keys: str) -> dict[str, Any]:
        """The expectations that were written down, without the keys that only name the row."""
        return {k: getattr(self, k) for k in self.model_fields_set if k != "because" and k not in keys}


class TrialRow(Row):
    """A trial; `end` is exclusive, null is unknown."""

    treatment: str
    start: date | None
    end: date | None
    covered_days: int | None
    covered_days_low: int = 0
    max_dose_mg: float | None = None
    ongoing: bool = False


class OverlapRow(Row):
    """Two trials that ran together."""

    treatment: str
    added: str
    days: int
    kind: Literal["cross_taper", "combination", "augmentation"]
    declared: Three


class ResponseRow(Row):
    """How much better."""

    treatment: str
    start: date | None = None
    basis: Literal["measured", "reported", "none"]
    improvement_percent: float | None = None
    remission: Three = "unknown"
    disagrees: bool = False


class AdequacyRow(Row):
    """Was it a fair try under a rule? `start` tells trials of one treatment apart."""

    treatment: str
    start: date | None = None
    rule: str
    dose_met: Three = "unknown"
    duration_met: Three = "unknown"
    adherence_met: Three = "unknown"
    adequate_days: int | None = None
    adequate_days_low: int = 0
    failed: Three = "unknown"
    failed_in_episode: Three = "unknown"
    intolerant: Three = "unknown"


class VerdictRow(Row):
    """A verdict; `missing` is the whole list, `treatment: fact` or `person: fact`."""

    definition: str
    status: Literal["met", "not_met", "undetermined", "not_applicable"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    label: str | None = None
    first_met_date: date | None = None
    missing: tuple[str, ...] = ()


class Expect(BaseModel):
    """Everything that is expected."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    trials: tuple[TrialRow, ...]
    overlaps: tuple[OverlapRow, ...] = ()
    responses: tuple[ResponseRow, ...] = ()
    adequacy: tuple[AdequacyRow, ...]
    verdicts: tuple[VerdictRow, ...] = Field(min_length=1)


class Vignette(BaseModel):
    """One whole history and what must come out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    title: str
    teaches: str
    history: dict[str, Any]
    expect: Expect


@cache
def vignettes() -> tuple[Vignette, ...]:
    """All vignettes, by file name."""
    found = []
    for path in sorted((package_dir() / "cases").glob("*.yaml")):
        vignette = Vignette.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert vignette.id == path.stem, f"{path.name} holds {vignette.id}"
        found.append(vignette)
    return tuple(found)


def records_of(vignette: Vignette, knowledge: Knowledge, folder: Path) -> dict[str, Table]:
    """Record tables of a vignette, read as a user's file would be."""
    path = folder / f"{vignette.id}.json"
    path.write_text(json.dumps(vignette.history, default=str), encoding="utf-8")
    return read_records([path], knowledge)


def differences(vignette: Vignette, records: Mapping[str, Table], knowledge: Knowledge) -> list[str]:
    """Every expectation that does not come out."""
    return [*compare(vignette.expect, assess(records, knowledge), knowledge)]


def compare(expect: Expect, tables: Mapping[str, Table], knowledge: Knowledge) -> Iterator[str]:
    """Differences between what is expected and the tables of one person."""
    book = _Book(tables, knowledge)
    yield from book.trials(expect.trials)
    for overlap in expect.overlaps:
        yield from book.overlap(overlap)
    for response in expect.responses:
        yield from book.response(response)
    for adequacy in expect.adequacy:
        yield from book.adequacy(adequacy)
    for verdict in expect.verdicts:
        yield from book.verdict(verdict)


class _Book:
    def __init__(self, tables: Mapping[str, Table], knowledge: Knowledge) -> None:
        self.tables = tables
        self.knowledge = knowledge
        self.trial = [
            row | {"treatment": knowledge.treatments[row["treatment_key"]].id, "ongoing": row["is_ongoing"],
                   "start": row["start_date"], "end": row["end_date"]}
            for row in tables["trial"].iter_rows(named=True)
        ]  # fmt: skip
        self.name = {row["trial_key"]: row["treatment"] for row in self.trial}

    def trials(self, expected: tuple[TrialRow, ...]) -> Iterator[str]:
        key = [(t.treatment, t.start or date.max) for t in expected]
        got = [(t["treatment"], t["start"] or date.max) for t in self.trial]
        if sorted(key) != sorted(got):
            yield f"trials are {sorted(got)}, expected {sorted(key)}"
            return
        for row in expected:
            actual = next(t for t in self.trial if (t["treatment"], t["start"]) == (row.treatment, row.start))
            yield from _differ(f"trial {row.treatment} {row.start}", row.said(), actual)

    def overlap(self, row: OverlapRow) -> Iterator[str]:
        found = [
            {"days": o["overlap_days"], "kind": o["kind"], "declared": o["is_declared"]}
            for o in self.tables["trial_overlap"].iter_rows(named=True)
            if (self.name[o["trial_key"]], self.name[o["added_trial_key"]]) == (row.treatment, row.added)
        ]
        yield from _one(f"overlap {row.treatment} + {row.added}", row.said("treatment", "added"), found)

    def response(self, row: ResponseRow) -> Iterator[str]:
        keys = self._trial_keys(row.treatment, row.start)
        found = [
            r | {"remission": r["is_remission"]}
            for r in self.tables["response"].iter_rows(named=True) if r["trial_key"] in keys
        ]  # fmt: skip
        yield from _one(f"response {row.treatment}", row.said("treatment", "start"), found)

    def adequacy(self, row: AdequacyRow) -> Iterator[str]:
        keys = self._trial_keys(row.treatment, row.start)
        rule = self.knowledge.rule_key(row.rule)
        found = [
            a | {"failed": a["failed_adequate"]}
            for a in adequacy_with_days(self.tables, self.knowledge).iter_rows(named=True)
            if a["trial_key"] in keys and a["rule_key"] == rule
        ]
        yield from _one(f"adequacy {row.treatment} under {row.rule}", row.said("treatment", "start", "rule"), found)

    def verdict(self, row: VerdictRow) -> Iterator[str]:
        key = self.knowledge.definition_key(row.definition)
        definition = self.knowledge.definitions[key]
        missing = {
            f"{self.name[m['trial_key']] if m['trial_key'] is not None else 'person'}: {m['fact']}"
            for m in self.tables["missing"].iter_rows(named=True) if m["definition_key"] == key
        }  # fmt: skip
        found = [
            v | {"label": definition.label_of(v["value"]), "missing": missing}
            for v in self.tables["verdict"].iter_rows(named=True) if v["definition_key"] == key
        ]  # fmt: skip
        said = row.said("definition")
        if "missing" in said:
            said["missing"] = set(row.missing)
        yield from _one(f"verdict {row.definition}", said, found)

    def _trial_keys(self, treatment: str, start: date | None) -> set[int]:
        return {
            t["trial_key"] for t in self.trial
            if t["treatment"] == treatment and (start is None or t["start"] == start)
        }  # fmt: skip


def _one(what: str, said: Mapping[str, Any], found: list[dict[str, Any]]) -> Iterator[str]:
    if len(found) != 1:
        yield f"{what}: {len(found)} rows, expected one"
    else:
        yield from _differ(what, said, found[0])


def _differ(what: str, said: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for name, expected in said.items():
        got = actual[name]
        is_close = isinstance(expected, float) and isinstance(got, float) and abs(got - expected) < 1e-5
        if got != expected and not is_close:
            yield f"{what}: {name} is {got}, expected {expected}"
