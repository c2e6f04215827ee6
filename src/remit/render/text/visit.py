"""The page for a person or family: what was tried, what the definitions say in plain words, questions to bring.

It ranks nothing, excludes nothing, and names no dose.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text as Line

from remit.knowledge import Knowledge
from remit.render.cells import settling
from remit.render.crisis import call_number, has_sign
from remit.render.phrases import Phrases
from remit.render.text.considered import considered_visit
from remit.render.text.optioned import optioned_visit
from remit.render.text.page import bullets, crisis_first, disclaimers, heading, paragraph
from remit.render.views import AssessmentView, NoticeView, PersonView

ALWAYS = ("other", "tried", "next", "watch")


def visit_page(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """Renderables of all persons, in order."""
    for i, person in enumerate(view.persons):
        if i:
            yield Line("\n")
        yield from _person(view, person, knowledge, phrases)


def _person(
    view: AssessmentView, person: PersonView, knowledge: Knowledge, phrases: Phrases
) -> Iterator[RenderableType]:
    say = phrases.say
    yield from crisis_first(person, knowledge, phrases)
    yield Line(say("visit.title"), style="bold")
    parts = [
        say("visit.person", person=person.id),
        say("visit.index", day=phrases.day(person.index_date)),
        say("visit.mode"),
    ]
    yield Line("  |  ".join(parts))
    yield Line(say("visit.knowledge", version=view.knowledge_version, day=phrases.day(view.knowledge_date)))
    yield paragraph(say("visit.intro"))
    yield from _told(person, "safety")

    yield heading(say("visit.tried"))
    if person.trials:
        yield bullets(s.text for s in person.statements if s.about.startswith("trial:"))
    else:
        yield paragraph(say("visit.none_tried"))
    yield from _told(person, "severity")

    yield heading(say("visit.says"))
    yield paragraph(say("visit.says_intro"))
    yield Line()
    yield bullets(s.text for s in person.statements if s.about.startswith("verdict:"))

    yield from considered_visit(person, phrases)
    yield from optioned_visit(knowledge, phrases)

    yield heading(say("visit.ask"))
    questions = [lack.question for lack in settling(person.verdicts)]
    if questions:
        yield paragraph(say("visit.ask_intro"))
        yield bullets(dict.fromkeys(questions))
        yield Line()
    yield paragraph(say("visit.ask_also"))
    yield bullets(say(f"visit.ask_always.{key}") for key in ALWAYS)

    yield from _record(view, person, phrases)
    yield heading(say("visit.about"))
    yield disclaimers(person.country, view.knowledge_date, knowledge, phrases)
    if has_sign(person.signs):
        yield Line()
        yield Line(say("crisis.pinned", number=call_number(person.country, knowledge, phrases)), style="bold")


def _told(person: PersonView, about: str) -> Iterator[RenderableType]:
    for statement in person.statements:
        if statement.about == about:
            yield paragraph(statement.text)


def _record(view: AssessmentView, person: PersonView, phrases: Phrases) -> Iterator[RenderableType]:
    if person.assumptions:
        yield heading(phrases.say("visit.assumed_title"))
        yield bullets(person.assumptions)
    notices: tuple[NoticeView, ...] = (*person.notices, *view.notices)
    if notices:
        yield heading(phrases.say("visit.notices"))
        yield bullets(n.text for n in notices)
