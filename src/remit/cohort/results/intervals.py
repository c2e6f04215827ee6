"""Intervals of confidence for rates; `remit.engine.shares` has that of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Z = float(stats.norm.ppf(0.975))
"""Of a 95 % interval."""

Floats = NDArray[np.float64]


def poisson(events: ArrayLike) -> tuple[Floats, Floats]:
    """Exact interval of a count (Garwood 1936)."""
    k = np.asarray(events, float)
    low = np.where(k > 0, stats.chi2.ppf(0.025, 2 * np.maximum(k, 1)) / 2, 0.0)
    return low, np.asarray(stats.chi2.ppf(0.975, 2 * (k + 1)) / 2)
