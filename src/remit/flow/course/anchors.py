"""Trials laid against lines of scores: from which score improvement is judged, and which scores belong to the trial."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import is_known
from remit.flow.course.series import Flags, Ints, Series
from remit.flow.joined import Joined
from remit.flow.scope import person_days, spans
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.select import Select
from remit.tables import Tables


class Courses(NamedTuple):
    """Every trial of the run."""

    person: Ints  # row of table `person`
    treatment: Ints
    start: Ints  # meaningful where `is_dated`
    end: Ints  # latest possible, exclusive; the day after the index date where unknown
    is_dated: Flags  # the first day is known
    is_ongoing: Flags
    index_day: Ints  # index day
    has_end: Flags  # a last day is on record

    @property
    def may_run(self) -> Flags:
        """Which trials may run on the index date."""
        return np.asarray(self.is_ongoing | (self.end > self.index_day))

    @property
    def runs(self) -> Flags:
        """Which trials run on the index date: they are said to go on, or their end lies behind it."""
        return np.asarray(self.is_ongoing | (self.may_run & self.has_end))

    def of(self, select: Select, knowledge: Knowledge) -> Flags:
        """Which trials are of a selection."""
        return np.asarray(knowledge.selected(select)[self.treatment])


class Anchors(NamedTuple):
    """One row per trial with a known start and line of its person."""

    trial: NDArray[np.intp]
    line: Ints
    measure: Ints
    base: NDArray[np.intp]  # row of the series; meaningful where `has_base`
    has_base: Flags
    low: NDArray[np.intp]  # first score after the start
    size: NDArray[np.intp]  # scores from there to the end window


def read_courses(tables: Tables) -> Courses:
    """The trials as arrays."""
    trial, dates, joined = tables["trial"], spans(tables), Joined(tables)
    person = person_rows(tables, trial["person_key"].to_numpy()).astype(np.int64)
    is_dated = (dates.start == dates.late_start) & is_known(trial["start_date"])
    is_dated[joined.trials] = False
    return Courses(
        person,
        trial["treatment_key"].to_numpy().astype(np.int64),
        dates.start.astype(np.int64),
        dates.end.astype(np.int64),
        is_dated,
        trial["is_ongoing"].to_numpy(),
        person_days(tables)[0].astype(np.int64)[person],
        is_known(trial["end_date"]),
    )


def lay(courses: Courses, series: Series, which: NDArray[np.intp], knowledge: Knowledge) -> Anchors:
    """Trials `which` against every line of their persons."""
    first = np.flatnonzero(series.is_first)
    order = first[np.argsort(series.person[first], kind="stable")]
    owner = series.person[order]
    begin = np.searchsorted(owner, courses.person[which], side="left")
    n = np.searchsorted(owner, courses.person[which], side="right") - begin
    trial = np.repeat(which, n)
    within = np.arange(len(trial)) - np.repeat(np.cumsum(n) - n, n)
    head = order[np.repeat(begin, n) + within]
    line, measure, start = series.line[head], series.measure[head], courses.start[trial]
    policy = knowledge.policy
    low = series.spot(line, start, after=True)
    base = np.maximum(low - 1, 0)
    has_base = (low - 1 >= head) & (start - series.day[base] <= policy.baseline_before_days.value)
    until = courses.end[trial] + int(policy.endpoint_after_days.value)
    size = np.maximum(series.spot(line, until, after=True) - low, 0)
    return Anchors(trial, line, measure, base, has_base, low, size)
