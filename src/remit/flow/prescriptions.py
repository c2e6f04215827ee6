"""Days on which treatments were ordered, dispensed, given or reported. Used by `patterns`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, codes, days, values
from remit.flow.settle import index_days, person_rows
from remit.knowledge import Knowledge
from remit.tables import Tables
from remit.tables.records import END_KINDS, EVIDENCE

Int = NDArray[np.int64]


class Prescriptions(NamedTuple):
    """Dates up to the index date, by row: person, ingredient, day, dose; and who has one that is not exact."""

    person: Int
    treatment: Int
    day: Int
    dose: NDArray[np.float64]
    vague_person: Int
    vague_treatment: Int


def prescriptions(tables: Tables, knowledge: Knowledge) -> Prescriptions:
    """Every date up to the index date: the first day of an exposure, and the last one too of a reported course."""
    exposure, note = tables["exposure"], tables["exposure_note"]
    index = index_days(tables, exposure).astype(np.int64)
    start = days(exposure["start_date"]).astype(np.int64)
    end = days(exposure["end_date"]).astype(np.int64)
    person = person_rows(tables, exposure["person_key"].to_numpy()).astype(np.int64)
    treatment = knowledge.ingredient_keys[exposure["treatment_key"].to_numpy()].astype(np.int64)
    dose = values(exposure["daily_dose_mg"], np.nan)
    exact, reported = start != NO_DAY, np.zeros(len(start), np.bool_)
    last = np.where(end == NO_DAY, index, np.minimum(end - 1, index))
    if not note.is_empty():
        key, noted = exposure["exposure_key"].to_numpy(), note["exposure_key"].to_numpy()
        order = np.argsort(key)
        at = order[np.searchsorted(key, noted, sorter=order)]
        evidence, end_kind = codes(note, ["evidence", "end_kind"])
        reported[at] = evidence == EVIDENCE.index("report")
        exact[at] &= days(note["start_latest_date"]) == start[at]
        is_ongoing = (end[at] == NO_DAY) & (end_kind == END_KINDS.index("ongoing"))
        earliest = days(note["end_earliest_date"])
        is_end_exact = (end[at] != NO_DAY) & ((earliest == end[at]) | (earliest > index[at] + 1))
        exact[at] &= ~reported[at] | is_ongoing | is_end_exact
    keep = np.flatnonzero(exact & (start <= index))
    again = np.flatnonzero(exact & reported & (start <= index) & (last > start))
    rows = np.concatenate([keep, again])
    day = np.concatenate([start[keep], last[again]])
    vague = np.flatnonzero(~exact & ((start == NO_DAY) | (start <= index)))
    return Prescriptions(person[rows], treatment[rows], day, dose[rows], person[vague], treatment[vague])
