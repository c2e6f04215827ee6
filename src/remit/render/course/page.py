"""The course and the list view as documents for HTML and paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from remit.knowledge import Knowledge
from remit.render.charts.trajectory import Trajectory
from remit.render.course.sections import CourseSections
from remit.render.course.views import CourseView, LineView
from remit.render.course.words import LIST_COLUMNS, Words, list_cells
from remit.render.document.blocks import Block, Document, Figure, Grid, Part, Said, Section, record
from remit.render.document.parts import Frame, items, paragraph
from remit.render.document.sourced import check
from remit.render.phrases import Phrases
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
    sections = CourseSections(course, words, f"-{n}")
    yield sections.now()
    if picture := chart.of(course.person, f"trajectory-{n}"):
        legend = Said(chart.legend(), chart.rule.sources)
        yield Section(f"chart-{n}", words.say("course.chart"), (Figure(picture, legend),))
    yield from sections.body()
    yield from sections.notices()
    if not words.phrases.is_visit:
        yield sections.own()
