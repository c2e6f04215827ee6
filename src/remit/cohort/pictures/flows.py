"""Pathways as a Sankey diagram and as a sunburst; the attrition as a flow chart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from remit.cohort.measures.pathways import STEP, TOGETHER
from remit.cohort.pictures.shares import COLOURS
from remit.drawing.svg import GREY, INK, PALE, Canvas, width_of

Paths = Sequence[tuple[tuple[str, ...], int]]

OTHER = ""
"""Stands for every treatment that is not among the most frequent."""

_SHOWN = 8


def read_paths(rows: Sequence[tuple[str, int]]) -> Paths:
    """Pathways as tuples of their lines."""
    return [(tuple(path.split(STEP)), n) for path, n in rows]


class Palette:
    """Colours of the most frequent lines; the rest are grey and go by one name."""

    def __init__(self, paths: Paths, says: Mapping[str, str]) -> None:
        seen: Counter[str] = Counter()
        for path, n in paths:
            for line in path:
                seen[line] += n
        frequent = [line for line, _ in sorted(seen.items(), key=lambda kv: (-kv[1], kv[0]))[:_SHOWN]]
        self._colour = dict(zip(frequent, COLOURS, strict=False))
        self._says = says

    def group(self, line: str) -> str:
        """The line itself, or the one group of all that are not frequent."""
        return line if line in self._colour else OTHER

    def colour(self, line: str) -> str:
        """Colour of a line."""
        return self._colour.get(line, GREY)

    def name(self, line: str) -> str:
        """Name of a line as it is shown."""
        return line.replace(TOGETHER, " + ") if line in self._colour else self._says["other"]


def sankey(paths: Paths, most_lines: int, says: Mapping[str, str]) -> str:
    """Persons from line to line; the height of a band is their number."""
    palette = Palette(paths, says)
    total = sum(n for _, n in paths) or 1
    column, width, height, top = 200, 16, 420, 36
    canvas = Canvas(column * most_lines + 60, height + top + 30)
    nodes = [_nodes(paths, i, palette) for i in range(most_lines)]
    room = height - 6 * (_SHOWN + 2)
    scale = room / total
    place = [_stack(n, scale, top) for n in nodes]
    flows: list[Counter[tuple[str, str]]] = [Counter() for _ in range(most_lines - 1)]
    for path, n in paths:
        for i in range(min(len(path), most_lines) - 1):
            flows[i][palette.group(path[i]), palette.group(path[i + 1])] += n
    for i, flow in enumerate(flows):
        out, into = dict(place[i]), dict(place[i + 1])
        for (a, b), n in sorted(flow.items(), key=lambda kv: (place[i][kv[0][0]], place[i + 1][kv[0][1]])):
            x, h = 20 + column * i + width, n * scale
            label = says["flow"].format(a=palette.name(a), b=palette.name(b), n=f"{n:,}", line=i + 1, next=i + 2)
            _band(canvas, x, out[a], 20 + column * (i + 1), into[b], h, palette.colour(a), label)
            out[a] += h
            into[b] += h
    for i, node in enumerate(nodes):
        canvas.text(20 + column * i, 20, says["line"].format(n=i + 1), weight="bold")
        for name, n in node.items():
            y = place[i][name]
            label = says["node"].format(name=palette.name(name), n=f"{n:,}", line=i + 1)
            canvas.rect(20 + column * i, y, width, max(n * scale, 1), fill=palette.colour(name), label=label)
            if n * scale >= _LEGIBLE:
                canvas.text(20 + column * i + width + 5, y + n * scale / 2 + 4, palette.name(name), size=11)
    return canvas.render(says["title"], says["description"], name="sankey")


_LEGIBLE = 11
_HALF_A_PIXEL = 0.5
_PIECES = 16


def _nodes(paths: Paths, at: int, palette: Palette) -> dict[str, int]:
    seen: Counter[str] = Counter()
    for path, n in paths:
        if len(path) > at:
            seen[palette.group(path[at])] += n
    return dict(sorted(seen.items(), key=lambda kv: (kv[0] == OTHER, -kv[1], kv[0])))


def _stack(node: Mapping[str, int], scale: float, top: float) -> dict[str, float]:
    found, y = {}, top
    for name, n in node.items():
        found[name] = y
        y += n * scale + 6
    return found


def _band(canvas: Canvas, x: float, y: float, to_x: float, to_y: float, h: float, colour: str, label: str) -> None:
    steps = [i / _PIECES for i in range(_PIECES + 1)]
    ease = [(x + (to_x - x) * t, y + (to_y - y) * (3 * t**2 - 2 * t**3)) for t in steps]
    below = [(px, py + max(h, 0.5)) for px, py in reversed(ease)]
    canvas.polygon([*ease, *below], fill=_pale(colour), label=label)


def _pale(colour: str) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - p) * 0.35):02x}" for p in parts)


def sunburst(paths: Paths, most_lines: int, says: Mapping[str, str]) -> str:
    """Lines as rings from the middle outwards; the angle is the number of persons."""
    palette = Palette(paths, says)
    tree: dict[tuple[str, ...], int] = Counter()
    for path, n in paths:
        groups = tuple(palette.group(line) for line in path[:most_lines])
        for depth in range(1, len(groups) + 1):
            tree[groups[:depth]] += n
    total = sum(n for path, n in tree.items() if len(path) == 1) or 1
    hole, ring = 44, 46
    radius = hole + ring * most_lines
    canvas = Canvas(2 * radius + 340, 2 * radius + 20)
    _sectors(canvas, tree, (), 0.0, 2 * math.pi / total, (radius + 10, radius + 10), hole, ring, palette, says)
    canvas.text(radius + 10, radius + 14, f"{total:,}", anchor="middle", weight="bold")
    key = sorted(
        {path[-1] for path in tree}, key=lambda g: (g == OTHER, -sum(n for p, n in tree.items() if p == (g,)), g)
    )
    for i, group in enumerate(key):
        canvas.rect(2 * radius + 40, 24 + 24 * i, 14, 14, fill=palette.colour(group))
        canvas.text(2 * radius + 62, 36 + 24 * i, palette.name(group))
    return canvas.render(says["title"], says["description"], name="sunburst")


def _sectors(
    canvas: Canvas, tree: Mapping[tuple[str, ...], int], stem: tuple[str, ...], angle: float, unit: float,
    centre: tuple[float, float], inner: float, ring: float, palette: Palette, says: Mapping[str, str],
) -> None:  # fmt: skip
    children = sorted(
        ((path, n) for path, n in tree.items() if len(path) == len(stem) + 1 and path[:-1] == stem),
        key=lambda kv: (kv[0][-1] == OTHER, -kv[1], kv[0]),
    )
    for path, n in children:
        turn = n * unit
        if turn * (inner + ring) >= _HALF_A_PIXEL:
            trail = STEP.join(palette.name(p) for p in path)
            points = _arc(centre, inner, angle, turn) + _arc(centre, inner + ring - 2, angle, turn)[::-1]
            fill = palette.colour(path[-1])
            canvas.polygon(points, fill=fill, stroke="#ffffff", label=says["sector"].format(path=trail, n=f"{n:,}"))
            _sectors(canvas, tree, path, angle, unit, centre, inner + ring, ring, palette, says)
        angle += turn


def _arc(centre: tuple[float, float], r: float, begin: float, turn: float) -> list[tuple[float, float]]:
    n = max(2, math.ceil(turn * r / 6))
    steps = [begin + turn * i / n - math.pi / 2 for i in range(n + 1)]
    return [(centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)) for a in steps]


def attrition_chart(boxes: Sequence[tuple[str, Sequence[str]]], says: Mapping[str, str]) -> str:
    """Boxes from top to bottom, and to the right what was left out between them."""
    line, gap, left, side = 20, 34, 30, 460
    widths = [width_of(text) for box, notes in boxes for text in (*box.split("\n"), *notes)]
    wide = max([260, *(w + 24 for w in widths)])
    heights = [max(len(box.split("\n")), 1) * line + 16 for box, _ in boxes]
    notes = [len(n) * line + (16 if n else 0) for _, n in boxes]
    canvas = Canvas(
        left + side + wide + 20, 20 + sum(max(h + gap, m + h + 20) for h, m in zip(heights, notes, strict=True))
    )
    y = 10.0
    for i, ((box, note), height) in enumerate(zip(boxes, heights, strict=True)):
        canvas.rect(left, y, side - 60, height, fill="#ffffff", stroke=INK)
        for j, text in enumerate(box.split("\n")):
            canvas.text(left + 12, y + 20 + line * j, text, weight="bold" if not j else "normal")
        below = max(height + gap, notes[i] + height + 20)
        if i + 1 < len(boxes):
            middle = left + (side - 60) / 2
            canvas.line(middle, y + height, middle, y + below - 6)
            canvas.polygon([(middle - 5, y + below - 8), (middle + 5, y + below - 8), (middle, y + below)], fill=INK)
            if note:
                at = y + height + (below - height) / 2
                canvas.line(middle, at, left + side, at)
                canvas.rect(left + side, at - notes[i] / 2, wide, notes[i], fill="#ffffff", stroke=PALE)
                for j, text in enumerate(note):
                    canvas.text(left + side + 12, at - notes[i] / 2 + 20 + line * j, text)
        y += below
    return canvas.render(says["title"], says["description"], name="attrition")
