"""Between-study variance of a network: method of moments, restricted and full maximum likelihood."""

from __future__ import annotations

import numpy as np

from remit.errors import UsageError
from remit.evidence.nma.fit import degrees_of_freedom, fit_network, laplacian, shape, spread
from remit.evidence.nma.studies import Blocks
from remit.evidence.pair.model import ones
from remit.evidence.pair.tau2 import estimate as pairwise_estimate
from remit.evidence.pair.tau2 import maximise

METHODS = ("dl", "reml", "ml")
GRID = 11


def check_method(method: str) -> str:
    """Return the estimator's name in lower case, or say which ones there are."""
    lower = method.lower()
    if lower not in METHODS:
        raise UsageError(f"unknown estimator of tau2 {method!r} for a network: choose one of {', '.join(METHODS)}")
    return lower


def estimate(method: str, stacks: list[Blocks], n: int) -> float:
    """Estimate the common tau2 of a connected network.

    Parameters
    ----------
    method : {"dl", "reml", "ml"}
        ``dl`` is the generalised method of moments (Jackson 2012, DOI 10.1002/sim.5453). The likelihoods use the full
        covariance of the contrasts of a study with several arms.

    Returns
    -------
    float
        Zero if the network has no degrees of freedom left.
    """
    df = degrees_of_freedom(stacks, n)
    if df <= 0:
        return 0.0
    if n == 2:
        return _pair(method, stacks)
    if method == "dl":
        at_zero = fit_network(stacks, n, 0.0)
        slope = moment_slope(stacks, n)
        return max(0.0, (at_zero.q - df) / slope) if slope > 0 else 0.0
    key = "score_reml" if method == "reml" else "score_ml"
    value = "log_reml" if method == "reml" else "log_ml"
    scale = max(float(np.var(np.concatenate([b.y.ravel() for b in stacks]))), _typical(stacks))
    return maximise(
        lambda t: float(getattr(fit_network(stacks, n, t), key)),
        lambda t: float(getattr(fit_network(stacks, n, t), value)),
        scale,
        GRID,
    )


def _pair(method: str, stacks: list[Blocks]) -> float:
    """A network of two treatments is a pairwise analysis, and gives its very numbers."""
    sign = np.concatenate([np.where(b.arms[:, 0] < b.arms[:, 1], 1.0, -1.0) for b in stacks])
    y = sign * np.concatenate([b.y[:, 0] for b in stacks])
    return pairwise_estimate(method, y, np.concatenate([b.v[:, 0, 0] for b in stacks]), ones(len(y)))[0]


def _typical(stacks: list[Blocks]) -> float:
    return float(np.median(np.concatenate([np.einsum("sii->si", b.v).ravel() for b in stacks])))


def moment_slope(stacks: list[Blocks], n: int) -> float:
    """Expected gain of Q per unit of tau2: the trace of ``P R`` at tau2 = 0."""
    matrix, _, all_w = laplacian(stacks, n, 0.0)
    cov = np.zeros((n, n))
    cov[1:, 1:] = np.linalg.inv(matrix[1:, 1:])
    total = 0.0
    for block, w in zip(stacks, all_w, strict=True):
        m = block.arms.shape[1]
        d, r = spread(m), shape(m)
        inner = d.T @ (w @ r @ w) @ d
        local = cov[block.arms[:, :, None], block.arms[:, None, :]]
        total += float(np.einsum("sij,ji->", w, r)) - float(np.sum(inner * local))
    return total
