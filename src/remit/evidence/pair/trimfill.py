"""Trim and fill (Duval 2000, DOI 10.1111/j.0006-341X.2000.00455.x)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.data import EvidenceError
from remit.evidence.pair import tau2 as between
from remit.evidence.pair.model import fit, ones
from remit.evidence.pair.pooling import heterogeneity, pool_common, pool_random
from remit.evidence.pair.results import Estimate, Heterogeneity, PairwiseResult, plain
from remit.evidence.types import Floats

ESTIMATORS = ("l0", "r0", "q0")
MAXIMUM_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class TrimFill:
    """A pooled effect with studies added that a lopsided funnel seems to lack.

    Attributes
    ----------
    k0 : int
        Studies added.
    side : str
        ``left`` or ``right``: where they were added.
    estimator : str
        ``l0``, ``r0`` or ``q0``.
    common, random : Estimate
        With the added studies.
    heterogeneity : Heterogeneity
        With the added studies.
    studies : polars.DataFrame
        `study, te, se, filled`.
    """

    k0: int
    side: str
    estimator: str
    common: Estimate
    random: Estimate
    heterogeneity: Heterogeneity
    studies: pl.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def trim_and_fill(result: PairwiseResult, *, estimator: str = "l0", side: str | None = None) -> TrimFill:
    """Add mirror images of the outermost studies until the funnel is even.

    Parameters
    ----------
    estimator : {"l0", "r0", "q0"}
        Of the number that is missing.
    side : {"left", "right"}, optional
        Where studies are missing; by default opposite to the slope of the regression on the standard error.

    Notes
    -----
    The centre that is trimmed is that of the leading model of `result`. The result shows how a pooled effect would
    move if asymmetry were due to unpublished studies alone; it is a sensitivity analysis, not a correction.
    """
    if estimator not in ESTIMATORS:
        raise UsageError(f"estimator is one of {', '.join(ESTIMATORS)}")
    if side not in (None, "left", "right"):
        raise UsageError("side is 'left' or 'right'")
    y, se = result.studies["te"].to_numpy().copy(), result.studies["se"].to_numpy()
    if len(y) < 3:
        raise EvidenceError([Fault("studies", f"there are {len(y)}", "Trim and fill needs three or more")])
    v = se**2
    missing = side or ("left" if _slope(y, se, v, result) > 0 else "right")
    sign = -1.0 if missing == "right" else 1.0
    k0, centre = _iterate(sign * y, v, estimator, result)
    filled_y, filled_se = y, se
    if k0 > 0:
        tail = np.argsort(sign * y, kind="stable")[-k0:]
        filled_y = np.concatenate([y, 2 * sign * centre - y[tail]])
        filled_se = np.concatenate([se, se[tail]])
    spread = heterogeneity(filled_y, filled_se**2, result.heterogeneity.tau2_method, result.level)
    common, _ = pool_common(filled_y, filled_se**2, result.level)
    random, _ = pool_random(filled_y, filled_se**2, spread.tau2, result.test, result.level)
    names = [*result.studies["study"].to_list(), *[f"filled {i + 1}" for i in range(k0)]]
    studies = pl.DataFrame({"study": names, "te": filled_y, "se": filled_se, "filled": [False] * len(y) + [True] * k0})
    return TrimFill(k0, missing, estimator, common, random, spread, studies)


def _slope(y: Floats, se: Floats, v: Floats, result: PairwiseResult) -> float:
    x = np.column_stack([np.ones(len(y)), se])
    if np.linalg.matrix_rank(x) < 2:
        return 0.0
    t2 = 0.0 if result.model == "common" else between.estimate(result.heterogeneity.tau2_method, y, v, x)[0]
    return float(fit(y, 1 / (v + t2), x).beta[1])


def _centre(y: Floats, v: Floats, result: PairwiseResult) -> float:
    x = ones(len(y))
    t2 = 0.0 if result.model == "common" else between.estimate(result.heterogeneity.tau2_method, y, v, x)[0]
    return float(fit(y, 1 / (v + t2), x).beta[0])


def _iterate(y: Floats, v: Floats, estimator: str, result: PairwiseResult) -> tuple[int, float]:
    """Trim the right tail of `y` until the number to trim stands still."""
    order = np.argsort(y, kind="stable")
    y, v = y[order], v[order]
    k, k0, seen = len(y), 0, -1
    centre = _centre(y, v, result)
    for _ in range(MAXIMUM_ROUNDS):
        if k0 == seen:
            return k0, centre
        seen = k0
        centre = _centre(y[: k - k0], v[: k - k0], result)
        k0 = _missing(y - centre, k, estimator)
    raise EvidenceError([Fault("studies", "trim and fill does not settle", "Report that it gives no answer")])


def _missing(centred: Floats, k: int, estimator: str) -> int:
    ranks = np.sign(centred) * (np.argsort(np.argsort(np.abs(centred), kind="stable")) + 1)
    if estimator == "r0":
        negative = -ranks[ranks < 0]
        value = k - (float(negative.max()) if len(negative) else 0.0) - 1
    else:
        s_r = float(ranks[ranks > 0].sum())
        if estimator == "l0":
            value = (4 * s_r - k * (k + 1)) / (2 * k - 1)
        else:
            value = k - 0.5 - math.sqrt(max(0.0, 2 * k**2 - 4 * s_r + 0.25))
    return min(k - 2, max(0, round(value)))
