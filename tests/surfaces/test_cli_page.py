"""The page of the command line names every command that there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from remit.surfaces.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs/reference/cli.md").read_text(encoding="utf-8")


def commands(group: Any, before: str = "remit") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


def test_every_command_stands_on_the_page() -> None:
    found = list(commands(typer.main.get_command(app)))
    assert "remit knowledge show" in found
    assert [command for command in found if f"`{command}" not in PAGE] == []
