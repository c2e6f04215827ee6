"""What is on record: the tables that every adapter writes and the flow starts from.

Keys are integers that live for one run (`person_key`, `exposure_key`, `treatment_key`); ids are published names.
`treatment_key` is the row of `knowledge.treatments`. Dates are half-open: `end_date` is the first day *not* covered.
A partial date is an interval: the wide end is in `exposure`, the narrow end in `exposure_note`.
"""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri

OUTCOMES = ("worse", "none", "minimal", "partial", "response", "remission")
STOP_REASONS = ("no_effect", "side_effects", "partial_effect", "lost_effect", "recovered", "access", "other")
EVIDENCE = ("order", "fill", "report", "administration")
END_KINDS = ("ended", "ongoing", "unknown")
SEVERITIES = ("subsyndromal", "mild", "moderate", "severe")
MEASURING_MODES = ("paper", "screen", "telephone", "video", "in_person")
CONDITION_STATUS = ("suspected", "active", "remission", "resolved", "refuted")


class Person(Table):
    """One row per person."""

    person_key = dy.UInt32(primary_key=True)
    person_id = dy.String(nullable=False)
    index_date = dy.Date(nullable=False)
    birth_date = dy.Date(nullable=True)
    sex = dy.String(nullable=True)
    weight_kg = dy.Float64(nullable=True, min_exclusive=0)
    country = dy.String(nullable=True)


class Episode(Table):
    """One row per person: the current depressive episode, as far as it is known."""

    person_key = dy.UInt32(primary_key=True)
    start_date = dy.Date(nullable=True)  # earliest possible first day
    start_latest_date = dy.Date(nullable=True)  # latest possible first day
    severity = dy.Enum(SEVERITIES, nullable=True)
    psychotic = tri()
    record_ref = dy.String(nullable=True)


class Exposure(Table):
    """One row per recorded stretch of one treatment at one dose."""

    exposure_key = dy.UInt32(primary_key=True)
    person_key = dy.UInt32(nullable=False)
    treatment_key = dy.UInt16(nullable=False)
    start_date = dy.Date(nullable=True)  # earliest possible first day; null: unknown
    end_date = dy.Date(nullable=True)  # latest possible day after the last covered day; null: ongoing or unknown
    daily_dose_mg = dy.Float64(nullable=True, min_exclusive=0)


class ExposureNote(Table):
    """One row per exposure of which more is known than dates and dose; a cohort of bare claims has none.

    An exposure without a note has exact dates, and a null end is ongoing.
    """

    exposure_key = dy.UInt32(primary_key=True)
    start_latest_date = dy.Date(nullable=True)  # latest possible first day; null: unknown
    end_earliest_date = dy.Date(nullable=True)  # earliest possible day after the last; null: unknown or ongoing
    end_kind = dy.Enum(END_KINDS, nullable=False)
    sessions = dy.Float64(nullable=True, min_exclusive=0)
    adherence = dy.Float64(nullable=True, min=0, max=1)  # share of doses taken
    stop_reason = dy.Enum(STOP_REASONS, nullable=True)
    augments_key = dy.UInt16(nullable=True)  # treatment_key of the treatment it was added to
    evidence = dy.Enum(EVIDENCE, nullable=False)  # what kind of record says so, weakest first
    record_ref = dy.String(nullable=False)


class ExposureDetail(Table):
    """One row per exposure and named detail of how it was given, such as placement: bilateral."""

    exposure_key = dy.UInt32(primary_key=True)
    name = dy.String(primary_key=True)
    value = dy.String(nullable=False)


class Outcome(Table):
    """One row per reported outcome of an exposure."""

    exposure_key = dy.UInt32(primary_key=True)
    outcome = dy.Enum(OUTCOMES, nullable=True)
    improvement_percent = dy.Float64(nullable=True, max=100)  # takes precedence over `outcome`
    record_ref = dy.String(nullable=False)


class Measurement(Table):
    """One row per score or laboratory value on a day."""

    measurement_key = dy.UInt32(primary_key=True)
    person_key = dy.UInt32(nullable=False)
    measure_id = dy.String(nullable=False)  # an instrument or observation id
    date = dy.Date(nullable=False)
    value = dy.Float64(nullable=False)
    unit = dy.String(nullable=True)
    is_imputed = dy.Bool(nullable=False)
    record_ref = dy.String(nullable=False)
    rater = dy.String(nullable=True)  # who rated, as the record says it; null: not recorded
    mode = dy.String(nullable=True)  # how it was asked, such as telephone; null: not recorded


class Answer(Table):
    """One row per answered item of an instrument on a day; an item without a row was not answered."""

    person_key = dy.UInt32(primary_key=True)
    instrument_id = dy.String(primary_key=True)
    date = dy.Date(primary_key=True)
    item = dy.UInt16(primary_key=True)
    value = dy.Float64(nullable=False)
    record_ref = dy.String(nullable=False)


class Condition(Table):
    """One row per recorded condition."""

    person_key = dy.UInt32(nullable=False)
    condition_id = dy.String(nullable=False)
    status = dy.Enum(CONDITION_STATUS, nullable=True)
    onset_date = dy.Date(nullable=True)  # earliest possible
    record_ref = dy.String(nullable=False)


class Clue(Table):
    """One row per yes, no or unknown that a person or clinician gave."""

    person_key = dy.UInt32(primary_key=True)
    clue_id = dy.String(primary_key=True)
    answer = tri()
    record_ref = dy.String(nullable=False)


class Preference(Table):
    """One row per declared preference: something wanted, or to be avoided."""

    person_key = dy.UInt32(primary_key=True)
    preference_id = dy.String(primary_key=True)
    is_wanted = dy.Bool(nullable=False)


class Notice(Table):
    """One row per thing a reader should know about the record: an assumption, a disagreement, something left out."""

    person_key = dy.UInt32(nullable=True)
    kind = dy.Enum(("assumed", "flag", "left_out"), nullable=False)
    code = dy.String(nullable=False)  # key of the sentence in remit_knowledge/text
    text = dy.String(nullable=False)
    record_ref = dy.String(nullable=True)


RECORDS: tuple[type[Table], ...] = (
    Person,
    Episode,
    Exposure,
    ExposureNote,
    ExposureDetail,
    Outcome,
    Measurement,
    Answer,
    Condition,
    Clue,
    Preference,
    Notice,
)
