"""Numbers, dates and names as a reader writes them: ISO dates for clinicians, months in words for a visit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property

from remit.knowledge.base import Cited
from remit.knowledge.text import Text
from remit.render.letters import legible
from remit.render.views import DAYS_PER_WEEK, TrialView

MARKS = ("yes", "partly", "derived", "no")
"""How well a fact was verified, best first."""
_DECEMBER = 12
_PLACES = 4  # beyond which a number is rounding noise
_DAY = timedelta(days=1)


def number(value: float) -> str:
    """A number without a needless fraction: 2, 37.5."""
    return str(plain(value))


def plain(value: float) -> int | float:
    """A whole number as int, another rounded to what is meant."""
    rounded = round(value, _PLACES)
    return int(rounded) if rounded == int(rounded) else rounded


def finite(value: float | None) -> float | None:
    """None for a bound that is no number."""
    return value if value is not None and math.isfinite(value) else None


def weakest(cited: Iterable[Cited]) -> str | None:
    """The weakest mark of verification among facts."""
    return max((c.verified for c in cited), key=MARKS.index, default=None)


def sources_of(cited: Iterable[Cited]) -> tuple[str, ...]:
    """Source ids of facts, each once, in order."""
    return tuple(dict.fromkeys(source for c in cited for source in c.sources))


class Phrases:
    """Words of one mode.

    Parameters
    ----------
    text : Text
    mode : str
        clinician or visit.
    """

    def __init__(self, text: Text, mode: str) -> None:
        self.text, self.mode = text, mode
        self.is_visit = mode == "visit"

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key with its names filled in; what comes from a record cannot act on the page."""
        for name, value in values.items():
            if isinstance(value, str) and not (value.isascii() and value.isprintable()):
                values[name] = legible(value)
        sentence = self.text.sentences[key]
        # Thousands stand on a page of a long course: they are filled in without handing the values on one by one.
        return sentence.format_map(values) if isinstance(sentence, str) else self.text.say(key, **values)

    def moded(self, key: str, **values: object) -> str:
        """The sentence of a key in this mode: ``visit.<key>`` where there is one."""
        own = f"visit.{key}"
        return self.say(own if self.is_visit and self.text.has(own) else key, **values)

    def day(self, day: date) -> str:
        """A day: 2024-03-01, or 1 March 2024."""
        if not self.is_visit:
            return day.isoformat()
        return f"{day.day} {self._months[day.month - 1]} {day.year}"

    @cached_property
    def _months(self) -> tuple[str, ...]:
        """Their names, which every date of a long list needs."""
        return tuple(self.say(f"words.month.{n}") for n in range(1, _DECEMBER + 1))

    def span(self, first: date | None, last: date | None) -> str:
        """A day, a month, a year or an interval, from the first and the last day that it can be."""
        if first is None or last is None:
            return self.say("words.unknown_date")
        if first == last:
            return self.day(first)
        if first.day == 1 and (last + _DAY).day == 1:
            if (first.year, first.month) == (last.year, last.month):
                return self._month(first)
            if first.month == 1 and last.month == _DECEMBER and first.year == last.year:
                return str(first.year)
        return self.say("words.between", first=self.day(first), last=self.day(last))

    def _month(self, day: date) -> str:
        if not self.is_visit:
            return day.isoformat()[:7]
        return f"{self.say(f'words.month.{day.month}')} {day.year}"

    def start(self, trial: TrialView) -> str:
        """When a trial began."""
        return self.span(trial.start, trial.start_latest)

    def last_day(self, trial: TrialView) -> str:
        """Last day of a trial; the tables hold the day after."""
        if trial.is_ongoing:
            return self.say("words.ongoing")
        return self.last(trial.end_earliest, trial.end)

    def last(self, end_earliest: date | None, end: date | None) -> str:
        """A last day, from the earliest and the latest day after it."""
        if end is None or end_earliest is None:
            return self.say("words.unknown_date")
        return self.span(end_earliest - _DAY, end - _DAY)

    def period(self, trial: TrialView) -> str:
        """From when to when a trial ran."""
        if trial.start is None and trial.end is None:
            return self.say("words.no_dates")
        if trial.is_ongoing:
            return self.say("words.since", start=self.start(trial))
        return self.say("words.period", start=self.start(trial), end=self.last_day(trial))

    def named(self, trial: TrialView) -> str:
        """A trial by treatment and time."""
        return trial.made.of(("named", self.text.language, self.mode), self._named, trial)

    def _named(self, trial: TrialView) -> str:
        return self.say("words.named", treatment=trial.treatment.name, period=self.period(trial))

    def days(self, low: int, high: int | None) -> str:
        """A number of days, or what it can be."""
        if high is None:
            return self.say("words.days_at_least", n=low) if low else self.say("words.days_unknown")
        if low == high:
            return self.say("words.days", n=low)
        return self.say("words.days_between", low=low, high=high, n=high)

    def weeks(self, days: int) -> str:
        """Days as whole weeks, for a visit."""
        weeks = days // DAYS_PER_WEEK
        return self.say("words.weeks", n=weeks) if weeks else self.say("words.days", n=days)

    def mark(self, verified: str | None) -> str:
        """How well something was verified, in words."""
        return self.say(f"words.verified.{verified or 'none'}")

    def outcome(self, word: str | None) -> str:
        """An outcome in words."""
        return self.moded(f"words.outcome.{word or 'unknown'}")

    def listed(self, names: Iterable[str]) -> str:
        """Names in a row, the last one with `and`."""
        items = list(names)
        if len(items) < 2:  # noqa: PLR2004
            return "".join(items)
        return self.say("words.and", first=", ".join(items[:-1]), last=items[-1])
