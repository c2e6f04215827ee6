"""`remit-plan/1`: a person's schedule as plain objects; doses and protocols only for clinicians."""

from __future__ import annotations

from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.catalogue import Phase
from remit.knowledge.plans import PlanStep, PlanTemplate
from remit.render.assessment_json import panel_json
from remit.render.crisis import has_sign, panel
from remit.render.phrases import Phrases, plain
from remit.render.rows import by
from remit.render.views import AssessmentView
from remit.tables import Tables

SCHEMA = "remit-plan/1"

Json = dict[str, Any]
Row = dict[str, Any]


def plan_json(
    view: AssessmentView, tables: Tables, template: PlanTemplate, option: str, knowledge: Knowledge, phrases: Phrases
) -> Json:
    """The document; `tables` are those of `remit.flow.plan`, `view` that of the same persons."""
    writer = _Writer(tables, template, knowledge, phrases)
    persons = [
        _crisis(view, n, knowledge, phrases)
        | {"person_id": person.id, "index_date": person.index_date.isoformat()}
        | writer.person(key)
        for n, (person, key) in enumerate(zip(view.persons, tables["plan"]["person_key"].to_list(), strict=True))
    ]
    head: Json = {
        "schema": SCHEMA,
        "knowledge_version": view.knowledge_version,
        "knowledge_date": view.knowledge_date.isoformat(),
        "mode": view.mode,
        "option": option,
        "plan": {
            "id": template.id,
            "name": template.plain_name if phrases.is_visit else template.name,
            "sources": list(template.sources),
            "verified": template.verified,
        },
    }
    if not phrases.is_visit:
        head["plan"]["summary"] = template.summary
        head["protocol"] = [phase_json(phase) for phase in knowledge.catalogue[option].protocol]
    return head | {"persons": persons}


def _crisis(view: AssessmentView, n: int, knowledge: Knowledge, phrases: Phrases) -> Json:
    person = view.persons[n]
    if not has_sign(person.signs):
        return {}
    return {"crisis": panel_json(panel(person.signs, person.country, knowledge, phrases))}


def phase_json(phase: Phase) -> Json:
    """A phase of a protocol, for clinicians."""
    return phase.model_dump(mode="json", exclude_none=True)


def missing(rows: list[Row], knowledge: Knowledge, phrases: Phrases) -> list[str]:
    """Facts without which day 0 cannot be dated."""
    found = []
    for row in rows:
        if row["clear_date"] is None:
            key = "plan.missing_still_taken" if row["is_taken"] else "plan.missing_last_day"
            found.append(phrases.say(key, treatment=knowledge.treatments[row["treatment_key"]].name))
    return found


class _Writer:
    def __init__(self, tables: Tables, template: PlanTemplate, knowledge: Knowledge, phrases: Phrases) -> None:
        self.template, self.knowledge, self.phrases = template, knowledge, phrases
        self.starts = by(tables["plan"], "person_key")
        self.washouts = by(tables["plan_washout"], "person_key")
        self.steps = by(tables["step"], "person_key")
        self.checkpoints = by(tables["checkpoint"], "person_key")
        self.step_of = {step.id: step for step in template.steps}
        self.checkpoint_of = {point.id: point for point in template.checkpoints}
        self.washout_of = {washout.id: washout for washout in template.washouts}

    def person(self, key: int) -> Json:
        start = self.starts[key][0]
        washouts = self.washouts.get(key, [])
        return {
            "asked_date": _iso(start["asked_date"]),
            "zero_date": _iso(start["zero_date"]),
            "missing": missing(washouts, self.knowledge, self.phrases),
            "washouts": [self._washout(row) for row in washouts],
            "steps": [self._step(row) for row in self.steps[key]],
            "checkpoints": [self._checkpoint(row) for row in self.checkpoints.get(key, ())],
        }

    def _washout(self, row: Row) -> Json:
        washout = self.washout_of[row["washout_id"]]
        return {
            "treatment": self.knowledge.treatments[row["treatment_key"]].id,
            "last_date": _iso(row["last_date"]),
            "is_taken": row["is_taken"],
            "days": row["days"],
            "by_half_life": row["by_half_life"],
            "clear_date": _iso(row["clear_date"]),
            "text": self._told(washout.text, washout.plain),
            "sources": list(washout.sources),
            "verified": washout.verified,
        }

    def _step(self, row: Row) -> Json:
        step = self.step_of[row["step_id"]]
        told: Json = {
            "id": step.id,
            "n": row["n"],
            "of": row["n_all"],
            "kind": step.kind,
            "day": row["day"],
            "in_working_days": step.days.working_days,
            "date": _iso(row["date"]),
            "text": self._told(step.text, step.plain),
        }
        return told | self._dosing(step) | {"sources": list(step.sources), "verified": step.verified}

    def _dosing(self, step: PlanStep) -> Json:
        told: Json = {"per_day": step.per_day}
        if step.minutes_between is not None:
            told["minutes_between"] = plain(step.minutes_between)
        if step.dose and not self.phrases.is_visit:
            told["dose"] = step.dose
        return told

    def _checkpoint(self, row: Row) -> Json:
        point = self.checkpoint_of[row["checkpoint_id"]]
        scores = ("baseline", "early_at_most", "response_at_most", "remission_at_most")
        return {
            "id": point.id,
            "judge": point.judge,
            "n": row["n"],
            "of": row["n_all"],
            "day": row["day"],
            "date": _iso(row["date"]),
            "text": self._told(point.text, point.plain),
            "instrument": row["instrument_id"],
            "baseline_ref": row["baseline_ref"],
            **{name: None if row[name] is None else plain(row[name]) for name in scores},
            "sources": list(point.sources),
            "verified": point.verified,
        }

    def _told(self, clinical: str, plain_words: str) -> str:
        return plain_words if self.phrases.is_visit else clinical


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
