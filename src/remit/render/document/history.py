"""Sections about what was tried and what the definitions say, for clinicians."""

from __future__ import annotations

from collections.abc import Iterator

from remit.knowledge import Knowledge
from remit.render.cells import FAMILIES, Cells, settling
from remit.render.charts.frame import Chart, DataTable
from remit.render.charts.history import History
from remit.render.document.blocks import Block, Figure, Grid, Said, Section, program, record
from remit.render.document.parts import items, paragraph, said
from remit.render.phrases import Phrases, sources_of, weakest
from remit.render.reasons import Reasons
from remit.render.statements import leading_rule
from remit.render.views import PersonView, VerdictView

TRIAL_COLUMNS = ("treatment", "dates", "days", "dose", "fair", "outcome")
VERDICT_COLUMNS = ("definition", "status", "result", "range", "missing")


class HistorySections:
    """Sections of one person.

    Parameters
    ----------
    person : PersonView
    knowledge : Knowledge
    phrases : Phrases
    history : History
        Draws the charts.
    name : str
        Unique in the document; ids of charts begin with it.
    """

    def __init__(self, person: PersonView, knowledge: Knowledge, phrases: Phrases, history: History, name: str) -> None:
        self.person, self.knowledge, self.phrases, self.say = person, knowledge, phrases, phrases.say
        self.cells, self.rule = Cells(phrases), leading_rule(knowledge)
        self.settling = settling(person.verdicts)
        self._history = history
        self.chart: Chart | None = history.of(person, name)

    def score_tables(self) -> tuple[DataTable, ...]:
        """Tables of all scores in the chart; what else it shows has sections of its own."""
        tables = self.chart.tables if self.chart else ()
        return tuple(table for table in tables if table.columns == self._history.score_columns)

    def figure(self) -> Iterator[Figure]:
        """The chart with what explains it."""
        if self.chart:
            sources = (*self.rule.sources, *self._thresholds())
            yield Figure(self.chart, Said(self._history.legend(), sources, "program"))

    def _thresholds(self) -> list[str]:
        """Sources of the thresholds that the chart draws."""
        known = self.knowledge.instruments.values()
        found = [i.change.remission_at_most for i in known if i.is_depression_severity]
        return list(dict.fromkeys(s for number in found if number for s in number.sources))

    def timeline(self) -> Section | None:
        """Scores and treatments in one picture."""
        blocks: list[Block] = [*self.figure()]
        if not blocks:
            return None
        trials, scores = self.say("chart.trials"), self.say("report.annex.scores")
        blocks.append(paragraph(self.say("report.chart_where", trials=trials, scores=scores)))
        return Section("timeline", self.say("page.timeline"), tuple(blocks))

    def episode(self) -> Section:
        """The current episode and the newest score, with what each is not."""
        lines = [record(self.cells.episode(self.person))]
        if self.person.score:
            lines.append(record(self.say("page.latest_score", score=self.person.score)))
        return Section("episode", self.say("report.summary"), (items([*lines, Said(self.say("page.apart"))]),))

    def trials(self) -> Section:
        """The table of trials by the leading rule, and where other rules judge differently."""
        title = self.say("page.trials", rule=self.rule.name)
        if not self.person.trials:
            return Section("trials", title, (paragraph(self.say("page.no_trials")),))
        blocks: list[Block] = [self.trial_grid()]
        if others := list(self.cells.other_rules(self.person, self.rule.id)):
            blocks += [paragraph(self.say("page.other_rules")), items(record(told) for told in others)]
        return Section("trials", title, tuple(blocks))

    def trial_grid(self) -> Grid:
        """One row a trial."""
        reasons, cells = Reasons(self.phrases, self.knowledge), self.cells
        rows = []
        for row in self.person.adequacy:
            if row.rule.id == self.rule.id:
                trial, facts = row.trial, reasons.facts(row)
                rows.append(
                    (
                        record(cells.name(trial)),
                        record(self.phrases.period(trial)),
                        record(cells.days(trial)),
                        record(cells.dose(trial)),
                        Said(cells.fair(row), sources_of(facts), "record", weakest(facts)),
                        record(cells.outcome(trial)),
                    )
                )
        names = tuple(self.say(f"page.trial_columns.{c}").replace("\n", " ") for c in TRIAL_COLUMNS)
        return Grid(self.say("chart.trials"), names, tuple(rows), (4, 4, 2, 2, 4, 6))

    def verdicts(self) -> Section:
        """One table per family of definitions."""
        names = tuple(self.say(f"page.verdict_columns.{c}").replace("\n", " ") for c in VERDICT_COLUMNS)
        blocks: list[Block] = []
        for family in FAMILIES:
            rows = tuple(self._verdict(v) for v in self.person.verdicts if v.definition.family == family)
            if rows:
                blocks.append(Grid(self.say(f"words.family.{family}"), names, rows, (7, 4, 4, 6, 4)))
        blocks.append(paragraph(program(self.say("page.failed_note"))))
        return Section("verdicts", self.say("page.verdicts"), tuple(blocks))

    def _verdict(self, verdict: VerdictView) -> tuple[Said, ...]:
        cells, definition = self.cells, verdict.definition
        status = self.say(f"words.status.{verdict.status}")
        name = Said(cells.definition(verdict), definition.sources, verified=definition.verified)
        told = record(f"{status} {cells.since(verdict)}".strip())
        if verdict.status == "not_applicable":
            dash = Said(self.say("page.nothing_missing"))
            return name, told, dash, dash, record(cells.excluded(verdict))
        missing = cells.missing(verdict, self.settling)
        return name, told, record(cells.result(verdict)), record(cells.range(verdict)), program(missing)

    def unknowns(self) -> Section:
        """What is not known, with the verdicts that it leaves open; what was taken as ordinary."""
        say = self.say
        blocks: list[Block] = [paragraph(say("report.unknowns_intro"))]
        if self.settling:
            n = len(self.person.verdicts)
            lines = [record(self.cells.settled(lack.text, names, n)) for lack, names in self.settling.items()]
            blocks += [paragraph(say("page.settle"), is_note=True), items(lines, is_numbered=True)]
        else:
            blocks.append(paragraph(say("report.nothing_unknown")))
        if self.person.assumptions:
            blocks += [paragraph(say("page.assumptions"), is_note=True)]
            blocks.append(items(record(told) for told in self.person.assumptions))
        return Section("unknowns", say("report.unknowns"), tuple(blocks))

    def notices(self) -> Section | None:
        """Notes on the record; None where there are none."""
        if not self.person.notices:
            return None
        lines = items(record(self.cells.notice(n)) for n in self.person.notices)
        return Section("notices", self.say("page.notices"), (lines,))

    def statements(self, about: str) -> list[Said]:
        """Statements about something, as runs of text."""
        return [said(s) for s in self.person.statements if s.about.startswith(about)]
