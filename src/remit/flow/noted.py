"""Trials from exposures of which more is known than bare dates: partial and unknown dates, evidence, episodes.

Used by `trials`. Stitches on the possible dates, then sweeps every trial twice: over the days that are certain and over
those that are possible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import HANDFUL, NO_CODE, NO_DAY, codes
from remit.engine.intervals import FAR, Folded, Measure, Sorted, bare, fold_rows
from remit.engine.packing import Rows, row_order
from remit.engine.stitching import Courses, group_of
from remit.flow.scope import person_days
from remit.flow.settle import LONG_AGO, Settled, index_days, person_rows, settle
from remit.tables import ExposureNote, Tables

Int = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Runs(NamedTuple):
    """Longest adequate runs by dose table and trial; `days` and `episode_days` are -1 where there is no upper bound."""

    days: Int
    low: Int
    episode_days: Int
    episode_low: Int


class Noted(NamedTuple):
    """Trials of noted exposures, and the trial of each settled exposure."""

    courses: Courses  # start and reach NO_DAY where unknown
    covered: Int  # most; -1: no bound
    covered_low: Int
    is_ongoing: Flags
    may_be_one: Flags  # with another trial of the same treatment, because a date is unknown
    runs: Runs
    settled: Settled
    trial_of: Int
    aligned: pl.DataFrame  # the notes, by exposure


def noted_trials(
    tables: Tables,
    gap_of: NDArray[np.int32],
    bare_evidence: int,
    measure_of: Callable[[NDArray[np.uint16], Int], Measure],
) -> Noted:
    """Stitch and sweep noted exposures.

    Parameters
    ----------
    gap_of : array of int
        By kind of evidence: days without supply that do not end a trial.
    bare_evidence : int
        The kind of evidence of an exposure without a note.
    measure_of : callable
        The measure of some treatments and their gaps.
    """
    exposure = tables["exposure"]
    aligned = _aligned(exposure, tables["exposure_note"])
    settled = settle(exposure, aligned, index_days(tables, exposure))
    rows = settled.stitch
    _, first_of_group, group = np.unique(group_of(rows), return_index=True, return_inverse=True)
    evidence = codes(aligned, ExposureNote, "evidence")[0][settled.position]
    gap = np.zeros(len(first_of_group), np.int32)  # the largest holds for all of a person's exposures of a treatment
    np.maximum.at(gap, group, gap_of[np.where(evidence == NO_CODE, np.uint8(bare_evidence), evidence)])
    measure = measure_of(rows.treatment[first_of_group], gap)
    trial_of, first_row = _stitched(rows, group, settled.is_start_unknown & settled.is_end_unknown, measure)

    n = len(first_row)
    lacks_start, lacks_end = (any_of(trial_of, flag, n) for flag in (settled.is_start_unknown, settled.is_end_unknown))
    person, treatment = rows.person[first_row], rows.treatment[first_row]
    may_be_one = _may_be_one(person, treatment, lacks_start | lacks_end)
    inexact = ~((settled.late_start == settled.possible[0]) & (settled.early_end == settled.possible[1]))
    is_loose = any_of(group, np.isnan(rows.dose) | inexact, len(gap))[group] | may_be_one[trial_of]
    sweep = _Sweep(trial_of, group, rows.dose, is_loose, measure, n)
    ever = np.full(len(trial_of), -FAR, np.int32)
    own_person = person_rows(tables, rows.person)
    _, earliest, latest = (column[own_person] for column in person_days(tables))
    certain, possible, certain_here, possible_here = sweep.over(
        (*settled.certain, ever), (*settled.possible, ever), (*settled.certain, latest), (*settled.possible, earliest)
    )

    is_boundless = lacks_start | may_be_one
    is_boundless_here = may_be_one | (lacks_start & (sweep.least(earliest) <= LONG_AGO))
    folded = possible._replace(
        start=np.where(lacks_start, NO_DAY, sweep.least(settled.possible[0])),
        reach=np.where(lacks_end, NO_DAY, sweep.greatest(settled.possible[1])),
        max_dose=certain.max_dose,
        is_dose_complete=possible.is_dose_complete & ~may_be_one,
    )
    runs = Runs(
        np.where(is_boundless, -1, possible.high),
        certain.low,
        np.where(is_boundless_here, -1, possible_here.high),
        certain_here.low,
    )
    return Noted(
        Courses(person, treatment, folded),
        np.where(lacks_start, -1, possible.covered),
        certain.covered,
        any_of(trial_of, settled.is_ongoing, n),
        may_be_one,
        runs,
        settled,
        trial_of,
        aligned,
    )


def _aligned(exposure: pl.DataFrame, note: pl.DataFrame) -> pl.DataFrame:
    """The notes in the order of the exposures, null where there is none."""
    if note["exposure_key"].equals(exposure["exposure_key"]):
        return note
    return exposure.select("exposure_key").join(note, on="exposure_key", how="left", maintain_order="left")


def _stitched(rows: Rows, group: NDArray[np.intp], is_alone: Flags, measure: Measure) -> tuple[Int, NDArray[np.int64]]:
    """The trial of each row, and the first row of each trial. A row without any date is a trial of its own.

    Rows are grouped by person and treatment, and measured by group.
    """
    n = len(group)
    ordinal = np.where(is_alone, 1 + np.arange(n), 0)
    order = row_order(rows)
    order = order[np.lexsort((ordinal[order], group[order]))]  # stable: keeps the order by date within a group
    own_group = group * (n + 1) + ordinal
    folded = fold_rows(
        bare(own_group[order], group[order], rows.start[order], rows.end[order], rows.dose[order]), measure
    )
    trial_of = np.empty(n, np.int32)
    trial_of[order] = np.repeat(np.arange(len(folded.n_rows), dtype=np.int32), folded.n_rows)
    return trial_of, order[folded.first_row].astype(np.int64)


def _may_be_one(person: NDArray[np.uint32], treatment: NDArray[np.uint16], lacks_date: Flags) -> Flags:
    """Trials of a person and treatment with several trials, one of which lacks a date: they may have been one."""
    if not np.count_nonzero(lacks_date):
        return lacks_date
    pair = (person.astype(np.int64) << 16) | treatment
    _, at, size = np.unique(pair, return_inverse=True, return_counts=True)
    lacking = np.bincount(at, weights=lacks_date, minlength=len(size))
    flags: Flags = ((size > 1) & (lacking > 0))[at]
    return flags


def any_of(trial_of: NDArray[np.integer[Any]], flag: Flags, n: int) -> Flags:
    """By trial: whether any of its rows is flagged."""
    return np.asarray(np.bincount(trial_of, weights=flag, minlength=n) > 0)


def _are_alike(one: Sequence[Int], other: Sequence[Int]) -> bool:
    return one is other or all(map(np.array_equal, one, other))


class _Sweep:
    """Folds the rows of known trials over other intervals than those they were stitched on."""

    def __init__(
        self,
        trial_of: Int,
        kind: NDArray[np.intp],
        dose: NDArray[np.float64],
        is_loose: Flags,
        measure: Measure,
        n: int,
    ) -> None:
        self.trial_of, self.kind, self.dose, self.is_loose, self.n = trial_of, kind, dose, is_loose, n
        self.measure = measure._replace(split_gap=np.full_like(measure.split_gap, FAR))

    def over(self, *sweeps: tuple[Int, Int, Int]) -> list[Folded]:
        """Trials over intervals by row (start and end), counting days from a third number on.

        A few rows are swept over all intervals at once, many over one after the other; over the same intervals, as
        where all dates are exact, only once.
        """
        own = [next(i for i, other in enumerate(sweeps) if _are_alike(sweep, other)) for sweep in sweeps]
        asked = sorted(set(own))
        if len(self.trial_of) <= HANDFUL:
            found = self._together([sweeps[i] for i in asked])
        else:
            found = [folded for i in asked for folded in self._together([sweeps[i]])]
        return [found[asked.index(i)] for i in own]

    def _together(self, sweeps: Sequence[tuple[Int, Int, Int]]) -> list[Folded]:
        n, times = self.n, len(sweeps)
        start, end, since = (np.concatenate(column) for column in zip(*sweeps, strict=True))
        kind, dose, is_loose = (np.concatenate([c] * times) for c in (self.kind, self.dose, self.is_loose))
        group = np.concatenate([self.trial_of + i * n for i in range(times)]).astype(np.int64)
        order = np.lexsort((dose, end, start, group))
        rows = (column[order] for column in (group, kind, start, end, dose, since, is_loose))
        folded = fold_rows(Sorted._make(rows), self.measure)
        return [Folded._make(column[..., i * n : (i + 1) * n] for column in folded) for i in range(times)]

    def least(self, value: Int) -> Int:
        """By trial: the least value of its rows."""
        result = np.full(self.n, FAR, np.int32)
        np.minimum.at(result, self.trial_of, value)
        return result

    def greatest(self, value: Int) -> Int:
        """By trial: the greatest value of its rows."""
        result = np.full(self.n, -FAR, np.int32)
        np.maximum.at(result, self.trial_of, value)
        return result
