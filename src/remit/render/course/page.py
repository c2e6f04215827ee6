"""The course and the list view as documents for HTML and paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from remit.knowledge import Knowledge
from remit.render.charts.trajectory import Trajectory
from remit.render.course.text import LIST_COLUMNS, SHOWN_IN_VISIT, Words, list_cells, past_cells, visit_events
from remit.render.course.views import CourseView, EventView, LineView
from remit.render.document.blocks import Block, Document, Figure, Grid, Part, Said, Section, record
from remit.render.document.parts import Frame, items, paragraph
from remit.render.document.sourced import check
from remit.render.phrases import Phrases, sources_of, weakest
from remit.render.views import AssessmentView

_LIST_WIDTHS = (3, 3, 4, 4, 3, 3, 7)


def course_document(
    views: list[CourseView], view: AssessmentView, chart: Trajectory, knowledge: Knowledge, phrases: Phrases
) -> Document:
    """The course of every person, each in a part of its own.

    Parameters
    ----------
    views : list of CourseView
    view : AssessmentView
        Of the same run.
    chart : Trajectory
    knowledge : Knowledge
    phrases : Phrases

    Raises
    ------
    RemitError
        If a number in it has no source: a fault of ours.
    """
    frame, words = Frame(knowledge, phrases), Words(phrases, knowledge)
    parts = []
    for n, course in enumerate(views, 1):
        person, crisis = course.person, frame.crisis(course.person)
        parts.append(
            Part(
                title=phrases.say("course.title"),
                lead=frame.lead(view, person),
                sections=tuple(_sections(course, chart, words, n)),
                about=frame.about(person.country, view.knowledge_date, view.knowledge_version),
                crisis=crisis,
                pinned=frame.pinned(person.country) if crisis and phrases.is_visit else None,
            )
        )
    day = max((c.person.index_date for c in views), default=view.knowledge_date)
    document = Document(phrases.say("course.title"), day, tuple(parts), frame.words())
    return check(document, knowledge.sources)


def caseload_document(
    lines: list[LineView], faults: list[str], day: date, knowledge: Knowledge, phrases: Phrases
) -> Document:
    """The list view; `faults` are those of files that could not be used."""
    frame, words = Frame(knowledge, phrases), Words(phrases, knowledge)
    columns = tuple(phrases.say(f"course.list_columns.{c}").replace("\n", " ") for c in LIST_COLUMNS)
    rows = tuple(tuple(record(cell) for cell in list_cells(line, words)) for line in lines)
    title = phrases.say("course.caseload_title")
    blocks: list[Block] = [paragraph(phrases.say("course.list_note"), is_note=True)]
    blocks.append(Grid(title, columns, rows, _LIST_WIDTHS) if rows else paragraph(phrases.say("course.list_none")))
    if faults:
        blocks += [paragraph(record(phrases.say("course.list_bad", n=len(faults)))), items([record(f) for f in faults])]
    section = Section("caseload", title, tuple(blocks))
    lead = (record(phrases.say("course.list_count", n=len(lines))),)
    about = frame.about(None, day, knowledge.version)
    document = Document(title, day, (Part(title, lead, (section,), about),), frame.words())
    return check(document, knowledge.sources)


def _sections(course: CourseView, chart: Trajectory, words: Words, n: int) -> Iterator[Section]:
    say = words.say
    yield Section(f"now-{n}", say("course.now"), (items([record(t) for t in words.now(course.line)]),))
    if picture := chart.of(course.person, f"trajectory-{n}"):
        legend = Said(chart.legend(), chart.rule.sources)
        yield Section(f"chart-{n}", say("course.chart"), (Figure(picture, legend),))
    yield from _visit(course, words, n) if words.phrases.is_visit else _clinician(course, words, n)


def _clinician(course: CourseView, words: Words, n: int) -> Iterator[Section]:
    say = words.say
    yield Section(f"due-{n}", say("course.due"), (_due(course, words),))
    events = [_event(e, words) for e in reversed(course.events)]
    yield Section(
        f"events-{n}", say("course.events"), (items(events or [say("course.no_events")]), *_early(course, words))
    )
    if course.past:
        columns = tuple(say(f"course.past_columns.{c}") for c in ("treatment", "measured", "reported", "stands"))
        rows = tuple(
            tuple(record(cell) for cell in (words.phrases.named(p.trial), *past_cells(p, words))) for p in course.past
        )
        yield Section(f"past-{n}", say("course.past"), (Grid(say("course.past"), columns, rows, (3, 3, 2, 3)),))
    lacks: list[str | Said] = [*(record(t) for t in dict.fromkeys(e.text for e in course.lacks)), say("course.rater")]
    yield Section(f"unknown-{n}", say("course.unknown"), (items(lacks),))


def _event(event: EventView, words: Words) -> Said:
    return Said(words.event(event), sources_of(event.basis), "record", weakest(event.basis))


def _early(course: CourseView, words: Words) -> Iterator[Block]:
    """Both error rates, wherever an early look is shown."""
    if any(e.kind in ("early_improvement", "no_early_improvement") for e in course.events):
        yield paragraph(words.say("course.early_note"))
        rates = words.knowledge.course.policy.early_improvement.error_rates
        yield items([Said(r.text, r.sources, verified=r.verified) for r in rates])


def _due(course: CourseView, words: Words) -> Block:
    say = words.say
    if not course.due:
        return paragraph(say("course.nothing_due"))
    columns = tuple(say(f"course.due_columns.{c}") for c in ("state", "task", "day", "why"))
    rows = tuple(
        (
            record(say(f"course.state.{d.state}")),
            Said(words.task(d), d.rule.sources, verified=d.rule.verified),
            record(words.day(d)),
            Said(words.why(d), d.rule.sources),
        )
        for d in course.due
    )
    return Grid(say("course.due"), columns, rows, (2, 4, 3, 5))


def _visit(course: CourseView, words: Words, n: int) -> Iterator[Section]:
    say = words.say
    steps = {d.rule.plain: d.rule for d in course.due if d.state in SHOWN_IN_VISIT}
    shown = [Said(plain, rule.sources, verified=rule.verified) for plain, rule in steps.items()]
    yield Section(f"due-{n}", say("course.visit.due"), (items(shown or [say("course.visit.nothing")]),))
    told = [record(t) for t in visit_events(course, words)]
    yield Section(
        f"events-{n}", say("course.visit.events"), (items([*told, say("course.visit.promise")]), *_early(course, words))
    )
