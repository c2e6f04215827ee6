"""Forest plot of one comparison."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from remit.drawing.svg import BLUE, GREY, INK, ORANGE, Axis, Canvas, width_of
from remit.evidence.pair.results import Estimate, PairwiseResult
from remit.evidence.text import NAMES, interval, number, p_text

ROW, TOP, PLOT = 22, 64, 320


def forest_plot(result: PairwiseResult, title: str | None = None) -> str:
    """Draw studies, both pooled effects and the prediction interval as SVG text.

    Parameters
    ----------
    result : PairwiseResult
    title : str, optional
        Stands above the picture; the comparison if not given.
    """
    rows = result.studies.to_dicts()
    head = title or _title(result)
    columns = _columns(result, rows)
    label = max(width_of(text) for text in [*(str(r["study"]) for r in rows), "Prediction interval"]) + 24
    counts = sum(_width(c) for c in columns)
    left = label + counts + 12
    effect = max(width_of(_shown(result, r)) for r in [*rows, _row(result.random)]) + 16
    lines = len(rows) + 4
    canvas = Canvas(left + PLOT + effect + 84, TOP + ROW * lines + 96)
    axis = _axis(result, rows, left)
    canvas.text(16, 26, head, size=16, weight="bold")
    _heads(canvas, columns, label, left, effect)
    bottom = TOP + ROW * (lines + 0.1)
    if axis.inside(0.0) and _has_null(result):
        canvas.line(axis.at(0.0), TOP - 4, axis.at(0.0), bottom, stroke=GREY, dash="3 3")
    for i, row in enumerate(rows):
        _study(canvas, axis, result, row, TOP + ROW * (i + 0.7), columns, label, left, effect)
    y = TOP + ROW * (len(rows) + 1.4)
    for name, estimate, colour in (("Common effect", result.common, GREY), ("Random effects", result.random, BLUE)):
        _pooled(canvas, axis, result, name, estimate, colour, y, left, effect)
        y += ROW
    _prediction(canvas, axis, result, y, left)
    axis.draw(canvas, bottom, _axis_name(result))
    canvas.text(16, bottom + 60, _spread(result), size=12, fill=GREY)
    if result.excluded:
        names = ", ".join(e.study for e in result.excluded)
        canvas.text(16, bottom + 78, f"Left out: {len(result.excluded)} ({names})"[:140], size=12, fill=GREY)
    return canvas.render(head, _description(result, rows))


def _title(result: PairwiseResult) -> str:
    name = NAMES[result.measure]
    if result.treat1 and result.treat2:
        return f"{result.treat1} against {result.treat2}: {name}"
    return f"Pooled {name}"


def _row(estimate: Estimate) -> dict[str, Any]:
    return {"te": estimate.te, "lower": estimate.lower, "upper": estimate.upper}


def _shown(result: PairwiseResult, row: dict[str, Any]) -> str:
    return interval(row["te"], row["lower"], row["upper"], ratio=result.ratio, digits=2)


def _has_null(result: PairwiseResult) -> bool:
    return result.measure in ("or", "rr", "rd", "md", "smd", "hr", "te")


def _columns(result: PairwiseResult, rows: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Counts or means of the arms, if they are known."""
    sides = [("1", result.treat1 or "Arm 1"), ("2", result.treat2 or "Arm 2")]
    if "events1" in result.studies.columns:
        return [(name, [f"{r[f'events{i}']:g}/{r[f'n{i}']:g}" for r in rows]) for i, name in sides]
    if "mean1" in result.studies.columns:
        return [(name, [f"{r[f'mean{i}']:.3g} ({r[f'sd{i}']:.3g}) {r[f'n{i}']:g}" for r in rows]) for i, name in sides]
    if "events" in result.studies.columns:
        return [("Events", [f"{r['events']:g}/{r['n']:g}" for r in rows])]
    return []


def _width(column: tuple[str, list[str]]) -> float:
    return max(width_of(text, 13) for text in [column[0][:24], *column[1]]) + 18


def _axis(result: PairwiseResult, rows: list[dict[str, Any]], left: float) -> Axis:
    """An axis that holds all estimates; limits of very wide studies are cut and marked by arrows."""
    rows = [r for r in rows if math.isfinite(r["lower"]) and math.isfinite(r["upper"])]
    te = [r["te"] for r in rows] + [result.random.te, result.common.te]
    ends = [result.random.lower, result.random.upper, result.prediction_lower, result.prediction_upper]
    core = [v for v in [*te, *ends, *([0.0] if _has_null(result) else [])] if math.isfinite(v)]
    spread = max(core) - min(core) or 1.0
    low = max(min(r["lower"] for r in rows), min(core) - spread)
    high = min(max(r["upper"] for r in rows), max(core) + spread)
    return Axis(min(low, *core), max(high, *core), left, left + PLOT, log=result.ratio)


