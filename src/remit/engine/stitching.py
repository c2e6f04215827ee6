"""From exposures to trials: sort once, fold once, block by block so that memory holds the words and the trials only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import pays
from remit.engine.intervals import Folded, Measure, bare, fold_rows
from remit.engine.packing import TREATMENT_BITS, Rows, sorted_blocks


class Courses(NamedTuple):
    """Trials in order of person, treatment and start."""

    person: NDArray[np.uint32]
    treatment: NDArray[np.uint16]
    folded: Folded


def stitch(source: Callable[[], Iterable[Rows]], n_rows: int, measure: Measure) -> Courses:
    """Stitch exposures with exact dates into trials.

    Parameters
    ----------
    source : callable
        Gives the rows, in any order and any number of chunks; it may be called twice.
    n_rows : int
        How many there are at most.
    measure : Measure
        Gaps and minimum doses by treatment.
    """
    people, treatments, parts = [], [], []
    offset = 0
    for rows in sorted_blocks(source, n_rows):
        sorted_rows = bare(group_of(rows), rows.treatment, rows.start, rows.end, rows.dose)
        folded = fold_rows(sorted_rows, measure, is_many=pays(n_rows))
        people.append(rows.person[folded.first_row])
        treatments.append(rows.treatment[folded.first_row])
        parts.append(folded._replace(first_row=folded.first_row + offset))
        offset += len(rows.person)
    if not parts:
        return Courses(np.empty(0, np.uint32), np.empty(0, np.uint16), empty(measure.minimum.shape[1]))
    folded = Folded._make(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    return Courses(np.concatenate(people), np.concatenate(treatments), folded)


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
