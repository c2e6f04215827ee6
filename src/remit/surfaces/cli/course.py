"""The commands `course` and `caseload`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from remit.errors import SourceError, UsageError
from remit.flow.records import read_records
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.text import load_text
from remit.pipeline import assess, follow
from remit.render.course.gather import gather_course, lines, reviewed
from remit.render.course.json_document import caseload_json, course_json
from remit.render.course.listing import arranged, caseload_csv
from remit.render.course.text import caseload_page, course_page
from remit.render.gather import gather
from remit.render.phrases import Phrases
from remit.surfaces.cli.assess import Request, asked_day, notice_lines
from remit.surfaces.cli.output import to_error, write_document, write_json, write_page

if TYPE_CHECKING:
    from remit.render.charts.trajectory import Trajectory
    from remit.render.course.views import CourseView

Form = TypeVar("Form", bound=StrEnum)

READABLE = (".json", ".yaml", ".yml", ".csv", ".ndjson")
"""Files of a folder that are read."""
PATIENCE_SECONDS = 2.0
"""After this long a run says how far it is."""
REFUSED = SourceError.exit_code


class CourseFormat(StrEnum):
    """What the course is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    SVG = "svg"


class ListFormat(StrEnum):
    """What the list view is written as."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What was asked of the list view."""

    paths: list[Path]
    sort: str
    filters: list[str]
    index_date: str | None
    codes: Path | None
    knowledge: Path | None


def asked_form(kind: type[Form], name: str) -> Form:
    """The format of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in tuple(kind):
        raise UsageError(f"There is no format {name}. Use {', '.join(kind)}.")
    return kind(name)


def write_course(request: Request, form: CourseFormat, output: Path | None) -> None:
    """Run and write the course of the persons of some files."""
    knowledge = load_knowledge(request.knowledge, codes_dir=request.codes)
    records = read_records(request.files, knowledge, index_date=asked_day(request.index_date), today=_today())
    if request.country:
        records["person"] = records["person"].with_columns(pl.col("country").fill_null(request.country))
    tables = assess(records, knowledge)
    phrases = Phrases(load_text(), request.mode)
    view = gather(tables, knowledge, phrases.text, request.mode)
    views = gather_course(tables, view, knowledge, phrases)
    if form is not CourseFormat.TEXT or output:
        to_error(notice_lines(view, phrases))
    if form is CourseFormat.JSON:
        write_json(course_json(views, knowledge, phrases), output)
    elif form is CourseFormat.TEXT:
        write_page(course_page(views, view.knowledge_date, knowledge, phrases), output)
    else:
        from remit.render.charts.trajectory import Trajectory

        chart = Trajectory(tables, knowledge, phrases)
        if form is CourseFormat.SVG:
            _write_text(_picture(chart, views), output)
        else:
            from remit.render.course.page import course_document
            from remit.render.html.page import html

            _write_text(html(course_document(views, view, chart, knowledge, phrases)), output)


def _picture(chart: Trajectory, views: list[CourseView]) -> str:
    """The one picture; a file of SVG holds one person."""
    if len(views) != 1:
        raise UsageError(f"An SVG file holds one person, and there are {len(views)}. Use --format html.")
    drawn = chart.of(views[0].person)
    if drawn is None:
        raise UsageError("There is neither a treatment nor a score to draw.")
    return drawn.picture


def write_caseload(request: ListRequest, form: ListFormat, output: Path | None) -> int:
    """Run and write the list view; gives the exit code: 3 if a file could not be used, the others being shown."""
    knowledge = load_knowledge(request.knowledge, codes_dir=request.codes)
    records, faults = _read(_files(request.paths), request, knowledge)
    phrases = Phrases(load_text(), "clinician")
    found = lines(follow(records, knowledge), knowledge) if records else []
    shown = arranged(found, knowledge.course.caseload, request.sort, request.filters)
    if faults:
        to_error([phrases.say("course.list_bad", n=len(faults)), *(f"  {fault}" for fault in faults)])
    day = reviewed(knowledge)
    if form is ListFormat.JSON:
        write_json(caseload_json(shown, faults, knowledge), output)
    elif form is ListFormat.CSV:
        _write_text(caseload_csv(shown), output)
    elif form is ListFormat.TEXT:
        write_page(caseload_page(shown, day, knowledge, phrases), output)
    else:
        from remit.render.course.page import caseload_document
        from remit.render.html.page import html

        _write_text(html(caseload_document(shown, faults, day, knowledge, phrases)), output)
    return REFUSED if faults else 0


def _write_text(text: str, output: Path | None) -> None:
    """To a file, or to the screen."""
    if output:
        write_document(text.encode(), output)
    else:
        sys.stdout.write(text)


def _files(paths: list[Path]) -> list[Path]:
    """Files named, and those inside folders named, in order of name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in READABLE) if path.is_dir() else [path]
        found += [p for p in inside if not any(part.startswith(".") for part in p.relative_to(path).parts)]
    if not found:
        raise UsageError("There is no history in that folder. Histories end in " + ", ".join(READABLE) + ".")
    return found


def _read(paths: list[Path], request: ListRequest, knowledge: Knowledge) -> tuple[dict[str, pl.DataFrame], list[str]]:
    """The records of all files that can be used, and the faults of the others.

    All are read together, so that a person who stands in two files is one. Only if that is refused are they tried one
    by one, to know which to leave out.
    """
    index_date = asked_day(request.index_date)

    def read(some: Iterable[Path]) -> dict[str, pl.DataFrame]:
        return read_records(some, knowledge, index_date=index_date, today=_today())

    try:
        return read(_told(paths)), []
    except SourceError:
        pass
    good, faults = [], []
    for path in _told(paths):
        try:
            read([path])
            good.append(path)
        except SourceError as error:
            faults += [str(fault) for fault in error.faults]
    if not good:
        return {}, faults
    try:
        return read(good), faults
    except SourceError as error:
        return {}, [*faults, *(str(fault) for fault in error.faults)]


def _told(paths: list[Path]) -> Iterator[Path]:
    """The paths, and on standard error how far it is, once it takes long."""
    begin = time.monotonic()
    is_told = False
    for n, path in enumerate(paths, 1):
        yield path
        if time.monotonic() - begin > PATIENCE_SECONDS and sys.stderr.isatty():
            print(f"\r{n} / {len(paths)}", end="", file=sys.stderr)  # noqa: T201
            is_told = True
    if is_told:
        print(file=sys.stderr)  # noqa: T201


def _today() -> date:
    return datetime.now().astimezone().date()
