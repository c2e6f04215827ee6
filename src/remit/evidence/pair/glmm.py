"""Binomial-normal models by maximum likelihood (Stijnen 2010, DOI 10.1002/sim.4040).

The random effect is integrated out study by study with adaptive Gauss-Hermite quadrature: nodes are centred on each
study's posterior mode and scaled by its curvature, so that the result does not move when nodes are added.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from remit.errors import Fault
from remit.evidence.data import EvidenceError
from remit.evidence.types import Floats

NODES = 31
LogLikelihood = Callable[[Floats], Floats]
"""From linear predictors, shape (k, m), to each study's log-likelihood, same shape."""


@dataclass(frozen=True, slots=True)
class Model:
    """Estimates of a binomial-normal model.

    Attributes
    ----------
    common, common_se : float
        Without a random effect.
    mu, se, tau2 : float
        With it; the standard error comes from the observed information of both parameters.
    log_likelihood : float
        At the maximum, with its constants.
    """

    common: float
    common_se: float
    mu: float
    se: float
    tau2: float
    log_likelihood: float


def proportion_glmm(events: Floats, n: Floats) -> Model:
    """Fit a logistic model with one random intercept to `events` of `n` in each study."""
    if float(events.sum()) <= 0 or float(events.sum()) >= float(n.sum()):
        raise EvidenceError(
            [Fault("table", "there is no event at all, or nothing but events", "No model can be fitted")]
        )

    def log_likelihood(eta: Floats) -> Floats:
        return np.asarray(events[:, None] * eta - n[:, None] * np.logaddexp(0.0, eta), dtype=np.float64)

    p = float(events.sum() / n.sum())
    return _maximise(log_likelihood, math.log(p / (1 - p)), _constants(events, n))


def _constants(events: Floats, n: Floats) -> float:
    from scipy.special import gammaln

    return float(np.sum(gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)))


def odds_ratio_glmm(events1: Floats, n1: Floats, events2: Floats, n2: Floats) -> Model:
    """Fit the conditional logistic model with exact likelihood: a non-central hypergeometric count in each study."""
    from scipy.special import gammaln

    grids = []
    for a, m1, c, m2 in zip(events1, n1, events2, n2, strict=True):
        total = a + c
        low, high = max(0.0, total - m2), min(m1, total)
        x = np.arange(low, high + 1)
        weight = gammaln(m1 + 1) - gammaln(x + 1) - gammaln(m1 - x + 1)
        weight += gammaln(m2 + 1) - gammaln(total - x + 1) - gammaln(m2 - total + x + 1)
        grids.append((float(a), x, weight))

    def log_likelihood(eta: Floats) -> Floats:
        out = np.empty_like(eta)
        for i, (a, x, weight) in enumerate(grids):
            terms = weight[:, None] + x[:, None] * eta[i][None, :]
            peak = terms.max(axis=0)
            own = weight[int(a - x[0])] + a * eta[i]
            out[i] = own - peak - np.log(np.exp(terms - peak).sum(axis=0))
        return out

    if float(events1.sum()) <= 0 or float(events2.sum()) <= 0:
        raise EvidenceError(
            [
                Fault(
                    "table",
                    "one treatment has no event in any study",
                    "The odds ratio is not finite; use another method",
                )
            ]
        )
    return _maximise(log_likelihood, 0.0, 0.0, len(grids))


def _maximise(log_likelihood: LogLikelihood, start: float, constant: float, k: int | None = None) -> Model:
    from scipy.optimize import minimize, minimize_scalar

    studies = k if k is not None else log_likelihood(np.zeros((1, 1))).shape[0]

    def at_common(mu: float) -> float:
        return -float(log_likelihood(np.full((studies, 1), mu)).sum())

    found = minimize_scalar(at_common, bracket=(start - 1, start + 1), tol=1e-12)
    common = float(found.x)
    common_se = 1 / math.sqrt(_curvature(at_common, common))

    def marginal(theta: Floats) -> float:
        return -_integrated(log_likelihood, float(theta[0]), abs(float(theta[1])), studies)

    best = min(
        (
            minimize(
                marginal,
                np.array([common, tau]),
                method="Nelder-Mead",
                options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 2000},
            )
            for tau in (0.3, 1.0)
        ),
        key=lambda r: float(r.fun),
    )
    mu, tau = float(best.x[0]), abs(float(best.x[1]))
    if tau < 1e-4 or -best.fun <= -at_common(common):
        return Model(common, common_se, common, common_se, 0.0, -at_common(common) + constant)
    information = _hessian(marginal, np.array([mu, tau]))
    se = math.sqrt(float(np.linalg.inv(information)[0, 0]))
    return Model(common, common_se, mu, se, tau**2, -float(best.fun) + constant)


def _curvature(f: Callable[[float], float], at: float, step: float = 1e-3) -> float:
    """Second derivative by a five-point rule."""
    values = [f(at + i * step) for i in (-2, -1, 0, 1, 2)]
    return (-values[0] + 16 * values[1] - 30 * values[2] + 16 * values[3] - values[4]) / (12 * step**2)


def _hessian(f: Callable[[Floats], float], at: Floats, step: float = 2e-3) -> Floats:
    out = np.empty((2, 2))
    for i in range(2):
        direction = np.eye(2)[i]
        out[i, i] = _curvature(lambda t, d=direction: f(at + t * d), 0.0, step)  # type: ignore[misc]
    plus = _curvature(lambda t: f(at + t * np.ones(2)), 0.0, step)
    out[0, 1] = out[1, 0] = 0.5 * (plus - out[0, 0] - out[1, 1])
    return out


def _integrated(log_likelihood: LogLikelihood, mu: float, tau: float, k: int) -> float:
    """Log marginal likelihood: adaptive Gauss-Hermite quadrature in every study."""
    if tau < 1e-8:
        return float(log_likelihood(np.full((k, 1), mu)).sum())
    mode = _modes(log_likelihood, mu, tau, k)
    step = 1e-4
    around = np.stack([mode - step, mode, mode + step], axis=1)
    values = log_likelihood(mu + tau * around) - 0.5 * around**2
    curvature = np.maximum(-(values[:, 0] - 2 * values[:, 1] + values[:, 2]) / step**2, 0.5)
    scale = 1 / np.sqrt(curvature)
    nodes, weights = np.polynomial.hermite.hermgauss(NODES)
    u = mode[:, None] + math.sqrt(2) * scale[:, None] * nodes[None, :]
    logs = log_likelihood(mu + tau * u) - 0.5 * u**2 + nodes**2 + np.log(weights)
    peak = logs.max(axis=1)
    total = peak + np.log(np.exp(logs - peak[:, None]).sum(axis=1)) + np.log(scale) + 0.5 * math.log(2)
    return float(total.sum()) - 0.5 * k * math.log(2 * math.pi)


def _modes(log_likelihood: LogLikelihood, mu: float, tau: float, k: int) -> Floats:
    """Posterior mode of each study's standardised random effect, by Newton's method."""
    u, step = np.zeros(k), 1e-3
    for _ in range(40):
        around = np.stack([u - step, u, u + step], axis=1)
        values = log_likelihood(mu + tau * around) - 0.5 * around**2
        slope = (values[:, 2] - values[:, 0]) / (2 * step)
        bend = np.maximum(-(values[:, 0] - 2 * values[:, 1] + values[:, 2]) / step**2, 0.5)
        move = np.clip(slope / bend, -1, 1)
        u = u + move
        if float(np.abs(move).max()) < 1e-9:
            break
    return u
