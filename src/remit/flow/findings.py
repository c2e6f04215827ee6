"""Why a verdict is what it is, as rows: criteria and observed values, and the trials behind them.

Used by `reasons`. Rows are gathered as arrays over all definitions and made into
frames once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from remit.engine.columns import with_enums
from remit.engine.criteria import Numbers, points, reaches
from remit.engine.logic import between
from remit.flow.features import Features, Units
from remit.knowledge import Definition
from remit.knowledge.definition import Criterion, Item
from remit.tables import NO, UNKNOWN, Finding, FindingTrial, Tally


class Ledger:
    """Collects the rows of `tally`, `finding` and `finding_trial` of every definition."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._open = np.full(features.n, UNKNOWN, np.uint8)
        self._nothing = np.full(features.n, np.nan)
        self._features: list[tuple[Any, ...]] = []  # definition_key, feature, low, high
        self._rules: list[tuple[Any, ...]] = []  # definition_key, criterion, feature, low, high, met, points
        self._trials: list[tuple[Any, ...]] = []  # definition_key, feature, trials, counts

    def add(self, key: int, definition: Definition, values: dict[str, Units]) -> None:
        """Enter one definition."""
        for name, units in values.items():
            self._features.append((key, name, *units.bounds))
            if units.trials is not None:
                trials = (units.trials > NO).nonzero()[0]
                self._trials.append((key, name, trials, units.trials[trials]))
        rules: list[Criterion | Item] = [*definition.all_criteria(), *definition.items]
        for rule in rules:
            bounds = values[rule.feature].bounds
            self._rules.append((key, rule.id, rule.feature, *bounds, *self._outcome(rule, *bounds)))

    def frames(self) -> dict[str, pl.DataFrame]:
        """The three tables."""
        return {"tally": self._tally(), "finding": self._finding(), "finding_trial": self._finding_trial()}

    def _tally(self) -> pl.DataFrame:
        if not self._features:
            return Tally.empty()
        key, name, low, high = zip(*self._features, strict=True)
        columns = [
            *self._by_person(key),
            self._spread("feature", name),
            pl.Series("low", np.concatenate(low)),
            pl.Series("high", np.concatenate(high)),
        ]
        return pl.DataFrame(columns)

    def _finding(self) -> pl.DataFrame:
        if not self._rules:
            return Finding.empty()
        key, criterion, feature, low, high, met, points_low, points_high = zip(*self._rules, strict=True)
        columns = [
            *self._by_person(key),
            self._spread("criterion", criterion),
            self._spread("feature", feature),
            pl.Series("low", np.concatenate(low)),
            pl.Series("high", np.concatenate(high)),
            pl.Series("met", np.concatenate(met)),
            pl.Series("points_low", np.concatenate(points_low), nan_to_null=True),
            pl.Series("points_high", np.concatenate(points_high), nan_to_null=True),
        ]
        return with_enums(columns, Finding.words())

    def _finding_trial(self) -> pl.DataFrame:
        if not self._trials:
            return FindingTrial.empty()
        key, name, trials, counts = zip(*self._trials, strict=True)
        sizes = [len(t) for t in trials]
        trial = np.concatenate(trials)
        columns = [
            pl.Series("person_key", self.features.tables["trial"]["person_key"].to_numpy()[trial]),
            pl.Series("definition_key", np.repeat(np.array(key, np.uint8), sizes)),
            pl.Series(
                "feature", [n for n, size in zip(name, sizes, strict=True) for _ in range(size)], dtype=pl.String
            ),
            pl.Series("trial_key", trial.astype(np.uint32)),
            pl.Series("counts", np.concatenate(counts)),
        ]
        return with_enums(columns, FindingTrial.words())

    def _by_person(self, definition_keys: tuple[int, ...]) -> list[pl.Series]:
        """person_key and definition_key of blocks that hold each person once."""
        person_key = self.features.tables["person"]["person_key"].to_numpy()
        keys = np.repeat(np.array(definition_keys, np.uint8), len(person_key))
        tiled = np.tile(person_key, len(definition_keys))
        return [pl.Series("person_key", tiled), pl.Series("definition_key", keys)]

    def _spread(self, name: str, values: tuple[str, ...]) -> pl.Series:
        return pl.Series(name, [value for value in values for _ in range(self.features.n)], dtype=pl.String)

    def _outcome(self, rule: Criterion | Item, low: Numbers, high: Numbers) -> tuple[Any, Any, Any]:
        """Whether a criterion is met, or the points of an item of a score at its lowest and highest."""
        if isinstance(rule, Item):
            return self._open, points(rule, low), points(rule, high)
        return between(reaches(rule, low), reaches(rule, high)), self._nothing, self._nothing
