"""Checks of the differential: what else could explain that treatment has not helped, as data.

A check is raised, never proven: "these answers make X worth checking". Its clues are conditions over facts
(`remit.knowledge.when`); `remit.flow.differential` weighs them as the check says.
"""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number
from remit.knowledge.when import When

Level = Literal["ask", "next_step", "same_day"]
"""When to check: at the next visit, before the next treatment step, or with the clinic today. Never how likely
something is, and never a level of risk."""

LEVELS: tuple[Level, ...] = ("ask", "next_step", "same_day")
Strength = Literal["weak", "moderate", "strong"]
State = Literal["not_raised", "spoken_against", "open", "raised"]


class Clue(Cited):
    """Something on record that makes a check worth doing.

    A strong clue raises the check by itself; moderate ones together, as `raised_together` says; a weak one is told and
    raises nothing.
    """

    id: Id
    when: When
    strength: Strength = "strong"
    level: Level | None = None  # default: the check's
    text: str  # in a clinician's words
    plain: str  # for a person or family, grade 8 or below


class CounterClue(Cited):
    """Something on record that speaks against it; only a strong one lowers the state, a weak one is told."""

    id: Id
    when: When
    strength: Literal["weak", "strong"] = "strong"
    text: str
    plain: str


class Tell(Cited):
    """A test, question or examination that would tell."""

    measure: Id | None = None  # an instrument or observable of the knowledge
    text: str
    plain: str | None = None


class Evidence(Cited):
    """How strong the evidence is that acting on the finding helps.

    A: randomised trials or a meta-analysis. B: consistent cohort or diagnostic studies, or guideline consensus.
    C: expert opinion, small or conflicting studies.
    """

    grade: Literal["A", "B", "C"]
    text: str


class Figure(Cited):
    """A published number, with what limits it."""

    text: str
    caution: str | None = None


class CheckCase(KnowledgeModel):
    """A worked case: facts of a person, all others unknown, and what must come out."""

    name: str
    facts: dict[Id, bool | float]
    state: State
    level: Level | None = None
    holds: tuple[Id, ...] | None = None  # exactly these clues hold, where it is given


class Check(Cited):
    """One alternative or additional explanation."""

    id: Id
    position: int  # in the order in which checks are gone through
    group: Id
    name: str
    plain_name: str  # fits into "worth checking: ..."
    level: Level
    raised_by: Annotated[tuple[Clue, ...], Field(min_length=1)]
    raised_together: Number | None = None  # so many clues that are at least moderate
    against: tuple[CounterClue, ...] = ()
    asks: tuple[Id, ...] = ()  # further facts to ask for; those of the clues are asked for anyway
    instruments: tuple[Id, ...] = ()
    tells: tuple[Tell, ...] = ()
    changes: str  # what it would change
    changes_plain: str
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    figures: tuple[Figure, ...] = ()
    wording: str | None = None  # what must not be said, and why
    cases: Annotated[tuple[CheckCase, ...], Field(min_length=3)]

    @model_validator(mode="after")
    def _hangs_together(self) -> Check:
        ids = [clue.id for clue in self.clues()]
        if len(ids) != len(set(ids)):
            raise ValueError("ids of clues repeat")
        counted = [clue for clue in self.raised_by if clue.strength != "weak"]
        if not counted:
            raise ValueError("no clue can raise it")
        moderate = [clue for clue in counted if clue.strength == "moderate"]
        if bool(moderate) != (self.raised_together is not None):
            raise ValueError("moderate clues need raised_together, and the other way round")
        if self.raised_together and not 1 < self.raised_together.value <= len(counted):
            raise ValueError("raised_together is out of reach, or should be a strong clue")
        return self

    def clues(self) -> tuple[Clue | CounterClue, ...]:
        """All clues, for and against, in order."""
        return (*self.raised_by, *self.against)

    def facts(self) -> tuple[str, ...]:
        """Ids of all facts that matter to it, each once, in order."""
        of_clues = chain.from_iterable(clue.when.facts() for clue in self.clues())
        return tuple(dict.fromkeys((*of_clues, *self.asks)))
