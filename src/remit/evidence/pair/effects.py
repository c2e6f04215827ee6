"""Effects of single studies from two arms: value and sampling variance.

Ratios are on the log scale. Sources: Yusuf 1985 (DOI 10.1016/S0033-0620(85)80003-7) for Peto; Hedges 1981
(DOI 10.3102/10769986006002107) for the exact small-sample factor of the standardised mean difference.
"""

from __future__ import annotations

import numpy as np

from remit.errors import UsageError
from remit.evidence.types import Bools, Floats

ZERO_CELLS = ("only0", "all", "if0all", "none")
DOUBLE_ZERO = ("drop", "keep")
RD_SHIFT = ("effect", "variance")
"""What the increment reaches in a risk difference: effect and variance (metafor), or variance alone (meta, netmeta)."""


def check_zero_options(zero_cells: str, double_zero: str, increment: float, rd_shift: str | None = None) -> None:
    """Refuse an unknown way of treating empty cells.

    Raises
    ------
    UsageError
        With the ways that there are.
    """
    if zero_cells not in ZERO_CELLS:
        raise UsageError(f"zero_cells is one of {', '.join(ZERO_CELLS)}")
    if double_zero not in DOUBLE_ZERO:
        raise UsageError(f"double_zero is one of {', '.join(DOUBLE_ZERO)}")
    if not increment >= 0:
        raise UsageError("increment is zero or more")
    if rd_shift not in (None, *RD_SHIFT):
        raise UsageError(f"rd_shift is one of {', '.join(RD_SHIFT)}")


def increments(has_zero: Bools, zero_cells: str, increment: float) -> Floats:
    """How much is added to each of the four cells of each study.

    Parameters
    ----------
    has_zero : ndarray of bool, shape (k,)
        The study has an empty cell.
    zero_cells : {"only0", "all", "if0all", "none"}
        Add to studies with an empty cell; to all; to all if any has one; to none.
    increment : float
        Usually 0.5.
    """
    add = {
        "only0": has_zero,
        "all": np.ones_like(has_zero),
        "if0all": np.full_like(has_zero, bool(has_zero.any())),
        "none": np.zeros_like(has_zero),
    }[zero_cells]
    return np.where(add, increment, 0.0)


def empty_cells(events1: Floats, n1: Floats, events2: Floats, n2: Floats) -> tuple[Bools, Bools, Bools]:
    """Which studies have an empty cell, no event in either arm, an event in everybody of both arms."""
    none = (events1 == 0) & (events2 == 0)
    everybody = (events1 == n1) & (events2 == n2)
    return (events1 == 0) | (events2 == 0) | (events1 == n1) | (events2 == n2), none, everybody


def binary(
    measure: str,
    events1: Floats,
    n1: Floats,
    events2: Floats,
    n2: Floats,
    add: Floats,
    rd_shift: str = "effect",
) -> tuple[Floats, Floats]:
    """Log odds ratio, log risk ratio or risk difference of arm 1 against arm 2.

    Parameters
    ----------
    measure : {"or", "rr", "rd"}
    events1, n1, events2, n2 : ndarray, shape (k,)
        Counts.
    add : ndarray, shape (k,)
        What is added to each cell, from `increments`.
    rd_shift : {"effect", "variance"}
        Whether `add` shifts the risk difference as well as its variance.

    Returns
    -------
    te, var : ndarray, shape (k,)
        Infinite or NaN where empty cells were left as they are.
    """
    a, b = events1 + add, n1 - events1 + add
    c, d = events2 + add, n2 - events2 + add
    m1, m2 = n1 + 2 * add, n2 + 2 * add
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "or":
            return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d
        if measure == "rr":
            return np.log(a / m1) - np.log(c / m2), 1 / a - 1 / m1 + 1 / c - 1 / m2
        te = a / m1 - c / m2 if rd_shift == "effect" else events1 / n1 - events2 / n2
        return te, a * b / m1**3 + c * d / m2**3


def peto(events1: Floats, n1: Floats, events2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    """Peto's one-step log odds ratio, and the hypergeometric variance, which is the reciprocal of its variance."""
    total, events = n1 + n2, events1 + events2
    expected = n1 * events / total
    with np.errstate(divide="ignore", invalid="ignore"):
        information = n1 * n2 * events * (total - events) / (total**2 * (total - 1))
        return (events1 - expected) / information, information


def hedges_factor(df: Floats) -> Floats:
    """Exact factor ``Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2))`` that removes the bias of Cohen's d."""
    from scipy.special import gammaln

    return np.asarray(np.exp(gammaln(df / 2) - 0.5 * np.log(df / 2) - gammaln((df - 1) / 2)), dtype=np.float64)


def continuous(
    measure: str,
    means: tuple[Floats, Floats],
    sds: tuple[Floats, Floats],
    ns: tuple[Floats, Floats],
    smd: str = "hedges",
) -> tuple[Floats, Floats]:
    """Mean difference, or standardised mean difference, of arm 1 against arm 2.

    Parameters
    ----------
    measure : {"md", "smd"}
    means, sds, ns : pairs of ndarray, shape (k,)
        First arm, second arm.
    smd : {"hedges", "cohen"}
        With or without the exact small-sample factor.

    Returns
    -------
    te, var : ndarray, shape (k,)
        The variance of the standardised difference is ``1/n1 + 1/n2 + d^2 / (2 (n1 + n2))``.
    """
    n1, n2 = ns
    if measure == "md":
        return means[0] - means[1], sds[0] ** 2 / n1 + sds[1] ** 2 / n2
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * sds[0] ** 2 + (n2 - 1) * sds[1] ** 2) / df)
    d = (means[0] - means[1]) / pooled
    if smd == "hedges":
        d = d * hedges_factor(df)
    return d, 1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2))
