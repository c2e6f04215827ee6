"""What every chart shares: a time axis, panels that stand one below the other on it, and the table that says the same.

A panel knows its height, draws itself between two heights, and lists its facts as rows. `stack` puts panels together.
A chart is a picture that needs neither a browser nor a clock: the same facts give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from remit.drawing.svg import GREY, INK, PALE, Canvas, width_of

WIDTH = 720.0
LEFT = 150.0
"""Where time begins; names stand to the left of it."""
RIGHT = 590.0
"""Where time ends; short notes stand to the right of it."""
SMALL = 11.0
MONTHS = 12
STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
"""Months between ticks; the first that fits is taken."""
MOST_TICKS = 9
_TOP, _AXIS, _GAP = 8.0, 26.0, 14.0
_LAST_RESORT = 240


@dataclass(frozen=True, slots=True)
class DataTable:
    """The facts of a panel as a table: what a reader gets who does not see the picture.

    `sources` are those of published numbers in it, such as the ends of a scale.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A finished picture.

    Attributes
    ----------
    name : str
        Unique on its page; ids inside the picture begin with it.
    title, description : str
        What it shows; both are inside the picture too.
    svg : str
        To stand inside a page: no background, colours that a page's style may change (`remit.drawing.svg.theme`).
    picture : str
        The same as a document of its own, on white.
    tables : tuple of DataTable
        All its facts.
    """

    name: str
    title: str
    description: str
    svg: str
    picture: str
    tables: tuple[DataTable, ...]


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Days from left to right.

    Parameters
    ----------
    first, last : date
        Both inside the picture; a day is drawn from its first to its last moment.
    left, right : float
    """

    first: date
    last: date
    left: float = LEFT
    right: float = RIGHT

    def __post_init__(self) -> None:
        object.__setattr__(self, "last", max(self.first, self.last))

    def at(self, day: date) -> float:
        """Position of the begin of a day, held inside the axis."""
        return self.places([day])[0]

    def places(self, days: Iterable[date]) -> list[float]:
        """Positions of many days, as `at` gives them."""
        first, left, width = self.first, self.left, self.right - self.left
        n = (self.last - first).days + 1
        shares = [(day - first).days / n for day in days]
        return [left + (0.0 if share < 0 else 1.0 if share > 1 else share) * width for share in shares]

    def ticks(self) -> list[tuple[float, str]]:
        """Positions and labels: first days of months, of as many months apart as fit."""
        months = (self.last.year - self.first.year) * MONTHS + self.last.month - self.first.month + 1
        step = next((s for s in STEPS if months / s <= MOST_TICKS), _LAST_RESORT)
        begin = self.first.year * MONTHS + self.first.month - 1
        begin += -begin % step
        found = []
        for n in range(begin, begin + months + 1, step):
            year, month = divmod(n, MONTHS)
            day = date(year, month + 1, 1)
            if self.first <= day <= self.last:
                found.append((self.at(day), f"{year}" if step % MONTHS == 0 else f"{year}-{month + 1:02d}"))
        return found or [(self.left, f"{self.first:%Y-%m-%d}")]


class Panel(Protocol):
    """A strip of a chart."""

    @property
    def height(self) -> float:
        """How much room it needs."""

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        """Draw between `top` and `top + height`."""

    def table(self) -> DataTable:
        """The same facts in words and numbers."""


def stack(
    panels: Sequence[Panel], axis: TimeAxis, *, name: str, title: str, description: str, index_label: str = ""
) -> Chart:
    """One picture of panels on a common time axis.

    Parameters
    ----------
    panels : sequence of Panel
        From top to bottom.
    axis : TimeAxis
        Its last day is the index date.
    name, title, description : str
        See `Chart`.
    index_label : str
        What stands at the end of the axis, such as the index date in words.
    """
    inner = sum(p.height for p in panels) + _GAP * (len(panels) - 1)
    canvas = Canvas(WIDTH, _TOP + inner + _AXIS)
    _grid(canvas, axis, _TOP, _TOP + inner, index_label)
    top = _TOP
    for before, panel in pairwise((None, *panels)):
        if before is not None:
            canvas.line(0, top - _GAP / 2, WIDTH, top - _GAP / 2, stroke=PALE)
        if panel is not None:
            panel.draw(canvas, axis, top)
            top += panel.height + _GAP
    svg = canvas.render(title, description, name=name, is_inline=True)
    picture = canvas.render(title, description, name=name)
    return Chart(name, title, description, svg, picture, tuple(p.table() for p in panels))


def _grid(canvas: Canvas, axis: TimeAxis, top: float, bottom: float, index_label: str) -> None:
    ends = axis.right - (width_of(index_label, SMALL) if index_label else 0)
    for x, label in axis.ticks():
        canvas.line(x, top, x, bottom, stroke=PALE)
        if x + width_of(label, SMALL) / 2 < ends:
            canvas.text(x, bottom + 16, label, anchor="middle", size=SMALL, fill=GREY)
    canvas.line(axis.left, bottom, axis.right, bottom)
    canvas.line(axis.right, top, axis.right, bottom, stroke=INK)
    if index_label:
        canvas.text(axis.right, bottom + 16, index_label, anchor="end", size=SMALL)


@lru_cache(maxsize=1024)
def fitted(text: str, room: float, size: float = SMALL) -> str:
    """A text, cut with an ellipsis where it does not fit."""
    if width_of(text, size) <= room:
        return text
    kept = text
    while kept and width_of(f"{kept}…", size) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


@lru_cache(maxsize=1024)
def wrapped(text: str, room: float, size: float = SMALL, lines: int = 2) -> tuple[str, ...]:
    """A text over some lines; the last one is cut where it does not fit. Few texts stand on many lanes."""
    words, line, found = text.split(), "", []
    while words and lines > 1:
        tried = f"{line} {words[0]}".strip()
        if line and width_of(tried, size) > room:
            found.append(line)
            line, lines = "", lines - 1
        else:
            line = tried
            words.pop(0)
    return (*found, fitted(" ".join([line, *words]).strip(), room, size))
