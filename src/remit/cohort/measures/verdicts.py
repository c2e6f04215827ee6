"""Counts of verdicts: by definition and population, and of every two definitions together."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.cohort.measures.profile import POPULATIONS, PUBLISHED, Profile
from remit.cohort.measures.published import Published
from remit.cohort.outcome import Judged, statuses
from remit.tables.resistance import STATUS

MET, NOT_MET = STATUS.index("met"), STATUS.index("not_met")


def status_counts(judged: Judged, profile: Profile, published: Published) -> pl.DataFrame:
    """Persons by definition, population and status; the published population of definitions that have one."""
    definitions = [d.id for d in judged.knowledge.definitions]
    status = statuses(judged.tables, len(definitions))
    rows = []
    for population in POPULATIONS:
        inside = profile.population(population)
        for name, column in zip(definitions, status, strict=True):
            counts = np.bincount(column[inside], minlength=len(STATUS))
            rows += [(population, name, s, int(n)) for s, n in zip(STATUS, counts, strict=True)]
    for name, looked in published.by_definition.items():
        counts = np.bincount(looked.status[looked.inside], minlength=len(STATUS))
        rows += [(PUBLISHED, name, s, int(n)) for s, n in zip(STATUS, counts, strict=True)]
    return pl.DataFrame(rows, schema=["population", "definition", "status", "n_persons"], orient="row")


def pair_counts(judged: Judged) -> pl.DataFrame:
    """Persons for whom two definitions both give an answer: both met, one met, neither."""
    definitions = [d.id for d in judged.knowledge.definitions]
    status = statuses(judged.tables, len(definitions))
    met = (status == MET).astype(np.float32)
    clear = met + (status == NOT_MET)
    both = _product(met, met)
    first, second = _product(met, clear), _product(clear, met)
    determined = _product(clear, clear)
    rows = [
        (a, b, int(both[i, j]), int(first[i, j] - both[i, j]), int(second[i, j] - both[i, j]),
         int(determined[i, j] - first[i, j] - second[i, j] + both[i, j]))
        for i, a in enumerate(definitions)
        for j, b in enumerate(definitions)
        if i < j
    ]  # fmt: skip
    columns = ["definition", "other", "n_both", "n_only_definition", "n_only_other", "n_neither"]
    return pl.DataFrame(rows, schema={c: pl.String if c[:2] != "n_" else pl.Int64 for c in columns}, orient="row")


_STRIPE = 1 << 22


def _product(a: np.ndarray[tuple[int, int], np.dtype[np.float32]], b: np.ndarray[tuple[int, int], np.dtype[np.float32]],
             ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:  # fmt: skip
    """Sums of products of rows, in stripes short enough for single precision to count exactly."""
    total = np.zeros((a.shape[0], b.shape[0]))
    for at in range(0, a.shape[1], _STRIPE):
        total += a[:, at : at + _STRIPE] @ b[:, at : at + _STRIPE].T
    return total
