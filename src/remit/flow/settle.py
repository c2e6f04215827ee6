"""Exposures as they stand at the index date: what is ongoing is cut, what is partial or unknown becomes two intervals.

Used by `trials`; docs/explanation/semantics.md, *The index date*, says it in words.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, NO_DAY, codes, days, values
from remit.engine.packing import Rows
from remit.tables import ExposureNote, Tables
from remit.tables.records import END_KINDS

Days = NDArray[np.int32]

LONG_AGO = -(1 << 20)
"""A day before all records, for courses of which the beginning is unknown (days from 1970-01-01)."""


class Settled(NamedTuple):
    """Exposures up to the index date, as arrays of one length.

    `stitch` says where an exposure stands in the order; `certain` and `possible` what it covers at least and at most.
    Where all dates are exact the three are the same arrays.
    """

    position: NDArray[np.intp]  # row in the exposure table
    key: NDArray[np.uint32]  # exposure_key: the order in the record
    late_start: Days  # latest possible start; NO_DAY: unknown
    early_end: Days  # earliest possible end; NO_DAY: unknown
    stitch: Rows
    certain: tuple[Days, Days]
    possible: tuple[Days, Days]
    is_start_unknown: NDArray[np.bool_]
    is_end_unknown: NDArray[np.bool_]
    is_ongoing: NDArray[np.bool_]


def person_rows(tables: Tables, person_key: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Row of table `person` by key; persons stand in the order of their keys."""
    key = tables["person"]["person_key"].to_numpy()
    is_dense = len(key) > 0 and key[0] == 0 and key[-1] == len(key) - 1
    return person_key.astype(np.intp) if is_dense else np.searchsorted(key, person_key)


def index_days(tables: Tables, exposure: pl.DataFrame) -> Days:
    """The index date by exposure, in days."""
    by_row: Days = days(tables["person"]["index_date"])[person_rows(tables, exposure["person_key"].to_numpy())]
    return by_row


def exact_rows(exposure: pl.DataFrame, index: Days) -> Rows:
    """Bare exposures: exact dates, a null end is ongoing. Rows that begin after the index date are left out.

    Parameters
    ----------
    exposure : table `exposure`, or a slice of it
    index : array of int32
        The index date by row.
    """
    start, end = days(exposure["start_date"]), days(exposure["end_date"])
    keep = (start <= index) & (start != NO_DAY)
    end = np.where((end == NO_DAY) | (end > index + 1), index, end)
    rows = _rows(exposure, start, np.maximum(end, start))
    return rows if keep.all() else Rows._make(column[keep] for column in rows)


def settle(exposure: pl.DataFrame, note: pl.DataFrame, index: Days) -> Settled:
    """Exposures with notes: see `Settled`. `note` stands in the order of `exposure`, null where there is none."""
    start, end = days(exposure["start_date"]), days(exposure["end_date"])
    end_kind = codes(note, ExposureNote, "end_kind")[0]
    has_note = end_kind != NO_CODE
    late_start = np.where(has_note, days(note["start_latest_date"]), start)
    early_end = np.where(has_note, days(note["end_earliest_date"]), end)
    says_ongoing = end_kind == END_KINDS.index("ongoing")
    is_open = (end == NO_DAY) & (says_ongoing | ~has_note)
    is_ongoing = is_open | ((early_end > index + 1) & (end != NO_DAY))
    is_start_unknown = start == NO_DAY
    is_end_unknown = ~is_ongoing & (end == NO_DAY)
    keep = is_start_unknown | (start <= index)

    late_start = np.minimum(late_start, index)
    open_end = np.where(is_ongoing, np.maximum(index, start), index + 1)
    end = np.where(is_ongoing | is_end_unknown, open_end, np.minimum(end, index + 1))
    early_end = np.where(is_ongoing, end, np.minimum(early_end, end))
    early_end = np.where((early_end == NO_DAY) & is_end_unknown, start, early_end)
    # Without a certain end or start no day is certain: the certain interval is the empty one at the possible point.
    point = np.where(is_start_unknown, end, start)
    is_certain = (late_start != NO_DAY) & (early_end != NO_DAY) & (early_end > late_start)
    certain = (np.where(is_certain, late_start, point), np.where(is_certain, early_end, point))
    possible = (np.where(is_start_unknown, np.minimum(LONG_AGO, end), start), end)
    stitch = (point, np.where(is_end_unknown | is_start_unknown, point, end))
    kept = keep.nonzero()[0]
    at = slice(None) if len(kept) == len(keep) else kept
    return Settled(
        kept,
        exposure["exposure_key"].to_numpy()[at],
        late_start[at],
        early_end[at],
        Rows._make(column[at] for column in _rows(exposure, *stitch)),
        (certain[0][at], certain[1][at]),
        (possible[0][at], possible[1][at]),
        is_start_unknown[at],
        is_end_unknown[at],
        is_ongoing[at],
    )


def _rows(exposure: pl.DataFrame, start: Days, end: Days) -> Rows:
    dose = values(exposure["daily_dose_mg"], np.nan)
    return Rows(exposure["person_key"].to_numpy(), exposure["treatment_key"].to_numpy(), start, end, dose)
