"""The normal-normal model with moderators, and what its parts are called.

``y_i = x_i' beta + u_i + e_i``, with ``var(u_i) = tau2`` and known ``var(e_i) = v_i``. Every function works on the
diagonal weights directly, so that time and memory grow with the number of studies and not with its square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remit.evidence.types import Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """A weighted least squares fit at one value of tau2.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Coefficients.
    cov : ndarray, shape (p, p)
        ``(X'WX)^-1``.
    residual : ndarray, shape (k,)
        ``y - X beta``.
    w : ndarray, shape (k,)
        Weights ``1 / (v + tau2)``.
    """

    beta: Floats
    cov: Floats
    residual: Floats
    w: Floats

    @property
    def rss(self) -> float:
        """Weighted residual sum of squares ``y'Py``."""
        return float(np.sum(self.w * self.residual**2))


def fit(y: Floats, w: Floats, x: Floats) -> Fit:
    """Fit by weighted least squares.

    Parameters
    ----------
    y, w : ndarray, shape (k,)
        Effects and weights.
    x : ndarray, shape (k, p)
        Design matrix of full column rank.
    """
    cov = np.asarray(np.linalg.inv(x.T @ (x * w[:, None])), dtype=np.float64)
    beta = cov @ (x.T @ (w * y))
    return Fit(beta, cov, y - x @ beta, w)


def trace_p(f: Fit, x: Floats) -> float:
    """Trace of ``P = W - WX(X'WX)^-1 X'W``."""
    if x.shape[1] == 1 and (x == 1).all():
        return float(_diagonal(f.w).sum())
    w2 = x.T @ (x * (f.w**2)[:, None])
    return float(f.w.sum() - np.trace(f.cov @ w2))


def trace_pp(f: Fit, x: Floats) -> float:
    """Trace of ``P P``."""
    if x.shape[1] == 1 and (x == 1).all():
        largest = int(f.w.argmax())
        others = np.delete(f.w, largest) ** 2
        pairs = 2 * f.w[largest] ** 2 * others.sum() + others.sum() ** 2 - (others**2).sum()
        return float(np.sum(_diagonal(f.w) ** 2) + pairs / f.w.sum() ** 2)
    w2 = f.cov @ (x.T @ (x * (f.w**2)[:, None]))
    w3 = f.cov @ (x.T @ (x * (f.w**3)[:, None]))
    return float(np.sum(f.w**2) - 2 * np.trace(w3) + np.trace(w2 @ w2))


def _diagonal(w: Floats) -> Floats:
    """Diagonal of P for a single mean, exact also where one weight outweighs all others."""
    total = w.sum()
    rest = total - w
    largest = int(w.argmax())
    rest[largest] = np.delete(w, largest).sum()
    return np.asarray(w * (rest / total), dtype=np.float64)


def log_likelihood(y: Floats, v: Floats, x: Floats, tau2: float, *, restricted: bool) -> float:
    """(Restricted) log-likelihood, profiled over the coefficients, without its constant."""
    f = fit(y, 1 / (v + tau2), x)
    value = 0.5 * float(np.sum(np.log(f.w))) - 0.5 * f.rss
    if restricted:
        value += 0.5 * float(np.linalg.slogdet(f.cov)[1])
    return value


def ones(k: int) -> Floats:
    """The design of a single mean: a column of ones."""
    return np.ones((k, 1), dtype=np.float64)
