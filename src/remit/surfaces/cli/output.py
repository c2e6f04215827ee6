"""Writing: to the screen, to standard error, or to a file that is only there when it is whole."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

FILE_WIDTH = 100
"""Columns of text that is written to a file."""


def knowledge_version() -> str:
    """Version of our own knowledge, without reading it."""
    return (Path(str(files("remit_knowledge"))) / "VERSION").read_text(encoding="utf-8").strip()


def write_json(document: Any, output: Path | None = None) -> None:
    """Write a document and nothing else."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    _write(text, output) if output else sys.stdout.write(text)


def write_page(parts: Iterable[RenderableType], output: Path | None = None) -> None:
    """Write a page of text."""
    from rich.console import Group

    from remit.render.text.page import console

    buffer = StringIO()
    page = console(buffer, FILE_WIDTH) if output else console()
    page.print(Group(*parts))
    if output:
        _write(buffer.getvalue(), output)


def write_document(content: bytes, output: Path | None = None) -> None:
    """Write a finished document and nothing else; bytes that are no text do not go to a terminal.

    Raises
    ------
    UsageError
        If the place cannot be written to.
    """
    if output:
        _write_bytes(content, output)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)


def to_error(lines: Iterable[str]) -> None:
    """Lines on standard error."""
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201


def _write(text: str, output: Path) -> None:
    _write_bytes(text.encode("utf-8"), output)


def _write_bytes(content: bytes, output: Path) -> None:
    """Write beside and move into place.

    Raises
    ------
    UsageError
        If the place cannot be written to.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(output)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"Cannot write to {output}: {error.strerror}. Name a file in a folder that exists.") from error
