"""A document of blocks as a page of text: the same order and the same words as in HTML and PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from remit.knowledge import Knowledge
from remit.render.crisis import Panel
from remit.render.document.blocks import Block, Crisis, Document, Figure, Grid, Items, Said, Section, said_in, said_of
from remit.render.phrases import MARKS, Phrases
from remit.render.text.page import bullets, crisis_frame, heading, numbered, paragraph, table


def document_page(document: Document, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """Renderables of all parts, then the citations of what they rest on."""
    for n, part in enumerate(document.parts):
        if n:
            yield Line("\n")
        if part.crisis:
            yield crisis_frame(_panel(part.crisis))
            yield Line()
        yield Line(part.title, style="bold")
        yield from (_said(said, None) for said in part.lead)
        for section in part.sections:
            yield from _section(section, phrases if document.shows_sources else None)
        yield Line()
        yield bullets(said.text for said in part.about)
    if document.shows_sources:
        yield from _citations(document, knowledge, phrases)


def _panel(crisis: Crisis) -> Panel:
    lines, steps, signs = (tuple(s.text for s in said) for said in (crisis.lines, crisis.steps, crisis.signs))
    return Panel(crisis.title, crisis.emergency.text, lines, steps, signs, crisis.note)


def _section(section: Section, marks: Phrases | None) -> Iterator[RenderableType]:
    """A section; `marks` is None where neither sources nor marks are shown."""
    yield heading(section.title)
    for block in section.blocks:
        yield from _block(block, marks)
        if marks and (sources := _sources(block)):
            yield paragraph(marks.say("plan.sources", sources=", ".join(sources)))
    for inner in section.sections:
        yield from _section(inner, marks)


def _sources(block: Block) -> tuple[str, ...]:
    """Sources of a block, told once below it: in narrow columns they would push the words aside."""
    return tuple(dict.fromkeys(source for said in said_of(block) for source in said.sources))


def _block(block: Block, marks: Phrases | None) -> Iterator[RenderableType]:
    if isinstance(block, Grid):
        grid = table(*block.columns)
        grid.expand = True
        for column, width in zip(grid.columns, block.widths, strict=True):
            column.ratio = width
        for row in block.rows:
            grid.add_row(*(_said(cell, marks) for cell in row))
        yield grid
    elif isinstance(block, Items):
        lines = [_told(said, marks) for said in block.items]
        yield numbered(lines) if block.is_numbered else bullets(lines)
    elif isinstance(block, Figure):
        yield paragraph(block.legend.text)
    else:
        yield Line(" ").join(_said(said, marks) for said in block.said)


def _said(said: Said, marks: Phrases | None) -> Line:
    return Line(_told(said, marks), style="bold" if said.is_strong else "")


def _told(said: Said, marks: Phrases | None) -> str:
    """Text, with its mark where what it rests on was not seen in full."""
    is_marked = marks and said.sources and said.text and said.verified not in (None, MARKS[0])
    return f"{said.text} [{marks.mark(said.verified)}]" if marks and is_marked else said.text


def _citations(document: Document, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    cited: Iterable[str] = dict.fromkeys(s for _, said in said_in(document) for s in said.sources)
    sources = [knowledge.sources[s] for s in sorted(cited)]
    if sources:
        yield heading(phrases.say("page.citations"))
        yield bullets(phrases.say("page.source", id=s.id, citation=s.citation, seen=s.seen) for s in sources)
