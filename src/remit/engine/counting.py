"""Counts what owners have, such as ingredients of persons, in one pass over rows sorted by owner.

`cap_rows`, `count_rows`, `cover_rows`, `first_rows` and `nth_rows` are written in the subset of Python that numba
compiles, see `remit.engine.compiled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import run
from remit.engine.logic import Tri
from remit.tables import UNKNOWN, YES

Rows = NDArray[Any]

VALUE_BITS = 2
"""Bits that a three-valued code takes."""


def caps(owner: Rows, unit: Rows, veto: Tri, n_units: int) -> Tri:
    """By row: *not* the greatest veto among the rows of its owner's unit.

    Parameters
    ----------
    owner, unit : array of int
        By row; owners rise, units are numbered from 0 to `n_units` - 1.
    veto : Tri
    """
    if len(veto) and (veto == veto[0]).all():  # as where no outcome is on record
        return np.full(len(veto), YES - veto[0])
    cap = np.empty(len(veto), np.uint8)
    run(cap_rows, [owner, unit, veto], [], [cap], scratch=[(n_units, 0)])
    return cap


def tally(
    owner: Rows, unit: Rows, value: Tri, n_units: int, n_owners: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By owner: how many units have a row that is yes, and how many have one that is not no; arguments as in `caps`."""
    low, high = np.zeros(n_owners, np.float32), np.zeros(n_owners, np.float32)
    if not np.count_nonzero(value):  # as where nobody had any of what is asked for
        return low, high
    rows = np.empty(len(value), np.int32)
    run(count_rows, [owner, unit, value], [], [rows, low, high], scratch=[(n_units, -1)])
    return low, high


def covered(owner: Rows, start: Rows, end: Rows, counts: NDArray[np.bool_], n_owners: int) -> NDArray[np.int64]:
    """By owner: days that at least one of its intervals that count covers; owners rise.

    Negative intervals cover nothing.
    """
    days = np.zeros(n_owners, np.int64)
    if counts.any():
        run(cover_rows, [owner, start, end, counts.view(np.uint8)], [], [days], scratch=[(len(owner), 0)])
    return days


def earliest(owner: Rows, unit: Rows, day: Rows, counts: Rows, n_units: int) -> tuple[Rows, Rows]:
    """Owners and least days of the units of owners among the rows that count; owners rise, and stay together.

    Parameters
    ----------
    owner, unit, day : arrays of int
    counts : array of bool
        By row.
    """
    first = [np.empty(len(owner), np.int64) for _ in range(2)]
    found = run(first_rows, [owner, unit, day, counts.view(np.uint8)], [], first, scratch=[(n_units, -1)])
    return first[0][:found], first[1][:found]


def nth(owner: Rows, value: Rows, n: int, asked: NDArray[np.bool_], none: int) -> NDArray[np.int64]:
    """By owner: the n-th smallest of its values; `none` where it has fewer, or is not asked for. Owners rise."""
    found = np.full(len(asked), none, np.int64)
    run(nth_rows, [owner, value, asked.view(np.uint8)], [n], [found], scratch=[(n, 0)])
    return found


def cap_rows(owner: Sequence[int], unit: Sequence[int], veto: Sequence[int], greatest: Any, cap: Any) -> int:
    """Fill `cap`; return the number of owners. `greatest` is by unit, 0 between owners."""
    n_found = 0
    first = 0
    while first < len(owner):
        end = first
        while end < len(owner) and owner[end] == owner[first]:
            greatest[unit[end]] = max(greatest[unit[end]], veto[end])
            end += 1
        for i in range(first, end):
            cap[i] = YES - greatest[unit[i]]
        for i in range(first, end):
            greatest[unit[i]] = 0
        n_found += 1
        first = end
    return n_found


def count_rows(
    owner: Sequence[int], unit: Sequence[int], value: Sequence[int], greatest: Any, rows: Any, low: Any, high: Any
) -> int:
    """Fill `low` and `high`; return how many rows count. By unit: the `greatest` value, on top of whose it is.

    `rows` that count are listed first. No row takes another path than the next, for which one cannot be foreseen, and a
    wrong guess of the processor costs more than the row.
    """
    n_found = 0
    for i in range(len(owner)):
        rows[n_found] = i
        n_found += value[i] >= UNKNOWN
    before, n_low, n_high = -1, 0, 0
    for place in range(n_found):
        row = rows[place]
        own, its_unit = owner[row], unit[row]
        base = own << VALUE_BITS
        was = max(greatest[its_unit] - base, 0)  # owners rise: what is of another one is less
        now = max(was, value[row])
        greatest[its_unit] = base + now
        n_low = (n_low if own == before else 0) + (now == YES) - (was == YES)
        n_high = (n_high if own == before else 0) + (was < UNKNOWN)
        low[own], high[own], before = n_low, n_high, own
    return n_found


def cover_rows(
    owner: Sequence[int], start: Sequence[int], end: Sequence[int], counts: Sequence[int], by_start: Any, days: Any
) -> int:
    """Fill `days`; return the number of owners. `by_start` is scratch: rows that count, by owner, then start."""
    n_found = 0
    first = 0
    while first < len(owner):
        after, kept = first, first
        while after < len(owner) and owner[after] == owner[first]:
            at = kept
            while counts[after] and at > first and start[by_start[at - 1]] > start[after]:
                by_start[at] = by_start[at - 1]
                at -= 1
            if counts[after]:
                by_start[at] = after
                kept += 1
            after += 1
        reach = start[by_start[first]]
        for place in range(first, kept):
            row = by_start[place]
            days[owner[first]] += max(0, end[row] - max(start[row], reach))
            reach = max(reach, end[row])
        n_found += 1
        first = after
    return n_found


def first_rows(
    owner: Sequence[int],
    unit: Sequence[int],
    day: Sequence[int],
    counts: Sequence[int],
    place: Any,
    whose: Any,
    on: Any,
) -> int:
    """Write `earliest`; return how many units there are. `place` is by unit where it was written last."""
    written = 0
    for i in range(len(owner)):
        if not counts[i]:
            continue
        at = place[unit[i]]
        if at < 0 or whose[at] != owner[i]:
            place[unit[i]], whose[written], on[written] = written, owner[i], day[i]
            written += 1
        else:
            on[at] = min(on[at], day[i])
    return written


def nth_rows(owner: Sequence[int], value: Sequence[int], asked: Sequence[int], n: int, least: Any, found: Any) -> int:
    """Fill `found`; return how many rows there are. `least` holds the n smallest so far, in order."""
    kept = 0
    for i in range(len(owner)):
        if not asked[owner[i]]:
            continue
        kept = 0 if i > 0 and owner[i] != owner[i - 1] else kept
        if kept < n or value[i] < least[n - 1]:
            at = min(kept, n - 1)
            while at > 0 and least[at - 1] > value[i]:
                least[at] = least[at - 1]
                at -= 1
            least[at], kept = value[i], min(kept + 1, n)
            if kept == n:
                found[owner[i]] = least[n - 1]
    return len(owner)
