"""Pictures of a network: graph, net heat, rankogram, contributions."""

from __future__ import annotations

import math

import numpy as np

from remit.drawing.svg import BLUE, GREY, INK, ORANGE, PALE, Canvas, width_of
from remit.evidence.nma.piece import Piece
from remit.evidence.nma.results import NetworkResult
from remit.evidence.plots.labels import lines_of, numbered
from remit.evidence.types import Floats

PANEL, MARGIN, RADIUS = 420, 30, 0.3
NAME_SIZE, LEAD = 12, 14
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)
"""Where on a line its number may stand, the middle first."""

APART, MOST_COUNTS = 22, 30
MOST_CELLS, MOST_RANKED = 60, 40


def write_plots(result: NetworkResult) -> dict[str, str]:
    """Draw all pictures of a network; file name to SVG text. Pieces have pictures of their own."""
    pictures = {"network.svg": network_graph(result)}
    for i, piece in enumerate(result.pieces, start=1):
        end = "" if result.connected else f"-{i}"
        if len(piece.treatments) <= MOST_RANKED:
            pictures[f"rankogram{end}.svg"] = rankogram(piece, result.small_values)
        if piece.method == "mh" or len(piece.treatments) > MOST_RANKED:
            continue
        table = piece.contributions()
        if table.height <= MOST_CELLS:
            shares = table.drop("comparison").to_numpy()
            title = "Share of each direct comparison (columns) in each network estimate (rows), percent"
            labels = (table["comparison"].to_list(), table.columns[1:])
            pictures[f"contributions{end}.svg"] = matrix(100 * shares, *labels, title, digits=0)
        heat = piece.heat()
        if not heat.note and 1 < len(heat.labels) <= MOST_CELLS:
            title = "Net heat: fall of inconsistency of the row when the design of the column is detached"
            pictures[f"netheat{end}.svg"] = matrix(heat.heat, list(heat.labels), list(heat.labels), title, digits=2)
    return pictures


