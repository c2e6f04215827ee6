"""Resistant by whose definition, how sure, and what would settle it?

Every definition is a set of features over a person's trials and episode; `remit.engine.criteria` makes a verdict of
them. docs/explanation/semantics.md, *Features of a definition* and *Verdicts*.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, as_dates, codes, days, repeated, with_enums
from remit.engine.criteria import Result, evaluate, least_units, reaches
from remit.engine.intervals import FAR
from remit.engine.logic import Tri
from remit.flow.features import Features, Units
from remit.flow.findings import Ledger
from remit.flow.missing import MissingFacts
from remit.flow.settle import person_rows
from remit.knowledge import Definition, Knowledge
from remit.tables import NO, UNKNOWN, YES, Tables, Verdict
from remit.tables.records import CONDITION_STATUS
from remit.tables.resistance import STATUS

NOT_APPLICABLE = STATUS.index("not_applicable")
_STATUS = pl.Enum(STATUS)


def resistance(tables: Tables, knowledge: Knowledge, *, detail: bool = True) -> dict[str, pl.DataFrame]:
    """Verdicts of every definition for every person.

    Reads `person`, `episode`, `condition`, `trial`, `trial_note`, `trial_detail`, `trial_overlap`, `response`,
    `adequacy`. Writes `verdict` and, with `detail`, `tally`, `finding`, `finding_trial`, `missing`.
    """
    features = Features(tables, knowledge)
    ledger, lacking = Ledger(features), MissingFacts(features)
    exclusions: dict[tuple[str, ...], Tri] = {}
    verdicts = _Verdicts(len(knowledge.definitions), tables["person"]["person_key"])
    for key, definition in enumerate(knowledge.definitions):
        values = features.of(definition)
        result = evaluate(definition, {name: value.bounds for name, value in values.items()})
        if definition.excludes not in exclusions:
            exclusions[definition.excludes] = _excluded(tables, knowledge, definition.excludes)
        excluded = exclusions[definition.excludes]
        status = _status(result.status, excluded)
        verdicts.enter(key, status, result, _first_met(definition, values, status, features))
        if detail:
            ledger.add(key, definition, values)
            lacking.add(key, definition, values, status == UNKNOWN, excluded == UNKNOWN)
    written = {"verdict": verdicts.frame()}
    return written | ledger.frames() | {"missing": lacking.frame()} if detail else written


def _excluded(tables: Tables, knowledge: Knowledge, excludes: tuple[str, ...]) -> Tri:
    """By person: whether a recorded condition takes them out of a definition; unknown where it is suspected."""
    excluded = np.full(tables["person"].height, NO, np.uint8)
    condition = tables["condition"]
    if condition.is_empty() or not excludes:
        return excluded
    recorded = condition["condition_id"].to_list()
    wanted = {c for c in set(recorded) if knowledge.condition_closure(c) & set(excludes)}
    status = codes(condition, ["status"])[0]
    at = person_rows(tables, condition["person_key"].to_numpy())
    counts = np.array([c in wanted for c in recorded]) & (status != CONDITION_STATUS.index("refuted"))
    counts &= days(condition["onset_date"]) <= days(tables["person"]["index_date"])[at]  # an unknown onset is long ago
    value = np.where(status == CONDITION_STATUS.index("suspected"), np.uint8(UNKNOWN), np.uint8(YES))
    np.maximum.at(excluded, at[counts], value[counts])
    return excluded


def _status(status: Tri, excluded: Tri) -> NDArray[np.uint8]:
    """A suspected exclusion leaves open what would be met; a recorded one takes the definition away."""
    opened = np.where((excluded == UNKNOWN) & (status == YES), np.uint8(UNKNOWN), status)
    return np.where(excluded == YES, np.uint8(NOT_APPLICABLE), opened)


def _first_met(
    definition: Definition, values: dict[str, Units], status: NDArray[np.uint8], features: Features
) -> NDArray[np.int32]:
    """By person: the day on which the verdict was first met; NO_DAY where it is not met, or not a matter of trials."""
    n = len(status)
    if definition.shape == "score" or not (status == YES).any():
        return np.full(n, NO_DAY, np.int32)
    ways = [definition.criteria] if definition.shape == "count" else [
        rung.all for rung in definition.rungs if definition.met and reaches(definition.met, np.array([rung.value]))[0]
    ]  # fmt: skip
    first = np.full(n, FAR, np.int64)
    for criteria in ways:
        counting = [c for c in criteria if values[c.feature].counted is not None and least_units(c) > 0]
        days = [features.nth_date(values[c.feature], least_units(c)) for c in counting]
        first = np.minimum(first, np.max(days, axis=0)) if days else first
    return np.where((status == YES) & (first < FAR), first, NO_DAY).astype(np.int32)


class _Verdicts:
    """Table `verdict`, in order of definition, then person."""

    def __init__(self, n_definitions: int, person_key: pl.Series) -> None:
        self._person_key = person_key
        shape = (n_definitions, len(person_key))
        self._status = np.empty(shape, np.uint8)
        self._numbers = {name: np.empty(shape, np.float32) for name in ("value", "low", "high")}
        self._first_met = np.empty(shape, np.int32)

    def enter(self, key: int, status: NDArray[np.uint8], result: Result, first_met: NDArray[np.int32]) -> None:
        """Enter one definition; no numbers where it does not apply."""
        self._status[key] = status
        self._first_met[key] = first_met
        is_out = np.flatnonzero(status == NOT_APPLICABLE)
        for column, numbers in zip(self._numbers.values(), (result.value, *result.bounds), strict=True):
            column[key] = numbers
            column[key, is_out] = np.nan

    def frame(self) -> pl.DataFrame:
        """The table."""
        n_definitions, n = self._status.shape
        if not n_definitions:
            return Verdict.empty()
        columns = [
            repeated(self._person_key, n_definitions),
            pl.Series("definition_key", np.repeat(np.arange(n_definitions, dtype=np.uint8), n)),
            pl.Series("status", self._status.ravel()),
            *(pl.Series(name, numbers.ravel(), nan_to_null=True) for name, numbers in self._numbers.items()),
            as_dates("first_met_date", self._first_met.ravel()),
        ]
        return with_enums(columns, {"status": _STATUS})
