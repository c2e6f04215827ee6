"""Shares with intervals, agreement of definitions, curves over time."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from remit.drawing.svg import BLUE, INK, PALE, Axis, Canvas, width_of

COLOURS = ("#0b5394", "#b45309", "#2e7d32", "#7b1fa2", "#00838f", "#ad1457", "#5d4037", "#455a64")
"""Of lines and bands; always named beside, never told apart by colour alone."""

DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2 1 2")

_ROW, _TOP, _RIGHT, _WIDE = 26, 24, 150, 400
_NARROW = 0.8
"""Of the width that letters are reckoned to take, what long names need in fact."""


def prevalence_plot(
    rows: list[dict[str, float | str | None]], names: Mapping[str, str], says: Mapping[str, str]
) -> str:
    """One line per definition: the share that is certain with its interval, and how far the undetermined reach."""
    shown = [row for row in rows if row["share"] is not None]
    left = 20 + max((width_of(names[str(r["definition"])]) for r in shown), default=100) * _NARROW
    height = _TOP + _ROW * len(shown) + 60
    canvas = Canvas(left + _WIDE + _RIGHT, height)
    top = max((float(r["share_possible_high"] or r["share_high"] or 0) for r in shown), default=1)
    axis = Axis(0, max(top, 0.01) * 100, left, left + _WIDE)
    for i, row in enumerate(shown):
        y = _TOP + _ROW * i + _ROW / 2
        share, low, high = (float(row[k] or 0) * 100 for k in ("share", "share_low", "share_high"))
        possible = float(row["share_possible"] or 0) * 100
        canvas.text(left - 10, y + 4, names[str(row["definition"])], anchor="end")
        label = says["dot"].format(
            share=f"{share:.1f}", low=f"{low:.1f}", high=f"{high:.1f}", possible=f"{possible:.1f}"
        )
        canvas.rect(axis.at(share), y - 5, max(axis.at(possible) - axis.at(share), 0), 10, fill=PALE, label=label)
        canvas.line(axis.at(low), y, axis.at(high), y, stroke=INK, width=2)
        canvas.circle(axis.at(share), y, 5, fill=BLUE, label=label)
        canvas.text(left + _WIDE + 10, y + 4, f"{share:.1f} ({low:.1f} to {high:.1f})", size=12)
    axis.draw(canvas, _TOP + _ROW * len(shown) + 6, says["axis"])
    return canvas.render(says["title"], says["description"], name="prevalence")


def agreement_plot(table: pl.DataFrame, names: Mapping[str, str], says: Mapping[str, str]) -> str:
    """Kappa of every two definitions as a shaded and numbered triangle."""
    order = list(dict.fromkeys([*table["definition"], *table["other"]]))
    cell, left = 34, 50 + max((width_of(names[d]) for d in order), default=60) * _NARROW
    top = 14
    canvas = Canvas(left + cell * len(order) + 30, top + cell * len(order) + 30)
    known = {(r["definition"], r["other"]): r for r in table.iter_rows(named=True)}
    for i, a in enumerate(order):
        canvas.text(left - 10, top + cell * i + cell / 2 + 4, f"{names[a]}  {i + 1}", anchor="end")
        canvas.text(left + cell * i + cell / 2, top + cell * len(order) + 16, str(i + 1), anchor="middle", size=12)
        for j in range(i):
            row = known.get((order[j], a)) or known.get((a, order[j]))
            kappa = row["kappa"] if row else None
            label = says["cell"].format(a=names[a], b=names[order[j]], kappa="?" if kappa is None else f"{kappa:.2f}")
            fill = PALE if kappa is None else _shade(kappa)
            canvas.rect(left + cell * j, top + cell * i, cell - 2, cell - 2, fill=fill, label=label)
            ink = "#ffffff" if kappa is not None and kappa > _DARK else INK
            text = "?" if kappa is None else f"{kappa:.2f}"
            canvas.text(
                left + cell * j + cell / 2, top + cell * i + cell / 2 + 4, text, anchor="middle", size=10, fill=ink
            )
    return canvas.render(says["title"], says["description"], name="agreement")


_DARK = 0.55
_BLUE = (11, 83, 148)


def _shade(kappa: float) -> str:
    share = min(max(kappa, 0.0), 1.0)
    return "#" + "".join(f"{round(255 - (255 - c) * share):02x}" for c in _BLUE)


def curve_plot(table: pl.DataFrame, names: Mapping[str, str], longest_years: float, says: Mapping[str, str]) -> str:
    """Cumulative incidence over years, one stepped line per definition up to its last step."""
    definitions = table["definition"].unique(maintain_order=True).to_list()
    left, top, width, height = 64, 16, 560, 320
    canvas = Canvas(
        left + width + 80 + max((width_of(names[d]) for d in definitions), default=80) * _NARROW, top + height + 60
    )
    highest = max(float(table["incidence"].max() or 0.0), 0.01) * 100  # type: ignore[arg-type]
    across = Axis(0, longest_years, left, left + width)
    up = Axis(0, highest, top + height, top)
    for value, label in up.ticks():
        canvas.line(left, up.at(value), left + width, up.at(value), stroke=PALE)
        canvas.text(left - 8, up.at(value) + 4, label, anchor="end", size=11)
    canvas.text(16, top + height / 2, says["up"], anchor="middle", size=12, turn=-90)
    for i, definition in enumerate(definitions):
        rows = table.filter(pl.col("definition") == definition)
        x, y = across.at(0), up.at(0)
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        for day, share in rows.select("day", "incidence").iter_rows():
            to_x, to_y = across.at(min(day / 365.25, longest_years)), up.at(share * 100)
            if to_x - x >= 1 or to_y != y:
                canvas.line(x, y, to_x, y, stroke=colour, width=2, dash=dash)
                canvas.line(to_x, y, to_x, to_y, stroke=colour, width=2, dash=dash)
                x, y = to_x, to_y
        key = top + 10 + 22 * i
        canvas.line(left + width + 24, key, left + width + 52, key, stroke=colour, width=3, dash=dash)
        canvas.text(left + width + 60, key + 4, names[definition])
    across.draw(canvas, top + height, says["axis"])
    return canvas.render(says["title"], says["description"], name="curves")
