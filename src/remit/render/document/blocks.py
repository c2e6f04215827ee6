"""What documents are made of. Every run of text says where it comes from, so that no number stands without a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from remit.render.charts.frame import Chart

Origin = Literal["words", "record", "program", "quoted"]
"""`words`: prose, whose numbers need `sources`. `record`: what the person's own record says or what is counted in it.
`program`: of this output itself, such as a version or a date. `quoted`: what others say, held against `sources`, which
its numbers need too."""
UNSOURCED: tuple[Origin, ...] = ("record", "program")
"""Origins whose numbers need no source."""


@dataclass(frozen=True, slots=True)
class Said:
    """A run of text.

    Attributes
    ----------
    text : str
    sources : tuple of str
        Ids of what it rests on.
    origin : str
        See `Origin`.
    verified : str or None
        How well it was checked; shown beside the source ids where the document shows them.
    is_strong : bool
    """

    text: str
    sources: tuple[str, ...] = ()
    origin: Origin = "words"
    verified: str | None = None
    is_strong: bool = False


def record(text: str) -> Said:
    """Text from the person's own record."""
    return Said(text, origin="record")


def program(text: str) -> Said:
    """Text about this output itself."""
    return Said(text, origin="program")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Runs of text, one after the other; `is_note` sets it apart."""

    kind: ClassVar[str] = "paragraph"
    said: tuple[Said, ...]
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    kind: ClassVar[str] = "items"
    items: tuple[Said, ...]
    is_numbered: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. The first cell of a row is its head.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of Said
    widths : tuple of int
        Shares of the width, one a column.
    sources : tuple of str
        What numbers in the caption rest on.
    """

    kind: ClassVar[str] = "grid"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Said, ...], ...]
    widths: tuple[int, ...]
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows) or len(self.widths) != len(self.columns):
            raise ValueError("rows, columns and widths of a table differ in length")


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what explains it."""

    kind: ClassVar[str] = "figure"
    chart: Chart
    legend: Said


Block: TypeAlias = Paragraph | Items | Grid | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it. `starts_page` begins a new page on paper."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    starts_page: bool = False


@dataclass(frozen=True, slots=True)
class Crisis:
    """The crisis panel: always the first thing of a part."""

    title: str
    emergency: Said
    lines: tuple[Said, ...]
    steps: tuple[Said, ...]
    signs: tuple[Said, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of a document, or all of a document about no person.

    Attributes
    ----------
    title : str
        Its first heading.
    lead : tuple of Said
        Lines under the heading: whose, as of when, in which mode, by which knowledge.
    sections : tuple of Section
    about : tuple of Said
        What stands on every output: that it is no advice, no prescription, no diagnosis.
    crisis : Crisis or None
        Shown before the heading.
    pinned : Said or None
        Kept in sight.
    n_front : int or None
        How many of the sections form the first page, which stands alone with `about` at its foot; what follows begins
        on a page of its own. None where no page stands alone.
    """

    title: str
    lead: tuple[Said, ...]
    sections: tuple[Section, ...]
    about: tuple[Said, ...]
    crisis: Crisis | None = None
    pinned: Said | None = None
    n_front: int | None = None

    @property
    def front(self) -> tuple[Section, ...]:
        """Sections that stand before `about`: all of them, unless a first page stands alone."""
        return self.sections if self.n_front is None else self.sections[: self.n_front]

    @property
    def rest(self) -> tuple[Section, ...]:
        """Sections behind the first page."""
        return () if self.n_front is None else self.sections[self.n_front :]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    Attributes
    ----------
    title : str
    day : date
        The index date; there is no clock.
    parts : tuple of Part
    words : dict of str to str
        Words of the frame: `skip`, `about`, `page`, `contents`.
    language : str
    shows_sources : bool
        Whether source ids and marks stand beside what rests on them; they are in the markup in any case.
    """

    title: str
    day: date
    parts: tuple[Part, ...]
    words: dict[str, str] = field(default_factory=dict)
    language: str = "en"
    shows_sources: bool = True


def said_in(document: Document) -> Iterator[tuple[str, Said]]:
    """Every run of text of a document with the place where it stands."""
    for n, part in enumerate(document.parts):
        place = f"part {n + 1}"
        if part.crisis:
            crisis = part.crisis
            for said in (crisis.emergency, *crisis.lines, *crisis.steps, *crisis.signs):
                yield f"{place}, crisis", said
        yield from ((f"{place}, lead", said) for said in part.lead)
        for section in part.sections:
            yield from said_in_section(section, place)
        yield from ((f"{place}, about", said) for said in (*part.about, *([part.pinned] if part.pinned else [])))


def said_in_section(section: Section, place: str = "") -> Iterator[tuple[str, Said]]:
    """Every run of text of a section with the place where it stands."""
    here = f"{place}, {section.id}"
    for block in section.blocks:
        yield from ((here, said) for said in said_of(block))
    for inner in section.sections:
        yield from said_in_section(inner, here)


def said_of(block: Block) -> Iterable[Said]:
    """Runs of text of a block. What a chart shows is from the record."""
    if isinstance(block, Paragraph):
        return block.said
    if isinstance(block, Items):
        return block.items
    if isinstance(block, Grid):
        caption = (Said(block.caption, block.sources),) if block.sources else ()
        return (*caption, *(cell for row in block.rows for cell in row))
    return (block.legend,)
