"""Designs: heterogeneity within them, inconsistency between them (Krahn 2013, DOI 10.1186/1471-2288-13-35)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.evidence.nma.fit import shape, spread
from remit.evidence.nma.studies import Studies, blocks
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair.results import plain
from remit.evidence.types import Floats

SEPARATOR = ":"
LEVERAGE = 1e-9
"""Below this share of its variance a design leaves nothing to the rest of the network."""


@dataclass(frozen=True, slots=True)
class Design:
    """All studies of one set of treatments, pooled.

    Attributes
    ----------
    arms : tuple of int
        Positions of the treatments; contrasts are against the first.
    k : int
        Studies.
    te : ndarray, shape (m - 1,)
        Pooled direct contrasts.
    weight : ndarray, shape (m - 1, m - 1)
        Their inverse covariance.
    q : float
        Heterogeneity within the design.
    slope : float
        Expected gain of `q` per unit of tau2, at the tau2 of the fit.
    """

    arms: tuple[int, ...]
    k: int
    te: Floats
    weight: Floats
    q: float
    slope: float

    @property
    def df(self) -> int:
        """Degrees of freedom of `q`."""
        return (self.k - 1) * (len(self.arms) - 1)


def pool_designs(studies: Studies, tau2: float) -> list[Design]:
    """Pool the studies of each design by generalised least squares at a given tau2."""
    out = []
    for block in blocks(studies):
        r = shape(block.arms.shape[1])
        weights: Floats = np.asarray(np.linalg.inv(block.v + tau2 * r), dtype=np.float64)
        groups: dict[tuple[int, ...], list[int]] = {}
        for i, arms in enumerate(map(tuple, block.arms.tolist())):
            groups.setdefault(arms, []).append(i)
        for arms, members in groups.items():
            if len(members) == 1:
                i = members[0]
                out.append(Design(arms, 1, block.y[i], weights[i], 0.0, 0.0))
            else:
                out.append(_pool(arms, block.y[members], weights[members], r))
    return sorted(out, key=lambda d: d.arms)


def _pool(arms: tuple[int, ...], y: Floats, w: Floats, r: Floats) -> Design:
    total = w.sum(axis=0)
    te = np.linalg.solve(total, np.einsum("sij,sj->i", w, y))
    gap = y - te
    q = float(np.einsum("si,sij,sj->", gap, w, gap))
    wrw = (w @ r @ w).sum(axis=0)
    slope = float(np.einsum("sij,ji->", w, r)) - float(np.trace(np.linalg.solve(total, wrw)))
    return Design(arms, len(y), te, total, q, slope)


def design_matrix(designs: list[Design], n: int) -> Floats:
    """Incidence of the designs' contrasts, shape (contrasts, n)."""
    rows = []
    for design in designs:
        full = np.zeros((len(design.arms) - 1, n))
        full[:, list(design.arms)] = spread(len(design.arms))
        rows.append(full)
    return np.vstack(rows)


def block_diagonal(designs: list[Design]) -> Floats:
    """Inverse covariance of all designs' contrasts."""
    sizes = [len(d.arms) - 1 for d in designs]
    out = np.zeros((sum(sizes), sum(sizes)))
    at = 0
    for design, size in zip(designs, sizes, strict=True):
        out[at : at + size, at : at + size] = design.weight
        at += size
    return out


@dataclass(frozen=True, slots=True)
class Consistency:
    """The consistency model fitted to pooled designs.

    Attributes
    ----------
    theta : ndarray, shape (n,)
        Locations, the first at zero.
    cov : ndarray, shape (n, n)
        Their covariance.
    q : float
        Inconsistency between the designs.
    df : int
        Its degrees of freedom.
    """

    theta: Floats
    cov: Floats
    q: float
    df: int


def consistency_fit(designs: list[Design], n: int) -> Consistency:
    """Fit the consistency model to designs that connect all n treatments."""
    matrix, rhs = np.zeros((n, n)), np.zeros(n)
    for design in designs:
        d, arms = spread(len(design.arms)), np.array(design.arms)
        matrix[arms[:, None], arms[None, :]] += d.T @ design.weight @ d
        rhs[arms] += d.T @ design.weight @ design.te
    cov = np.zeros((n, n))
    cov[1:, 1:] = np.linalg.inv(matrix[1:, 1:])
    theta = cov @ rhs
    df = sum(len(d.arms) - 1 for d in designs) - (n - 1)
    q = 0.0
    for design in designs:
        gap = residual(design, theta)
        q += float(gap @ design.weight @ gap)
    return Consistency(theta, cov, q, df)


def residual(design: Design, theta: Floats) -> Floats:
    """Direct contrasts of a design minus the network's."""
    return np.asarray(design.te - spread(len(design.arms)) @ theta[np.array(design.arms)], dtype=np.float64)


