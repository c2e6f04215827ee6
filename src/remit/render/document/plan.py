"""The plan as a document: what must be out first, dated steps, checkpoints; for clinicians also the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.catalogue import Phase, Span
from remit.knowledge.plans import PlanCheckpoint, PlanStep, PlanTemplate
from remit.render.document.blocks import Document, Grid, Items, Part, Said, Section, record
from remit.render.document.parts import Frame, paragraph
from remit.render.document.sourced import check
from remit.render.phrases import Phrases, number
from remit.render.plan_json import missing
from remit.render.rows import by
from remit.render.views import AssessmentView, PersonView
from remit.tables import Tables

Row = dict[str, Any]
_SCORES = ("early", "response", "remission")


def plan_document(
    view: AssessmentView, tables: Tables, template: PlanTemplate, option: str, knowledge: Knowledge, phrases: Phrases
) -> Document:
    """One part a person.

    Parameters
    ----------
    view : AssessmentView
    tables : mapping of str to DataFrame
        Those of `remit.flow.plan`, of the same persons.
    template : PlanTemplate
    option : str
        Id in the catalogue.
    knowledge : Knowledge
    phrases : Phrases
    """
    writer = _Writer(view, tables, template, option, knowledge, phrases)
    keys = tables["plan"]["person_key"].to_list()
    parts = tuple(writer.part(person, key) for person, key in zip(view.persons, keys, strict=True))
    names = phrases.listed(person.id for person in view.persons)
    document = Document(
        title=phrases.say("plan.title", plan=writer.name, person=names),
        day=max((p.index_date for p in view.persons), default=view.knowledge_date),
        parts=parts,
        words=writer.frame.words(),
        shows_sources=not phrases.is_visit,
    )
    return check(document, knowledge.sources)


class _Writer:
    def __init__(
        self,
        view: AssessmentView,
        tables: Tables,
        template: PlanTemplate,
        option: str,
        knowledge: Knowledge,
        phrases: Phrases,
    ) -> None:
        self.view, self.template, self.option = view, template, option
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self.frame = Frame(knowledge, phrases)
        self.name = template.plain_name if phrases.is_visit else template.name
        self.rows = {name: by(tables[name], "person_key") for name in ("plan", "plan_washout", "step", "checkpoint")}
        self.steps = {step.id: step for step in template.steps}
        self.checkpoints = {point.id: point for point in template.checkpoints}
        self.washouts = {washout.id: washout for washout in template.washouts}

    def part(self, person: PersonView, key: int) -> Part:
        sections = (
            self._start(key),
            self._washout_section(key),
            self._step_section(key),
            self._checkpoint_section(key),
        )
        protocol = () if self.phrases.is_visit else self._protocol()
        crisis = self.frame.crisis(person)
        return Part(
            title=self.say("plan.title", plan=self.name, person=person.id),
            lead=self.frame.lead(self.view, person),
            sections=(*(s for s in sections if s is not None), *protocol),
            about=self.frame.about(person.country, self.view.knowledge_date, self.view.knowledge_version),
            crisis=crisis,
            pinned=self.frame.pinned(person.country) if crisis and self.phrases.is_visit else None,
        )

    def _start(self, key: int) -> Section:
        start = self.rows["plan"][key][0]
        zero, asked = start["zero_date"], start["asked_date"]
        told = [record(self.say("plan.lead", plan=self.name, day=self.phrases.day(asked)))]
        if zero is None:
            facts = missing(self.rows["plan_washout"].get(key, []), self.knowledge, self.phrases)
            told.append(record(self.say("plan.not_datable", missing="; ".join(facts))))
        else:
            word = "plan.moved" if zero > asked else "plan.zero"
            told.append(record(self.say(word, day=self.phrases.day(zero))))
        blocks = [paragraph(*told)]
        if not self.phrases.is_visit:
            template = self.template
            blocks.append(paragraph(Said(template.summary, template.sources, verified=template.verified)))
        return Section("start", self.name, (*blocks, paragraph(self.say("plan.as_published"), is_note=True)))

    def _washout_section(self, key: int) -> Section | None:
        rows = self.rows["plan_washout"].get(key, [])
        if not rows:
            return None
        columns = ("treatment", "last", "wait", "clear", "why")
        grid = Grid(
            self.say("plan.washouts"),
            tuple(self.say(f"plan.washout_columns.{c}") for c in columns),
            tuple(self._washout(row, self.rows["plan"][key][0]["asked_date"]) for row in rows),
            (2, 2, 2, 2, 5),
        )
        return Section("washouts", self.say("plan.washouts"), (grid,))

    def _washout(self, row: Row, asked: date) -> tuple[Said, ...]:
        washout = self.washouts[row["washout_id"]]
        wait = self.say("plan.wait", n=row["days"])
        wait = self.say("plan.by_half_life", wait=wait) if row["by_half_life"] else wait
        last = self.say("plan.still_taken") if row["is_taken"] else self._day(row["last_date"])
        clear = self._day(row["clear_date"])
        is_over = row["clear_date"] is not None and row["clear_date"] <= asked
        why = washout.plain if self.phrases.is_visit else washout.text
        return (
            record(self.knowledge.treatments[row["treatment_key"]].name),
            record(last),
            Said(wait, washout.sources),
            record(self.say("plan.over", day=clear) if is_over else clear),
            Said(why, washout.sources, verified=washout.verified),
        )

    def _step_section(self, key: int) -> Section:
        has_doses = not self.phrases.is_visit
        names = ("date", "day", "step", "how") if has_doses else ("date", "day", "step")
        words = "plan.step_columns" if has_doses else "plan.step_columns_visit"
        rows = tuple(self._step(row, self.steps[row["step_id"]]) for row in self.rows["step"][key])
        widths = (2, 2, 8, 4) if has_doses else (2, 2, 8)
        columns = tuple(self.say(f"{words}.{c}") for c in names)
        return Section("steps", self.say("plan.steps"), (Grid(self.say("plan.steps"), columns, rows, widths),))

    def _step(self, row: Row, step: PlanStep) -> tuple[Said, ...]:
        text = step.plain if self.phrases.is_visit else step.text
        if row["n_all"] > 1:
            text = self.say("plan.of", text=text, n=row["n"], of=row["n_all"])
        cells = (record(self._day(row["date"])), record(self._which_day(row, step.days.working_days)))
        told = Said(text, step.sources, verified=step.verified)
        if self.phrases.is_visit:
            return (*cells, told)
        how = [step.dose] if step.dose else []
        if step.minutes_between is not None:
            how.append(self.say("plan.sessions_a_day", n=step.per_day, minutes=number(step.minutes_between)))
        return (*cells, told, Said("; ".join(how), step.sources if how else ()))

    def _which_day(self, row: Row, is_working: bool) -> str:
        n = row["day"] + 1 if is_working else row["day"]
        return self.say("plan.working_day" if is_working else "plan.day", n=n)

    def _checkpoint_section(self, key: int) -> Section | None:
        rows = self.rows["checkpoint"].get(key, [])
        if not rows:
            return None
        columns = ("date", "day", "measure", "counts")
        grid = Grid(
            self.say("plan.checkpoints"),
            tuple(self.say(f"plan.checkpoint_columns.{c}") for c in columns),
            tuple(self._checkpoint(row, self.checkpoints[row["checkpoint_id"]]) for row in rows),
            (2, 2, 7, 5),
        )
        return Section("checkpoints", self.say("plan.checkpoints"), (grid,))

    def _checkpoint(self, row: Row, point: PlanCheckpoint) -> tuple[Said, ...]:
        return (
            record(self._day(row["date"])),
            record(self._which_day(row, point.days.working_days)),
            Said(point.plain if self.phrases.is_visit else point.text, point.sources, verified=point.verified),
            record(self._counts(row)),
        )

    def _counts(self, row: Row) -> str:
        if row["instrument_id"] is None:
            return self.say("plan.no_baseline")
        instrument = self.knowledge.instruments[row["instrument_id"]].name
        told = [self.say("plan.baseline", instrument=instrument, value=number(row["baseline"]))]
        for name in _SCORES:
            score = row[f"{name}_at_most"]
            if score is not None:
                told.append(self.say(f"plan.{name}", score=number(score)))
        return "; ".join(told)

    def _protocol(self) -> Iterator[Section]:
        phases = self.knowledge.catalogue[self.option].protocol
        if phases:
            told = tuple(_phase(phase, self.phrases) for phase in phases)
            yield Section("protocol", self.say("plan.protocol"), (Items(told),))

    def _day(self, day: date | None) -> str:
        return self.phrases.day(day) if day else self.say("plan.unknown_date")


def _phase(phase: Phase, phrases: Phrases) -> Said:
    """A phase of a protocol in one line."""
    parts = [phase.dose, phase.route, phase.text]
    spans = {"sessions": phase.sessions, "per_week": phase.per_week, "weeks": phase.weeks, "minutes": phase.minutes}
    parts += [phrases.say(f"plan.span.{name}", span=_span(span)) for name, span in spans.items() if span]
    if phase.level:
        parts.append(f"{_span(phase.level)} {phase.level_unit}")
    what = "; ".join(part for part in parts if part) or phrases.say("plan.protocol_none")
    told = phrases.say("plan.protocol_row", phase=phase.phase.replace("_", " "), what=what)
    return Said(told, phase.sources, verified=phase.verified)


def _span(span: Span) -> str:
    return number(span.low) if span.low == span.high else f"{number(span.low)}-{number(span.high)}"
