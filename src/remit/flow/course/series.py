"""Scores of all persons and instruments in one order: sorted once, everything after is arithmetic over arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import days
from remit.flow.course.words import text_codes
from remit.flow.scope import person_days
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.tables import Tables

DAY_BITS = 22
DAY_ZERO = 1 << 21  # lifts days before 1970 above zero
PERSON_BITS = 32
UNNAMED = -1

Ints = NDArray[np.int64]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Unusable(NamedTuple):
    """Scores that cannot be used, by row: imputed totals, and days on which two totals differ."""

    measure: Ints
    person: Ints
    day: Ints
    key: NDArray[np.uint32]
    is_imputed: Flags


class Series(NamedTuple):
    """Usable scores up to the index date, in order of instrument, person and day; one per day.

    A *line* is one person's scores on one instrument.
    """

    measures: tuple[str, ...]  # ids by code
    line: Ints  # packed instrument and person, by score
    measure: Ints  # code, by score
    person: Ints  # row of table `person`, by score
    day: Ints
    value: Numbers
    key: NDArray[np.uint32]  # measurement_key
    is_first: Flags  # of its line
    rater: Ints  # code, by score; -1: not recorded, or the day's records differ
    mode: Ints  # the same of how it was asked
    unusable: Unusable

    def spot(self, line: Ints, day: Ints, *, after: bool) -> NDArray[np.intp]:
        """Where a day of a line would stand; behind a score of that very day if `after`."""
        return np.searchsorted(self.places, _packed(line, day), side="right" if after else "left")

    def line_of(self, measure_id: str, person: Ints) -> Ints:
        """Lines of persons (rows of table `person`) on one instrument."""
        return np.asarray((self.measures.index(measure_id) << PERSON_BITS) + person)

    def is_newest(self, code: Ints, person: Ints, day: Ints) -> Flags:
        """Whether a line has no score after a day; false where there is no such line."""
        line = (code << PERSON_BITS) + person
        later = self.spot(line, day, after=True)
        ends = np.searchsorted(self.line, line, side="right")
        return np.asarray((code >= 0) & (later == ends))

    @property
    def places(self) -> Ints:
        """Line and day as one rising number."""
        return _packed(self.line, self.day)


def read_series(tables: Tables, knowledge: Knowledge) -> Series:
    """Scores on the instruments of which the course is judged."""
    table = tables["measurement"]
    known = tuple(sorted(knowledge.course.measures))
    code = text_codes(table["measure_id"], known)
    person = person_rows(tables, table["person_key"].to_numpy()).astype(np.int64)
    day = days(table["date"]).astype(np.int64)
    keep = np.flatnonzero((code >= 0) & (day <= person_days(tables)[0][person]))
    code, person, day = code[keep], person[keep], day[keep]
    rows = _Rows(
        code,
        person,
        day,
        table["value"].to_numpy()[keep],
        table["measurement_key"].to_numpy()[keep],
        table["is_imputed"].to_numpy()[keep],
        _named(table["rater"])[keep],
        _named(table["mode"])[keep],
    )
    order = np.argsort(_packed((code << PERSON_BITS) + person, day), kind="stable")
    return _one_a_day(known, _Rows._make(column[order] for column in rows))


class _Rows(NamedTuple):
    """Scores in order of line and day."""

    code: Ints
    person: Ints
    day: Ints
    value: Numbers
    key: NDArray[np.uint32]
    is_imputed: Flags
    rater: Ints
    mode: Ints


def _packed(line: Ints, day: Ints) -> Ints:
    """Line and day as one rising number."""
    return np.asarray((line << DAY_BITS) + day + DAY_ZERO)


def _named(column: pl.Series) -> Ints:
    """A code for each text that occurs; -1 where there is none."""
    if column.null_count() == len(column):
        return np.full(len(column), UNNAMED, np.int64)
    codes = column.rank("dense").cast(pl.Int64).fill_null(UNNAMED)
    return codes.to_numpy()


def _one_a_day(measures: tuple[str, ...], rows: _Rows) -> Series:
    """One score per line and day; days whose complete totals differ, and imputed totals, are set aside."""
    code, person, day, value, key, is_imputed, rater, mode = rows
    line = (code << PERSON_BITS) + person
    whole = np.flatnonzero(~is_imputed)
    place = _packed(line[whole], day[whole])
    starts = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1]))) if len(whole) else whole[:0]
    least = np.minimum.reduceat(value[whole], starts) if len(whole) else value[:0]
    greatest = np.maximum.reduceat(value[whole], starts) if len(whole) else value[:0]
    first_key = np.minimum.reduceat(key[whole], starts) if len(whole) else key[:0]
    is_one = least == greatest
    at, apart = whole[starts[is_one]], whole[starts[~is_one]]
    aside = np.concatenate((np.flatnonzero(is_imputed), apart))
    aside_key = np.concatenate((key[is_imputed], first_key[~is_one]))
    own = line[at]
    return Series(
        measures,
        own,
        code[at],
        person[at],
        day[at],
        value[at],
        first_key[is_one],
        np.concatenate(([True], own[1:] != own[:-1])) if len(own) else np.empty(0, np.bool_),
        _agreed(rater[whole], starts)[is_one],
        _agreed(mode[whole], starts)[is_one],
        Unusable(code[aside], person[aside], day[aside], aside_key, is_imputed[aside]),
    )


def _agreed(column: Ints, starts: NDArray[np.intp]) -> Ints:
    """By day: what all its rows say; -1 where they differ."""
    if not len(column):
        return column
    least, greatest = np.minimum.reduceat(column, starts), np.maximum.reduceat(column, starts)
    return np.where(least == greatest, least, UNNAMED)


def by_code(measures: tuple[str, ...], numbers: dict[str, float | None]) -> Numbers:
    """A number per instrument code; nan where it has none."""
    return np.array([np.nan if (n := numbers.get(m)) is None else n for m in measures])
