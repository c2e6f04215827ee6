"""How it is going: the course of one person, and the list of everyone in the folder."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import polars as pl
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.errors import UsageError
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.flow.records.shelve import shelve
from remit.pipeline import follow
from remit.render.charts.trajectory import Trajectory
from remit.render.course.gather import gather_course, lines
from remit.render.course.json_document import caseload_json
from remit.render.course.listing import FILTERS, SORTS, arranged, caseload_csv
from remit.render.course.sections import CourseSections
from remit.render.course.views import LineView
from remit.render.course.words import LIST_COLUMNS, Words, list_cells
from remit.render.document.blocks import record as of_record
from remit.render.html.page import run
from remit.surfaces.web.call import GONE_WRONG, NOT_FOUND, Call
from remit.surfaces.web.pages.reports import as_file
from remit.surfaces.web.record import Record, index_date, read_document
from remit.surfaces.web.workbench import CLINICIAN, Assessment

DEFAULT = "default"


def going(call: Call) -> Response:
    """The course of a person: where things stand, the picture, what is due, what changed."""
    assessment = call.assessment()
    part = Markup("") if assessment.faults else _part(call, assessment)
    return call.render("course.html", part=part, faults=assessment.faults)


def _part(call: Call, assessment: Assessment) -> Markup:
    """All that hangs on the record alone, drawn once for a state of it."""
    key = f"course {call.mode}"
    if key not in assessment.drawn:
        tables, knowledge, phrases = assessment.tables, assessment.knowledge, call.phrases
        course = gather_course(tables, assessment.view(call.mode), knowledge, phrases)[0]
        chart = Trajectory(tables, knowledge, phrases, assessment.carried)
        sections = CourseSections(course, Words(phrases, knowledge))
        behind = [*sections.body(), *sections.notices()]
        values = {
            "now": sections.now(),
            "picture": chart.of(course.person, "trajectory"),
            "legend": chart.legend(),
            "sections": behind if phrases.is_visit else [*behind, sections.own()],
            "run": partial(run, shows_sources=not phrases.is_visit),
        }
        assessment.drawn[key] = call.services.pages.render("course_part.html", values)
    return Markup(assessment.drawn[key])


def everyone(call: Call) -> Response:
    """The list view of a practice, in the order and with the filters that were asked for."""
    if call.mode != CLINICIAN:
        return call.redirect("/")
    found, unread = _lines(call)
    shown, sort, filters = _arranged(call, [line for _, line in found])
    words = Words(call.phrases, call.services.knowledge)
    keys = {id(line): key for key, line in found}
    rows = [
        (keys[id(line)], line.person_id, [run(of_record(cell)) for cell in list_cells(line, words)[1:]])
        for line in shown
    ]
    return call.render(
        "caseload.html",
        rows=rows,
        n_all=len(found),
        unread=unread,
        columns=[call.say(f"course.list_columns.{c}").replace("\n", " ") for c in LIST_COLUMNS],
        sorts=[(name, call.say(f"web.course.sorts.{name}")) for name in (DEFAULT, *SORTS)],
        sort=sort,
        filters=[(name, call.say(f"web.course.filters.{name}"), name in filters) for name in FILTERS],
        query=call.request.url.query,
    )


def exported(call: Call) -> Response:
    """The list as a file."""
    kind = call.request.path_params["kind"]
    if call.mode != CLINICIAN or kind not in ("csv", "json"):
        raise HTTPException(NOT_FOUND)
    found, unread = _lines(call)
    shown, _, _ = _arranged(call, [line for _, line in found])
    if kind == "csv":
        return as_file(caseload_csv(shown).encode(), "remit-caseload.csv", "text/csv")
    told = [call.say("web.course.unread", label=label) for label in unread]
    document = caseload_json(shown, told, call.services.knowledge)
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return as_file(text.encode(), "remit-caseload.json", "application/json")


def _arranged(call: Call, found: list[LineView]) -> tuple[list[LineView], str, list[str]]:
    query = call.request.query_params
    sort, filters = query.get("sort") or DEFAULT, query.getlist("filter")
    try:
        return arranged(found, call.services.knowledge.course.caseload, sort, filters), sort, filters
    except UsageError as error:
        raise HTTPException(GONE_WRONG) from error


def _records(call: Call) -> dict[str, Record]:
    """Everyone's record by key."""
    store = call.services.store
    saved = ((row.person_id, store.load(row.person_id)) for row in store.people())
    return {key: read_document(found.document) for key, found in saved if found}


def _lines(call: Call) -> tuple[list[tuple[str, LineView]], list[str]]:
    """Key and line of everyone whose record reads, by the name they have here; and the names of the others."""
    records = _records(call)
    names = {key: record.label or call.say("web.people.nameless") for key, record in records.items()}
    tables = _read(call, records)
    unread: list[str] = []
    if tables is None:
        sound = {key: record for key, record in records.items() if _read(call, {key: record}) is not None}
        unread = [names[key] for key in records if key not in sound]
        tables = _read(call, sound)
    if not tables:
        return [], unread
    found = lines(follow(tables, call.services.knowledge), call.services.knowledge)
    return [(line.person_id, replace(line, person_id=names[line.person_id])) for line in found], unread


def _read(call: Call, records: dict[str, Record]) -> dict[str, pl.DataFrame] | None:
    """Tables of some records together, persons by key; None where one of them does not read."""
    today = call.services.today()
    book = Book(call.services.knowledge, today=today)
    for key, record in records.items():
        history = record.history()
        history["person"] = (history.get("person") or {}) | {"id": key}
        read_histories(book, history, Where(key))
        person = book.persons.get(key)
        if person is not None:
            person.index_date = index_date(record, today)
            person.country = person.country or call.country
    if book.faults:
        return None
    return shelve(book) if records else {}
