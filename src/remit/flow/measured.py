"""Improvement of trials from scores: the same instrument at both ends of the trial. Used by `response`."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from remit.flow.joined import Joined
from remit.flow.scope import spans
from remit.knowledge import Instrument, Knowledge
from remit.knowledge.base import Number
from remit.knowledge.schema import Policy
from remit.tables import Tables

PERCENT = 100.0


def measured(tables: Tables, knowledge: Knowledge) -> pl.DataFrame | None:
    """Measured improvement by trial; None where no score can give any.

    Returns
    -------
    DataFrame or None
        trial_key, m_percent, m_remission, m_id, m_baseline, m_endpoint (measurement keys); only trials with a measured
        improvement.
    """
    scores = _scores(tables, knowledge)
    if scores is None:
        return None
    trials = _exact_trials(tables)
    if trials.is_empty():
        return None
    parts = [
        _on_instrument(trials, scores.filter(pl.col("measure_id") == name), knowledge.instruments[name], knowledge)
        for name in scores["measure_id"].unique().sort()
    ]
    found = pl.concat(parts)
    if found.is_empty():
        return None
    found = found.sort("trial_key", "endpoint_date", "m_id", descending=[False, True, False])
    return found.unique("trial_key", keep="first", maintain_order=True).drop("endpoint_date")


def improvement_range(tables: Tables, knowledge: Knowledge) -> pl.DataFrame | None:
    """For trials without exact dates: the least and most improvement that may be the measured one.

    Returns
    -------
    DataFrame or None
        trial_key, s_low, s_high in percent; None if there is no such trial.
    """
    scores = _scores(tables, knowledge)
    if scores is None:
        return None
    exact = _exact_trials(tables)
    policy = knowledge.policy
    trials = _windows(tables, policy).join(exact, on="trial_key", how="anti")
    if trials.is_empty():
        return None
    scores = scores.with_columns(pl.col("date").cast(pl.Int32))
    pairs = trials.join(scores, on="person_key").filter(
        pl.col("date").is_between("base_from", "base_to") & (pl.col("value") > 0)
    ).join(scores, on=["person_key", "measure_id"], suffix="_end").filter(
        pl.col("date_end").is_between("end_from", "end_to")
        & (pl.col("date_end") - pl.col("date") >= policy.endpoint_least_days.value)
    )  # fmt: skip
    percent = PERCENT * (pl.col("value") - pl.col("value_end")) / pl.col("value")
    return pairs.group_by("trial_key").agg(percent.min().alias("s_low"), percent.max().alias("s_high"))


def _windows(tables: Tables, policy: Policy) -> pl.DataFrame:
    """By trial, in days: between when a baseline and an end score may lie, whatever its unknown dates are."""
    wide = Joined(tables).widened(spans(tables))
    trial = tables["trial"]
    return pl.DataFrame(
        {
            "trial_key": trial["trial_key"],
            "person_key": trial["person_key"],
            "base_from": wide.start - policy.baseline_before_days.value,
            "base_to": wide.late_start + policy.baseline_after_days.value,
            "end_from": wide.early_end - policy.endpoint_before_days.value,
            "end_to": wide.end + policy.endpoint_after_days.value,
        }
    )


def _days(number: Number) -> timedelta:
    return timedelta(days=number.value)


def _scores(tables: Tables, knowledge: Knowledge) -> pl.DataFrame | None:
    """Totals of depression severity up to the index date, of persons with two or more on one instrument."""
    scores = tables["measurement"]
    if scores.is_empty() or tables["trial"].is_empty():
        return None
    severity = [i for i, instrument in knowledge.instruments.items() if instrument.is_depression_severity]
    scores = scores.join(tables["person"].select("person_key", "index_date"), on="person_key")
    scores = scores.filter(
        pl.col("measure_id").is_in(severity) & ~pl.col("is_imputed") & (pl.col("date") <= pl.col("index_date"))
    )
    scores = scores.filter(pl.len().over("person_key", "measure_id") > 1)
    if scores.is_empty():
        return None
    return scores.select("person_key", "measure_id", "date", "value", "measurement_key").sort("date", "measurement_key")


def _exact_trials(tables: Tables) -> pl.DataFrame:
    trial = tables["trial"].select("trial_key", "person_key", "start_date", "end_date")
    exact = trial.filter(pl.col("start_date").is_not_null() & pl.col("end_date").is_not_null())
    note = tables["trial_note"]
    if not note.is_empty():
        note = note.select("trial_key", "start_latest_date", "end_earliest_date", "may_be_one")
        exact = exact.join(note, on="trial_key", how="left").filter(
            ~pl.col("may_be_one")
            & (pl.col("start_latest_date") == pl.col("start_date"))
            & (pl.col("end_earliest_date") == pl.col("end_date"))
        )
    person = tables["person"].select("person_key", "index_date")
    return exact.select(trial.columns).join(person, on="person_key").sort("start_date")


def _on_instrument(
    trials: pl.DataFrame, scores: pl.DataFrame, instrument: Instrument, knowledge: Knowledge
) -> pl.DataFrame:
    policy = knowledge.policy
    scores = scores.drop("measure_id")
    before = _nearest(trials, scores, "start_date", "backward", _days(policy.baseline_before_days), "before")
    after = _nearest(trials, scores, "start_date", "forward", _days(policy.baseline_after_days), "after")
    last = trials.with_columns(
        pl.min_horizontal(pl.col("end_date") + _days(policy.endpoint_after_days), "index_date").alias("until")
    ).sort("until")
    width = _days(policy.endpoint_before_days) + _days(policy.endpoint_after_days)
    ends = _nearest(last, scores, "until", "backward", width, "end")
    joined = trials.join(before, on="trial_key").join(after, on="trial_key").join(ends, on="trial_key")
    is_earlier = pl.col("before_date").is_not_null() & (
        pl.col("after_date").is_null()
        | (pl.col("start_date") - pl.col("before_date") <= pl.col("after_date") - pl.col("start_date"))
    )
    joined = joined.with_columns(
        pl.when(is_earlier).then(pl.col(f"before_{x}")).otherwise(pl.col(f"after_{x}")).alias(f"base_{x}")
        for x in ("date", "value", "key")
    ).filter(
        (pl.col("base_value") > 0)
        & (pl.col("end_date_of_score") >= pl.col("end_date") - _days(policy.endpoint_before_days))
        & (pl.col("end_date_of_score") - pl.col("base_date") >= _days(policy.endpoint_least_days))
    )
    cutoff = instrument.change.remission_at_most
    return joined.select(
        "trial_key",
        (PERCENT * (pl.col("base_value") - pl.col("end_value")) / pl.col("base_value")).alias("m_percent"),
        (pl.lit(value=False) if cutoff is None else pl.col("end_value") <= cutoff.value).alias("m_remission"),
        pl.lit(instrument.id).alias("m_id"),
        pl.col("base_key").alias("m_baseline"),
        pl.col("end_key").alias("m_endpoint"),
        pl.col("end_date_of_score").alias("endpoint_date"),
    )


def _nearest(
    trials: pl.DataFrame, scores: pl.DataFrame, on: str, strategy: str, within: timedelta, name: str
) -> pl.DataFrame:
    """The score of each trial's person that is nearest to a date on one side; columns are named after `name`."""
    date_name = "end_date_of_score" if name == "end" else f"{name}_date"
    right = scores.select(
        "person_key",
        pl.col("date").alias(date_name),
        pl.col("value").alias(f"{name}_value"),
        pl.col("measurement_key").alias(f"{name}_key"),
    )
    joined = trials.join_asof(
        right,
        left_on=on,
        right_on=date_name,
        by="person_key",
        strategy="backward" if strategy == "backward" else "forward",
        tolerance=within,
        coalesce=False,
        check_sortedness=False,
    )
    return joined.select("trial_key", date_name, f"{name}_value", f"{name}_key")
