"""Scores of one instrument over time: points, what lies between them, lines at published thresholds, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from remit.drawing.svg import BLUE, GREY, INK, ORANGE, PALE, PAPER, SIZE, Canvas, spots, width_of
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
class Series:
    """All scores of one instrument.

    Attributes
    ----------
    name : str
    low, high : float
        Ends of the scale.
    points : tuple of Point
        In order of time.
    thresholds : tuple of Threshold
    rows : tuple of tuple of str
        Of the table, one a point.
    sources : tuple of str
        Of the scale and its thresholds.
    """

    name: str
    low: float
    high: float
    points: tuple[Point, ...]
    thresholds: tuple[Threshold, ...]
    rows: tuple[tuple[str, ...], ...]
    sources: tuple[str, ...] = ()


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
        return DataTable(self.caption, self.columns, self.series.rows, self.series.sources)

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        """Draw the scale, its thresholds, and the scores."""
        self._scale(canvas, axis, top)
        points = self.series.points
        days, values = [point.day for point in points], [point.value for point in points]
        heights = {value: self._at(value, top) for value in set(values)}
        places = list(zip(axis.places(days), map(heights.__getitem__, values), strict=True))
        at = spots(places)
        breaks = [n for n, (day, following) in enumerate(pairwise(days), 1) if (following - day).days > BREAK_DAYS]
        for n in breaks:
            canvas.line(*places[n - 1], *places[n], stroke=GREY, dash="1 4")
        for first, after in pairwise([0, *breaks, len(points)]):
            if after - first > 1:
                canvas.polyline(at[first:after], stroke=BLUE, width=2)
        taken = axis.left
        sure, hollow = (canvas.circles(_DOT, fill=fill, stroke=BLUE) for fill in (BLUE, PAPER))
        for point, place, spot in zip(points, places, at, strict=True):
            _, _, label, mark, is_sure = point
            if mark:
                taken = _marked(canvas, axis, point, place, taken)
            else:
                (sure if is_sure else hollow)(spot, label)

    def _at(self, value: float, top: float) -> float:
        share = (value - self.series.low) / ((self.series.high - self.series.low) or 1.0)
        return top + _HEIGHT - _PAD - share * (_HEIGHT - 2 * _PAD)

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
