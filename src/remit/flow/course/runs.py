"""Runs: unbroken rows of one line in which something holds. Every answer looks back only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

NOWHERE = -1


def run_starts(holds: Flags, is_first: Flags, breaks: Flags | None = None) -> Places:
    """By row: the first row of the run it stands in; NOWHERE where it does not hold.

    Parameters
    ----------
    holds : array of bool
    is_first : array of bool
        First row of a line: a run never reaches over it.
    breaks : array of bool, optional
        Rows before which a run ends even if it holds on both sides.
    """
    if not len(holds):
        return np.empty(0, np.intp)
    before = np.concatenate(([False], holds[:-1]))
    begins = holds & (is_first | ~before)
    if breaks is not None:
        begins |= holds & breaks
    start = np.maximum.accumulate(np.where(begins, np.arange(len(holds)), 0))
    return np.where(holds, start, NOWHERE)


def first_in_run(marked: Flags, start: Places) -> Flags:
    """The first marked row of each run."""
    if not len(marked):
        return marked
    inside = marked & (start != NOWHERE)
    counted = np.cumsum(inside)
    earlier = counted - counted[start] + inside[start]
    return np.asarray(inside & (earlier == 1))


def last_before(marked: Flags, is_first: Flags) -> Places:
    """By row: the last marked row before it in its line; NOWHERE if there is none."""
    if not len(marked):
        return np.empty(0, np.intp)
    rows = np.arange(len(marked))
    line = np.maximum.accumulate(np.where(is_first, rows, 0))
    newest = np.maximum.accumulate(np.where(marked, rows, NOWHERE))
    before = np.concatenate(([NOWHERE], newest[:-1]))
    return np.where(before >= line, before, NOWHERE)


def least_since(value: NDArray[np.float64], since: Places) -> NDArray[np.intp]:
    """By row: the row of the least value from `since` up to the row before; the row itself if there is none before.

    Of equal values the latest stands. `since` never falls from row to row of a line.
    """
    n = len(value)
    rows = np.arange(n)
    width = rows - since
    best = rows.copy()
    if not n or not width.any():
        return best
    level = rows.copy()  # level k: row of the least value among the 2**k rows that end at a row
    step = 1
    levels = [level]
    while 2 * step <= width.max():
        further = np.maximum(rows - step, 0)
        level = _lesser(value, level[further], level)
        levels.append(level)
        step *= 2
    power = np.zeros(n, np.intp)
    has = width > 0
    power[has] = np.floor(np.log2(width[has])).astype(np.intp)
    for k, table in enumerate(levels):
        at = np.flatnonzero(has & (power == k))
        left, right = table[since[at] + (1 << k) - 1], table[at - 1]
        best[at] = _lesser(value, left, right)
    return best


def _lesser(value: NDArray[np.float64], left: Places, right: Places) -> Places:
    return np.where(value[left] < value[right], left, right)
