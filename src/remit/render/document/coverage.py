"""The packet for a coverage policy as a document: policy, criteria with what is not documented, table of trials."""

from __future__ import annotations

from math import floor
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.facts import FactDefinition
from remit.knowledge.payers import Criterion, PayerPolicy
from remit.render.coverage_json import TrialRow, trial_rows
from remit.render.document.blocks import Block, Document, Grid, Items, Part, Said, Section, record
from remit.render.document.parts import Frame, paragraph
from remit.render.document.sourced import check
from remit.render.phrases import Phrases, number, sources_of
from remit.render.rows import by
from remit.render.views import AssessmentView, PersonView
from remit.tables import Tables

Row = dict[str, Any]
TENTHS = 10
"""Weeks are cut after the first place, never rounded up to a threshold."""

_TOLD = ("effective", "approval", "retreatment", "conflict", "caution")
_TRIAL_COLUMNS = ("drug", "dates", "dose", "weeks", "fair", "outcome", "why", "record")


def coverage_document(
    view: AssessmentView, tables: Tables, policy: PayerPolicy, knowledge: Knowledge, phrases: Phrases
) -> Document:
    """One part a person; `tables` are those of a run and of `remit.flow.coverage`."""
    writer = _Writer(view, tables, policy, knowledge, phrases)
    keys = tables["person"]["person_key"].to_list()
    parts = tuple(writer.part(person, key) for person, key in zip(view.persons, keys, strict=True))
    document = Document(
        title=writer.title(phrases.listed(person.id for person in view.persons)),
        day=max((p.index_date for p in view.persons), default=view.knowledge_date),
        parts=parts,
        words=writer.frame.words(),
    )
    return check(document, knowledge.sources)


class _Writer:
    def __init__(
        self, view: AssessmentView, tables: Tables, policy: PayerPolicy, knowledge: Knowledge, phrases: Phrases
    ) -> None:
        self.view, self.tables, self.policy = view, tables, policy
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self.frame = Frame(knowledge, phrases)
        self.whole = by(tables["coverage"], "person_key")
        self.states = by(tables["coverage_criterion"], "person_key")
        self.facts = by(tables["coverage_fact"], "person_key")

    def title(self, person: str) -> str:
        return self.say("coverage.title", payer=self.policy.payer, policy=self.policy.policy, person=person)

    def part(self, person: PersonView, key: int) -> Part:
        return Part(
            title=self.title(person.id),
            lead=self.frame.lead(self.view, person),
            sections=(self._policy(key), *self._criteria(key), self._trials(person, key)),
            about=self.frame.about(person.country, self.view.knowledge_date, self.view.knowledge_version),
            crisis=self.frame.crisis(person),
        )

    def _policy(self, key: int) -> Section:
        policy = self.policy
        names = self.phrases.listed(self.knowledge.catalogue[t].name for t in policy.treatments)
        told = [
            self.say(
                "coverage.policy_line",
                payer=policy.payer,
                policy=policy.policy,
                treatments=names,
                jurisdiction=policy.jurisdiction,
            ),
            self.say(f"coverage.covers.{policy.covers}"),
            self.say(f"coverage.psychotherapy.{policy.psychotherapy}"),
        ]
        given = {
            name: getattr(policy, name) for name in ("effective", "approval", "retreatment", "conflict", "caution")
        }
        told += [self.say(f"coverage.{name}", **{name: value}) for name, value in given.items() if value]
        items = tuple(Said(line, policy.sources, verified=policy.verified) for line in told)
        blocks: tuple[Block, ...] = (
            paragraph(Said(self._result(key), origin="record", is_strong=True)),
            Items(items),
            paragraph(self.say("coverage.check"), is_note=True),
        )
        return Section("policy", self.say("coverage.policy"), blocks)

    def _result(self, key: int) -> str:
        row = self.whole[key][0]
        of = row["n_met"] + row["n_not_met"] + row["n_not_documented"]
        if row["state"] is None:
            return self.say("coverage.result.none")
        n = of if row["state"] == "met" else row[f"n_{row['state']}"]
        return self.say(f"coverage.result.{row['state']}", n=n, of=of, open=row["n_not_documented"])

    def _criteria(self, key: int) -> list[Section]:
        if not self.policy.criteria:
            return []
        states = {row["criterion_id"]: row["state"] for row in self.states[key]}
        lacking: dict[str, list[FactDefinition]] = {}
        for row in self.facts[key]:
            if not row["is_documented"]:
                lacking.setdefault(row["criterion_id"], []).append(self.knowledge.facts[row["fact_key"]])
        grid = Grid(
            self.say("coverage.criteria"),
            tuple(self.say(f"coverage.columns.{c}") for c in ("criterion", "state", "lacking")),
            tuple(self._criterion(c, states[c.id], lacking.get(c.id, [])) for c in self.policy.criteria),
            (5, 2, 4),
        )
        return [Section("criteria", self.say("coverage.criteria"), (grid,))]

    def _criterion(self, criterion: Criterion, state: str, lacking: list[FactDefinition]) -> tuple[Said, ...]:
        text = self.say("coverage.excluded", text=criterion.text) if criterion.is_exclusion else criterion.text
        is_open = lacking and state == "not_documented"
        shown = "; ".join(fact.name for fact in lacking) if is_open else self.say("coverage.nothing")
        return (
            Said(text, criterion.sources, verified=criterion.verified),
            record(self.say(f"coverage.state.{state}")),
            Said(shown, sources_of(lacking) if is_open else (), "record"),
        )

    def _trials(self, person: PersonView, key: int) -> Section:
        rule = self.knowledge.library.rules[self.policy.adequacy]
        rows = trial_rows(person, key, self.tables, self.policy, self.phrases)
        head = paragraph(Said(self.say("coverage.trials_rule", rule=rule.name), rule.sources, verified=rule.verified))
        if not rows:
            return Section("trials", self.say("coverage.trials"), (head, paragraph(self.say("coverage.no_trials"))))
        columns = tuple(self.say(f"coverage.trial_columns.{c}") for c in _TRIAL_COLUMNS)
        cells = tuple(tuple(record(cell) for cell in self._trial(row)) for row in rows)
        grid = Grid(self.say("coverage.trials"), columns, cells, (6, 6, 3, 3, 3, 4, 5, 5))
        return Section("trials", self.say("coverage.trials"), (head, grid))

    def _trial(self, row: TrialRow) -> tuple[str, ...]:
        unknown = self.say("coverage.unknown")
        trial = row.trial
        dose = number(trial.max_dose_mg) if trial.max_dose_mg is not None else unknown
        return (
            f"{trial.treatment.name}, {trial.class_name}",
            self.phrases.period(trial),
            dose,
            self._weeks(row),
            self.say(f"coverage.fair.{row.fair_try}"),
            self.phrases.outcome(trial.outcome),
            self.say(f"words.stopped.{trial.stop_reason}") if trial.stop_reason else unknown,
            "; ".join(row.record_refs) or unknown,
        )

    def _weeks(self, row: TrialRow) -> str:
        low, high = (None if w is None else number(floor(w * TENTHS) / TENTHS) for w in (row.weeks_low, row.weeks))
        if high is None:
            return self.say("coverage.weeks_least", low=low)
        key = "coverage.weeks" if low == high else "coverage.weeks_range"
        return self.say(key, weeks=high, low=low, high=high)
