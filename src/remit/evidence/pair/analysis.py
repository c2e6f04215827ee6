"""The pairwise analysis from table to result."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.arms import CONTINUOUS, MEASURES, check_measure
from remit.evidence.data import EvidenceError, LeftOut, Table, left_out
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair import effects, pooling
from remit.evidence.pair import tau2 as between
from remit.evidence.pair.comparison import Comparison, read_comparison
from remit.evidence.pair.mantel_haenszel import mantel_haenszel, peto_pool
from remit.evidence.pair.options import METHODS, Options, check_method, one_of
from remit.evidence.pair.results import Estimate, Heterogeneity, PairwiseResult
from remit.evidence.pair.single import SINGLE, pool_single
from remit.evidence.types import Bools, Floats


def pairwise(
    source: Table,
    *,
    measure: str = "or",
    method: str = "iv",
    model: str = "random",
    tau2: str = "reml",
    test: str = "z",
    level: float = 0.95,
    prediction: str = "test",
    zero_cells: str = "only0",
    double_zero: str = "drop",
    increment: float = 0.5,
    rd_shift: str = "effect",
    smd: str = "hedges",
    treat1: str | None = None,
    treat2: str | None = None,
    duplicate_arms: str = "refuse",
) -> PairwiseResult:
    """Pool the effect of one treatment against another, or one proportion or mean.

    Parameters
    ----------
    source : Table
        Frame, records or CSV path; arm-level, wide or contrast-level (see `remit.evidence.data.ALIASES`).
    measure : str
        ``or``, ``rr``, ``rd``, ``md``, ``smd``, ``hr`` and ``te`` compare two arms; ``plogit``, ``pft``, ``praw`` pool
        a proportion and ``mean`` a mean of single arms.
    method : {"iv", "mh", "peto", "glmm"}
        Inverse variance; Mantel-Haenszel; Peto (odds ratios); a binomial-normal model (``or`` and ``plogit``).
    model : {"random", "common"}
        Which estimate leads; both are returned.
    tau2 : str
        ``reml``, ``dl``, ``pm``, ``ml``, ``hs``, ``sj``, ``eb`` or ``he``.
    test : {"z", "t", "knha", "adhoc"}
        Of the random-effects estimate; ``knha`` is Hartung-Knapp, ``adhoc`` the same but never narrower than z.
    level : float
        Confidence level.
    prediction : {"test", "k-1", "k-2", "normal"}
        Distribution behind the prediction interval; ``test`` takes that of `test`.
    zero_cells, increment, double_zero
        How empty cells are met by inverse variance; see `remit.evidence.pair.effects`. With ``drop`` studies without
        any event, or with events only, are left out of ratios and listed.
    rd_shift : {"effect", "variance"}
        Whether the increment shifts risk differences themselves, as metafor does, or their variances alone, as meta.
    smd : {"hedges", "cohen"}
        Standardised mean difference with or without its exact small-sample factor.
    treat1, treat2 : str, optional
        The comparison; needed if the table holds more than two treatments.
    duplicate_arms : {"refuse", "sum"}
        See `remit.evidence.arms.read_arms`.

    Returns
    -------
    PairwiseResult
        Estimates on the log scale for ratios.

    Raises
    ------
    UsageError
        An option is not understood.
    EvidenceError
        The table cannot be used; all its faults are listed.
    """
    options = Options(
        measure=check_measure(measure, (*MEASURES, *SINGLE)),
        method=one_of("method", method, METHODS),
        model=one_of("model", model, ("random", "common")),
        tau2=between.check_method(tau2),
        test=pooling.check_test(test),
        level=pooling.check_level(level),
        prediction=one_of("prediction", prediction, pooling.PREDICTIONS),
        zero_cells=zero_cells,
        double_zero=double_zero,
        increment=increment,
        rd_shift=rd_shift,
        smd=one_of("smd", smd, ("hedges", "cohen")),
    )
    effects.check_zero_options(zero_cells, double_zero, increment, rd_shift)
    if options.measure in SINGLE:
        return pool_single(source, options)
    check_method(options)
    return analyse(read_comparison(source, options.measure, treat1, treat2, duplicate_arms), options)


def analyse(comparison: Comparison, options: Options) -> PairwiseResult:
    """Analyse a comparison that has been read; `options` are taken as checked."""
    if options.method != "iv" and "events1" not in comparison.frame.columns:
        raise UsageError(f"{options.method} needs counts of events, not effects")
    te, var, keep, excluded = study_effects(comparison, options)
    left = (*comparison.excluded, *excluded)
    if not keep.any():
        raise EvidenceError(
            [Fault("table", "no study is left to pool", "Every study was set aside; see the reasons below")]
            + [Fault(f"study {item.study}", item.detail, "It cannot enter the estimate") for item in left]
        )
    kept = Comparison(comparison.treat1, comparison.treat2, comparison.frame.filter(pl.Series(keep)), left)
    y, v = te[keep], var[keep]
    sound = np.isfinite(y) & np.isfinite(v) & (v > 0)
    if not sound.any():
        raise EvidenceError([Fault("table", "no study has an effect of its own", "Add an increment to empty cells")])
    spread = pooling.heterogeneity(y[sound], v[sound], options.tau2, options.level)
    common, some_common = pooling.pool_common(y[sound], v[sound], options.level)
    random, some_random = pooling.pool_random(y[sound], v[sound], spread.tau2, options.test, options.level)
    weights_common, weights_random = np.zeros(len(y)), np.zeros(len(y))
    weights_common[sound], weights_random[sound] = some_common, some_random
    notes: list[str] = _notes(len(y), options)
    if not sound.all():
        y, v = np.where(sound, y, math.nan), np.where(sound, v, math.nan)
        notes.append(f"{int((~sound).sum())} studies have no effect of their own and enter by {options.method} only")
    if options.method != "iv":
        common, weights_common, random, spread, more = _other_method(kept, options, y, v, common, random, spread)
        notes += more
    low, high = pooling.prediction(random, spread.tau2, len(y), options.level, options.prediction)
    return PairwiseResult(
        measure=options.measure,
        method=options.method,
        model=options.model,
        treat1=comparison.treat1,
        treat2=comparison.treat2,
        k=len(y),
        n=_total(kept, "n"),
        events=_total(kept, "events"),
        common=common,
        random=random,
        heterogeneity=spread,
        prediction_lower=low,
        prediction_upper=high,
        studies=_study_frame(kept, y, v, weights_common, weights_random, options.level),
        excluded=left,
        notes=tuple(notes),
        level=options.level,
        test=options.test,
        zero_cells=options.zero_cells,
    )


def study_effects(comparison: Comparison, options: Options) -> tuple[Floats, Floats, Bools, list[LeftOut]]:
    """Effect and variance of each study, which studies are usable, and why the others are not."""
    studies = comparison.frame["study"].to_list()
    excluded: list[LeftOut] = []
    drop = np.zeros(len(studies), dtype=np.bool_)
    if "te" in comparison.frame.columns:
        te, var = comparison.column("te"), comparison.column("se_te") ** 2
    elif options.measure in CONTINUOUS:
        pairs = [(comparison.column(f"{c}1"), comparison.column(f"{c}2")) for c in ("mean", "sd", "n")]
        te, var = effects.continuous(options.measure, pairs[0], pairs[1], pairs[2], options.smd)
    else:
        counts = comparison.counts()
        has_zero, none, everybody = effects.empty_cells(*counts)
        add = effects.increments(has_zero, options.zero_cells, options.increment)
        te, var = effects.binary(options.measure, *counts, add, options.rd_shift)
        if options.measure != "rd" and (options.double_zero == "drop" or options.method != "iv"):
            drop = none | (everybody if options.measure == "or" else np.zeros_like(none))
        excluded += [left_out(studies[i], "no_events" if none[i] else "all_events") for i in np.flatnonzero(drop)]
    usable = np.isfinite(te) & np.isfinite(var) & (var > 0)
    if options.method in ("mh", "peto"):
        usable = np.ones_like(usable)
    excluded += [left_out(studies[i], "no_variance") for i in np.flatnonzero(~usable & ~drop)]
    return te, var, usable & ~drop, excluded


def _other_method(
    kept: Comparison, options: Options, y: Floats, v: Floats, common: Estimate, random: Estimate, spread: Heterogeneity
) -> tuple[Estimate, Floats, Estimate, Heterogeneity, list[str]]:
    """Replace the inverse-variance common effect by that of another method."""
    counts = kept.counts()
    weights = np.full(len(y), math.nan)
    if options.method == "glmm":
        from remit.evidence.pair.glmm import odds_ratio_glmm

        model = odds_ratio_glmm(*counts)
        common = pooling.make_estimate(model.common, model.common_se, options.level)
        df = math.inf if options.test == "z" else float(len(y) - 1)
        random = pooling.make_estimate(model.mu, model.se, options.level, df)
        spread = replace(
            spread, tau2=model.tau2, se_tau2=math.nan, tau2_lower=math.nan, tau2_upper=math.nan, tau2_method="ml"
        )
        return common, weights, random, spread, ["conditional logistic model with exact likelihood; tau2 by ML"]
    if options.method == "peto":
        te, se, weights, q = peto_pool(*counts)
    else:
        te, se, weights = mantel_haenszel(options.measure, *counts)
        # Studies without any event, or with events only, count in the estimate of a risk difference and not in Q.
        _, none, everybody = effects.empty_cells(*counts)
        own = np.isfinite(y) & np.isfinite(v) & (v > 0) & ~none & ~everybody
        q = float(np.sum((y[own] - te) ** 2 / v[own]))
        spread = replace(spread, df_q=max(0, int(own.sum()) - 1))
    if not (math.isfinite(te) and math.isfinite(se)):
        problem = f"{options.method} has no estimate: over all studies one arm has no events, or only events"
        raise EvidenceError([Fault("table", problem, "Pool risk differences, or odds ratios by iv with an increment")])
    common = pooling.make_estimate(te, se, options.level)
    spread = _with_q(spread, q)
    return (
        common,
        weights,
        random,
        spread,
        [f"the random-effects estimate beside it is by inverse variance, not by {options.method}"],
    )


def _with_q(spread: Heterogeneity, q: float) -> Heterogeneity:
    df = spread.df_q
    return replace(
        spread,
        q=q,
        p_q=chi2_upper(q, df),
        i2_q=max(0.0, (q - df) / q) if q > 0 else 0.0,
        h2_q=q / df if df > 0 else math.nan,
    )


def _notes(k: int, options: Options) -> list[str]:
    if k == 1:
        return ["one study: there is nothing to pool and nothing to say about heterogeneity"]
    notes = []
    if k < 3:
        notes.append("two studies: tau2 is hardly known; read the common effect first")
    if options.test == "knha" and k < 5:
        notes.append("Hartung-Knapp intervals of few studies may be narrower than z intervals; 'adhoc' never is")
    return notes


def _total(comparison: Comparison, stem: str) -> int | None:
    columns = [f"{stem}1", f"{stem}2"]
    if not all(c in comparison.frame.columns for c in columns):
        return None
    return round(sum(float(comparison.column(c).sum()) for c in columns))


def _study_frame(kept: Comparison, y: Floats, v: Floats, common: Floats, random: Floats, level: float) -> pl.DataFrame:
    with np.errstate(invalid="ignore"):
        se = np.sqrt(v)
    half = pooling.quantile(level, math.inf) * se
    arms = [c for c in kept.frame.columns if c not in ("study", "te", "se_te")]
    return pl.DataFrame(
        {
            "study": kept.frame["study"],
            "te": y,
            "se": se,
            "lower": y - half,
            "upper": y + half,
            "weight_common": common,
            "weight_random": random,
        }
    ).hstack(kept.frame.select(arms))
