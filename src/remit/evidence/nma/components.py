"""Additive component network meta-analysis (Rücker 2020, DOI 10.1002/bimj.201800167).

A treatment made of parts, such as ``A + B``, is given the sum of the effects of its parts. The model needs no
connected network: what a common part says in two pieces joins them, under the assumption of additivity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.data import EvidenceError
from remit.evidence.nma.fit import laplacian, shape, spread
from remit.evidence.nma.studies import Studies, blocks
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair.pooling import make_estimate
from remit.evidence.pair.results import plain
from remit.evidence.types import Bools, Floats

ZERO = 1e-9


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """An additive model.

    Attributes
    ----------
    components : polars.DataFrame
        `component, te, se, lower, upper, p`: effect of adding a part; null where it cannot be told.
    combinations : polars.DataFrame
        `treatment, te, se, lower, upper, p` against the inactive treatment.
    unidentified : tuple of str
        Parts whose effect the studies cannot tell.
    tau2 : float
        By the method of moments in the additive model, or as preset; zero for the common-effect model.
    q_additive, df_additive, p_additive : float
        Fit of the additive model.
    q_standard, df_standard : float
        Fit of the network model without additivity; NaN for a network in pieces.
    q_difference, df_difference, p_difference : float
        What additivity costs.
    te, se : ndarray, shape (n, n)
        Effects of all treatments against each other; NaN where they cannot be told.
    treatments : tuple of str
        In the order of `te`.
    """

    components: pl.DataFrame
    combinations: pl.DataFrame
    unidentified: tuple[str, ...]
    tau2: float
    q_additive: float
    df_additive: int
    p_additive: float
    q_standard: float
    df_standard: int
    q_difference: float
    df_difference: int
    p_difference: float
    te: Floats
    se: Floats
    treatments: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def component_matrix(
    treatments: Sequence[str], inactive: str | None, separator: str = "+"
) -> tuple[tuple[str, ...], Floats]:
    """Which parts each treatment is made of.

    Returns
    -------
    components : tuple of str
        Sorted, without the inactive one.
    matrix : ndarray, shape (treatments, components)
        Ones and zeros.
    """
    parts = [[p.strip() for p in t.split(separator)] for t in treatments]
    if any(p == "" for group in parts for p in group):
        raise UsageError(f"a treatment has an empty part around {separator!r}")
    known = {p for group in parts for p in group}
    if inactive is not None and inactive not in known:
        raise UsageError(f"there is no treatment {inactive!r} to be the inactive one")
    components = tuple(sorted(known - {inactive}))
    matrix = np.array([[float(c in group) for c in components] for group in parts])
    return components, matrix


@dataclass(frozen=True, slots=True)
class _Additive:
    beta: Floats
    cov: Floats
    q: float
    rank: int
    slope: float
    estimable: Bools


def _fit(studies: Studies, matrix: Floats, tau2: float) -> _Additive:
    stacks = blocks(studies)
    lap, rhs, all_w = laplacian(stacks, len(studies.treatments), tau2)
    normal = matrix.T @ lap @ matrix
    values, vectors = np.linalg.eigh(normal)
    good = values > ZERO * max(1.0, float(values.max()))
    cov = (vectors[:, good] / values[good]) @ vectors[:, good].T
    beta = cov @ (matrix.T @ rhs)
    theta, arm_cov = matrix @ beta, matrix @ cov @ matrix.T
    q = slope = 0.0
    for block, w in zip(stacks, all_w, strict=True):
        d, r = spread(block.arms.shape[1]), shape(block.arms.shape[1])
        residual = block.y - theta[block.arms] @ d.T
        q += float(np.einsum("si,sij,sj->", residual, w, residual))
        inner = d.T @ (w @ r @ w) @ d
        local = arm_cov[block.arms[:, :, None], block.arms[:, None, :]]
        slope += float(np.einsum("sij,ji->", w, r)) - float(np.sum(inner * local))
    null = vectors[:, ~good]
    return _Additive(beta, cov, q, int(good.sum()), slope, np.abs(null).max(axis=1, initial=0.0) < math.sqrt(ZERO))


def additive(
    studies: Studies,
    *,
    inactive: str | None = None,
    separator: str = "+",
    model: str = "random",
    tau2: float | None = None,
    standard: tuple[float, int] | None = None,
    level: float = 0.95,
) -> ComponentResult:
    """Fit the additive component model.

    Parameters
    ----------
    studies : Studies
        A network, in one piece or several.
    inactive : str, optional
        The treatment without effect, such as a placebo.
    separator : str
        Between the parts of a treatment's name.
    model : {"random", "common"}
    tau2 : float, optional
        Preset between-study variance.
    standard : tuple of float and int, optional
        Q and degrees of freedom of the network model, to test additivity against.
    """
    if model not in ("random", "common"):
        raise UsageError("model is 'random' or 'common'")
    components, matrix = component_matrix(studies.treatments, inactive, separator)
    if not components:
        raise EvidenceError([Fault("table", "no treatment has a part", "Name parts with a separator, such as A + B")])
    first = _fit(studies, matrix, 0.0)
    df = sum(len(s.arms) - 1 for s in studies.studies) - first.rank
    moments = max(0.0, (first.q - df) / first.slope) if df > 0 and first.slope > 0 else 0.0
    chosen = 0.0 if model == "common" else (moments if tau2 is None else tau2)
    final = _fit(studies, matrix, chosen)
    te, se = _all_effects(matrix, final)
    q_standard, df_standard = standard if standard is not None else (math.nan, 0)
    df_difference = df - df_standard if standard is not None else 0
    q_difference = first.q - q_standard
    return ComponentResult(
        components=_table("component", components, np.eye(len(components)), final, level),
        combinations=_table("treatment", studies.treatments, matrix, final, level),
        unidentified=tuple(c for c, ok in zip(components, final.estimable, strict=True) if not ok),
        tau2=chosen,
        q_additive=first.q,
        df_additive=df,
        p_additive=chi2_upper(first.q, df),
        q_standard=q_standard,
        df_standard=df_standard,
        q_difference=q_difference,
        df_difference=df_difference,
        p_difference=chi2_upper(q_difference, df_difference),
        te=te,
        se=se,
        treatments=studies.treatments,
    )


def _estimable(row: Floats, fit: _Additive) -> bool:
    """A combination can be told if it lies in the space that the studies inform."""
    projected = fit.cov @ np.linalg.pinv(fit.cov, hermitian=True) @ row
    return bool(np.abs(projected - row).max(initial=0.0) < math.sqrt(ZERO))


def _all_effects(matrix: Floats, fit: _Additive) -> tuple[Floats, Floats]:
    n = len(matrix)
    te, se = np.full((n, n), math.nan), np.full((n, n), math.nan)
    for i in range(n):
        for j in range(n):
            row = matrix[i] - matrix[j]
            if _estimable(row, fit):
                te[i, j] = float(row @ fit.beta)
                se[i, j] = math.sqrt(max(0.0, float(row @ fit.cov @ row)))
    return te, se


def _table(name: str, labels: Sequence[str], rows: Floats, fit: _Additive, level: float) -> pl.DataFrame:
    out: list[dict[str, str | float | None]] = []
    for label, row in zip(labels, rows, strict=True):
        if not _estimable(row, fit):
            out.append({name: label, "te": None, "se": None, "lower": None, "upper": None, "p": None})
            continue
        e = make_estimate(float(row @ fit.beta), math.sqrt(max(0.0, float(row @ fit.cov @ row))), level)
        p = None if math.isnan(e.p) else e.p
        out.append({name: label, "te": e.te, "se": e.se, "lower": e.lower, "upper": e.upper, "p": p})
    numbers = {c: pl.Float64 for c in ("te", "se", "lower", "upper", "p")}
    return pl.DataFrame(out, schema={name: pl.String, **numbers})
