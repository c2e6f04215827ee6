"""A published continuation algorithm: fixed treatments first, then a number per week by three scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, days
from remit.flow.course.series import DAY_BITS, DAY_ZERO, Flags, Ints, Numbers
from remit.flow.course.setting import Setting
from remit.flow.course.tasks import BLIND, DONE, OPEN, OVERDUE, PLANNED, Tasks, reason
from remit.flow.settle import person_rows
from remit.knowledge.tasks import Algorithm, Condition
from remit.tables.course import CERTAINTIES, EVENT_KINDS

ZERO, ONE, TWO, STOP = range(4)
BRANCHES = ("zero", "one", "two", "stop")
DAYS_PER_WEEK = 7
_SIGN = "stop_sign"


def _packed(person: Ints, day: Ints) -> Ints:
    """Person and day as one rising number."""
    return np.asarray((person << DAY_BITS) + day + DAY_ZERO)


def asked(algorithm: Algorithm, current: Numbers, previous: Numbers, baseline: Numbers) -> NDArray[np.int64]:
    """What the table says of each week: ZERO, ONE or TWO treatments, or STOP."""
    found = np.full(len(current), ONE)
    for branch, conditions in ((ZERO, algorithm.zero), (TWO, algorithm.two), (STOP, algorithm.stop)):
        for condition in conditions:
            found[_holds(condition, current, previous, baseline)] = branch
    return found


def _holds(condition: Condition, current: Numbers, previous: Numbers, baseline: Numbers) -> Flags:
    parts = {
        "current": current,
        "previous": previous,
        "above_baseline": current - baseline,
        "above_previous": current - previous,
    }
    holds = np.ones(len(current), np.bool_)
    for name, value in parts.items():
        least, most = getattr(condition, f"{name}_at_least"), getattr(condition, f"{name}_at_most")
        holds &= (value >= least) if least is not None else True
        holds &= (value <= most) if most is not None else True
    return holds


class Continuation:
    """One algorithm over all persons to whom it applies on the index date."""

    def __init__(self, setting: Setting) -> None:
        self._tables, self._happened, self._series, _, self._courses, self._record, self._knowledge = setting

    def add(self, rule_key: int, algorithm: Algorithm, has_sign: Flags, tasks: Tasks) -> None:
        """Add the tasks of the fixed weeks, or of the week of the index date."""
        if algorithm.measure not in self._series.measures:
            return
        person, start, trial = self._starts(algorithm)
        since = self._record.index[person] - start
        week = np.maximum(-(-since // DAYS_PER_WEEK), 1)
        early = week < algorithm.weekly_from_week
        self._fixed(rule_key, algorithm, person[early], start[early], trial[early], tasks)
        late = ~early & (week <= algorithm.weekly_to_week)
        self._weekly(rule_key, algorithm, person[late], start[late], trial[late], has_sign, tasks)

    def _starts(self, algorithm: Algorithm) -> tuple[Ints, Ints, Ints]:
        """Person, day and trial of the score at which the algorithm began, the newest time where there are several.

        It begins at a confirmed remission under a course; one that comes while it runs, and with no return of the
        illness between, begins nothing anew: single treatments of the algorithm are courses of their own.
        """
        person, day = self._confirmed("remission", algorithm)
        person, day, trial = self._under(person, day, algorithm)
        if not len(day):
            return person, day, trial
        owner, returned = self._returns(algorithm)
        seen = np.searchsorted(_packed(owner, returned), _packed(person, day))
        is_first = np.concatenate(([True], person[1:] != person[:-1]))
        runs_on = np.diff(day, prepend=day[:1]) <= algorithm.weekly_to_week * DAYS_PER_WEEK
        is_new = is_first | ~runs_on | (np.diff(seen, prepend=0) > 0)
        rows = np.flatnonzero(is_new)
        last = np.flatnonzero(np.concatenate((person[rows][1:] != person[rows][:-1], [True])))
        at = rows[last]
        return person[at], day[at], trial[at]

    def _confirmed(self, kind: str, algorithm: Algorithm) -> tuple[Ints, Ints]:
        """Persons and days of confirmed events of a kind on the algorithm's instrument, in order."""
        happened = self._happened
        is_measure = happened.measure == self._series.measures.index(algorithm.measure)
        is_sure = happened.certainty == CERTAINTIES.index("confirmed")
        rows = np.flatnonzero((happened.kind == EVENT_KINDS.index(kind)) & is_sure & is_measure)
        person, day = happened.person[rows], happened.day[rows]
        order = np.lexsort((day, person))
        return person[order], day[order]

    def _returns(self, algorithm: Algorithm) -> tuple[Ints, Ints]:
        """The same of relapses and recurrences together."""
        parts = [self._confirmed(kind, algorithm) for kind in ("relapse", "recurrence")]
        person, day = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((day, person))
        return person[order], day[order]

    def _under(self, person: Ints, day: Ints, algorithm: Algorithm) -> tuple[Ints, Ints, Ints]:
        """Events that lie after the first day of a course, up to the end of its window; with the newest such course."""
        c = self._courses
        trials = np.flatnonzero(c.of(algorithm.select, self._knowledge) & c.is_dated)
        trials = trials[np.lexsort((c.start[trials], c.person[trials]))]
        at = np.searchsorted(_packed(c.person[trials], c.start[trials]), _packed(person, day)) - 1
        place = trials[np.maximum(at, 0)] if len(trials) else np.zeros(len(person), np.int64)
        if not len(trials):
            return person[:0], day[:0], place[:0]
        until = c.end[place] + int(self._knowledge.policy.endpoint_after_days.value)
        keep = (at >= 0) & (c.person[place] == person) & (day <= until)
        return person[keep], day[keep], place[keep]

    def _fixed(self, rule_key: int, algorithm: Algorithm, person: Ints, start: Ints, trial: Ints, tasks: Tasks) -> None:
        """One task per fixed treatment, done where a treatment began within its days."""
        for visit in algorithm.fixed:
            first, last = start + visit.from_day, start + visit.to_day
            given, is_within_one = self._given(algorithm, person, first, last)
            today = self._record.index[person]
            state = np.select(
                [given != NO_DAY, is_within_one & (today >= first), today > last, today >= first],
                [DONE, BLIND, OVERDUE, OPEN],
                PLANNED,
            )
            why = np.where(state == BLIND, reason("nothing_to_read"), -1)
            tasks.add(
                rule_key, person, trial=self._record.trial_key[trial], state=state, day=first, overdue=last + 1,
                done=given, reason=why, branch=tasks.branch("fixed"), number=1.0,
                measure=tasks.measure(algorithm.measure),
            )  # fmt: skip

    def _given(self, algorithm: Algorithm, person: Ints, first: Ints, last: Ints) -> tuple[Ints, Flags]:
        """The first treatment that began within some days; and whether a longer course lies over them."""
        exposure = self._tables["exposure"]
        owner = person_rows(self._tables, exposure["person_key"].to_numpy()).astype(np.int64)
        treatment = exposure["treatment_key"].to_numpy()
        rows = np.flatnonzero(self._knowledge.selected(algorithm.select)[treatment] & np.isin(owner, person))
        begin, end = days(exposure["start_date"])[rows].astype(np.int64), days(exposure["end_date"])[rows]
        place = np.searchsorted(person, owner[rows])
        given = np.full(len(person), np.iinfo(np.int64).max)
        inside = (begin >= first[place]) & (begin <= last[place]) & (begin <= self._record.index[person][place])
        np.minimum.at(given, place[inside], begin[inside])
        is_over = np.zeros(len(person), np.bool_)
        is_over[place[(begin < first[place]) & ((end > first[place]) | (end == NO_DAY)) & (begin != NO_DAY)]] = True
        return np.where(given == np.iinfo(np.int64).max, NO_DAY, given), is_over

    def _weekly(
        self, rule_key: int, algorithm: Algorithm, person: Ints, start: Ints, trial: Ints, has_sign: Flags, tasks: Tasks
    ) -> None:
        """What the newest score asks for; a score first, where it is not of this week."""
        s, today = self._series, self._record.index[person]
        own = s.line_of(algorithm.measure, person)
        at = s.spot(own, today, after=True) - 1
        base = s.spot(own, start, after=False)
        within = int(algorithm.score_within_days.value)
        is_fresh = (today - s.day[at] < within) & (s.day[at] > start)
        previous = np.maximum(at - 1, base)
        found = asked(algorithm, s.value[at], s.value[previous], s.value[base])
        names = [tasks.branch(name) for name in (*BRANCHES, _SIGN, "score")]
        is_sign = has_sign[person]
        branch = np.where(is_sign, names[4], np.where(is_fresh, np.array(names[:4])[found], names[5]))
        number = np.where(is_fresh & ~is_sign & (found <= TWO), found, np.nan)
        is_waiting = is_fresh & ~is_sign & (found == ZERO)
        tasks.add(
            rule_key, person, trial=self._record.trial_key[trial], state=np.where(is_waiting, PLANNED, OPEN),
            day=np.where(is_waiting | ~is_fresh, s.day[at] + within, s.day[at]), branch=branch, number=number,
            reason=np.where(is_fresh | is_sign, -1, reason("no_score")), measure=tasks.measure(algorithm.measure),
        )  # fmt: skip
