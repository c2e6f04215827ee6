"""Facts about recorded conditions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, codes, days
from remit.flow.facts.plan import Plan
from remit.flow.facts.sheet import Sheet
from remit.flow.scope import person_days
from remit.flow.settle import person_rows
from remit.knowledge.facts import Reader
from remit.tables import NO, UNKNOWN, YES, Condition, Tables
from remit.tables.records import CONDITION_STATUS

_REFUTED, _SUSPECTED = CONDITION_STATUS.index("refuted"), CONDITION_STATUS.index("suspected")
_OVER = [CONDITION_STATUS.index(status) for status in ("remission", "resolved")]

Flags = NDArray[np.bool_]


class _Records:
    """Recorded conditions up to the index date."""

    def __init__(self, sheet: Sheet, tables: Tables) -> None:
        table = tables["condition"]
        index = person_days(tables)[0]
        at = person_rows(tables, table["person_key"].to_numpy())
        onset = days(table["onset_date"])
        kept = np.flatnonzero(onset <= index[at])  # an unknown onset is long ago
        self.person = at[kept]
        self.ids = (
            [table["condition_id"][int(i)] for i in kept]
            if len(kept) < table.height
            else table["condition_id"].to_list()
        )
        self.status = codes(table, Condition, "status")[0][kept]
        self.age = np.where(onset == NO_DAY, np.inf, index[at].astype(np.float64) - onset)[kept]
        self.ref = kept + sheet.file(table["record_ref"])


def read_conditions(sheet: Sheet, plan: Plan, tables: Tables) -> None:
    """Reader `condition`. A condition that is not recorded says nothing."""
    if tables["condition"].is_empty() or not plan.conditions:
        return
    records = _Records(sheet, tables)
    instances: dict[int, list[int]] = {}
    against: dict[tuple[int, str], list[int]] = {}
    for row, condition in enumerate(records.ids):
        for reader in plan.recorded.get(condition, ()):
            instances.setdefault(reader, []).append(row)
        for key in plan.refuting.get(condition, ()):
            against.setdefault(key, []).append(row)
    for i, rows in instances.items():
        _instances(sheet, plan, i, np.array(rows), records)
    for i in dict.fromkeys(reader for reader, _ in against):
        own = np.array(instances.get(i, ()), dtype=np.intp)
        _refuted(sheet, plan, i, against, own, records)


def _instances(sheet: Sheet, plan: Plan, i: int, rows: NDArray[np.intp], records: _Records) -> None:
    """Rows that are an instance of what a reader asks for; where one is only suspected, nothing is settled."""
    fact, reader = plan.conditions[i]
    status, age = records.status[rows], records.age[rows]
    is_present = (status != _REFUTED) & (status != _SUSPECTED)
    if reader.when == "current":
        is_present &= ~np.isin(status, _OVER)
    if reader.within_days is not None:
        is_present &= age <= reader.within_days
    hit = rows[is_present]
    sheet.say(fact, reader, np.full(len(hit), YES, np.uint8), records.person[hit], records.ref[hit])


def _refuted(
    sheet: Sheet,
    plan: Plan,
    i: int,
    against: dict[tuple[int, str], list[int]],
    own: NDArray[np.intp],
    records: _Records,
) -> None:
    """Persons of whom everything that a reader asks for is refuted or, where that counts, over.

    Not those of whom an instance is suspected or there all the same: `own` are the rows of instances.
    """
    fact, reader = plan.conditions[i]
    if reader.within_days is not None:
        return
    state = np.full(sheet.n, NO, np.uint8)
    ref = np.full(sheet.n, -1, np.intp)
    for condition in reader.condition or ():
        rows = np.array(against.get((i, condition), ()), dtype=np.intp)
        is_out = _is_out(reader, records.status[rows])
        out = np.zeros(sheet.n, np.bool_)
        out[records.person[rows[is_out]]] = True
        state[~out] = UNKNOWN
        ref[records.person[rows[is_out]]] = records.ref[rows[is_out]]
    state[records.person[own[~_is_out(reader, records.status[own])]]] = UNKNOWN
    said = np.flatnonzero(state == NO)
    sheet.say(fact, reader, state[said], said, ref[said])


def _is_out(reader: Reader, status: NDArray[np.uint8]) -> Flags:
    over = np.isin(status, _OVER) if reader.when == "current" else np.zeros(len(status), np.bool_)
    return np.asarray((status == _REFUTED) | over)
