"""Counts what owners have, such as ingredients of persons, in one pass over rows sorted by owner.

`cap_rows`, `count_rows` and `cover_rows` are written in the subset of Python that numba compiles, see
`remit.engine.compiled`.
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


def caps(owner: Rows, unit: Rows, veto: Tri, n_units: int) -> Tri:
    """By row: *not* the greatest veto among the rows of its owner's unit.

    Parameters
    ----------
    owner, unit : array of int
        By row; owners rise, units are numbered from 0 to `n_units` - 1.
    veto : Tri
    """
    cap = np.empty(len(veto), np.uint8)
    run(cap_rows, [owner, unit, veto], [n_units], [cap])
    return cap


def tally(
    owner: Rows, unit: Rows, value: Tri, n_units: int, n_owners: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By owner: how many units have a row that is yes, and how many have one that is not no; arguments as in `caps`."""
    low, high = np.zeros(n_owners, np.float32), np.zeros(n_owners, np.float32)
    run(count_rows, [owner, unit, value], [n_units], [low, high])
    return low, high


def covered(owner: Rows, start: Rows, end: Rows, n_owners: int) -> NDArray[np.int64]:
    """By owner: days that at least one of its intervals covers; owners rise. Negative intervals cover nothing."""
    days = np.zeros(n_owners, np.int64)
    run(cover_rows, [owner, start, end], [], [np.zeros(len(owner), np.int64), days])
    return days


def cap_rows(owner: Sequence[int], unit: Sequence[int], veto: Sequence[int], n_units: int, cap: Any) -> int:
    """Fill `cap`; return the number of owners."""
    greatest = np.zeros(n_units, np.int64)
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
    owner: Sequence[int], unit: Sequence[int], value: Sequence[int], n_units: int, low: Any, high: Any
) -> int:
    """Add to `low` and `high`; return how many rows count."""
    last = np.full(n_units, -1)  # owner that had the unit last
    greatest = np.zeros(n_units, np.int64)
    n_found = 0
    for i in range(len(owner)):
        if value[i] >= UNKNOWN:
            u = unit[i]
            n_found += 1
            if last[u] != owner[i]:
                last[u] = owner[i]
                greatest[u] = 0
                high[owner[i]] += 1
            if value[i] == YES and greatest[u] != YES:
                low[owner[i]] += 1
            greatest[u] = max(greatest[u], value[i])
    return n_found


def cover_rows(owner: Sequence[int], start: Sequence[int], end: Sequence[int], by_start: Any, days: Any) -> int:
    """Fill `days`; return the number of owners. `by_start` is scratch: rows in order of owner, then start."""
    n_found = 0
    first = 0
    while first < len(owner):
        after = first
        while after < len(owner) and owner[after] == owner[first]:
            at = after
            while at > first and start[by_start[at - 1]] > start[after]:
                by_start[at] = by_start[at - 1]
                at -= 1
            by_start[at] = after
            after += 1
        reach = start[by_start[first]]
        for place in range(first, after):
            row = by_start[place]
            days[owner[first]] += max(0, end[row] - max(start[row], reach))
            reach = max(reach, end[row])
        n_found += 1
        first = after
    return n_found
