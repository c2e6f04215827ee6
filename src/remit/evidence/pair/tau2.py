"""Between-study variance: eight estimators and the Q-profile interval.

Definitions follow Viechtbauer 2005 (DOI 10.3102/10769986030003261), Veroniki 2016 (DOI 10.1002/jrsm.1164) and, for
the interval, Viechtbauer 2007 (DOI 10.1002/sim.2514). All estimates are cut at zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from remit.errors import UsageError
from remit.evidence.numeric import chi2_quantile, root
from remit.evidence.pair.model import fit, log_likelihood, trace_p, trace_pp
from remit.evidence.types import Floats

SCORED = frozenset({"reml", "ml", "eb"})
STEP, ROUNDS = 1e-5, 100
CLOSE = 0.01
"""The result of scoring counts if it lies within this share of a standard error from the solution to the last digit."""

METHODS = ("dl", "pm", "reml", "ml", "hs", "sj", "eb", "he")


def check_method(method: str) -> str:
    """Return the estimator's name in lower case.

    Raises
    ------
    UsageError
        It is not known.
    """
    lower = method.lower()
    if lower not in METHODS:
        raise UsageError(f"unknown estimator of tau2 {method!r}: choose one of {', '.join(METHODS)}")
    return lower


def estimate(method: str, y: Floats, v: Floats, x: Floats) -> tuple[float, float]:
    """Estimate tau2 and its standard error.

    Parameters
    ----------
    method : str
        ``dl`` DerSimonian-Laird, ``pm`` Paule-Mandel, ``reml``, ``ml``, ``hs`` Hunter-Schmidt, ``sj`` Sidik-Jonkman,
        ``eb`` empirical Bayes (the same root as Paule-Mandel), ``he`` Hedges. ``reml``, ``ml`` and ``eb`` stop where
        metafor stops, unless that is no solution; the others are solved to the last digit.
    y, v : ndarray, shape (k,)
        Effects and their sampling variances.
    x : ndarray, shape (k, p)
        Design matrix.

    Returns
    -------
    tau2 : float
        Zero if there are no more studies than coefficients.
    se : float
        NaN where no standard error is defined.
    """
    k, p = x.shape
    if k <= p:
        return 0.0, math.nan
    estimators: dict[str, Callable[[Floats, Floats, Floats], float]] = {
        "dl": _dl,
        "hs": _hs,
        "he": _he,
        "sj": _sj,
        "pm": _pm,
        "eb": _pm,
        "ml": lambda y, v, x: _likelihood(y, v, x, restricted=False),
        "reml": lambda y, v, x: _likelihood(y, v, x, restricted=True),
    }
    tau2 = max(0.0, estimators[method](y, v, x))
    error = _standard_error(method, y, v, x, tau2)
    if method in SCORED and tau2 > 0:
        scored = _scored(method, y, v, x)
        if scored is not None and abs(scored - tau2) <= CLOSE * error:
            return scored, _standard_error(method, y, v, x, scored)
    return tau2, error


def _scored(method: str, y: Floats, v: Floats, x: Floats) -> float | None:
    """Fisher scoring as metafor does it: from Hedges' estimate until a step is not above `STEP`; None if it never is.

    The digits that are published come from this rule. It stops short of the maximum by less than a step.
    """
    k, p = x.shape
    tau2 = max(0.0, _he(y, v, x))
    for _ in range(ROUNDS):
        f = fit(y, 1 / (v + tau2), x)
        squares = float(np.sum((f.w * f.residual) ** 2))
        if method == "reml":
            information = trace_pp(f, x)
            if not information > 0:
                return None
            step = (squares - trace_p(f, x)) / information
        elif method == "ml":
            step = (squares - float(f.w.sum())) / float(np.sum(f.w**2))
        else:
            step = (f.rss * k / (k - p) - k) / float(f.w.sum())
        if tau2 == 0 and step < 0:
            return 0.0
        while tau2 + step < 0:
            step /= 2
        tau2 += step
        if abs(step) <= STEP:
            return tau2
    return None


def _dl(y: Floats, v: Floats, x: Floats) -> float:
    f = fit(y, 1 / v, x)
    slope = trace_p(f, x)
    return float((f.rss - (x.shape[0] - x.shape[1])) / slope) if slope > 0 else 0.0


def _hs(y: Floats, v: Floats, x: Floats) -> float:
    f = fit(y, 1 / v, x)
    return float((f.rss - x.shape[0]) / f.w.sum())


def _he(y: Floats, v: Floats, x: Floats) -> float:
    f = fit(y, np.ones_like(v), x)
    leverage = np.einsum("ij,jk,ik->i", x, f.cov, x)
    return float((f.rss - np.sum(v * (1 - leverage))) / (x.shape[0] - x.shape[1]))


def _sj(y: Floats, v: Floats, x: Floats) -> float:
    k, p = x.shape
    start = float(np.var(y, ddof=0))
    if start <= 0:
        return 0.0
    return float(start * fit(y, 1 / (v + start), x).rss / (k - p))


def generalised_q(y: Floats, v: Floats, x: Floats, tau2: float) -> float:
    """Cochran's Q with the weights ``1 / (v + tau2)``; it falls as tau2 grows."""
    return fit(y, 1 / (v + tau2), x).rss


