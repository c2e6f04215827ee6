"""Generalised least squares on a network by its weighted Laplacian.

For each study the weights of its contrasts, ``(V_i + tau2 R_i)^-1`` with ``R_i = (I + J) / 2``, are spread over its
arms as a small Laplacian; their sum is that of the network (Rücker 2012, DOI 10.1002/jrsm.1058). The work per value of
tau2 is one stacked inversion of small matrices and one matrix of treatments by treatments.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from remit.evidence.nma.studies import Blocks
from remit.evidence.types import Floats


@dataclass(frozen=True, slots=True)
class NetworkFit:
    """Estimates at one tau2.

    Attributes
    ----------
    theta : ndarray, shape (n,)
        Location of each treatment, the first at zero: the effect of i against j is ``theta[i] - theta[j]``.
    cov : ndarray, shape (n, n)
        Covariance of `theta`; row and column of the first are zero.
    q : float
        Generalised residual sum of squares.
    score_reml, score_ml : float
        Twice the derivatives of the log-likelihoods with respect to tau2.
    log_reml, log_ml : float
        Log-likelihoods without constants.
    """

    theta: Floats
    cov: Floats
    q: float
    score_reml: float
    score_ml: float
    log_reml: float
    log_ml: float

    def te(self) -> Floats:
        """All effects, row against column."""
        return np.asarray(self.theta[:, None] - self.theta[None, :], dtype=np.float64)

    def se(self) -> Floats:
        """Standard errors of all effects."""
        d = np.diag(self.cov)
        return np.sqrt(np.maximum(d[:, None] + d[None, :] - 2 * self.cov, 0.0))


@cache
def shape(m: int) -> Floats:
    """Covariance of the contrasts of m arms that share one between-study variance of differences."""
    found: Floats = 0.5 * (np.eye(m - 1) + np.ones((m - 1, m - 1)))
    found.flags.writeable = False
    return found


@cache
def spread(m: int) -> Floats:
    """Matrix from m arms to m - 1 contrasts against the first."""
    found: Floats = np.hstack([-np.ones((m - 1, 1)), np.eye(m - 1)])
    found.flags.writeable = False
    return found


def weights(block: Blocks, tau2: float) -> Floats:
    """Inverse covariances of the studies of a block, shape (s, m - 1, m - 1)."""
    return np.asarray(np.linalg.inv(block.v + tau2 * shape(block.arms.shape[1])), dtype=np.float64)


def laplacian(stacks: list[Blocks], n: int, tau2: float) -> tuple[Floats, Floats, list[Floats]]:
    """Weighted Laplacian, right-hand side, and the weights of every block."""
    matrix, rhs, all_w = np.zeros((n, n)), np.zeros(n), []
    for block in stacks:
        w = weights(block, tau2)
        d = spread(block.arms.shape[1])
        small = d.T @ w @ d
        np.add.at(matrix, (block.arms[:, :, None], block.arms[:, None, :]), small)
        np.add.at(rhs, block.arms, np.einsum("ia,sij,sj->sa", d, w, block.y))
        all_w.append(w)
    return matrix, rhs, all_w


def invert(matrix: Floats) -> tuple[Floats, float]:
    """Inverse of a positive definite matrix, and the logarithm of its determinant."""
    factor, fault = dpotrf(matrix, lower=1)
    if fault:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    inverse, _ = dpotri(factor, lower=1)
    lower = np.tril(inverse)
    return lower + np.tril(lower, -1).T, 2 * float(np.log(np.diag(factor)).sum())


def fit_network(stacks: list[Blocks], n: int, tau2: float) -> NetworkFit:
    """Fit a connected network of `n` treatments at a given tau2.

    Parameters
    ----------
    stacks : list of Blocks
        From `remit.evidence.nma.studies.blocks`.
    n : int
        Number of treatments; the network must be connected.
    tau2 : float
        Between-study variance of a difference of two treatments.
    """
    matrix, rhs, all_w = laplacian(stacks, n, tau2)
    cov = np.zeros((n, n))
    cov[1:, 1:], log_det = invert(matrix[1:, 1:])
    theta = cov @ rhs
    q = slope = trace = trace_x = log_w = 0.0
    for block, w in zip(stacks, all_w, strict=True):
        m = block.arms.shape[1]
        d, r = spread(m), shape(m)
        residual = block.y - theta[block.arms] @ d.T
        wr = np.einsum("sij,sj->si", w, residual)
        q += float(np.sum(residual * wr))
        slope += float(np.einsum("si,ij,sj->", wr, r, wr))
        trace += float(np.einsum("sij,ji->", w, r))
        inner = d.T @ (w @ r @ w) @ d
        local = cov[block.arms[:, :, None], block.arms[:, None, :]]
        trace_x += float(np.sum(inner * local))
        log_w += float(np.linalg.slogdet(w)[1].sum())
    log_ml = 0.5 * log_w - 0.5 * q
    return NetworkFit(theta, cov, q, slope - trace + trace_x, slope - trace, log_ml - 0.5 * log_det, log_ml)


def degrees_of_freedom(stacks: list[Blocks], n: int) -> int:
    """Contrasts minus estimated effects."""
    return int(sum(block.y.size for block in stacks)) - (n - 1)
