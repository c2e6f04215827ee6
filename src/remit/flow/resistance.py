"""Resistant by whose definition, how sure, and what would settle it?

Every definition is a set of features over a person's trials and episode; `remit.engine.criteria` makes a verdict of
them. docs/explanation/semantics.md, *Features of a definition* and *Verdicts*.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, framed, repeated
from remit.engine.criteria import Result, evaluate, least_units, reaches
from remit.engine.intervals import FAR
from remit.engine.logic import Tri
from remit.flow.excluded import exclusions_of
from remit.flow.features import Features, Units, features_of
from remit.knowledge import Definition, Knowledge
from remit.knowledge.definition import Criterion
from remit.tables import UNKNOWN, YES, Tables, Verdict
from remit.tables.resistance import STATUS

NOT_APPLICABLE = STATUS.index("not_applicable")


def resistance(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Verdicts of every definition for every person.

    Reads `person`, `episode`, `condition`, `trial`, `trial_note`, `trial_detail`, `trial_overlap`, `response`,
    `adequacy`. Writes `verdict`, in order of definition, then person.
    """
    features, exclusions = features_of(tables, knowledge), exclusions_of(tables, knowledge)
    verdicts = _Verdicts(len(knowledge.definitions), tables["person"]["person_key"])
    for key, definition in enumerate(knowledge.definitions):
        values = features.of(definition)
        result = evaluate(definition, {name: value.bounds for name, value in values.items()})
        excluded = exclusions.of(definition.excludes)
        status = result.status if excluded is None else _status(result.status, excluded)
        verdicts.enter(key, status, result, _first_met(definition, values, status, features))
    return {"verdict": verdicts.frame()}


def _status(status: Tri, excluded: Tri) -> NDArray[np.uint8]:
    """A suspected exclusion leaves open what would be met; a recorded one takes the definition away."""
    opened = np.where((excluded == UNKNOWN) & (status == YES), np.uint8(UNKNOWN), status)
    return np.where(excluded == YES, np.uint8(NOT_APPLICABLE), opened)


def _first_met(
    definition: Definition, values: dict[str, Units], status: NDArray[np.uint8], features: Features
) -> NDArray[np.int32]:
    """By person: the day on which the verdict was first met; NO_DAY where it is not met, or not a matter of trials."""
    n = len(status)
    is_met = status == YES
    met_on = np.full(n, NO_DAY, np.int32)
    if definition.shape == "score" or not np.count_nonzero(is_met):
        return met_on
    first = np.full(n, FAR, np.int64)
    for criteria in _ways(definition):
        counting = [c for c in criteria if values[c.feature].counted is not None and least_units(c) > 0]
        days = [features.nth_date(values[c.feature], least_units(c), is_met) for c in counting]
        first = np.minimum(first, reduce(np.maximum, days)) if days else first
    at = np.flatnonzero(is_met & (first < FAR))
    met_on[at] = first[at]
    return met_on


def _ways(definition: Definition) -> Sequence[Sequence[Criterion]]:
    """Criteria that together make a definition met: of a ladder, those of each rung that is high enough."""
    if definition.shape == "count":
        return [definition.criteria]
    assert definition.met is not None
    is_enough = reaches(definition.met, np.array([rung.value for rung in definition.rungs])).tolist()
    return [rung.all for rung, enough in zip(definition.rungs, is_enough, strict=True) if enough]


class _Verdicts:
    """Table `verdict`, in order of definition, then person."""

    def __init__(self, n_definitions: int, person_key: pl.Series) -> None:
        self._person_key = person_key
        shape = (n_definitions, len(person_key))
        self._status = np.empty(shape, np.uint8)
        self._numbers = {name: np.empty(shape, np.float32) for name in ("value", "low", "high")}
        self._first_met = np.empty(shape, np.int32)

    def enter(self, key: int, status: NDArray[np.uint8], result: Result, first_met: NDArray[np.int32]) -> None:
        """Enter one definition."""
        self._status[key] = status
        self._first_met[key] = first_met
        for column, numbers in zip(self._numbers.values(), (result.value, *result.bounds), strict=True):
            column[key] = numbers

    def frame(self) -> pl.DataFrame:
        """The table; no numbers where a definition does not apply."""
        n_definitions, n = self._status.shape
        if not n_definitions:
            return Verdict.empty()
        is_out = self._status == NOT_APPLICABLE
        if np.count_nonzero(is_out):
            for column in self._numbers.values():
                column[is_out] = np.nan
        columns: dict[str, pl.Series | NDArray[Any]] = {
            "person_key": repeated(self._person_key, n_definitions),
            "definition_key": np.repeat(np.arange(n_definitions, dtype=np.uint8), n),
            "status": self._status.ravel(),
            **{name: numbers.ravel() for name, numbers in self._numbers.items()},
            "first_met_date": self._first_met.ravel(),
        }
        return framed(Verdict, columns)
