"""Days and doses of dispensings made plain: what no record can mean becomes unknown, and is flagged to be counted."""

from __future__ import annotations

from functools import reduce

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.raw import FLAGS, NOTED, PERSON, Chunk
from remit.cohort.sources.cells import plausible
from remit.flow.records.dates import LATEST_YEAR
from remit.knowledge import Knowledge

_INSIDE = {
    "sessions": pl.when(pl.col("sessions") > 0).then(pl.col("sessions")),
    "adherence": pl.when(pl.col("adherence").is_between(0, 1)).then(pl.col("adherence")),
}
"""Values that a record can have; others become unknown."""

_OPTIONAL = {"end_date": pl.Date, "days_supply": pl.Float64, "daily_dose_mg": pl.Float64}


def tidy(frame: pl.DataFrame, knowledge: Knowledge, *, open_ends: bool) -> Chunk:
    """Exposures as the records need them.

    Parameters
    ----------
    frame : DataFrame
        `person_id`, `treatment_key`, `start_date`; `end_date` (exclusive) or `days_supply` or both; `daily_dose_mg`;
        and any of `remit.cohort.raw.NOTED`.
    knowledge : Knowledge
        Which doses and supplies are plausible.
    open_ends : bool
        An exposure with neither an end nor a supply goes on; otherwise its end is unknown.
    """
    missing = [pl.lit(None, kind).alias(name) for name, kind in _OPTIONAL.items() if name not in frame.columns]
    most = pl.Series("most", most_plausible(knowledge)[frame["treatment_key"].to_numpy()])
    frame = frame.with_columns(*missing, most)
    earliest = int(knowledge.policy.earliest_year.value)
    longest = knowledge.cohort.longest_supply_days.value
    start, given = (plausible(pl.col(name), earliest, LATEST_YEAR) for name in ("start_date", "end_date"))
    days = pl.col("days_supply").floor()
    supply = pl.when((days >= 1) & (days <= longest)).then(days).cast(pl.Int64)
    end = pl.coalesce(
        pl.when((given > start) | start.is_null()).then(given), start + pl.duration(days=supply)
    )  # fmt: skip
    dose = pl.col("daily_dose_mg")
    has_end = pl.col("end_date").is_not_null() | pl.col("days_supply").is_not_null()
    noted = [_INSIDE.get(name, pl.col(name)).alias(name) for name in NOTED if name in frame.columns]
    found = frame.select(
        PERSON,
        "treatment_key",
        start.alias("start_date"),
        end.alias("end_date"),
        pl.when((dose > 0) & (dose <= pl.col("most"))).then(dose).alias("daily_dose_mg"),
        has_end.alias("has_end"),
        (pl.col("start_date").is_not_null() & start.is_null()).alias("start_implausible"),
        dose.is_not_null().alias("has_dose"),
        *noted,
        *(pl.col(n).is_not_null().alias(f"has_{n}") for n in _INSIDE if n in frame.columns),
    )
    is_endless, is_doseless = pl.col("end_date").is_null(), pl.col("daily_dose_mg").is_null()
    flags = {
        "ongoing": is_endless & ~pl.col("has_end") & open_ends,
        "start_implausible": pl.col("start_implausible"),
        "end_implausible": is_endless & pl.col("has_end") & pl.col("start_date").is_not_null(),
        "end_unknown": is_endless & ~pl.col("has_end") & (not open_ends),
        "dose_implausible": is_doseless & pl.col("has_dose"),
        "dose_unknown": is_doseless & ~pl.col("has_dose"),
        **{f"{n}_implausible": pl.col(n).is_null() & pl.col(f"has_{n}") for n in _INSIDE if n in frame.columns},
    }
    bits = (
        pl.when(flags[name]).then(pl.lit(1 << i, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8))
        for i, name in enumerate(FLAGS)
        if name in flags
    )
    flagged = found.with_columns(reduce(lambda a, b: a | b, bits).alias("flags"))
    return "exposure", flagged.drop(
        "has_end", "start_implausible", "has_dose", *(f"has_{n}" for n in _INSIDE), strict=False
    )


def most_plausible(knowledge: Knowledge) -> NDArray[np.float64]:
    """By treatment_key: the daily dose in mg above which it is a slip; without limit where the knowledge has none."""
    known = (treatment.plausible_daily_mg for treatment in knowledge.treatments)
    return np.array([number.value if number else np.inf for number in known])
