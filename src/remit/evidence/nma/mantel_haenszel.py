"""Mantel-Haenszel network meta-analysis of odds ratios for rare events (Efthimiou 2019, DOI 10.1002/sim.8158).

Each design is pooled by the generalised Mantel-Haenszel method of Greenland 1989 (DOI 10.2307/2531848), which needs
nothing added to empty cells; the designs are then joined by generalised least squares under consistency.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.errors import Fault
from remit.evidence.arms import read_arms
from remit.evidence.data import EvidenceError, LeftOut, Table, left_out
from remit.evidence.nma.designs import Design
from remit.evidence.types import Floats


def mh_designs(
    source: Table, duplicate_arms: str = "refuse"
) -> tuple[tuple[str, ...], list[Design], list[LeftOut], list[str]]:
    """Pool the studies of each design.

    Studies without events, or with nothing but events, say nothing. An arm that has no event (or only events) in all
    studies of its design is set aside there; a design left with one arm is set aside.

    Returns
    -------
    treatments : tuple of str
        Sorted.
    designs : list of Design
        Contrasts of log odds against the first arm, with the inverse of their covariance.
    excluded : list of LeftOut
        Studies that are not used.
    notes : list of str
        Arms that were set aside.

    Raises
    ------
    EvidenceError
        The table cannot be used, or nothing is left.
    """
    arms, name = read_arms(source, "or", duplicate_arms)
    excluded: list[LeftOut] = []
    notes: list[str] = []
    groups: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for group in arms.partition_by("study", maintain_order=True):
        reason = _says_nothing(group)
        if reason is not None:
            excluded.append(left_out(str(group["study"][0]), reason))
            continue
        groups.setdefault(tuple(group["treatment"]), []).append(group)
    pooled = []
    for labels, members in sorted(groups.items()):
        events = np.array([g["events"].to_numpy() for g in members])
        n = np.array([g["n"].to_numpy() for g in members])
        keep = (events.sum(axis=0) > 0) & ((n - events).sum(axis=0) > 0)
        if not keep.all():
            gone = ", ".join(t for t, k in zip(labels, keep, strict=True) if not k)
            notes.append(f"{gone} set aside in studies of {', '.join(labels)}: no event, or nothing but events")
        if keep.sum() < 2:
            excluded += [left_out(str(g["study"][0]), "single_treatment_design") for g in members]
            continue
        kept = tuple(t for t, k in zip(labels, keep, strict=True) if k)
        pooled.append((kept, *generalised(events[:, keep], n[:, keep]), len(members)))
    if not pooled:
        raise EvidenceError([Fault(name, "no study has events to compare", "Pool risk differences, or add studies")])
    treatments = tuple(sorted({t for labels, *_ in pooled for t in labels}))
    place = {t: i for i, t in enumerate(treatments)}
    designs = [
        Design(tuple(place[t] for t in labels), k, te, np.asarray(np.linalg.inv(cov), dtype=np.float64), 0.0, 0.0)
        for labels, te, cov, k in pooled
    ]
    return treatments, designs, sorted(excluded, key=lambda e: e.study), notes


def _says_nothing(group: pl.DataFrame) -> str | None:
    if group.height < 2:
        return "one_arm"
    if float(group["events"].sum()) == 0:
        return "no_events"
    return "all_events" if bool((group["events"] == group["n"]).all()) else None


def generalised(events: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Generalised Mantel-Haenszel log odds ratios of several arms.

    Parameters
    ----------
    events, n : ndarray, shape (studies, m)

    Returns
    -------
    te : ndarray, shape (m - 1,)
        Against the first arm.
    cov : ndarray, shape (m - 1, m - 1)
    """
    others, total = n - events, n.sum(axis=1)
    m = n.shape[1]
    c = events[:, :, None] * others[:, None, :] / total[:, None, None]
    d = (events[:, :, None] + others[:, None, :]) / total[:, None, None]
    sums = c.sum(axis=0)
    if (sums + np.eye(m) <= 0).any():
        raise EvidenceError(
            [Fault("table", "two arms of one design never have events and non-events together", "Use another method")]
        )
    np.fill_diagonal(sums, 1.0)  # an arm against itself is not used
    log_ratio = np.log(sums / sums.T)
    location = log_ratio.mean(axis=1)
    plus_own, plus_cross = _plus(_pairs(c, d, sums), _triples(events, others, n, total, sums))
    cov = np.empty((m - 1, m - 1))
    for i in range(1, m):
        for j in range(1, m):
            cross = plus_own[i] if i == j else plus_cross[i, j]
            cov[i - 1, j - 1] = (plus_own[0] - plus_cross[0, j] - plus_cross[i, 0] + cross) / m**2
    return location[1:] - location[0], 0.5 * (cov + cov.T)


def _pairs(c: Floats, d: Floats, sums: Floats) -> Floats:
    """Variance of the log odds ratio of each pair, shape (m, m); zero on the diagonal."""
    ct, dt = np.swapaxes(c, 1, 2), np.swapaxes(d, 1, 2)
    value = (
        (c * d).sum(axis=0) / (2 * sums**2)
        + (c * dt + ct * d).sum(axis=0) / (2 * sums * sums.T)
        + (ct * dt).sum(axis=0) / (2 * sums.T**2)
    )
    np.fill_diagonal(value, 0.0)
    return np.asarray(value, dtype=np.float64)


def _triples(events: Floats, others: Floats, n: Floats, total: Floats, sums: Floats) -> Floats:
    """Covariance of the log odds ratios x against y and x against z, shape (m, m, m); zero unless all differ."""
    w = 1 / total**2

    def over(a: Floats, b: Floats, e: Floats) -> Floats:
        return np.asarray(np.einsum("s,sx,sy,sz->xyz", w, a, b, e), dtype=np.float64)

    xy, yx = sums[:, :, None], sums.T[:, :, None]
    xz, zx = sums[:, None, :], sums.T[:, None, :]
    value = (
        over(events, others, others) / (xy * xz)
        + over(n, others, events) / (xy * zx)
        + over(n, events, others) / (yx * xz)
        + over(others, events, events) / (yx * zx)
    ) / 3
    m = events.shape[1]
    x, y, z = np.ogrid[:m, :m, :m]
    return np.where((x != y) & (x != z) & (y != z), value, 0.0)


def _plus(pairs: Floats, triples: Floats) -> tuple[Floats, Floats]:
    """Variances and covariances of the sums of each arm's log odds ratios."""
    m = len(pairs)
    full = triples.copy()
    for x in range(m):
        for y in range(m):
            if x != y:
                full[x, y, y] = pairs[x, y]
    own = pairs.sum(axis=1) + triples.sum(axis=(1, 2))
    cross = full.sum(axis=0) - full.sum(axis=2) - full.sum(axis=2).T + pairs
    return own, np.asarray(cross, dtype=np.float64)
