"""Pages about the knowledge: the list of definitions, one entry in full."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from remit.knowledge import Definition, Knowledge
from remit.knowledge.text import Text
from remit.render.knowledge_pages import Entry
from remit.render.phrases import MARKS
from remit.render.text.page import bullets, heading, paragraph

INDENT = 2


def definitions_page(knowledge: Knowledge, text: Text) -> Iterator[RenderableType]:
    """All definitions: id and name, then kind, mark and sources."""
    yield paragraph(text.say("knowledge.definitions", n=len(knowledge.definitions)), style="bold")
    yield _version(knowledge, text)
    yield Line()
    for definition in knowledge.definitions:
        yield Line.assemble((definition.id, "bold"), f"  {definition.name}")
        told = text.say(
            "knowledge.definition_row",
            family=text.say(f"words.family.{definition.family}"),
            shape=text.say(f"words.shape.{definition.shape}"),
            mark=text.say(f"words.verified.{definition.verified}"),
            sources=", ".join(definition.sources),
        )
        yield Padding(Line(told), (0, 0, 0, INDENT * 2))
    yield Line()
    yield paragraph(text.say("page.marks"))


def _version(knowledge: Knowledge, text: Text) -> RenderableType:
    day = max(d.reviewed for d in knowledge.definitions).isoformat()
    told = text.say("knowledge.title", version=knowledge.version, day=day)
    return paragraph(f"{text.say('page.mode')}  |  {told}")


def entry_page(entry: Entry, knowledge: Knowledge, text: Text) -> Iterator[RenderableType]:
    """One entry: values with sources and marks in words, then the citations."""
    section = text.say(f"knowledge.section.{entry.section}")
    yield Line(text.say("knowledge.entry", id=entry.id, section=section), style="bold")
    yield _version(knowledge, text)
    own: tuple[str, ...] = getattr(entry.model, "sources", ())
    cited = dict.fromkeys(own)
    if own:
        mark = text.say(f"words.verified.{getattr(entry.model, 'verified', MARKS[-1])}")
        yield paragraph(text.say("knowledge.mark", mark=mark, sources=", ".join(own)))
    if isinstance(entry.model, Definition):
        yield paragraph(text.say("knowledge.cases", n=len(entry.model.cases)))
    yield Line()
    for fact in entry.facts:
        is_mark = fact.name.endswith("verified") and fact.value in MARKS
        value = text.say(f"words.verified.{fact.value}") if is_mark else fact.value
        told = f"{fact.name.replace('_', ' ')}: {value}".rstrip()
        if fact.sources:
            mark = text.say(f"words.verified.{fact.verified}")
            told += " " + text.say("knowledge.fact_mark", mark=mark, sources=", ".join(fact.sources))
            cited |= dict.fromkeys(fact.sources)
        yield Padding(Line(told), (0, 0, 0, INDENT * fact.depth))
    if cited:
        yield heading(text.say("knowledge.citations"))
        sources = (knowledge.sources[s] for s in cited)
        yield bullets(text.say("knowledge.citation", id=s.id, citation=s.citation, seen=s.seen) for s in sources)
        yield Line()
        yield paragraph(text.say("page.marks"))
    yield paragraph(text.say("page.disclaimer.discuss"))
