"""Quality measures as data: whom they count, whom they leave out, and what they ask, in two shapes.

`supply`: days covered by dispensings after the first one. `score`: the last score in a window after a first high one.
Which codes a measure looks at stands in `codes/measures.csv` and the code maps; licensed systems (CPT, SNOMED CT) come
from the user's own folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number
from remit.knowledge.select import Select

Resource = Literal[
    "Condition", "Encounter", "MedicationDispense", "MedicationRequest", "Observation", "Procedure", "ServiceRequest",
]  # fmt: skip
Point = Literal["period_start", "period_end", "index", "identification_start", "assessment_end"]


class Event(Cited):
    """One kind of thing that a record may hold: a resource, its codes, and in which state it counts."""

    resource: Resource
    sets: tuple[Id, ...] = ()  # groups of `codes/measures.csv`
    medicines: Select | None = None
    status: tuple[str, ...] = ()  # empty: any
    not_status: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    is_confirmed: bool = False  # a condition that is active and confirmed
    may_be_forbidden: bool = False  # counts although it says `doNotPerform`
    discharged_to: tuple[Id, ...] = ()  # sets of codes of an encounter's discharge
    answered: tuple[Id, ...] = ()  # sets of codes of an observation's value

    @model_validator(mode="after")
    def _one_kind_of_code(self) -> Event:
        if bool(self.sets) == (self.medicines is not None):
            raise ValueError("give exactly one of sets and medicines")
        return self


class Near(Cited):
    """One of some events begins within so many days of the index, before or after."""

    events: Annotated[tuple[Id, ...], Field(min_length=1)]
    within_days: float


class Exclusion(Cited):
    """One of some events lies in a window: overlaps it, begins in it or ends in it."""

    events: Annotated[tuple[Id, ...], Field(min_length=1)]
    how: Literal["overlaps", "begins", "ends"] = "overlaps"
    since: Point | None = None  # null: whenever
    since_days: float = 0
    until: Point
    until_days: float = 0
    also_death: bool = False  # or the person died by the end of the window


class DayOfYear(KnowledgeModel):
    """A day of the year in which the measurement period begins, or of one before it."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    years_before: int = 0


class Supply(Cited):
    """Days covered within so many days of the index, the index day included."""

    id: Id
    name: str
    within_days: float
    at_least_days: float


class Score(Cited):
    """The last score of the assessment window lies below a number."""

    id: Id
    name: str
    below: float


class Measure(Cited):
    """What both shapes share."""

    id: Id
    name: str
    version: str
    summary: str
    age_at_least: Number  # on the index day
    events: dict[Id, Event]
    exclusions: tuple[Exclusion, ...]
    ambiguities: tuple[str, ...] = ()

    def named_events(self) -> Iterator[str]:
        """Every event that a rule names."""
        for exclusion in self.exclusions:
            yield from exclusion.events


class SupplyMeasure(Measure):
    """Days covered after the first dispensing in an intake period."""

    shape: Literal["supply"]
    first: Id  # the event of which the first one is the index
    intake_from: DayOfYear
    intake_to: DayOfYear
    requires: tuple[Near, ...]
    results: Annotated[tuple[Supply, ...], Field(min_length=1)]

    def named_events(self) -> Iterator[str]:
        """Every event that a rule names."""
        yield self.first
        yield from (event for near in self.requires for event in near.events)
        yield from super().named_events()


class ScoreMeasure(Measure):
    """The last score about a year after the first high one of a visit with the diagnosis."""

    shape: Literal["score"]
    scores: Id
    more_than: float  # of the index score
    visits: Id
    diagnoses: Id
    days_before_visit: float
    identification_months: tuple[int, int]  # from and to, before the measurement period; the visit ends within
    assessed_after_months: int
    assessed_within_days: float
    results: Annotated[tuple[Score, ...], Field(min_length=1)]

    def named_events(self) -> Iterator[str]:
        """Every event that a rule names."""
        yield from (self.scores, self.visits, self.diagnoses)
        yield from super().named_events()


class MeasureEntry(KnowledgeModel):
    """A measure of either shape, as one file of the folder `measures`."""

    id: Id
    measure: Annotated[SupplyMeasure | ScoreMeasure, Field(discriminator="shape")]

    @model_validator(mode="after")
    def _consistent(self) -> MeasureEntry:
        if self.id != self.measure.id:
            raise ValueError("the id of the entry and of the measure differ")
        if unknown := sorted(set(self.measure.named_events()) - set(self.measure.events)):
            raise ValueError(f"no such event: {', '.join(unknown)}")
        return self
