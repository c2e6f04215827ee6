"""Ranking inside one connected network: P-scores, SUCRA, rankograms."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.errors import UsageError
from remit.evidence.nma.fit import NetworkFit
from remit.evidence.numeric import normal_cdf
from remit.evidence.types import Floats

DIRECTIONS = ("desirable", "undesirable")
BATCH = 2000


def check_direction(small_values: str) -> str:
    """Return the direction, or say which ones there are."""
    if small_values not in DIRECTIONS:
        raise UsageError("small_values is 'desirable' or 'undesirable'")
    return small_values


def p_scores(fit: NetworkFit, small_values: str, difference: float = 0.0) -> Floats:
    """Mean certainty that a treatment is better than another (Rücker 2015, DOI 10.1186/s12874-015-0060-8).

    Parameters
    ----------
    small_values : {"desirable", "undesirable"}
        Whether a small effect is a good one.
    difference : float
        Smallest difference that matters: certainty is that of being better by more than this.

    Returns
    -------
    ndarray, shape (n,)
    """
    te, se = fit.te(), fit.se()
    sign = -1.0 if small_values == "desirable" else 1.0
    off = ~np.eye(len(te), dtype=np.bool_)
    z = (sign * te - difference) / np.where(off, se, 1.0)
    certainty = np.where(off, normal_cdf(z), 0.0)
    return np.asarray(certainty.sum(axis=1) / (len(te) - 1), dtype=np.float64)


def rank_probabilities(fit: NetworkFit, small_values: str, draws: int, seed: int) -> Floats:
    """Probability of every rank for every treatment, by sampling from the estimates' joint distribution.

    Returns
    -------
    ndarray, shape (n, n)
        Row: treatment; column: rank, the best first.
    """
    n = len(fit.theta)
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(fit.cov)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    sign = 1.0 if small_values == "desirable" else -1.0
    counts = np.zeros((n, n))
    left = draws
    while left > 0:
        size = min(left, BATCH)
        sample = sign * (fit.theta + rng.standard_normal((size, n)) @ root.T)
        ranks = sample.argsort(axis=1).argsort(axis=1)
        for treatment in range(n):
            counts[treatment] += np.bincount(ranks[:, treatment], minlength=n)
        left -= size
    return counts / draws


def ranking(
    fit: NetworkFit, treatments: tuple[str, ...], small_values: str, difference: float, draws: int, seed: int
) -> tuple[pl.DataFrame, Floats]:
    """Rank the treatments of one connected network.

    Returns
    -------
    table : polars.DataFrame
        `treatment, p_score, sucra, mean_rank`, the best first.
    probabilities : ndarray, shape (n, n)
        From `rank_probabilities`, in the order of `treatments`.
    """
    n = len(treatments)
    probabilities = rank_probabilities(fit, small_values, draws, seed)
    mean_rank = probabilities @ np.arange(1, n + 1)
    table = pl.DataFrame(
        {
            "treatment": list(treatments),
            "p_score": p_scores(fit, small_values, difference),
            "sucra": (n - mean_rank) / (n - 1),
            "mean_rank": mean_rank,
        }
    )
    return table.sort("p_score", "treatment", descending=[True, False]), probabilities
