"""The commands `assess` and `explain`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from remit.errors import UsageError
from remit.flow.records import read_records
from remit.flow.records.dates import Span, read_span
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.text import load_text
from remit.pipeline import Assessed, assess
from remit.render.gather import gather
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView, NoticeView
from remit.surfaces.cli.output import to_error, write_json, write_page


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    files: list[Path]
    definitions: list[str] | None
    index_date: str | None
    episode_start: str | None
    mode: str
    codes: Path | None
    knowledge: Path | None
    country: str | None
    has_course: bool = False  # whether the course is followed too


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it."""

    view: AssessmentView
    tables: Assessed
    knowledge: Knowledge
    phrases: Phrases


def run(request: Request) -> Run:
    """Read, assess, and gather what is to be said.

    Raises
    ------
    UsageError
        If an option cannot be understood.
    SourceError
        If a file cannot be used; lists every fault.
    """
    index_date, episode = asked_day(request.index_date), _episode(request.episode_start)
    knowledge = load_knowledge(request.knowledge, codes_dir=request.codes).only(request.definitions or None)
    today = datetime.now().astimezone().date()
    records = read_records(request.files, knowledge, index_date=index_date, episode_start=episode, today=today)
    if request.country:
        records["person"] = records["person"].with_columns(pl.col("country").fill_null(request.country))
    tables = assess(records, knowledge)
    phrases = Phrases(load_text(), request.mode)
    return Run(gather(tables, knowledge, phrases.text, request.mode), tables, knowledge, phrases)


def asked_day(text: str | None) -> date | None:
    """The day of an option; None where it was not given.

    Raises
    ------
    UsageError
        If it is no day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("--index-date is not a day. Write it as 2026-11-01.") from error


def _episode(text: str | None) -> Span | None:
    if text is None:
        return None
    try:
        return read_span(text)
    except ValueError as error:
        raise UsageError("--episode-start is not a date. Write it as 2024-03-31, 2024-03 or 2024.") from error


def write_assessment(request: Request, *, is_json: bool, output: Path | None) -> None:
    """Run and write an assessment."""
    done = run(request)
    if is_json or output:
        to_error(notice_lines(done.view, done.phrases))
    if is_json:
        from remit.render.assessment_json import assessment_json
        from remit.render.course.gather import gather_course

        courses = gather_course(done.tables, done.view, done.knowledge, done.phrases) if request.has_course else ()
        write_json(assessment_json(done.view, done.knowledge, done.phrases, courses), output)
    elif request.mode == "visit":
        from remit.render.text.visit import visit_page

        write_page(visit_page(done.view, done.knowledge, done.phrases), output)
    else:
        from remit.render.text.clinician import clinician_page

        write_page(clinician_page(done.view, done.knowledge, done.phrases), output)


def write_explanation(request: Request, *, is_json: bool, output: Path | None) -> None:
    """Run and write the reasons of one definition's verdict."""
    from remit.render.explain import explain, node_json
    from remit.render.text.explanation import explanation_head, explanation_page

    done = run(request)
    definition = done.knowledge.definitions[0]
    trees = explain(done.view, done.tables, done.knowledge, definition, done.phrases)
    if not is_json:
        write_page(explanation_page(done.view, trees, definition, done.knowledge, done.phrases), output)
        return
    to_error(notice_lines(done.view, done.phrases))
    persons = [
        explanation_head(person, done.knowledge, done.phrases) | {"person_id": person.id, "statement": node_json(node)}
        for person, node in trees
    ]
    head = {"schema": "remit-explanation/1", "knowledge_version": done.knowledge.version, "mode": request.mode}
    write_json(head | {"definition": definition.id, "persons": persons}, output)


def notice_lines(view: AssessmentView, phrases: Phrases) -> Iterator[str]:
    """Notices of a run as lines for standard error."""
    everyone: list[NoticeView] = [*view.notices, *(n for p in view.persons for n in p.notices)]
    for notice in dict.fromkeys(everyone):
        kind = phrases.say(f"words.notice.{notice.kind}")
        if notice.record_ref:
            yield phrases.say("page.notice_at", kind=kind, text=notice.text, place=notice.record_ref)
        else:
            yield phrases.say("page.notice", kind=kind, text=notice.text)
