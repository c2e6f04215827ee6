"""How much better did a trial make it, and on whose word? Used by `adequacy`.

Measured before reported, on one instrument at both ends, never across instruments; see docs/explanation/semantics.md,
*Response of a trial*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, codes, values
from remit.engine.logic import Tri, between, every, known, negate
from remit.engine.written import Column, Columns, columns_of
from remit.flow.measured import Improvements, Ranges, dated_trials, improvement_range, measured, severity_scores
from remit.knowledge import Knowledge
from remit.knowledge.schema import Policy
from remit.knowledge.schema import Response as Threshold
from remit.tables import NO, UNKNOWN, YES, Outcome, Response, Tables, Trial, TrialExposure
from remit.tables.adequacy import BASES
from remit.tables.records import OUTCOMES

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

_CODE = {word: np.uint8(code) for code, word in enumerate(OUTCOMES)} | {None: np.uint8(NO_CODE)}
REMISSION = OUTCOMES.index("remission")
LOWEST_BAND = OUTCOMES.index("minimal")
"""Worse, none and minimal are one band of improvement."""


@dataclass
class Improvement:
    """How much better each trial made it.

    Attributes
    ----------
    low, high : array of float64
        Percent from low to high; nan where unknown, or where there is only the word remission.
    is_low_number, is_high_number : array of bool
        Whether the end is a number that was given; else a band begins at it, or ends before it.
    percent : array of float64
        Where one number is known; else nan.
    word : array of uint8
        Code of the outcome; NO_CODE where unknown.
    is_remission : Tri
    """

    low: Numbers
    high: Numbers
    is_low_number: Flags
    is_high_number: Flags
    percent: Numbers
    word: NDArray[np.uint8]
    is_remission: Tri
    _nonresponse: dict[tuple[float | None, float | None], Tri] = field(default_factory=dict, init=False)

    def nonresponse(self, threshold: Threshold) -> Tri:
        """By trial: whether it did not help, that is improvement below (or at most) the threshold and no remission.

        A reported band that merely begins at an "at most" threshold is not at it. What rules ask alike is found once.
        """
        asked = threshold.below_percent, threshold.at_most_percent
        if asked not in self._nonresponse:
            self._nonresponse[asked] = every(self._below(*asked), negate(self.is_remission))
        return self._nonresponse[asked]

    def _below(self, limit: float | None, at_most: float | None) -> Tri:
        if limit is not None:
            surely = (self.high < limit) | ((self.high == limit) & ~self.is_high_number)
            possibly = self.low < limit
        else:
            assert at_most is not None
            surely = self.high <= at_most
            possibly = (self.low < at_most) | ((self.low == at_most) & self.is_low_number)
        return between(surely, possibly | np.isnan(self.low))


def responses(tables: Tables, knowledge: Knowledge) -> tuple[Improvement, Columns]:
    """How much better each trial made it, and the same as table `response`, one row per trial."""
    policy = knowledge.policy
    found = _reported(tables, policy)
    n = len(found.low)
    is_told = (found.word != NO_CODE) | ~np.isnan(found.low)
    disagrees = np.zeros(n, np.bool_)
    is_measured = np.zeros(n, np.bool_)
    measure_ids: list[str | None] = []
    keys = dict.fromkeys(("baseline_key", "endpoint_key"), np.full(n, np.nan))
    scores = severity_scores(tables, knowledge)
    if scores and n:
        trials = dated_trials(tables)
        improvements = measured(trials, scores, policy)
        is_measured = ~np.isnan(improvements.percent)
        measure_ids = improvements.measure_id
        keys = {"baseline_key": improvements.baseline_key, "endpoint_key": improvements.endpoint_key}
        disagrees[is_measured] = _overrule(found, improvements, np.flatnonzero(is_measured), policy)
        _stretch(found, improvement_range(trials, scores, policy), is_told & ~is_measured)
    basis = np.where(is_told, np.uint8(BASES.index("reported")), np.uint8(BASES.index("none")))
    basis[is_measured] = BASES.index("measured")
    columns: dict[str, Column] = {
        "trial_key": np.arange(n, dtype=np.uint32),
        "outcome": found.word,
        "improvement_low": found.low,
        "improvement_high": found.high,
        "is_low_number": found.is_low_number,
        "is_high_number": found.is_high_number,
        "improvement_percent": found.percent,
        "is_remission": found.is_remission,
        "basis": basis,
        "measure_id": lambda: pl.Series("measure_id", measure_ids or [None] * n, dtype=pl.String),
        **keys,
        "disagrees": disagrees,
    }
    return found, Columns(Response, n, columns)


def improvement_of(response: Columns) -> Improvement:
    """What table `response` says."""
    low, high, percent = (response[f"improvement_{name}"] for name in ("low", "high", "percent"))
    flags = response["is_low_number"], response["is_high_number"]
    return Improvement(low, high, *flags, percent, response["outcome"], response["is_remission"])


def _reported(tables: Tables, policy: Policy) -> Improvement:
    """What patients and clinicians said of the exposures that may have ended each trial.

    Where several may have, the interval that holds all of theirs, unknown if one is silent.
    """
    n = columns_of(tables, Trial).height
    unknown = np.full(n, np.nan)
    outcome = tables["outcome"]
    if outcome.is_empty():
        no_number, silent = np.zeros(n, np.bool_), np.full(n, NO_CODE, np.uint8)
        never = np.full(n, UNKNOWN, np.uint8)
        return Improvement(unknown, unknown.copy(), no_number, no_number.copy(), unknown.copy(), silent, never)
    link = columns_of(tables, TrialExposure)
    last = link["may_end_trial"].nonzero()[0]
    last = last[np.argsort(link["trial_key"][last], kind="stable")]
    trial = link["trial_key"][last]
    key = outcome["exposure_key"].to_numpy()
    order = np.argsort(key)
    asked = link["exposure_key"][last]
    at = order[np.minimum(np.searchsorted(key[order], asked), len(key) - 1)]
    is_told = key[at] == asked
    words = np.where(is_told, codes(outcome, Outcome, "outcome")[0][at], np.uint8(NO_CODE))
    percent = np.where(is_told, values(outcome["improvement_percent"], np.nan)[at], np.nan)
    one = _told(words, percent, policy)
    starts = np.flatnonzero(np.concatenate(([True], trial[1:] != trial[:-1])))
    if not len(trial) or len(starts) == len(trial):
        return _in_order(one, trial, n)
    return _in_order(_hull(one, starts), trial[starts], n)


def _told(word: NDArray[np.uint8], percent: Numbers, policy: Policy) -> Improvement:
    """A number in percent takes precedence over a word; the word stays where it says the same."""
    low, high = np.full(NO_CODE + 1, np.nan), np.full(NO_CODE + 1, np.nan)
    for name, band in policy.outcome_bands.items():
        if band.low is not None or band.high is not None:
            low[OUTCOMES.index(name)] = -np.inf if band.low is None else band.low
            high[OUTCOMES.index(name)] = np.inf if band.high is None else band.high
    has_number = ~np.isnan(percent)
    is_silent = ~has_number & (word == NO_CODE)
    is_remission = np.where(is_silent, np.uint8(UNKNOWN), known((word == REMISSION) & ~has_number))
    low, high = low[word], high[word]
    if np.count_nonzero(has_number):
        low, high = np.where(has_number, percent, low), np.where(has_number, percent, high)
        by_number = _word(percent, policy)
        word = np.where(has_number & (_band(word) != _band(by_number)), by_number, word)
    return Improvement(low, high, has_number, has_number.copy(), percent, word, is_remission)


def _hull(one: Improvement, starts: NDArray[np.intp]) -> Improvement:
    """The interval of each group of rows that holds all of theirs; unknown if one is silent."""

    def same(column: NDArray[np.generic]) -> NDArray[np.bool_]:
        return np.asarray(np.minimum.reduceat(column, starts) == np.maximum.reduceat(column, starts))

    is_told = ~np.logical_or.reduceat(one.is_remission == UNKNOWN, starts)
    at = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(one.low)))
    low, high = np.fmin.reduceat(one.low, starts), np.fmax.reduceat(one.high, starts)
    is_single = np.diff(starts, append=len(one.low)) == 1
    is_one_number = is_single | same(one.percent)
    return Improvement(
        np.where(is_told, low, np.nan),
        np.where(is_told, high, np.nan),
        np.logical_or.reduceat(one.is_low_number & (one.low == low[at]), starts),
        np.logical_or.reduceat(one.is_high_number & (one.high == high[at]), starts),
        np.where(is_one_number, one.percent[starts], np.nan),
        np.where(is_single | same(one.word), one.word[starts], np.uint8(NO_CODE)),
        np.where(same(one.is_remission), one.is_remission[starts], np.uint8(UNKNOWN)),
    )


def _in_order(told: Improvement, trial: NDArray[np.uint32], n: int) -> Improvement:
    """By trial key; trials of which nothing was told are unknown."""
    if len(trial) == n:
        return told

    def spread(column: NDArray[Any], unknown: float) -> NDArray[Any]:
        full = np.full(n, unknown, column.dtype)
        full[trial] = column
        return full

    return Improvement(
        spread(told.low, np.nan),
        spread(told.high, np.nan),
        spread(told.is_low_number, False),
        spread(told.is_high_number, False),
        spread(told.percent, np.nan),
        spread(told.word, NO_CODE),
        spread(told.is_remission, UNKNOWN),
    )


def _overrule(found: Improvement, new: Improvements, at: NDArray[np.intp], policy: Policy) -> Flags:
    """Put what was measured in place of what was reported; gives where the two fell into different bands."""
    percent, remission = new.percent[at], new.is_remission[at]
    word = np.where(remission, np.uint8(REMISSION), _word(percent, policy))
    before = found.word[at]
    found.low[at] = found.high[at] = found.percent[at] = percent
    found.is_low_number[at] = found.is_high_number[at] = True
    found.word[at] = word
    found.is_remission[at] = np.where(remission, np.uint8(YES), np.uint8(NO))
    return np.asarray((before != NO_CODE) & (_band(before) != _band(word)))


def _stretch(found: Improvement, stretch: Ranges, is_reported: Flags) -> None:
    """Widen what was reported of trials without exact dates to every improvement that their scores allow."""
    keep = is_reported[stretch.trial]
    at, low, high = stretch.trial[keep], stretch.low[keep], stretch.high[keep]
    found.is_low_number[at] |= ~(found.low[at] < low)
    found.is_high_number[at] |= ~(found.high[at] > high)
    found.low[at], found.high[at] = np.fmin(found.low[at], low), np.fmax(found.high[at], high)
    found.percent[at] = np.where(found.low[at] == found.high[at], found.percent[at], np.nan)
    found.word[at] = NO_CODE
    found.is_remission[at] = UNKNOWN


def _word(percent: Numbers, policy: Policy) -> NDArray[np.uint8]:
    """The word for a percent improvement; NO_CODE where there is none."""
    word = np.where(percent == 0, _CODE["none"], np.where(percent > 0, _CODE["minimal"], _CODE["worse"]))
    for name in ("partial", "response"):
        word = np.where(percent >= _low(policy.outcome_bands[name]), _CODE[name], word)
    return np.where(np.isnan(percent), _CODE[None], word)


def _low(band: object) -> float:
    low = getattr(band, "low", None)
    return -np.inf if low is None else float(low)


def _band(word: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.maximum(word, LOWEST_BAND)
