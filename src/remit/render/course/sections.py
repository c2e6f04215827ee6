"""The course in sections of a document: of its own page, of the full report, and of the document for the visit."""

from __future__ import annotations

from collections.abc import Iterator

from remit.render.course.events import EventView
from remit.render.course.views import CourseView
from remit.render.course.words import Words, past_cells, visit_events, visit_past, visit_steps, windows
from remit.render.document.blocks import Block, Grid, Said, Section, record
from remit.render.document.parts import items, paragraph
from remit.render.phrases import sources_of, weakest

MOST_EVENTS = 40
"""Events in a document, newest first; JSON holds all."""
MOST_STEPS = 3
"""Steps on the first page for the visit."""


class CourseSections:
    """Sections about one person.

    Parameters
    ----------
    course : CourseView
    words : Words
    name : str
        Ends the ids of sections, so that they are unique in a document of several persons.
    """

    def __init__(self, course: CourseView, words: Words, name: str = "") -> None:
        self.course, self.words, self.say, self._name = course, words, words.say, name

    def _section(self, key: str, title: str, *blocks: Block) -> Section:
        return Section(f"{key}{self._name}", self.say(title), blocks)

    def now(self) -> Section:
        """Where the person stands."""
        told = [record(text) for text in (*self.words.now(self.course.line), *self.course.zeros)]
        return self._section("now", "course.now", items(told))

    def body(self) -> Iterator[Section]:
        """What comes after it and the picture, by mode."""
        yield from self._visit() if self.words.phrases.is_visit else self._clinician()

    def _clinician(self) -> Iterator[Section]:
        course, words = self.course, self.words
        yield self._section("due", "course.due", self._due())
        yield self._section("events", "course.events", *self._events())
        if course.past:
            yield self._section("past", "course.past", self._past())
        if course.expected:
            told = [
                Said(words.marked(t, f.verified), f.sources, verified=f.verified) for t, f in words.expected(course)
            ]
            yield self._section("lasting", "course.lasting", items(told))
        lacks = [record(text) for text in (*dict.fromkeys(e.text for e in course.lacks), *course.unrecorded)]
        yield self._section("unknown", "course.unknown", items(lacks or [self.say("course.no_flag")]))

    def notices(self) -> Iterator[Section]:
        """What a reader should know about the record."""
        if notices := self.course.person.notices:
            yield self._section("notices", "course.notices", items([record(n.text) for n in notices]))

    def own(self) -> Section:
        """What the project chose itself, or could not check."""
        told = [
            Said(self.words.marked(text, weakest(facts)), sources_of(facts), verified=weakest(facts))
            for text, facts in windows(self.words.knowledge, self.words.phrases)
        ]
        return self._section("own", "course.own", items(told))

    # --- for clinicians
    def _due(self) -> Block:
        say, words = self.say, self.words
        if not self.course.due:
            return paragraph(say("course.nothing_due"))
        columns = tuple(say(f"course.due_columns.{c}") for c in ("state", "task", "day", "why"))
        rows = tuple(
            (
                record(say(f"course.state.{d.state}")),
                Said(words.marked(words.task(d), d.rule.verified), d.rule.sources, verified=d.rule.verified),
                record(words.day(d)),
                Said(words.why(d), d.rule.sources),
            )
            for d in self.course.due
        )
        return Grid(say("course.due"), columns, rows, (2, 4, 3, 5))

    def _events(self) -> Iterator[Block]:
        events = list(reversed(self.course.events))
        shown = [_event(event, self.words) for event in events[:MOST_EVENTS]]
        yield items(shown or [self.say("course.no_events")])
        if more := len(events[MOST_EVENTS:]):
            yield paragraph(record(self.say("course.more_events", n=more)), is_note=True)
        yield from self._early()

    def _early(self) -> Iterator[Block]:
        """Both error rates, wherever an early look is shown."""
        if any(e.kind in ("early_improvement", "no_early_improvement") for e in self.course.newest):
            yield paragraph(self.say("course.early_note"))
            rates = self.words.knowledge.course.policy.early_improvement.error_rates
            yield items([Said(r.text, r.sources, verified=r.verified) for r in rates])

    def _past(self) -> Block:
        say, words = self.say, self.words
        columns = tuple(say(f"course.past_columns.{c}") for c in ("treatment", "measured", "reported", "stands"))
        rows = tuple(
            tuple(record(cell) for cell in (words.phrases.named(past.trial), *past_cells(past, words)))
            for past in self.course.past
        )
        return Grid(say("course.past"), columns, rows, (3, 3, 2, 3))

    # --- for a visit
    def _steps(self) -> list[Said]:
        return [
            Said(step, due.rule.sources, "record", due.rule.verified)
            for step, due in visit_steps(self.course, self.words)
        ]

    def _visit(self) -> Iterator[Section]:
        yield self._section("due", "course.visit.due", items(self._steps() or [self.say("course.visit.nothing")]))
        told = [record(t) for t in visit_events(self.course, self.words)]
        promise = self.say("course.visit.promise")
        yield self._section("events", "course.visit.events", items([*told, promise]), *self._early())
        if past := visit_past(self.course, self.words):
            yield self._section("past", "course.visit.past", items([record(t) for t in past]))

    def short(self) -> Section:
        """The first page for the visit: last score, what changed, what is due; one line where there is no score."""
        told = [record(text) for text in self.words.now(self.course.line)]
        if events := visit_events(self.course, self.words):
            told.append(record(events[0]))
        steps = self._steps()[:MOST_STEPS] if self.course.line.last_day else []
        then: list[Block] = [paragraph(self.say("course.visit.first_steps")), items(steps)] if steps else []
        return Section("course", self.say("course.visit.title"), (items(told), *then))

    def behind(self) -> Section:
        """The pages behind it: the whole of what the course has to say to a person."""
        return Section("course-all", self.say("course.visit.more"), sections=tuple(self._visit()))

    def full(self) -> Section:
        """The full report."""
        inner = (self.now(), *self._clinician(), self.own())
        return Section("course", self.say("course.title"), sections=inner)


def _event(event: EventView, words: Words) -> Said:
    verified = weakest(event.basis)
    return Said(words.marked(words.event(event), verified), sources_of(event.basis), "record", verified)
