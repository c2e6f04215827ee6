"""Days on which treatments were ordered, dispensed, given or reported. Used by `patterns`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, codes, days, values
from remit.engine.packing import BLOCK
from remit.flow.settle import index_days, person_rows
from remit.knowledge import Knowledge
from remit.tables import ExposureNote, Tables
from remit.tables.records import END_KINDS, EVIDENCE

Int = NDArray[np.int64]
Days = NDArray[np.int32]


class Prescriptions(NamedTuple):
    """Dates up to the index date, by row: person, treatment, day, dose; and who has of what one that is not exact."""

    person: NDArray[np.integer[Any]]
    treatment: NDArray[np.uint16]
    day: NDArray[np.int32]
    dose: NDArray[np.float64]
    vague_person: Int
    vague_ingredient: NDArray[np.int32]


def prescriptions(tables: Tables, knowledge: Knowledge) -> Prescriptions:
    """Every date up to the index date: the first day of an exposure, and the last one too of a reported course."""
    exposure = tables["exposure"]
    start, treatment = days(exposure["start_date"]), exposure["treatment_key"].to_numpy()
    dose = values(exposure["daily_dose_mg"], np.nan)
    person = exposure["person_key"].to_numpy()
    if _are_bare(tables):
        nobody = np.empty(0, np.int64), np.empty(0, np.int32)
        is_counted = tables["person"].height > 0 and tables["person"]["person_key"][-1] == tables["person"].height - 1
        return Prescriptions(person if is_counted else person_rows(tables, person), treatment, start, dose, *nobody)
    index = index_days(tables, exposure)
    person = person_rows(tables, person)
    exact, again, last = _noted(tables, start, index)
    is_past = start <= index  # an unknown start too
    vague = np.flatnonzero(~exact & is_past)
    rows = np.concatenate([np.flatnonzero(exact & is_past), again])
    day = np.concatenate([start[exact & is_past], last])
    who = person[vague].astype(np.int64), knowledge.ingredient_keys[treatment[vague]]
    return Prescriptions(person[rows], treatment[rows], day, dose[rows], *who)


def _are_bare(tables: Tables) -> bool:
    """Whether all exposures have exact dates up to the index date, and no notes; looked at in parts for memory."""
    exposure = tables["exposure"]
    return (
        tables["exposure_note"].is_empty()
        and not exposure["start_date"].null_count()
        and all((days(part["start_date"]) <= index_days(tables, part)).all() for part in exposure.iter_slices(BLOCK))
    )


def _noted(tables: Tables, start: Days, index: Days) -> tuple[NDArray[np.bool_], NDArray[np.intp], Days]:
    """By exposure whether its dates are exact; the rows of reported courses that count again, on which last day."""
    exposure, note = tables["exposure"], tables["exposure_note"]
    exact = start != NO_DAY
    if note.is_empty():
        return exact, np.empty(0, np.intp), np.empty(0, np.int32)
    end = days(exposure["end_date"])
    key, noted = exposure["exposure_key"].to_numpy(), note["exposure_key"].to_numpy()
    order = np.argsort(key)
    at = order[np.searchsorted(key, noted, sorter=order)]
    evidence, end_kind = codes(note, ExposureNote, "evidence", "end_kind")
    reported = np.zeros(len(start), np.bool_)
    reported[at] = evidence == EVIDENCE.index("report")
    exact[at] &= days(note["start_latest_date"]) == start[at]
    is_ongoing = (end[at] == NO_DAY) & (end_kind == END_KINDS.index("ongoing"))
    earliest = days(note["end_earliest_date"])
    is_end_exact = (end[at] != NO_DAY) & ((earliest == end[at]) | (earliest > index[at] + 1))
    exact[at] &= ~reported[at] | is_ongoing | is_end_exact
    last = np.where(end == NO_DAY, index, np.minimum(end - 1, index))
    again = np.flatnonzero(exact & reported & (start <= index) & (last > start))
    return exact, again, last[again]
