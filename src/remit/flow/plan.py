"""Transform `plan`: a schedule as dated steps, after what must be out of the body first.

Day 0 is the day asked for, or the first day on which every washout is over. Where the last day of a medicine is not
known, day 0 is not datable, and no step has a date: a guess would be a date on which two medicines may meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import ceil

import numpy as np
import polars as pl

from remit.flow.meant import looker
from remit.knowledge import Knowledge
from remit.knowledge.plans import PlanCheckpoint, PlanStep, PlanTemplate, Washout
from remit.tables import Tables
from remit.tables.plan import Checkpoint, Plan, PlanWashout, Step

HOURS_PER_DAY = 24
PERCENT = 100
_ORDER = ("person_key", "date", "day")


def plan(tables: Tables, knowledge: Knowledge, template: PlanTemplate, start: date) -> dict[str, pl.DataFrame]:
    """Tables `plan`, `plan_washout`, `step` and `checkpoint` of all persons for one schedule.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The records; what they say after a person's index date is not looked at.
    knowledge : Knowledge
    template : PlanTemplate
    start : date
        The day on which the treatment is to begin.
    """
    washouts = _washouts(tables, knowledge, template)
    starts = _starts(tables, washouts, template, start)
    return {
        "plan": starts,
        "plan_washout": washouts,
        "step": Step.conform(_dated(starts, template.steps, "step_id").sort(*_ORDER, maintain_order=True)),
        "checkpoint": _checkpoints(tables, knowledge, starts, template),
    }


def washout_days(washout: Washout, treatment_id: str, knowledge: Knowledge) -> tuple[int, bool]:
    """Whole days to wait after the last day taken, and whether the half-lives ask for more than the rule's days."""
    known = knowledge.half_lives.get(treatment_id)
    if washout.half_lives is None or known is None:
        return washout.days, False
    by_half_life = ceil(washout.half_lives * known.hours / HOURS_PER_DAY)
    return max(washout.days, by_half_life), by_half_life > washout.days


