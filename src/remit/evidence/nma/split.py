"""Direct against indirect evidence, comparison by comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from remit.evidence.nma import tau2 as between
from remit.evidence.nma.fit import NetworkFit, fit_network
from remit.evidence.nma.studies import Studies, blocks
from remit.evidence.numeric import normal_quantile, normal_two_sided
from remit.evidence.types import Floats, Ints

DIRECT_ONLY = 1e-7
"""Shares of direct evidence nearer than this to zero or one leave nothing to compare."""


@dataclass(frozen=True, slots=True)
class Direct:
    """Direct evidence of all pairs, at one tau2.

    Attributes
    ----------
    te, se : ndarray, shape (n, n)
        Pooled by inverse variance over all studies with both treatments; NaN without any.
    k : ndarray of int, shape (n, n)
        Studies.
    q : ndarray, shape (n, n)
        Heterogeneity of the pair's studies at tau2 = 0.
    """

    te: Floats
    se: Floats
    k: Ints
    q: Floats


def direct_evidence(studies: Studies, tau2: float) -> Direct:
    """Pool the direct evidence of every pair of treatments."""
    n = len(studies.treatments)
    w, wy, k = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n), dtype=np.int64)
    w0, wy0, wyy0 = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    for study in studies.studies:
        at = np.ix_(study.arms, study.arms)
        off = ~np.eye(len(study.arms), dtype=np.bool_)
        var = np.where(off, study.var, 1.0)
        w[at] += np.where(off, 1 / (var + tau2), 0.0)
        wy[at] += np.where(off, study.te / (var + tau2), 0.0)
        w0[at] += np.where(off, 1 / var, 0.0)
        wy0[at] += np.where(off, study.te / var, 0.0)
        wyy0[at] += np.where(off, study.te**2 / var, 0.0)
        k[at] += off
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.maximum(wyy0 - wy0**2 / w0, 0.0)
        return Direct(np.where(k > 0, wy / w, math.nan), np.where(k > 0, 1 / np.sqrt(w), math.nan), k, q)


def split(studies: Studies, fit: NetworkFit, tau2: float, level: float) -> pl.DataFrame:
    """Split every network estimate into direct and indirect evidence by back-calculation.

    The share of direct evidence is the ratio of the variances of network and direct estimate (König 2013, DOI
    10.1002/sim.6001); the indirect estimate is what the direct one would have to be completed with (Dias 2010, DOI
    10.1002/sim.3767).

    Returns
    -------
    polars.DataFrame
        One row a pair with direct or indirect evidence: `treat1, treat2, k, share_direct, te_network, se_network,
        te_direct, se_direct, te_indirect, se_indirect, difference, se_difference, lower, upper, z, p, note`.
    """
    found = direct_evidence(studies, tau2)
    te, se = fit.te(), fit.se()
    i, j = np.triu_indices(len(studies.treatments), 1)
    share = np.where(found.k > 0, se**2 / np.where(found.k > 0, found.se, 1.0) ** 2, 0.0)[i, j]
    rest = 1 - share
    both = (share > DIRECT_ONLY) & (rest > DIRECT_ONLY)
    with np.errstate(divide="ignore", invalid="ignore"):
        te_indirect = np.where(both, (te[i, j] - share * found.te[i, j]) / rest, math.nan)
        se_indirect = np.where(both, se[i, j] / np.sqrt(np.where(both, rest, 1.0)), math.nan)
    only = found.k[i, j] == 0
    te_indirect, se_indirect = np.where(only, te[i, j], te_indirect), np.where(only, se[i, j], se_indirect)
    columns = {"share_direct": np.clip(share, 0.0, 1.0), "te_network": te[i, j], "se_network": se[i, j]}
    return _table(studies, (i, j), found, columns, (te_indirect, se_indirect), level)


def _table(
    studies: Studies,
    pairs: tuple[Ints, Ints],
    found: Direct,
    columns: dict[str, Floats],
    indirect: tuple[Floats, Floats],
    level: float,
) -> pl.DataFrame:
    i, j = pairs
    k, te_d, se_d = found.k[i, j], found.te[i, j], found.se[i, j]
    with np.errstate(invalid="ignore"):
        difference = te_d - indirect[0]
        se = np.sqrt(se_d**2 + indirect[1] ** 2)
        z = difference / se
    half = normal_quantile(0.5 + level / 2) * se
    note = np.where(k == 0, "indirect evidence only", np.where(np.isnan(z), "direct evidence only", ""))
    names = np.array(studies.treatments)
    return pl.DataFrame(
        {
            "treat1": names[i],
            "treat2": names[j],
            "k": k,
            **columns,
            "te_direct": te_d,
            "se_direct": se_d,
            "te_indirect": indirect[0],
            "se_indirect": indirect[1],
            "difference": difference,
            "se_difference": se,
            "lower": difference - half,
            "upper": difference + half,
            "z": z,
            "p": normal_two_sided(z),
            "note": note,
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def split_by_design(studies: Studies, fit: NetworkFit, tau2: float, method: str | None, level: float) -> pl.DataFrame:
    """Split by leaving out every study that compares the pair (SIDDE; Efthimiou 2019, DOI 10.1002/sim.8158).

    Parameters
    ----------
    method : {"dl", "reml", "ml"} or None
        Estimator of tau2 in what remains; None keeps that of the whole network, which is fast.

    Returns
    -------
    polars.DataFrame
        As from `split`; `share_direct` is null. Pairs whose removal breaks the network have no indirect estimate.
    """
    n = len(studies.treatments)
    found = direct_evidence(studies, tau2)
    i, j = np.triu_indices(n, 1)
    te, se = fit.te()[i, j], fit.se()[i, j]
    te_i, se_i = np.full(len(i), math.nan), np.full(len(i), math.nan)
    for at in range(len(i)):
        if found.k[i[at], j[at]] == 0:
            te_i[at], se_i[at] = te[at], se[at]
            continue
        drop = {s.label for s in studies.studies if i[at] in s.arms and j[at] in s.arms}
        rest = studies.without(drop)
        piece = next(p for p in rest.pieces() if i[at] in p)
        if j[at] not in piece:
            continue
        part = rest.subset(piece)
        stacks = blocks(part)
        t2 = tau2 if method is None else between.estimate(method, stacks, len(piece))
        again = fit_network(stacks, len(piece), t2)
        a, b = piece.index(int(i[at])), piece.index(int(j[at]))
        te_i[at], se_i[at] = again.te()[a, b], again.se()[a, b]
    columns = {"share_direct": np.full(len(i), math.nan), "te_network": te, "se_network": se}
    return _table(studies, (i, j), found, columns, (te_i, se_i), level)
