"""What was tried: the tables that the transform `trials` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri
from remit.tables.records import EVIDENCE, STOP_REASONS

OVERLAP_KINDS = ("cross_taper", "combination", "augmentation")


class Trial(Table):
    """One row per person, treatment and unbroken course."""

    trial_key = dy.UInt32(primary_key=True)  # row in order of person, treatment, start
    person_key = dy.UInt32(nullable=False)
    treatment_key = dy.UInt16(nullable=False)
    start_date = dy.Date(nullable=True)  # earliest possible; null: unknown
    end_date = dy.Date(nullable=True)  # latest possible, exclusive, cut at the index date; null: unknown
    is_ongoing = dy.Bool(nullable=False)
    covered_days = dy.Int32(nullable=True, min=0)  # most days that can have been covered; null: unknown
    covered_days_low = dy.Int32(nullable=False, min=0)  # days that were covered for certain
    max_dose_mg = dy.Float64(nullable=True)  # highest known daily dose
    is_dose_complete = dy.Bool(nullable=False)  # no exposure of unknown dose
    n_exposures = dy.UInt32(nullable=False, min=1)


class TrialNote(Table):
    """One row per trial of which more is known than dates and dose; without a note the dates are exact."""

    trial_key = dy.UInt32(primary_key=True)
    start_latest_date = dy.Date(nullable=True)  # null: unknown
    end_earliest_date = dy.Date(nullable=True)  # null: unknown
    sessions = dy.Float64(nullable=True)  # null: not recorded for every part
    adherence = dy.Float64(nullable=True)  # lowest recorded share of doses taken
    stop_reason = dy.Enum(STOP_REASONS, nullable=True)
    augments_key = dy.UInt16(nullable=True)
    evidence = dy.Enum(EVIDENCE, nullable=False)  # strongest
    may_be_one = dy.Bool(nullable=False)  # with another trial of the same treatment, because a date is unknown
    for_side_effects = tri()  # whether it was stopped for them


class TrialDetail(Table):
    """One row per trial and named detail; `is_settled` is false where its parts differ or are silent."""

    trial_key = dy.UInt32(primary_key=True)
    name = dy.String(primary_key=True)
    value = dy.String(primary_key=True)
    is_settled = dy.Bool(nullable=False)


class TrialExposure(Table):
    """One row per exposure: the trial it belongs to."""

    exposure_key = dy.UInt32(primary_key=True)
    trial_key = dy.UInt32(nullable=False)
    may_end_trial = dy.Bool(nullable=False)  # whether its outcome may be the trial's


class TrialRun(Table):
    """One row per trial and dose table: the longest stretch at or above the table's minimum dose.

    Rows stand in order of dose table, then trial. `low` is certain, the other possible; null: no upper bound.
    """

    dose_rule_key = dy.UInt8(primary_key=True)  # row of `knowledge.rules` that owns the dose table
    trial_key = dy.UInt32(primary_key=True)
    days = dy.Int32(nullable=True)
    days_low = dy.Int32(nullable=False)
    episode_days = dy.Int32(nullable=True)  # counting only days within the current episode
    episode_days_low = dy.Int32(nullable=False)


class TrialOverlap(Table):
    """One row per pair of a person's trials that ran at the same time; the later one to start comes second."""

    trial_key = dy.UInt32(primary_key=True)
    added_trial_key = dy.UInt32(primary_key=True)
    overlap_days = dy.Int32(nullable=False, min=1)
    kind = dy.Enum(OVERLAP_KINDS, nullable=False)
    is_declared = tri()  # whether the record itself says that one was added to the other
