"""Resistant by whose definition, how sure, what would settle it: the tables of the transform `resistance`."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri

STATUS = ("not_met", "undetermined", "met", "not_applicable")
FACTS = (
    "start_date",
    "end_date",
    "daily_dose_mg",
    "sessions",
    "outcome",
    "adequacy_rule",
    "episode_start",
    "episode_severity",
    "episode_psychotic",
    "detail",
    "condition_status",
)


class Verdict(Table):
    """One row per person and definition."""

    person_key = dy.UInt32(primary_key=True)
    definition_key = dy.UInt8(primary_key=True)  # row of `knowledge.definitions`
    status = dy.Enum(STATUS, nullable=False)
    value = dy.Float32(nullable=True)  # count: trials failed for certain; score or stage: where it is determined
    low = dy.Float32(nullable=True)
    high = dy.Float32(nullable=True)
    first_met_date = dy.Date(nullable=True)  # the day after the deciding trial's last day


class Tally(Table):
    """One row per person, definition and feature: the least and most it can be."""

    person_key = dy.UInt32(primary_key=True)
    definition_key = dy.UInt8(primary_key=True)
    feature = dy.String(primary_key=True)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)


class Finding(Table):
    """One row per person, definition and criterion: what was observed against what is asked."""

    person_key = dy.UInt32(primary_key=True)
    definition_key = dy.UInt8(primary_key=True)
    criterion = dy.String(primary_key=True)
    feature = dy.String(nullable=False)
    low = dy.Float64(nullable=True)
    high = dy.Float64(nullable=True)
    met = tri()
    points_low = dy.Float64(nullable=True)
    points_high = dy.Float64(nullable=True)


class FindingTrial(Table):
    """One row per finding's feature and trial that counts, or may count, towards it."""

    person_key = dy.UInt32(primary_key=True)
    definition_key = dy.UInt8(primary_key=True)
    feature = dy.String(primary_key=True)
    trial_key = dy.UInt32(primary_key=True)
    counts = tri()


class Missing(Table):
    """One row per fact that could settle an undetermined verdict."""

    person_key = dy.UInt32(primary_key=True)
    definition_key = dy.UInt8(primary_key=True)
    fact = dy.Enum(FACTS, primary_key=True)
    trial_key = dy.UInt32(nullable=True)
