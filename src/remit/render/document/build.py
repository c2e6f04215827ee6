"""Documents about the persons of a run: for the visit, in full, as a letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from remit.errors import UsageError
from remit.knowledge import Knowledge
from remit.knowledge.pooled import EMPTY, PooledTable
from remit.render.charts.trajectory import Trajectory
from remit.render.claims import claims_section
from remit.render.course.gather import gather_course
from remit.render.course.sections import CourseSections
from remit.render.course.words import Words
from remit.render.document import annexes, visit
from remit.render.document.aid import aid
from remit.render.document.blocks import Document, Part, Section
from remit.render.document.considered import considered
from remit.render.document.found import found, trials
from remit.render.document.history import HistorySections
from remit.render.document.letter import letter
from remit.render.document.options import options
from remit.render.document.parts import Frame
from remit.render.document.sourced import check
from remit.render.letters import shortened
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView, PersonView
from remit.tables import Tables

KINDS = {"clinician": ("full", "letter", "options"), "visit": ("visit", "options")}
"""Documents of each mode; the first is the one that is meant where none is named."""


def build(
    view: AssessmentView,
    tables: Tables,
    knowledge: Knowledge,
    phrases: Phrases,
    kind: str | None = None,
    *,
    has_evidence: bool = True,
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
    has_evidence : bool
        Whether to show what pooled trials found.

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
    pooled = knowledge.pooled if has_evidence else EMPTY
    writer = Writer(view, tables, knowledge, phrases, pooled)
    return check(writer.document(kind), {*knowledge.sources, *pooled.source_ids})


class Writer:
    """Writes the documents of one run.

    Parameters
    ----------
    view, tables, knowledge, phrases
        See `build`.
    pooled : PooledTable
        What trials found.
    """

    def __init__(
        self,
        view: AssessmentView,
        tables: Tables,
        knowledge: Knowledge,
        phrases: Phrases,
        pooled: PooledTable = EMPTY,
    ) -> None:
        self.view, self.knowledge, self.phrases, self.pooled = view, knowledge, phrases, pooled
        self.frame = Frame(knowledge, phrases)
        self.history = Trajectory(tables, knowledge, phrases)
        words, courses = Words(phrases, knowledge), gather_course(tables, view, knowledge, phrases)
        self.courses = {course.person.id: CourseSections(course, words, "-course") for course in courses}

    def document(self, kind: str) -> Document:
        """All persons of the run, each in a part of its own; sources once, at the end of the last."""
        written: Callable[[HistorySections], Iterator[Section | None]]
        written = {"full": self._full, "visit": self._visit, "letter": self._letter, "options": self._options}[kind]
        persons = self.view.persons
        parts = []
        for n, person in enumerate(persons, 1):
            sections = HistorySections(person, self.knowledge, self.phrases, self.history, f"history-{n}")
            parts.append(self._part(kind, person, [s for s in written(sections) if s is not None], sections))
        names = self.phrases.listed(shortened(person.id) for person in persons)
        document = Document(
            title=self.phrases.say(f"report.title.{kind}", person=names),
            day=max((p.index_date for p in persons), default=self.view.knowledge_date),
            parts=tuple(_unique(parts)),
            words=self.frame.words(),
            shows_sources=kind in ("full", "options"),
        )
        if kind == "full":
            return self._with_annexes(document)
        return document if kind == "letter" else self._with_citations(document)

    def _part(self, kind: str, person: PersonView, written: list[Section], sections: HistorySections) -> Part:
        """One person's part, with what every document begins and ends with."""
        view, is_visit_page = self.view, kind == "visit"
        crisis = self.frame.crisis(person)
        return Part(
            title=self.phrases.say(f"report.title.{kind}", person=shortened(person.id)),
            lead=self.frame.lead(view, person),
            sections=tuple(written),
            about=self.frame.about(
                person.country, view.knowledge_date, view.knowledge_version, has_head=not is_visit_page
            ),
            crisis=crisis,
            pinned=self.frame.pinned(person.country) if crisis and self.phrases.is_visit else None,
            n_front=sum(1 for _ in self._front(sections)) if is_visit_page else None,
        )

    def _full(self, sections: HistorySections) -> Iterator[Section | None]:
        yield sections.episode()
        yield sections.timeline()
        yield sections.trials()
        yield self.courses[sections.person.id].full()
        yield sections.verdicts()
        yield sections.unknowns()
        yield considered(sections.person, self.phrases)
        yield options(sections.person, self.phrases, self.pooled)
        yield sections.notices()
        yield annexes.adequacy(sections.person, self.knowledge, self.phrases)
        yield annexes.scores(sections.score_tables(), self.phrases)

    def _visit(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from self._front(sections)
        yield self.courses[sections.person.id].behind()
        yield from visit.behind(sections, self.view)

    def _front(self, sections: HistorySections) -> Iterator[Section]:
        """The first page for the visit; after what was tried, how it is going."""
        tried, *others = visit.front(sections, self.view)
        yield from (tried, self.courses[sections.person.id].short(), *others)

    def _options(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from aid(self.knowledge, self.phrases, self.pooled)

    def _letter(self, sections: HistorySections) -> Iterator[Section | None]:
        yield from letter(sections)

    def _method(self) -> Section:
        return annexes.method(self.view, self.phrases)

    def _with_citations(self, document: Document) -> Document:
        *before, last = document.parts
        ids = annexes.source_ids(document)
        cited = annexes.citations([i for i in ids if i in self.knowledge.sources], self.knowledge, self.phrases)
        added = (self._method(), trials(ids, self.pooled, self.phrases), cited)
        return replace(document, parts=(*before, replace(last, sections=(*last.sections, *(a for a in added if a)))))

    def _with_annexes(self, document: Document) -> Document:
        *before, last = document.parts
        claims = claims_section(tuple(self.knowledge.claims.values()), self.knowledge, self.phrases)
        further = [found(self.pooled, self.phrases), replace(claims, starts_page=True)]
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
