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
    day: Int
    holds: NDArray[np.uint8]

    def that_hold(self, least: int) -> Switches:
        """Those that hold at least so surely; where all do, these themselves."""
        at = np.flatnonzero(self.holds >= least)
        return self if len(at) == len(self.holds) else Switches._make(column[at] for column in self)


def switches(
    rows: Dates, chosen: Flags, course_gap: float, course_days: float, most_gap: float, *, at_dose: bool
) -> Switches:
    """Kinds that were left for another.

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
    at_dose : bool
        Whether a switch is as sure as the surest row of its course; else every switch is.
    """
    assert rows.gap <= course_gap
    n = len(rows.first)
    limits = [rows.within(course_gap), int(course_days), rows.within(most_gap)]
    found = Switches(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.uint8))
    n_found = run(
        left,
        [rows.first, rows.last, rows.following, chosen],
        [rows.first_day, rows.day_bits, rows.low_bits, *limits, 0 if at_dose else YES],
        [*found],
        scratch=[(len(chosen), content) for content in (0, 0, NEVER, -1)],
        is_many=rows.is_many,
    )
    return Switches._make(column[:n_found] for column in found)


def left(
    first: Any, last: Any, following: Any, chosen: Any, first_day: int, day_bits: int, low_bits: int, course_gap: int,
    course_days: int, most_gap: int, least_sure: int, start: Any, surest: Any, latest: Any, place: Any, person: Any,
    day: Any, holds: Any,
) -> int:  # fmt: skip
    """Write the surest switch of every person and kind, the earliest of several; return how many.

    By kind: `start`, `surest` quality and `latest` day of the running course; `place` of the switch that is written.
    """
    written, before, its_kind = 0, -1, -1
    for i in range(len(first)):
        stamp = first[i] >> low_bits
        low = first[i] - (stamp << low_bits)
        kind = low >> HOLDS_BITS
        if not chosen[kind]:
            continue
        gap = stamp - last[before] if before >= 0 else 0
        length = last[before] - start[its_kind] if before >= 0 else 0
        lasted = gap if length == 0 else length
        if (its_kind != kind) & (gap > 0) & (gap <= most_gap) & (lasted >= course_days):
            again = following[before]
            if again < 0 or (first[again] >> low_bits) - last[before] > course_gap:
                owner, at = stamp >> day_bits, place[its_kind]
                on = stamp - (owner << day_bits) + first_day
                if at < 0 or person[at] != owner:
                    place[its_kind] = written
                    person[written], day[written], holds[written] = owner, on, surest[its_kind]
                    written += 1
                elif surest[its_kind] > holds[at]:
                    day[at], holds[at] = on, surest[its_kind]
        if stamp - latest[kind] > course_gap:
            start[kind], surest[kind] = stamp, least_sure
        latest[kind], surest[kind] = last[i], max(surest[kind], low & ((1 << HOLDS_BITS) - 1))
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
    n, length, bits = len(rows.first), rows.within(course_days - 1), [rows.day_bits, rows.low_bits]
    second, is_open, least = np.empty(n, np.int32), np.zeros(n_persons, np.uint8), YES if at_dose else 0
    runs: list[NDArray[Any]] = [rows.first, rows.last, rows.following, chosen]
    scratch = [(len(chosen), content) for content in (-1, NEVER, NEVER, -1)]
    found = run(answered, runs, [*bits, length, least], [second, is_open], scratch=scratch, is_many=rows.is_many)
    person, day = np.empty(found, np.int64), np.empty(found, np.int64)
    runs = [rows.words, rows.begin, rows.first, rows.last, rows.following, second[:found]]
    found = run(followed, runs, [rows.first_day, *bits, length, least], [person, day], is_many=rows.is_many)
    return person[:found], day[:found], is_open.view(np.bool_)


def answered(
    first: Any, last: Any, following: Any, chosen: Any, day_bits: int, low_bits: int, length: int, least: int,
    head: Any, latest: Any, before: Any, whose: Any, written: Any, is_open: Any,
) -> int:  # fmt: skip
    """Write the first run of every person and kind with which a second course can begin; return how many.

    It can where a course of another kind began after the last earlier row of its own kind, and has lasted by now.
    Of each kind only the latest beginning of a course that has lasted matters, and of all kinds the two latest.
    By kind: `head`, the first run that is not known to begin one; `latest` row; the last row `before` today; `whose`
    run was written last.
    """
    mask = (1 << HOLDS_BITS) - 1
    n, best, second, of_best, ended, its_kind = 0, -1, -1, -1, 0, -1
    for i in range(len(first)):
        stamp = first[i] >> low_bits
        low, owner = first[i] - (stamp << low_bits), stamp >> day_bits
        kind = low >> HOLDS_BITS
        if not chosen[kind] or (low & mask) < least:
            is_open[owner] |= chosen[kind] and (low & mask) == UNKNOWN
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
        at = i if is_other else -1
        while at >= 0 and first[at] >> low_bits == stamp:  # later rows of a day can answer to the earlier ones
            other = (first[at] - (stamp << low_bits)) >> HOLDS_BITS
            is_second = (second if other == of_best else best) > before[other] and whose[other] != owner
            if is_second and chosen[other] and first[at] & mask >= least:
                whose[other], written[n] = owner, at
                n += 1
            at -= 1
        ended, its_kind = i, kind
    return n


def followed(
    words: Any, begin: Any, first: Any, last: Any, following: Any, second: Any, first_day: int, day_bits: int,
    low_bits: int, length: int, least: int, person: Any, on: Any,
) -> int:  # fmt: skip
    """Write the persons of `chains`, each with the earliest day; return how many."""
    written = 0
    for i in range(len(second)):
        at = second[i]
        owner, wanted = last[at] >> day_bits, (first[at] >> low_bits) + length
        if written > 0 and person[written - 1] == owner and on[written - 1] <= wanted - (owner << day_bits) + first_day:
            continue
        while at >= 0 and (last[at] < wanted or first[at] & ((1 << HOLDS_BITS) - 1) < least):
            at = following[at] if last[at] >> day_bits == owner else -1
        if at < 0 or last[at] >> day_bits != owner:
            continue
        row = begin[at]
        while words[row] >> low_bits < wanted:
            row += 1
        day = (words[row] >> low_bits) - (owner << day_bits) + first_day
        if written > 0 and person[written - 1] == owner:
            on[written - 1] = min(on[written - 1], day)
        else:
            person[written], on[written] = owner, day
            written += 1
    return written
