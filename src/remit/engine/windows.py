"""Patterns in intervals: windows and steps. Knows no psychiatry.

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
    began, opened = np.where(fair, rows.start, NO_DAY), np.empty(len(rows.start), np.int64)
    run(preceded, [*rows, began, fair.view(np.uint8)], [int(most_gap), NO_DAY], [opened])
    opened = np.where(fair, opened, NO_DAY)
    latest = np.empty(len(rows.start), np.int64)
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
