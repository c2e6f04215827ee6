"""The clinician letter: what was tried, which definitions are met, open or not, what would settle it."""

from __future__ import annotations

from collections.abc import Iterator

from remit.render.document.blocks import Block, Said, Section, record
from remit.render.document.history import HistorySections
from remit.render.document.parts import items, paragraph, said

STATUSES = {"met": ("met",), "open": ("undetermined",), "not_met": ("not_met", "not_applicable")}


def letter(sections: HistorySections) -> Iterator[Section | None]:
    """Sections of the letter about one person."""
    say, person = sections.say, sections.person
    day = sections.phrases.day(person.index_date)
    rule = sections.rule
    yield Section(
        "opening",
        say("report.summary"),
        (
            paragraph(say("report.letter.greeting")),
            paragraph(record(say("report.letter.opening", person=person.id, day=day))),
            items([*(b for b in _episode(sections))]),
        ),
    )
    judged = Said(
        say("report.letter.judged", rule=rule.name, summary=rule.summary), rule.sources, "words", rule.verified
    )
    grid: tuple[Block, ...] = (paragraph(judged), sections.trial_grid()) if person.trials else ()
    yield Section("trials", say("chart.trials"), grid or (paragraph(say("page.no_trials")),))
    yield Section("verdicts", say("page.verdicts"), tuple(_verdicts(sections)))
    lacking: tuple[Block, ...] = (paragraph(say("report.nothing_unknown")),)
    if sections.settling:
        lines = items((record(lack.text) for lack in sections.settling), is_numbered=True)
        lacking = (paragraph(say("report.letter.unknown")), lines)
    yield Section("unknowns", say("report.unknowns"), lacking)
    signed = [say("report.letter.closing"), say("report.letter.place"), say("report.letter.signed")]
    yield Section("closing", say("report.letter.end"), tuple(paragraph(line) for line in signed))


def _episode(sections: HistorySections) -> Iterator[Said]:
    yield record(sections.cells.episode(sections.person))
    if sections.person.score:
        yield record(sections.say("page.latest_score", score=sections.person.score))
    yield Said(sections.say("page.apart"))


def _verdicts(sections: HistorySections) -> Iterator[Block]:
    statements = {s.about: s for s in sections.person.statements}
    for group, statuses in STATUSES.items():
        # Patterns in records are for populations; a letter is about one person.
        verdicts = (v for v in sections.person.verdicts if v.definition.family != "pattern")
        chosen = [v for v in verdicts if v.status in statuses]
        yield paragraph(sections.say(f"report.letter.{group}"), is_note=True)
        if chosen:
            yield items(said(statements[f"verdict:{v.definition.id}"]) for v in chosen)
        else:
            yield paragraph(sections.say("report.letter.none"))
