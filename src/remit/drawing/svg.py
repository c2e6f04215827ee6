"""A small writer of accessible SVG, and axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from xml.sax.saxutils import quoteattr

INK, GREY, PALE, BLUE, ORANGE, PAPER = "#1a1a1a", "#5f5f5f", "#d9d9d9", "#0b5394", "#b45309", "#ffffff"
DARK = {INK: "#f2f2f2", GREY: "#b5b5b5", PALE: "#4d4d4d", BLUE: "#8cc4ff", ORANGE: "#ffb454", PAPER: "#16181d"}
"""What each colour becomes on a dark ground; PAPER is the ground itself."""
SIZE = 13
CHARACTER = 0.56
MOST_TICKS = 7


@lru_cache(maxsize=1 << 14)
def num(value: float) -> str:
    """A coordinate with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def escape(text: str) -> str:
    """A text as the content of an element; few of the thousands in a picture hold anything to escape."""
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def width_of(text: str, size: float = SIZE) -> float:
    """Estimated width of a text, generous for wide letters."""
    return len(text) * CHARACTER * size


@lru_cache(maxsize=1024)
def _quoted(value: str) -> str:
    """Colours, sizes and dashes, quoted; they come back in nearly every shape."""
    return quoteattr(value)


def _dashed(dash: str) -> str:
    """The attribute of a line that is broken."""
    return f" stroke-dasharray={_quoted(dash)}" if dash else ""


Spot = tuple[str, str]
"""A point whose coordinates are written out already, as where several shapes share it."""


def spots(points: Iterable[tuple[float, float]]) -> list[Spot]:
    """Points with their coordinates written out."""
    return [(num(x), num(y)) for x, y in points]


def _through(points: Iterable[Spot]) -> str:
    """Points of a line."""
    return " ".join([f"{x},{y}" for x, y in points])


def _ended(tag: str, label: str) -> str:
    """The end of a shape, with what it is called."""
    return f"><title>{escape(label)}</title></{tag}>" if label else "/>"


