"""Rules of eligibility and safety: what a label, a protocol or a guideline asks before and during a treatment.

`remit.flow.options` evaluates them against the facts of a person. A rule that cannot be assessed never counts as
passed. Schedules (what is to be checked when) are data of the same entries. Worked cases stand in every entry;
`remit.checking` runs them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel
from remit.knowledge.when import When

Kind = Literal[
    "contraindication", "caution", "prerequisite", "eligibility", "interaction", "washout", "monitoring",
    "safety_trigger",
]  # fmt: skip
Effect = Literal["information", "monitor", "discuss_with_caution", "not_now", "not_suitable"]
"""What a rule that bears on a person leads to, mildest first."""

Anchor = Literal["before_start", "start", "session", "dose", "dose_change", "course", "stop", "implant"]
ANY = "any"
"""Stands in `treatments` for all of them, and in `jurisdictions` for everywhere."""


class Target(KnowledgeModel):
    """A range that a measured value is to stay in, both ends inclusive."""

    low: float | None = None
    high: float | None = None
    unit: str


class Wait(KnowledgeModel):
    """How long to wait after the last dose of one medicine before the first of another."""

    after: tuple[Id, ...]  # classes or treatments
    days: float
    half_lives: float | None = None  # where that is longer


class Schedule(KnowledgeModel):
    """When something is checked, or how long something takes, counted from an anchor.

    Times within a day are minutes, all others days. `at_days` of 0 is the anchor itself.
    """

    anchor: Anchor
    what: tuple[Id, ...] = ()  # ids of observables, instruments, or a word for what is done
    at_days: tuple[float, ...] = ()
    every_days: float | None = None
    from_day: float | None = None  # on which `every_days` begins
    until_day: float | None = None
    at_minutes: tuple[float, ...] = ()
    every_minutes: float | None = None
    at_least_minutes: float | None = None
    at_least_days: float | None = None
    target: Target | None = None
    only_if: When | None = None


class RuleCase(KnowledgeModel):
    """A worked case: facts of a person, all others unknown, and whether the rule bears on that person.

    Of a schedule it says whether there is something to do. `elsewhere`: the rule belongs to another country.
    """

    facts: dict[Id, bool | float] = {}
    bears: Literal["yes", "no", "unknown", "elsewhere"]


class EligibilityRule(Cited):
    """One rule.

    `require`: the condition must hold; `flag`: the condition speaks against; `schedule`: a task, which never blocks.
    A flag without a condition always holds.
    """

    id: Id
    treatments: Annotated[tuple[Id, ...], Field(min_length=1)]  # of the catalogue, or any
    kind: Kind
    logic: Literal["require", "flag", "schedule"]
    severity: Literal["absolute", "relative", "monitor"]
    jurisdictions: Annotated[tuple[Literal["any", "us", "eu", "uk"], ...], Field(min_length=1)]
    when: When | None = None
    leads_to: Effect | None = None  # where it is not what kind and severity say
    is_silent_if_unknown: bool = False  # an answer that is missing holds nothing back: other rules ask for it
    text: str  # what to do, for a clinician
    plain: str | None = None  # the same as a question or fact for a person
    schedule: tuple[Schedule, ...] = ()
    wait: tuple[Wait, ...] = ()
    cases: Annotated[tuple[RuleCase, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> EligibilityRule:
        if self.logic == "require" and self.when is None:
            raise ValueError("a requirement needs a condition")
        if self.logic == "schedule" and (self.when is not None or not self.schedule):
            raise ValueError("a schedule has no condition, and says when")
        if ANY in self.jurisdictions and len(self.jurisdictions) > 1:
            raise ValueError("any stands alone")
        missing = {"yes", "no", "unknown"} - {case.bears for case in self.cases}
        if self.condition is not None and missing:
            raise ValueError(f"no worked case in which it bears: {', '.join(sorted(missing))}")
        return self

    @property
    def condition(self) -> When | None:
        """What it asks of a person; of a schedule, of whom something is to be done. None: it always holds."""
        return next((s.only_if for s in self.schedule), None) if self.logic == "schedule" else self.when

    @property
    def is_hard(self) -> bool:
        """Whether it holds a treatment back as long as it cannot be assessed."""
        return (
            self.severity == "absolute"
            and self.logic != "schedule"
            and not self.is_silent_if_unknown
            and self.effect in ("not_now", "not_suitable")
        )

    @property
    def effect(self) -> Effect:
        """What it leads to when it bears on a person."""
        if self.leads_to:
            return self.leads_to
        if self.logic == "schedule" or self.severity == "monitor":
            return "monitor"
        if self.severity == "relative":
            return "discuss_with_caution"
        if self.logic == "require" or self.kind == "washout":
            return "not_now"
        return "not_suitable"
