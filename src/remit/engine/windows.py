"""Patterns in intervals: windows and steps. Knows no psychiatry.

Rows stand in order of person and start; the kernels are plain functions over arrays, compiled where that pays
(`remit.engine.compiled`), and answer for certain and for possible in one pass. Days are whole numbers from 1970-01-01.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY
from remit.engine.compiled import run

Flags = NDArray[np.bool_]

SURE, MAY = 1, 2
"""Flags of a row that is there for certain, and of one that may be."""

BEGINS, ACCOMPANIES = 1, 2
"""Parts that a kind can have in a window."""

FAIR_SURE, FAIR_MAY, FURTHER_SURE, FURTHER_MAY = 1, 2, 4, 8
"""Parts that a row can have in steps."""


class Intervals(NamedTuple):
    """Intervals of kinds, in order of person and start."""

    person: NDArray[np.integer[Any]]
    kind: NDArray[np.integer[Any]]
    start: NDArray[np.int32]
    end: NDArray[np.int32]


class Found(NamedTuple):
    """By person: `SURE` and `MAY`, and the first day on which it is there for certain; 0 where there is none."""

    held: NDArray[np.uint8]
    day: NDArray[np.int64]


class Back(NamedTuple):
    """One kind of event: a row begins when enough distinct other kinds were there."""

    begins: Flags  # by kind
    others: Flags  # by kind
    since: float  # the others started at least so many days before
    until: float  # and ended, or started, at most so many days before
    needed: float  # how many distinct other kinds
    by_start: bool  # whether `until` is about their start; else about their last day


def flagged(sure: Flags, may: Flags, flags: tuple[int, int] = (SURE, MAY)) -> NDArray[np.uint8]:
    """Flags for what is certain and for what is possible, in one column."""
    return sure.view(np.uint8) * np.uint8(flags[0]) | may.view(np.uint8) * np.uint8(flags[1])


def windows(rows: Intervals, there: NDArray[np.uint8], events: Sequence[Back], n_persons: int) -> Found:
    """Persons with a row that begins an event.

    Parameters
    ----------
    rows : Intervals
    there : array of uint8
        By row: `SURE` and `MAY`.
    events : sequence of Back
        Any of them will do.
    """
    part = np.concatenate([flagged(event.begins, event.others, (BEGINS, ACCOMPANIES)) for event in events])
    limits = [np.array([int(event[i]) for event in events]) for i in range(2, len(Back._fields))]
    found, n_kinds = _nothing(n_persons), len(events[0].begins)
    scratch = [(len(there), 0), (n_kinds, -1), (n_kinds, -1)]
    run(accompanied, [*rows, there, part, *limits], [n_kinds], [*found], scratch=scratch)
    return found


def _nothing(n_persons: int) -> Found:
    return Found(np.zeros(n_persons, np.uint8), np.zeros(n_persons, np.int64))


def accompanied(  # noqa: C901 - one function, because the compiler takes it whole
    person: Any, kind: Any, start: Any, end: Any, there: Any, part: Any, since: Any, until: Any, needed: Any,
    by_start: Any, n_kinds: int, reach: Any, in_sure: Any, in_may: Any, held: Any, day: Any,
) -> int:  # fmt: skip
    """Write `windows`. By kind: the row and event for which it was counted last, for certain and possibly.

    `reach` is the latest end of a person's rows up to each: where that is too early, no row before is of use.
    """
    first, n = 0, len(person)
    while first < n:
        after = first + 1
        reach[first] = end[first]
        while after < n and person[after] == person[first]:
            reach[after] = max(reach[after - 1], end[after])
            after += 1
        i, found = first, 0
        while i < after and not found & SURE:  # what is certain is not more certain for another row
            for event in range(len(needed)):
                if not (there[i] and part[event * n_kinds + kind[i]] & BEGINS):
                    continue
                sure, may, once, j = 0, 0, i * len(needed) + event, i
                latest, earliest = start[i] - since[event], start[i] - until[event]
                while j + 1 < after and start[j + 1] <= latest:
                    j += 1
                if j - first < needed[event]:
                    continue
                while j >= first and sure < needed[event]:
                    if (start[j] if by_start[event] else reach[j] - 1) < earliest:
                        break
                    last = start[j] if by_start[event] else end[j] - 1  # day that counts
                    is_back = (start[j] <= latest) & (last >= earliest) & (kind[j] != kind[i])
                    if is_back and there[j] and part[event * n_kinds + kind[j]] & ACCOMPANIES:
                        may += in_may[kind[j]] != once
                        sure += (in_sure[kind[j]] != once) & there[j] & SURE
                        in_may[kind[j]] = once
                        in_sure[kind[j]] = once if there[j] & SURE else in_sure[kind[j]]
                    j -= 1
                found |= there[i] & ((SURE if sure >= needed[event] else 0) | (MAY if may >= needed[event] else 0))
            i += 1
        held[person[first]] = found
        if found & SURE:
            day[person[first]] = start[i - 1]
        first = after
    return 0


def steps(rows: Intervals, part: NDArray[np.uint8], most_gap: float, within: float, n_persons: int) -> Found:
    """Persons with a further course after two fair ones, each of another kind than the one before.

    Parameters
    ----------
    rows : Intervals
    part : array of uint8
        By row: `FAIR_SURE` and `FAIR_MAY`, which may be one of the first two; `FURTHER_SURE` and `FURTHER_MAY`, which
        may come after them.
    most_gap : float
        Most days from the end of one to the beginning of the next; they may overlap.
    within : float
        Most days from the beginning of the first to that of the further one.
    """
    found = _nothing(n_persons)
    numbers = [int(most_gap), int(within), NO_DAY]
    scratch = [(len(part), 0), (len(part), NO_DAY), (len(part), NO_DAY)]
    run(stepped, [*rows, part], numbers, [*found], scratch=scratch)
    return found


def stepped(
    person: Any, kind: Any, start: Any, end: Any, part: Any, gap: int, within: int, none: int, reach: Any,
    opened_sure: Any, opened_may: Any, held: Any, day: Any,
) -> int:  # fmt: skip
    """Write `steps`. `opened` is the latest beginning of a fair row of another kind before a row; `reach` as above."""
    first, found = 0, 0
    for i in range(len(person)):
        if person[i] != person[first]:
            first, found = i, 0
        reach[i] = max(reach[i - 1], end[i]) if i > first else end[i]
        if found & SURE:
            continue
        sure, may = none, none
        j = i - 1 if part[i] else -1
        while j >= first and reach[j] >= start[i] - gap:
            is_before = (start[j] < start[i]) & (end[j] >= start[i] - gap) & (kind[j] != kind[i])
            if is_before and part[j] & FAIR_MAY:
                opened_may[i], may = max(opened_may[i], start[j]), max(may, opened_may[j])
                if part[j] & FAIR_SURE:
                    opened_sure[i], sure = max(opened_sure[i], start[j]), max(sure, opened_sure[j])
            j -= 1
        least = start[i] - within
        is_sure = part[i] & FURTHER_SURE and sure != none and sure >= least
        is_possible = part[i] & FURTHER_MAY and may != none and may >= least
        found |= (SURE if is_sure else 0) | (MAY if is_possible else 0)
        held[person[i]] = found
        if is_sure:
            day[person[i]] = start[i]
    return 0
