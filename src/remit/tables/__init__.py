"""Table contracts, one module per transform, listed in the order of the flow."""

from remit.tables.adequacy import Adequacy, Response
from remit.tables.base import NO, TRI, UNKNOWN, YES, Table, Tables
from remit.tables.course import CaseloadLine, CourseEvent, Due
from remit.tables.crisis import Crisis
from remit.tables.differential import Consideration, ConsiderationReason, GeneGuidance
from remit.tables.facts import Fact
from remit.tables.options import MechanismTried, Option, OptionReason, SpecialGroup
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
    "CaseloadLine",
    "Clue",
    "Condition",
    "Consideration",
    "ConsiderationReason",
    "CourseEvent",
    "Crisis",
    "Due",
    "Episode",
    "Exposure",
    "ExposureDetail",
    "ExposureNote",
    "Fact",
    "Finding",
    "FindingTrial",
    "GeneGuidance",
    "Measurement",
    "MechanismTried",
    "Missing",
    "Notice",
    "Option",
    "OptionReason",
    "Outcome",
    "Person",
    "Preference",
    "Response",
    "SpecialGroup",
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
