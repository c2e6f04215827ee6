"""Single arms: pooled proportions and means."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.arms import value_faults
from remit.evidence.data import Table, check_columns, label_faults, read_raw, refuse
from remit.evidence.pair import effects, pooling
from remit.evidence.pair.results import Estimate, Heterogeneity, PairwiseResult
from remit.evidence.types import Floats

if TYPE_CHECKING:
    from remit.evidence.pair.options import Options

SINGLE = ("plogit", "pft", "praw", "mean")


def pool_single(source: Table, options: Options) -> PairwiseResult:
    """Pool proportions (`study, events, n`) or means (`study, n, mean, sd`).

    Measures: ``plogit`` log odds, ``pft`` Freeman-Tukey double arcsine, ``praw`` the raw proportion, ``mean``. With
    ``method="glmm"`` log odds come from a binomial-normal model by maximum likelihood (Stijnen 2010, DOI
    10.1002/sim.4040), which needs nothing added to empty cells. Back-transformed values are in the columns
    `proportion` of `studies` and in `notes`.
    """
    if options.method not in ("iv", "glmm") or (options.method == "glmm" and options.measure != "plogit"):
        raise UsageError("single arms are pooled by iv; plogit also by glmm")
    reading = read_raw(source)
    frame, name = reading.frame, reading.name
    numbers = ("n", "mean", "sd") if options.measure == "mean" else ("n", "events")
    check_columns(reading, ("study", *numbers))
    faults = label_faults(frame, name, ("study",)) + value_faults(frame, name, options.measure)
    faults += _repeated(frame, name)
    refuse(reading, faults)
    frame = frame.select("study", *numbers).sort("study")
    n = frame["n"].to_numpy()
    y, v = _effects(frame, options)
    spread = pooling.heterogeneity(y, v, options.tau2, options.level)
    common, w_common = pooling.pool_common(y, v, options.level)
    random, w_random = pooling.pool_random(y, v, spread.tau2, options.test, options.level)
    if options.method == "glmm":
        common, random, spread = _glmm(frame, options, spread)
        w_common = w_random = np.full(len(n), math.nan)
    low, high = pooling.prediction(random, spread.tau2, len(n), options.level, options.prediction)
    return PairwiseResult(
        measure=options.measure,
        method=options.method,
        model=options.model,
        treat1=None,
        treat2=None,
        k=len(n),
        n=round(float(n.sum())),
        events=round(float(frame["events"].sum())) if "events" in frame.columns else None,
        common=common,
        random=random,
        heterogeneity=spread,
        prediction_lower=low,
        prediction_upper=high,
        studies=_studies(frame, y, v, w_common, w_random, options),
        excluded=(),
        notes=_notes(random, n, options),
        level=options.level,
        test=options.test,
        zero_cells=options.zero_cells,
    )


def _repeated(frame: pl.DataFrame, name: str) -> list[Fault]:
    rows = frame.with_row_index("row").group_by("study", maintain_order=True).agg("row")
    return [
        Fault(
            f"{name}: rows {', '.join(str(i + 1) for i in group)}", "one study appears more than once", "Keep one row"
        )
        for study, group in rows.iter_rows()
        if len(group) > 1 and study is not None
    ]


def _effects(frame: pl.DataFrame, options: Options) -> tuple[Floats, Floats]:
    n = frame["n"].to_numpy()
    if options.measure == "mean":
        return frame["mean"].to_numpy(), frame["sd"].to_numpy() ** 2 / n
    x = frame["events"].to_numpy()
    if options.measure == "pft":
        return freeman_tukey(x, n), 1 / (4 * n + 2)
    add = effects.increments((x == 0) | (x == n), options.zero_cells, options.increment)
    p = (x + add) / (n + 2 * add)
    if options.measure == "praw":
        return p, p * (1 - p) / (n + 2 * add)
    return np.log((x + add) / (n - x + add)), 1 / (x + add) + 1 / (n - x + add)


def freeman_tukey(x: Floats, n: Floats) -> Floats:
    """Half the double arcsine of a proportion (Freeman 1950, DOI 10.1214/aoms/1177729756)."""
    return np.asarray(0.5 * (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))), dtype=np.float64)


def invert_freeman_tukey(t: float, n: float) -> float:
    """Proportion that belongs to a double arcsine at sample size `n` (Miller 1978, DOI 10.2307/2683469)."""
    low = freeman_tukey(np.array([0.0]), np.array([n]))[0]
    high = freeman_tukey(np.array([n]), np.array([n]))[0]
    if t <= low:
        return 0.0
    if t >= high:
        return 1.0
    s, c = math.sin(2 * t), math.cos(2 * t)
    return 0.5 * (1 - math.copysign(1, c) * math.sqrt(max(0.0, 1 - (s + (s - 1 / s) / n) ** 2)))


def back_transform(measure: str, n: Floats) -> Callable[[float], float]:
    """Function from the pooled scale to a proportion or mean; the double arcsine uses the harmonic mean of `n`."""
    if measure == "plogit":
        return lambda t: 1 / (1 + math.exp(-t))
    if measure == "pft":
        harmonic = float(len(n) / np.sum(1 / n))
        return lambda t: invert_freeman_tukey(t, harmonic)
    return lambda t: t


def _glmm(frame: pl.DataFrame, options: Options, spread: Heterogeneity) -> tuple[Estimate, Estimate, Heterogeneity]:
    from remit.evidence.pair.glmm import proportion_glmm

    model = proportion_glmm(frame["events"].to_numpy(), frame["n"].to_numpy())
    df = math.inf if options.test == "z" else float(frame.height - 1)
    common = pooling.make_estimate(model.common, model.common_se, options.level)
    random = pooling.make_estimate(model.mu, model.se, options.level, df)
    nan = math.nan
    spread = replace(spread, tau2=model.tau2, tau2_method="ml", se_tau2=nan, tau2_lower=nan, tau2_upper=nan)
    return common, random, spread


def _studies(
    frame: pl.DataFrame, y: Floats, v: Floats, common: Floats, random: Floats, options: Options
) -> pl.DataFrame:
    half = pooling.quantile(options.level, math.inf) * np.sqrt(v)
    columns = {
        "study": frame["study"],
        "te": y,
        "se": np.sqrt(v),
        "lower": y - half,
        "upper": y + half,
        "weight_common": common,
        "weight_random": random,
    }
    out = pl.DataFrame(columns).hstack(frame.drop("study"))
    if "events" in frame.columns:
        out = out.with_columns((pl.col("events") / pl.col("n")).alias("proportion"))
    return out


def _notes(random: Estimate, n: Floats, options: Options) -> tuple[str, ...]:
    if options.measure == "mean":
        return ()
    back = back_transform(options.measure, n)
    values = ", ".join(f"{back(t):.6f}" for t in (random.te, random.lower, random.upper))
    notes = [f"random-effects proportion and limits: {values}"]
    if options.measure == "pft":
        notes.append("the back-transform depends on one sample size for all studies and can mislead; prefer glmm")
    return tuple(notes)
