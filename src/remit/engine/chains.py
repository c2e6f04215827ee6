"""Patterns in dates: switches and chains. Knows no psychiatry.

Dates are packed into one word each (person, day, kind, and how surely it holds) and sorted as plain integers, so that a
kernel reads them in order and gathers nothing. Kernels are plain functions over arrays, compiled where that pays
(`remit.engine.compiled`), one person after the other, with what they remember by kind. Days are whole numbers from
1970-01-01.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY
from remit.engine.compiled import run
from remit.engine.grouping import order_of

Int = NDArray[np.int64]

HOLDS_BITS = 2
"""Bits of a word that say how surely it holds."""


class Dates(NamedTuple):
    """Sorted words, and how to read them."""

    words: Int
    first_day: int
    day_bits: int
    kind_bits: int
    n_kinds: int

    @property
    def bits(self) -> list[int]:
        """What a kernel needs to read a word."""
        return [self.first_day, self.day_bits, self.kind_bits]


class Switches(NamedTuple):
    """Switches, one per person and kind that was left: when the next thing began, and how sure its quality is."""

    person: Int
    day: Int
    holds: NDArray[np.uint8]


def dates(
    person: Int, kind: NDArray[np.integer[Any]], day: NDArray[np.integer[Any]], holds: NDArray[np.uint8]
) -> Dates:
    """Dates in order of person, day and kind.

    Parameters
    ----------
    person, kind, day : arrays of int
        Persons and kinds count from 0. Persons below 2**30, kinds below 2**9 and days of the calendar fit into a word.
    holds : array of uint8
        A three-valued quality of the row.
    """
    if not len(person):
        return Dates(np.empty(0, np.int64), 0, 0, 0, 0)
    first_day, n_kinds = int(day.min()), int(kind.max()) + 1
    day_bits, kind_bits = int(day.max() - first_day).bit_length(), n_kinds.bit_length()
    words = person << day_bits
    for column, width in ((day - first_day, kind_bits), (kind, HOLDS_BITS), (holds, 0)):
        words |= column
        words <<= width
    if (words[1:] < words[:-1]).any():
        words.sort()
    return Dates(words, first_day, day_bits, kind_bits, n_kinds)


def switches(rows: Dates, course_gap: float, course_days: float, most_gap: float) -> Switches:
    """Kinds that were left for another.

    Parameters
    ----------
    rows : Dates
    course_gap, course_days, most_gap : float
        Days of one kind further apart than `course_gap` are two courses. A course lasts from its first to its last day,
        at least `course_days`; one of a single day lasts up to the next row, if that is within `most_gap`. It is left
        if the next row is of another kind, later, and within `most_gap`.
    """
    n = len(rows.words)
    is_last = np.zeros(n, np.uint8)
    run(ends, [rows.words], [*rows.bits, int(course_gap)], [*_by_kind(rows, 2), is_last])
    person, kind, day = (np.empty(n, np.int64) for _ in range(3))
    holds = np.empty(n, np.uint8)
    limits = [int(course_gap), int(course_days), int(most_gap)]
    found = run(left, [rows.words, is_last], [*rows.bits, *limits], [*_by_kind(rows, 4), person, kind, day, holds])
    return _each_once(person[:found], kind[:found], day[:found], holds[:found])


def _by_kind(rows: Dates, n: int) -> list[Int]:
    """What a kernel remembers by kind."""
    return [np.zeros(rows.n_kinds, np.int64) for _ in range(n)]


def _each_once(person: Int, kind: Int, day: Int, holds: NDArray[np.uint8]) -> Switches:
    """The first of each person and kind, the surest first."""
    order = order_of(person, kind, -holds.astype(np.int64), day)
    person, kind, day, holds = person[order], kind[order], day[order], holds[order]
    keep = np.ones(len(day), np.bool_)
    keep[1:] = (person[1:] != person[:-1]) | (kind[1:] != kind[:-1])
    return Switches(person[keep], day[keep], holds[keep])


def ends(
    words: Any, first_day: int, day_bits: int, kind_bits: int, course_gap: int, seen: Any, following: Any, is_last: Any
) -> int:
    """Write by row whether its course has no later row. `following` is the next day of a kind, `seen` whose it is."""
    for i in range(len(words) - 1, -1, -1):
        kind = (words[i] >> HOLDS_BITS) & ((1 << kind_bits) - 1)
        day = ((words[i] >> (HOLDS_BITS + kind_bits)) & ((1 << day_bits) - 1)) + first_day
        owner = (words[i] >> (HOLDS_BITS + kind_bits + day_bits)) + 1  # 0 is nobody
        is_last[i] = seen[kind] != owner or following[kind] - day > course_gap
        seen[kind], following[kind] = owner, day
    return 0


def left(
    words: Any, is_last: Any, first_day: int, day_bits: int, kind_bits: int, course_gap: int, course_days: int,
    most_gap: int, seen: Any, start: Any, last: Any, surest: Any, person: Any, kind: Any, day: Any, holds: Any,
) -> int:  # fmt: skip
    """Write person, kind, day and quality of every switch; return how many.

    By kind: `start`, `last` day and `surest` quality of the running course, `seen` whose it is.
    """
    written = 0
    for i in range(len(words)):
        k = (words[i] >> HOLDS_BITS) & ((1 << kind_bits) - 1)
        d = ((words[i] >> (HOLDS_BITS + kind_bits)) & ((1 << day_bits) - 1)) + first_day
        owner = words[i] >> (HOLDS_BITS + kind_bits + day_bits)
        if seen[k] != owner + 1 or d - last[k] > course_gap:
            start[k], surest[k] = d, 0
        seen[k], last[k] = owner + 1, d
        surest[k] = max(surest[k], words[i] & ((1 << HOLDS_BITS) - 1))
        if is_last[i] and i + 1 < len(words) and words[i + 1] >> (HOLDS_BITS + kind_bits + day_bits) == owner:
            gap = ((words[i + 1] >> (HOLDS_BITS + kind_bits)) & ((1 << day_bits) - 1)) + first_day - d
            is_other = (words[i + 1] >> HOLDS_BITS) & ((1 << kind_bits) - 1) != k
            length = d - start[k]
            lasted = gap if length == 0 and gap <= most_gap else length
            if is_other and 0 < gap <= most_gap and lasted >= course_days:
                person[written], kind[written], day[written], holds[written] = owner, k, d + gap, surest[k]
                written += 1
    return written


def chains(rows: Dates, course_days: float) -> tuple[Int, Int]:
    """Persons with a course of one kind, then one of another kind that has no row from the first's start to its end.

    Returns
    -------
    person, day : arrays of int
        Each person once; the earliest day by which such a second course had lasted.
    """
    n = len(rows.words)
    same, before, done = (np.zeros(n, np.int32) for _ in range(3))
    scratch = _by_kind(rows, 2)
    run(lasting, [rows.words], [*rows.bits, int(course_days), NO_DAY], [*scratch, same, before, done])
    person, day = np.empty(n, np.int64), np.empty(n, np.int64)
    found = run(followed, [rows.words, before, done], [*rows.bits, NO_DAY], [person, day])
    return person[:found], day[:found]


def lasting(
    words: Any, first_day: int, day_bits: int, kind_bits: int, course_days: int, none: int,
    seen: Any, latest: Any, same: Any, before: Any, done: Any,
) -> int:  # fmt: skip
    """Write by row the last earlier day of its kind (`before`), and the first on which its course had lasted (`done`).

    `same` is the row of the kind before it, -1 where there is none; `latest` the newest row of a kind, `seen` whose.
    """
    for i in range(len(words)):
        kind = (words[i] >> HOLDS_BITS) & ((1 << kind_bits) - 1)
        day = words[i] >> (HOLDS_BITS + kind_bits)  # with the person: enough to compare
        owner = (day >> day_bits) + 1
        same[i], before[i] = -1, none
        if seen[kind] == owner:
            same[i] = latest[kind]
            earlier = words[same[i]] >> (HOLDS_BITS + kind_bits)
            before[i] = before[same[i]] if earlier == day else (earlier & ((1 << day_bits) - 1)) + first_day
        seen[kind], latest[kind] = owner, i
    for k in range(len(seen)):
        seen[k] = 0
    for i in range(len(words) - 1, -1, -1):
        kind = (words[i] >> HOLDS_BITS) & ((1 << kind_bits) - 1)
        day = words[i] >> (HOLDS_BITS + kind_bits)
        owner = (day >> day_bits) + 1
        if seen[kind] != owner:
            seen[kind], latest[kind] = owner, i
        wanted = day + course_days - 1
        at = latest[kind]  # the earliest row known to show it, or the kind's last: it only moves back
        while same[at] >= 0 and words[same[at]] >> (HOLDS_BITS + kind_bits) >= wanted:
            at = same[at]
        latest[kind] = at
        shown = words[at] >> (HOLDS_BITS + kind_bits)
        done[i] = (shown & ((1 << day_bits) - 1)) + first_day if shown >= wanted else none
    return 0


def followed(
    words: Any, before: Any, done: Any, first_day: int, day_bits: int, kind_bits: int, none: int, person: Any, on: Any
) -> int:
    """Write the persons of `chains`, each with the earliest day; return how many."""
    written = 0
    for i in range(len(words)):
        owner = words[i] >> (HOLDS_BITS + kind_bits + day_bits)
        kind = (words[i] >> HOLDS_BITS) & ((1 << kind_bits) - 1)
        day = ((words[i] >> (HOLDS_BITS + kind_bits)) & ((1 << day_bits) - 1)) + first_day
        least = (owner << day_bits) + max(before[i] - first_day, -1) + 1  # of words that lie after `before`
        found, j = False, i - 1
        while done[i] != none and not found and j >= 0 and words[j] >> (HOLDS_BITS + kind_bits) >= least:
            is_other = (words[j] >> HOLDS_BITS) & ((1 << kind_bits) - 1) != kind
            found = is_other and done[j] != none and done[j] <= day
            j -= 1
        if found and written > 0 and person[written - 1] == owner:
            on[written - 1] = min(on[written - 1], done[i])
        elif found:
            person[written], on[written] = owner, done[i]
            written += 1
    return written
