"""Where the verdicts come from: definitions and rules with marks, citations, facts that no source was read for."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from remit.knowledge import Knowledge
from remit.render.citations import cited, in_use, unverified
from remit.render.phrases import Phrases
from remit.render.text.page import bullets, heading, paragraph
from remit.render.views import AssessmentView


def references(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """Definitions and rules in use with their marks; unverified facts; citations."""
    say = phrases.say
    yield heading(say("page.sources"))
    yield bullets(
        say("page.used", mark=phrases.mark(entry.verified), name=name, sources=", ".join(entry.sources))
        for name, entry in in_use(view, knowledge, phrases)
    )
    unread = unverified(view, knowledge, phrases)
    if unread:
        yield heading(say("page.unverified"))
        yield bullets(told for told, _ in unread)
    yield paragraph(say("page.marks"))
    yield heading(say("page.citations"))
    sources = knowledge.sources
    yield bullets(
        say("page.source", id=i, citation=sources[i].citation, seen=sources[i].seen) for i in cited(view, knowledge)
    )
