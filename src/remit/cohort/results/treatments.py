"""By treatment: adequacy, how long trials are, how much of the first months is covered."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.engine.shares import wilson
from remit.knowledge import Knowledge

_QUARTILES = (0.25, 0.5, 0.75)
_DAYS_PER_WEEK = 7


def adequacy_by_treatment(counts: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """One row per rule and treatment: share of persons who ever reached the minimum dose, and had an adequate trial.

    Those whose dose is unknown stay in the denominator and are shown beside. A rule without a minimum for the treatment
    leaves every dose unknown; such rows are left out.
    """
    is_silent = counts["n_ever_dose_unknown"] == counts["n_persons"]
    found = counts.filter(~is_silent)
    low, high = wilson(found["n_ever_dose"].to_numpy(), found["n_persons"].to_numpy())
    return found.with_columns(
        (pl.col("n_ever_dose") / pl.col("n_persons")).alias("share_ever_dose"),
        pl.Series("share_ever_dose_low", low),
        pl.Series("share_ever_dose_high", high),
        (pl.col("n_ever_adequate") / pl.col("n_persons")).alias("share_ever_adequate"),
        (pl.col("n_dose_met") / pl.col("n_trials")).alias("share_trials_dose"),
        (pl.col("n_adequate") / pl.col("n_trials")).alias("share_trials_adequate"),
    ).sort("rule", "n_persons", "treatment", descending=[False, True, False])


def durations(counts: pl.DataFrame) -> pl.DataFrame:
    """One row per treatment: trials, and quartiles of their covered weeks."""
    rows = []
    for (treatment,), part in counts.sort("treatment", "days").group_by("treatment", maintain_order=True):
        days, n = part["days"].to_numpy(), np.cumsum(part["n_trials"].to_numpy())
        at = [days[np.searchsorted(n, q * n[-1])] / _DAYS_PER_WEEK for q in _QUARTILES]
        rows.append((treatment, int(n[-1]), *(round(float(x), 2) for x in at)))
    columns = ["treatment", "n_trials", "weeks_lower_quartile", "weeks_median", "weeks_upper_quartile"]
    kinds = {c: pl.Float64 for c in columns} | {"treatment": pl.String, "n_trials": pl.Int64}
    return pl.DataFrame(rows, schema=kinds, orient="row").sort("n_trials", "treatment", descending=[True, False])


def persistence(counts: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """One row per treatment: mean proportion of days covered, and the share of persons at or above 0.8.

    The threshold is that of the default adequacy rule's adherence.
    """
    window = knowledge.cohort.persistence_days.value
    enough = knowledge.rules[0].adherence_at_least.value
    weight = pl.col("n_persons")
    found = counts.group_by("treatment").agg(
        weight.sum().alias("n_persons_"),
        ((pl.col("days") / window * weight).sum() / weight.sum()).alias("mean_share_covered"),
        (weight.filter(pl.col("days") >= enough * window).sum() / weight.sum()).alias("share_persistent"),
    )
    found = found.rename({"n_persons_": "n_persons"})
    return found.sort("n_persons", "treatment", descending=[True, False])


def paths(counts: pl.DataFrame) -> pl.DataFrame:
    """One row per pathway, the most frequent first."""
    total = counts["n_persons"].sum()
    return counts.sort("n_persons", "path", descending=[True, False]).with_columns(
        (pl.col("n_persons") / total).alias("share")
    )
