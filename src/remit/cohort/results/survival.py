"""Time from the first antidepressant to the day a definition is first met; rates by year, age and sex."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.measures.profile import UNKNOWN, band_names
from remit.cohort.results.intervals import Z, poisson
from remit.knowledge import Knowledge

DAYS_PER_YEAR = 365.25
RATE_PER = 1000
"""Rates are per so many person-years."""

Floats = NDArray[np.float64]


def curves(follow_up: pl.DataFrame, longest_years: float) -> pl.DataFrame:
    """Steps of the curves: one row per definition and day on which someone met it or died.

    `at_risk` counts persons just before the day. `survival` is Kaplan and Meier's, death taken as the end of record,
    with Greenwood's interval on the log-log scale. `incidence` is the cumulative incidence with death as a competing
    event (Aalen and Johansen). Days beyond the longest follow-up are left out.
    """
    parts = []
    for (definition,), rows in follow_up.sort("definition").group_by("definition", maintain_order=True):
        wide = rows.pivot("kind", index="day", values="n_persons").fill_null(0).sort("day")
        counts = [wide[k].to_numpy() if k in wide.columns else np.zeros(wide.height) for k in _KINDS]
        steps = _steps(wide["day"].to_numpy(), *(np.asarray(c, float) for c in counts))
        parts.append(steps.select(pl.lit(definition).alias("definition"), pl.all()))
    whole = pl.concat(parts) if parts else pl.DataFrame(schema={"definition": pl.String, "day": pl.Int64})
    return whole.filter(pl.col("day") <= longest_years * DAYS_PER_YEAR)


_KINDS = ("event", "death", "censored")


def _steps(day: NDArray[np.int64], event: Floats, death: Floats, censored: Floats) -> pl.DataFrame:
    gone = event + death + censored
    at_risk = gone.sum() - np.concatenate(([0.0], np.cumsum(gone)[:-1]))
    hazard = event / at_risk
    survival = np.cumprod(1 - hazard)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.cumsum(event / (at_risk * (at_risk - event)))
        half = Z * np.sqrt(spread) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    still_free = np.concatenate(([1.0], np.cumprod(1 - (event + death) / at_risk)[:-1]))
    incidence = np.cumsum(still_free * hazard)
    frame = pl.DataFrame(
        {
            "day": day,
            "at_risk": at_risk.astype(np.int64),
            "events": event.astype(np.int64),
            "deaths": death.astype(np.int64),
            "censored": censored.astype(np.int64),
            "survival": survival,
            "survival_low": np.where((survival > 0) & (survival < 1), low, np.nan),
            "survival_high": np.where((survival > 0) & (survival < 1), high, np.nan),
            "incidence": incidence,
        }
    )
    return frame.fill_nan(None)


def incidence(counts: pl.DataFrame, knowledge: Knowledge, by: list[str]) -> pl.DataFrame:
    """Events, person-years and rate with its exact interval, by definition and some of year, age band and sex.

    `n_persons` counts those who were followed.
    """
    names = dict(enumerate([*band_names(knowledge.cohort.age_bands.values), UNKNOWN], start=0))
    names[-1] = UNKNOWN
    order = ["definition", *by]
    persons = pl.col("n_followed" if "year" in by else "n_begun").sum().alias("n_persons")
    found = counts.group_by(order).agg(pl.col("n_events", "n_days").sum(), persons).sort(order)
    if "age_band" in by:
        found = found.with_columns(pl.col("age_band").replace_strict(names, return_dtype=pl.String))
    years = found["n_days"].to_numpy() / DAYS_PER_YEAR
    low, high = poisson(found["n_events"].to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = [n * RATE_PER / years for n in (found["n_events"].to_numpy(), low, high)]
    columns = zip(("rate", "rate_low", "rate_high"), rates, strict=True)
    more = [
        pl.Series("person_years", years),
        *(pl.Series(n, np.where(years > 0, v, np.nan), nan_to_null=True) for n, v in columns),
    ]
    return found.drop("n_days").with_columns(more)