def _heads(canvas: Canvas, columns: list[tuple[str, list[str]]], label: float, left: float, effect: float) -> None:
    y = TOP - 8
    canvas.text(16, y, "Study", weight="bold")
    x = label
    for column in columns:
        x += _width(column)
        canvas.text(x, y, column[0][:24], anchor="end", weight="bold")
    canvas.text(left + PLOT + 12, y, "Effect (interval)", weight="bold")
    canvas.text(left + PLOT + effect + 72, y, "Weight", anchor="end", weight="bold")
    canvas.line(16, y + 6, left + PLOT + effect + 72, y + 6)


def _study(
    canvas: Canvas,
    axis: Axis,
    result: PairwiseResult,
    row: dict[str, Any],
    y: float,
    columns: list[tuple[str, list[str]]],
    label: float,
    left: float,
    effect: float,
) -> None:
    studies = result.studies
    weights = studies["weight_common" if result.model == "common" else "weight_random"]
    i = studies.select(pl.arg_where(pl.col("study") == row["study"])).item(0, 0)
    canvas.text(16, y + 4, str(row["study"]))
    x = label
    for column in columns:
        x += _width(column)
        canvas.text(x, y + 4, column[1][i], anchor="end")
    _bar(canvas, axis, row["lower"], row["upper"], y, INK)
    known = math.isfinite(weights[i])
    half = 2.5 + 6 * math.sqrt(weights[i] / max(weights)) if known else 5.0
    shown = f"{row['study']}: {_shown(result, row)}"
    if axis.inside(row["te"]):
        canvas.rect(axis.at(row["te"]) - half, y - half, 2 * half, 2 * half, fill=BLUE, label=shown)
    canvas.text(left + PLOT + 12, y + 4, _shown(result, row))
    canvas.text(left + PLOT + effect + 72, y + 4, f"{weights[i]:.1f}%" if known else "-", anchor="end")


def _bar(canvas: Canvas, axis: Axis, lower: float, upper: float, y: float, stroke: str) -> None:
    """An interval; arrow heads where it leaves the axis."""
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return
    canvas.line(axis.at(lower), y, axis.at(upper), y, stroke=stroke, width=1.4)
    if lower < axis.low:
        canvas.polygon([(axis.left, y), (axis.left + 7, y - 4), (axis.left + 7, y + 4)], fill=stroke)
    if upper > axis.high:
        canvas.polygon([(axis.right, y), (axis.right - 7, y - 4), (axis.right - 7, y + 4)], fill=stroke)


def _pooled(
    canvas: Canvas,
    axis: Axis,
    result: PairwiseResult,
    name: str,
    e: Estimate,
    colour: str,
    y: float,
    left: float,
    effect: float,
) -> None:
    canvas.text(16, y + 4, name, weight="bold")
    ends = (axis.at(e.lower), axis.at(e.te), axis.at(e.upper))
    canvas.polygon([(ends[0], y), (ends[1], y - 7), (ends[2], y), (ends[1], y + 7)], fill=colour)
    canvas.text(left + PLOT + 12, y + 4, _shown(result, _row(e)), weight="bold")
    canvas.text(left + PLOT + effect + 72, y + 4, "100%", anchor="end")


def _prediction(canvas: Canvas, axis: Axis, result: PairwiseResult, y: float, left: float) -> None:
    low, high = result.prediction_lower, result.prediction_upper
    canvas.text(16, y + 4, "Prediction interval", weight="bold")
    if not (math.isfinite(low) and math.isfinite(high)):
        canvas.text(left + PLOT + 12, y + 4, "too few studies")
        return
    _bar(canvas, axis, low, high, y, ORANGE)
    ends = [math.exp(v) if result.ratio else v for v in (low, high)]
    canvas.text(left + PLOT + 12, y + 4, f"{number(ends[0], 2)} to {number(ends[1], 2)}")


def _axis_name(result: PairwiseResult) -> str:
    name = NAMES[result.measure]
    return f"{name[0].upper()}{name[1:]}" + (" (logarithmic axis)" if result.ratio else "")


def _spread(result: PairwiseResult) -> str:
    h = result.heterogeneity
    tau = f"tau2 {number(h.tau2, 4)} ({h.tau2_method})"
    i2 = f"I2 {number(100 * h.i2, 1)}%" if math.isfinite(h.i2) else "I2 not defined"
    return f"Heterogeneity: {tau}, {i2}, Q {number(h.q, 2)} on {h.df_q} df, {p_text(h.p_q)}"


def _description(result: PairwiseResult, rows: list[dict[str, Any]]) -> str:
    studies = "; ".join(f"{r['study']} {_shown(result, r)}" for r in rows[:60])
    more = "" if len(rows) <= 60 else f"; and {len(rows) - 60} more"
    return (
        f"Forest plot of {result.k} studies, {NAMES[result.measure]} with {result.level:.0%} intervals. "
        f"Common effect {_shown(result, _row(result.common))}; random effects {_shown(result, _row(result.random))}. "
        f"{_spread(result)}. Studies: {studies}{more}."
    )
