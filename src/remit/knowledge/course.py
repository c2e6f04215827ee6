"""What a knowledge file may say about the course: events by instrument, tasks, continuation algorithms, the list view.

What an instrument's own file says (response, remission, smallest change that matters, reliable change, items about
suicide) is not repeated here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from pydantic import Field, model_validator

from remit.errors import Fault, KnowledgeError
from remit.knowledge.base import Cited, Id, KnowledgeModel, Number
from remit.knowledge.select import Select
from remit.knowledge.tasks import Algorithm, Caseload, TaskRule

T = TypeVar("T")


class DecisionBands(Cited):
    """Where a score stands at a critical decision point: remission, partial, else nonresponse; both ends inclusive."""

    remission_at_most: float
    partial_at_most: float

    @model_validator(mode="after")
    def _rise(self) -> DecisionBands:
        if self.partial_at_most <= self.remission_at_most:
            raise ValueError("partial_at_most lies above remission_at_most")
        return self


class CaseTrial(KnowledgeModel):
    """The treatment of a worked case; days count from day 0, the end is the day after the last."""

    treatment: Id
    start: int
    end: int | None = None


class CourseCase(KnowledgeModel):
    """A worked case: scores by day, and all events of one kind that they must give, each as `certainty day`."""

    name: str
    kind: str
    scores: dict[int, float]
    trial: CaseTrial | None = None
    events: tuple[str, ...] = ()  # "provisional 42"; without certainty "42"; a decision point "42 partial"


class CourseMeasure(Cited):
    """How the course is judged on one instrument; `id` is the instrument's."""

    id: Id
    baseline_at_least: Number | None = None  # below it, percent change says little
    response_percent: Number | None = None  # only where the instrument's own file has none
    remission_at_most: Number | None = None  # only where the instrument's own file has none
    relapse_at_least: Number | None = None
    worsening_points: Number | None = None  # above the lowest of the past weeks
    worsening_at_least: Number | None = None  # and at or above this total
    standard_error: Number | None = None  # of one measurement, in points
    decision: DecisionBands | None = None
    cases: tuple[CourseCase, ...] = ()


class ErrorRate(Cited):
    """One published rate of how often an early checkpoint is right or wrong, in words."""

    text: str


class Checkpoint(Cited):
    """An early look at some treatments, so many weeks after the start."""

    weeks: int
    applies: Select


class EarlyImprovement(KnowledgeModel):
    """A prompt to optimise, never a judgement of the treatment."""

    percent: Number
    window_before_days: Number
    window_after_days: Number
    checkpoints: tuple[Checkpoint, ...]
    error_rates: Annotated[tuple[ErrorRate, ...], Field(min_length=2)]


class Lasting(Cited):
    """How long remission must hold, and how long it may go unmeasured meanwhile."""

    least_days: float
    longest_gap_days: float


class Plateau(Cited):
    """Scores that do not move: over at least `least_days` within `most_days`, at least `least_scores` of them."""

    least_days: float
    most_days: float
    least_scores: int


class Window(Cited):
    """From so many days to so many days later, both inclusive."""

    from_days: float
    to_days: float


class DecisionPoints(Cited):
    """Weeks of treatment at which the plan is decided anew."""

    weeks: tuple[int, ...]
    applies: Select


class Measuring(KnowledgeModel):
    """How often to measure, by phase."""

    acute_days: Number
    rapid_days: Number
    continuation_days: Number
    maintenance_days: Number
    rapid: Select


class CoursePolicy(KnowledgeModel):
    """What holds for every instrument. One file, each number with its reason."""

    judged: Select  # trials from whose start improvement is judged
    early_improvement: EarlyImprovement
    confirm_days: Number
    sustained_remission: Lasting
    recovery: Lasting
    relapse: Window
    worsening_lookback_days: Number
    plateau: Plateau
    decision_points: DecisionPoints
    measuring: Measuring
    overdue_share: Number  # of the interval, after which what is due is overdue
    early_share: Number  # of the interval, by which a result may come before its date
    first_late_days: Number  # for what is due on the first day
    first_early_days: Number
    trend_days: Number
    trend_points: Number  # where the instrument has no smallest change that matters


class CoursePage(KnowledgeModel):
    """One file: any of the things that the course is judged by."""

    id: Id
    policy: CoursePolicy | None = None
    caseload: Caseload | None = None
    measures: dict[Id, CourseMeasure] = {}
    tasks: dict[Id, TaskRule] = {}
    algorithms: dict[Id, Algorithm] = {}

    @model_validator(mode="before")
    @classmethod
    def _ids(cls, data: Any) -> Any:
        """An entry's id is its key."""
        if not isinstance(data, dict):
            return data
        named = {
            section: {key: {"id": key, **body} if isinstance(body, dict) else body for key, body in entries.items()}
            for section in ("measures", "tasks", "algorithms")
            if isinstance(entries := data.get(section), dict)
        }
        return data | named


class Course:
    """All pages together.

    Attributes
    ----------
    policy : CoursePolicy
    caseload : Caseload
    measures : mapping of str to CourseMeasure
        By the instrument's id.
    tasks : tuple of TaskRule
        In order of id; the row is the `rule_key` of table `due`.
    algorithms : mapping of str to Algorithm
    """

    def __init__(self, pages: Iterable[CoursePage]) -> None:
        pages = list(pages)
        self.policy = _only([p.policy for p in pages if p.policy], "policy")
        self.caseload = _only([p.caseload for p in pages if p.caseload], "caseload")
        self.measures = {k: v for p in pages for k, v in sorted(p.measures.items())}
        self.algorithms = {k: v for p in pages for k, v in sorted(p.algorithms.items())}
        self.tasks = tuple(sorted((t for p in pages for t in p.tasks.values()), key=lambda t: t.id))
        if unknown := [t.id for t in self.tasks if t.algorithm is not None and t.algorithm not in self.algorithms]:
            raise KnowledgeError(Fault("course", f"{i} names no known algorithm", "Correct the id.") for i in unknown)


def _only(found: list[T], what: str) -> T:
    if len(found) != 1:
        raise KnowledgeError([Fault("course", f"holds {len(found)} entries named {what}", "Keep one.")])
    return found[0]
