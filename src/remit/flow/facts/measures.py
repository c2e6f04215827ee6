"""Facts about laboratory values, vital signs, scores and answers to items."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import days
from remit.flow.facts.plan import Asked, Plan
from remit.flow.facts.sheet import Sheet
from remit.flow.scope import person_days
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.units import is_same_unit
from remit.tables import YES, Tables

Rows = NDArray[np.intp]


def read_measures(sheet: Sheet, plan: Plan, tables: Tables, knowledge: Knowledge) -> None:
    """Readers `measure` (the latest value) and `measured` (whether there is one)."""
    table = tables["measurement"]
    if table.is_empty():
        return
    asked_for = [m for m in table["measure_id"].unique().to_list() if m in plan.measures or m in plan.measured]
    if not asked_for:
        return
    at = sheet.file(table["record_ref"])
    latest = {m: _newest(tables, table, m, knowledge) for m in sorted(asked_for)}
    for asked in plan.kinds.get("measure", ()):  # in the order of a fact's readers: of a number the first stands
        if found := latest.get(str(asked.reader.measure)):
            value = table["value"].to_numpy()[found.rows]
            _give(sheet, asked, found.person, value, found.rows + at, found.is_sound & _is_recent(asked, found.age))
    for measure, found in latest.items():
        for asked in plan.measured.get(measure, ()):
            kept = _is_recent(asked, found.age)
            is_there = np.full(kept.sum(), YES, np.uint8)
            sheet.say(asked.fact, asked.reader, is_there, found.person[kept], found.rows[kept] + at)


class _Newest(NamedTuple):
    """The last value of a measure, one row a person."""

    rows: Rows  # of table `measurement`
    person: Rows  # row of table `person`
    age: NDArray[np.int32]  # days before the index date
    is_sound: NDArray[np.bool_]  # in our unit


def _newest(tables: Tables, table: pl.DataFrame, measure: str, knowledge: Knowledge) -> _Newest:
    rows = _latest(tables, table, table["measure_id"] == measure, "measurement_key")
    return _Newest(rows, *_placed(tables, table, rows), _has_our_unit(table[rows], measure, knowledge))


def read_items(sheet: Sheet, plan: Plan, tables: Tables) -> None:
    """Reader `item`: the latest answer."""
    readers = plan.kinds.get("item", ())
    table = tables["answer"]
    if table.is_empty() or not readers:
        return
    at = sheet.file(table["record_ref"])
    for asked in readers:
        item = asked.reader.item
        assert item is not None
        rows = _latest(tables, table, (table["instrument_id"] == item.instrument) & (table["item"] == item.item))
        person, age = _placed(tables, table, rows)
        _give(sheet, asked, person, table["value"].to_numpy()[rows], rows + at, _is_recent(asked, age))


def _give(
    sheet: Sheet, asked: Asked, person: Rows, value: NDArray[np.float64], ref: Rows, kept: NDArray[np.bool_]
) -> None:
    sheet.give(asked.fact, asked.reader, value[kept], value[kept], person[kept], ref[kept])


def _is_recent(asked: Asked, age: NDArray[np.int32]) -> NDArray[np.bool_]:
    window = asked.reader.within_days
    return np.ones(len(age), np.bool_) if window is None else age <= window


def _latest(tables: Tables, table: pl.DataFrame, wanted: pl.Series, key: str | None = None) -> Rows:
    """Of the wanted rows up to the index date, the last one of each person."""
    rows = np.flatnonzero(wanted.to_numpy())
    _, age = _placed(tables, table, rows)
    rows = rows[age >= 0]
    person, age = _placed(tables, table, rows)
    tie = table[key].to_numpy()[rows] if key else rows
    order = np.lexsort((tie, -age, person))
    is_last = np.append(person[order][1:] != person[order][:-1], True)[: len(order)]
    return np.asarray(rows[order[is_last]])


def _placed(tables: Tables, table: pl.DataFrame, rows: Rows) -> tuple[Rows, NDArray[np.int32]]:
    """Row of the person, and days before the index date."""
    person = person_rows(tables, table["person_key"].to_numpy()[rows])
    return person, person_days(tables)[0][person] - days(table["date"])[rows]


def _has_our_unit(table: pl.DataFrame, measure: str, knowledge: Knowledge) -> NDArray[np.bool_]:
    """Whether values are given in the unit of the knowledge; one without a unit is taken to be."""
    observable = knowledge.observables.get(measure)
    if observable is None or table["unit"].null_count() == table.height:
        return np.ones(table.height, np.bool_)
    own = {unit: unit is None or is_same_unit(unit, observable.unit) for unit in table["unit"].unique().to_list()}
    return np.array([own[unit] for unit in table["unit"].to_list()])
