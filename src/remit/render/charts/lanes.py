"""Treatments as lanes: bars on the days they ran, height and fill by dose against a minimum, `?` where unknown.

Height, outline and words carry every meaning; colour only repeats it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from remit.drawing.svg import BLUE, GREY, INK, PAPER, SIZE, Canvas, width_of
from remit.flow.carried import Last
from remit.render.charts.frame import RIGHT, SMALL, WIDTH, DataTable, TimeAxis, fitted, wrapped

Level = Literal["enough", "low", "unknown", "plain"]
"""Of a piece: at or above the rule's minimum, below it, not known, or the rule has none."""

_LANE, _BAR = 26.0, 18.0
_LOOKS = {
    "enough": (_BAR, BLUE, PAPER),
    "low": (8.0, PAPER, BLUE),
    "plain": (13.0, GREY, PAPER),
    "unknown": (_BAR, PAPER, GREY),
}
"""Height, fill and outline of a piece by its level; an unknown one is a dashed outline."""
_LEAST = 2.0
_INSET = 6.0
_DASH = "3 2"


@dataclass(frozen=True, slots=True)
class Piece:
    """Days of a lane that are alike. `end` is the day after the last one."""

    start: date
    end: date
    level: Level
    label: str = ""  # such as a dose; drawn where it fits


@dataclass(frozen=True, slots=True)
class Lane:
    """One treatment.

    Attributes
    ----------
    name : str
    pieces : tuple of Piece
        Days on which it surely ran, in order.
    may_start, may_end : date or None
        Outer ends of what is possible; null where nothing is known, which reaches to the edge of the picture.
    is_ongoing : bool
    is_dated : bool
        Whether anything at all is known about its time.
    note : str
        Stands at the right, such as what came of it.
    row : tuple of str
        Its row of the table.
    """

    name: str
    pieces: tuple[Piece, ...]
    may_start: date | None
    may_end: date | None
    is_ongoing: bool
    is_dated: bool
    note: str
    row: tuple[str, ...]
    made: Last = field(default_factory=Last, init=False, repr=False, compare=False)  # of this lane

    @property
    def is_exact(self) -> bool:
        """Whether it surely ran from its first to its last possible day."""
        return bool(self.pieces) and self.pieces[0].start == self.may_start and self.pieces[-1].end == self.may_end


class LanePanel:
    """Lanes, one below the other.

    Parameters
    ----------
    lanes : sequence of Lane
    caption : str
    columns : tuple of str
        Of the table; every lane's `row` has as many cells.
    undated : str
        Written into a lane without any date.
    """

    def __init__(self, lanes: Sequence[Lane], caption: str, columns: tuple[str, ...], undated: str) -> None:
        self.lanes, self.caption, self.columns, self.undated = lanes, caption, columns, undated

    @property
    def height(self) -> float:
        """How much room it needs."""
        return _LANE * len(self.lanes)

    def table(self) -> DataTable:
        """One row a treatment."""
        return DataTable(self.caption, self.columns, tuple(lane.row for lane in self.lanes))

    def draw(self, canvas: Canvas, axis: TimeAxis, top: float) -> None:
        """Draw every lane."""
        for n, lane in enumerate(self.lanes):
            canvas.add(lane.made.of("shapes", _shapes, lane, axis, top + n * _LANE, self.undated))


def _shapes(lane: Lane, axis: TimeAxis, top: float, undated: str) -> tuple[str, ...]:
    """What a lane is drawn with."""
    canvas, middle = Canvas(WIDTH, _LANE), top + _LANE / 2
    canvas.text(0, middle + SIZE / 3, fitted(lane.name, axis.left - _INSET, SIZE), size=SIZE)
    for n, line in enumerate(lines := wrapped(lane.note, WIDTH - RIGHT - 2 * _INSET)):
        y = middle + SMALL / 3 + (n - (len(lines) - 1) / 2) * (SMALL + 1)
        canvas.text(axis.right + 2 * _INSET, y, line, size=SMALL)
    if lane.is_dated:
        _bar(canvas, axis, middle, lane)
    else:
        canvas.text(axis.left + _INSET, middle + SMALL / 3, undated, size=SMALL, fill=GREY)
    return canvas.shapes


def _bar(canvas: Canvas, axis: TimeAxis, middle: float, lane: Lane) -> None:
    if not lane.is_exact:
        _possible(canvas, axis, middle, lane)
    for piece in lane.pieces:
        _piece(canvas, axis, middle, piece)
    if lane.is_ongoing:
        tip = axis.right
        canvas.polygon([(tip, middle - _BAR / 2), (tip + _INSET, middle), (tip, middle + _BAR / 2)], fill=INK)


def _possible(canvas: Canvas, axis: TimeAxis, middle: float, lane: Lane) -> None:
    """What may have been: a dashed outline, with a question mark at an end of which nothing is known."""
    left = axis.at(lane.may_start) if lane.may_start else axis.left
    right = axis.at(lane.may_end) if lane.may_end else axis.right
    _outline(canvas, left, right, middle, _BAR)
    if lane.may_start is None:
        canvas.text(left + 2, middle + SMALL / 3, "?", size=SMALL)
    if lane.may_end is None:
        canvas.text(right - 2, middle + SMALL / 3, "?", size=SMALL, anchor="end")


def _outline(canvas: Canvas, left: float, right: float, middle: float, height: float) -> None:
    top, bottom = middle - height / 2, middle + height / 2
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    canvas.polygon(corners, fill=PAPER, stroke=GREY, dash=_DASH)


def _piece(canvas: Canvas, axis: TimeAxis, middle: float, piece: Piece) -> None:
    left = axis.at(piece.start)
    width = max(axis.at(piece.end) - left, _LEAST)
    height, fill, stroke = _LOOKS[piece.level]
    if piece.level == "unknown":
        _outline(canvas, left, left + width, middle, height)
    else:
        # Lower bars stand on the lane's ground, so that height reads as dose.
        canvas.rect(left, middle + _BAR / 2 - height, width, height, fill=fill, stroke=stroke)
    label = piece.label or ("?" if piece.level == "unknown" else "")
    if width_of(label, SMALL) + 2 > width:
        return
    if piece.level == "low":
        canvas.text(left + 2, middle, label, size=SMALL)
    else:
        fill = INK if piece.level == "unknown" else PAPER
        y = middle + (_BAR - height) / 2 + SMALL / 3
        canvas.text(left + width / 2, y, label, size=SMALL, anchor="middle", fill=fill)
