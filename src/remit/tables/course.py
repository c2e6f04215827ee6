"""Is it working, is it holding, what is due: the tables that the transform `course` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table

EVENT_KINDS = (
    "early_improvement", "no_early_improvement", "decision_point", "partial_response", "response", "remission",
    "sustained_remission", "recovery", "relapse", "recurrence", "reliable_improvement", "reliable_worsening",
    "worsening", "plateau", "unknown",
)  # fmt: skip
"""`decision_point`: where a score stands at a published critical week; `unknown`: what could not be judged, and why."""

CERTAINTIES = ("provisional", "confirmed")
"""On one score; or borne out by a further score. A confirmation is an event of its own."""

RESULTS = ("remission", "partial", "nonresponse")
"""Where a score stands at a critical decision point."""

UNKNOWN_REASONS = (
    "no_baseline", "changed_instrument", "baseline_too_low", "no_score", "gap", "conflicting", "imputed",
    "start_unknown", "changed_rater", "changed_mode",
)  # fmt: skip
"""Why something could not be judged."""

DUE_STATES = ("done", "due", "overdue", "planned", "not_assessable")
DUE_REASONS = ("start_unknown", "end_unknown", "age_unknown", "nothing_to_read", "no_score")
"""Why a task is in its state; `nothing_to_read`: the record cannot show whether it was done."""

TRENDS = ("improving", "same", "worsening", "unknown")


class CourseEvent(Table):
    """One row per event of one instrument, in order of person, instrument, date; a later score changes none."""

    person_key = dy.UInt32(nullable=False)
    measure_id = dy.String(nullable=True)  # null: concerns no single instrument
    kind = dy.Enum(EVENT_KINDS, nullable=False)
    certainty = dy.Enum(CERTAINTIES, nullable=True)  # null: not of this kind
    date = dy.Date(nullable=True)  # null: only of what is unknown
    trial_key = dy.UInt32(nullable=True)  # the trial from whose start it is judged
    measurement_key = dy.UInt32(nullable=True)  # the score on the day
    earlier_key = dy.UInt32(nullable=True)  # the score it is compared with: baseline, lowest, first of its kind
    score = dy.Float64(nullable=True)
    earlier_score = dy.Float64(nullable=True)
    improvement_percent = dy.Float64(nullable=True)  # of the earlier score
    standard_error = dy.Float64(nullable=True)  # of the difference of the two, in points
    weeks = dy.UInt16(nullable=True)  # of the checkpoint
    result = dy.Enum(RESULTS, nullable=True)
    reason = dy.Enum(UNKNOWN_REASONS, nullable=True)


class Due(Table):
    """One row per task and occurrence: the newest that has come up, and the next one, in order of person and rule."""

    person_key = dy.UInt32(nullable=False)
    rule_key = dy.UInt16(nullable=False)  # row of `knowledge.tasks`
    trial_key = dy.UInt32(nullable=True)
    measure_id = dy.String(nullable=True)  # the instrument that it concerns
    due_date = dy.Date(nullable=True)  # null: cannot be dated
    overdue_date = dy.Date(nullable=True)  # from this day on it is overdue; null: never
    state = dy.Enum(DUE_STATES, nullable=False)
    reason = dy.Enum(DUE_REASONS, nullable=True)
    done_date = dy.Date(nullable=True)
    branch = dy.String(nullable=True)  # which part of the rule applies
    number = dy.Float64(nullable=True)  # what that part asks for


class CaseloadLine(Table):
    """One row per person: where the person stands on the index date. It grades nobody."""

    person_key = dy.UInt32(primary_key=True)
    measure_id = dy.String(nullable=True)  # the newest instrument of depression severity
    last_date = dy.Date(nullable=True)
    last_score = dy.Float64(nullable=True)
    first_date = dy.Date(nullable=True)
    first_score = dy.Float64(nullable=True)  # of the same instrument, within the time that the trend looks at
    trend = dy.Enum(TRENDS, nullable=False)
    event = dy.Enum(EVENT_KINDS, nullable=True)  # the newest that is not of the kind unknown
    event_certainty = dy.Enum(CERTAINTIES, nullable=True)
    event_date = dy.Date(nullable=True)
    days_without_improvement = dy.Int32(nullable=True)  # null: unknown; 0: improved, and the next score not overdue
    improved_date = dy.Date(nullable=True)  # newest day on which that held; null: never seen
    n_overdue = dy.UInt32(nullable=False)
    n_due = dy.UInt32(nullable=False)
    next_rule_key = dy.UInt16(nullable=True)  # the task that comes first
    next_date = dy.Date(nullable=True)
    next_state = dy.Enum(DUE_STATES, nullable=True)
    has_sign = dy.Bool(nullable=False)  # a sign of suicidality is on record: to review, never graded
    is_item_unanswered = dy.Bool(nullable=False)  # an item about suicide was left out
