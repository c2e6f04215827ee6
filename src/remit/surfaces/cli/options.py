"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

LATER = ("html", "pdf")


class Format(StrEnum):
    """What an output is written as."""

    TEXT = "text"
    JSON = "json"


class Mode(StrEnum):
    """For whom an output is written."""

    CLINICIAN = "clinician"
    VISIT = "visit"


def read_format(value: str) -> Format:
    """The format of an option.

    Raises
    ------
    BadParameter
        For a format that does not exist, or not yet.
    """
    if value in LATER:
        raise typer.BadParameter(f"{value} is not available in this version. Use text or json.")
    if value not in tuple(Format):
        raise typer.BadParameter("there is no such format. Use text or json.")
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