class Canvas:
    """Collects shapes and renders them with a title and a description; a long course has thousands of them."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []

    @property
    def shapes(self) -> tuple[str, ...]:
        """What was drawn so far."""
        return tuple(self._parts)

    def add(self, shapes: Iterable[str]) -> None:
        """Take over what was drawn elsewhere, in the same coordinates."""
        self._parts.extend(shapes)

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        anchor: str = "start",
        size: float = SIZE,
        weight: str = "normal",
        fill: str = INK,
        turn: float = 0,
    ) -> None:
        """Write a text with its base line at y."""
        extra = "" if weight == "normal" else f" font-weight={_quoted(weight)}"
        if anchor != "start":
            extra += f" text-anchor={_quoted(anchor)}"
        if turn:
            extra += f' transform="rotate({num(turn)} {num(x)} {num(y)})"'
        self._parts.append(
            f'<text x="{num(x)}" y="{num(y)}" font-size="{num(size)}" fill={_quoted(fill)}{extra}>'
            f"{escape(content)}</text>"
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = INK, width: float = 1, dash: str = ""
    ) -> None:
        """Draw a line."""
        self._parts.append(
            f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" stroke={_quoted(stroke)} '
            f'stroke-width="{num(width)}"{_dashed(dash)}/>'
        )

    def polyline(self, points: Iterable[Spot], *, stroke: str = INK, width: float = 1) -> None:
        """Draw a line through points; one shape, however many they are."""
        self._parts.append(
            f'<polyline points="{_through(points)}" fill="none" stroke={_quoted(stroke)} stroke-width="{num(width)}"/>'
        )

    def rect(
        self, x: float, y: float, w: float, h: float, *, fill: str = INK, stroke: str = "none", label: str = ""
    ) -> None:
        """Draw a rectangle; a label becomes its tooltip and is read aloud."""
        self._parts.append(
            f'<rect x="{num(x)}" y="{num(y)}" width="{num(w)}" height="{num(h)}" fill={_quoted(fill)} '
            f"stroke={_quoted(stroke)}{_ended('rect', label)}"
        )

    def circle(self, x: float, y: float, r: float, *, fill: str = INK, stroke: str = "none", label: str = "") -> None:
        """Draw a circle; a label becomes its tooltip and is read aloud."""
        self.circles(r, fill=fill, stroke=stroke)((num(x), num(y)), label)

    def circles(self, r: float, *, fill: str = INK, stroke: str = "none") -> Callable[[Spot, str], None]:
        """What draws one of many circles of a kind, from its middle and its label."""
        look, add = f'r="{num(r)}" fill={_quoted(fill)} stroke={_quoted(stroke)}', self._parts.append

        def draw(spot: Spot, label: str) -> None:
            end = f"><title>{escape(label)}</title></circle>" if label else "/>"
            add(f'<circle cx="{spot[0]}" cy="{spot[1]}" {look}{end}')

        return draw

    def polygon(
        self,
        points: Sequence[tuple[float, float]],
        *,
        fill: str = INK,
        stroke: str = "none",
        dash: str = "",
        label: str = "",
    ) -> None:
        """Draw a closed shape; a label becomes its tooltip and is read aloud."""
        self._parts.append(
            f'<polygon points="{_through(spots(points))}" fill={_quoted(fill)} stroke={_quoted(stroke)}{_dashed(dash)}'
            f"{_ended('polygon', label)}"
        )

    def render(self, title: str, description: str, *, name: str = "", is_inline: bool = False) -> str:
        """Return the picture as SVG.

        Parameters
        ----------
        title, description : str
            What it shows, read aloud.
        name : str
            Begins the ids, so that several pictures can stand on one page.
        is_inline : bool
            Whether it stands inside a page: then it has no ground of its own (see `theme`).
        """
        prefix = f"{name}-" if name else ""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{prefix}title {prefix}desc" '
            f'width="{num(self.width)}" height="{num(self.height)}" '
            f'viewBox="0 0 {num(self.width)} {num(self.height)}" font-family="sans-serif">'
        )
        ground = f'<rect width="{num(self.width)}" height="{num(self.height)}" fill="{PAPER}"/>'
        body = [
            f'<title id="{prefix}title">{escape(title)}</title>',
            f'<desc id="{prefix}desc">{escape(description)}</desc>',
            *([] if is_inline else [ground]),
            *self._parts,
        ]
        return "\n".join([head, *body, "</svg>"]) + "\n"


def theme() -> str:
    """Style rules that turn inline pictures to a dark ground; a page puts them where it wants that."""
    rules = [
        f'svg [{attribute}="{light}"]{{{attribute}:{dark}}}'
        for light, dark in DARK.items()
        for attribute in ("fill", "stroke")
    ]
    return "\n".join(rules)


class Axis:
    """Maps numbers to a horizontal stretch, with round ticks; logarithmic axes take and give logarithms."""

    def __init__(self, low: float, high: float, left: float, right: float, *, log: bool = False) -> None:
        self.log, self.left, self.right = log, left, right
        spread = high - low if high > low else 1.0
        self.low, self.high = low - 0.04 * spread, high + 0.04 * spread

    def at(self, value: float) -> float:
        """Position of a value, held inside the stretch."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.left + share * (self.right - self.left)

    def inside(self, value: float) -> bool:
        """The value lies on the axis."""
        return math.isfinite(value) and self.low <= value <= self.high

    def ticks(self) -> list[tuple[float, str]]:
        """Values and labels of ticks."""
        if self.log:
            found = _log_ticks(self.low, self.high)
            if len(found) > 1:
                return found
        step = nice(self.high - self.low)
        start = math.ceil(self.low / step)
        values = [i * step for i in range(start, math.floor(self.high / step) + 1)]
        decimals = max(0, -math.floor(math.log10(step)))
        return [(v, f"{math.exp(v):.3g}" if self.log else f"{v:.{decimals}f}") for v in values]

    def draw(self, canvas: Canvas, y: float, name: str) -> None:
        """Draw the axis with its name below."""
        canvas.line(self.left, y, self.right, y)
        for value, label in self.ticks():
            canvas.line(self.at(value), y, self.at(value), y + 5)
            canvas.text(self.at(value), y + 18, label, anchor="middle", size=11)
        canvas.text((self.left + self.right) / 2, y + 36, name, anchor="middle", size=12)


def nice(span: float, count: int = 5) -> float:
    """A round step that cuts a span into about `count` parts."""
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    return next((m * power for m in (1, 2, 5) if m * power >= raw), 10 * power)


def _log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    powers = range(math.floor(low / math.log(10)), math.ceil(high / math.log(10)) + 1)
    for multiples in ((1, 2, 5), (1,)):
        values = [m * 10.0**p for p in powers for m in multiples]
        inside = [v for v in values if low <= math.log(v) <= high]
        if 1 < len(inside) <= MOST_TICKS:
            return [(math.log(v), f"{v:g}") for v in inside]
    values = [10.0**p for p in powers if low <= p * math.log(10) <= high]
    step = max(1, math.ceil(len(values) / MOST_TICKS))
    return [(math.log(v), f"{v:g}") for v in values[::step]]
