"""Building blocks of a text page: headings, lists, the crisis panel, the lines that stand on every output.

Cells are `rich.text.Text`, never markup, so that square brackets in a name or mark are printed as they are. Meaning is
never carried by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import IO

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.panel import Panel as Frame
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text as Line

from remit.knowledge import Knowledge
from remit.render.crisis import Panel, call_number, has_sign, panel
from remit.render.phrases import Phrases
from remit.render.views import PersonView

WIDEST = 120
"""Columns beyond which lines of prose get hard to read."""


def console(file: IO[str] | None = None, width: int | None = None) -> Console:
    """A console that prints text as it is.

    Parameters
    ----------
    file : text file, optional
        Standard output by default.
    width : int, optional
        Columns; by default those of the terminal, at most `WIDEST`.
    """
    made = Console(file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if width is None and made.width > WIDEST:
        made.width = WIDEST
    return made


def heading(text: str) -> RenderableType:
    """A heading with a line to its right."""
    return Padding(Rule(Line(f"{text} ", style="bold"), align="left", style="default"), (1, 0, 0, 0))


def paragraph(text: str, style: str = "") -> RenderableType:
    """Wrapped prose."""
    return Line(text, style=style)


class Hanging:
    """Items with a marker before the first line, and the others below its text.

    A grid would do the same at several times the cost, and a page holds hundreds of items.
    """

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self.items = tuple(items)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines, wrapped to the width that there is."""
        width = max((len(marker) for marker, _ in self.items), default=0)
        for marker, text in self.items:
            before = marker.rjust(width)
            for line in Line(text).wrap(console, max(1, options.max_width - width - 1)):
                line.rstrip()
                yield Segment(f"{before} {line.plain}\n")
                before = " " * width


def bullets(lines: Iterable[str], marker: str = "-") -> RenderableType:
    """A list with hanging indents."""
    return Hanging((marker, line) for line in lines)


def numbered(lines: Iterable[str]) -> RenderableType:
    """A numbered list with hanging indents."""
    return Hanging((f"{n}.", line) for n, line in enumerate(lines, 1))


def table(*columns: str) -> Table:
    """An empty table with light rules."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        made.add_column(Line(column), overflow="fold")
    return made


def crisis_frame(shown: Panel) -> RenderableType:
    """The crisis panel in a heavy frame."""
    body = [
        Line(shown.emergency, style="bold"),
        bullets(shown.lines),
        Line(),
        bullets(shown.steps),
        Line(),
        *(Line(sign) for sign in shown.signs),
        Line(shown.note),
    ]
    return Frame(Group(*body), title=Line(f" {shown.title} ", style="bold"), box=box.HEAVY, padding=(0, 1))


def crisis_first(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> list[RenderableType]:
    """The crisis panel of a person, where there is a sign."""
    if not has_sign(person.signs):
        return []
    return [crisis_frame(panel(person.signs, person.country, knowledge, phrases)), Line()]


def disclaimers(country: str | None, day: date, knowledge: Knowledge, phrases: Phrases) -> RenderableType:
    """The lines that stand on every output."""
    say = phrases.say
    return bullets(
        [
            say("page.disclaimer.discuss"),
            say("crisis.pinned", number=call_number(country, knowledge, phrases)),
            say("page.disclaimer.dated", day=phrases.day(day)),
            say("page.disclaimer.change"),
            say("page.disclaimer.nobody"),
            say("page.disclaimer.unknown"),
        ]
    )
