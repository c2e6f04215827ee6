"""Table contracts, one module per transform, listed in the order of the flow."""

from remit.tables.adequacy import Adequacy, Response
from remit.tables.base import NO, TRI, UNKNOWN, YES, Table, Tables
from remit.tables.crisis import Crisis
from remit.tables.records import (
    RECORDS,
    Answer,
    Clue,
    Condition,
    Episode,
    Exposure,
    ExposureDetail,
    ExposureNote,
    Measurement,
    Notice,
    Outcome,
    Person,
    Preference,
)
from remit.tables.resistance import Finding, FindingTrial, Missing, Tally, Verdict
from remit.tables.trials import Trial, TrialDetail, TrialExposure, TrialNote, TrialOverlap, TrialRun

__all__ = [
    "NO",
    "RECORDS",
    "TRI",
    "UNKNOWN",
    "YES",
    "Adequacy",
    "Answer",
    "Clue",
    "Condition",
    "Crisis",
    "Episode",
    "Exposure",
    "ExposureDetail",
    "ExposureNote",
    "Finding",
    "FindingTrial",
    "Measurement",
    "Missing",
    "Notice",
    "Outcome",
    "Person",
    "Preference",
    "Response",
    "Table",
    "Tables",
    "Tally",
    "Trial",
    "TrialDetail",
    "TrialExposure",
    "TrialNote",
    "TrialOverlap",
    "TrialRun",
    "Verdict",
]
