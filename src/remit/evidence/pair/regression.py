"""Meta-regression, and regression tests of funnel asymmetry."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.data import EvidenceError
from remit.evidence.numeric import chi2_upper, f_upper, t_two_sided
from remit.evidence.pair import tau2 as between
from remit.evidence.pair.model import fit, ones
from remit.evidence.pair.pooling import check_test, heterogeneity, knapp_hartung, make_estimate
from remit.evidence.pair.results import Estimate, Heterogeneity, PairwiseResult, plain
from remit.evidence.types import Floats

MINIMUM_STUDIES = 10
"""Below this number of studies tests of asymmetry are too weak to be read (Sterne 2011, DOI 10.1136/bmj.d4002)."""


@dataclass(frozen=True, slots=True)
class Regression:
    """A mixed-effects meta-regression.

    Attributes
    ----------
    coefficients : polars.DataFrame
        One row a term: `term, te, se, lower, upper, statistic, p`.
    residual : Heterogeneity
        Q, tau2, I2 and H2 that remain.
    q_moderators, df_moderators, p_moderators : float
        Test of all moderators: chi-squared, or F divided into its numerator degrees with Hartung-Knapp.
    r2 : float
        Share of tau2 that the moderators explain; NaN if there was none.
    k : int
        Studies with all moderators known.
    left_out : tuple of str
        Studies that lack a moderator.
    covariance : ndarray, shape (p, p)
        Of the coefficients.
    """

    coefficients: pl.DataFrame
    residual: Heterogeneity
    q_moderators: float
    df_moderators: int
    p_moderators: float
    r2: float
    k: int
    left_out: tuple[str, ...]
    covariance: Floats

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def meta_regression(
    result: PairwiseResult,
    moderators: Mapping[str, Mapping[str, float | None]],
    *,
    tau2: str | None = None,
    test: str | None = None,
    common: bool = False,
) -> Regression:
    """Regress study effects on study features.

    Parameters
    ----------
    result : PairwiseResult
        Gives the studies' effects and variances.
    moderators : mapping
        Term to study to value; a study that lacks a value is left out and named.
    tau2, test : str, optional
        As in `pairwise`; by default as in `result`.
    common : bool
        A common-effect regression, without tau2.

    Raises
    ------
    EvidenceError
        Too few studies, or terms that cannot be told apart.
    """
    studies = result.studies["study"].to_list()
    known = [s for s in studies if all(_finite(values.get(s)) for values in moderators.values())]
    rows = result.studies.filter(pl.col("study").is_in(known))
    y, v = rows["te"].to_numpy(), rows["se"].to_numpy() ** 2
    terms = ["intercept", *moderators]
    x = np.column_stack([np.ones(len(known)), *[[float(m[s] or 0.0) for s in known] for m in moderators.values()]])
    if len(known) <= len(terms) or np.linalg.matrix_rank(x) < len(terms):
        remedy = "Use fewer or other moderators"
        raise EvidenceError([Fault("moderators", f"{len(known)} studies cannot tell {len(terms)} terms apart", remedy)])
    method = tau2 or result.heterogeneity.tau2_method
    level = result.level
    spread = heterogeneity(y, v, method, level, x)
    t2 = 0.0 if common else spread.tau2
    f = fit(y, 1 / (v + t2), x)
    chosen = check_test(test or result.test)
    df = math.inf if chosen == "z" else len(known) - len(terms)
    scale = knapp_hartung(f.rss, len(known) - len(terms), chosen)
    cov = f.cov * scale**2
    table = [
        {"term": term, **_plain_estimate(make_estimate(float(b), math.sqrt(c), level, df))}
        for term, b, c in zip(terms, f.beta, np.diag(cov), strict=True)
    ]
    q, p = _wald(f.beta[1:], cov[1:, 1:], df)
    before = between.estimate(method, y, v, ones(len(known)))[0]
    r2 = max(0.0, 1 - spread.tau2 / before) if before > 0 and not common else math.nan
    left = tuple(s for s in studies if s not in set(known))
    return Regression(pl.DataFrame(table), spread, q, len(terms) - 1, p, r2, len(known), left, cov)


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _plain_estimate(e: Estimate) -> dict[str, float]:
    return {"te": e.te, "se": e.se, "lower": e.lower, "upper": e.upper, "statistic": e.statistic, "p": e.p}


def _wald(beta: Floats, cov: Floats, df: float) -> tuple[float, float]:
    if len(beta) == 0:
        return math.nan, math.nan
    q = float(beta @ np.linalg.solve(cov, beta))
    if math.isinf(df):
        return q, chi2_upper(q, len(beta))
    return q, f_upper(q / len(beta), len(beta), df)


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """A regression test of funnel asymmetry.

    Attributes
    ----------
    test : str
        ``egger``, ``egger_mixed`` or ``peters``.
    slope, slope_se, statistic, df, p : float
        Of the regression on the predictor of size.
    intercept, intercept_se : float
        The effect expected in a study of unlimited size.
    k : int
        Studies.
    note : str
        Set if there are too few studies to read the test.
    """

    test: str
    slope: float
    slope_se: float
    statistic: float
    df: float
    p: float
    intercept: float
    intercept_se: float
    k: int
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def egger(result: PairwiseResult, *, mixed: bool = False, predictor: str = "se") -> Asymmetry:
    """Test whether smaller studies show other effects (Egger 1997, DOI 10.1136/bmj.315.7109.629).

    Parameters
    ----------
    mixed : bool
        False: weighted regression with a multiplicative dispersion, tested by t. True: the mixed-effects
        meta-regression with the estimator of tau2 and the test of `result`.
    predictor : {"se", "sqrtninv"}
        Standard error, or one over the root of the total sample size.
    """
    studies = result.studies
    se = studies["se"].to_numpy()
    if predictor == "se":
        x = se
    elif predictor == "sqrtninv":
        x = 1 / np.sqrt(_totals(result))
    else:
        raise UsageError("predictor is 'se' or 'sqrtninv'")
    if not mixed:
        return _weighted("egger", studies["te"].to_numpy(), x, 1 / se**2)
    _need(len(se))
    found = meta_regression(result, {predictor: dict(zip(studies["study"], x.tolist(), strict=True))})
    one, two = found.coefficients.to_dicts()
    df = math.inf if result.test == "z" else found.k - 2
    numbers = (two["te"], two["se"], two["statistic"], df, two["p"], one["te"], one["se"])
    return Asymmetry("egger_mixed", *numbers, found.k, _few(found.k))


def peters(result: PairwiseResult) -> Asymmetry:
    """Test asymmetry on the inverse of the sample size, weighted by events (Peters 2006, DOI 10.1001/jama.295.6.676).

    Only for binary outcomes, where the standard error itself depends on the effect.
    """
    if "events1" not in result.studies.columns:
        raise UsageError("Peters' test needs counts of events")
    n = _totals(result)
    events = sum(result.studies[c].to_numpy() for c in ("events1", "events2"))
    with np.errstate(divide="ignore"):
        weights = 1 / (1 / np.asarray(events) + 1 / (n - np.asarray(events)))
    return _weighted("peters", result.studies["te"].to_numpy(), 1 / n, weights)


def _totals(result: PairwiseResult) -> Floats:
    if "n1" not in result.studies.columns:
        raise UsageError("this test needs sample sizes")
    total: Floats = result.studies["n1"].to_numpy() + result.studies["n2"].to_numpy()
    return total


def _weighted(test: str, y: Floats, x: Floats, w: Floats) -> Asymmetry:
    k = len(y)
    _need(k)
    design = np.column_stack([np.ones(k), x])
    if np.linalg.matrix_rank(design) < 2:
        raise EvidenceError([Fault("studies", "all studies are of one size", "Asymmetry cannot be tested")])
    f = fit(y, w, design)
    cov = f.cov * f.rss / (k - 2)
    statistic = float(f.beta[1]) / math.sqrt(cov[1, 1])
    return Asymmetry(
        test=test,
        slope=float(f.beta[1]),
        slope_se=math.sqrt(cov[1, 1]),
        statistic=statistic,
        df=k - 2,
        p=t_two_sided(statistic, k - 2),
        intercept=float(f.beta[0]),
        intercept_se=math.sqrt(cov[0, 0]),
        k=k,
        note=_few(k),
    )


def _need(k: int) -> None:
    if k < 3:
        raise EvidenceError([Fault("studies", f"there are {k}", "Asymmetry needs three studies, and ten to be read")])


def _few(k: int) -> str:
    return f"{k} studies are too few to read this test" if k < MINIMUM_STUDIES else ""


def moderator_table(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Collect numeric study features from a table into the shape that `meta_regression` takes.

    Raises
    ------
    UsageError
        A column is missing, or holds no numbers.
    """
    out: dict[str, dict[str, float | None]] = {}
    for column in columns:
        if column not in frame.columns:
            raise UsageError(f"there is no column {column!r}")
        numbers = frame[column].cast(pl.Float64, strict=False)
        if numbers.null_count() > frame[column].null_count():
            raise UsageError(f"column {column!r} must hold numbers")
        per_study = frame.with_columns(numbers).group_by("study").agg(pl.col(column).drop_nulls().first())
        out[column] = dict(zip(per_study["study"].to_list(), per_study[column].to_list(), strict=True))
    return out
