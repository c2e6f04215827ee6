"""What definitions ask of the current episode: how long, how severe, psychotic or not. Used by `features`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, codes
from remit.engine.criteria import Bounds
from remit.engine.intervals import FAR
from remit.flow.scope import person_days
from remit.flow.settle import LONG_AGO, person_rows
from remit.knowledge import Knowledge
from remit.tables import UNKNOWN, YES, Episode, Tables
from remit.tables.records import SEVERITIES

PSYCHOTIC = float(len(SEVERITIES) + 1)


class Episodes:
    """Episodes of a run.

    Attributes
    ----------
    is_severity_known : array of bool, by person
    psychotic : Tri, by person
    """

    def __init__(self, tables: Tables, knowledge: Knowledge) -> None:
        self._tables, self._per_month = tables, knowledge.policy.days_per_month.value
        n, episode = tables["person"].height, tables["episode"]
        self._severity, self.psychotic = np.full(n, NO_CODE, np.uint8), np.full(n, UNKNOWN, np.uint8)
        at = person_rows(tables, episode["person_key"].to_numpy())
        self._severity[at], self.psychotic[at] = codes(episode, Episode, "severity", "psychotic")
        self.is_severity_known: NDArray[np.bool_] = self._severity != NO_CODE

    def bounds(self, what: str) -> Bounds:
        """By person: months of the episode, its severity from 1, or the same with one more for psychotic features."""
        if what == "months":
            return self._months()
        low = np.where(self.is_severity_known, self._severity + 1.0, 1.0)
        high = np.where(self.is_severity_known, self._severity + 1.0, float(len(SEVERITIES)))
        return Bounds(low, high) if what == "severity" else self._with_psychotic(low, high)

    def _months(self) -> Bounds:
        index, earliest, latest = person_days(self._tables)
        day = index.astype(np.float64)
        low = np.where(latest == FAR, 0.0, np.maximum(0, day - latest) / self._per_month)
        high = np.where(earliest == LONG_AGO, np.inf, np.maximum(0, day - earliest) / self._per_month)
        return Bounds(low, high)

    def _with_psychotic(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Bounds:
        worst = float(len(SEVERITIES))
        return Bounds(
            np.where((low == worst) & (self.psychotic == YES), PSYCHOTIC, low),
            np.where((high == worst) & (self.psychotic >= UNKNOWN), PSYCHOTIC, high),
        )
