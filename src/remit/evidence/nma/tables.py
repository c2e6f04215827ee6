"""Tables of a piece of a network: effects, league, comparison-adjusted funnel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from remit.errors import UsageError
from remit.evidence.nma.split import direct_evidence
from remit.evidence.numeric import normal_two_sided
from remit.evidence.pair.pooling import quantile
from remit.evidence.types import Floats, Ints

if TYPE_CHECKING:
    from remit.evidence.nma.piece import Piece


def effect_table(piece: Piece, reference: str | None) -> pl.DataFrame:
    """All effects of a piece, or those against a reference.

    Returns
    -------
    polars.DataFrame
        `treat1, treat2, te, se, lower, upper, p, prediction_lower, prediction_upper, k_direct`; the effect is that of
        `treat1` against `treat2`.
    """
    names = np.array(piece.treatments)
    n = len(names)
    if reference is None:
        i, j = np.triu_indices(n, 1)
    else:
        if reference not in piece.treatments:
            raise UsageError(f"there is no treatment {reference!r}: this piece holds {', '.join(piece.treatments)}")
        at = piece.treatments.index(reference)
        i = np.array([x for x in range(n) if x != at], dtype=np.int64)
        j = np.full(len(i), at)
    return _rows(piece, names, i, j)


def _rows(piece: Piece, names: np.typing.NDArray[np.str_], i: Ints, j: Ints) -> pl.DataFrame:
    te, se = piece.fit.te()[i, j], piece.fit.se()[i, j]
    half = quantile(piece.level, math.inf) * se
    low, high = _prediction(piece, te, se)
    k = direct_evidence(piece.studies, 0.0).k[i, j] if piece.method == "iv" else np.full(len(i), -1)
    frame = pl.DataFrame(
        {
            "treat1": names[i].tolist(),
            "treat2": names[j].tolist(),
            "te": te,
            "se": se,
            "lower": te - half,
            "upper": te + half,
            "p": normal_two_sided(te / se),
            "prediction_lower": low,
            "prediction_upper": high,
            "k_direct": k,
        },
        schema_overrides={"treat1": pl.String, "treat2": pl.String, "k_direct": pl.Int64},
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None), pl.col("k_direct").replace(-1, None))


def _prediction(piece: Piece, te: Floats, se: Floats) -> tuple[Floats, Floats]:
    """Prediction limits by t with one degree less than Q has (Riley 2011, DOI 10.1136/bmj.d549)."""
    if piece.method == "mh" or piece.df_q < 2:
        return np.full(len(te), math.nan), np.full(len(te), math.nan)
    se_random = piece.random.se() if piece.model == "random" else None
    spread = np.sqrt(se**2 + piece.tau2) if se_random is not None else np.full(len(te), math.nan)
    half = quantile(piece.level, float(piece.df_q - 1)) * spread
    return te - half, te + half


def league_table(piece: Piece, digits: int) -> pl.DataFrame:
    """Square table of text: effect and limits of the row against the column."""
    te, se = piece.fit.te(), piece.fit.se()
    half = quantile(piece.level, math.inf) * se
    ratio = piece.studies.measure in ("or", "rr", "hr")

    def show(i: int, j: int) -> str:
        if i == j:
            return piece.treatments[i]
        values = [te[i, j], te[i, j] - half[i, j], te[i, j] + half[i, j]]
        a, b, c = (f"{math.exp(v) if ratio else v:.{digits}f}" for v in values)
        return f"{a} ({b} to {c})"

    n = len(piece.treatments)
    columns = {piece.treatments[j]: [show(i, j) for i in range(n)] for j in range(n)}
    return pl.DataFrame({"row against column": list(piece.treatments), **columns})


def comparison_adjusted(piece: Piece, order: list[str]) -> pl.DataFrame:
    """Centre every study comparison at the pooled direct effect of its pair.

    Source: Chaimani 2013 (DOI 10.1371/journal.pone.0076654).

    Parameters
    ----------
    order : list of str
        All treatments, in an order that means something, such as from oldest to newest or placebo last: the effect
        is that of the earlier against the later one. Without such an order the funnel cannot be read.

    Returns
    -------
    polars.DataFrame
        `study, treat1, treat2, te, se, te_adjusted`.
    """
    if sorted(order) != sorted(piece.treatments):
        raise UsageError("the order must name every treatment of the piece once")
    rank = {t: i for i, t in enumerate(order)}
    direct = piece.direct()
    rows = []
    for study in piece.studies.studies:
        for x, i in enumerate(study.arms):
            for y, j in enumerate(study.arms):
                if rank[piece.treatments[i]] < rank[piece.treatments[j]]:
                    rows.append(
                        {
                            "study": study.label,
                            "treat1": piece.treatments[i],
                            "treat2": piece.treatments[j],
                            "te": float(study.te[x, y]),
                            "se": math.sqrt(float(study.var[x, y])),
                            "te_adjusted": float(study.te[x, y] - direct.te[i, j]),
                        }
                    )
    return pl.DataFrame(rows)
