"""What a knowledge file may say of tasks: what comes up when, continuation algorithms, the list view of a practice."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number
from remit.knowledge.select import Select

LAST_RANK, EARLY_RANK = 2, 1
"""Of `TaskRule.rank`; and of the branch of a wait that was not kept."""
EARLY = "early"
"""Branch of a wait: what has to wait is on record before its end."""


class Every(KnowledgeModel):
    """Repeats after the fixed days: every so many days, until a day."""

    days: float = Field(gt=0)
    until_day: float | None = None


class Advice(KnowledgeModel):
    """What a published rule says by the newest score of one instrument; for clinicians."""

    measure: Id
    at_most: float
    within_days: float
    then: str
    otherwise: str


class AfterEvent(KnowledgeModel):
    """Comes up when the newest score of an instrument is such an event."""

    kinds: tuple[str, ...]
    certainty: Literal["provisional", "confirmed"] | None = None
    has_had: Select | None = None  # only for persons with such a trial


class TaskRule(Cited):
    """One task: from what it comes up, on which days, and what in the record shows that it was done.

    Exactly one of `running` (a trial that runs on the index date), `ended` (a trial that has ended), `event`, `sign`,
    `measuring`, and `algorithm` says from what.
    """

    id: Id
    name: str
    plain: str  # for a person: grade 8, no dose
    topic: Literal["safety", "measure", "lab", "check", "review", "treatment", "washout"]
    running: Select | None = None
    ended: Select | None = None
    event: AfterEvent | None = None
    sign: bool = False
    measuring: bool = False
    algorithm: Id | None = None
    anchor: Literal["start", "dose_change"] = "start"
    at_days: tuple[float, ...] = ()
    every: tuple[Every, ...] = ()
    before: Select | None = None  # what has to wait for the end of it
    until_days: float | None = None  # of a window after an event, or of a wait
    measures: tuple[Id, ...] = ()  # any of these shows that it was done
    any_severity: bool = False  # any instrument of depression severity does
    age_from: float | None = None
    age_to: float | None = None
    countries: tuple[str, ...] = ()  # whose guidance it is; empty: general
    advice: Advice | None = None
    why: str

    @property
    def rank(self) -> int:
        """Which open tasks come first: what a sign asks, then what an event asks, then the others."""
        return 0 if self.sign else 1 if self.event is not None else LAST_RANK

    @model_validator(mode="after")
    def _one_cause(self) -> TaskRule:
        causes = (self.running, self.ended, self.event, self.sign or None, self.measuring or None, self.algorithm)
        if sum(cause is not None for cause in causes) != 1:
            raise ValueError("give exactly one of running, ended, event, sign, measuring, algorithm")
        if self.before is not None and (self.ended is None or not self.at_days):
            raise ValueError("before belongs to a wait after a treatment that has ended")
        if not list(self.at_days) == sorted(set(self.at_days)):
            raise ValueError("at_days rise")
        return self


class Condition(KnowledgeModel):
    """Bounds on the current score, the previous one, and their differences; all that is given must hold."""

    current_at_least: float | None = None
    current_at_most: float | None = None
    previous_at_least: float | None = None
    previous_at_most: float | None = None
    above_baseline_at_least: float | None = None
    above_baseline_at_most: float | None = None
    above_previous_at_least: float | None = None
    above_previous_at_most: float | None = None


class FixedVisit(KnowledgeModel):
    """A treatment between two days of the algorithm, both inclusive; day 1 is the day after the start."""

    from_day: int
    to_day: int


class AlgorithmCase(KnowledgeModel):
    """A worked week: three scores, and what the table says."""

    baseline: float
    previous: float
    current: float
    expect: Literal["zero", "one", "two", "stop"]


class Algorithm(Cited):
    """A published continuation algorithm: fixed treatments, then a number per week by the scores of one instrument.

    It starts on the day on which remission on that instrument was confirmed under the treatment; that score is the
    baseline.
    """

    id: Id
    name: str
    select: Select
    measure: Id
    fixed: tuple[FixedVisit, ...]
    weekly_from_week: int
    weekly_to_week: int
    score_within_days: Number
    zero: tuple[Condition, ...]
    two: tuple[Condition, ...]
    stop: tuple[Condition, ...]
    limits: str
    cases: tuple[AlgorithmCase, ...] = ()


class Caseload(Cited):
    """The list view of a practice: which topics come first as next step, and what decides the order of lines."""

    topics: tuple[str, ...]
    order: tuple[Literal["sign", "worse", "no_improvement", "overdue", "stable"], ...]
    no_improvement_days: Number
