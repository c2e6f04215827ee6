"""Interval of a share."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95

Floats = NDArray[np.float64]


def wilson(events: ArrayLike, n: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share (Wilson 1927, DOI 10.1080/01621459.1927.10502953).

    Parameters
    ----------
    events, n : array of float, or one number
        Those with the outcome, and all; `events` need not be whole where a source gives a percentage.
    level : float
        Confidence level.

    Returns
    -------
    low, high : array of float
        Between 0 and 1; both NaN where `n` is not above 0.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    k = np.asarray(events, float)
    total = np.where(np.asarray(n, float) > 0, n, np.nan)
    share = k / total
    middle = share + z**2 / (2 * total)
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    whole = 1 + z**2 / total
    low = np.where(k <= 0, 0 * share, (middle - half) / whole)  # of nothing there is no share: NaN stays
    return low, np.where(k >= total, 1.0, (middle + half) / whole)
