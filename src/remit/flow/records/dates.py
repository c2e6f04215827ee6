"""Dates as they are written: whole, partial (`2024-03`, `2024`), two of them, or unknown; read as intervals of days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

LATEST_YEAR = 2100  # a later year is a slip; knowledge.policy.earliest_year is its counterpart

_PARTIAL = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?$", re.DOTALL)
_TIME = re.compile(r"^[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|[+-]\d{2}:?\d{2})?$")
_DAY_END = 10  # characters of YYYY-MM-DD
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a written date may mean, both ends included; both None: unknown."""

    first: date | None
    last: date | None

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the date."""
        return self.first is not None

    @property
    def is_exact(self) -> bool:
        """Whether it is one day."""
        return self.first is not None and self.first == self.last

    @property
    def exact(self) -> date | None:
        """The one day that it is; None where it may be several."""
        return self.first if self.is_exact else None

    def next_day(self) -> Span:
        """The same, one day later: from a last day to the day after it."""
        if self.first is None or self.last is None:
            return self
        return Span(self.first + timedelta(days=1), self.last + timedelta(days=1))


UNKNOWN_DATE = Span(None, None)


@lru_cache(maxsize=1 << 16)
def read_span(text: str) -> Span:
    """The interval of an ISO date, partial date or date with time; `unknown` is unknown.

    Raises
    ------
    ValueError
        If it is none of these, or no such day exists.
    """
    plain = text.strip()
    if plain.casefold() == "unknown":
        return UNKNOWN_DATE
    found = _PARTIAL.match(plain)
    if not found or not plain.isascii() or (len(plain) > _DAY_END and not _TIME.match(plain[_DAY_END:])):
        raise ValueError("not a date")
    year = int(found[1])
    if found[2] is None:
        return Span(date(year, 1, 1), date(year, _DECEMBER, 31))
    if found[3] is None:
        return Span(date(year, int(found[2]), 1), _month_end(year, int(found[2])))
    whole = date(year, int(found[2]), int(found[3]))
    return Span(whole, whole)


@lru_cache(maxsize=1 << 16)
def exact_day(text: str, earliest_year: int) -> date | None:
    """The one day that `read_span` reads, if it lies in the years that a record can be about; else None."""
    try:
        day = read_span(text).exact
    except ValueError:
        return None
    return day if day is not None and earliest_year <= day.year <= LATEST_YEAR else None


def read_interval(text: str) -> Span:
    """The interval of what a person wrote: a date as `read_span` reads it, or two with a slash, as in
    ``2023-03/2023-05``: some day from the first day of the one to the last day of the other.

    Raises
    ------
    ValueError
        If it is neither, or the second date lies before the first.
    """
    first, slash, last = text.partition("/")
    if not slash:
        return read_span(text)
    begin, end = read_span(first), read_span(last)
    if begin.first is None or end.last is None or begin.first > end.last:
        raise ValueError("not an interval")
    return Span(begin.first, end.last)


def _month_end(year: int, month: int) -> date:
    if month == _DECEMBER:
        return date(year, month, 31)
    return date(year, month + 1, 1) - timedelta(days=1)
