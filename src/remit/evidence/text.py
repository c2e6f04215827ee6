"""Results in words and plain tables, for a terminal."""

from __future__ import annotations

import math
from typing import Any

from remit.evidence.data import LeftOut
from remit.evidence.nma.results import NetworkResult
from remit.evidence.pair.results import Estimate, PairwiseResult

NAMES = {
    "or": "odds ratio",
    "rr": "risk ratio",
    "rd": "risk difference",
    "md": "mean difference",
    "smd": "standardised mean difference",
    "hr": "hazard ratio",
    "te": "effect",
    "plogit": "log odds",
    "pft": "double arcsine",
    "praw": "proportion",
    "mean": "mean",
}


def number(value: float | None, digits: int = 3) -> str:
    """A number, or a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f}"


def p_text(p: float | None) -> str:
    """A p value, never rounded to zero."""
    if p is None or not math.isfinite(p):
        return "p not defined"
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"


def interval(te: float, lower: float, upper: float, *, ratio: bool, digits: int = 3) -> str:
    """An effect with its limits, back-transformed for ratios."""
    values = [math.exp(v) if ratio and math.isfinite(v) else v for v in (te, lower, upper)]
    return f"{number(values[0], digits)} ({number(values[1], digits)} to {number(values[2], digits)})"


def table(rows: list[list[str]]) -> str:
    """Left-aligned columns; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])


def left_out_lines(excluded: tuple[LeftOut, ...]) -> list[str]:
    """One line for each reason, with the studies."""
    by_reason: dict[str, list[str]] = {}
    for item in excluded:
        by_reason.setdefault(item.detail, []).append(item.study)
    return [f"left out: {len(who)}, because {why}: {', '.join(who)}" for why, who in by_reason.items()]


def pairwise_text(result: PairwiseResult, more: dict[str, Any] | None = None) -> str:
    """Say a pairwise result."""
    ratio = result.ratio
    rows = [["study", NAMES[result.measure], "weight % common", "weight % random"]]
    for row in result.studies.iter_rows(named=True):
        effect = interval(row["te"], row["lower"], row["upper"], ratio=ratio)
        rows.append([row["study"], effect, number(row["weight_common"], 1), number(row["weight_random"], 1)])
    spread = result.heterogeneity
    lines = [_headline(result), "", table(rows), ""]
    for name, estimate in (("common effect", result.common), ("random effects", result.random)):
        lines.append(f"{name}: {_said(estimate, ratio)}")
    low, high = result.prediction_lower, result.prediction_upper
    lines += [
        f"prediction interval: {interval(math.nan, low, high, ratio=ratio)[2:]}",
        f"heterogeneity: Q = {number(spread.q, 2)} on {spread.df_q} df, {p_text(spread.p_q)}; "
        f"tau2 = {number(spread.tau2, 4)} ({number(spread.tau2_lower, 4)} to {number(spread.tau2_upper, 4)}) "
        f"by {spread.tau2_method}; I2 = {number(100 * spread.i2, 1)} %; H2 = {number(spread.h2, 2)}",
    ]
    lines += left_out_lines(result.excluded)
    lines += [f"note: {note}" for note in result.notes]
    for key, value in (more or {}).items():
        lines += ["", *extra_lines(key, value)]
    return "\n".join(lines) + "\n"


def extra_lines(name: str, value: Any) -> list[str]:
    """Say a further analysis, given as plain data: records become a table, single values stand in lines."""
    title = name.replace("_", " ")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        keys = [k for k in value[0] if any(row[k] not in (None, "") for row in value)]
        return [
            f"{title}:",
            table([[k.replace("_", " ") for k in keys], *([_cell(r[k]) for k in keys] for r in value)]),
        ]
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [f"{title}:", *("  ".join(_cell(v) for v in row) for row in value)]
    if isinstance(value, dict):
        single = {k: v for k, v in value.items() if not isinstance(v, dict | list) and v not in (None, "")}
        shown = "; ".join(f"{k.replace('_', ' ')} = {_cell(v)}" for k, v in single.items())
        lines = [f"{title}: {shown}"] if shown else []
        for key, part in value.items():
            if isinstance(part, dict | list) and part:
                lines += extra_lines(f"{name}, {key}", part)
        return lines
    return [f"{title}: {', '.join(_cell(v) for v in value) if isinstance(value, list) else _cell(value)}"]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else f"{value:.4g}"
    return "-" if value is None else str(value)


def _headline(result: PairwiseResult) -> str:
    what = NAMES[result.measure]
    sides = f"{result.treat1} against {result.treat2}: " if result.treat1 and result.treat2 else ""
    people = f", {result.n} people" if result.n is not None else ""
    return f"{sides}{what}, {result.k} studies{people}"


def _said(estimate: Estimate, ratio: bool) -> str:
    return f"{interval(estimate.te, estimate.lower, estimate.upper, ratio=ratio)}, {p_text(estimate.p)}"


def network_text(result: NetworkResult, data: dict[str, Any]) -> str:
    """Say a network result, piece by piece."""
    lines = []
    for index, (piece, entry) in enumerate(zip(result.pieces, data["pieces"], strict=True), 1):
        if len(result.pieces) > 1:
            lines += [f"piece {index} of {len(result.pieces)}; nothing is compared across pieces", ""]
        lines.append(
            f"{NAMES[result.measure]}, {result.model} effects, {piece.k} studies of {len(piece.treatments)} treatments"
        )
        rows = [["treatment", "against", "effect", "p", "direct studies"]]
        for e in entry["effects"]:
            effect = interval(e["te"], e["lower"], e["upper"], ratio=result.ratio)
            direct = "-" if e["k_direct"] is None else str(e["k_direct"])
            rows.append([e["treat1"], e["treat2"], effect, p_text(e["p"]), direct])
        lines += ["", table(rows), ""]
        lines.append(
            f"Q = {number(piece.q, 2)} on {piece.df_q} df, {p_text(piece.p_q)}; tau2 = {number(piece.tau2, 4)} "
            f"by {piece.tau2_method}; I2 = {number(100 * piece.i2, 1)} %"
        )
        if piece.decomposition is not None:
            parts = piece.decomposition
            lines.append(
                f"within designs Q = {number(parts.q_within, 2)} on {parts.df_within} df, {p_text(parts.p_within)}; "
                f"between designs Q = {number(parts.q_between, 2)} on {parts.df_between} df, {p_text(parts.p_between)}"
            )
            if parts.note:
                lines.append(parts.note)
        ranking = ", ".join(f"{r['treatment']} {number(r['p_score'])}" for r in entry["ranking"])
        lines += [f"P-scores ({result.small_values} small values): {ranking}", ""]
        if "league" in entry:
            heads = list(entry["league"][0])
            cells = [[str(row[head]) for head in heads] for row in entry["league"]]
            lines += ["league table, the row against the column:", table([heads, *cells]), ""]
        for key in ("split", "contributions", "heat", "ranks"):
            if key in entry:
                lines += [*extra_lines(key, entry[key]), ""]
    if "additive" in data:
        lines += [*extra_lines("additive", data["additive"]), ""]
    lines += left_out_lines(result.excluded)
    lines += [f"note: {note}" for note in result.notes]
    return "\n".join(lines) + "\n"
