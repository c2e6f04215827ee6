"""What stands behind a document: every trial by every rule, all scores, all sources, how it came about."""

from __future__ import annotations

from collections.abc import Iterable

from remit.knowledge import Knowledge
from remit.render.cells import Cells
from remit.render.charts.frame import DataTable
from remit.render.citations import cited, in_use, unverified
from remit.render.document.blocks import Block, Document, Grid, Said, Section, program, record, said_in, said_in_section
from remit.render.document.parts import items, paragraph
from remit.render.phrases import Phrases, sources_of, weakest
from remit.render.reasons import Reasons
from remit.render.statements import leading_rule
from remit.render.views import AssessmentView, PersonView


def data_grid(table: DataTable, widths: tuple[int, ...] | None = None) -> Grid:
    """The table of a chart: facts of the record."""
    rows = tuple(tuple(record(cell) for cell in row) for row in table.rows)
    return Grid(table.caption, table.columns, rows, widths or (1,) * len(table.columns), table.sources)


def adequacy(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> Section:
    """Every trial by every rule in use; then the reasons by the leading rule, with their sources."""
    say = phrases.say
    blocks: list[Block] = [paragraph(say("report.annex.adequacy_intro")), _by_rule(person, knowledge, phrases)]
    leading, reasons = leading_rule(knowledge), Reasons(phrases, knowledge)
    rows = []
    for row in person.adequacy:
        if row.rule.id == leading.id:
            facts = reasons.facts(row)
            told = Said("; ".join(row.reasons), sources_of(facts), "record", weakest(facts))
            rows.append((record(phrases.named(row.trial)), told))
    columns = (say("report.rule_columns.trial"), say("report.rule_columns.reasons"))
    blocks.append(Grid(say("report.annex.reasons", rule=leading.name), columns, tuple(rows), (3, 10)))
    return Section("adequacy", say("report.annex.adequacy"), tuple(blocks), starts_page=True)


def _by_rule(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> Grid:
    """One row a trial, one column a rule."""
    say, cells = phrases.say, Cells(phrases)
    rules = [knowledge.rules[key] for key in knowledge.rules_of_definitions]
    judged = {(row.trial.id, row.rule.id): row for row in person.adequacy}
    rows = []
    for trial in person.trials:
        told = [record(phrases.named(trial))]
        for rule in rules:
            row = judged[trial.id, rule.id]
            days = phrases.days(row.adequate_days_low, row.adequate_days)
            failed = say(f"words.tri.{row.failed_adequate}")
            text = say("report.rule_cell", fair=cells.fair(row), days=days, failed=failed)
            told.append(Said(text, rule.sources, "record", rule.verified))
        rows.append(tuple(told))
    columns = (say("report.rule_columns.trial"), *(rule.id for rule in rules))
    return Grid(say("report.annex.adequacy"), columns, tuple(rows), (3, *(2 for _ in rules)))


def scores(tables: Iterable[DataTable], phrases: Phrases) -> Section | None:
    """All scores on record; None where there are none."""
    grids: list[Block] = [data_grid(table, (2, 2, 3, 6)) for table in tables]
    return Section("scores", phrases.say("report.annex.scores"), tuple(grids)) if grids else None


def sources(document_ids: Iterable[str], view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Section:
    """Definitions and rules in use with their marks, what no source was read for, and every citation.

    Parameters
    ----------
    document_ids : iterable of str
        Source ids that the rest of the document uses.
    view : AssessmentView
    knowledge : Knowledge
    phrases : Phrases
    """
    say = phrases.say
    used = tuple(
        (Said(name, entry.sources), Said(phrases.mark(entry.verified)), Said(", ".join(entry.sources), entry.sources))
        for name, entry in in_use(view, knowledge, phrases)
    )
    blocks: list[Block] = [
        Grid(say("page.sources"), tuple(say(f"report.used_columns.{c}") for c in ("name", "mark", "sources")), used,
             (6, 2, 6)),
    ]  # fmt: skip
    if unread := unverified(view, knowledge, phrases):
        blocks.append(paragraph(say("page.unverified"), is_note=True))
        blocks.append(items(Said(told, ids, verified="no") for told, ids in unread))
    blocks.append(paragraph(say("page.marks")))
    blocks.append(_citations((*cited(view, knowledge), *document_ids), knowledge, phrases))
    return Section("sources", say("report.annex.sources"), tuple(blocks), starts_page=True)


def _citations(ids: Iterable[str], knowledge: Knowledge, phrases: Phrases) -> Grid:
    known = [knowledge.sources[i] for i in sorted(set(ids))]
    rows = tuple((Said(s.id, (s.id,)), Said(s.citation, (s.id,)), Said(s.seen, (s.id,))) for s in known)
    columns = tuple(phrases.say(f"report.source_columns.{c}") for c in ("id", "citation", "seen"))
    return Grid(phrases.say("page.citations"), columns, rows, (2, 7, 3))


def citations(ids: Iterable[str], knowledge: Knowledge, phrases: Phrases) -> Section:
    """Citations alone."""
    return Section("sources", phrases.say("report.annex.sources"), (_citations(ids, knowledge, phrases),))


def source_ids(document: Document, further: Iterable[Section | None] = ()) -> tuple[str, ...]:
    """Every source id that a document, and sections that are not yet part of it, use; in order."""
    runs = [said for _, said in said_in(document)]
    for section in further:
        runs += [said for _, said in said_in_section(section)] if section else []
    return tuple(dict.fromkeys(source for said in runs for source in said.sources))


def method(view: AssessmentView, phrases: Phrases) -> Section:
    """How it came about, who paid, when it changes, what was never tested."""
    say = phrases.say
    day = phrases.day(view.knowledge_date)
    return Section(
        "method",
        say("report.annex.method"),
        (
            items(
                [
                    say("report.method.rules"),
                    program(say("report.method.updated", version=view.knowledge_version, day=day)),
                    say("report.method.funded"),
                    say("report.method.needs"),
                    say("report.method.kept"),
                ]
            ),
        ),
    )
