"""The course and the list view as text: the crisis panel first, then where a person stands, what is due, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from rich.console import RenderableType

from remit.knowledge import Knowledge
from remit.render.course.views import CourseView, LineView
from remit.render.course.words import (
    LIST_COLUMNS,
    Words,
    list_cells,
    past_cells,
    visit_events,
    visit_past,
    visit_steps,
    windows,
)
from remit.render.phrases import Phrases, sources_of, weakest
from remit.render.text.page import bullets, crisis_first, disclaimers, heading, paragraph, table

_LIST_WIDTHS = (6, 8, 10, 10, 7, 9, 18)
"""Least columns of the list; together with the space between they fill a page of 80."""
_MOST_EVENTS = 40
"""Events on a page of text, newest first; JSON holds all."""


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
        yield bullets([*words.now(view.line), *view.zeros])
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
    if view.expected:
        yield heading(say("course.lasting"))
        yield bullets(
            say(
                "course.marked_source",
                text=text,
                mark=words.phrases.mark(fact.verified),
                sources=", ".join(fact.sources),
            )
            for text, fact in words.expected(view)
        )
    yield heading(say("course.unknown"))
    yield bullets([*dict.fromkeys(e.text for e in view.lacks), *view.unrecorded] or [say("course.no_flag")])
    if view.person.notices:
        yield heading(say("course.notices"))
        yield bullets(notice.text for notice in view.person.notices)
    yield heading(say("course.sources"))
    yield bullets(words.rests_on(view))
    yield heading(say("course.own"))
    yield bullets(
        say("course.own_line", mark=words.phrases.mark(weakest(facts)), text=text, sources=", ".join(sources_of(facts)))
        for text, facts in windows(words.knowledge, words.phrases)
    )


def _early(view: CourseView, words: Words) -> Iterator[RenderableType]:
    """Both error rates, wherever an early look is shown."""
    if any(e.kind in ("early_improvement", "no_early_improvement") for e in view.newest):
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


def _visit(view: CourseView, words: Words) -> Iterator[RenderableType]:
    say = words.say
    yield heading(say("course.visit.due"))
    yield bullets([text for text, _ in visit_steps(view, words)] or [say("course.visit.nothing")])
    yield heading(say("course.visit.events"))
    yield bullets([*visit_events(view, words), say("course.visit.promise")])
    yield from _early(view, words)
    if told := visit_past(view, words):
        yield heading(say("course.visit.past"))
        yield bullets(told)
    if view.person.notices:
        yield heading(say("course.notices"))
        yield bullets(notice.text for notice in view.person.notices)


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
