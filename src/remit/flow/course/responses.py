"""Events of scores under a treatment: early looks, decision points, partial response, response, reliable change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.flow.course.anchors import Anchors, Courses
from remit.flow.course.found import Events
from remit.flow.course.rules import Rules
from remit.flow.course.runs import first_in_run, run_starts
from remit.flow.course.series import Flags, Ints, Numbers, Series
from remit.knowledge import Knowledge
from remit.knowledge.select import Select
from remit.tables.course import RESULTS

PERCENT = 100.0
DAYS_PER_WEEK = 7


class Pairs(NamedTuple):
    """Scores under trials: one row per anchor and score, in order."""

    anchor: NDArray[np.intp]
    at: NDArray[np.intp]  # row of the series
    is_first: Flags  # of its anchor


class Responded(NamedTuple):
    """By score."""

    is_confirmed: Flags  # a response was confirmed on it
    holds: Flags  # a response under some trial is there on it


class Under:
    """All that is judged from the start of a trial.

    Parameters
    ----------
    series, rules, courses, anchors
    knowledge : Knowledge
    trial_key : array of uint32
        Key by row of table `trial`.
    """

    def __init__(
        self,
        series: Series,
        rules: Rules,
        courses: Courses,
        anchors: Anchors,
        knowledge: Knowledge,
        trial_key: NDArray[np.uint32],
    ) -> None:
        self.series, self.rules, self.courses, self.anchors = series, rules, courses, anchors
        self.knowledge, self.policy = knowledge, knowledge.course.policy
        self.trial_key = trial_key.astype(np.int64)
        before = series.value[anchors.base] if len(series.value) else np.zeros(len(anchors.base))
        self.before = np.where(anchors.has_base, before, np.nan)
        self.is_low = self.before < rules.baseline[anchors.measure]
        self.is_judged = anchors.has_base & ~self.is_low & (self.before > 0)

    def events(self, events: Events) -> Responded:
        """Add all events."""
        self._lacks(events)
        self._early(events)
        self._decisions(events)
        pairs = _pairs(self.anchors)
        n = len(self.series.value)
        responded = Responded(np.zeros(n, np.bool_), np.zeros(n, np.bool_))
        if len(pairs.at):
            self._reliable(pairs, events)
            self._percents(pairs, events, responded)
        return responded

    def _percents(self, pairs: Pairs, events: Events, told: Responded) -> None:
        """Response and partial response; marks the scores on which a response was confirmed, and holds."""
        a, s = self.anchors, self.series
        before = np.where(self.is_judged, self.before, np.nan)[pairs.anchor]
        percent = PERCENT * (before - s.value[pairs.at]) / before
        full = self.rules.response[a.measure[pairs.anchor]]
        part = self.knowledge.policy.outcome_bands["partial"].low
        responded = np.asarray(percent >= full, np.bool_)
        told.holds[pairs.at[responded]] = True
        told.is_confirmed[self._told("response", responded, pairs, percent, events)] = True
        if part is not None:
            # A score that comes down the band from a response is a loss, not a partial response.
            counted = np.cumsum(responded)
            first = np.maximum.accumulate(np.where(pairs.is_first, np.arange(len(counted)), 0))
            is_after = counted - (counted - responded)[first] > 0
            partly = np.asarray((percent >= part) & ~is_after, np.bool_)
            self._told("partial_response", partly, pairs, percent, events)

    def _reliable(self, pairs: Pairs, events: Events) -> None:
        a, s = self.anchors, self.series
        fall = self.before[pairs.anchor] - s.value[pairs.at]
        least = self.rules.reliable[a.measure[pairs.anchor]]
        percent = np.full(len(fall), np.nan)
        self._told("reliable_improvement", fall >= least, pairs, percent, events)
        self._told("reliable_worsening", -fall >= least, pairs, percent, events)

    def _told(self, kind: str, holds: Flags, pairs: Pairs, percent: Numbers, events: Events) -> NDArray[np.intp]:
        """Provisional at the first score of a run, confirmed by the next within the days of confirmation."""
        day = self.series.day[pairs.at]
        gap = np.diff(day, prepend=day[:1])
        start = run_starts(holds, pairs.is_first)
        rows = np.arange(len(holds))
        is_next = holds & (start < rows) & (gap <= self.policy.confirm_days.value)
        found = {"provisional": start == rows, "confirmed": first_in_run(is_next, start)}
        for certainty, marked in found.items():
            at = np.flatnonzero(marked)
            anchor = pairs.anchor[at]
            events.add(
                kind, pairs.at[at], certainty=certainty, trial=self.trial_key[self.anchors.trial[anchor]],
                earlier=self.anchors.base[anchor], percent=percent[at],
                error=self.rules.standard_error[self.anchors.measure[anchor]],
            )  # fmt: skip
        return np.asarray(pairs.at[found["confirmed"]])

    def _early(self, events: Events) -> None:
        """The first score around an early checkpoint: at least the percentage, or less."""
        early = self.policy.early_improvement
        for checkpoint in early.checkpoints:
            is_asked = self._asked(checkpoint.applies, checkpoint.weeks) & self.is_judged
            anchor, at, missing = self._around(is_asked, checkpoint.weeks)
            percent = PERCENT * (self.before[anchor] - self.series.value[at]) / self.before[anchor]
            is_better = percent >= early.percent.value
            for kind, which in (("early_improvement", is_better), ("no_early_improvement", ~is_better)):
                events.add(
                    kind, at[which], trial=self.trial_key[self.anchors.trial[anchor[which]]],
                    earlier=self.anchors.base[anchor[which]], percent=percent[which], weeks=checkpoint.weeks,
                )  # fmt: skip
            self._no_score(missing, checkpoint.weeks, events)

    def _decisions(self, events: Events) -> None:
        """Where the first score around each critical week stands."""
        points, r = self.policy.decision_points, self.rules
        for weeks in points.weeks:
            has_bands = ~np.isnan(r.decision_remission[self.anchors.measure])
            anchor, at, _ = self._around(self._asked(points.applies, weeks) & has_bands, weeks)
            value, measure = self.series.value[at], self.anchors.measure[anchor]
            names = ("remission", "partial", "nonresponse")
            codes = [RESULTS.index(name) for name in names]
            result = np.select(
                [value <= r.decision_remission[measure], value <= r.decision_partial[measure]], codes[:2], codes[2]
            )
            trial = self.trial_key[self.anchors.trial[anchor]]
            events.add("decision_point", at, trial=trial, weeks=weeks, result=result)

    def _asked(self, applies: Select, weeks: int) -> Flags:
        """Anchors of depression scales of selected trials that ran to the week."""
        trial, c = self.anchors.trial, self.courses
        ran = c.end[trial] - c.start[trial] >= weeks * DAYS_PER_WEEK
        return np.asarray(ran & c.of(applies, self.knowledge)[trial] & self.rules.is_severity[self.anchors.measure])

    def _around(self, is_asked: Flags, weeks: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Anchors with a score in the window around a week, the first such score, and anchors without."""
        early, a, s = self.policy.early_improvement, self.anchors, self.series
        anchor = np.flatnonzero(is_asked)
        point = self.courses.start[a.trial[anchor]] + weeks * DAYS_PER_WEEK
        last = self._window_end(anchor, weeks)
        at = s.spot(a.line[anchor], point - int(early.window_before_days.value), after=False)
        place = np.minimum(at, len(s.value) - 1)
        has = (at < len(s.value)) & (s.line[place] == a.line[anchor]) & (s.day[place] <= last)
        is_over = (self.courses.index_day[a.trial[anchor]] > last) & (self.courses.end[a.trial[anchor]] > last)
        return anchor[has], place[has], anchor[~has & is_over]

    def _window_end(self, anchor: NDArray[np.intp], weeks: int) -> Ints:
        after = int(self.policy.early_improvement.window_after_days.value)
        return np.asarray(self.courses.start[self.anchors.trial[anchor]] + weeks * DAYS_PER_WEEK + after)

    def _no_score(self, anchor: NDArray[np.intp], weeks: int, events: Events) -> None:
        trial = self.anchors.trial[anchor]
        events.lacks(
            "no_score", len(anchor), person=self.courses.person[trial], measure=self.anchors.measure[anchor],
            day=self._window_end(anchor, weeks), trial=self.trial_key[trial], weeks=weeks,
        )  # fmt: skip

    def _lacks(self, events: Events) -> None:
        """Why improvement under a trial cannot be judged: said on the first score that it would have needed."""
        a = self.anchors
        is_scored = (a.size > 0) & self.rules.is_severity[a.measure]
        has_other = np.zeros(len(self.courses.person), np.bool_)
        has_other[a.trial[a.has_base & self.rules.is_severity[a.measure]]] = True
        is_without = is_scored & ~a.has_base
        reasons = {
            "changed_instrument": is_without & has_other[a.trial],
            "no_baseline": is_without & ~has_other[a.trial],
            "baseline_too_low": is_scored & self.is_low,
        }
        for reason, which in reasons.items():
            row = np.flatnonzero(which)
            at = a.low[row]
            events.lacks(
                reason, len(row), person=self.courses.person[a.trial[row]], measure=a.measure[row],
                day=self.series.day[at], at=at, trial=self.trial_key[a.trial[row]],
            )  # fmt: skip


def _pairs(anchors: Anchors) -> Pairs:
    """Every score that belongs to an anchor."""
    anchor = np.repeat(np.arange(len(anchors.size)), anchors.size)
    begin = np.cumsum(anchors.size) - anchors.size
    within = np.arange(len(anchor)) - begin[anchor] if len(anchor) else anchor
    return Pairs(anchor, anchors.low[anchor] + within, within == 0)
