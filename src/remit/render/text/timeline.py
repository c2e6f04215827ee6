"""Trials as horizontal bars over months; a date that is not known is an open end with a question mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text as Line

from remit.render.phrases import Phrases
from remit.render.views import TrialView

MONTHS = 12
MOST_PER_MONTH = 6  # columns; a short history need not fill the page
LABEL = 26  # columns for a treatment's name
LEAST_BAR = 20


@dataclass(frozen=True, slots=True)
class Scale:
    """Columns of the timeline: so many to a month, or so many months to one."""

    first: date  # first day of a month
    per_month: int
    months_per_column: int
    columns: int

    def starts(self) -> list[date]:
        """First day of every column, and of the one after the last."""
        return [self._at(i) for i in range(self.columns + 1)]

    def _at(self, column: int) -> date:
        months, part = divmod(column * self.months_per_column, self.per_month)
        begin = add_months(self.first, months)
        days = (add_months(begin, 1) - begin).days
        return begin + timedelta(days=days * part // self.per_month)


def add_months(day: date, months: int) -> date:
    """The first of the month that comes so many months after a day's month."""
    years, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(years, month + 1, 1)


def scale(first: date, last: date, width: int) -> Scale:
    """A scale from the month of `first` to that of `last` in at most `width` columns."""
    begin = first.replace(day=1)
    months = (last.year - begin.year) * MONTHS + last.month - begin.month + 1
    if months > width:
        per_column = -(-months // width)
        return Scale(begin, 1, per_column, -(-months // per_column))
    per_month = min(MOST_PER_MONTH, width // months)
    return Scale(begin, per_month, 1, months * per_month)


class Timeline:
    """A picture of trials; rich asks for it at the width of the page.

    Parameters
    ----------
    trials : sequence of TrialView
    index_date : date
        Where the picture ends.
    phrases : Phrases
    """

    def __init__(self, trials: Sequence[TrialView], index_date: date, phrases: Phrases) -> None:
        self.trials, self.index_date, self.phrases = trials, index_date, phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        is_rich = options.encoding.lower().startswith("utf")
        solid, light = ("█", "░") if is_rich else ("#", ".")
        label = min(LABEL, max(len(t.treatment.name) for t in self.trials))
        width = max(LEAST_BAR, options.max_width - label - 2)
        chart = scale(self._first(), self.index_date, width)
        starts = chart.starts()
        for trial in self.trials:
            bar = bar_of(trial, starts, solid, light) or self.phrases.say("page.undated")
            yield Line(f"{trial.treatment.name[:label]:<{label}} {bar}", no_wrap=True, overflow="crop")
        yield Line(" " * (label + 1) + axis(starts), no_wrap=True, overflow="crop")
        yield Line(self.phrases.say("page.timeline_legend", bar=solid * 2, open=light * 2))

    def _first(self) -> date:
        known = [d for t in self.trials for d in (t.start, t.end_earliest) if d]
        return min([*known, self.index_date])


def bar_of(trial: TrialView, starts: list[date], solid: str, light: str) -> str:
    """The bar of a trial: solid where it surely ran, light where it may have, ``?`` at an unknown end."""
    if trial.start is None and trial.end is None:
        return ""
    begin, end = trial.start or starts[0], trial.end or starts[-1]
    sure = (trial.start_latest or end, trial.end_earliest or begin)
    cells = []
    for left, right in pairwise(starts):
        if left < sure[1] and sure[0] < right and sure[0] < sure[1]:
            cells.append(solid)
        else:
            cells.append(light if left < end and begin < right else " ")
    drawn = [i for i, cell in enumerate(cells) if cell != " "]
    if not drawn:
        return ""
    if trial.start is None:
        cells[drawn[0]] = "?"
    if trial.end is None:
        cells[drawn[-1]] = "?"
    bar = "".join(cells).rstrip()
    return f"{bar}>" if trial.is_ongoing else bar


def axis(starts: list[date]) -> str:
    """Months and years under the columns: the first month, then every January that has room."""
    text = f"{starts[0]:%Y-%m}"
    for i, day in enumerate(starts[:-1]):
        is_new_year = i and day.year != starts[i - 1].year
        if is_new_year and i > len(text):
            text = f"{text:<{i}}{day.year}"
    return text
