"""A person's course as plain objects: what text, JSON and pages are written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from remit.knowledge.tasks import TaskRule
from remit.render.course.events import EventView
from remit.render.expected import Expected
from remit.render.views import PersonView, TrialView


@dataclass(frozen=True, slots=True)
class DueView:
    """One row of table `due`."""

    rule: TaskRule
    trial: TrialView | None
    day: date | None
    overdue_day: date | None
    state: str
    reason: str | None
    done_day: date | None
    branch: str | None
    number: float | None
    advice: str | None  # what the branch says, in words
    days_late: int | None


@dataclass(frozen=True, slots=True)
class PastView:
    """What came of one trial: measured beside reported."""

    trial: TrialView
    measured: str | None
    reported: str | None
    basis: str
    differs: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """One row of table `caseload_line`."""

    person_id: str
    index_date: date
    measure_id: str | None
    instrument: str | None
    last_day: date | None
    last_score: float | None
    first_day: date | None
    first_score: float | None
    trend: str
    event: str | None
    event_certainty: str | None
    event_day: date | None
    days_without_improvement: int | None
    improved_day: date | None
    n_overdue: int
    n_due: int
    next_rule: TaskRule | None
    next_day: date | None
    next_state: str | None
    has_sign: bool
    is_item_unanswered: bool


@dataclass(frozen=True, slots=True)
class CourseView:
    """The whole course of a person."""

    person: PersonView
    events: tuple[EventView, ...]  # without what is unknown
    lacks: tuple[EventView, ...]
    due: tuple[DueView, ...]
    past: tuple[PastView, ...]
    line: LineView
    zeros: tuple[str, ...]  # that a zero about suicide, or no answer, excludes nothing
    expected: tuple[Expected, ...]
    unrecorded: tuple[str, ...]  # what no score can tell: one alone, and who rated and how
