"""Inverse-variance pooling: common and random effects, tests, prediction intervals, heterogeneity."""

from __future__ import annotations

import math

import numpy as np

from remit.errors import UsageError
from remit.evidence.numeric import chi2_upper, normal_quantile, normal_two_sided, t_quantile, t_two_sided
from remit.evidence.pair import tau2 as between
from remit.evidence.pair.model import fit, ones, trace_p
from remit.evidence.pair.results import Estimate, Heterogeneity
from remit.evidence.types import Floats

TESTS = ("z", "t", "knha", "adhoc")
PREDICTIONS = ("test", "k-1", "k-2", "normal")


def check_test(test: str) -> str:
    """Return the test's name in lower case.

    Raises
    ------
    UsageError
        It is not known.
    """
    lower = test.lower()
    if lower not in TESTS:
        raise UsageError(f"unknown test {test!r}: choose one of {', '.join(TESTS)}")
    return lower


def quantile(level: float, df: float) -> float:
    """Two-sided quantile of the t distribution, of the normal if `df` is infinite; NaN if `df` is below 1."""
    if math.isinf(df):
        return normal_quantile(0.5 + level / 2)
    return t_quantile(0.5 + level / 2, df) if df >= 1 else math.nan


def p_value(statistic: float, df: float) -> float:
    """Two-sided p value of a z or t statistic."""
    if math.isnan(statistic) or df < 1:
        return math.nan
    return float(normal_two_sided(np.array(statistic))) if math.isinf(df) else t_two_sided(statistic, df)


def make_estimate(te: float, se: float, level: float, df: float = math.inf) -> Estimate:
    """Put limits, statistic and p value beside an effect and its standard error."""
    q = quantile(level, df)
    statistic = te / se if se > 0 else math.nan
    return Estimate(
        te=te, se=se, lower=te - q * se, upper=te + q * se, statistic=statistic, p=p_value(statistic, df), df=df
    )


def pool_common(y: Floats, v: Floats, level: float) -> tuple[Estimate, Floats]:
    """Common-effect estimate and the weights in percent."""
    f = fit(y, 1 / v, ones(len(y)))
    return make_estimate(float(f.beta[0]), math.sqrt(f.cov[0, 0]), level), 100 * f.w / f.w.sum()


def pool_random(y: Floats, v: Floats, tau2: float, test: str, level: float) -> tuple[Estimate, Floats]:
    """Random-effects estimate at a given tau2, and the weights in percent.

    Parameters
    ----------
    test : {"z", "t", "knha", "adhoc"}
        Normal; t with k - 1 degrees; Hartung-Knapp; Hartung-Knapp whose scale is never below one.
    """
    k = len(y)
    f = fit(y, 1 / (v + tau2), ones(k))
    se = math.sqrt(f.cov[0, 0]) * knapp_hartung(f.rss, k - 1, test)
    df = math.inf if test == "z" else k - 1
    return make_estimate(float(f.beta[0]), se, level, df), 100 * f.w / f.w.sum()


def knapp_hartung(rss: float, df: int, test: str) -> float:
    """Factor that Hartung and Knapp put on the standard error; one for the other tests, NaN for a single study."""
    if test in ("z", "t"):
        return 1.0
    if df < 1:
        return math.nan
    scale = rss / df
    return math.sqrt(max(1.0, scale) if test == "adhoc" else scale)


def prediction(estimate: Estimate, tau2: float, k: int, level: float, rule: str) -> tuple[float, float]:
    """Limits between which the effect of a new study is expected.

    Parameters
    ----------
    rule : {"test", "k-1", "k-2", "normal"}
        The distribution that the estimate's test uses; t with k - 1 or k - 2 degrees; the normal.

    Returns
    -------
    lower, upper : float
        NaN if there are too few studies.
    """
    if rule not in PREDICTIONS:
        raise UsageError(f"prediction is one of {', '.join(PREDICTIONS)}")
    df = {"test": estimate.df, "k-1": float(k - 1), "k-2": float(k - 2), "normal": math.inf}[rule]
    if k < 2:
        return math.nan, math.nan
    half = quantile(level, df) * math.sqrt(estimate.se**2 + tau2)
    return estimate.te - half, estimate.te + half


def heterogeneity(y: Floats, v: Floats, method: str, level: float, x: Floats | None = None) -> Heterogeneity:
    """Q, tau2, I2 and H2 with their intervals.

    I2 and H2 follow from tau2 and the typical sampling variance (Higgins 2002, DOI 10.1002/sim.1186); their limits
    follow from those of tau2. `i2_q` is the other common definition, ``(Q - df) / Q``.
    """
    design = ones(len(y)) if x is None else x
    k, p = design.shape
    df = k - p
    f0 = fit(y, 1 / v, design)
    q = f0.rss if df > 0 else 0.0
    tau2, se_tau2 = between.estimate(method, y, v, design)
    low, high = between.q_profile(y, v, design, level)
    slope = trace_p(f0, design) if df > 0 else 0.0
    typical = df / slope if slope > 0 else math.nan
    return Heterogeneity(
        q=q,
        df_q=df,
        p_q=chi2_upper(q, df),
        tau2=tau2,
        se_tau2=se_tau2,
        tau2_lower=low,
        tau2_upper=high,
        tau2_method=method,
        i2=_share(tau2, typical),
        i2_lower=_share(low, typical),
        i2_upper=_share(high, typical),
        h2=1 + tau2 / typical,
        h2_lower=1 + low / typical,
        h2_upper=1 + high / typical,
        i2_q=max(0.0, (q - df) / q) if q > 0 else 0.0,
        h2_q=q / df if df > 0 else math.nan,
    )


def _share(tau2: float, typical: float) -> float:
    return 1.0 if math.isinf(tau2) else tau2 / (tau2 + typical)


def check_level(level: float) -> float:
    """Refuse a confidence level that is not between zero and one."""
    if not 0 < level < 1:
        raise UsageError("level is a share between 0 and 1, such as 0.95")
    return float(np.float64(level))
