"""A network's studies: each with all its differences, and stacked as basic contrasts with their covariance.

A study with m arms contributes m - 1 contrasts against its first arm. Their covariance follows from the variances of
all m (m - 1) / 2 differences, ``cov(d_1i, d_1j) = (v_1i + v_1j - v_ij) / 2``, which is the same as reweighting every
difference by the reciprocals of a pseudo-inverse Laplacian (Rücker 2014, DOI 10.1002/sim.6236).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from remit.evidence.data import LeftOut
from remit.evidence.types import Floats, Ints


@dataclass(frozen=True, slots=True)
class Study:
    """One study.

    Attributes
    ----------
    label : str
        As given.
    arms : tuple of int
        Treatments, as positions in the network's sorted list, ascending.
    te : ndarray, shape (m, m)
        All differences, row against column.
    var : ndarray, shape (m, m)
        Their sampling variances.
    n, events : ndarray, shape (m,), or None
        People and events per arm, where known.
    """

    label: str
    arms: tuple[int, ...]
    te: Floats
    var: Floats
    n: Floats | None = None
    events: Floats | None = None

    @property
    def contrasts(self) -> Floats:
        """Effects of the later arms against the first, shape (m - 1,): least squares over all differences."""
        location = self.te.mean(axis=1)
        return np.asarray(location[1:] - location[0], dtype=np.float64)

    @property
    def covariance(self) -> Floats:
        """Covariance of `contrasts`, shape (m - 1, m - 1)."""
        first = self.var[0, 1:]
        return np.asarray(0.5 * (first[:, None] + first[None, :] - self.var[1:, 1:]), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Studies:
    """The usable studies of a table.

    Attributes
    ----------
    treatments : tuple of str
        All treatments of usable studies, sorted.
    studies : tuple of Study
        Sorted by label.
    excluded : tuple of LeftOut
        What is not used and why.
    measure : str
        Effect measure.
    """

    treatments: tuple[str, ...]
    studies: tuple[Study, ...]
    excluded: tuple[LeftOut, ...]
    measure: str

    def pieces(self) -> list[list[int]]:
        """Connected parts of the network, each a sorted list of positions; the largest first."""
        parent = list(range(len(self.treatments)))

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for study in self.studies:
            for other in study.arms[1:]:
                parent[root(other)] = root(study.arms[0])
        groups: dict[int, list[int]] = {}
        for i in range(len(self.treatments)):
            groups.setdefault(root(i), []).append(i)
        return sorted(groups.values(), key=lambda g: (-len(g), g))

    def subset(self, keep: list[int]) -> Studies:
        """The part of the network on the treatments at positions `keep` (a whole piece)."""
        place = {old: new for new, old in enumerate(keep)}
        inside = tuple(
            Study(s.label, tuple(place[a] for a in s.arms), s.te, s.var, s.n, s.events)
            for s in self.studies
            if s.arms[0] in place
        )
        return Studies(tuple(self.treatments[i] for i in keep), inside, (), self.measure)

    def without(self, labels: set[str]) -> Studies:
        """The same treatments without some studies."""
        kept = tuple(s for s in self.studies if s.label not in labels)
        return Studies(self.treatments, kept, (), self.measure)


def merge(parts: list[Studies]) -> Studies:
    """Put pieces of a network side by side again."""
    treatments = tuple(sorted(t for part in parts for t in part.treatments))
    place = {t: i for i, t in enumerate(treatments)}
    studies = []
    for part in parts:
        for s in part.studies:
            arms = tuple(place[part.treatments[a]] for a in s.arms)
            studies.append(Study(s.label, arms, s.te, s.var, s.n, s.events))
    return Studies(treatments, tuple(sorted(studies, key=lambda s: s.label)), (), parts[0].measure)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Studies with the same number of arms, stacked.

    Attributes
    ----------
    arms : ndarray of int, shape (s, m)
    y : ndarray, shape (s, m - 1)
    v : ndarray, shape (s, m - 1, m - 1)
    index : ndarray of int, shape (s,)
        Positions in `Studies.studies`.
    """

    arms: Ints
    y: Floats
    v: Floats
    index: Ints


def blocks(studies: Studies) -> list[Blocks]:
    """Group studies by their number of arms, so that linear algebra runs on stacks."""
    sizes: dict[int, list[int]] = {}
    for i, study in enumerate(studies.studies):
        sizes.setdefault(len(study.arms), []).append(i)
    return [
        Blocks(
            np.array([studies.studies[i].arms for i in members], dtype=np.int64),
            np.array([studies.studies[i].contrasts for i in members]),
            np.array([studies.studies[i].covariance for i in members]),
            np.array(members, dtype=np.int64),
        )
        for _, members in sorted(sizes.items())
    ]
