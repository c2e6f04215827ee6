"""The course and the list view as text: the crisis panel first, then where a person stands, what is due, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rich.console import RenderableType

from remit.knowledge import Knowledge
from remit.render.course.views import CourseView, DueView, EventView, LineView, PastView
from remit.render.phrases import Phrases, number, sources_of, weakest
from remit.render.text.page import bullets, crisis_first, disclaimers, heading, paragraph, table

SHOWN_IN_VISIT = ("overdue", "due", "planned")
_LIST_WIDTHS = (6, 8, 10, 10, 7, 9, 18)
"""Least columns of the list; together with the space between they fill a page of 80."""
_MOST_EVENTS = 40
"""Events on a page of text, newest first; JSON holds all."""


class Words:
    """What pages of text, HTML and lists say in the same words."""

    def __init__(self, phrases: Phrases, knowledge: Knowledge) -> None:
        self.phrases, self.say, self.knowledge = phrases, phrases.say, knowledge

    def now(self, line: LineView) -> list[str]:
        """Where a person stands: newest score and trend, and how long without improvement."""
        if line.last_day is None or line.last_score is None:
            return [self.say("course.no_score")]
        newest = self.say(
            "course.newest", instrument=line.instrument, value=number(line.last_score),
            day=self.phrases.day(line.last_day), trend=self.say(f"course.trend.{line.trend}"),
        )  # fmt: skip
        return [newest, self.unimproved(line)]

    def unimproved(self, line: LineView) -> str:
        """How long without improvement."""
        n = line.days_without_improvement
        return self.say("course.unimproved_unknown") if n is None else self.say("course.unimproved", n=n)

    def flag(self, line: LineView) -> str:
        """The flag for review, in words; never a level."""
        if line.has_sign:
            return self.say("course.flag_short")
        return self.say("course.unanswered_short") if line.is_item_unanswered else self.say("course.no_flag")

    def event(self, event: EventView) -> str:
        """One event with its day."""
        day = self.phrases.day(event.day) if event.day else self.say("words.unknown_date")
        return self.say("course.event_line", day=day, instrument=event.instrument, text=event.text)

    def task(self, due: DueView) -> str:
        """What is to be done; in a visit in plain words."""
        if self.phrases.is_visit:
            return due.rule.plain
        text = due.rule.name
        if due.trial is not None:
            text = self.say("course.for", task=text, trial=due.trial.treatment.name)
        return text

    def day(self, due: DueView) -> str:
        """When: the date, how late, or when it was done."""
        parts = [self.phrases.day(due.day)] if due.day else []
        if due.state == "done" and due.done_day:
            parts.append(self.say("course.done_on", day=self.phrases.day(due.done_day)))
        if due.days_late is not None:
            parts.append(self.say("course.late", n=due.days_late))
        return ", ".join(parts) or self.say("course.no_flag")

    def why(self, due: DueView) -> str:
        """Why: the rule's reason, what its branch says, and what is not known."""
        parts = [due.rule.why]
        if due.advice and not self.phrases.is_visit:
            parts.insert(0, due.advice[:1].upper() + due.advice[1:] + ".")
        if due.reason:
            parts.append(f"({self.say(f'course.reason.{due.reason}')})")
        return " ".join(parts)

    def next_step(self, line: LineView) -> str:
        """The task that comes first."""
        if line.next_rule is None or line.next_state is None:
            return self.say("course.no_flag")
        day = self.phrases.day(line.next_day) if line.next_day else ""
        state = self.say(f"course.state.{line.next_state}")
        return self.say("course.list_next", state=state, day=day, task=line.next_rule.name.partition(":")[0])

    def rests_on(self, view: CourseView) -> list[str]:
        """Sources of what is shown, with the weakest mark of each."""
        cited = {f"{self.say(f'course.short.{e.kind}')} ({e.instrument})": e.basis for e in view.events if e.basis}
        cited |= {d.rule.name: (d.rule,) for d in view.due}
        return [
            self.say(
                "course.source_line",
                mark=self.phrases.mark(weakest(facts)),
                what=what,
                sources=", ".join(sources_of(facts)),
            )
            for what, facts in cited.items()
        ]


def course_page(
    views: Iterable[CourseView], day: date, knowledge: Knowledge, phrases: Phrases
) -> Iterator[RenderableType]:
    """Renderables of all persons, in order.

    Parameters
    ----------
    views : iterable of CourseView
    day : date
        Of the knowledge.
    knowledge : Knowledge
    phrases : Phrases
    """
    words = Words(phrases, knowledge)
    for view in views:
        yield from crisis_first(view.person, knowledge, phrases)
        yield from _head(view, phrases)
        yield heading(phrases.say("course.now"))
        yield bullets(words.now(view.line))
        yield from _visit(view, words) if phrases.is_visit else _clinician(view, words)
        yield paragraph("")
        yield disclaimers(view.person.country, day, knowledge, phrases)


