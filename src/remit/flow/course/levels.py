"""Events of scores alone, whatever was being taken: remission and what becomes of it, worsening, plateau."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.flow.course.found import Events
from remit.flow.course.rules import Rules
from remit.flow.course.runs import first_in_run, last_before, least_since, run_starts
from remit.flow.course.series import Series
from remit.knowledge.course import CoursePolicy

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]


def level_events(series: Series, rules: Rules, policy: CoursePolicy, has_responded: Flags, events: Events) -> None:
    """Add the events of every line.

    Parameters
    ----------
    series : Series
    rules : Rules
    policy : CoursePolicy
    has_responded : array of bool
        By score: a response was confirmed on it.
    events : Events
    """
    gap = _gaps(series)
    holds = series.value <= rules.remission[series.measure]
    remitted = first_in_run(confirming(holds, series, gap, policy), run_starts(holds, series.is_first))
    lasting = _remission(series, holds, gap, policy, events)
    events.add("remission", np.flatnonzero(remitted), certainty="confirmed", earlier=np.flatnonzero(remitted) - 1)
    _relapse(series, rules, policy, remitted | lasting[0] | lasting[1] | has_responded, lasting[1], events)
    _worsening(series, rules, policy, gap, events)
    _plateau(series, rules, policy, events)


def confirming(holds: Flags, series: Series, gap: NDArray[np.int64], policy: CoursePolicy) -> Flags:
    """Scores that bear out the one before: both hold, and no more than the days of confirmation lie between."""
    before = np.concatenate(([False], holds[:-1])) if len(holds) else holds
    return np.asarray(holds & before & ~series.is_first & (gap <= policy.confirm_days.value))


def _gaps(series: Series) -> NDArray[np.int64]:
    """Days since the score before in the line; 0 at the first."""
    if not len(series.day):
        return series.day
    return np.where(series.is_first, 0, np.diff(series.day, prepend=series.day[0]))


def _remission(
    series: Series, holds: Flags, gap: NDArray[np.int64], policy: CoursePolicy, events: Events
) -> tuple[Flags, Flags]:
    """Provisional, sustained, recovery; gives where the latter two were reached."""
    start = run_starts(holds, series.is_first)
    rows = np.arange(len(holds))
    events.add("remission", np.flatnonzero(start == rows), certainty="provisional")
    reached = []
    for kind, lasting in (("sustained_remission", policy.sustained_remission), ("recovery", policy.recovery)):
        since = run_starts(holds, series.is_first, gap > lasting.longest_gap_days)
        is_long = holds & (series.day - series.day[since] >= lasting.least_days)
        first = first_in_run(is_long, start)
        at = np.flatnonzero(first)
        events.add(kind, at, certainty="confirmed", earlier=since[at])
        reached.append(first)
    missing = np.flatnonzero(holds & (since == rows) & (start != rows))
    events.lacks(
        "gap", len(missing), person=series.person[missing], measure=series.measure[missing], day=series.day[missing],
        at=missing, earlier=missing - 1,
    )  # fmt: skip
    return reached[0], reached[1]


def _relapse(series: Series, rules: Rules, policy: CoursePolicy, arms: Flags, recovered: Flags, events: Events) -> None:
    """A run of high scores that begins after a confirmed remission or response that no relapse has ended yet."""
    high = series.value >= rules.relapse[series.measure]
    start = run_starts(high, series.is_first)
    rows = np.arange(len(high))
    window = policy.relapse
    least = np.ceil(window.from_days).astype(np.int64)
    other = series.spot(series.line, series.day - least, after=True) - 1
    is_apart = series.day - series.day[other] <= window.to_days
    borne_out = first_in_run(high & (other >= start) & is_apart, start)
    ended = last_before(borne_out, series.is_first)
    is_armed = last_before(arms, series.is_first) > ended
    is_recurrence = last_before(recovered, series.is_first) > ended
    for marked, certainty in ((start == rows, "provisional"), (borne_out, "confirmed")):
        for kind, is_kind in (("relapse", ~is_recurrence), ("recurrence", is_recurrence)):
            at = np.flatnonzero(marked)
            at = at[is_armed[start[at]] & is_kind[start[at]]]
            events.add(kind, at, certainty=certainty, earlier=other[at] if certainty == "confirmed" else at - 1)


def _worsening(series: Series, rules: Rules, policy: CoursePolicy, gap: NDArray[np.int64], events: Events) -> None:
    """So many points above the lowest score of the past weeks, and at or above a total."""
    since = series.spot(series.line, series.day - int(policy.worsening_lookback_days.value), after=False)
    lowest = least_since(series.value, since)
    is_risen = series.value - series.value[lowest] >= rules.worsening_points[series.measure]
    holds = is_risen & (series.value >= rules.worsening_at_least[series.measure])
    start = run_starts(holds, series.is_first)
    first = np.flatnonzero(start == np.arange(len(holds)))
    again = np.flatnonzero(first_in_run(confirming(holds, series, gap, policy), start))
    for at, certainty in ((first, "provisional"), (again, "confirmed")):
        error = rules.standard_error[series.measure[at]]
        events.add("worsening", at, certainty=certainty, earlier=lowest[at], error=error)


def _plateau(series: Series, rules: Rules, policy: CoursePolicy, events: Events) -> None:
    """Scores that do not move by what matters, over weeks, outside remission."""
    since = series.spot(series.line, series.day - int(policy.plateau.most_days), after=False)
    rows = np.arange(len(series.value))
    least = np.minimum(series.value[least_since(series.value, since)], series.value)
    most = np.maximum(series.value[least_since(-series.value, since)], series.value)
    is_well = least <= rules.remission[series.measure]
    holds = (
        (rows - since + 1 >= policy.plateau.least_scores)
        & (series.day - series.day[since] >= policy.plateau.least_days)
        & (most - least < rules.matters[series.measure])
        & ~is_well
    )
    start = run_starts(holds, series.is_first)
    at = np.flatnonzero(start == rows)
    events.add("plateau", at, earlier=since[at])
