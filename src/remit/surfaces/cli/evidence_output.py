"""What the commands of `remit evidence` share: options, errors told without a traceback, output in one piece."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from remit.errors import RemitError, UsageError

FORMAT = Annotated[str, typer.Option("--format", help="text, json or csv.")]
OUT = Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to standard output.")]


@contextmanager
def told() -> Iterator[None]:
    """Say an error of the user's on standard error, without a traceback, and leave with its exit code."""
    try:
        yield
    except RemitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from None


def write(text: str, output: Path | None) -> None:
    """Write to standard output, or to a file that is never half written."""
    if output is None:
        typer.echo(text, nl=not text.endswith("\n"))
        return
    temporary = output.with_name(f".{output.name}.part")
    try:
        temporary.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
        temporary.replace(output)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {output}: {error.strerror}") from None


def check_format(wanted: str) -> str:
    """Return the format, or say which ones there are."""
    if wanted not in ("text", "json", "csv"):
        raise UsageError(f"unknown format {wanted!r}: choose text, json or csv")
    return wanted


def as_json(data: dict[str, Any]) -> str:
    """As JSON text; days of study files as ISO dates."""
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False, default=str)


def warn(lines: list[str]) -> None:
    """Say lines on standard error."""
    for line in lines:
        typer.echo(line, err=True)
