"""In what order, watched how: the tables that the transform `plan` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table


class Plan(Table):
    """One row per person and schedule: the day it was asked for and the day it can begin."""

    person_key = dy.UInt32(primary_key=True)
    plan_id = dy.String(primary_key=True)
    asked_date = dy.Date(nullable=False)
    zero_date = dy.Date(nullable=True)  # day 0; later than asked where a washout is not over; null: not datable


class PlanWashout(Table):
    """One row per person, schedule and treatment on record that must be out of the body before day 0."""

    person_key = dy.UInt32(primary_key=True)
    plan_id = dy.String(primary_key=True)
    treatment_key = dy.UInt16(primary_key=True)
    washout_id = dy.String(nullable=False)
    last_date = dy.Date(nullable=True)  # latest possible last day taken; null: still taken, or not recorded
    is_taken = dy.Bool(nullable=False)  # on the index date, as far as is recorded
    days = dy.Int32(nullable=False, min=0)
    by_half_life = dy.Bool(nullable=False)  # the half-lives took longer than the days of the rule
    clear_date = dy.Date(nullable=True)  # first day on which day 0 may be; null: not datable


class Step(Table):
    """One row per person, schedule, step and time that it is due, in order of the days."""

    person_key = dy.UInt32(primary_key=True)
    plan_id = dy.String(primary_key=True)
    step_id = dy.String(primary_key=True)
    n = dy.UInt16(primary_key=True)  # which time, from 1
    n_all = dy.UInt16(nullable=False)
    day = dy.Int32(nullable=False)  # after day 0; in working days where the step counts those
    date = dy.Date(nullable=True)  # null: not datable


class Checkpoint(Table):
    """One row per person, schedule, checkpoint and time: what to measure, and from which score on it counts."""

    person_key = dy.UInt32(primary_key=True)
    plan_id = dy.String(primary_key=True)
    checkpoint_id = dy.String(primary_key=True)
    n = dy.UInt16(primary_key=True)
    n_all = dy.UInt16(nullable=False)
    day = dy.Int32(nullable=False)
    date = dy.Date(nullable=True)
    instrument_id = dy.String(nullable=True)  # of the newest score before day 0; null: none on record
    baseline = dy.Float64(nullable=True)
    baseline_ref = dy.String(nullable=True)
    early_at_most = dy.Float64(nullable=True)  # a score at or below this is early improvement here
    response_at_most = dy.Float64(nullable=True)
    remission_at_most = dy.Float64(nullable=True)
