"""Improvement of trials from scores: the same instrument at both ends of the trial. Used by `response`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import days
from remit.engine.written import columns_of
from remit.flow.joined import Joined
from remit.flow.scope import Spans, person_days, spans
from remit.flow.settle import person_rows
from remit.knowledge import Instrument, Knowledge
from remit.knowledge.schema import Policy
from remit.tables import Tables, Trial

PERCENT = 100.0
_DAY_BITS = 22
_DAY_ZERO = 1 << 21  # lifts days before 1970 above zero


class Scores(NamedTuple):
    """Scores on one instrument in order of person, day and record."""

    instrument: Instrument
    person: NDArray[np.int64]  # row of table `person`
    day: NDArray[np.int64]
    value: NDArray[np.float64]
    key: NDArray[np.uint32]  # measurement_key

    def at(self, person: NDArray[np.int64], day: NDArray[np.int64], side: str) -> NDArray[np.intp]:
        """Where a person's day stands among the scores; `side` as in NumPy's searchsorted."""
        own, asked = _place(self.person, self.day), _place(person, day)
        return np.searchsorted(own, asked, side="right" if side == "right" else "left")


class Improvements(NamedTuple):
    """Measured improvement by trial; nan, None and -1 where there is none."""

    percent: NDArray[np.float64]
    is_remission: NDArray[np.bool_]
    measure_id: list[str | None]
    baseline_key: NDArray[np.float64]
    endpoint_key: NDArray[np.float64]


class Trials(NamedTuple):
    """Dates of trials, and which of them are exact."""

    person: NDArray[np.int64]  # row of table `person`
    index_day: NDArray[np.int64]
    dates: Spans
    wide: Spans  # of the whole course that trials may be
    is_exact: NDArray[np.bool_]


def dated_trials(tables: Tables) -> Trials:
    """The trials of a run, as scores are laid against them."""
    dates, joined = spans(tables), Joined(tables)
    is_exact = dates.is_exact.copy()
    is_exact[joined.trials] = False
    person = person_rows(tables, columns_of(tables, Trial)["person_key"]).astype(np.int64)
    index = person_days(tables)[0].astype(np.int64)[person]
    return Trials(person, index, dates, joined.widened(dates), is_exact)


def severity_scores(tables: Tables, knowledge: Knowledge) -> list[Scores]:
    """Totals of depression severity up to the index date, by instrument in order of id; imputed ones are left out."""
    table = tables["measurement"]
    if table.is_empty():
        return []
    person = person_rows(tables, table["person_key"].to_numpy()).astype(np.int64)
    day = days(table["date"]).astype(np.int64)
    usable = (day <= person_days(tables)[0][person]) & ~table["is_imputed"].to_numpy()
    measure = np.array(table["measure_id"].to_list(), dtype=object)
    found = []
    for name in sorted(set(measure[usable])):
        instrument = knowledge.instruments.get(name)
        if instrument is None or not instrument.is_depression_severity:
            continue
        rows = np.flatnonzero(usable & (measure == name))
        key = table["measurement_key"].to_numpy()[rows]
        rows = rows[np.lexsort((key, day[rows], person[rows]))]
        columns = (person[rows], day[rows], table["value"].to_numpy()[rows], table["measurement_key"].to_numpy()[rows])
        found.append(Scores(instrument, *columns))
    return found


def measured(trials: Trials, scores: list[Scores], policy: Policy) -> Improvements:
    """Improvement of trials with exact dates. Of several instruments the one with the later end score stands."""
    n = len(trials.person)
    best = Improvements(np.full(n, np.nan), np.zeros(n, np.bool_), [None] * n, np.full(n, np.nan), np.full(n, np.nan))
    latest = np.full(n, np.iinfo(np.int64).min)
    for score in scores:
        base, has_base = _baseline(trials, score, policy)
        end, has_end = _endpoint(trials, score, policy)
        is_found = trials.is_exact & has_base & has_end & (score.value[base] > 0)
        is_found &= score.day[end] - score.day[base] >= policy.endpoint_least_days.value
        is_found &= score.day[end] > latest
        at = np.flatnonzero(is_found)
        before, after = score.value[base[at]], score.value[end[at]]
        cutoff = score.instrument.change.remission_at_most
        latest[at] = score.day[end[at]]
        best.percent[at] = PERCENT * (before - after) / before
        best.is_remission[at] = False if cutoff is None else after <= cutoff.value
        best.baseline_key[at], best.endpoint_key[at] = score.key[base[at]], score.key[end[at]]
        for row in at.tolist():
            best.measure_id[row] = score.instrument.id
    return best


class Ranges(NamedTuple):
    """Least and most improvement in percent of some trials (rows of the trial table)."""

    trial: NDArray[np.intp]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def improvement_range(trials: Trials, scores: list[Scores], policy: Policy) -> Ranges:
    """For trials without exact dates: the least and most improvement that may be the measured one.

    Every pair of scores of one instrument counts of which the first lies within the baseline window of some possible
    start, and the second within the end window of some possible end.
    """
    n = len(trials.person)
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    at = np.flatnonzero(~trials.is_exact)
    for score in scores if len(at) else []:
        trial, base, end = _pairs(trials, score, policy, at)
        before, after = score.value[base], score.value[end]
        far = (score.day[end] - score.day[base] >= policy.endpoint_least_days.value) & (before > 0)
        percent = PERCENT * (before[far] - after[far]) / before[far]
        np.minimum.at(low, trial[far], percent)
        np.maximum.at(high, trial[far], percent)
    found = np.flatnonzero(low <= high)
    return Ranges(found, low[found], high[found])


def _pairs(
    trials: Trials, score: Scores, policy: Policy, at: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Trial, baseline and end score of every pair of scores that may be the two."""
    wide, person = trials.wide, trials.person[at]

    def window(first: NDArray[Any], last: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        days_from, days_to = (np.clip(d, -_DAY_ZERO, _DAY_ZERO - 1).astype(np.int64) for d in (first, last))
        begin = score.at(person, days_from, "left")
        return begin, np.maximum(begin, score.at(person, days_to, "right"))

    base = window(
        wide.start[at] - policy.baseline_before_days.value, wide.late_start[at] + policy.baseline_after_days.value
    )
    end = window(
        wide.early_end[at] - policy.endpoint_before_days.value, wide.end[at] + policy.endpoint_after_days.value
    )
    n_base, n_end = base[1] - base[0], end[1] - end[0]
    size = n_base * n_end
    row = np.repeat(np.arange(len(at)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    width = np.maximum(n_end[row], 1)
    return at[row], base[0][row] + within // width, end[0][row] + within % width


def _baseline(trials: Trials, score: Scores, policy: Policy) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The score nearest to the start within its window, the earlier of two as near; and whether there is one."""
    start = trials.dates.start.astype(np.int64)
    before = score.at(trials.person, start, "right") - 1
    after = score.at(trials.person, start, "left")
    has_before = _within(trials, score, before, start - policy.baseline_before_days.value, start)
    has_after = _within(trials, score, after, start, start + policy.baseline_after_days.value)
    last = len(score.day) - 1
    earlier, later = score.day[np.clip(before, 0, last)], score.day[np.clip(after, 0, last)]
    takes_before = has_before & (~has_after | (start - earlier <= later - start))
    return np.clip(np.where(takes_before, before, after), 0, last), has_before | has_after


def _endpoint(trials: Trials, score: Scores, policy: Policy) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The last score within the window around the end; and whether there is one."""
    end = trials.dates.end.astype(np.int64)
    until = np.minimum(end + policy.endpoint_after_days.value, trials.index_day).astype(np.int64)
    at = score.at(trials.person, until, "right") - 1
    has = _within(trials, score, at, end - policy.endpoint_before_days.value, until)
    return np.clip(at, 0, len(score.day) - 1), has


def _within(
    trials: Trials, score: Scores, at: NDArray[np.intp], first: NDArray[Any], last: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether the score at a place exists, is the trial's person's, and lies between two days."""
    place = np.clip(at, 0, len(score.day) - 1)
    is_own = (at >= 0) & (at < len(score.day)) & (score.person[place] == trials.person)
    return np.asarray(is_own & (score.day[place] >= first) & (score.day[place] <= last))


def _place(person: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray((person << _DAY_BITS) + day + _DAY_ZERO)
