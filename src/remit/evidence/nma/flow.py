"""Where a network estimate comes from: the hat matrix and the share of each comparison.

Source: Davies 2022 (DOI 10.1002/jrsm.1556). Evidence flows from one treatment to the other along the comparisons like
a random walk; the share of a comparison is the sum over all paths through it of the flow of the path over its length.
The paths are not listed: their lengths are counted by dynamic programming along the acyclic flow, so that the work
stays polynomial.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.evidence.nma.fit import laplacian
from remit.evidence.nma.studies import Studies, blocks
from remit.evidence.types import Floats

ZERO = 1e-12


def edge_weights(studies: Studies, tau2: float) -> Floats:
    """Weight of direct evidence between each pair of treatments, after the correction for studies with several arms."""
    matrix, _, _ = laplacian(blocks(studies), len(studies.treatments), tau2)
    off = -matrix
    np.fill_diagonal(off, 0.0)
    return off


def hat_matrix(studies: Studies, tau2: float) -> tuple[list[tuple[int, int]], list[tuple[int, int]], Floats]:
    """Flow of direct evidence into every network estimate.

    Returns
    -------
    pairs : list
        All pairs of treatments, the rows.
    edges : list
        Pairs with direct evidence, the columns.
    h : ndarray, shape (pairs, edges)
        Coefficients of the direct estimates in the network estimates.
    """
    n = len(studies.treatments)
    weights = edge_weights(studies, tau2)
    lap = np.diag(weights.sum(axis=1)) - weights
    cov = np.zeros((n, n))
    cov[1:, 1:] = np.linalg.inv(lap[1:, 1:])
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    edges = [(i, j) for i, j in pairs if abs(weights[i, j]) > ZERO]
    rows, columns = _incidence(pairs, n), _incidence(edges, n)
    w = np.array([weights[e] for e in edges])
    return pairs, edges, rows @ cov @ (columns.T * w)


def _incidence(pairs: list[tuple[int, int]], n: int) -> Floats:
    out = np.zeros((len(pairs), n))
    for row, (i, j) in enumerate(pairs):
        out[row, i], out[row, j] = 1.0, -1.0
    return out


def contributions(studies: Studies, tau2: float) -> pl.DataFrame:
    """Share of every direct comparison in every network estimate.

    Returns
    -------
    polars.DataFrame
        `comparison` and one column per direct comparison; every row sums to one.
    """
    names = studies.treatments
    pairs, edges, h = hat_matrix(studies, tau2)
    out = np.vstack([_walk(pair, edges, h[row], len(names)) for row, pair in enumerate(pairs)])
    labels = [f"{names[i]}:{names[j]}" for i, j in edges]
    data = {"comparison": [f"{names[i]}:{names[j]}" for i, j in pairs]}
    return pl.DataFrame(data).hstack(pl.DataFrame(out, schema=labels))


def _walk(pair: tuple[int, int], edges: list[tuple[int, int]], flow: Floats, n: int) -> Floats:
    """Shares of the edges in one estimate."""
    source, sink = pair
    p = np.zeros((n, n))
    for (i, j), f in zip(edges, flow, strict=True):
        if f > ZERO:
            p[i, j] = f
        elif f < -ZERO:
            p[j, i] = -f
    p[sink] = 0.0
    out = p.sum(axis=1)
    step = np.divide(p, out[:, None], out=np.zeros_like(p), where=out[:, None] > 0)
    forward, backward = _lengths(step, source, n), _lengths(step.T, sink, n)
    share = np.zeros(len(edges))
    for at, (i, j) in enumerate(edges):
        a, b = (i, j) if step[i, j] > 0 else (j, i)
        if step[a, b] <= 0:
            continue
        # Paths that reach a after l steps and the sink m steps after b have length l + m + 1.
        lengths = np.convolve(forward[:, a], backward[:, b])
        share[at] = step[a, b] * float(np.sum(lengths / np.arange(1, len(lengths) + 1)))
    return share


def _lengths(step: Floats, start: int, n: int) -> Floats:
    """Weight of walks from `start` to each node by number of steps, shape (n, n); the flow has no cycle."""
    out = np.zeros((n, n))
    out[0, start] = 1.0
    for length in range(1, n):
        out[length] = out[length - 1] @ step
        if not out[length].any():
            break
    return out
