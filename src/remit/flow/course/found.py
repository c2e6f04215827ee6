"""Collects events as arrays and makes table `course_event` of them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, NO_DAY, as_dates, nullable_codes, nullable_numbers, with_enums
from remit.flow.course.series import Ints, Series
from remit.flow.course.words import text_column
from remit.tables.course import CERTAINTIES, EVENT_KINDS, UNKNOWN_REASONS, CourseEvent

NONE = -1
_COLUMNS = (
    "person", "measure", "kind", "certainty", "day", "trial", "at", "earlier", "percent", "error", "weeks", "result",
    "reason", "key",
)  # fmt: skip


class Happened(NamedTuple):
    """Events as arrays, in the order of table `course_event`."""

    person: Ints  # row of table `person`
    measure: Ints  # code; -1: concerns no single instrument
    kind: NDArray[np.uint8]
    certainty: NDArray[np.uint8]  # NO_CODE: not of this kind
    day: Ints  # NO_DAY: unknown


class Events:
    """Events found so far; `at` and `earlier` are rows of the series."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._parts: list[dict[str, NDArray[Any]]] = []

    def add(self, kind: str, rows: NDArray[Any], *, certainty: str | None = None, **columns: Any) -> None:
        """Events on scores: `rows` are rows of the series; further columns are arrays of the same length or one value.

        Parameters
        ----------
        kind : str
        rows : array of int
        certainty : str, optional
        **columns
            trial (trial_key), earlier (row of the series), percent, error, weeks, result.
        """
        s = self._series
        self._put(
            kind, len(rows), certainty=certainty, at=rows, person=s.person[rows], measure=s.measure[rows],
            day=s.day[rows], **columns,
        )  # fmt: skip

    def lacks(self, reason: str, n: int, **columns: Any) -> None:
        """What is unknown, `n` rows: person, and where known measure, day, trial, at, key, weeks."""
        self._put("unknown", n, reason=UNKNOWN_REASONS.index(reason), **columns)

    def _put(self, kind: str, n: int, *, certainty: str | None = None, **columns: Any) -> None:
        if not n:
            return
        columns["kind"] = EVENT_KINDS.index(kind)
        columns["certainty"] = NONE if certainty is None else CERTAINTIES.index(certainty)
        empty = {name: np.nan if name in ("percent", "error") else NONE for name in _COLUMNS} | {"day": NO_DAY}
        full = empty | columns
        self._parts.append({name: spread(full[name], n) for name in _COLUMNS})

    def table(self, person_key: NDArray[np.uint32]) -> tuple[pl.DataFrame, Happened]:
        """Table `course_event`, in order of person, instrument, date, kind and trial; and what tasks read of it."""
        if not self._parts:
            none, no_code = np.empty(0, np.int64), np.empty(0, np.uint8)
            return CourseEvent.empty(), Happened(none, none, no_code, no_code, none)
        c = {name: np.concatenate([part[name] for part in self._parts]) for name in _COLUMNS}
        order = np.lexsort(
            (c["weeks"], c["reason"], c["certainty"], c["trial"], c["kind"], c["day"], c["measure"], c["person"])
        )
        c = {name: column[order] for name, column in c.items()}
        happened = Happened(
            c["person"], c["measure"], c["kind"].astype(np.uint8), _code(c["certainty"]), c["day"].astype(np.int64)
        )
        return self._frame(c, happened, person_key), happened

    def _frame(self, c: dict[str, NDArray[Any]], happened: Happened, person_key: NDArray[np.uint32]) -> pl.DataFrame:
        s = self._series
        has, has_earlier = c["at"] != NONE, c["earlier"] != NONE
        key = np.where(has, _taken(s.key, c["at"]), np.where(c["key"] == NONE, np.nan, c["key"]))
        columns = [
            pl.Series("person_key", person_key[c["person"]]),
            text_column("measure_id", s.measures, c["measure"]),
            pl.Series("kind", happened.kind),
            nullable_codes("certainty", happened.certainty),
            as_dates("date", c["day"]),
            _optional("trial_key", c["trial"], pl.UInt32),
            nullable_numbers("measurement_key", key).cast(pl.UInt32),
            nullable_numbers("earlier_key", np.where(has_earlier, _taken(s.key, c["earlier"]), np.nan)).cast(pl.UInt32),
            nullable_numbers("score", np.where(has, _taken(s.value, c["at"]), np.nan)),
            nullable_numbers("earlier_score", np.where(has_earlier, _taken(s.value, c["earlier"]), np.nan)),
            nullable_numbers("improvement_percent", c["percent"].astype(np.float64)),
            nullable_numbers("standard_error", c["error"].astype(np.float64)),
            _optional("weeks", c["weeks"], pl.UInt16),
            nullable_codes("result", _code(c["result"])),
            nullable_codes("reason", _code(c["reason"])),
        ]
        return with_enums(columns, CourseEvent.words())


@cache
def of_kinds(kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    """By code of a kind of events: whether it is one of some."""
    return np.array([kind in kinds for kind in EVENT_KINDS], np.bool_)


def spread(value: Any, n: int) -> NDArray[Any]:
    """An array of so many rows, or one value on all of them."""
    return value if isinstance(value, np.ndarray) and value.ndim else np.full(n, value)


def _taken(column: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.float64]:
    """Values of rows; anything where there is no row, which the caller blanks."""
    if not len(column):
        return np.full(len(rows), np.nan)
    return np.asarray(column[np.maximum(rows, 0)], np.float64)


def _code(column: NDArray[Any]) -> NDArray[np.uint8]:
    return np.where(column == NONE, NO_CODE, column).astype(np.uint8)


def _optional(name: str, column: NDArray[Any], kind: Any) -> pl.Series:
    return nullable_numbers(name, np.where(column == NONE, np.nan, column)).cast(kind)
