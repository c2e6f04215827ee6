"""Facts: named questions about a person on the index date, and how a record answers them.

A fact of the kind yes_no is yes, no or unknown; a number is an interval. `remit.flow.facts` reads the answers off a
record; rules, checks and policies combine them (`remit.knowledge.when`). The id of a fact is also the id of a clue, so
that a person or a clinic can answer it directly.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel
from remit.knowledge.select import Role, Select

Topic = Literal[
    "demographic", "condition", "history", "drug", "lab", "vital", "device", "access", "process", "scale", "symptom",
    "preference",
]  # fmt: skip
Count = Literal["failed", "adequate", "tried", "intolerant", "intolerant_below_dose", "doses_missed"]
OF_TRIALS: tuple[Count, ...] = ("intolerant", "intolerant_below_dose", "doses_missed")
"""Counts that say something only of persons who tried something: without a trial the answer is unknown."""

READERS = (
    "condition", "taking", "last_taken", "tried", "measure", "measured", "item", "person", "episode", "trials",
    "crisis",
)  # fmt: skip
NUMBERS = ("last_taken", "measure", "item", "trials")
"""Readers that give a number; for a yes_no fact they need a bound."""

DRUGS = ("taking", "last_taken", "tried")


class Drugs(KnowledgeModel):
    """Which treatments a reader looks at: whatever is in one of the classes, roles or listed.

    A form counts as its ingredient, and a fixed combination as each of its components.
    """

    classes: tuple[Id, ...] = ()
    treatments: tuple[Id, ...] = ()
    roles: tuple[Role, ...] = ()
    not_treatments: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> Drugs:
        if not (self.classes or self.treatments or self.roles):
            raise ValueError("name classes, treatments or roles")
        return self


class TrialCount(KnowledgeModel):
    """How many distinct ingredients were tried, given a fair try, or failed a fair try.

    Or were stopped for side effects before they had the weeks of a fair try, or besides below its dose, or were taken
    less often than the rule asks.
    """

    rule: Id  # adequacy rule
    count: Count
    select: Select = Select.model_construct()
    scope: Literal["episode", "lifetime"]


class Item(KnowledgeModel):
    """One item of an instrument."""

    instrument: Id
    item: int


class Reader(KnowledgeModel):
    """One way in which a record answers a fact; exactly one of `READERS` is given.

    `condition`: any of these is recorded (yes), or each is refuted or, with ``when: current``, over (no); with
    `within_days` it must have begun in that time, and its absence says nothing.
    `taking`: a course covers the index date, or one of the `within_days` days before it. `last_taken`: days since the
    last day of a course, 0 while it goes on. `tried`: any course.
    `measure`: the latest value. `measured`: a value of any of these is on record (yes; absence says nothing).
    `item`: the latest answer to an item. `person`, `episode`: what the record says of them. `trials`: a count.
    `crisis`: a sign of suicidality is on record (yes; its absence excludes nothing).
    """

    condition: tuple[Id, ...] | None = None
    taking: Drugs | None = None
    last_taken: Drugs | None = None
    tried: Drugs | None = None
    measure: Id | None = None
    measured: tuple[Id, ...] | None = None
    item: Item | None = None
    person: Literal["age", "female", "weight_kg", "country"] | None = None
    episode: Literal["psychotic", "severity", "months"] | None = None
    trials: TrialCount | None = None
    crisis: Literal["sign"] | None = None

    when: Literal["current", "ever"] | None = None  # of a condition; default ever
    within_days: float | None = Field(default=None, ge=0)
    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    among: tuple[str, ...] = ()  # countries
    may_say: Literal["both", "yes", "no"] = "both"  # a reader whose no (or yes) settles nothing is not believed in it

    @property
    def kind(self) -> str:
        """Which reader it is."""
        return next(name for name in READERS if getattr(self, name) is not None)

    @property
    def bounds(self) -> tuple[float | None, float | None, float | None, float | None]:
        """above, at_least, at_most, below."""
        return self.above, self.at_least, self.at_most, self.below

    @property
    def has_bounds(self) -> bool:
        """Whether it turns a number into yes or no."""
        return any(bound is not None for bound in self.bounds)

    @property
    def gives_number(self) -> bool:
        """Whether what it reads is a number."""
        if self.kind == "person":
            return self.person in ("age", "weight_kg")
        if self.kind == "episode":
            return self.episode in ("severity", "months")
        return self.kind in NUMBERS

    @model_validator(mode="after")
    def _one_kind(self) -> Reader:
        given = [name for name in READERS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(READERS)}")
        if self.when is not None and self.condition is None:
            raise ValueError("`when` stands with condition")
        if self.within_days is not None and given[0] not in ("condition", "taking", "measure", "measured", "item"):
            raise ValueError(f"within_days does not stand with {given[0]}")
        if self.has_bounds and not self.gives_number:
            raise ValueError(f"{given[0]} gives no number: a bound has no meaning")
        if bool(self.among) != (self.person == "country"):
            raise ValueError("`among` stands with person: country")
        return self


class FactDefinition(Cited):
    """One question about a person."""

    id: Id
    name: str  # in a clinician's words
    kind: Literal["yes_no", "number"]
    topic: Topic
    unit: str | None = None
    ask: str | None = None  # plain question for a person; absent where only a clinic can tell
    read: tuple[Reader, ...] = ()
    closed_by: Id | None = None  # the fact which, when yes, lets the absence of a drug mean no

    @model_validator(mode="after")
    def _readers_fit(self) -> FactDefinition:
        for reader in self.read:
            if reader.gives_number and reader.has_bounds != (self.kind == "yes_no"):
                raise ValueError(f"{reader.kind} in a fact of kind {self.kind}: a bound is needed for yes_no only")
            if self.kind == "number" and not reader.gives_number:
                raise ValueError(f"{reader.kind} gives no number")
        if self.closed_by and [r.kind in DRUGS for r in self.read] != [True]:
            raise ValueError("closed_by stands with one reader of drugs and no other")
        if self.kind == "number" and not self.read:
            raise ValueError("a number needs a reader: clues are yes, no or unknown")
        return self
