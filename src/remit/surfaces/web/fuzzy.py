"""Dates as people say them ("spring 2023", "about two years ago"), read as dates of a history.

Every reading is at least as wide as what was said: "about" widens, a season is three months. What was read is always
shown beside what was typed. The words stand in `text/<language>/web_dates.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from remit.flow.records.dates import UNKNOWN_DATE, Span, read_interval
from remit.knowledge.text import Text
from remit.surfaces.web.spans import MONTHS, Unreadable, day_of, month_of, months_from, third_of, widened

SEASON, HALF_YEAR = 3, 6
LAST_DAY = 31
ENDS = 2
CENTURY = 100
THIRDS = {"early": (0, 3), "middle": (1, 3), "late": (2, 3)}
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")
_DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d\d)$", re.ASCII)
_YEAR_FIRST = re.compile(r"^(\d{4})[./-](\d{1,2})[./-](\d{1,2})$", re.ASCII)
_YEARS = re.compile(r"^(\d{4})\s*[-\u2013]\s*(\d{4})$", re.ASCII)
_SHORT_YEAR = re.compile(r"(?<!\w)'(\d\d)\b", re.ASCII)
_MONTH_YEAR = re.compile(r"^(\d{1,2})[./-](\d{4})$")
_DECADE = re.compile(r"^(\d{3}0)s$")
_DAYS_OF = {"day": 1, "week": 7}


def _plainly(said: str) -> str:
    """A text in small letters with plain blanks, and the apostrophe that telephones write as the one of keyboards."""
    return " ".join(said.lower().replace(",", " ").replace("\u2019", "'").split())


@dataclass(frozen=True)
class DateReader:
    """Reads dates in one language.

    Parameters
    ----------
    text : Text
    today : date
        What "two years ago" counts from.
    country : str, optional
        ISO code: which half of the world the seasons are of, and whether 3/4/2023 begins with the month.
    """

    text: Text
    today: date
    country: str | None = None

    def read(self, said: str) -> Span:
        """The days that a text may mean.

        Raises
        ------
        Unreadable
        """
        plain = _ORDINAL.sub(r"\1", _plainly(said))
        bare = plain.rstrip(" ?")
        if not bare or bare in self._words("unknown"):
            return UNKNOWN_DATE
        plain = _SHORT_YEAR.sub(lambda found: str(self._century(found[1])), plain)
        if plain.endswith("?"):  # "2019?" is about 2019
            plain = f"{self._words('about')[0]} {plain.rstrip(' ?')}"
        plain = _YEARS.sub(r"\1/\2", plain)
        try:
            return read_interval(plain)
        except ValueError:
            pass
        ends = self._ends(plain)
        span = Span(self._one(*ends).first, self._one(ends[1], "").last) if ends else self._one(plain, "")
        if span.first is None or span.last is None or span.first > span.last:
            raise Unreadable("order")
        return span

    def is_unknown(self, said: str) -> bool:
        """Whether somebody says in words that they do not know."""
        return _plainly(said) in self._words("unknown")

    def _century(self, year: str) -> int:
        """The year of two digits, as of the last hundred years: '22 is 2022, '98 is 1998."""
        full = self.today.year // CENTURY * CENTURY + int(year)
        return full if full <= self.today.year else full - CENTURY

    def _ends(self, plain: str) -> tuple[str, str] | None:
        """Both ends of "March to May 2023"; None where it is one date."""
        rest = self._without(plain, ("between", "fill"))
        for joint in self._words("joint"):
            parts = re.split(rf"\s+{re.escape(joint)}\s+", rest)
            if len(parts) == ENDS:
                return parts[0], parts[1]
        return None

    def _one(self, plain: str, other: str) -> Span:
        """One date; the year of `other` is lent to one that has none."""
        if plain in self._words("unknown"):
            return UNKNOWN_DATE
        is_about = plain != (plain := self._without(plain, ("about",)))
        plain = self._without(plain, ("fill",))
        span = self._plain(plain, other)
        return widened(span) if is_about else span

    def _plain(self, plain: str, other: str) -> Span:
        readers: tuple[Callable[[str, str], Span | None], ...] = (
            self._iso, self._numeric, self._relative, self._lent, self._part, self._month, self._season,
        )  # fmt: skip
        for read in readers:
            found = read(plain, other)
            if found is not None:
                return found
        raise Unreadable

    def _iso(self, plain: str, _other: str) -> Span | None:
        try:
            return read_interval(plain)
        except ValueError:
            return None

    def _numeric(self, plain: str, _other: str) -> Span | None:
        if found := _DECADE.match(plain):
            return months_from(int(found[1]), 1, 10 * MONTHS)
        if found := _MONTH_YEAR.match(plain):
            return months_from(int(found[2]), month_of(int(found[1])), 1)
        if found := _YEAR_FIRST.match(plain):
            return day_of(int(found[1]), month_of(int(found[2])), int(found[3]))
        if not (found := _DAY_FIRST.match(plain)):
            return None
        one, two = int(found[1]), int(found[2])
        year = int(found[3]) if len(found[3]) > ENDS else self._century(found[3])
        if one <= MONTHS and two <= MONTHS and one != two:
            if not self.country:
                raise Unreadable("ambiguous")
            day, month = (two, one) if self.country in self._words("month_first", keep=True) else (one, two)
        else:
            day, month = (one, two) if two <= MONTHS else (two, one)
        return day_of(year, month_of(month), day)

    def _relative(self, plain: str, _other: str) -> Span | None:
        if plain in self._words("today"):
            return Span(self.today, self.today)
        if plain in self._words("yesterday"):
            return Span(self.today - timedelta(days=1), self.today - timedelta(days=1))
        for unit in ("day", "week", "month", "year"):
            for word in self._words(f"unit.{unit}"):
                if found := re.match(rf"^(.+) {re.escape(word)} ({self._any('ago')})$", plain):
                    return self._ago(self._number(found[1]), unit)
                if re.match(rf"^({self._any('last')}) {re.escape(word)}$", plain):
                    return self._calendar(unit, 1)
                if re.match(rf"^({self._any('this')}) {re.escape(word)}$", plain):
                    return self._calendar(unit, 0)
        return None

    def _ago(self, n: int, unit: str) -> Span:
        """So many units ago: days and weeks give or take a quarter, months one month, years half a year."""
        if unit in _DAYS_OF:
            middle, slack = self.today - timedelta(days=n * _DAYS_OF[unit]), timedelta(days=max(n, _DAYS_OF[unit]) // 4)
            return Span(middle - slack, min(middle + slack, self.today))
        back, slack_months = (n * MONTHS, HALF_YEAR) if unit == "year" else (n, 1)
        first = self.today.year * MONTHS + self.today.month - 1 - back - slack_months
        span = months_from(first // MONTHS, first % MONTHS + 1, 2 * slack_months + 1)
        return Span(span.first, min(span.last or self.today, self.today))

    def _calendar(self, unit: str, back: int) -> Span:
        """The day, week, month or year of the calendar that lies so far back."""
        today = self.today
        if unit == "year":
            return months_from(today.year - back, 1, MONTHS)
        if unit == "month":
            month = today.year * MONTHS + today.month - 1 - back
            return months_from(month // MONTHS, month % MONTHS + 1, 1)
        days = _DAYS_OF[unit]
        first = today - timedelta(days=(today.weekday() if unit == "week" else 0) + back * days)
        return Span(first, first + timedelta(days=days - 1))

    def _part(self, plain: str, other: str) -> Span | None:
        """ "early 2023", "end of March 2023"."""
        for part, (at, n) in THIRDS.items():
            for word in self._words(f"part.{part}"):
                if plain.startswith((f"{word} ", f"{word}-")):
                    whole = self._plain(self._without(plain[len(word) + 1 :], ("fill",)), other)
                    return third_of(whole, at, n)
        return None

    def _month(self, plain: str, other: str) -> Span | None:
        """ "March 2023", "1 March 2023", "March 1 2023", "Christmas 2022"."""
        words = [w for w in re.split(r"[ ./-]+", plain) if w not in self._words("fill")]
        names = {word: int(n) for n in map(str, range(1, MONTHS + 1)) for word in self._words(f"month.{n}")}
        for n in ("1", "12"):
            if any(plain.startswith(feast) for feast in self._words(f"feast.{n}")):
                return months_from(self._year(plain, other), int(n), 1)
        months = [names[word] for word in words if word in names]
        numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
        if len(months) != 1 or len(months) + len(numbers) != len(words):
            return None
        days = [n for n in numbers if n <= LAST_DAY]
        year = self._year(plain, other)
        return day_of(year, months[0], days[0]) if days else months_from(year, months[0], 1)

    def _lent(self, plain: str, other: str) -> Span | None:
        """ "last Christmas", "this spring": the newest that is over, or the newest that has begun.

        Of one that ended in this year, "last" may mean the one before: then the year is asked for.
        """
        if any(letter.isdigit() for letter in plain):
            return None
        for word, is_over in (("last", True), ("this", False)):
            for head in self._words(word):
                if not plain.startswith(f"{head} "):
                    continue
                rest = plain[len(head) + 1 :]
                for year in range(self.today.year + 1, self.today.year - ENDS, -1):
                    span = self._month(f"{rest} {year}", other) or self._season(f"{rest} {year}", other)
                    if span is None or span.first is None or span.last is None:
                        return None
                    if is_over and span.last <= self.today and span.last.year == self.today.year:
                        raise Unreadable("no_year")
                    if (span.last if is_over else span.first) <= self.today:
                        return span
        return None

    def _season(self, plain: str, other: str) -> Span | None:
        """ "spring 2023"; in the south of the world half a year later."""
        for month in ("3", "6", "9", "12"):
            if any(word in plain.split() for word in self._words(f"season.{month}")):
                year, first = self._year(plain, other), int(month)
                if self.country in self._words("south", keep=True):
                    first = (first + HALF_YEAR - 1) % MONTHS + 1
                if first != MONTHS:
                    return months_from(year, first, SEASON)
                # Winter lies in two years, and people mean either: from the one December to the other's February.
                return Span(date(year - 1, MONTHS, 1), months_from(year, MONTHS, SEASON).last)
        return None

    def _year(self, plain: str, other: str) -> int:
        for text in (plain, other):
            if found := re.findall(r"\b(\d{4})\b", text):
                return int(found[-1])
        raise Unreadable("no_year")

    def _number(self, word: str) -> int:
        if word.isascii() and word.isdigit() and int(word) < CENTURY:
            return int(word)
        for n in map(str, range(1, 11)):
            if word in self._words(f"number.{n}"):
                return int(n)
        raise Unreadable

    def _without(self, plain: str, lists: tuple[str, ...]) -> str:
        """A text without the words of a list in front of it."""
        heads = sorted((w for name in lists for w in self._words(name)), key=len, reverse=True)
        before = None
        while before != plain:
            before = plain
            for head in heads:
                if plain.startswith(f"{head} ") or (not head[-1].isalpha() and plain.startswith(head)):
                    plain = plain[len(head) :].strip()
        return plain

    @cached_property
    def _lists(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _words(self, name: str, *, keep: bool = False) -> tuple[str, ...]:
        if name not in self._lists:
            listed = self.text.say(f"web_dates.{name}").split(",")
            self._lists[name] = tuple(w.strip() if keep else w.strip().lower() for w in listed)
        return self._lists[name]

    def _any(self, name: str) -> str:
        return "|".join(map(re.escape, self._words(name)))
