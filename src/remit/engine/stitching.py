"""From exposures to trials: sort once, fold once, block by block so that memory holds the words and the trials only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import pays
from remit.engine.intervals import Folded, Measure, bare, fold_rows
from remit.engine.ordering import Disorder, ordered_blocks
from remit.engine.packing import TREATMENT_BITS, Rows, sorted_blocks


class Courses(NamedTuple):
    """Trials in order of person, treatment and start."""

    person: NDArray[np.uint32]
    treatment: NDArray[np.uint16]
    folded: Folded


def stitch(source: Callable[[], Iterable[Rows]], n_rows: int, measure: Measure) -> Courses:
    """Stitch exposures with exact dates into trials; what stands in order of persons already is not sorted as a whole.

    Parameters
    ----------
    source : callable
        Gives the rows, in any order and any number of chunks; it may be called twice.
    n_rows : int
        How many there are at most.
    measure : Measure
        Gaps and minimum doses by treatment.
    """
    is_many = pays(n_rows)
    parts = _if_ordered(source, measure, is_many)
    if parts is None:
        parts = list(stitched(sorted_blocks(source, n_rows), measure, is_many=is_many))
    if not parts:
        return Courses(np.empty(0, np.uint32), np.empty(0, np.uint16), empty(measure.minimum.shape[1]))
    people, treatments, folds = zip(*parts, strict=True)
    folded = Folded._make(np.concatenate(column, axis=-1) for column in zip(*folds, strict=True))
    return Courses(np.concatenate(people), np.concatenate(treatments), folded)


def _if_ordered(source: Callable[[], Iterable[Rows]], measure: Measure, is_many: bool) -> list[Courses] | None:
    """Trials of rows in order of persons, else None. What was read is let go of; an exception at hand would hold it."""
    try:
        return list(stitched(ordered_blocks(source(), is_many=is_many), measure, is_many=is_many))
    except Disorder:
        return None


def stitched(blocks: Iterable[Rows], measure: Measure, *, is_many: bool) -> Iterator[Courses]:
    """Trials of blocks of whole persons in order, block by block, so that they need not be held together.

    Parameters
    ----------
    blocks : iterable of Rows
        Of `remit.engine.ordering.ordered_blocks` or `remit.engine.packing.sorted_blocks`.
    measure : Measure
    is_many : bool
        Whether they are compiled for.
    """
    offset = 0
    for rows in blocks:
        sorted_rows = bare(rows.person, rows.treatment, rows.start, rows.end, rows.dose)
        folded = fold_rows(sorted_rows, measure, is_many=is_many)
        first = folded.first_row
        yield Courses(rows.person[first], rows.treatment[first], folded._replace(first_row=first + offset))
        offset += len(rows.person)


def group_of(rows: Rows) -> NDArray[np.int64]:
    """One number per person and treatment."""
    return (rows.person.astype(np.int64) << TREATMENT_BITS * 2) | rows.treatment


def empty(n_tables: int) -> Folded:
    """No trial."""
    nothing = np.empty(0, np.int64)
    no_days = np.empty(0, np.int32)
    runs = np.empty((n_tables, 0), np.int32)
    no_dose = np.empty(0, np.float64)
    return Folded(nothing, no_days, no_days, no_days, no_dose, no_dose, np.empty(0, np.bool_), no_days, runs, runs)
