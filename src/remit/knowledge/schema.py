"""What a knowledge file may say. Unknown keys, uncited values and bands that fall are refused when a file is read.

A number with clinical meaning is never bare: it stands in a model that also holds `sources` (ids of `sources/*.yaml`)
and `verified`. Cross-references between files are checked in `remit.knowledge.checks`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number, Verified
from remit.knowledge.select import Role


class Source(KnowledgeModel):
    """Something that was published, and how much of it was read."""

    id: Id
    citation: str
    year: int | None = None
    doi: str | None = None
    url: str | None = None
    kind: Literal[
        "label", "guideline", "trial", "review", "consensus", "instrument", "code_system", "software", "dataset",
        "database", "web", "own", "other",
    ]  # fmt: skip
    seen: str  # what of it was read: full text, abstract, one table, not seen
    licence: str | None = None


class TreatmentClass(Cited):
    """A pharmacological or procedural class."""

    id: Id
    name: str
    group: Id  # coarser bucket, such as ssri, snri, tca, maoi, other_antidepressant, antipsychotic


class DoseRange(Cited):
    """Labelled or usual adult doses; ranges as published, never an adequacy threshold."""

    unit: str
    start: str | None = None
    usual: str | None = None
    maximum: str | None = None


class Approval(Cited):
    """A regulator's approval for depression."""

    region: Literal["us", "eu", "uk", "other"]
    use: Literal["mdd", "mdd_adjunct", "trd", "other"]
    status: str  # approved, not approved, national, withdrawn ...
    year: int | None = None


class Names(KnowledgeModel):
    """What people and records call it. Lookup folds case and punctuation."""

    synonyms: tuple[str, ...] = ()
    brands: dict[str, tuple[str, ...]] = {}  # by region: us, uk, eu


class Codes(KnowledgeModel):
    """Identifiers in open code systems; licensed ones come from the user's own files."""

    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    omop: tuple[int, ...] = ()
    bnf: tuple[str, ...] = ()


class Treatment(Cited):
    """One drug, device, procedure or psychotherapy."""

    id: Id
    name: str
    kind: Literal["drug", "device", "procedure", "psychotherapy", "supplement", "lifestyle"]
    klass: Annotated[Id, Field(alias="class")]
    role: Role  # how it counts when a record names it
    ingredient: Id | None = None  # where it is a form of another: trials count for that one
    components: tuple[Id, ...] = ()  # of a fixed combination
    given_as: Literal["daily", "sessions", "course"] = "daily"
    names: Names = Names.model_construct()
    codes: Codes = Codes.model_construct()
    mechanism: str | None = None
    mechanism_verified: Verified | None = None
    doses: DoseRange | None = None
    approvals: tuple[Approval, ...] = ()
    maoi_washout: str | None = None
    cautions: str | None = None
    detail: str | None = None  # how well each part was checked, in words
    plausible_daily_mg: Number | None = None  # a daily dose above this is refused as a slip of the pen


class Dose(Cited):
    """The lowest daily dose that makes a trial adequate under a rule."""

    mg: float = Field(gt=0)


class Sessions(Cited):
    """The fewest sessions that make a course adequate under a rule."""

    sessions: float = Field(gt=0)


class Response(Cited):
    """Below which improvement a trial counts as not having helped."""

    below_percent: float | None = None  # improvement < this
    at_most_percent: float | None = None  # improvement <= this

    @model_validator(mode="after")
    def _one(self) -> Response:
        if (self.below_percent is None) == (self.at_most_percent is None):
            raise ValueError("give exactly one of below_percent and at_most_percent")
        return self


class AdequacyRule(Cited):
    """What a fair try is: dose, weeks, adherence and outcome."""

    id: Id
    name: str
    summary: str
    reviewed: date
    doses_of: Id | None = None  # takes the dose table of another rule
    doses: dict[Id, Dose] = {}
    sessions: dict[Id, Sessions] = {}  # by treatment id
    min_weeks: Number
    adherence_at_least: Number
    nonresponse: Response
    dose_optimised_ratio: Number | None = None  # of the minimum dose
    duration_optimised_weeks: Number | None = None
    reasons: str | None = None  # why the project chose so

    @model_validator(mode="after")
    def _one_table(self) -> AdequacyRule:
        if (self.doses_of is None) == (not self.doses):
            raise ValueError("give exactly one of doses and doses_of")
        return self


class Observable(Cited):
    """A laboratory value or vital sign that a record may hold."""

    id: Id
    name: str
    group: str
    unit: str | None = None
    low: float | None = None  # plausible range, not a reference range
    high: float | None = None
    loinc: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class ConditionSet(Cited):
    """A condition that the flow knows by name."""

    id: Id
    name: str
    names: tuple[str, ...] = ()
    part_of: tuple[Id, ...] = ()  # wider sets that it belongs to


class CrisisLine(Cited):
    """Where to turn; shown first whenever there is a sign of suicidality."""

    country: str  # ISO code, a part of a country, or * for everywhere
    line: str
    call: str | None = None
    text: str | None = None
    url: str | None = None
    hours: str | None = None
    emergency: str | None = None
    emergency_verified: Verified


class OutcomeBand(Cited):
    """Percent improvement that a reported word stands for: from `low` to below `high`."""

    low: float | None = None
    high: float | None = None


class Policy(KnowledgeModel):
    """Choices of the project that are numbers: gaps, windows, bands. One file, each with its reason."""

    gap_days: dict[Literal["order", "report", "fill", "administration"], Number]
    course_gap_days: Number  # between sessions of one course
    cross_taper_days: Number  # two drugs together for at most this long are a switch
    baseline_before_days: Number  # a baseline score may be this long before the start
    baseline_after_days: Number
    endpoint_before_days: Number  # an end score may be this long before the end
    endpoint_after_days: Number
    endpoint_least_days: Number  # and must be at least this long after the baseline
    outcome_bands: dict[Literal["worse", "none", "minimal", "partial", "response", "remission"], OutcomeBand]
    days_per_month: Number
    dose_suspect_ratio: Number  # a dose this many times the usual maximum is refused
    earliest_year: Number  # a year before this is refused as a slip
