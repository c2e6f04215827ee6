"""The commands `course` and `caseload`; each imports what it needs when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from remit.surfaces.cli.options import (
    Codes,
    Country,
    CourseFormatOption,
    File,
    IndexDate,
    KnowledgeDir,
    ListFormatOption,
    Mode,
    ModeOption,
    Output,
)


def course(
    files: File,
    format: CourseFormatOption = "text",
    output: Output = None,
    index_date: IndexDate = None,
    mode: ModeOption = Mode.CLINICIAN,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    country: Country = None,
) -> None:
    """Say whether it is working, whether it is holding, and what is due."""
    from remit.surfaces.cli.assess import Request
    from remit.surfaces.cli.course import CourseFormat, asked_form, write_course

    request = Request(files, None, index_date, None, mode.value, codes, knowledge, country)
    write_course(request, asked_form(CourseFormat, format), output)


def caseload(
    paths: Annotated[
        list[Path], typer.Argument(metavar="DIR|FILE...", help="A folder of histories, or files.", show_default=False)
    ],
    format: ListFormatOption = "text",
    output: Output = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="KEY", help="default, person, score, date, unimproved, overdue or next.")
    ] = "default",
    filter: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="NAME",
            show_default=False,
            help="flagged, overdue, due, worse or no-score; may be repeated. A flag for review is never filtered away.",
        ),
    ] = None,
    index_date: IndexDate = None,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
) -> None:
    """Show everyone in a folder on one line each: last score, trend, newest event, what is due."""
    from remit.surfaces.cli.course import ListFormat, ListRequest, asked_form, write_caseload

    request = ListRequest(paths, sort, filter or [], index_date, codes, knowledge)
    raise typer.Exit(write_caseload(request, asked_form(ListFormat, format), output))
