"""How far a pooled effect hangs on single studies, on their order, or on their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.errors import UsageError
from remit.evidence.data import Table, read_table
from remit.evidence.numeric import chi2_upper
from remit.evidence.pair.analysis import pairwise
from remit.evidence.pair.results import PairwiseResult, plain

ROW = ("k", "te", "se", "lower", "upper", "p", "tau2", "q", "i2", "h2")


def _row(result: PairwiseResult) -> dict[str, float]:
    leading, spread = result.estimate, result.heterogeneity
    q_based = result.model == "common" or result.method in ("mh", "peto")
    return {
        "k": result.k,
        "te": leading.te,
        "se": leading.se,
        "lower": leading.lower,
        "upper": leading.upper,
        "p": leading.p,
        "tau2": spread.tau2,
        "q": spread.q,
        "i2": spread.i2_q if q_based else spread.i2,
        "h2": spread.h2_q if q_based else spread.h2,
    }


def leave_one_out(source: Table, **options: Any) -> pl.DataFrame:
    """Pool again without each study in turn.

    Parameters
    ----------
    source, **options
        As for `remit.evidence.pairwise`.

    Returns
    -------
    polars.DataFrame
        One row a study: `study` (the one left out) and `k, te, se, lower, upper, p, tau2, q, i2, h2` of the leading
        model.
    """
    frame, _ = read_table(source)
    used = pairwise(frame, **options).studies["study"].to_list()
    if len(used) < 2:
        raise UsageError("leave-one-out needs two studies or more")
    rows = [{"study": s, **_row(pairwise(frame.filter(pl.col("study") != s), **options))} for s in used]
    return pl.DataFrame(rows)


def cumulative(source: Table, order: Sequence[str] | str | None = None, **options: Any) -> pl.DataFrame:
    """Pool again as studies arrive.

    Parameters
    ----------
    order : sequence of str, or str, optional
        Studies in order of arrival, or the name of a column to sort by; by label if not given.

    Returns
    -------
    polars.DataFrame
        One row a step: `study` (the one added) and the columns of `leave_one_out`.
    """
    frame, name = read_table(source)
    used = pairwise(frame, **options).studies["study"].to_list()
    if isinstance(order, str):
        if order not in frame.columns:
            raise UsageError(f"there is no column {order!r} in {name}")
        first = frame.group_by("study").agg(pl.col(order).drop_nulls().first()).sort(order, "study", nulls_last=True)
        sequence = [s for s in first["study"] if s in set(used)]
    else:
        sequence = [s for s in order if s in set(used)] if order is not None else used
    if set(sequence) != set(used):
        raise UsageError("the order must name every study that is pooled")
    rows = []
    for i in range(len(sequence)):
        subset = frame.filter(pl.col("study").is_in(sequence[: i + 1]))
        rows.append({"study": sequence[i], **_row(pairwise(subset, **options))})
    return pl.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class Subgroups:
    """Pooled effects by kind of study, and whether they differ.

    Attributes
    ----------
    groups : polars.DataFrame
        One row a group: `group` and the columns of `leave_one_out`.
    results : dict
        The full result of each group.
    q_between, df_between, p_between : float
        Test for subgroup differences on the leading model's estimates.
    """

    groups: pl.DataFrame
    results: dict[str, PairwiseResult]
    q_between: float
    df_between: int
    p_between: float

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        keep = {"groups": self.groups, "q_between": self.q_between, "df_between": self.df_between}
        result: dict[str, Any] = plain({**keep, "p_between": self.p_between})
        return result


def subgroups(source: Table, by: str, **options: Any) -> Subgroups:
    """Pool within groups of studies and test whether the groups differ.

    Each group has its own tau2. The test compares the group estimates by inverse variance.

    Parameters
    ----------
    by : str
        A column with one value per study.
    """
    frame, name = read_table(source)
    if by not in frame.columns:
        raise UsageError(f"there is no column {by!r} in {name}")
    labels = frame.group_by("study").agg(
        pl.col(by).drop_nulls().n_unique().alias("ways"), pl.col(by).drop_nulls().first()
    )
    mixed = labels.filter(pl.col("ways") != 1)["study"].sort().to_list()
    if mixed:
        raise UsageError(f"column {by!r} must hold one value per study; look at {', '.join(map(str, mixed[:5]))}")
    results = {}
    for group in labels[by].unique().sort():
        members = labels.filter(pl.col(by) == group)["study"].to_list()
        results[str(group)] = pairwise(frame.filter(pl.col("study").is_in(members)), **options)
    te = np.array([r.estimate.te for r in results.values()])
    w = np.array([1 / r.estimate.se**2 for r in results.values()])
    q = float(np.sum(w * (te - np.sum(w * te) / w.sum()) ** 2))
    df = len(results) - 1
    groups = pl.DataFrame([{"group": g, **_row(r)} for g, r in results.items()])
    return Subgroups(groups, results, q, df, chi2_upper(q, df))
