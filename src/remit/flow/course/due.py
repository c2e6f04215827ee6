"""What is due: tasks dated from what a person is on, from what has ended, from the newest events, and from signs."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, days
from remit.flow.course.anchors import Courses
from remit.flow.course.continuation import Continuation
from remit.flow.course.found import Happened, of_kinds
from remit.flow.course.measuring import add_measuring
from remit.flow.course.record import Record
from remit.flow.course.rules import Rules
from remit.flow.course.series import Flags, Ints, Series
from remit.flow.course.setting import Setting
from remit.flow.course.tasks import BLIND, DONE, OPEN, OVERDUE, PLANNED, Dated, Tasks, reason
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.tasks import EARLY, AfterEvent, TaskRule
from remit.tables import Tables
from remit.tables.course import CERTAINTIES
from remit.tables.crisis import SIGNS

_NO_REASON = -1
_UNREAD = np.iinfo(np.int64).max
"""In place of a day: the record cannot show whether a task was done."""


def dues(
    tables: Tables, happened: Happened, series: Series, rules: Rules, courses: Courses, knowledge: Knowledge
) -> tuple[pl.DataFrame, Dated]:
    """Table `due`, and what the list view reads of it."""
    record, tasks = Record(tables, courses, knowledge), Tasks()
    signs = _signs(tables, record)
    setting = Setting(tables, happened, series, rules, courses, record, knowledge)
    continuation, work = Continuation(setting), _Work(setting, tasks)
    for key, rule in enumerate(knowledge.course.tasks):
        if rule.running is not None:
            work.running(key, rule)
        elif rule.ended is not None:
            work.ended(key, rule)
        elif rule.event is not None:
            work.after(key, rule, rule.event)
        elif rule.sign:
            person = np.flatnonzero(signs.has)
            tasks.add(key, person, state=OPEN, day=signs.day[person])
        elif rule.measuring:
            add_measuring(key, rule, setting, tasks)
        elif rule.algorithm is not None:
            continuation.add(key, knowledge.course.algorithms[rule.algorithm], signs.has, tasks)
    return tasks.table(tables["person"]["person_key"].to_numpy())


class Signs(NamedTuple):
    """Signs of suicidality on record, by person; never graded."""

    has: Flags
    day: Ints  # newest; NO_DAY where undated or none


def _signs(tables: Tables, record: Record) -> Signs:
    has, day = np.zeros(record.n, np.bool_), np.full(record.n, NO_DAY, np.int64)
    crisis = tables["crisis"]
    if not crisis.is_empty():
        sign = crisis.filter(pl.col("kind").is_in(SIGNS))
        person = person_rows(tables, sign["person_key"].to_numpy())
        has[person] = True
        np.maximum.at(day, person, days(sign["date"]).astype(np.int64))
    return Signs(has, day)


class Times(NamedTuple):
    """Occurrences of a task, in days after its anchor."""

    offset: Ints
    early: Ints  # by so many days a result may come before its date
    late: Ints  # so many days after its date it is overdue


class _Work:
    """What rules of several causes share."""

    def __init__(self, setting: Setting, tasks: Tasks) -> None:
        self.tables, self.happened, self.series, _, self.courses, self.record, self.knowledge = setting
        self.tasks, self.policy = tasks, setting.knowledge.course.policy
        self.may_run, self.runs = self.courses.may_run, self.courses.runs
        self.is_over = self.courses.has_end & ~self.may_run

    def running(self, key: int, rule: TaskRule) -> None:
        """Tasks of trials that run on the index date."""
        assert rule.running is not None
        trial = np.flatnonzero(self.courses.of(rule.running, self.knowledge) & self.may_run)
        trial = trial[self.record.is_guided(rule.countries)[self.courses.person[trial]]]
        if not len(trial):
            return
        is_aged, is_age_unknown = self.record.is_aged(rule.age_from, rule.age_to)
        person = self.courses.person[trial]
        self._blind(key, trial[~self.runs[trial] & (is_aged | is_age_unknown)[person]], "end_unknown")
        trial = trial[self.runs[trial]]
        person = self.courses.person[trial]
        self._blind(key, trial[is_age_unknown[person]], "age_unknown")
        trial = trial[is_aged[person]]
        self._blind(key, trial[~self.courses.is_dated[trial]], "start_unknown")
        trial = trial[self.courses.is_dated[trial]]
        anchor = self.courses.start if rule.anchor == "start" else self.record.dose_changes
        self._series(key, rule, trial, anchor[trial])

    def ended(self, key: int, rule: TaskRule) -> None:
        """Tasks after the last day of a trial, while they are still to come or within their time."""
        assert rule.ended is not None
        is_wanted = self.courses.of(rule.ended, self.knowledge)
        again = np.zeros(self.record.n, np.bool_)
        again[self.courses.person[is_wanted & self.may_run]] = True
        trial = np.flatnonzero(is_wanted & self.is_over)
        trial = trial[~again[self.courses.person[trial]]]
        last_day = self.courses.end[trial] - 1
        until = rule.until_days if rule.until_days is not None else rule.at_days[-1] - 1
        is_open = self.courses.index_day[trial] - last_day <= until
        trial, last_day = trial[is_open], last_day[is_open]
        is_early = self._is_taken_within(rule, trial, last_day)
        self._series(key, rule, trial[~is_early], last_day[~is_early])
        early = trial[is_early]
        self.tasks.add(
            key, self.courses.person[early], trial=self.record.trial_key[early], state=OPEN,
            day=self.courses.index_day[early], branch=self.tasks.branch(EARLY),
        )  # fmt: skip

    def _is_taken_within(self, rule: TaskRule, trial: NDArray[np.intp], last_day: Ints) -> Flags:
        """By trial that has ended: whether what has to wait for it is on record before the wait is over."""
        if rule.before is None:
            return np.zeros(len(trial), np.bool_)
        c = self.courses
        other = np.flatnonzero(c.of(rule.before, self.knowledge) & c.is_dated)
        other = other[np.argsort(c.person[other], kind="stable")]
        low = np.searchsorted(c.person[other], c.person[trial], side="left")
        size = np.searchsorted(c.person[other], c.person[trial], side="right") - low
        row = np.repeat(np.arange(len(trial)), size)
        at = other[np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)]
        begins_in_time = c.start[at] < last_day[row] + int(rule.at_days[0])
        is_within = begins_in_time & (c.end[at] > last_day[row] + 1) & (at != trial[row])
        found = np.zeros(len(trial), np.bool_)
        found[row[is_within]] = True
        return found

    def after(self, key: int, rule: TaskRule, cause: AfterEvent) -> None:
        """Tasks after an event on a line's newest score."""
        person, measure, kind, certainty, day = self.happened
        is_cause = of_kinds(tuple(cause.kinds))[kind]
        if cause.certainty is not None:
            is_cause &= certainty == CERTAINTIES.index(cause.certainty)
        if cause.has_had is not None:
            had = np.zeros(self.record.n, np.bool_)
            had[self.courses.person[self.courses.of(cause.has_had, self.knowledge)]] = True
            is_cause &= had[person]
        at = np.flatnonzero(is_cause)
        at = at[self._is_newest[at]]
        since = self.record.index[person[at]] - day[at]
        until = np.inf if rule.until_days is None else rule.until_days
        first = int(rule.at_days[0])
        state = np.select([since < first, since <= until], [PLANNED, OPEN], OVERDUE if rule.any_severity else BLIND)
        why = np.where(state == BLIND, reason("nothing_to_read"), _NO_REASON)
        over = NO_DAY if np.isinf(until) else day[at] + int(until) + 1
        names = [self.series.measures[m] for m in measure[at]]
        named = np.array([self.tasks.measure(m) for m in names], np.int64)
        self.tasks.add(key, person[at], state=state, day=day[at] + first, overdue=over, reason=why, measure=named)

    @cached_property
    def _is_newest(self) -> Flags:
        """By event: whether no score of its line came later."""
        return self.series.is_newest(self.happened.measure, self.happened.person, self.happened.day)

    def _blind(self, key: int, trial: NDArray[np.intp], why: str) -> None:
        """Tasks that cannot be dated."""
        person, trial_key = self.courses.person[trial], self.record.trial_key[trial]
        self.tasks.add(key, person, trial=trial_key, state=BLIND, reason=reason(why))

    def _series(self, key: int, rule: TaskRule, trial: NDArray[np.intp], anchor: Ints) -> None:
        """The newest occurrence that has come up, or the first that no result meets where it can be made up for; and
        the next, unless that one is still open.
        """
        if not len(trial):
            return
        age = self.courses.index_day[trial] - anchor
        times = self._times(rule, int(age.max()))
        at = np.searchsorted(times.offset, age, side="right") - 1
        is_past = at >= 0
        if rule.until_days is not None:
            is_past &= age <= rule.until_days
        newest = self._newest_result(rule, trial)
        met = np.searchsorted(times.offset - times.early, newest - anchor, side="right")
        can_be_made_up = is_past & (newest != _UNREAD) & (not rule.any_severity)  # a score of a past week cannot
        at = np.where(can_be_made_up, np.minimum(at, met), at)
        state = np.full(len(trial), PLANNED)
        state[is_past] = self._occurrence(key, rule, trial[is_past], anchor[is_past], at[is_past], times)
        is_next = (at + 1 < len(times.offset)) & np.isin(state, (PLANNED, DONE, BLIND))
        self._occurrence(key, rule, trial[is_next], anchor[is_next], at[is_next] + 1, times)

    def _newest_result(self, rule: TaskRule, trial: NDArray[np.intp]) -> Ints:
        """By trial: day of the newest result that shows that a task was done; `_UNREAD` where the record cannot."""
        if not rule.measures and not rule.any_severity:
            return np.full(len(trial), _UNREAD)
        newest = self.record.newest(rule.measures, any_severity=rule.any_severity)
        return newest[self.courses.person[trial]]

    def _times(self, rule: TaskRule, age: int) -> Times:
        policy, offset = self.policy, offsets(rule, age)
        interval = np.diff(offset, prepend=0)
        is_first = interval == 0
        early = np.where(is_first, policy.first_early_days.value, interval * policy.early_share.value)
        late = np.where(is_first, policy.first_late_days.value, interval * policy.overdue_share.value)
        return Times(offset, early.astype(np.int64), late.astype(np.int64))

    def _occurrence(
        self, key: int, rule: TaskRule, trial: NDArray[np.intp], anchor: Ints, at: NDArray[np.intp], times: Times
    ) -> NDArray[np.int64]:
        """Add one occurrence of each trial; gives its state."""
        person, today, day = self.courses.person[trial], self.courses.index_day[trial], anchor + times.offset[at]
        newest = self._newest_result(rule, trial)
        is_read = newest != _UNREAD
        is_done = is_read & (newest >= day - times.early[at]) & (newest != NO_DAY)
        state = np.select(
            [is_done, today < day, ~is_read, today > day + times.late[at]], [DONE, PLANNED, BLIND, OVERDUE], OPEN
        )
        why = np.where(state == BLIND, reason("nothing_to_read"), _NO_REASON)
        self.tasks.add(
            key, person, trial=self.record.trial_key[trial], state=state, day=day,
            overdue=day + times.late[at] + 1, done=np.where(is_done, newest, NO_DAY), reason=why,
            **self._advice(rule, person, today),
        )  # fmt: skip
        return state

    def _advice(self, rule: TaskRule, person: Ints, today: Ints) -> dict[str, NDArray[np.int64]]:
        """Which side of a published rule the newest score is on, where there is one that is new enough."""
        if rule.advice is None:
            return {}
        score, day = self._newest_score(rule.advice.measure)
        is_fresh = (day[person] != NO_DAY) & (today - day[person] <= rule.advice.within_days)
        names = [self.tasks.branch(name) for name in ("then", "otherwise", "score")]
        side = np.where(score[person] <= rule.advice.at_most, names[0], names[1])
        return {"branch": np.where(is_fresh, side, names[2]), "number": np.where(is_fresh, score[person], np.nan)}

    def _newest_score(self, measure_id: str) -> tuple[NDArray[np.float64], Ints]:
        """By person: the highest score of the newest day of an instrument, and that day."""
        scores = self.tables["measurement"].filter((pl.col("measure_id") == measure_id) & ~pl.col("is_imputed"))
        person = person_rows(self.tables, scores["person_key"].to_numpy())
        day, value = days(scores["date"]).astype(np.int64), scores["value"].to_numpy()
        keep = np.flatnonzero(day <= self.record.index[person])
        keep = keep[np.lexsort((value[keep], day[keep]))]
        newest, score = np.full(self.record.n, NO_DAY, np.int64), np.full(self.record.n, np.nan)
        newest[person[keep]], score[person[keep]] = day[keep], value[keep]
        return score, newest


def offsets(rule: TaskRule, age: int) -> Ints:
    """Days after the anchor on which a task comes up, up to and including the first one after an age."""
    found = [int(day) for day in rule.at_days]
    day = float(rule.at_days[-1]) if rule.at_days else 0.0
    for every in rule.every:
        while (not found or found[-1] <= age) and (every.until_day is None or day + every.days <= every.until_day):
            day += every.days
            found.append(int(day))
    return np.array(found, np.int64)