def detach(design: Design, fitted: Consistency) -> tuple[Floats, float] | None:
    """What the consistency model becomes without one design, by the formula for leaving out a block.

    Returns
    -------
    theta : ndarray, shape (n,)
        Locations without the design.
    q : float
        Inconsistency between the other designs.

    Notes
    -----
    None if the network falls apart without the design: its leverage is then one.
    """
    arms, d = np.array(design.arms), spread(len(design.arms))
    left = np.linalg.inv(design.weight) - d @ fitted.cov[arms[:, None], arms[None, :]] @ d.T
    root = np.linalg.cholesky(design.weight)
    share = root.T @ left @ root
    if float(np.linalg.eigvalsh(0.5 * (share + share.T)).min()) < LEVERAGE:
        return None
    gap = residual(design, fitted.theta)
    pull = np.linalg.solve(left, gap)
    theta = fitted.theta - fitted.cov[:, arms] @ d.T @ pull
    return theta, max(0.0, fitted.q - float(gap @ pull))


@dataclass(frozen=True, slots=True)
class QDecomposition:
    """Cochran's Q of a network in its parts.

    Attributes
    ----------
    q, df, p : float
        Whole network.
    q_within, df_within, p_within : float
        Heterogeneity within designs.
    q_between, df_between, p_between : float
        Inconsistency between designs; NaN p if there is no closed loop to test.
    designs : polars.DataFrame
        `design, k, q, df, p` within each design.
    tau2_within, q_interaction, df_interaction, p_interaction : float
        Full design-by-treatment interaction model with random effects: tau2 within designs by the method of moments,
        and Q between designs at that tau2 (Higgins 2012, DOI 10.1002/jrsm.1044).
    note : str
        Says so if inconsistency cannot be tested.
    """

    q: float
    df: int
    p: float
    q_within: float
    df_within: int
    p_within: float
    q_between: float
    df_between: int
    p_between: float
    designs: pl.DataFrame
    tau2_within: float
    q_interaction: float
    df_interaction: int
    p_interaction: float
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def decompose(studies: Studies) -> QDecomposition:
    """Split Q of a connected network into parts within and between designs."""
    n = len(studies.treatments)
    designs = pool_designs(studies, 0.0)
    fitted = consistency_fit(designs, n)
    df_between = fitted.df
    q_between = fitted.q if df_between > 0 else 0.0
    q_within, df_within = sum(d.q for d in designs), sum(d.df for d in designs)
    slope = sum(d.slope for d in designs if d.df > 0)
    tau2_within = max(0.0, (q_within - df_within) / slope) if df_within > 0 and slope > 0 else 0.0
    interaction = consistency_fit(pool_designs(studies, tau2_within), n)
    q_interaction = interaction.q if df_between > 0 else 0.0
    names = [design_name(d, studies.treatments) for d in designs]
    table = pl.DataFrame(
        {
            "design": names,
            "k": [d.k for d in designs],
            "q": [d.q for d in designs],
            "df": [d.df for d in designs],
            "p": [chi2_upper(d.q, d.df) for d in designs],
        }
    )
    return QDecomposition(
        q=q_within + q_between,
        df=df_within + df_between,
        p=chi2_upper(q_within + q_between, df_within + df_between),
        q_within=q_within,
        df_within=df_within,
        p_within=chi2_upper(q_within, df_within),
        q_between=q_between,
        df_between=df_between,
        p_between=chi2_upper(q_between, df_between),
        designs=table,
        tau2_within=tau2_within,
        q_interaction=q_interaction,
        df_interaction=df_between,
        p_interaction=chi2_upper(q_interaction, df_between),
        note="" if df_between > 0 else "no closed loop of designs: inconsistency cannot be tested",
    )


def design_name(design: Design, treatments: tuple[str, ...]) -> str:
    """Treatments of a design, joined."""
    return SEPARATOR.join(treatments[a] for a in design.arms)


def detached(studies: Studies) -> pl.DataFrame:
    """What remains between designs once one of them is detached.

    Returns
    -------
    polars.DataFrame
        `design, q, df, p`; only designs whose removal leaves the network whole.
    """
    designs = pool_designs(studies, 0.0)
    fitted = consistency_fit(designs, len(studies.treatments))
    rows = []
    for design in designs:
        rest = detach(design, fitted) if fitted.df > 0 else None
        if rest is not None:
            df = fitted.df - (len(design.arms) - 1)
            q = rest[1] if df > 0 else 0.0
            rows.append({"design": design_name(design, studies.treatments), "q": q, "df": df, "p": chi2_upper(q, df)})
    return pl.DataFrame(rows, schema={"design": pl.String, "q": pl.Float64, "df": pl.Int64, "p": pl.Float64})
