"""The fold over sorted exposures: stitching into trials, covered days, and the longest adequate run per dose table.

`fold` is written in the subset of Python that numba compiles, and is the only implementation: for one person it simply
runs, over lists; for a cohort the same function is compiled and runs over arrays. Rows come sorted by group and kind (a
person and a treatment), start, end and dose. Days are integers; intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import run

Days = NDArray[np.int32]
Doses = NDArray[np.float64]

FAR = 2**30
"""A day after, and a gap wider than, all that records hold."""

ROOM = 64
"""Exposures of one trial that run at once for which there is room; for more, rows are folded again with twice as much.
A list that can grow within the compiled function takes a third of its time."""

NO_ROOM = -1


class Folded(NamedTuple):
    """Trials in the order of their rows, as arrays of one length.

    `low` and `high` hold, for each dose table in turn, the longest run of days at or above the minimum: with unknown
    doses taken as nothing, and as enough.
    """

    first_row: NDArray[np.int64]
    start: Days
    reach: Days
    covered: Days
    max_dose: Doses  # highest daily dose that is certain; nan: no dose known
    most_dose: Doses  # highest sum of known doses that is possible; nan: none
    is_dose_complete: NDArray[np.bool_]
    n_rows: NDArray[np.int32]
    low: NDArray[np.int32]  # shape (n_tables, n_trials)
    high: NDArray[np.int32]


class Sorted(NamedTuple):
    """Sorted rows as arrays of one length; the last two may be of length one, for all rows."""

    group: NDArray[Any]  # rows of one group and kind are adjacent; a trial never crosses either
    kind: NDArray[Any]  # row of the gaps and of `minimum`
    start: Days
    end: Days  # exclusive, not before start
    dose: Doses  # daily dose in mg; nan is unknown
    since: Days  # days before this one are not counted
    is_loose: NDArray[np.bool_]  # whether a row may be a refill or a second dose: once for certain, each possibly


class Measure(NamedTuple):
    """What rows are measured by, as arrays over kinds."""

    split_gap: Days  # a start later than reach + split_gap begins a new trial
    bridge_gap: Days  # a hole of up to bridge_gap days does not end a run
    minimum: Doses  # shape (n_kinds, n_tables); nan where a table has none: no day is certain, every day possible


def bare(group: NDArray[Any], kind: NDArray[Any], start: Days, end: Days, dose: Doses) -> Sorted:
    """Rows with exact dates of which all days count."""
    return Sorted(group, kind, start, end, dose, np.array([-FAR], np.int32), np.array([False]))


def fold_rows(rows: Sorted, measure: Measure, *, is_many: bool | None = None) -> Folded:
    """Fold sorted rows into trials; `is_many` as in `remit.engine.compiled.run`."""
    n, n_tables = len(rows.start), measure.minimum.shape[1]
    inputs: list[NDArray[Any]] = [*rows, measure.split_gap, measure.bridge_gap, measure.minimum.ravel()]
    out: list[NDArray[Any]] = [np.empty(n, kind) for kind in _KINDS]
    runs = [np.empty(n * n_tables, np.int32) for _ in range(2)]
    stride = int(len(rows.since) == n > 1)
    count, room = NO_ROOM, ROOM
    while count == NO_ROOM:
        scratch = [(2 * n_tables, 0), (2 * n_tables, 0), (room, 0), (room, 0), (room, 0.0)]
        count = run(fold, inputs, [n_tables, stride], [*out, *runs], scratch=scratch, is_many=is_many)
        room *= 2
    low, high = (days[: count * n_tables].reshape(count, n_tables).T.copy() for days in runs)
    first, start, reach, covered, dose, most, is_complete, n_rows = (column[:count].copy() for column in out)
    return Folded(first, start, reach, covered, dose, most, is_complete, n_rows, low, high)


_KINDS = (np.int64, np.int32, np.int32, np.int32, np.float64, np.float64, np.bool_, np.int32)


def fold(  # noqa: C901 - one function, because the compiler takes it whole
    group: Sequence[int],
    kind: Sequence[int],
    start: Sequence[int],
    end: Sequence[int],
    dose: Sequence[float],
    since: Sequence[int],
    is_loose: Sequence[bool],
    split_gap: Sequence[int],
    bridge_gap: Sequence[int],
    minimum: Sequence[float],
    n_tables: int,
    stride: int,
    stretch: Any,
    stopped: Any,
    run_start: Any,
    run_end: Any,
    run_dose: Any,
    out_first: Any,
    out_start: Any,
    out_reach: Any,
    out_covered: Any,
    out_dose: Any,
    out_most: Any,
    out_complete: Any,
    out_rows: Any,
    out_low: Any,
    out_high: Any,
) -> int:
    """Write one entry per trial into the `out_` sequences, return their number; inputs as in `Sorted` and `Measure`.

    `stretch` holds the days of the open run (certain per table, then possible per table), `stopped` the day on which
    that run last held, and `run_` the running exposures; where these have no room, `NO_ROOM` is returned.
    """
    n = len(start)
    trial = -1
    first = 0  # row that began the open trial
    loose = False
    covered = 0
    highest = np.nan  # dose that is certain, and the most that is possible
    most = np.nan
    reach = 0
    split = bridge = 0  # gaps of the open trial
    lowest = 0  # where its minimum doses stand
    here = 0  # the day up to which the open trial has been swept
    counted_from = 0
    running = 0
    group_end = 0
    for i in range(n + 1):
        is_new = i == group_end or start[i] > reach + split
        until = FAR if is_new else start[i]
        # Sweep the running exposures up to this row's start, or to their end where a trial closes.
        while running > 0 and here < until:
            stop = min(until, run_end[0])
            is_unknown = run_dose[0] != run_dose[0]
            certain = 0.0 if is_unknown else run_dose[0]  # sum of the known doses that is certain
            known = certain  # sum of the known doses
            for a in range(1, running):
                stop = min(stop, run_end[a])
                strength = run_dose[a]
                if strength != strength:
                    is_unknown = True
                    continue
                known += strength
                is_repeat = False
                if loose:
                    for b in range(a):
                        is_repeat = is_repeat or run_dose[b] == strength
                if not is_repeat:
                    certain += strength
            if known > 0 and not most >= known:
                most = known
            if certain > 0 and not highest >= certain:
                highest = certain
            begin = max(here, counted_from)
            if stop > begin:
                covered += stop - begin
                for k in range(n_tables):
                    at = trial * n_tables + k
                    least = minimum[lowest + k]
                    if certain >= least:
                        if stretch[k] > 0 and begin - stopped[k] > bridge:
                            stretch[k] = 0
                        stretch[k] += stop - begin
                        stopped[k] = stop
                        out_low[at] = max(out_low[at], stretch[k])
                    if known >= least or is_unknown or least != least:
                        s = n_tables + k
                        if stretch[s] > 0 and begin - stopped[s] > bridge:
                            stretch[s] = 0
                        stretch[s] += stop - begin
                        stopped[s] = stop
                        out_high[at] = max(out_high[at], stretch[s])
            here = stop
            kept = int(run_end[0] > here)
            for a in range(1, running):
                if run_end[a] > here:
                    run_start[kept], run_end[kept], run_dose[kept] = run_start[a], run_end[a], run_dose[a]
                    kept += 1
            running = kept
        if is_new and trial >= 0:
            out_reach[trial] = reach
            out_covered[trial] = covered
            out_dose[trial] = highest
            out_most[trial] = most
            out_rows[trial] = i - first
        if i == n:
            break
        if is_new:
            trial += 1
            if i == group_end:
                # A row of unknown strength may be the one that another prolongs: two rows of one strength that begin on
                # one day are then not certain to be two doses.
                loose = False
                while group_end < n and group[group_end] == group[i] and kind[group_end] == kind[i]:
                    loose |= dose[group_end] != dose[group_end]
                    group_end += 1
            if stride == 1:
                loose = is_loose[i]
            counted_from = since[i * stride]
            first = i
            running = 0
            reach = end[i]
            split, bridge, lowest = split_gap[kind[i]], bridge_gap[kind[i]], kind[i] * n_tables
            out_first[trial] = i
            out_start[trial] = start[i]
            out_complete[trial] = True
            covered = 0
            highest = most = np.nan
            for k in range(n_tables):
                out_low[trial * n_tables + k] = 0
                out_high[trial * n_tables + k] = 0
            for s in range(2 * n_tables):
                stretch[s] = 0
        here = start[i]
        reach = max(reach, end[i])
        if dose[i] != dose[i]:
            out_complete[trial] = False
        elif not highest >= dose[i]:
            highest = dose[i]
        if end[i] <= start[i]:
            continue
        # A refill prolongs the supply of its strength that would have ended first; it does not add a dose.
        # Where that is not certain, rows are kept apart, and the sums above tell certain from possible.
        refilled = -1
        for a in range(0 if loose else running):
            strength = run_dose[a]
            is_same = strength == dose[i] or (strength != strength and dose[i] != dose[i])
            if is_same and run_start[a] < start[i] and (refilled < 0 or run_end[a] < run_end[refilled]):
                refilled = a
        if refilled >= 0:
            run_end[refilled] = max(run_end[refilled], end[i])
            continue
        if running == len(run_start):
            return NO_ROOM
        run_start[running], run_end[running], run_dose[running] = start[i], end[i], dose[i]
        running += 1
    return trial + 1