def _pm(y: Floats, v: Floats, x: Floats) -> float:
    return solve_q(y, v, x, x.shape[0] - x.shape[1])


def solve_q(y: Floats, v: Floats, x: Floats, target: float) -> float:
    """Find the tau2 at which the generalised Q equals `target`; zero if it is below it already."""
    if generalised_q(y, v, x, 0.0) <= target:
        return 0.0
    upper = max(float(np.var(y)), float(v.max()), np.finfo(float).tiny)
    while generalised_q(y, v, x, upper) > target:
        upper *= 4
        if not math.isfinite(upper):
            return math.inf
    return root(lambda t: generalised_q(y, v, x, t) - target, 0.0, upper)


def _score(y: Floats, v: Floats, x: Floats, tau2: float, *, restricted: bool) -> float:
    """Twice the derivative of the (restricted) log-likelihood."""
    f = fit(y, 1 / (v + tau2), x)
    trace = trace_p(f, x) if restricted else float(f.w.sum())
    return float(np.sum((f.w * f.residual) ** 2)) - trace


def _likelihood(y: Floats, v: Floats, x: Floats, *, restricted: bool) -> float:
    scale = max(float(np.var(y)), float(np.median(v)))
    return maximise(
        lambda t: _score(y, v, x, t, restricted=restricted),
        lambda t: log_likelihood(y, v, x, t, restricted=restricted),
        scale,
    )


def maximise(score: Callable[[float], float], value: Callable[[float], float], scale: float, points: int = 18) -> float:
    """Find the highest maximum of a likelihood of tau2 on ``[0, inf)`` from the zeros of its score.

    A grid of `points` from far below to far above `scale` brackets every change of sign of the score; each is solved
    to the last digits, and the likelihood decides between them and zero. This finds the right mode where Fisher
    scoring from one start may stop at another.
    """
    if scale <= 0:
        return 0.0
    grid = np.concatenate(([0.0], scale * np.logspace(-7, 3, points)))
    signs = np.array([score(float(t)) for t in grid])
    candidates = [0.0]
    for i in range(len(grid) - 1):
        if signs[i] > 0 >= signs[i + 1]:
            low, high = float(grid[i]), float(grid[i + 1])
            candidates.append(root(score, low, high))
    if len(candidates) == 1:
        return 0.0
    if len(candidates) == 2 and signs[0] > 0:
        return candidates[1]
    return max(candidates, key=value)


def _standard_error(method: str, y: Floats, v: Floats, x: Floats, tau2: float) -> float:
    k, p = x.shape
    f = fit(y, 1 / (v + tau2), x)
    if method == "reml":
        information = trace_pp(f, x)
        return math.sqrt(2 / information) if information > 0 else math.nan
    if method == "ml":
        return math.sqrt(2 / float(np.sum(f.w**2)))
    if method in ("pm", "eb"):
        return math.sqrt(2 * k**2 / (k - p)) / float(f.w.sum())
    if method in ("dl", "hs"):
        f0 = fit(y, 1 / v, x)
        tp, tpp = trace_p(f0, x), trace_pp(f0, x)
        spread = 2 * (k - p) + 4 * tau2 * tp + 2 * tau2**2 * tpp
        if not (spread >= 0 and tp > 0):
            return math.nan
        return math.sqrt(spread) / (tp if method == "dl" else float(f0.w.sum()))
    return math.nan


def q_profile(y: Floats, v: Floats, x: Floats, level: float) -> tuple[float, float]:
    """Q-profile confidence limits of tau2.

    Returns
    -------
    lower, upper : float
        NaN if there are no more studies than coefficients.
    """
    df = x.shape[0] - x.shape[1]
    if df < 1:
        return math.nan, math.nan
    alpha = 1 - level
    return solve_q(y, v, x, chi2_quantile(alpha / 2, df)), solve_q(y, v, x, chi2_quantile(1 - alpha / 2, df))
