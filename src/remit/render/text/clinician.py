"""The page for clinicians: crisis panel, timeline, trials, verdicts, what would settle them, assumptions, sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import get_args

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text as Line

from remit.knowledge import Definition, Knowledge
from remit.render.phrases import Phrases, number
from remit.render.statements import leading_rule, result, why_not
from remit.render.text.page import bullets, crisis_first, disclaimers, heading, numbered, paragraph, table
from remit.render.text.references import references
from remit.render.text.timeline import Timeline
from remit.render.views import AdequacyView, AssessmentView, Lack, PersonView, TrialView, VerdictView

FAMILIES: tuple[str, ...] = get_args(Definition.model_fields["family"].annotation)
VERDICT_WIDTHS = (24, 16, 8, 11, 9)
"""Least columns of the table of verdicts; together with the space between they fill a page of 80."""
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


def settling(verdicts: tuple[VerdictView, ...]) -> dict[Lack, list[str]]:
    """Missing facts with the names of the definitions that they leave open; those that would settle most come first."""
    found: dict[Lack, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for lack in verdict.missing:
            found[_merged(lack, found)].append(verdict.definition.name)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _merged(lack: Lack, found: dict[Lack, list[str]]) -> Lack:
    """The same fact of the same trial is one, although the rules that ask for it differ."""
    return next((f for f in found if (f.fact, f.trial_id) == (lack.fact, lack.trial_id)), lack)


class _Page:
    def __init__(self, view: AssessmentView, person: PersonView, knowledge: Knowledge, phrases: Phrases) -> None:
        self.view, self.person, self.knowledge, self.phrases = view, person, knowledge, phrases
        self.say = phrases.say
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
        known = self.phrases.span(person.episode_start, person.episode_start_latest)
        start = say("page.since", day=known) if person.episode_start_latest else say("page.no_start")
        severity = say(f"words.severity.{person.severity or 'unknown'}")
        psychotic = say(f"words.psychotic.{person.psychotic}")
        yield Line(say("page.episode", start=start, severity=severity, psychotic=psychotic))
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
                    self._name(trial),
                    self.phrases.period(trial),
                    self._days(trial),
                    self._dose(trial),
                    self._fair(row),
                    self._outcome(trial),
                )
                grid.add_row(*(Line(cell) for cell in cells))
        yield grid
        others = list(self._other_rules(rule.id))
        if others:
            yield paragraph(self.say("page.other_rules"))
            yield bullets(others)

    def _name(self, trial: TrialView) -> str:
        added = f"\n{self.say('page.added', treatment=trial.added_to)}" if trial.added_to else ""
        return f"{trial.treatment.name}{added}"

    def _days(self, trial: TrialView) -> str:
        low, high = trial.covered_days_low, trial.covered_days
        if high is None:
            return self.say("page.days_least", low=low)
        return str(low) if low == high else self.say("page.days_range", low=low, high=high)

    def _dose(self, trial: TrialView) -> str:
        if trial.treatment.given_as == "sessions":
            n = trial.sessions
            return self.say("page.sessions", n=number(n)) if n else "?"
        if trial.max_dose_mg is None:
            return "?"
        dose = number(trial.max_dose_mg)
        return dose if trial.is_dose_complete else self.say("page.dose_partly", dose=dose)

    def _fair(self, row: AdequacyView) -> str:
        return self.say(f"page.fair.{row.fair_try}", why=why_not(row, self.phrases))

    def _outcome(self, trial: TrialView) -> str:
        word = "open" if trial.outcome is None and trial.basis != "none" else trial.outcome
        parts = [self.phrases.outcome(word)]
        if trial.improvement_percent is not None:
            parts[0] = self.say("statement.percent", outcome=parts[0], percent=number(round(trial.improvement_percent)))
        if trial.measured:
            parts.append(trial.measured)
        if trial.disagrees:
            parts.append(self.say("page.disagrees"))
        if trial.stop_reason:
            parts.append(self.say("page.stopped", reason=self.say(f"words.stopped.{trial.stop_reason}")))
        return "; ".join(parts)

    def _other_rules(self, leading: str) -> Iterator[str]:
        """Trials that another rule in use calls a fair try where the leading one does not, or the reverse."""
        fair = {a.trial.id: a.fair_try for a in self.person.adequacy if a.rule.id == leading}
        for trial in self.person.trials:
            differing: dict[str, list[str]] = defaultdict(list)
            for row in self.person.adequacy:
                if row.trial.id == trial.id and row.fair_try != fair[trial.id]:
                    differing[self._fair(row)].append(row.rule.id)
            for told, rules in differing.items():
                named = self.phrases.named(trial)
                yield self.say("page.other_rule", treatment=named, fair=told, rules=self.phrases.listed(rules))

    def _verdicts(self) -> Iterator[RenderableType]:
        yield heading(self.say("page.verdicts"))
        columns = ("definition", "status", "result", "range", "missing")
        grid = table(*(self.say(f"page.verdict_columns.{c}") for c in columns))
        for column, width in zip(grid.columns, VERDICT_WIDTHS, strict=True):
            column.min_width = width
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
        definition = verdict.definition
        status = f"{_SIGNS[verdict.status]} {self.say(f'words.status.{verdict.status}')}"
        if verdict.first_met_date:
            status += f"\n{self.say('page.since', day=self.phrases.day(verdict.first_met_date))}"
        name = definition.name
        if definition.label:
            name += f" [{definition.label}]"
        if verdict.status == "not_applicable":
            told = self.say("page.excluded", conditions=self.phrases.listed(verdict.excluded_by))
            return name, status, "-", "-", told
        return name, status, self._result(verdict), self._range(verdict), self._missing(verdict)

    def _result(self, verdict: VerdictView) -> str:
        """The result, or the end of its range that decides the verdict."""
        if verdict.low == verdict.high:
            return result(verdict, self.phrases)
        if verdict.status == "met" and verdict.low is not None:
            return self.say("page.at_least", value=number(verdict.low))
        if verdict.status == "not_met" and verdict.high is not None:
            return self.say("page.at_most", value=number(verdict.high))
        return "?"

    def _range(self, verdict: VerdictView) -> str:
        """What the result can be, with the published names of both ends."""
        ends = (verdict.low, verdict.high)
        low, high = (self.say("words.no_result") if end is None else number(end) for end in ends)
        if low == high:
            return low
        told = self.say("words.range", low=low, high=high)
        labels = [verdict.definition.label_of(end) for end in ends]
        if labels[0] == labels[1]:
            return self.say("words.labelled", value=told, label=labels[0]) if labels[0] else told
        return result(verdict, self.phrases)

    def _missing(self, verdict: VerdictView) -> str:
        order = [(lack.fact, lack.trial_id) for lack in self.settling]
        found = sorted({order.index((lack.fact, lack.trial_id)) + 1 for lack in verdict.missing})
        if not found:
            return self.say("page.nothing_missing")
        return ", ".join(map(str, found))

    def _settle(self) -> Iterator[RenderableType]:
        if not self.settling:
            return
        yield heading(self.say("page.settle"))
        yield numbered(self._settled(lack.text, names) for lack, names in self.settling.items())

    def _settled(self, told: str, names: list[str]) -> str:
        n = len(names)
        if n > 1 and n == len(self.person.verdicts):
            return self.say("page.settle_all", text=told, n=n)
        # What stands in brackets after a name is not needed to tell definitions apart.
        short = "; ".join(name.split(" (")[0] for name in names)
        return self.say("page.settle_row", text=told, n=n, names=short)

    def _record(self) -> Iterator[RenderableType]:
        if self.person.assumptions:
            yield heading(self.say("page.assumptions"))
            yield bullets(self.person.assumptions)
        if self.person.notices:
            yield heading(self.say("page.notices"))
            yield bullets(self._notices())

    def _notices(self) -> Iterator[str]:
        for notice in self.person.notices:
            kind = self.say(f"words.notice.{notice.kind}")
            if notice.record_ref:
                yield self.say("page.notice_at", kind=kind, text=notice.text, place=notice.record_ref)
            else:
                yield self.say("page.notice", kind=kind, text=notice.text)
