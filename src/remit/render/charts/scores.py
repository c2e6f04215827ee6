"""Scores of one instrument over time: points, what lies between them, lines at published thresholds, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, pairwise
from typing import NamedTuple

from remit.drawing.svg import BLUE, GREY, INK, ORANGE, PALE, PAPER, SIZE, Canvas, Spot, spots, width_of
from remit.flow.carried import Last
from remit.render.charts.frame import SMALL, WIDTH, DataTable, TimeAxis, wrapped

BREAK_DAYS = 92
"""Points further apart than a quarter of a year are joined by a dotted line only: nobody measured in between."""
_HEIGHT, _PAD = 120.0, 8.0
_DOT, _MARK = 3.5, 5.5
_INSET = 6.0


class Point(NamedTuple):
    """One score.

    Attributes
    ----------
    day : date
    value : float
    label : str
        Read aloud and shown on hovering.
    mark : str
        A short word drawn beside it, such as a response; empty for none.
    is_sure : bool
        False where part of it was filled in; drawn hollow.
    """

    day: date
    value: float
    label: str
    mark: str = ""
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Threshold:
    """A published number on the scale, with its name."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Year:
    """Scores of one year.

    Attributes
    ----------
    points : tuple of Point
        In order of time.
    rows : tuple of tuple of str
        Of the table, one a point.
    """

    points: tuple[Point, ...]
    rows: tuple[tuple[str, ...], ...]
    made: Last = field(default_factory=Last, init=False, repr=False, compare=False)  # of this year


@dataclass(frozen=True, slots=True)
class Series:
    """All scores of one instrument.

    Attributes
    ----------
    name : str
    low, high : float
        Ends of the scale.
    years : tuple of Year
        In order of time.
    thresholds : tuple of Threshold
    sources : tuple of str
        Of the scale and its thresholds.
    """

    name: str
    low: float
    high: float
    years: tuple[Year, ...]
    thresholds: tuple[Threshold, ...]
    sources: tuple[str, ...] = ()

    @property
    def first(self) -> date:
        """Day of the first score."""
        return self.years[0].points[0].day

    def __len__(self) -> int:
        return sum(len(year.points) for year in self.years)


class _Placed(NamedTuple):
    """Where the points of a year stand."""

    days: list[date]
    places: list[tuple[float, float]]
    spots: list[Spot]


class ScorePanel:
    """One instrument.

    Parameters
    ----------
    series : Series
    caption : str
    columns : sequence of str
        Of the table.
    """

    def __init__(self, series: Series, caption: str, columns: Sequence[str]) -> None:
        self.series, self.caption, self.columns = series, caption, tuple(columns)

    height = _HEIGHT

    def table(self) -> DataTable:
        """One row a score."""
        rows = tuple(chain.from_iterable(year.rows for year in self.series.years))
        return DataTable(self.caption, self.columns, rows, self.series.sources)

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        """Draw the scale, its thresholds, and the scores."""
        self._scale(canvas, axis, top)
        series, scale = self.series, (self.series.low, self.series.high)
        placed = [year.made.of("placed", _placed, year, axis, top, scale) for year in series.years]
        days, places, at = (list(chain.from_iterable(column)) for column in zip(*placed, strict=True))
        breaks = [n for n, (day, following) in enumerate(pairwise(days), 1) if (following - day).days > BREAK_DAYS]
        for n in breaks:
            canvas.line(*places[n - 1], *places[n], stroke=GREY, dash="1 4")
        for first, after in pairwise([0, *breaks, len(days)]):
            if after - first > 1:
                canvas.polyline(at[first:after], stroke=BLUE, width=2)
        taken = axis.left
        for year, where in zip(series.years, placed, strict=True):
            shapes, taken = year.made.of("shapes", _shapes, year, where, axis, taken)
            canvas.add(shapes)

    def _at(self, value: float, top: float) -> float:
        return _height(value, top, (self.series.low, self.series.high))

    def _scale(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        for n, line in enumerate(wrapped(self.series.name, axis.left - 6 * _INSET, SIZE)):
            canvas.text(0, top + SIZE + n * (SIZE + 2), line, size=SIZE)
        for value in (self.series.low, self.series.high):
            y = self._at(value, top)
            canvas.line(axis.left, y, axis.right, y, stroke=PALE)
            canvas.text(axis.left - _INSET, y + SMALL / 3, f"{value:g}", size=SMALL, anchor="end", fill=GREY)
        for threshold in self.series.thresholds:
            y = self._at(threshold.value, top)
            canvas.line(axis.left, y, axis.right, y, stroke=ORANGE, dash="6 3")
            for n, line in enumerate(wrapped(threshold.name, WIDTH - axis.right - 2 * _INSET)):
                canvas.text(axis.right + 2 * _INSET, y + SMALL / 3 + n * (SMALL + 1) - SMALL / 2, line, size=SMALL)


def _height(value: float, top: float, scale: tuple[float, float]) -> float:
    low, high = scale
    share = (value - low) / ((high - low) or 1.0)
    return top + _HEIGHT - _PAD - share * (_HEIGHT - 2 * _PAD)


def _placed(year: Year, axis: TimeAxis, top: float, scale: tuple[float, float]) -> _Placed:
    days, values = [point.day for point in year.points], [point.value for point in year.points]
    heights = {value: _height(value, top, scale) for value in set(values)}
    places = list(zip(axis.places(days), map(heights.__getitem__, values), strict=True))
    return _Placed(days, places, spots(places))


def _shapes(year: Year, placed: _Placed, axis: TimeAxis, taken: float) -> tuple[tuple[str, ...], float]:
    """What the points of a year are drawn with, and where words end."""
    canvas = Canvas(WIDTH, _HEIGHT)
    sure, hollow = (canvas.circles(_DOT, fill=fill, stroke=BLUE) for fill in (BLUE, PAPER))
    for point, place, spot in zip(year.points, placed.places, placed.spots, strict=True):
        _, _, label, mark, is_sure = point
        if mark:
            taken = _marked(canvas, axis, point, place, taken)
        else:
            (sure if is_sure else hollow)(spot, label)
    return canvas.shapes, taken


def _marked(canvas: Canvas, axis: TimeAxis, point: Point, at: tuple[float, float], taken: float) -> float:
    """Draw a score with a word; it is left out where an earlier one stands in the way. Returns where words end."""
    x, y = at
    tip = [(x, y - _MARK), (x + _MARK, y), (x, y + _MARK), (x - _MARK, y)]
    canvas.polygon(tip, fill=ORANGE if point.is_sure else PAPER, stroke=INK, label=point.label)
    room = width_of(point.mark, SMALL)
    left = x + _MARK + 2 if x + _MARK + 2 + room < axis.right else x - _MARK - 2 - room
    if left < taken:
        return taken
    canvas.text(left, y - _MARK, point.mark, size=SMALL)
    return left + room
