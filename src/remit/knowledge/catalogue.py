"""What could come next: one entry per treatment that a person and a clinician may discuss.

An entry says how a treatment is given, what studies found, what speaks against it and what it asks of a person. It
points to the treatments that records name by `matches`. Every sentence that a reader sees stands in a field of its own,
so that a translation can replace it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Verified
from remit.knowledge.select import Role

Category = Literal[
    "rapid_acting", "neuromodulation", "psychedelic", "pipeline", "augmentation_antipsychotic", "augmentation",
    "combination", "antidepressant_switch", "psychotherapy", "lifestyle", "experimental", "assessment",
]  # fmt: skip
Grade = Literal["A", "A-", "B+", "B", "B-", "C+", "C", "D", "consensus"]
System = Literal[
    "serotonin", "noradrenaline", "dopamine", "glutamate", "hpa", "inflammation", "neuroplasticity", "other",
]  # fmt: skip
"""Systems that a treatment is thought to act on. Shown as what was tried, never as a match with a kind of person."""

Group = Literal[
    "pregnancy", "breastfeeding", "age_65_plus", "age_under_18", "psychotic_features", "bipolar",
    "substance_use_disorder", "acute_suicidality",
]  # fmt: skip
Burden = Literal["common", "possible", "not_expected", "unknown"]


class Statement(Cited):
    """One sentence for a clinician."""

    text: str
    region: str | None = None  # where it holds, if not everywhere


class Mechanism(Statement):
    """How it is thought to act, and on which systems."""

    systems: tuple[System, ...] = ()


class Span(KnowledgeModel):
    """A number or a range, both ends inclusive."""

    low: float
    high: float

    @model_validator(mode="after")
    def _rises(self) -> Span:
        if self.high < self.low:
            raise ValueError("the range falls")
        return self


class Regulation(Cited):
    """A regulator's or a health system's position, with its date."""

    region: str
    status: Id
    year: int | None = None
    year_verified: Verified | None = None  # where it differs from the rest
    text: str


class Position(Cited):
    """What a guideline says."""

    guideline: str
    year: int | None = None
    text: str


class Phase(Cited):
    """One phase of a protocol as in a label or a trial; doses are for clinicians."""

    phase: Id
    dose: str | None = None
    route: str | None = None
    sessions: Span | None = None
    taper_sessions: float | None = None
    per_week: Span | None = None
    per_day: float | None = None
    days: float | None = None
    weeks: Span | None = None
    minutes: Span | None = None
    minutes_between: float | None = None
    pulses: float | None = None
    level: Span | None = None
    level_unit: str | None = None
    text: str | None = None


class Arm(KnowledgeModel):
    """What happened in one arm; the first arm of an outcome is the treatment itself."""

    name: str
    n: int | None = None  # people that the percentages are of, where a source says so
    response_percent: float | None = None
    remission_percent: float | None = None


class Outcome(Cited):
    """One study's result, by its own definition of response and remission; not to be pooled or ranked."""

    study: str
    design: str | None = None
    n: int | None = None
    is_n_rounded: bool = False
    time_point: str | None = None
    funder: str | None = None
    arms: tuple[Arm, ...] = ()
    text: str | None = None


class Facets(Cited):
    """What to filter and order by; the cited sentence beside it is what a reader is shown."""

    anaesthesia: bool
    surgery: bool
    injection: bool
    escort_home: bool
    home_possible: bool
    supervised_clinic: bool
    onset: str
    onset_days: Span | None = None
    failed_trials: str | None = None
    failed_trials_at_least: int | None = None
    first_month_visits: str | None = None
    first_month_visits_count: Span | None = None


class Effect(Cited):
    """How far something that people ask about is to be reckoned with."""

    value: Burden


class Suitability(Cited):
    """What is known about a group of people."""

    value: Literal["prefer", "possible", "caution", "avoid", "not_labelled", "excluded_in_trials", "unknown"]
    text: str | None = None


class Line(Cited):
    """At which step a guideline places it; 1 comes first."""

    value: int = Field(ge=1, le=4)
    text: str


class PlainShare(KnowledgeModel):
    """A number of people of 100 in a sentence, and of how many people it is, where a source says so."""

    of_100: float
    n: int | None = None


class PlainPoint(Cited):
    """One sentence for a person; every number of people of 100 in it is in `numbers` too."""

    text: str
    numbers: tuple[PlainShare, ...] = ()


class Plain(KnowledgeModel):
    """Plain words for a person and their family. Benefits and harms in equal detail."""

    name: str
    what: PlainPoint
    happens: PlainPoint
    benefits: Annotated[tuple[PlainPoint, ...], Field(min_length=1)]
    harms: Annotated[tuple[PlainPoint, ...], Field(min_length=1)]
    body: PlainPoint  # what it is like: physically,
    mind: PlainPoint  # in thinking and feeling,
    life: PlainPoint  # and among other people
    uncertain: PlainPoint
    questions: Annotated[tuple[str, ...], Field(min_length=3)]


class Matches(KnowledgeModel):
    """What a record names when this was tried."""

    treatments: tuple[Id, ...] = ()
    classes: tuple[Id, ...] = ()
    roles: tuple[Role, ...] = ()
    is_added_only: bool = False  # only where it ran beside another antidepressant


class CatalogueEntry(Cited):
    """One treatment, or one check that comes before any."""

    id: Id
    name: str
    aliases: tuple[str, ...] = ()
    category: Category
    grade: Grade
    grade_text: str | None = None  # where one letter does not say it
    is_investigational: bool = False
    is_listable: bool = True
    not_listed_because: str | None = None
    approval_us: Id
    line: Line | None = None
    matches: Matches = Matches.model_construct()
    mechanisms: tuple[Mechanism, ...] = ()
    regulation: tuple[Regulation, ...] = ()
    guidelines: tuple[Position, ...] = ()
    protocol: tuple[Phase, ...] = ()
    time_to_effect: tuple[Statement, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    durability: tuple[Statement, ...] = ()
    maintenance: tuple[Statement, ...] = ()
    contraindications: tuple[Statement, ...] = ()
    cautions: tuple[Statement, ...] = ()
    baseline_checks: tuple[Statement, ...] = ()
    monitoring: tuple[Statement, ...] = ()
    interactions: tuple[Statement, ...] = ()
    access: tuple[Statement, ...] = ()
    special_groups: tuple[Statement, ...] = ()
    population: dict[Group, Suitability]
    effects: dict[Id, Effect] = {}
    payers: tuple[Id, ...] = ()
    facets: Facets
    plain: Plain

    @model_validator(mode="after")
    def _says_why(self) -> CatalogueEntry:
        if self.is_listable == bool(self.not_listed_because):
            raise ValueError("say why it is not listed, and only then")
        return self
