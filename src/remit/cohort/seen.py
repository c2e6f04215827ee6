"""Which persons a bucket holds, where each stands, and when each was under observation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.hashing import person_order
from remit.cohort.raw import PERSON
from remit.engine.columns import NO_DAY, days
from remit.engine.intervals import FAR
from remit.flow.records.dates import LATEST_YEAR

Raw = Mapping[str, pl.DataFrame]

DENSE = 16
"""Ids that lie at most so many times wider than there are rows are looked up in a table."""


class Cut(NamedTuple):
    """How records are cut and joined before the flow.

    Attributes
    ----------
    newest : date
        Index date of those for whom nothing else says when they were last seen.
    is_asked : bool
        Whether that day was asked for: then nobody is followed beyond it.
    carry_over : bool
        Whether a supply waits until the one before it of the same treatment is used up.
    in_hospital : bool
        Whether a supply lasts longer by the days in hospital.
    tables : tuple of str
        Tables that the source has for anyone. Who has no row in one of them has nothing there on record, whichever
        other persons are in the same bucket.
    is_text : bool
        Whether ids of persons are text; a bucket without persons does not say so itself.
    with_course : bool
        Whether the course is followed too.
    """

    newest: date
    is_asked: bool = False
    carry_over: bool = False
    in_hospital: bool = True
    tables: tuple[str, ...] = ()
    is_text: bool = False
    with_course: bool = False


def persons_of(column: pl.Series) -> pl.Series:
    """Distinct ids in the order of the output."""
    if column.dtype == pl.Int64 and len(column):
        numbers = column.to_numpy()
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < DENSE * len(numbers):
            is_there = np.zeros(high - low + 1, np.bool_)
            is_there[numbers - low] = True
            distinct = pl.Series(PERSON, np.flatnonzero(is_there) + low)
            return distinct.gather(person_order(distinct))
    distinct = column.unique()
    return distinct.gather(person_order(distinct)).alias(PERSON)


def keys_of(column: pl.Series, ids: pl.Series) -> NDArray[np.int64]:
    """Place of each id among `ids`; -1 where it is none of them."""
    if column.dtype == pl.Int64 and len(ids):
        numbers, known = column.to_numpy(), ids.to_numpy()
        low, high = int(known.min()), int(known.max())
        if high - low < DENSE * max(len(numbers), len(known)):
            place = np.full(high - low + 1, -1, np.int64)
            place[known - low] = np.arange(len(known))
            inside = (numbers >= low) & (numbers <= high)
            return np.where(inside, place[np.where(inside, numbers - low, 0)], -1)
    table = pl.DataFrame({PERSON: ids, "key": np.arange(len(ids))})
    joined = column.alias(PERSON).to_frame().join(table, on=PERSON, how="left", maintain_order="left")
    return joined["key"].fill_null(-1).to_numpy()


class Seen:
    """When each person was under observation."""

    def __init__(self, raw: Raw, ids: pl.Series, cut: Cut) -> None:
        n = len(ids)
        asked = (cut.newest - date(1970, 1, 1)).days
        last = np.full(n, NO_DAY, np.int32)
        self.spans: dict[str, Spans] = {}
        for name in PERIODS:
            if name in raw:
                self.spans[name], until = _periods(raw[name], ids)
                is_known = until != NO_DAY
                last = np.where(is_known & (last != NO_DAY), np.minimum(last, until), np.where(is_known, until, last))
        if "person" in raw and not cut.is_asked:
            key, frame = own_rows(raw["person"], ids)
            given = days(frame["index_date"])
            key, given = key[given != NO_DAY], given[given != NO_DAY]
            last[key] = np.where(last[key] == NO_DAY, given, np.minimum(last[key], given))
        is_open = (last == NO_DAY) | (last >= FAR - 1)
        last = np.where(is_open, asked, np.minimum(last, asked) if cut.is_asked else last).astype(np.int32)
        death = np.full(n, FAR, np.int64)
        if "death" in raw:
            key, frame = own_rows(raw["death"].drop_nulls("date"), ids)
            np.minimum.at(death, key, days(frame["date"]).astype(np.int64))
        self.died: NDArray[np.bool_] = death <= last
        self.death = death
        self.index: NDArray[np.int32] = np.minimum(last, death).astype(np.int32)

    def kept(
        self, key: NDArray[np.int64], start: NDArray[np.int32]
    ) -> tuple[NDArray[np.bool_], list[tuple[str, int, int, bool]]]:
        """Which exposures are kept, and how many persons and records are not, by reason."""
        is_dated = start != NO_DAY
        reasons: list[tuple[str, NDArray[np.bool_]]] = []
        for name, spans in self.spans.items():
            reasons.append((f"outside_{name}", is_dated & ~_inside(spans, key, start)))
        reasons.append(("after_death", is_dated & (start > self.death[key])))
        reasons.append(("after_index_date", is_dated & (start > self.index[key])))
        keep = np.ones(len(key), np.bool_)
        counts = []
        for reason, out in reasons:
            out &= keep
            counts.append((reason, len(np.unique(key[out])), int(out.sum()), False))
            keep &= ~out
        return keep, counts


PERIODS = ("observation", "enrolment")
"""Tables of days on which something would be on record; what lies outside any of them is left out."""

LAST_END = (date(LATEST_YEAR + 1, 1, 1) - date(1970, 1, 1)).days
"""A later end, such as 9999-12-31, says that there is none yet."""

_SHIFT = 32

Spans = tuple[NDArray[np.int64], NDArray[np.int32]]


def _periods(frame: pl.DataFrame, ids: pl.Series) -> tuple[Spans, NDArray[np.int32]]:
    """Periods in order of person and start, with the latest end so far; and each person's last day."""
    key, frame = own_rows(frame, ids)
    start, end = days(frame["start_date"]), days(frame["end_date"], int(FAR))
    end = np.where(end > LAST_END, FAR, end).astype(np.int32)
    order = np.lexsort((end, start, key))
    key, start, end = key[order], start[order], end[order]
    last = np.full(len(ids), NO_DAY, np.int32)
    np.maximum.at(last, key, end - 1)
    lift = key << _SHIFT  # a running maximum over all rows is one per person if each starts above the last
    reach = np.maximum.accumulate(lift + end) - lift if len(key) else end
    return (_packed(key, start), reach.astype(np.int32)), last


def _inside(spans: Spans, key: NDArray[np.int64], day: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether a period of the person holds the day."""
    begins, ends = spans
    if not len(begins):
        return np.zeros(len(key), np.bool_)
    place = np.searchsorted(begins, _packed(key, day), side="right") - 1
    return np.asarray((place >= 0) & (begins[place] >> _SHIFT == key) & (day < ends[place]))


def _packed(key: NDArray[np.int64], day: NDArray[np.int32]) -> NDArray[np.int64]:
    return (key << _SHIFT) + (day.astype(np.int64) - NO_DAY)


def own_rows(frame: pl.DataFrame, ids: pl.Series) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Rows of the bucket's persons, and their keys."""
    key = keys_of(frame[PERSON], ids)
    is_known = key >= 0
    return key[is_known], frame.filter(is_known)