def _head(view: CourseView, phrases: Phrases) -> Iterator[RenderableType]:
    yield paragraph(phrases.say("course.title"), "bold")
    yield paragraph(phrases.say("page.mode") if not phrases.is_visit else phrases.say("visit.mode"))
    yield paragraph(phrases.say("course.person", person=view.person.id))
    yield paragraph(phrases.say("course.as_of", day=phrases.day(view.person.index_date)))


def _clinician(view: CourseView, words: Words) -> Iterator[RenderableType]:
    say = words.say
    yield heading(say("course.due"))
    yield _due_table(view, words) if view.due else paragraph(say("course.nothing_due"))
    yield heading(say("course.events"))
    shown = list(reversed(view.events))[:_MOST_EVENTS]
    yield bullets([words.event(e) for e in shown] or [say("course.no_events")])
    yield from _early(view, words)
    if view.past:
        yield heading(say("course.past"))
        yield _past_table(view, words)
    yield heading(say("course.unknown"))
    yield bullets([*dict.fromkeys(e.text for e in view.lacks), say("course.rater")])
    yield heading(say("course.sources"))
    yield bullets(words.rests_on(view))


def _early(view: CourseView, words: Words) -> Iterator[RenderableType]:
    """Both error rates, wherever an early look is shown."""
    if any(e.kind in ("early_improvement", "no_early_improvement") for e in view.events):
        yield paragraph(words.say("course.early_note"))
        yield bullets(rate.text for rate in words.knowledge.course.policy.early_improvement.error_rates)


def _due_table(view: CourseView, words: Words) -> RenderableType:
    made = table(*(words.say(f"course.due_columns.{c}") for c in ("state", "task", "day", "why")))
    for due in view.due:
        state = words.say(f"course.state.{due.state}")
        made.add_row(state, words.task(due), words.day(due), words.why(due))
    return made


def _past_table(view: CourseView, words: Words) -> RenderableType:
    made = table(*(words.say(f"course.past_columns.{c}") for c in ("treatment", "measured", "reported", "stands")))
    for past in view.past:
        made.add_row(words.phrases.named(past.trial), *past_cells(past, words))
    return made


def past_cells(past: PastView, words: Words) -> tuple[str, str, str]:
    """Measured, reported, and what stands of one trial."""
    trial, say = past.trial, words.say
    stands = say(f"course.past_by.{past.basis}")
    key = "past_differs" if past.differs else "past_same"
    outcome = words.phrases.outcome("open" if trial.outcome is None and trial.basis != "none" else trial.outcome)
    return (
        past.measured or say("course.past_none"),
        past.reported or say("course.past_unreported"),
        say(f"course.{key}", stands=stands, outcome=outcome),
    )


def _visit(view: CourseView, words: Words) -> Iterator[RenderableType]:
    say = words.say
    yield heading(say("course.visit.due"))
    steps = dict.fromkeys(d.rule.plain for d in view.due if d.state in SHOWN_IN_VISIT)
    yield bullets(steps or [say("course.visit.nothing")])
    yield heading(say("course.visit.events"))
    yield bullets([*visit_events(view, words), say("course.visit.promise")])
    yield from _early(view, words)


def visit_events(view: CourseView, words: Words) -> list[str]:
    """The newest event of each kind in plain words, newest first."""
    told: dict[str, str] = {}
    for event in reversed(view.events):
        key = f"course.visit.event.{event.kind}"
        if words.phrases.text.has(key) and event.day:
            told.setdefault(event.kind, f"{words.phrases.day(event.day)}: {words.say(key)}")
    return list(told.values())


def caseload_page(lines: list[LineView], day: date, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """The list view: one line per person."""
    words = Words(phrases, knowledge)
    yield paragraph(phrases.say("course.caseload_title"), "bold")
    yield paragraph(phrases.say("course.list_count", n=len(lines)))
    made = table(*(phrases.say(f"course.list_columns.{c}") for c in LIST_COLUMNS))
    for column, width in zip(made.columns, _LIST_WIDTHS, strict=True):
        column.min_width = width
    for line in lines:
        made.add_row(*list_cells(line, words))
    yield made if lines else paragraph(phrases.say("course.list_none"))
    yield paragraph(phrases.say("course.list_note"))
    yield disclaimers(None, day, knowledge, phrases)


LIST_COLUMNS = ("person", "flag", "score", "event", "unimproved", "due", "next")


def list_cells(line: LineView, words: Words) -> tuple[str, ...]:
    """Cells of one line of the list, in the order of `LIST_COLUMNS`."""
    say, phrases = words.say, words.phrases
    nothing = say("course.no_flag")
    score = event = nothing
    if line.last_score is not None and line.last_day:
        score = say(
            "course.list_score", instrument=line.instrument, value=number(line.last_score),
            day=phrases.day(line.last_day), trend=say(f"course.trend.{line.trend}"),
        )  # fmt: skip
    if line.event and line.event_day:
        event = say("course.list_event", event=say(f"course.short.{line.event}"), day=phrases.day(line.event_day))
    days = line.days_without_improvement
    unimproved = say("words.unknown") if days is None else str(days)
    counts = say("course.list_counts", overdue=line.n_overdue, due=line.n_due)
    return (line.person_id, words.flag(line), score, event, unimproved, counts, words.next_step(line))
