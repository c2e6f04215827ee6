"""Patterns in dates: switches and chains. Knows no psychiatry.

A kernel reads the runs of `remit.engine.dates` in order, and a small table by kind says which of them take part.
Kernels are plain functions over arrays, compiled where that pays (`remit.engine.compiled`), with what they remember by
kind.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import run
from remit.engine.dates import HOLDS_BITS, Dates
from remit.tables import UNKNOWN, YES

Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = -(1 << 62)
"""A day before all others."""


class Switches(NamedTuple):
    """Switches, one per person and kind that was left: when the next thing began, and how sure its quality is."""

    person: Int
    day: Int  # the earliest of the surest
    holds: NDArray[np.uint8]
    first_day: Int  # the earliest of all

    def of_any_quality(self) -> Switches:
        """The same where quality is not asked for: every switch is sure, and the earliest stands."""
        return self._replace(day=self.first_day, holds=np.full_like(self.holds, YES))

    def that_hold(self, least: int) -> Switches:
        """Those that hold at least so surely; where all do, these themselves."""
        at = np.flatnonzero(self.holds >= least)
        return self if len(at) == len(self.holds) else Switches._make(column[at] for column in self)


def switches(rows: Dates, chosen: Flags, course_gap: float, course_days: float, most_gap: float) -> Switches:
    """Kinds that were left for another; a switch is as sure as the surest row of the course that it ends.

    Parameters
    ----------
    rows : Dates
        With a `gap` of at most `course_gap`.
    chosen : array of bool
        By kind: whether it takes part.
    course_gap, course_days, most_gap : float
        Days of one kind further apart than `course_gap` are two courses. A course lasts from its first to its last day,
        at least `course_days`; one of a single day lasts up to the next row, if that is within `most_gap`. It is left
        if the next row is of another kind, later, and within `most_gap`.
    """
    assert rows.gap <= course_gap
    n = len(rows.first)
    limits = [rows.within(course_gap), int(course_days), rows.within(most_gap)]
    found = Switches(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.uint8), np.empty(n, np.int64))
    n_found = run(
        left,
        [rows.first, rows.last, rows.following, chosen],
        [rows.first_day, rows.day_bits, rows.low_bits, *limits],
        [*found],
        scratch=[(len(chosen), content) for content in (0, 0, NEVER, -1)],
        is_many=rows.is_many,
    )
    return Switches._make(column[:n_found] for column in found)


def left(
    first: Any, last: Any, following: Any, chosen: Any, first_day: int, day_bits: int, low_bits: int, course_gap: int,
    course_days: int, most_gap: int, start: Any, surest: Any, latest: Any, place: Any, person: Any, day: Any,
    holds: Any, first_on: Any,
) -> int:  # fmt: skip
    """Write `switches`; return how many: of every person and kind the surest, the earliest of several.

    By kind: `start`, `surest` quality and `latest` day of the running course; `place` of the switch that is written.
    """
    written, before, its_kind, since, until, sure = 0, -1, -1, NEVER, NEVER, 0  # of the row before: its course
    for i in range(len(first)):
        stamp = first[i] >> low_bits
        low = first[i] - (stamp << low_bits)
        kind = low >> HOLDS_BITS
        if not chosen[kind]:
            continue
        gap, length = stamp - until, until - since
        lasted = gap if length == 0 else length
        if (its_kind != kind) & (gap > 0) & (gap <= most_gap) & (lasted >= course_days):
            again = following[before]
            if again < 0 or (first[again] >> low_bits) - until > course_gap:
                owner, at = stamp >> day_bits, place[its_kind]
                on = stamp - (owner << day_bits) + first_day
                if at < 0 or person[at] != owner:
                    place[its_kind] = written
                    person[written], day[written], holds[written], first_on[written] = owner, on, sure, on
                    written += 1
                elif sure > holds[at]:
                    day[at], holds[at] = on, sure
        is_new = stamp - latest[kind] > course_gap
        since, sure = (stamp, 0) if is_new else (start[kind], surest[kind])
        sure, until = max(sure, low & ((1 << HOLDS_BITS) - 1)), last[i]
        start[kind], surest[kind], latest[kind] = since, sure, until
        before, its_kind = i, kind
    return written


def chains(rows: Dates, chosen: Flags, course_days: float, n_persons: int, *, at_dose: bool) -> tuple[Int, Int, Flags]:
    """Persons with a course of one kind, then one of another kind that has no row from the first's start to its end.

    Parameters
    ----------
    rows : Dates
    chosen : array of bool
        By kind: whether it takes part.
    course_days : float
        Least days of a course, its first and its last counted; more than one.
    at_dose : bool
        Whether only rows that hold take part.

    Returns
    -------
    person, day : arrays of int
        Each person once; the earliest day by which such a second course had lasted.
    is_open : array of bool
        By person: whether a row may hold, or may not.
    """
    n, bits = len(rows.first), [rows.day_bits, rows.low_bits]
    limits = [*bits, rows.within(course_days - 1), YES if at_dose else 0]
    lasting, wanted, is_open = np.empty(n, np.int32), np.empty(n, np.int64), np.zeros(n_persons, np.uint8)
    runs: list[NDArray[Any]] = [rows.first, rows.last, rows.following, chosen]
    scratch = [(len(chosen), content) for content in (-1, NEVER, NEVER, -1)]
    n_found = run(answered, runs, limits, [lasting, wanted, is_open], scratch=scratch, is_many=rows.is_many)
    person, day = np.empty(n_persons, np.int64), np.empty(n_persons, np.int64)
    runs = [rows.words, rows.begin, rows.first, lasting[:n_found], wanted[:n_found]]
    read: list[NDArray[Any]] = [np.empty(n_found, np.int32), np.empty(n_found, np.int64)]
    n_found = run(dated, runs, [rows.first_day, *bits], [*read, person, day], is_many=rows.is_many)
    return person[:n_found], day[:n_found], is_open.view(np.bool_)


def answered(
    first: Any, last: Any, following: Any, chosen: Any, day_bits: int, low_bits: int, length: int, least: int,
    head: Any, latest: Any, before: Any, whose: Any, lasting: Any, wanted: Any, is_open: Any,
) -> int:  # fmt: skip
    """Write the runs by which second courses have lasted, and the day from which on each does; return how many.

    A second course can begin where a course of another kind began after the last earlier row of its own kind, and has
    lasted by now. Of each kind only the latest beginning of a course that has lasted matters, and of all kinds the two
    latest; and only the first run of a kind with which a second course can begin. What begins too late to have lasted
    before one that is found is passed over: of a person the earliest is wanted.
    By kind: `head`, the first run that is not known to begin one; `latest` row; the last row `before` today; `whose`
    run began a second course last.
    """
    mask = (1 << HOLDS_BITS) - 1
    n, found_for, by, best, second, of_best, ended, its_kind = 0, -1, 0, -1, -1, -1, 0, -1
    for i in range(len(first)):
        stamp = first[i] >> low_bits
        low, owner = first[i] - (stamp << low_bits), stamp >> day_bits
        kind = low >> HOLDS_BITS
        if not chosen[kind] or (low & mask) < least:
            is_open[owner] |= chosen[kind] and (low & mask) == UNKNOWN
            continue
        if owner == found_for and stamp + length >= by:
            continue
        is_new = latest[kind] < owner << day_bits
        head[kind], latest[kind] = (i, (owner << day_bits) - 1) if is_new else (head[kind], latest[kind])
        before[kind] = latest[kind] if latest[kind] < stamp else before[kind]
        latest[kind] = last[i]
        is_other = kind != its_kind and last[ended] >> day_bits == owner  # than the run before, of the same person
        for is_now in range(2 if is_other else 0):
            at, reach = (i, stamp) if is_now else (ended, last[ended])
            one, began = (first[at] >> HOLDS_BITS) & ((1 << (low_bits - HOLDS_BITS)) - 1), -1
            while head[one] >= 0 and first[head[one]] >> low_bits <= reach - length:
                earlier = first[head[one]] >> low_bits
                began = earlier if first[head[one]] & mask >= least else began
                head[one] = following[head[one]]
            is_best = began > best
            second = second if one == of_best else best if is_best else max(second, began)
            best, of_best = max(best, began), one if is_best else of_best
        early = i if is_other else -1
        while early >= 0 and first[early] >> low_bits == stamp:  # later rows of a day can answer to the earlier ones
            other = (first[early] - (stamp << low_bits)) >> HOLDS_BITS
            is_second = (second if other == of_best else best) > before[other] and whose[other] != owner
            if is_second and chosen[other] and first[early] & mask >= least:
                whose[other], at, until, end = owner, early, stamp + length, (owner + 1) << day_bits
                while at >= 0 and last[at] < end and (last[at] < until or first[at] & mask < least):
                    at = following[at]
                if at >= 0 and last[at] < end:
                    by = min(by, last[at]) if owner == found_for else last[at]
                    lasting[n], wanted[n], found_for = at, until, owner
                    n += 1
            early -= 1
        ended, its_kind = i, kind
    return n


def dated(
    words: Any, begin: Any, first: Any, lasting: Any, wanted: Any, first_day: int, day_bits: int, low_bits: int,
    row: Any, stamp: Any, person: Any, on: Any,
) -> int:  # fmt: skip
    """Write the persons of `chains`, each with the earliest day; return how many.

    Words are many more than runs, and far apart: each course's second `row` is read before any is looked at, so that
    none waits for another one.
    """
    for i in range(len(lasting)):
        at = lasting[i]
        row[i] = begin[at] + (first[at] >> low_bits < wanted[i])
        stamp[i] = words[row[i]] >> low_bits
    written, before = 0, -1
    for i in range(len(lasting)):
        here, next_row = stamp[i], row[i] + 1
        while here < wanted[i]:
            here = words[next_row] >> low_bits
            next_row += 1
        owner = here >> day_bits
        day = here - (owner << day_bits) + first_day
        written += owner != before
        person[written - 1], on[written - 1] = owner, day if owner != before else min(on[written - 1], day)
        before = owner
    return written
