"""Interval of a share, from the standard library alone: pages need it where no statistics package is loaded."""

from __future__ import annotations

import math
from statistics import NormalDist

LEVEL = 0.95


def wilson(events: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927, DOI 10.1080/01621459.1927.10502953).

    Parameters
    ----------
    events, n : float
        Those with the outcome, and all; `events` need not be whole where a source gives a percentage.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Between 0 and 1; both NaN where `n` is not above 0.
    """
    if not n > 0:
        return math.nan, math.nan
    z, share = NormalDist().inv_cdf((1 + level) / 2), events / n
    middle = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    total = 1 + z**2 / n
    low = 0.0 if events <= 0 else (middle - half) / total
    return low, 1.0 if events >= n else (middle + half) / total
