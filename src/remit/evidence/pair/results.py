"""What a pairwise analysis returns: frozen records, each with `to_dict`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import polars as pl

from remit.evidence.data import LeftOut


def plain(value: Any) -> Any:
    """Turn records, arrays and frames into what JSON can hold; NaN and infinity become None."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, pl.DataFrame):
        return _records(value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    floats = [name for name, kind in frame.schema.items() if kind.is_float()]
    finite = [pl.when(pl.col(c).is_finite()).then(pl.col(c)).alias(c) for c in floats]
    return frame.with_columns(finite).to_dicts()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A pooled effect.

    Attributes
    ----------
    te, se : float
        Effect and standard error, on the log scale for ratios.
    lower, upper : float
        Confidence limits.
    statistic, p : float
        z or t statistic and its two-sided p value.
    df : float
        Degrees of freedom of the statistic; infinite for z.
    """

    te: float
    se: float
    lower: float
    upper: float
    statistic: float
    p: float
    df: float = math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How far studies differ by more than chance.

    Attributes
    ----------
    q, df_q, p_q : float
        Cochran's Q, its degrees of freedom and p value.
    tau2, se_tau2, tau2_lower, tau2_upper : float
        Between-study variance, its standard error and Q-profile limits.
    tau2_method : str
        The estimator.
    i2, i2_lower, i2_upper : float
        Share (0 to 1) of the variation that is between studies, from tau2.
    h2, h2_lower, h2_upper : float
        Total variation over sampling variation, from tau2.
    i2_q, h2_q : float
        The same two from Q: ``max(0, (Q - df) / Q)`` and ``Q / df``.
    """

    q: float
    df_q: int
    p_q: float
    tau2: float
    se_tau2: float
    tau2_lower: float
    tau2_upper: float
    tau2_method: str
    i2: float
    i2_lower: float
    i2_upper: float
    h2: float
    h2_lower: float
    h2_upper: float
    i2_q: float
    h2_q: float

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        result: dict[str, Any] = plain(self)
        return result


@dataclass(frozen=True, slots=True)
class PairwiseResult:
    """Everything about one comparison.

    Attributes
    ----------
    measure, method, model : str
        Effect measure; ``iv``, ``mh``, ``peto`` or ``glmm``; the model whose estimate leads, ``common`` or ``random``.
    treat1, treat2 : str or None
        The effect is that of `treat1` against `treat2`.
    k, n, events : int or None
        Studies in the estimate, people and events in them.
    common, random : Estimate
        Both models.
    heterogeneity : Heterogeneity
        Around the common effect of `method`.
    prediction_lower, prediction_upper : float
        For the effect in a new study.
    studies : polars.DataFrame
        One row a study: `study, te, se, lower, upper, weight_common, weight_random` and the arms' numbers.
    excluded : tuple of LeftOut
        Studies that are not in the estimate, with the reason.
    notes : tuple of str
        What a reader must know.
    level : float
        Confidence level.
    """

    measure: str
    method: str
    model: str
    treat1: str | None
    treat2: str | None
    k: int
    n: int | None
    events: int | None
    common: Estimate
    random: Estimate
    heterogeneity: Heterogeneity
    prediction_lower: float
    prediction_upper: float
    studies: pl.DataFrame
    excluded: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    level: float
    test: str = "z"
    zero_cells: str = "only0"

    @property
    def estimate(self) -> Estimate:
        """The estimate of the leading model."""
        return self.common if self.model == "common" else self.random

    @property
    def ratio(self) -> bool:
        """Effects are logarithms of ratios."""
        return self.measure in ("or", "rr", "hr")

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a plain dictionary; the leading estimate and heterogeneity stand on the top level."""
        leading, spread = self.estimate, self.heterogeneity
        excluded: dict[str, int] = {}
        for item in self.excluded:
            excluded[item.reason] = excluded.get(item.reason, 0) + 1
        result: dict[str, Any] = plain(
            {
                "schema": "remit-evidence-pairwise/1",
                "measure": self.measure,
                "method": self.method,
                "model": self.model,
                "treat1": self.treat1,
                "treat2": self.treat2,
                "k": self.k,
                "n": self.n,
                "events": self.events,
                "te": leading.te,
                "se": leading.se,
                "lower": leading.lower,
                "upper": leading.upper,
                "statistic": leading.statistic,
                "p": leading.p,
                "df": leading.df,
                "level": self.level,
                "test": self.test,
                **spread.to_dict(),
                "prediction_lower": self.prediction_lower,
                "prediction_upper": self.prediction_upper,
                "common": self.common,
                "random": self.random,
                "studies": self.studies,
                "excluded": [e.to_dict() for e in self.excluded],
                "n_excluded": len(self.excluded),
                "excluded_by_reason": excluded,
                "notes": list(self.notes),
            }
        )
        return result
