"""Collects tasks as arrays and makes table `due` of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, NO_DAY, as_dates, nullable_codes, nullable_numbers, with_enums
from remit.flow.course.found import spread
from remit.flow.course.series import Flags, Ints
from remit.flow.course.words import text_column
from remit.knowledge.tasks import EARLY
from remit.tables.course import DUE_REASONS, DUE_STATES, Due

NONE = -1
_COLUMNS = ("person", "rule", "trial", "measure", "day", "overdue", "state", "reason", "done", "branch", "number")
DONE, OPEN, OVERDUE, PLANNED, BLIND = (DUE_STATES.index(s) for s in DUE_STATES)


class Dated(NamedTuple):
    """Tasks as arrays, in the order of table `due`."""

    person: Ints  # row of table `person`
    rule: Ints  # row of `knowledge.course.tasks`
    state: Ints
    day: Ints  # NO_DAY: unknown
    is_early: Flags  # what has to wait for the end of a treatment is on record before the wait is over


class Tasks:
    """Tasks found so far."""

    def __init__(self) -> None:
        self._parts: list[dict[str, NDArray[Any]]] = []
        self._branches: list[str] = []
        self._measures: list[str] = []

    def add(self, rule_key: int, person: NDArray[Any], **columns: Any) -> None:
        """Tasks of one rule; further columns are arrays of the same length, or one value.

        Parameters
        ----------
        rule_key : int
            Row of `knowledge.course.tasks`.
        person : array of int
            Row of table `person`.
        **columns
            state (required), trial (trial_key), day, overdue, done (days), reason, branch (codes), number, measure.
        """
        if not len(person):
            return
        blank = {name: NONE for name in _COLUMNS} | dict.fromkeys(("day", "overdue", "done"), NO_DAY)
        columns |= {"rule": rule_key, "person": person}
        full = blank | {"number": np.nan} | columns
        self._parts.append({name: spread(full[name], len(person)) for name in _COLUMNS})

    def branch(self, name: str) -> int:
        """Code of a branch."""
        return _place(self._branches, name)

    def measure(self, name: str) -> int:
        """Code of an instrument."""
        return _place(self._measures, name)

    def table(self, person_key: NDArray[np.uint32]) -> tuple[pl.DataFrame, Dated]:
        """Table `due`, in order of person, rule, trial and date; and what the list view reads of it."""
        if not self._parts:
            none = np.empty(0, np.int64)
            return Due.empty(), Dated(none, none, none, none, none.astype(np.bool_))
        c = {name: np.concatenate([part[name] for part in self._parts]) for name in _COLUMNS}
        order = np.lexsort((c["branch"], c["day"], c["trial"], c["rule"], c["person"]))
        c = {name: column[order] for name, column in c.items()}
        columns = [
            pl.Series("person_key", person_key[c["person"]]),
            pl.Series("rule_key", c["rule"].astype(np.uint16)),
            nullable_numbers("trial_key", _or_nan(c["trial"])).cast(pl.UInt32),
            text_column("measure_id", self._measures, c["measure"]),
            as_dates("due_date", c["day"]),
            as_dates("overdue_date", c["overdue"]),
            pl.Series("state", c["state"].astype(np.uint8)),
            nullable_codes("reason", np.where(c["reason"] == NONE, NO_CODE, c["reason"]).astype(np.uint8)),
            as_dates("done_date", c["done"]),
            text_column("branch", self._branches, c["branch"]),
            nullable_numbers("number", c["number"].astype(np.float64)),
        ]
        is_early = np.array([branch == EARLY for branch in (*self._branches, None)])[c["branch"]]
        dated = Dated(c["person"], c["rule"], c["state"], c["day"].astype(np.int64), is_early)
        return with_enums(columns, Due.words()), dated


def reason(name: str) -> int:
    """Code of a reason."""
    return DUE_REASONS.index(name)


def _place(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _or_nan(column: NDArray[Any]) -> NDArray[np.float64]:
    return np.where(column == NONE, np.nan, column)
