"""Was it a fair try, did it work: the tables that the transform `adequacy` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri
from remit.tables.records import OUTCOMES

BASES = ("measured", "reported", "none")


class Response(Table):
    """One row per trial: how much better, as an interval, and on whose word."""

    trial_key = dy.UInt32(primary_key=True)
    outcome = dy.Enum(OUTCOMES, nullable=True)  # null: unknown
    improvement_low = dy.Float64(nullable=True)  # percent; null: unknown
    improvement_high = dy.Float64(nullable=True)  # percent; null: unknown
    is_low_number = dy.Bool(nullable=False)  # someone gave the low end; else a band begins there
    is_high_number = dy.Bool(nullable=False)  # someone gave the high end; else a band ends before it
    improvement_percent = dy.Float64(nullable=True)  # where one number is known
    is_remission = tri()
    basis = dy.Enum(BASES, nullable=False)
    measure_id = dy.String(nullable=True)
    baseline_key = dy.UInt32(nullable=True)  # measurement_key
    endpoint_key = dy.UInt32(nullable=True)  # measurement_key
    disagrees = dy.Bool(nullable=False)  # measured and reported fall into different bands


class Adequacy(Table):
    """One row per trial and adequacy rule, in order of rule, then trial.

    `*_in_episode` and `episode_*` judge only the days inside the current episode. The days themselves are in
    `trial_run`, by the rule that owns the dose table.
    """

    trial_key = dy.UInt32(primary_key=True)
    rule_key = dy.UInt8(primary_key=True)  # row of `knowledge.rules`
    dose_met = tri()
    duration_met = tri()
    adherence_met = tri()
    failed_adequate = tri()
    intolerant = tri()
    episode_duration_met = tri()
    failed_in_episode = tri()
    intolerant_in_episode = tri()
