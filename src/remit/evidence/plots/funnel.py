"""Funnel plot of one comparison, or of a network with comparisons centred at their own pooled effects."""

from __future__ import annotations

import math

from remit.drawing.svg import BLUE, GREY, PALE, Axis, Canvas, nice
from remit.evidence.nma.piece import Piece
from remit.evidence.pair.results import PairwiseResult
from remit.evidence.text import NAMES

LEFT, RIGHT, TOP, BOTTOM = 70, 560, 56, 420
Z = 1.959963984540054


def funnel_plot(result: PairwiseResult, title: str | None = None) -> str:
    """Draw effects against standard errors around the common effect as SVG text."""
    rows = [r for r in result.studies.to_dicts() if math.isfinite(r["te"]) and math.isfinite(r["se"])]
    points = [(r["te"], r["se"], str(r["study"])) for r in rows]
    name = NAMES[result.measure] + (" (logarithmic axis)" if result.ratio else "")
    return _draw(points, result.common.te, name, title or "Funnel plot", log=result.ratio)


def network_funnel(piece: Piece, order: list[str], title: str | None = None) -> str:
    """Draw a comparison-adjusted funnel; see `remit.evidence.nma.tables.comparison_adjusted`."""
    table = piece.funnel(order).to_dicts()
    points = [(r["te_adjusted"], r["se"], f"{r['study']} {r['treat1']}:{r['treat2']}") for r in table]
    return _draw(
        points, 0.0, "effect minus pooled direct effect", title or "Comparison-adjusted funnel plot", log=False
    )


def _draw(points: list[tuple[float, float, str]], centre: float, name: str, title: str, *, log: bool) -> str:
    canvas = Canvas(RIGHT + 30, BOTTOM + 60)
    largest = 1.05 * max(se for _, se, _ in points)
    ends = [centre - Z * largest, centre + Z * largest, *(te for te, _, _ in points)]
    axis = Axis(min(ends), max(ends), LEFT, RIGHT, log=log)
    canvas.text(16, 26, title, size=16, weight="bold")

    def down(se: float) -> float:
        return TOP + (BOTTOM - TOP) * se / largest

    edge = [(axis.at(centre - Z * largest), BOTTOM), (axis.at(centre), TOP), (axis.at(centre + Z * largest), BOTTOM)]
    canvas.polygon(edge, fill="#f2f2f2", stroke=GREY, dash="4 3")
    canvas.line(axis.at(centre), TOP, axis.at(centre), BOTTOM, stroke=GREY)
    step = nice(largest)
    decimals = max(0, -math.floor(math.log10(step)))
    for i in range(math.floor(largest / step) + 1):
        canvas.line(LEFT, down(i * step), RIGHT, down(i * step), stroke=PALE, width=0.6)
        canvas.text(LEFT - 8, down(i * step) + 4, f"{i * step:.{decimals}f}", anchor="end", size=11)
    canvas.text(20, (TOP + BOTTOM) / 2, "Standard error", anchor="middle", size=12, turn=-90)
    for te, se, label in points:
        canvas.circle(axis.at(te), down(se), 4, fill=BLUE, stroke="#ffffff", label=label)
    axis.draw(canvas, BOTTOM, name)
    outside = sum(abs(te - centre) > Z * se for te, se, _ in points)
    description = (
        f"{len(points)} effects against their standard errors, the most precise at the top, around {centre:.3g}"
        f"{' on the log scale' if log else ''}. {outside} lie outside the 95% region that chance alone would give."
    )
    return canvas.render(title, description)