def _waits(knowledge: Knowledge, template: PlanTemplate) -> pl.DataFrame:
    """By treatment that must be out first: which washout names it first, and for how many days."""
    rows = []
    lookers = [(washout, looker(washout.drugs, knowledge)) for washout in template.washouts]
    for key, treatment in enumerate(knowledge.treatments):
        named = next((washout for washout, looks_at in lookers if looks_at(treatment)), None)
        if named:
            days, by_half_life = washout_days(named, treatment.ingredient or treatment.id, knowledge)
            rows.append((key, named.id, days, by_half_life))
    schema = {"treatment_key": pl.UInt16, "washout_id": pl.String, "days": pl.Int32, "by_half_life": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _washouts(tables: Tables, knowledge: Knowledge, template: PlanTemplate) -> pl.DataFrame:
    exposure = tables["exposure"].join(tables["person"].select("person_key", "index_date"), on="person_key")
    named = (
        exposure.filter(pl.col("start_date").is_null() | (pl.col("start_date") <= pl.col("index_date")))
        .join(_waits(knowledge, template), on="treatment_key")
        .join(tables["exposure_note"].select("exposure_key", "end_kind"), on="exposure_key", how="left")
        .with_columns(
            ended=pl.col("end_kind").fill_null("ended") == "ended", last=pl.col("end_date").dt.offset_by("-1d")
        )
        .with_columns(is_known=pl.col("ended") & (pl.col("last") <= pl.col("index_date")).fill_null(value=False))
    )
    worst = named.group_by("person_key", "treatment_key", maintain_order=True).agg(
        pl.col("washout_id", "days", "by_half_life").first(),
        last_date=pl.when(pl.col("is_known").all()).then(pl.col("last").max()),
        is_taken=(
            (pl.col("end_kind") == "ongoing").fill_null(value=False)
            | (pl.col("end_kind").is_null() & pl.col("end_date").is_null())
            | (pl.col("last") > pl.col("index_date")).fill_null(value=False)
        ).any(),
    )
    clear = worst.with_columns(
        plan_id=pl.lit(template.id), clear_date=pl.col("last_date") + pl.duration(days=pl.col("days"))
    )
    return PlanWashout.conform(clear.sort("person_key", "treatment_key"))


def _starts(tables: Tables, washouts: pl.DataFrame, template: PlanTemplate, start: date) -> pl.DataFrame:
    waiting = washouts.group_by("person_key").agg(
        clear=pl.col("clear_date").max(), is_datable=pl.col("clear_date").is_not_null().all()
    )
    rows = tables["person"].select("person_key").join(waiting, on="person_key", how="left", maintain_order="left")
    zero = pl.max_horizontal(pl.col("clear"), pl.lit(start))
    return Plan.conform(
        rows.with_columns(
            plan_id=pl.lit(template.id),
            asked_date=pl.lit(start),
            zero_date=pl.when(pl.col("is_datable").fill_null(value=True)).then(zero),
        )
    )


def _dated(starts: pl.DataFrame, parts: Sequence[PlanStep | PlanCheckpoint], name: str) -> pl.DataFrame:
    """Each part at each of its times, for each person."""
    times = pl.DataFrame(
        [
            (part.id, n, len(offsets), day, part.days.working_days)
            for part in parts
            for offsets in [part.days.offsets()]
            for n, day in enumerate(offsets, 1)
        ],
        schema={name: pl.String, "n": pl.UInt16, "n_all": pl.UInt16, "day": pl.Int32, "working": pl.Boolean},
        orient="row",
    )
    rows = starts.join(times, how="cross", maintain_order="left_right")
    return rows.with_columns(pl.Series("date", _dates(rows), dtype=pl.Date))


def _dates(rows: pl.DataFrame) -> pl.Series:
    """Day 0 and so many days, or so many working days; a start at a weekend rolls on to Monday."""
    zero, day = rows["zero_date"], rows["day"].to_numpy()
    known = zero.is_not_null().to_numpy()
    whole = zero.fill_null(date(1970, 1, 1)).to_numpy().astype("datetime64[D]")
    working = rows["working"].to_numpy()
    dates = whole + day.astype("timedelta64[D]")
    dates[working] = np.busday_offset(whole[working], day[working], roll="forward")
    return pl.Series(dates).set(~pl.Series(known), None)


def _checkpoints(tables: Tables, knowledge: Knowledge, starts: pl.DataFrame, template: PlanTemplate) -> pl.DataFrame:
    early = pl.DataFrame(
        [(c.id, c.early_percent.value if c.early_percent else None) for c in template.checkpoints],
        schema={"checkpoint_id": pl.String, "early_percent": pl.Float64},
        orient="row",
    )
    rows = (
        _dated(starts, template.checkpoints, "checkpoint_id")
        .join(early, on="checkpoint_id", how="left", maintain_order="left")
        .join(_baselines(tables, knowledge, starts), on="person_key", how="left", maintain_order="left")
    )
    kept = {name: pl.col("baseline") * (1 - pl.col(f"{name}_percent") / PERCENT) for name in ("early", "response")}
    return Checkpoint.conform(
        rows.with_columns(**{f"{name}_at_most": value for name, value in kept.items()}).sort(
            *_ORDER, maintain_order=True
        )
    )


def _baselines(tables: Tables, knowledge: Knowledge, starts: pl.DataFrame) -> pl.DataFrame:
    """By person: the newest score of severity, not older than a baseline may be, and what counts as change on it."""
    scales = []
    for scale in knowledge.instruments.values():
        response, remission = scale.change.response_percent, scale.change.remission_at_most
        if scale.is_depression_severity and response:
            scales.append((scale.id, response.value, remission.value if remission else None))
    known = pl.DataFrame(
        scales,
        schema={"measure_id": pl.String, "response_percent": pl.Float64, "remission_at_most": pl.Float64},
        orient="row",
    )
    oldest = pl.duration(days=int(knowledge.policy.baseline_before_days.value))
    day = pl.col("zero_date").fill_null(pl.col("asked_date"))
    rows = (
        tables["measurement"]
        .join(known, on="measure_id")
        .join(starts.select("person_key", "asked_date", "zero_date"), on="person_key")
        .join(tables["person"].select("person_key", "index_date"), on="person_key")
        .filter((pl.col("date") <= pl.min_horizontal(day, "index_date")) & (pl.col("date") >= day - oldest))
        .sort("date", "measure_id", "measurement_key")
    )
    last = rows.group_by("person_key").last()
    return last.select(
        "person_key",
        "response_percent",
        "remission_at_most",
        instrument_id="measure_id",
        baseline="value",
        baseline_ref="record_ref",
    )