def network_graph(result: NetworkResult, title: str = "Network of treatments") -> str:
    """Draw treatments as circles and direct comparisons as lines; the pieces stand apart."""
    across = min(3, max(1, math.ceil(math.sqrt(len(result.pieces)))))
    down = math.ceil(len(result.pieces) / across)
    names = [name for piece in result.pieces for name in piece.treatments]
    side = max(width_of(line, NAME_SIZE) for name in names for line in lines_of(name))
    wide = max(PANEL, 2 * (PANEL * RADIUS + side + 40))
    canvas = Canvas(across * wide + 2 * MARGIN, down * PANEL + 2 * MARGIN + 20)
    canvas.text(16, 28, title, size=16, weight="bold")
    words = []
    for i, piece in enumerate(result.pieces):
        x = MARGIN + (i % across + 0.5) * wide
        y = MARGIN + 20 + (i // across + 0.5) * PANEL
        words.append(_graph(canvas, piece, x, y))
    intro = f"{len(result.pieces)} unconnected pieces. " if len(result.pieces) > 1 else ""
    return canvas.render(title, intro + " ".join(words))


def _graph(canvas: Canvas, piece: Piece, x: float, y: float) -> str:
    names = piece.treatments
    turn = [2 * math.pi * i / len(names) - math.pi / 2 for i in range(len(names))]
    places = [(x + PANEL * RADIUS * math.cos(t), y + PANEL * RADIUS * math.sin(t)) for t in turn]
    edges, people = _edges(piece)
    most = max(edges.values(), default=1)
    for (i, j), k in sorted(edges.items()):
        canvas.line(*places[i], *places[j], stroke=GREY, width=1 + 6 * k / most)
    if len(edges) <= MOST_COUNTS:
        _counts(canvas, edges, places)
    for i, name in enumerate(names):
        size = 6 + 14 * math.sqrt(people[i] / max(people)) if max(people) > 0 else 9
        label = f"{name}: {people[i]:g} people" if max(people) > 0 else name
        canvas.circle(*places[i], size, fill=BLUE, stroke="#ffffff", label=label)
        _name(canvas, name, places[i], turn[i], size + 6)
    pairs = ", ".join(f"{names[i]} and {names[j]} ({k})" for (i, j), k in sorted(edges.items()))
    return f"Treatments {', '.join(names)}. Direct comparisons with the number of studies: {pairs}."


def _counts(canvas: Canvas, edges: dict[tuple[int, int], int], places: list[tuple[float, float]]) -> None:
    """Number of studies on each line, above all lines, moved along its line to where no other number stands."""
    taken: list[tuple[float, float]] = []
    for (i, j), k in sorted(edges.items()):
        spots = [
            (places[i][0] + at * (places[j][0] - places[i][0]), places[i][1] + at * (places[j][1] - places[i][1]))
            for at in ALONG
        ]
        spot = max(spots, key=lambda p: (min([APART, *(math.dist(p, t) for t in taken)]), -spots.index(p)))
        taken.append(spot)
        canvas.circle(*spot, 9, fill="#ffffff")
        canvas.text(spot[0], spot[1] + 4, str(k), anchor="middle", size=11, fill=INK)


def _name(canvas: Canvas, name: str, place: tuple[float, float], turn: float, away: float) -> None:
    """The name of a treatment outside its circle, in lines."""
    lines = lines_of(name)
    side = math.cos(turn)
    anchor = "middle" if abs(side) < 0.3 else ("start" if side > 0 else "end")
    x = place[0] + (0 if anchor == "middle" else math.copysign(away, side))
    first = place[1] + 4 - LEAD * (len(lines) - 1) / 2
    if anchor == "middle":
        first = place[1] + away + 8 if math.sin(turn) > 0 else place[1] - away - LEAD * (len(lines) - 1)
    for at, line in enumerate(lines):
        canvas.text(x, first + LEAD * at, line, anchor=anchor, size=NAME_SIZE)


def _edges(piece: Piece) -> tuple[dict[tuple[int, int], int], list[float]]:
    """Studies per pair, and people per treatment (zero if unknown)."""
    edges: dict[tuple[int, int], int] = {}
    people = [0.0] * len(piece.treatments)
    for study in piece.studies.studies:
        arms = [int(a) for a in study.arms]
        for at, i in enumerate(arms):
            if study.n is not None:
                people[i] += float(study.n[at])
            for j in arms[at + 1 :]:
                pair = (min(i, j), max(i, j))
                edges[pair] = edges.get(pair, 0) + 1
    return edges, people


def rankogram(piece: Piece, small_values: str = "desirable") -> str:
    """Draw the probability of each rank for each treatment."""
    table, probabilities = piece.rank(small_values)
    order = table["treatment"].to_list()
    across = min(4, len(order))
    wide, high, top = 220, 190, 90
    down = math.ceil(len(order) / across)
    title = "Rankogram: probability of each rank, the best first"
    canvas = Canvas(max(across * wide + 50, width_of(title, 16) + 32), down * high + 60)
    canvas.text(16, 26, title, size=16, weight="bold")
    scores = dict(zip(table["treatment"], table["sucra"], strict=True))
    for at, name in enumerate(order):
        x, y = 46 + (at % across) * wide, top + 30 + (at // across) * high
        lines = [*lines_of(name, most=2), f"SUCRA {scores[name]:.2f}"]
        for i, line in enumerate(reversed(lines)):
            canvas.text(x, y - 10 - LEAD * i, line, size=11)
        _ranks(canvas, name, probabilities[piece.treatments.index(name)], (x, y, wide - 50, high - 90))
    best = "; ".join(f"{n} {scores[n]:.2f}" for n in order)
    warning = "Ranks say nothing about the size or the certainty of differences."
    return canvas.render(title, f"{warning} SUCRA: {best}.")


def _ranks(canvas: Canvas, name: str, row: Floats, box: tuple[float, float, float, float]) -> None:
    """Bars of one treatment on a scale from 0 to 100 percent."""
    x, y, wide, high = box
    for share in (0, 0.5, 1):
        level = y + high * (1 - share)
        canvas.line(x, level, x + wide, level, stroke=GREY if share == 0 else PALE)
        canvas.text(x - 6, level + 3, f"{100 * share:.0f}", anchor="end", size=9, fill=GREY)
    step = wide / len(row)
    for rank, p in enumerate(row):
        label = f"{name}, rank {rank + 1}: {p:.3f}"
        height = high * float(p)
        canvas.rect(x + rank * step + 1, y + high - height, max(1, step - 2), height, fill=BLUE, label=label)
    canvas.text(x + step / 2, y + high + 14, "1", anchor="middle", size=10, fill=GREY)
    if len(row) > 1:
        canvas.text(x + wide - step / 2, y + high + 14, str(len(row)), anchor="middle", size=10, fill=GREY)


def matrix(values: Floats, rows: list[str], columns: list[str], title: str, *, digits: int) -> str:
    """Draw a matrix as coloured cells with their numbers; orange is positive, blue negative."""
    cell, lean = 46, math.radians(50)
    rows, columns = numbered(rows, columns)
    left = max(width_of(r, 11) for r in rows) + 24
    top = 56 + max(width_of(c, 11) for c in columns) * math.sin(lean)
    right = max(left + (j + 0.5) * cell + width_of(c, 11) * math.cos(lean) for j, c in enumerate(columns))
    wide = max(right, left + cell * len(columns), width_of(title, 14)) + 24
    canvas = Canvas(wide, top + cell * 0.6 * len(rows) + 30)
    canvas.text(16, 26, title, size=14, weight="bold")
    known = np.abs(values[np.isfinite(values)])
    most = float(known.max()) if known.size and known.max() > 0 else 1.0
    for j, name in enumerate(columns):
        canvas.text(left + (j + 0.5) * cell, top - 6, name, size=11, turn=-math.degrees(lean))
    for i, name in enumerate(rows):
        y = top + i * cell * 0.6
        canvas.text(left - 8, y + cell * 0.42, name, anchor="end", size=11)
        for j in range(len(columns)):
            _cell(canvas, float(values[i, j]), most, left + j * cell, y, cell, digits)
    return canvas.render(title, f"A table of {len(rows)} rows and {len(columns)} columns; each cell holds its number.")


def _cell(canvas: Canvas, value: float, most: float, x: float, y: float, cell: float, digits: int) -> None:
    if not math.isfinite(value):
        canvas.rect(x, y, cell, cell * 0.6, fill=PALE, stroke="#ffffff")
        return
    share = min(1.0, abs(value) / most)
    canvas.rect(x, y, cell, cell * 0.6, fill=_shade(ORANGE if value > 0 else BLUE, share), stroke="#ffffff")
    fill = "#ffffff" if share > 0.6 else INK
    canvas.text(x + cell / 2, y + cell * 0.4, f"{value:z.{digits}f}", anchor="middle", size=10, fill=fill)


def _shade(colour: str, share: float) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + share * (p - 255)):02x}" for p in parts)
