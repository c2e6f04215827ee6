"""Trials that may be one course: several of one person and treatment, of which one lacks a date.

What is sure of each of them is sure only where all agree. Used by `adequacy` and `resistance`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.grouping import Grouping
from remit.engine.logic import Tri
from remit.engine.written import columns_of
from remit.flow.scope import Spans
from remit.tables import NO, UNKNOWN, YES, Tables, Trial, TrialNote


class Joined:
    """The groups of trials of a run that may be one course."""

    def __init__(self, tables: Tables) -> None:
        trial = columns_of(tables, Trial)
        self.n_trials = trial.height
        self.trials = columns_of(tables, TrialNote)["may_be_one"].nonzero()[0]
        if not len(self.trials):
            return
        person, treatment = (trial[name][self.trials] for name in ("person_key", "treatment_key"))
        key = (person.astype(np.int64) << 16) | treatment
        self.groups = Grouping(key)
        self.at = np.searchsorted(self.groups.key, key)

    def agreed(self, value: Tri) -> Tri:
        """`value` by trial, or by rule and trial: unknown for trials that may be one course and differ in it."""
        if not len(self.trials):
            return value
        settled = value.copy()
        by_trial = settled.T  # a view, with trials first
        own = by_trial[self.trials]
        is_same = (self.groups.least(own) == self.groups.greatest(own))[self.at]
        by_trial[self.trials] = np.where(is_same, own, np.uint8(UNKNOWN))
        return settled

    def blanked(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """`numbers`, nan for trials that may be one course of which a part has none."""
        if not len(self.trials):
            return numbers
        blanked = numbers.copy()
        is_missing = self.groups.greatest(np.isnan(numbers[self.trials]))[self.at]
        blanked[self.trials[is_missing]] = np.nan
        return blanked

    def units(self) -> NDArray[np.int64]:
        """By trial: a number that trials which may be one course share, and no others."""
        unit = np.arange(self.n_trials, dtype=np.int64)
        if len(self.trials):
            unit[self.trials] = self.n_trials + self.at
        return unit

    def widened(self, spans: Spans) -> Spans:
        """Dates of trials, with those that may be one course as wide as that course may be."""
        if not len(self.trials):
            return spans
        least, greatest = self.groups.least, self.groups.greatest
        wide = spans._replace(
            **{name: getattr(spans, name).copy() for name in ("start", "late_start", "early_end", "end")}
        )
        for column, reduce in (
            (wide.start, least),
            (wide.late_start, greatest),
            (wide.early_end, least),
            (wide.end, greatest),
        ):
            column[self.trials] = reduce(column[self.trials])[self.at]
        return wide


def kept_to(adherence_met: Tri, joined: Joined) -> Tri:
    """Whether the treatment was taken, for a verdict: adherence that is not recorded is taken as ordinary."""
    return joined.agreed(np.where(adherence_met == NO, np.uint8(NO), np.uint8(YES)))
