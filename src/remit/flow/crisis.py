"""Is there any sign of suicidality on record?

A sign is an item about suicide at or above its threshold, a total that cannot be reached without such an answer, a clue
that was answered yes, or a recorded condition. Signs are listed, never weighed: no score, level or colour.
An item that was answered below its threshold, or left out, is listed too, because neither excludes anything.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from remit.knowledge import Instrument, Knowledge
from remit.tables import Tables
from remit.tables.crisis import CRISIS_CLUES, CRISIS_CONDITION, CRISIS_KINDS, SAFETY_NOTICE, Crisis

_OVER = ("remission", "resolved", "refuted")

Row = dict[str, Any]


def crisis(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Signs of suicidality of every person, up to the index date.

    Reads `person`, `answer`, `measurement`, `clue`, `condition`, `notice`.
    Writes `crisis`, in order of person and kind.
    """
    person = tables["person"]
    index = dict(zip(person["person_key"].to_list(), person["index_date"].to_list(), strict=True))
    found = [
        *_of_answers(tables, knowledge),
        *_of_notices(tables),
        *_of_totals(tables, knowledge),
        *_of_clues(tables),
        *_of_conditions(tables, knowledge),
    ]
    rows = [row for row in found if row["date"] is None or row["date"] <= index[row["person_key"]]]
    return {"crisis": Crisis.of(sorted(rows, key=_order))}


def _order(row: Row) -> tuple[Any, ...]:
    day = row["date"] or date.min
    return row["person_key"], CRISIS_KINDS.index(row["kind"]), row["about"], row["item"] or 0, day, row["record_ref"]


def _row(person_key: int, kind: str, about: str, item: int | None, day: date | None, ref: str) -> Row:
    return {"person_key": person_key, "kind": kind, "about": about, "item": item, "date": day, "record_ref": ref}


def _among(frame: pl.DataFrame, column: str, ids: Collection[str]) -> list[Row]:
    """Rows of a table about some ids."""
    rows = [i for i, value in enumerate(frame[column].to_list()) if value in ids]
    return (frame if len(rows) == frame.height else frame[rows]).rows(named=True) if rows else []


def _of_answers(tables: Tables, knowledge: Knowledge) -> Iterator[Row]:
    """Every item about suicide of every sheet: a sign, a zero, or not answered."""
    known = knowledge.instruments
    answered = set(tables["answer"]["instrument_id"].to_list())
    asked = {i: known[i].safety_items for i in answered if i in known and known[i].safety_items}
    sheets: dict[tuple[int, str, date], tuple[dict[int, float], str]] = {}
    for row in _among(tables["answer"], "instrument_id", asked):
        key = (row["person_key"], row["instrument_id"], row["date"])
        sheets.setdefault(key, ({}, row["record_ref"]))[0][row["item"]] = row["value"]
    for (person_key, instrument_id, day), (values, ref) in sheets.items():
        for safety in asked[instrument_id]:
            value = values.get(safety.item)
            kind = "unanswered" if value is None else "item" if value >= safety.at_least else "zero"
            yield _row(person_key, kind, instrument_id, safety.item, day, ref)


def most_without_sign(instrument: Instrument) -> float:
    """The highest total without any answer at the threshold of an item about suicide; infinite if that is not known."""
    threshold = {s.item: s.at_least for s in instrument.safety_items}
    most: dict[int, float] = {}
    for question in instrument.questions:
        values = [option.value for option in question.options or instrument.options]
        if question.is_scored:
            below = [v for v in values if v < threshold.get(question.n, math.inf)]
            if not below:
                return math.inf
            most[question.n] = max(below)
    if not threshold or not threshold.keys() <= most.keys():
        return math.inf
    groups = instrument.scoring.groups or [(n,) for n in most]
    return math.fsum(max(most[n] for n in group) for group in groups)


def _of_totals(tables: Tables, knowledge: Knowledge) -> Iterator[Row]:
    """Totals that are out of reach without a sign."""
    table = tables["measurement"]
    measured = table["measure_id"].to_list()
    asked = [knowledge.instruments[i] for i in set(measured) if i in knowledge.instruments]
    most = {instrument.id: most_without_sign(instrument) for instrument in asked if instrument.safety_items}
    if not most:
        return
    bound = np.array([most.get(name, math.inf) for name in measured])
    rows = np.flatnonzero((table["value"].to_numpy() > bound) & ~table["is_imputed"].to_numpy())
    for row in (table.row(i, named=True) for i in rows.tolist()):
        yield _row(row["person_key"], "total", row["measure_id"], None, row["date"], row["record_ref"])


def _of_notices(tables: Tables) -> Iterator[Row]:
    """Signs in answers that the reader had to leave out, such as undated ones."""
    for row in _among(tables["notice"], "code", [SAFETY_NOTICE]):
        yield _row(row["person_key"], "left_out", SAFETY_NOTICE, None, None, row["record_ref"])


def _of_clues(tables: Tables) -> Iterator[Row]:
    kinds = {"yes": "clue", "unknown": "unanswered"}
    for row in _among(tables["clue"], "clue_id", CRISIS_CLUES):
        if kind := kinds.get(row["answer"]):
            yield _row(row["person_key"], kind, row["clue_id"], None, None, row["record_ref"])


def _of_conditions(tables: Tables, knowledge: Knowledge) -> Iterator[Row]:
    recorded = set(tables["condition"]["condition_id"].to_list())
    wanted = [c for c in recorded if CRISIS_CONDITION in knowledge.condition_closure(c)]
    for row in _among(tables["condition"], "condition_id", wanted):
        if row["status"] not in _OVER:
            day = row["onset_date"]
            yield _row(row["person_key"], "condition", row["condition_id"], None, day, row["record_ref"])
