"""Why a verdict is what it is, as rows: criteria and observed values, and the trials behind them.

Used by `reasons`. Rows are gathered as arrays over all definitions and made into frames once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import framed
from remit.engine.criteria import Numbers, points, reaches
from remit.engine.logic import between
from remit.engine.written import columns_of
from remit.flow.features import Features, Units
from remit.knowledge import Definition
from remit.knowledge.definition import Criterion, Item
from remit.tables import NO, UNKNOWN, Finding, FindingTrial, Tally, Trial


class Ledger:
    """The rows of `tally`, `finding` and `finding_trial` of every definition."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._open = np.full(features.n, UNKNOWN, np.uint8)
        self._nothing = np.full(features.n, np.nan)

    def tally(self) -> pl.DataFrame:
        """Table `tally`."""
        found = [(key, name, *units.bounds) for key, _, values in self._definitions() for name, units in values.items()]
        if not found:
            return Tally.empty()
        keys, names, low, high = zip(*found, strict=True)
        columns: dict[str, Any] = {
            "definition_key": self._by_person(keys),
            "feature": self._spread("feature", names),
            "low": np.concatenate(low),
            "high": np.concatenate(high),
        }
        return framed(Tally, self._persons(len(keys)) | columns)

    def finding(self) -> pl.DataFrame:
        """Table `finding`."""
        found: list[tuple[Any, ...]] = []
        for key, definition, values in self._definitions():
            rules: list[Criterion | Item] = [*definition.all_criteria(), *definition.items]
            for rule in rules:
                bounds = values[rule.feature].bounds
                found.append((key, rule.id, rule.feature, *bounds, *self._outcome(rule, *bounds)))
        if not found:
            return Finding.empty()
        keys, criterion, feature, low, high, met, points_low, points_high = zip(*found, strict=True)
        columns: dict[str, Any] = {
            "definition_key": self._by_person(keys),
            "criterion": self._spread("criterion", criterion),
            "feature": self._spread("feature", feature),
            "low": np.concatenate(low),
            "high": np.concatenate(high),
            "met": np.concatenate(met),
            "points_low": np.concatenate(points_low),
            "points_high": np.concatenate(points_high),
        }
        return framed(Finding, self._persons(len(keys)) | columns)

    def finding_trial(self) -> pl.DataFrame:
        """Table `finding_trial`."""
        found: list[tuple[Any, ...]] = []
        for key, _, values in self._definitions():
            for name, units in values.items():
                if units.trials is not None:
                    trials = (units.trials > NO).nonzero()[0]
                    found.append((key, name, trials, units.trials[trials]))
        if not found:
            return FindingTrial.empty()
        keys, names, places, counts = zip(*found, strict=True)
        sizes = [len(place) for place in places]
        trial = np.concatenate(places)
        spread = [name for name, size in zip(names, sizes, strict=True) for _ in range(size)]
        columns: dict[str, Any] = {
            "person_key": columns_of(self.features.tables, Trial)["person_key"][trial],
            "definition_key": np.repeat(np.array(keys, np.uint8), sizes),
            "feature": pl.Series("feature", spread, dtype=pl.String),
            "trial_key": trial.astype(np.uint32),
            "counts": np.concatenate(counts),
        }
        return framed(FindingTrial, columns)

    def _definitions(self) -> Iterator[tuple[int, Definition, dict[str, Units]]]:
        """Every definition with its key and its features."""
        for key, definition in enumerate(self.features.knowledge.definitions):
            yield key, definition, self.features.of(definition)

    def _persons(self, times: int) -> dict[str, Any]:
        """Column person_key of so many blocks that hold each person once."""
        return {"person_key": np.tile(self.features.tables["person"]["person_key"].to_numpy(), times)}

    def _by_person(self, definition_keys: tuple[int, ...]) -> NDArray[np.uint8]:
        """By such block and person: the definition."""
        return np.repeat(np.array(definition_keys, np.uint8), self.features.n)

    def _spread(self, name: str, values: tuple[str, ...]) -> pl.Series:
        return pl.Series(name, [value for value in values for _ in range(self.features.n)], dtype=pl.String)

    def _outcome(self, rule: Criterion | Item, low: Numbers, high: Numbers) -> tuple[Any, Any, Any]:
        """Whether a criterion is met, or the points of an item of a score at its lowest and highest."""
        if isinstance(rule, Item):
            return self._open, points(rule, low), points(rule, high)
        return between(reaches(rule, low), reaches(rule, high)), self._nothing, self._nothing
