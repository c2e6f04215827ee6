"""Supplies that overlap: as they stand, or with what is left over carried to the end of the earlier supply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import run

Ints = NDArray[np.int64]


def carried_over(group: Ints, start: Ints, days: Ints) -> tuple[Ints, Ints]:
    """Starts and ends of supplies when each one waits until the one before it is used up.

    Parameters
    ----------
    group : array of int64
        Equal numbers are supplies that wait for each other, such as those of one person and treatment.
    start, days : arrays of int64
        In the order of group, then start.

    Returns
    -------
    tuple of arrays of int64
        Ends are exclusive: end of i = max(start of i, end of i - 1) + days of i, which is a running maximum of
        the starts
        less the days so far.
    """
    if not len(group):
        return start, start
    first = np.concatenate(([True], group[1:] != group[:-1]))
    run = np.cumsum(first) - 1
    total = np.cumsum(days)
    before = total - days  # days of all supplies before this one; equal shifts within a group cancel
    lift = (int(np.abs(start).max()) + int(total[-1]) + 1) * 2
    latest = np.maximum.accumulate(start - before + run * lift) - run * lift
    begin = latest + before
    return begin, begin + days


def episodes(
    person: Ints, medicine: Ints, start: Ints, days: Ints, gap: int, *, carry_over: bool
) -> tuple[Ints, Ints, Ints]:
    """Stretches of any treatment of a person, as AdhereR forms its treatment episodes.

    A new one begins where a supply starts more than `gap` days after the end of the supply before it: the one that
    started last, not the one that reaches furthest. With `carry_over` a supply of the same medicine as the one
    before it
    waits until that one is used up.

    Parameters
    ----------
    person, medicine, start, days : arrays of int64
        In the order of person, then start.
    gap : int
    carry_over : bool

    Returns
    -------
    tuple of arrays of int64
        Person, start and end (exclusive) of each episode.
    """
    out = [np.zeros(len(person), np.int64) for _ in range(3)]
    n = run(walk_episodes, [person, medicine, start, days], [gap, int(carry_over)], out)
    owner, begin, end = (column[:n] for column in out)
    return owner, begin, end


def walk_episodes(
    person: Sequence[int], medicine: Sequence[int], start: Sequence[int], days: Sequence[int],
    gap: int, carry_over: int,
    out_person: Any, out_start: Any, out_end: Any,
) -> int:  # fmt: skip
    """Fill `out_*`; return how many episodes there are."""
    n, reach = 0, 0
    for i in range(len(person)):
        is_new = i == 0 or person[i] != person[i - 1] or start[i] > reach + gap
        waits = carry_over == 1 and not is_new and medicine[i] == medicine[i - 1]
        reach = max(reach, start[i]) + days[i] if waits else start[i] + days[i]
        if is_new:
            out_person[n], out_start[n] = person[i], start[i]
            n += 1
        out_end[n - 1] = reach
    return n
