"""Scores of all persons and instruments in one order: sorted once, everything after is arithmetic over arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
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
    unusable: Unusable

    def spot(self, line: Ints, day: Ints, *, after: bool) -> NDArray[np.intp]:
        """Where a day of a line would stand; behind a score of that very day if `after`."""
        asked = (line << DAY_BITS) + day + DAY_ZERO
        return np.searchsorted(self.places, asked, side="right" if after else "left")

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
        return np.asarray((self.line << DAY_BITS) + self.day + DAY_ZERO)


def read_series(tables: Tables, knowledge: Knowledge) -> Series:
    """Scores on the instruments of which the course is judged."""
    table = tables["measurement"]
    known = tuple(sorted(knowledge.course.measures))
    code = text_codes(table["measure_id"], known)
    person = person_rows(tables, table["person_key"].to_numpy()).astype(np.int64)
    day = days(table["date"]).astype(np.int64)
    keep = np.flatnonzero((code >= 0) & (day <= person_days(tables)[0][person]))
    code, person, day = code[keep], person[keep], day[keep]
    value = table["value"].to_numpy()[keep]
    key = table["measurement_key"].to_numpy()[keep]
    is_imputed = table["is_imputed"].to_numpy()[keep]
    order = np.argsort((((code << PERSON_BITS) + person) << DAY_BITS) + day + DAY_ZERO, kind="stable")
    rows = (code[order], person[order], day[order], value[order], key[order], is_imputed[order])
    return _one_a_day(known, *rows)


def _one_a_day(
    measures: tuple[str, ...],
    code: Ints,
    person: Ints,
    day: Ints,
    value: Numbers,
    key: NDArray[np.uint32],
    is_imputed: Flags,
) -> Series:
    """One score per line and day; days whose complete totals differ, and imputed totals, are set aside."""
    line = (code << PERSON_BITS) + person
    whole = np.flatnonzero(~is_imputed)
    place = (line[whole] << DAY_BITS) + day[whole] + DAY_ZERO
    starts = np.flatnonzero(np.concatenate(([True], place[1:] != place[:-1]))) if len(whole) else whole[:0]
    least = np.minimum.reduceat(value[whole], starts) if len(whole) else value[:0]
    greatest = np.maximum.reduceat(value[whole], starts) if len(whole) else value[:0]
    first_key = np.minimum.reduceat(key[whole], starts) if len(whole) else key[:0]
    is_one = least == greatest
    at, apart = whole[starts[is_one]], whole[starts[~is_one]]
    aside = np.concatenate((np.flatnonzero(is_imputed), apart))
    aside_key = np.concatenate((key[is_imputed], first_key[~is_one]))
    unusable = Unusable(code[aside], person[aside], day[aside], aside_key, is_imputed[aside])
    own = line[at]
    is_first = np.concatenate(([True], own[1:] != own[:-1])) if len(own) else np.empty(0, np.bool_)
    return Series(measures, own, code[at], person[at], day[at], value[at], first_key[is_one], is_first, unusable)


def by_code(measures: tuple[str, ...], numbers: dict[str, float | None]) -> Numbers:
    """A number per instrument code; nan where it has none."""
    return np.array([np.nan if (n := numbers.get(m)) is None else n for m in measures])
