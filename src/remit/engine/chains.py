"""Patterns in dated rows and in intervals: switches, chains, windows, steps. Knows no psychiatry.

Rows stand in order of person; the kernels are plain functions over arrays, compiled where that pays
(`remit.engine.compiled`). Days are whole numbers from 1970-01-01.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY
from remit.engine.compiled import run

Int = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Dated(NamedTuple):
    """Dates of kinds of things, in order of person, day and kind."""

    person: Int
    kind: Int
    day: Int
    holds: NDArray[np.uint8]  # a three-valued quality of the row


def dated(person: Int, kind: Int, day: Int, holds: NDArray[np.uint8]) -> Dated:
    """Rows in order."""
    order = order_of(person, day, kind)
    return Dated(person[order], kind[order], day[order], holds[order])


def order_of(*columns: Int) -> NDArray[np.intp]:
    """Rows in the order of the first column, then the second ...; packed into one word where they fit, to sort once."""
    if not len(columns[0]):
        return np.empty(0, np.intp)
    least = [int(column.min()) for column in columns]
    bits = [int(column.max() - low).bit_length() for column, low in zip(columns, least, strict=True)]
    if sum(bits) >= np.iinfo(np.int64).bits:
        return np.lexsort(columns[::-1])
    word = np.zeros(len(columns[0]), np.int64)
    for column, low, width in zip(columns, least, bits, strict=True):
        word <<= width
        word += column - low
    return np.argsort(word, kind="stable") if (word[1:] < word[:-1]).any() else np.arange(len(word))


class Switches(NamedTuple):
    """Switches, one per person and kind that was left: when the next thing began, and how sure its quality is."""

    person: Int
    day: Int
    holds: NDArray[np.uint8]


def switches(rows: Dated, course_gap: float, course_days: float, most_gap: float) -> Switches:
    """Kinds that were left for another.

    Parameters
    ----------
    rows : Dated
    course_gap, course_days, most_gap : float
        Days of one kind further apart than `course_gap` are two courses. A course lasts from its first to its last day,
        at least `course_days`; one of a single day lasts up to the next row, if that is within `most_gap`. It is left
        if the next row is of another kind, later, and within `most_gap`.
    """
    if not len(rows.day):
        return Switches(rows.person, rows.day, rows.holds)
    by_kind = order_of(rows.person, rows.kind, rows.day)
    person, kind, day = rows.person[by_kind], rows.kind[by_kind], rows.day[by_kind]
    is_first = np.ones(len(day), np.bool_)
    is_first[1:] = (person[1:] != person[:-1]) | (kind[1:] != kind[:-1]) | (day[1:] - day[:-1] > course_gap)
    course = np.cumsum(is_first) - 1
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(day)) - 1
    length, is_last, holds = _empty(day), np.empty(len(day), np.bool_), np.empty(len(day), np.uint8)
    length[by_kind] = (day[ends] - day[starts])[course]
    is_last[by_kind] = day == day[ends][course]
    holds[by_kind] = np.maximum.reduceat(rows.holds[by_kind], starts)[course]
    at = np.flatnonzero(rows.person[1:] == rows.person[:-1])
    gap = rows.day[at + 1] - rows.day[at]
    lasted = np.where((length[at] == 0) & (gap <= most_gap), gap, length[at])
    left = (rows.kind[at + 1] != rows.kind[at]) & is_last[at] & (lasted >= course_days) & (gap > 0) & (gap <= most_gap)
    at = at[left]
    return _each_once(rows.person[at], rows.kind[at], rows.day[at + 1], holds[at])


def _each_once(person: Int, kind: Int, day: Int, holds: NDArray[np.uint8]) -> Switches:
    """The first of each person and kind, the surest first."""
    order = order_of(person, kind, -holds.astype(np.int64), day)
    person, kind, day, holds = person[order], kind[order], day[order], holds[order]
    keep = np.ones(len(day), np.bool_)
    keep[1:] = (person[1:] != person[:-1]) | (kind[1:] != kind[:-1])
    return Switches(person[keep], day[keep], holds[keep])


def chains(rows: Dated, course_days: float) -> tuple[Int, Int]:
    """Persons with a course of one kind, then one of another kind that has no row from the first's start to its end.

    Returns
    -------
    person, day : arrays of int
        Each person once; the earliest day by which such a second course had lasted.
    """
    if not len(rows.day):
        return rows.person, rows.day
    by_kind = order_of(rows.person, rows.kind, rows.day)
    person, kind = rows.person[by_kind], rows.kind[by_kind]
    is_first = np.ones(len(by_kind), np.bool_)
    is_first[1:] = (person[1:] != person[:-1]) | (kind[1:] != kind[:-1])
    group = np.cumsum(is_first, dtype=np.int64)
    key = (group << 32) + (rows.day[by_kind] - NO_DAY)
    done, before = _empty(rows.day), _empty(rows.day)
    later = np.searchsorted(key, key + int(course_days) - 1)
    earlier = np.searchsorted(key, key) - 1
    done[by_kind] = _day_in_group(later, group, rows.day[by_kind])
    before[by_kind] = _day_in_group(earlier, group, rows.day[by_kind])
    owner, on = _empty(rows.day), _empty(rows.day)
    n = run(followed, [rows.person, rows.kind, rows.day, before, done], [NO_DAY], [owner, on])
    return owner[:n], on[:n]


def _day_in_group(at: NDArray[np.intp], group: Int, day: Int) -> Int:
    """By row: the day of another row of the same group; NO_DAY where there is none."""
    inside = np.clip(at, 0, max(len(day) - 1, 0))
    is_there = (at >= 0) & (at < len(day)) & (group[inside] == group)
    return np.where(is_there, day[inside], NO_DAY)


def followed(person: Any, kind: Any, day: Any, before: Any, done: Any, none: int, owner: Any, on: Any) -> int:
    """Write the persons of `chains`, each with the earliest day.

    `before` is the last earlier day of the same kind, `done` the first on which its course had lasted.
    """
    written = 0
    for i in range(len(person)):
        found, j = False, i - 1
        while done[i] != none and not found and j >= 0 and person[j] == person[i] and day[j] > before[i]:
            found = kind[j] != kind[i] and done[j] != none and done[j] <= day[i]
            j -= 1
        if found and written > 0 and owner[written - 1] == person[i]:
            on[written - 1] = min(on[written - 1], done[i])
        elif found:
            owner[written], on[written] = person[i], done[i]
            written += 1
    return written


class Intervals(NamedTuple):
    """Intervals of kinds, in order of person, kind and start."""

    person: Int
    kind: Int
    start: Int
    end: Int


def windows(
    rows: Intervals, begins: Flags, others: Flags, back: tuple[float, float], needed: float, *, by_start: bool
) -> Flags:
    """By row that begins an event: whether enough distinct other kinds were there.

    Parameters
    ----------
    begins, others : arrays of bool, by row
    back : pair of float
        The others started at least so many days before, and ended (or started) at most so many days before.
    needed : float
        How many distinct other kinds.
    """
    if needed <= 0:
        return begins
    held = np.zeros(len(begins), np.uint8)
    reach = rows.start if by_start else rows.end - 1  # the last day
    inputs: list[NDArray[Any]] = [
        rows.person,
        rows.kind,
        rows.start,
        reach,
        begins.astype(np.uint8),
        others.astype(np.uint8),
    ]
    run(accompanied, inputs, [int(back[0]), int(back[1]), int(needed)], [held])
    return held.view(np.bool_)


def accompanied(
    person: Any, kind: Any, start: Any, reach: Any, begins: Any, others: Any, before: int, within: int, needed: int,
    held: Any,
) -> int:  # fmt: skip
    """Write `windows`; the rows of a person stand together, and within them those of a kind."""
    first, n = 0, len(person)
    for i in range(n):
        if i > 0 and person[i] != person[i - 1]:
            first = i
        count, counted, j = 0, -1, first
        while begins[i] and count < needed and j < n and person[j] == person[i]:
            is_there = start[j] <= start[i] - before and reach[j] >= start[i] - within
            if others[j] and kind[j] != kind[i] and kind[j] != counted and is_there:
                count, counted = count + 1, kind[j]
            j += 1
        held[i] = count >= needed and begins[i]
    return 0


def steps(rows: Intervals, fair: Flags, further: Flags, most_gap: float, within: float) -> Flags:
    """By row: whether it is a further course after two fair ones, each of another kind than the one before.

    Parameters
    ----------
    fair, further : arrays of bool, by row
        Which may be one of the first two, and which may come after them.
    most_gap : float
        Most days from the end of one to the beginning of the next; they may overlap.
    within : float
        Most days from the beginning of the first to that of the further one.
    """
    began, opened = np.where(fair, rows.start, NO_DAY), _empty(rows.start)
    run(preceded, [*rows, began, fair.view(np.uint8)], [int(most_gap), NO_DAY], [opened])
    opened = np.where(fair, opened, NO_DAY)
    latest = _empty(rows.start)
    run(preceded, [*rows, opened, further.view(np.uint8)], [int(most_gap), NO_DAY], [latest])
    return np.asarray((latest != NO_DAY) & (latest >= rows.start - int(within)))


def preceded(
    person: Any, kind: Any, start: Any, end: Any, carried: Any, asked: Any, gap: int, none: int, latest: Any
) -> int:
    """Write the greatest `carried` of the rows of another kind that began before a row and ended at most `gap` before.

    `carried` is `none` for a row that has nothing to hand on; `asked` says for which rows it is wanted.
    """
    first, n = 0, len(person)
    for i in range(n):
        if i > 0 and person[i] != person[i - 1]:
            first = i
        latest[i], j = none, first
        while asked[i] and j < n and person[j] == person[i]:
            if kind[j] != kind[i] and start[j] < start[i] and end[j] >= start[i] - gap:
                latest[i] = max(latest[i], carried[j])
            j += 1
    return 0


def _empty(like: Int) -> Int:
    return np.empty(len(like), np.int64)
