"""A person's course as plain objects: what text, JSON and pages are written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

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
    """What came of one trial: measured beside reported, in words that are made when they are asked for."""

    trial: TrialView
    basis: str
    differs: bool
    tell_measured: Callable[[TrialView], str | None] = field(repr=False, compare=False)
    tell_reported: Callable[[TrialView], str | None] = field(repr=False, compare=False)

    @property
    def measured(self) -> str | None:
        """What scores say; None without scores before and after."""
        return self.tell_measured(self.trial)

    @property
    def reported(self) -> str | None:
        """What was said; None where nothing was."""
        return self.tell_reported(self.trial)


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


class CourseView(Protocol):
    """The whole course of a person; a part is made when it is first asked for (`remit.render.course.gather`)."""

    person: PersonView
    line: LineView

    @property
    def events(self) -> tuple[EventView, ...]:
        """By date, without what is unknown."""

    @property
    def newest(self) -> tuple[EventView, ...]:
        """The newest event of each kind, without what is unknown, newest first; those without a date last."""

    @property
    def lacks(self) -> tuple[EventView, ...]:
        """What is unknown."""

    @property
    def due(self) -> tuple[DueView, ...]:
        """Tasks, the most pressing first."""

    @property
    def past(self) -> tuple[PastView, ...]:
        """What came of each trial."""

    @property
    def zeros(self) -> tuple[str, ...]:
        """That a zero about suicide, or no answer, excludes nothing."""

    @property
    def expected(self) -> tuple[Expected, ...]:
        """When an effect is to be expected."""

    @property
    def unrecorded(self) -> tuple[str, ...]:
        """What no score can tell: one alone, and who rated and how."""
