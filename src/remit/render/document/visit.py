"""The page for the visit: what was tried, what the definitions say in plain words, what to ask, what to bring.

It ranks nothing, excludes nothing, and names no dose. What does not fit on it stands on the page after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.render.document import annexes
from remit.render.document.blocks import Block, Figure, Said, Section, record
from remit.render.document.considered import considered_visit
from remit.render.document.history import HistorySections
from remit.render.document.parts import items, paragraph, said
from remit.render.views import AssessmentView

ALWAYS = ("other", "tried", "next", "watch")
TO_BRING = ("list", "papers", "person")


def visit(sections: HistorySections, view: AssessmentView) -> Iterator[Section | None]:
    """Sections of the page about one person."""
    say = sections.say
    yield _tried(sections)
    yield _says(sections)
    yield considered_visit(sections.person, sections.phrases)
    yield _ask(sections)
    bring = [say(f"report.bring_list.{key}") for key in TO_BRING]
    if sections.settling:
        bring.insert(1, say("report.bring_letter"))
    yield Section("bring", say("report.bring"), (items(bring),))
    yield _assumed(sections, view)
    yield _picture(sections)


def _tried(sections: HistorySections) -> Section:
    say = sections.say
    blocks: list[Block] = [paragraph(say("visit.intro"))]
    tried = sections.statements("trial:")
    blocks.append(items(tried) if tried else paragraph(say("visit.none_tried")))
    blocks += [paragraph(told) for told in sections.statements("severity")]
    return Section("tried", say("visit.tried"), tuple(blocks))


def _says(sections: HistorySections) -> Section:
    """What is met in full sentences; of the rest which it is. Patterns in records say nothing to a person."""
    say = sections.say
    told = {s.about: s for s in sections.person.statements}
    verdicts = [v for v in sections.person.verdicts if v.definition.family != "pattern"]
    blocks: list[Block] = [paragraph(say("visit.says_intro"))]
    full = [v for v in verdicts if v.status in ("met", "not_applicable")]
    if full:
        blocks.append(items(said(told[f"verdict:{v.definition.id}"]) for v in full))
    for status in ("undetermined", "not_met"):
        some = [v.definition for v in verdicts if v.status == status]
        if some:
            names = sections.phrases.listed(d.name for d in some)
            sources = tuple(dict.fromkeys(s for d in some for s in d.sources))
            blocks.append(paragraph(Said(say(f"report.visit_verdict.{status}", names=names), sources, "record")))
    return Section("says", say("visit.says"), tuple(blocks))


def _ask(sections: HistorySections) -> Section:
    say = sections.say
    blocks: list[Block] = []
    if questions := dict.fromkeys(lack.question for lack in sections.settling):
        blocks += [paragraph(say("visit.ask_intro")), items(record(q) for q in questions)]
    blocks += [paragraph(say("visit.ask_also")), items(say(f"visit.ask_always.{key}") for key in ALWAYS)]
    return Section("ask", say("visit.ask"), tuple(blocks))


def _assumed(sections: HistorySections, view: AssessmentView) -> Section | None:
    say, person = sections.say, sections.person
    blocks: list[Block] = []
    if person.assumptions:
        blocks.append(items(record(told) for told in person.assumptions))
    if notices := (*person.notices, *view.notices):
        blocks += [paragraph(say("visit.notices"), is_note=True), items(record(n.text) for n in notices)]
    return Section("assumed", say("visit.assumed_title"), tuple(blocks), starts_page=True) if blocks else None


def _picture(sections: HistorySections) -> Section | None:
    """The picture and all scores."""
    blocks: list[Figure] = [*sections.figure()]
    if not blocks:
        return None
    grids = [annexes.data_grid(table, (2, 2, 3, 6)) for table in sections.score_tables()]
    return Section("picture", sections.say("chart.timeline"), (*blocks, *grids))
