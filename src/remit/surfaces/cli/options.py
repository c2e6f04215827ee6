"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """What an output is written as."""

    TEXT = "text"
    JSON = "json"


class AssessFormat(StrEnum):
    """What an assessment is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    FHIR = "fhir"


class PageFormat(StrEnum):
    """What a page about a record is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class PlanFormat(StrEnum):
    """What a plan is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    ICS = "ics"


class DocumentKind(StrEnum):
    """Documents in HTML and PDF."""

    FULL = "full"
    VISIT = "visit"
    LETTER = "letter"
    OPTIONS = "options"


class Mode(StrEnum):
    """For whom an output is written."""

    CLINICIAN = "clinician"
    VISIT = "visit"


def read_format(value: str) -> Format:
    """The format of an option.

    Raises
    ------
    BadParameter
        For a format that this command does not write.
    """
    if value not in tuple(Format):
        raise typer.BadParameter("this command writes text or json.")
    return Format(value)


Files = Annotated[
    list[Path],
    typer.Argument(help="History (JSON, YAML, CSV), or FHIR Bundle or NDJSON.", metavar="FILE...", show_default=False),
]
File = Annotated[
    list[Path],
    typer.Argument(help="The same files that `assess` reads.", metavar="FILE...", show_default=False),
]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", parser=read_format, metavar="text|json", help="How to write the result.")
]
PageFormatOption = Annotated[PageFormat, typer.Option("--format", "-f", help="How to write the result.")]
PlanFormatOption = Annotated[PlanFormat, typer.Option("--format", "-f", help="How to write the result.")]
AssessFormatOption = Annotated[AssessFormat, typer.Option("--format", "-f", help="How to write the result.")]
DocumentOption = Annotated[
    DocumentKind | None,
    typer.Option(
        "--document",
        help="Which document, in HTML or PDF. Default: full for a clinician, visit for a visit.",
        show_default=False,
    ),
]
EvidenceOption = Annotated[
    bool, typer.Option("--evidence/--no-evidence", help="Show in documents what pooled trials found.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of the screen.", show_default=False)
]
Definitions = Annotated[
    list[str] | None,
    typer.Option("--definition", "-d", metavar="ID", help="Only this definition; may be repeated.", show_default=False),
]
IndexDate = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="The day for which you ask. Default: the file's, else its newest date.", show_default=False
    ),
]
EpisodeStart = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Start of the current episode, where the file has none.", show_default=False),
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="For a clinician, or to prepare a visit in plain words.")]
Codes = Annotated[
    Path | None, typer.Option("--codes", metavar="DIR", help="Your own licensed code maps.", show_default=False)
]
KnowledgeDir = Annotated[
    Path | None,
    typer.Option("--knowledge", metavar="DIR", help="Your site's own definitions, beside ours.", show_default=False),
]
Country = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="Country for crisis lines, such as US or GB, where the file has none.", show_default=False
    ),
]
CourseFormatOption = Annotated[
    str, typer.Option("--format", "-f", metavar="text|json|html|svg", help="How to write the result.")
]
ListFormatOption = Annotated[
    str, typer.Option("--format", "-f", metavar="text|json|csv|html", help="How to write the list.")
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", metavar="N", help="Port here. Default: 8600, or any that is free.", show_default=False),
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the data. Default: your own.", show_default=False),
]
CourseOption = Annotated[bool, typer.Option("--course", help="With the events and tasks of the course, in JSON.")]
