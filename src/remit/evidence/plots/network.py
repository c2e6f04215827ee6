"""Pictures of a network: graph, net heat, rankogram, contributions."""

from __future__ import annotations

import math

import numpy as np

from remit.drawing.svg import BLUE, GREY, INK, ORANGE, PALE, Canvas, width_of
from remit.evidence.nma.piece import Piece
from remit.evidence.nma.results import NetworkResult
from remit.evidence.types import Floats

PANEL, MARGIN = 420, 30
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
    canvas = Canvas(across * PANEL + 2 * MARGIN, down * PANEL + 2 * MARGIN + 20)
    canvas.text(16, 28, title, size=16, weight="bold")
    words = []
    for i, piece in enumerate(result.pieces):
        x = MARGIN + (i % across + 0.5) * PANEL
        y = MARGIN + 20 + (i // across + 0.5) * PANEL
        words.append(_graph(canvas, piece, x, y))
    intro = f"{len(result.pieces)} unconnected pieces. " if len(result.pieces) > 1 else ""
    return canvas.render(title, intro + " ".join(words))


def _graph(canvas: Canvas, piece: Piece, x: float, y: float) -> str:
    names = piece.treatments
    turn = [2 * math.pi * i / len(names) - math.pi / 2 for i in range(len(names))]
    radius = PANEL * 0.3
    places = [(x + radius * math.cos(t), y + radius * math.sin(t)) for t in turn]
    edges, people = _edges(piece)
    most = max(edges.values(), default=1)
    for (i, j), k in sorted(edges.items()):
        canvas.line(*places[i], *places[j], stroke=GREY, width=1 + 6 * k / most)
        middle = ((places[i][0] + places[j][0]) / 2, (places[i][1] + places[j][1]) / 2)
        if len(edges) <= 30:
            canvas.circle(middle[0], middle[1] - 7, 8, fill="#ffffff")
            canvas.text(middle[0], middle[1] - 3, str(k), anchor="middle", size=11, fill=INK)
    for i, name in enumerate(names):
        size = 6 + 14 * math.sqrt(people[i] / max(people)) if max(people) > 0 else 9
        label = f"{name}: {people[i]:g} people" if max(people) > 0 else name
        canvas.circle(*places[i], size, fill=BLUE, stroke="#ffffff", label=label)
        side = math.cos(turn[i])
        anchor = "middle" if abs(side) < 0.3 else ("start" if side > 0 else "end")
        away = size + 6
        drop = 4 if abs(side) >= 0.3 else (away + 8 if math.sin(turn[i]) > 0 else -away)
        canvas.text(
            places[i][0] + (away * math.copysign(1, side) if anchor != "middle" else 0),
            places[i][1] + drop,
            name[:26],
            anchor=anchor,
            size=12,
        )
    pairs = ", ".join(f"{names[i]} and {names[j]} ({k})" for (i, j), k in sorted(edges.items()))
    return f"Treatments {', '.join(names)}. Direct comparisons with the number of studies: {pairs}."


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
    wide, high = 200, 150
    down = math.ceil(len(order) / across)
    canvas = Canvas(across * wide + 40, down * high + 60)
    title = "Rankogram: probability of each rank, the best first"
    canvas.text(16, 26, title, size=16, weight="bold")
    scores = dict(zip(table["treatment"], table["sucra"], strict=True))
    for at, name in enumerate(order):
        x, y = 30 + (at % across) * wide, 70 + (at // across) * high
        row = probabilities[piece.treatments.index(name)]
        canvas.text(x, y - 8, f"{name[:20]} (SUCRA {scores[name]:.2f})", size=11)
        step = (wide - 40) / len(row)
        canvas.line(x, y + high - 60, x + wide - 40, y + high - 60, stroke=GREY)
        for rank, p in enumerate(row):
            height = (high - 64) * float(p)
            label = f"{name}, rank {rank + 1}: {p:.3f}"
            canvas.rect(x + rank * step + 1, y + high - 60 - height, max(1, step - 2), height, fill=BLUE, label=label)
        canvas.text(x, y + high - 46, "1", size=10, fill=GREY)
        canvas.text(x + wide - 40, y + high - 46, str(len(row)), anchor="end", size=10, fill=GREY)
    best = "; ".join(f"{n} {scores[n]:.2f}" for n in order)
    warning = "Ranks say nothing about the size or the certainty of differences."
    return canvas.render(title, f"{warning} SUCRA: {best}.")


def matrix(values: Floats, rows: list[str], columns: list[str], title: str, *, digits: int) -> str:
    """Draw a matrix as coloured cells with their numbers; orange is positive, blue negative."""
    cell = 46
    left = max(width_of(r, 11) for r in rows) + 24
    top = 56 + max(width_of(c, 11) for c in columns) * 0.8
    canvas = Canvas(max(left + cell * len(columns) + 90, width_of(title, 16) + 32), top + cell * 0.6 * len(rows) + 30)
    canvas.text(16, 26, title, size=14, weight="bold")
    known = np.abs(values[np.isfinite(values)])
    most = float(known.max()) if known.size and known.max() > 0 else 1.0
    for j, name in enumerate(columns):
        canvas.text(left + (j + 0.5) * cell, top - 6, name, size=11, turn=-50)
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
