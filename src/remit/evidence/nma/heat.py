"""Net heat: which design's evidence drives inconsistency where (Krahn 2013, DOI 10.1186/1471-2288-13-35)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from remit.evidence.nma.designs import (
    Design,
    block_diagonal,
    consistency_fit,
    design_matrix,
    design_name,
    detach,
    pool_designs,
)
from remit.evidence.nma.studies import Studies
from remit.evidence.pair.results import plain
from remit.evidence.types import Bools, Floats, Ints

ZERO = 1e-8


@dataclass(frozen=True, slots=True)
class NetHeat:
    """The matrices of a net heat plot.

    Attributes
    ----------
    labels : tuple of str
        Design contrasts, the rows; those of designs with several arms carry the design's name.
    designs : tuple of str
        The design of each row; also the columns, one per row.
    hat : ndarray, shape (r, r)
        Contribution of the direct contrast in the column to the network estimate in the row.
    heat : ndarray, shape (r, r)
        Fall of the row's inconsistency when the design of the column is detached; positive is warm. NaN where the
        design cannot be detached.
    q : ndarray, shape (r,)
        Contribution of each row to Q between designs.
    note : str
        Says so if there is nothing to show.
    """

    labels: tuple[str, ...]
    designs: tuple[str, ...]
    hat: Floats
    heat: Floats
    q: Floats
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


def net_heat(studies: Studies, tau2: float) -> NetHeat:
    """Compute the net heat matrices of a connected network.

    Parameters
    ----------
    tau2 : float
        Zero for the common-effect plot; for random effects the tau2 within designs of the full interaction model.
    """
    n = len(studies.treatments)
    designs = pool_designs(studies, tau2)
    fitted = consistency_fit(designs, n)
    x, weight = design_matrix(designs, n), block_diagonal(designs)
    te = np.concatenate([d.te for d in designs])
    owner = np.repeat(np.arange(len(designs), dtype=np.int64), [len(d.arms) - 1 for d in designs])
    gap = te - x @ fitted.theta
    q = gap * (weight @ gap)
    hat = x @ fitted.cov @ x.T @ weight
    heat = np.full((len(te), len(te)), math.nan)
    for i, design in enumerate(designs):
        rest = detach(design, fitted) if fitted.df > 1 else None
        if rest is None:
            continue
        residual = np.where(owner == i, 0.0, te - x @ rest[0])
        heat[:, owner == i] = (q - residual * (weight @ residual))[:, None]
    labels, names = _labels(designs, studies.treatments)
    keep = _informative(designs, q, owner)
    at = np.flatnonzero(keep)
    note = (
        "" if fitted.df > 1 else "fewer than two degrees of freedom between designs: a net heat plot would show nothing"
    )
    return NetHeat(
        tuple(labels[i] for i in at),
        tuple(names[i] for i in at),
        hat[np.ix_(at, at)],
        heat[np.ix_(at, at)],
        q[at],
        note,
    )


def _labels(designs: list[Design], treatments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    labels, names = [], []
    for design in designs:
        name = design_name(design, treatments)
        for arm in design.arms[1:]:
            pair = f"{treatments[design.arms[0]]}:{treatments[arm]}"
            labels.append(pair if len(design.arms) == 2 else f"{pair} in {name}")
            names.append(name)
    return labels, names


def _informative(designs: list[Design], q: Floats, owner: Ints) -> Bools:
    """Rows of designs that take part in a closed loop."""
    loud = np.array([np.abs(q[owner == i]).max() > ZERO for i in range(len(designs))])
    return np.asarray(loud[owner], dtype=np.bool_)
