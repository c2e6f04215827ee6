"""Schedules of treatments as data: what happens on which day, what must be over before, what to measure and when.

Days count from day 0, the first day of the treatment. Doses stand in a field of their own and are for clinicians.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number
from remit.knowledge.facts import Drugs

StepKind = Literal["session", "dose", "check", "level", "review", "visit", "taper", "follow_up"]


class Days(KnowledgeModel):
    """When something happens: listed days, or a row of days; working days leave out Saturday and Sunday.

    ``{at: [0, 7]}``; ``{first: 0, every: 7, times: 6}``; ``{in_week: [0, 3], first_week: 1, weeks: 4}`` counts weeks of
    the plan from 1. With `working_days`, `at` and `first` count working days from day 0.
    """

    at: tuple[int, ...] = ()
    first: int | None = None
    every: int | None = Field(default=None, ge=1)
    times: int | None = Field(default=None, ge=1)
    in_week: tuple[int, ...] = ()
    first_week: int = Field(default=1, ge=1)
    weeks: int | None = Field(default=None, ge=1)
    working_days: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Days:
        row = [self.first, self.every, self.times]
        ways = [bool(self.at), any(x is not None for x in row), bool(self.in_week)]
        if sum(ways) != 1:
            raise ValueError("give `at`, or first, every and times, or in_week and weeks")
        if ways[1] and None in row:
            raise ValueError("a row needs first, every and times")
        if ways[2] and (self.weeks is None or self.working_days):
            raise ValueError("in_week needs weeks, and counts days of a week as they are")
        return self

    def offsets(self) -> tuple[int, ...]:
        """Days after day 0, in order."""
        if self.at:
            return tuple(sorted(self.at))
        if self.in_week:
            start, n = self.first_week - 1, self.weeks or 0
            return tuple(sorted(7 * week + day for week in range(start, start + n) for day in self.in_week))
        first, every, times = self.first or 0, self.every or 1, self.times or 0
        return tuple(range(first, first + every * times, every))


class PlanStep(Cited):
    """One thing to do, on one or many days."""

    id: Id
    kind: StepKind
    text: str
    plain: str  # for a person; holds no dose
    dose: str | None = None  # as in a label or a trial; for clinicians
    days: Days
    per_day: int = Field(default=1, ge=1)
    minutes_between: float | None = None


class PlanCheckpoint(Cited):
    """A day on which to ask whether it helps."""

    id: Id
    text: str
    plain: str
    days: Days
    early_percent: Number | None = None  # improvement from the start that counts as early improvement here
    judge: Literal["early", "response", "remission", "safety"]


class Washout(Cited):
    """What must be out of the body before day 0, and for how long.

    The time is the longer of `days` and `half_lives` times the half-life of the drug. The first washout that names a
    drug counts for it.
    """

    id: Id
    drugs: Drugs
    days: int = Field(ge=0)
    half_lives: float | None = None
    text: str
    plain: str


class HalfLife(Cited):
    """How long until half of a drug or of its longest-lived active product is gone: the upper end of what is given."""

    hours: float = Field(gt=0)


class PlanTemplate(Cited):
    """The schedule of one or more options."""

    id: Id
    name: str
    plain_name: str
    options: Annotated[tuple[Id, ...], Field(min_length=1)]  # of the catalogue
    summary: str
    washouts: tuple[Washout, ...] = ()
    steps: Annotated[tuple[PlanStep, ...], Field(min_length=1)]
    checkpoints: tuple[PlanCheckpoint, ...] = ()
