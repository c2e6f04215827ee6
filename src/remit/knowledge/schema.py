"""What a knowledge file may say. Unknown keys, uncited values and bands that fall are refused when a file is read.

A number with clinical meaning is never bare: it stands in a model that also holds `sources` (ids of `sources/*.yaml`)
and `verified`. Cross-references between files are checked in `remit.knowledge.load`.
One page although it is long, because the models refer to one another.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
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
    names: Names = Names()
    codes: Codes = Codes()
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


class Option(KnowledgeModel):
    """One answer of an item."""

    value: float
    text: str | None = None
    code: str | None = None  # LOINC answer code


class Question(KnowledgeModel):
    """One item; `topic` is in our own words, `text` only where the licence allows it."""

    n: int
    topic: str
    text: str | None = None
    code: str | None = None  # LOINC
    options: tuple[Option, ...] = ()
    is_scored: bool = True


class Cutoff(Cited):
    """What a score at or beyond a number means, and in whom that was found."""

    at_least: float | None = None
    at_most: float | None = None
    use: str
    sensitivity: str | None = None
    specificity: str | None = None
    population: str | None = None


class ScoreBand(KnowledgeModel):
    """Published name of a range of totals, both ends inclusive."""

    low: float
    high: float
    label: str


class Bands(Cited):
    """All bands of an instrument; they cover its range without hole or overlap."""

    bands: tuple[ScoreBand, ...]


class Change(KnowledgeModel):
    """What counts as change on this instrument."""

    response_percent: Number | None = None  # improvement of at least this
    remission_at_most: Number | None = None  # total at or below this
    minimal_important: Number | None = None  # points
    reliable: Number | None = None  # points


class SafetyItem(Cited):
    """An item about suicide: from which answer on the crisis panel comes first."""

    item: int
    at_least: float


class Scoring(Cited):
    """How items make a total.

    `sum` adds all scored items. `groups` adds, over groups, the highest answer of each group (QIDS). `total_only` means
    that only a total may be entered, because the items are not ours to show.
    """

    method: Literal["sum", "groups", "total_only"]
    groups: tuple[tuple[int, ...], ...] = ()
    low: float
    high: float
    prorate_missing_up_to: Number | None = None  # this many missing items may be filled with the mean of the others


class Licence(Cited):
    """Who owns it and what may ship."""

    tier: Literal["ship", "contested", "non_commercial", "permission", "proprietary"]
    holder: str | None = None
    statement: str | None = None
    attribution: str | None = None


class Instrument(Cited):
    """One rating scale, screener or clinical measure."""

    id: Id
    name: str
    domain: str
    is_depression_severity: bool = False
    respondent: Literal["self", "clinician", "informant", "lab", "other"]
    recall_days: int | None = None
    stem: str | None = None
    options: tuple[Option, ...] = ()  # of every item that has none of its own
    questions: tuple[Question, ...] = ()
    scoring: Scoring
    bands: Bands | None = None
    cutoffs: tuple[Cutoff, ...] = ()
    change: Change = Change()
    safety_items: tuple[SafetyItem, ...] = ()
    names: tuple[str, ...] = ()
    loinc_total: tuple[str, ...] = ()
    loinc_panel: tuple[str, ...] = ()
    licence: Licence
    caution: str | None = None

    @model_validator(mode="after")
    def _text_may_ship(self) -> Instrument:
        texts = [q for q in self.questions if q.text] or self.stem
        if texts and self.licence.tier != "ship":
            raise ValueError("item text is present although the licence does not let it ship")
        if self.bands:
            ends = [(b.low, b.high) for b in self.bands.bands]
            if ends[0][0] != self.scoring.low or ends[-1][1] != self.scoring.high:
                raise ValueError("bands do not cover the range of the total")
            if any(after[0] != before[1] + 1 for before, after in pairwise(ends)):
                raise ValueError("bands leave a hole or overlap")
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


class OutcomeBand(Cited):
    """Percent improvement that a reported word stands for: from `low` to below `high`."""

    low: float | None = None
    high: float | None = None


Policy.model_rebuild()
