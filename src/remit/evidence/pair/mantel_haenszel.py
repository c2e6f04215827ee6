"""Mantel-Haenszel and Peto pooling of two-by-two tables, without adding anything to empty cells.

Variances: Robins, Breslow and Greenland 1986 (DOI 10.2307/2531052) for the odds ratio; Greenland and Robins 1985
(DOI 10.2307/2530643) for the risk ratio; Sato, Greenland and Robins 1989 for the risk difference, which holds both in
sparse data and in large strata.
"""

from __future__ import annotations

import math

import numpy as np

from remit.evidence.pair.effects import peto
from remit.evidence.types import Floats


def mantel_haenszel(
    measure: str, events1: Floats, n1: Floats, events2: Floats, n2: Floats
) -> tuple[float, float, Floats]:
    """Pool two-by-two tables.

    Returns
    -------
    te, se : float
        Log odds ratio, log risk ratio or risk difference; NaN where the tables say nothing.
    weights : ndarray, shape (k,)
        Mantel-Haenszel weights in percent.
    """
    return {"or": _odds_ratio, "rr": _risk_ratio, "rd": _risk_difference}[measure](events1, n1, events2, n2)


def _percent(w: Floats) -> Floats:
    total = w.sum()
    return 100 * w / total if total > 0 else np.full_like(w, math.nan)


def _odds_ratio(a: Floats, n1: Floats, c: Floats, n2: Floats) -> tuple[float, float, Floats]:
    b, d, n = n1 - a, n2 - c, n1 + n2
    r, s = a * d / n, b * c / n
    p, q = (a + d) / n, (b + c) / n
    rs, ss = float(r.sum()), float(s.sum())
    if rs <= 0 or ss <= 0:
        return math.nan, math.nan, _percent(s)
    var = (
        float(np.sum(p * r)) / (2 * rs**2)
        + float(np.sum(p * s + q * r)) / (2 * rs * ss)
        + float(np.sum(q * s)) / (2 * ss**2)
    )
    return math.log(rs / ss), math.sqrt(var), _percent(s)


def _risk_ratio(a: Floats, n1: Floats, c: Floats, n2: Floats) -> tuple[float, float, Floats]:
    n = n1 + n2
    r, s = a * n2 / n, c * n1 / n
    rs, ss = float(r.sum()), float(s.sum())
    if rs <= 0 or ss <= 0:
        return math.nan, math.nan, _percent(s)
    top = float(np.sum((n1 * n2 * (a + c) - a * c * n) / n**2))
    return math.log(rs / ss), math.sqrt(top / (rs * ss)), _percent(s)


def _risk_difference(a: Floats, n1: Floats, c: Floats, n2: Floats) -> tuple[float, float, Floats]:
    n = n1 + n2
    w = n1 * n2 / n
    total = float(w.sum())
    te = float(np.sum(a * n2 / n - c * n1 / n)) / total
    p = (n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2
    q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    return te, math.sqrt(max(0.0, te * float(p.sum()) + float(q.sum()))) / total, _percent(w)


def peto_pool(events1: Floats, n1: Floats, events2: Floats, n2: Floats) -> tuple[float, float, Floats, float]:
    """Pool by Peto's method.

    Returns
    -------
    te, se : float
        Log odds ratio.
    weights : ndarray, shape (k,)
        In percent.
    q : float
        Heterogeneity around the pooled value.
    """
    te_i, information = peto(events1, n1, events2, n2)
    usable = information > 0
    te_i = np.where(usable, te_i, 0.0)
    total = float(information.sum())
    if total <= 0:
        return math.nan, math.nan, _percent(information), math.nan
    te = float(np.sum(information * te_i)) / total
    q = float(np.sum(information[usable] * (te_i[usable] - te) ** 2))
    return te, 1 / math.sqrt(total), _percent(information), q
