"""Distribution functions and a root finder, from `scipy.special` alone, which imports in a moment."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from remit.evidence.types import Floats

ROUNDS = 200


def normal_quantile(p: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(special.ndtri(p))


def normal_two_sided(z: Floats) -> Floats:
    """Two-sided p values of z statistics."""
    return np.asarray(2 * special.ndtr(-np.abs(z)), dtype=np.float64)


def normal_cdf(z: Floats) -> Floats:
    """Distribution function of the standard normal."""
    return np.asarray(special.ndtr(z), dtype=np.float64)


def t_quantile(p: float, df: float) -> float:
    """Quantile of Student's t."""
    return float(special.stdtrit(df, p))


def t_two_sided(t: float, df: float) -> float:
    """Two-sided p value of a t statistic."""
    return float(2 * special.stdtr(df, -abs(t)))


def chi2_upper(q: float, df: float) -> float:
    """Upper tail of chi-squared; NaN without degrees of freedom."""
    return float(special.chdtrc(df, q)) if df > 0 else math.nan


def chi2_quantile(upper: float, df: float) -> float:
    """Value of chi-squared with `upper` probability above it."""
    return float(special.chdtri(df, upper))


def f_upper(f: float, df1: float, df2: float) -> float:
    """Upper tail of the F distribution."""
    return float(special.fdtrc(df1, df2, f))


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """Find the zero of `f` between two points of opposite sign to the last digits (Chandrupatla 1997).

    Inverse quadratic interpolation where it is safe, bisection elsewhere.
    """
    b, a, fb, fa = low, high, f(low), f(high)
    if fb == 0:
        return b
    if fa == 0:
        return a
    if fa * fb > 0:
        raise ValueError("the function has one sign at both ends")
    c, fc, step = a, fa, 0.5
    for _ in range(ROUNDS):
        x = a + step * (b - a)
        fx = f(x)
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, b, fc, fb = b, a, fb, fa
        a, fa = x, fx
        best, f_best = (a, fa) if abs(fa) < abs(fb) else (b, fb)
        width = abs(b - a)
        tolerance = 2 * np.finfo(float).eps * abs(best) + np.finfo(float).tiny
        if f_best == 0 or width <= 2 * tolerance:
            return best
        step = _next_step(a, b, c, fa, fb, fc)
        floor = tolerance / width
        step = min(1 - floor, max(floor, step))
    return best


def _next_step(a: float, b: float, c: float, fa: float, fb: float, fc: float) -> float:
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    if phi**2 < xi and (1 - phi) ** 2 < 1 - xi:
        return fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return 0.5
