"""Intervals of confidence for shares and rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Z = float(stats.norm.ppf(0.975))
"""Of a 95 % interval."""

Floats = NDArray[np.float64]


def wilson(events: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share; nan where n is 0 (Wilson 1927)."""
    k, total = np.asarray(events, float), np.asarray(n, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = k / total
        middle = (share + Z**2 / (2 * total)) / (1 + Z**2 / total)
        half = Z * np.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2)) / (1 + Z**2 / total)
    low = np.where(k == 0, 0.0, middle - half)
    high = np.where(k == total, 1.0, middle + half)
    empty = total == 0
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def poisson(events: ArrayLike) -> tuple[Floats, Floats]:
    """Exact interval of a count (Garwood 1936)."""
    k = np.asarray(events, float)
    low = np.where(k > 0, stats.chi2.ppf(0.025, 2 * np.maximum(k, 1)) / 2, 0.0)
    return low, np.asarray(stats.chi2.ppf(0.975, 2 * (k + 1)) / 2)
