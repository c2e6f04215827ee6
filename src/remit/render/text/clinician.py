"""The page for clinicians: crisis panel, timeline, trials, verdicts, what would settle them, assumptions, sources."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from remit.knowledge import Knowledge
from remit.render.cells import FAMILIES, Cells, settling
from remit.render.phrases import Phrases
from remit.render.statements import leading_rule
from remit.render.text.considered import considered
from remit.render.text.optioned import optioned
from remit.render.text.page import bullets, crisis_first, disclaimers, heading, numbered, paragraph, table
from remit.render.text.references import references
from remit.render.text.timeline import Timeline
from remit.render.views import AssessmentView, PersonView, VerdictView

VERDICT_WIDTHS = {"status": 18, "missing": 7}
VERDICT_SHARES = {"definition": 2, "result": 1, "range": 1}
"""Columns of the table of verdicts: fixed ones, and how the others share the rest of the page."""
_SIGNS = {"met": "[x]", "not_met": "[ ]", "undetermined": "[?]", "not_applicable": "[-]"}


def clinician_page(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """Renderables of all persons, in order."""
    for i, person in enumerate(view.persons):
        if i:
            yield Line("\n")
        yield from _Page(view, person, knowledge, phrases).parts()
    if view.notices:
        yield heading(phrases.say("page.notices"))
        yield bullets(
            phrases.say("page.notice", kind=phrases.say(f"words.notice.{n.kind}"), text=n.text) for n in view.notices
        )
    yield from references(view, knowledge, phrases)


class _Page:
    def __init__(self, view: AssessmentView, person: PersonView, knowledge: Knowledge, phrases: Phrases) -> None:
        self.view, self.person, self.knowledge, self.phrases = view, person, knowledge, phrases
        self.say = phrases.say
        self.cells = Cells(phrases)
        self.settling = settling(person.verdicts)

    def parts(self) -> Iterator[RenderableType]:
        yield from crisis_first(self.person, self.knowledge, self.phrases)
        yield from self._header()
        if self.person.trials:
            yield heading(self.say("page.timeline"))
            yield Timeline(self.person.trials, self.person.index_date, self.phrases)
            yield from self._trials()
        else:
            yield paragraph(self.say("page.no_trials"))
        yield from self._verdicts()
        yield from self._settle()
        yield from considered(self.person, self.phrases)
        yield from optioned(self.person, self.knowledge, self.phrases)
        yield from self._record()
        yield Line()
        yield disclaimers(self.person.country, self.view.knowledge_date, self.knowledge, self.phrases)

    def _header(self) -> Iterator[RenderableType]:
        say, person, view = self.say, self.person, self.view
        yield Line(say("page.title"), style="bold")
        day = self.phrases.day(person.index_date)
        parts = [say("page.person", person=person.id), say("page.index", day=day), say("page.mode")]
        yield Line("  |  ".join(parts))
        yield Line(say("page.knowledge", version=view.knowledge_version, day=self.phrases.day(view.knowledge_date)))
        yield Line(self.cells.episode(person))
        if person.score:
            yield Line(say("page.latest_score", score=person.score))
        yield Line(say("page.apart"))
        for statement in person.statements:
            if statement.about == "safety":
                yield Line(statement.text, style="bold")

    def _trials(self) -> Iterator[RenderableType]:
        rule = leading_rule(self.knowledge)
        yield heading(self.say("page.trials", rule=rule.name))
        columns = ("treatment", "dates", "days", "dose", "fair", "outcome")
        grid = table(*(self.say(f"page.trial_columns.{c}") for c in columns))
        for column in grid.columns[2:4]:
            column.justify = "right"
        for row in self.person.adequacy:
            if row.rule.id == rule.id:
                trial = row.trial
                cells = (
                    self.cells.name(trial),
                    self.phrases.period(trial),
                    self.cells.days(trial),
                    self.cells.dose(trial),
                    self.cells.fair(row),
                    self.cells.outcome(trial),
                )
                grid.add_row(*(Line(cell) for cell in cells))
        yield grid
        others = list(self.cells.other_rules(self.person, rule.id))
        if others:
            yield paragraph(self.say("page.other_rules"))
            yield bullets(others)

    def _verdicts(self) -> Iterator[RenderableType]:
        yield heading(self.say("page.verdicts"))
        columns = ("definition", "status", "result", "range", "missing")
        grid = table(*(self.say(f"page.verdict_columns.{c}") for c in columns))
        grid.expand = True
        for key, column in zip(columns, grid.columns, strict=True):
            column.width, column.ratio = VERDICT_WIDTHS.get(key), VERDICT_SHARES.get(key)
        for family in FAMILIES:
            verdicts = [v for v in self.person.verdicts if v.definition.family == family]
            if not verdicts:
                continue
            grid.add_row(Line(self.say(f"words.family.{family}"), style="bold"))
            for verdict in verdicts:
                name, *cells = (Line(cell) for cell in self._verdict(verdict))
                grid.add_row(Padding(name, (0, 0, 0, 2)), *cells, end_section=verdict is verdicts[-1])
        yield grid
        yield paragraph(self.say("page.failed_note"))

    def _verdict(self, verdict: VerdictView) -> tuple[str, ...]:
        cells = self.cells
        status = f"{_SIGNS[verdict.status]} {self.say(f'words.status.{verdict.status}')}"
        if since := cells.since(verdict):
            status += f"\n{since}"
        name = cells.definition(verdict)
        if verdict.status == "not_applicable":
            return name, status, "-", "-", cells.excluded(verdict)
        return name, status, cells.result(verdict), cells.range(verdict), cells.missing(verdict, self.settling)

    def _settle(self) -> Iterator[RenderableType]:
        if not self.settling:
            return
        yield heading(self.say("page.settle"))
        n = len(self.person.verdicts)
        yield numbered(self.cells.settled(lack.text, names, n) for lack, names in self.settling.items())

    def _record(self) -> Iterator[RenderableType]:
        if self.person.assumptions:
            yield heading(self.say("page.assumptions"))
            yield bullets(self.person.assumptions)
        if self.person.notices:
            yield heading(self.say("page.notices"))
            yield bullets(map(self.cells.notice, self.person.notices))
