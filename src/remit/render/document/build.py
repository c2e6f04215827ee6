"""Documents about the persons of a run: for the visit, in full, as a letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from remit.errors import UsageError
from remit.knowledge import Knowledge
from remit.render.charts.history import History
from remit.render.claims import claims_section
from remit.render.document import annexes
from remit.render.document.aid import aid
from remit.render.document.blocks import Document, Part, Section
from remit.render.document.considered import considered
from remit.render.document.history import HistorySections
from remit.render.document.letter import letter
from remit.render.document.options import found, options
from remit.render.document.parts import Frame
from remit.render.document.sourced import check
from remit.render.document.visit import visit
from remit.render.effects import Effect
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView
from remit.tables import Tables

KINDS = {"clinician": ("full", "letter", "options"), "visit": ("visit", "options")}
"""Documents of each mode; the first is the one that is meant where none is named."""


def build(
    view: AssessmentView,
    tables: Tables,
    knowledge: Knowledge,
    phrases: Phrases,
    kind: str | None = None,
    effects: Sequence[Effect] = (),
) -> Document:
    """A document.

    Parameters
    ----------
    view : AssessmentView
    tables : mapping of str to DataFrame
        What the view was gathered from.
    knowledge : Knowledge
    phrases : Phrases
    kind : str, optional
        visit, full, letter or options; by default what the mode asks for.
    effects : sequence of Effect
        What pooled studies found; shown in full.

    Raises
    ------
    UsageError
        For a document that this mode does not have.
    RemitError
        If a number in it has no source: a fault of ours.
    """
    kinds = KINDS[phrases.mode]
    kind = kind or kinds[0]
    if kind not in kinds:
        raise UsageError(f"There is no document {kind!r} in mode {phrases.mode}. There is: {', '.join(kinds)}.")
    writer = Writer(view, tables, knowledge, phrases, effects)
    return check(writer.document(kind), {*knowledge.sources, *(c.id for e in effects for c in e.citations)})


class Writer:
    """Writes the documents of one run.

    Parameters
    ----------
    view, tables, knowledge, phrases, effects
        See `build`.
    """

    def __init__(
        self,
        view: AssessmentView,
        tables: Tables,
        knowledge: Knowledge,
        phrases: Phrases,
        effects: Sequence[Effect] = (),
    ) -> None:
        self.view, self.knowledge, self.phrases, self.effects = view, knowledge, phrases, effects
        self.frame = Frame(knowledge, phrases)
        self.history = History(tables, knowledge, phrases)

    def document(self, kind: str) -> Document:
        """All persons of the run, each in a part of its own; sources once, at the end of the last."""
        written: Callable[[HistorySections], Iterator[Section | None]]
        written = {"full": self._full, "visit": self._visit, "letter": self._letter, "options": self._options}[kind]
        persons = self.view.persons
        parts = []
        for n, person in enumerate(persons, 1):
            sections = HistorySections(person, self.knowledge, self.phrases, self.history, f"history-{n}")
            about = self.frame.about(person.country, self.view.knowledge_date, self.view.knowledge_version)
            crisis = self.frame.crisis(person)
            parts.append(
                Part(
                    title=self.phrases.say(f"report.title.{kind}", person=person.id),
                    lead=self.frame.lead(self.view, person),
                    sections=tuple(s for s in written(sections) if s is not None),
                    about=about,
                    crisis=crisis,
                    pinned=self.frame.pinned(person.country) if crisis and self.phrases.is_visit else None,
                )
            )
        names = self.phrases.listed(person.id for person in persons)
        document = Document(
            title=self.phrases.say(f"report.title.{kind}", person=names),
            day=max((p.index_date for p in persons), default=self.view.knowledge_date),
            parts=tuple(_unique(parts)),
            words=self.frame.words(),
            shows_sources=kind in ("full", "options"),
            is_dense=kind == "visit",
        )
        if kind == "full":
            return self._with_annexes(document)
        return self._with_citations(document) if kind == "options" else document

    def _full(self, sections: HistorySections) -> Iterator[Section | None]:
        yield sections.episode()
        yield sections.timeline()
        yield sections.trials()
        yield sections.verdicts()
        yield sections.unknowns()
        yield considered(sections.person, self.phrases)
        yield options(sections.person, self.phrases)
        yield sections.notices()
        yield annexes.adequacy(sections.person, self.knowledge, self.phrases)
        yield annexes.scores(sections.score_tables(), self.phrases)

    def _visit(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from visit(sections, self.view)

    def _options(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from aid(self.knowledge, self.phrases)

    def _letter(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from letter(sections)

    def _method(self) -> Section:
        return annexes.method(self.view, self.phrases)

    def _with_citations(self, document: Document) -> Document:
        *before, last = document.parts
        cited = annexes.citations(annexes.source_ids(document), self.knowledge, self.phrases)
        return replace(document, parts=(*before, replace(last, sections=(*last.sections, self._method(), cited))))

    def _with_annexes(self, document: Document) -> Document:
        *before, last = document.parts
        claims = claims_section(tuple(self.knowledge.claims.values()), self.knowledge, self.phrases)
        further = [found(self.effects, self.phrases), replace(claims, starts_page=True)]
        known = self.knowledge.sources
        ids = [i for i in annexes.source_ids(document, further) if i in known]
        added = (*further, annexes.sources(ids, self.view, self.knowledge, self.phrases), self._method())
        return replace(document, parts=(*before, replace(last, sections=(*last.sections, *(a for a in added if a)))))


def _unique(parts: Sequence[Part]) -> Iterator[Part]:
    """Parts whose section ids begin with their number where there are several, so that every id is there once."""
    if len(parts) < 2:  # noqa: PLR2004
        yield from parts
        return
    for n, part in enumerate(parts, 1):
        yield replace(part, sections=tuple(_prefixed(section, f"p{n}-") for section in part.sections))


def _prefixed(section: Section, prefix: str) -> Section:
    inner = tuple(_prefixed(s, prefix) for s in section.sections)
    return replace(section, id=f"{prefix}{section.id}", sections=inner)
