"""`remit-coverage/1`: a coverage packet as plain objects, with the trials that a prior authorisation asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from remit.knowledge import Knowledge
from remit.knowledge.payers import PayerPolicy
from remit.render.assessment_json import panel_json
from remit.render.crisis import has_sign, panel
from remit.render.phrases import Phrases, plain
from remit.render.rows import by
from remit.render.views import DAYS_PER_WEEK, AssessmentView, PersonView, TrialView
from remit.tables import Tables

SCHEMA = "remit-coverage/1"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial as a prior authorisation asks for it; weeks at an adequate dose, at most and for certain."""

    trial: TrialView
    weeks: float | None
    weeks_low: float
    fair_try: str
    failed: str
    record_refs: tuple[str, ...]


def trial_rows(
    person: PersonView, key: int, tables: Tables, policy: PayerPolicy, phrases: Phrases
) -> tuple[TrialRow, ...]:
    """A person's trials, judged by the policy's rule of what a fair try is."""
    refs = _records(tables, key)
    return tuple(
        TrialRow(
            trial=row.trial,
            weeks=None if row.adequate_days is None else row.adequate_days / DAYS_PER_WEEK,
            weeks_low=row.adequate_days_low / DAYS_PER_WEEK,
            fair_try=row.fair_try,
            failed=row.failed_adequate,
            record_refs=refs.get(row.trial.key, ()),
        )
        for row in person.adequacy
        if row.rule.id == policy.adequacy
    )


def _records(tables: Tables, person_key: int) -> dict[int, tuple[str, ...]]:
    """Where in the record each trial of a person stands."""
    rows = (
        tables["trial_exposure"]
        .join(tables["exposure"].filter(pl.col("person_key") == person_key), on="exposure_key")
        .join(tables["exposure_note"], on="exposure_key")
        .sort("exposure_key")
    )
    found = by(rows.select("trial_key", "record_ref"), "trial_key")
    return {trial: tuple(dict.fromkeys(row["record_ref"] for row in kept)) for trial, kept in found.items()}


def coverage_json(
    view: AssessmentView, tables: Tables, policy: PayerPolicy, knowledge: Knowledge, phrases: Phrases
) -> Json:
    """The document; `tables` are those of a run and of `remit.flow.coverage`."""
    keys = tables["person"]["person_key"].to_list()
    return {
        "schema": SCHEMA,
        "knowledge_version": view.knowledge_version,
        "knowledge_date": view.knowledge_date.isoformat(),
        "mode": view.mode,
        "policy": policy.model_dump(mode="json", by_alias=True, exclude={"criteria"}, exclude_none=True),
        "persons": [
            _person(person, key, tables, policy, knowledge, phrases)
            for person, key in zip(view.persons, keys, strict=True)
        ],
    }


def _person(
    person: PersonView, key: int, tables: Tables, policy: PayerPolicy, knowledge: Knowledge, phrases: Phrases
) -> Json:
    crisis: Json = {}
    if has_sign(person.signs):
        crisis["crisis"] = panel_json(panel(person.signs, person.country, knowledge, phrases))
    whole = by(tables["coverage"], "person_key")[key][0]
    return crisis | {
        "person_id": person.id,
        "index_date": person.index_date.isoformat(),
        "state": whole["state"],
        "met": whole["n_met"],
        "not_met": whole["n_not_met"],
        "not_documented": whole["n_not_documented"],
        "criteria": _criteria(key, tables, policy, knowledge),
        "trials": [_trial(row) for row in trial_rows(person, key, tables, policy, phrases)],
    }


def _criteria(key: int, tables: Tables, policy: PayerPolicy, knowledge: Knowledge) -> list[Json]:
    states = {row["criterion_id"]: row["state"] for row in by(tables["coverage_criterion"], "person_key")[key]}
    asked = by(tables["coverage_fact"].filter(pl.col("person_key") == key), "criterion_id")
    return [
        {
            "id": criterion.id,
            "text": criterion.text,
            "is_exclusion": criterion.is_exclusion,
            "state": states[criterion.id],
            "not_documented": [
                knowledge.facts[row["fact_key"]].id for row in asked[criterion.id] if not row["is_documented"]
            ],
            "sources": list(criterion.sources),
            "verified": criterion.verified,
        }
        for criterion in policy.criteria
    ]


def _trial(row: TrialRow) -> Json:
    trial = row.trial
    return {
        "trial_id": trial.id,
        "treatment": trial.treatment.id,
        "class": trial.treatment.klass,
        "start": trial.start.isoformat() if trial.start else None,
        "end": trial.end.isoformat() if trial.end else None,
        "is_ongoing": trial.is_ongoing,
        "max_dose_mg": trial.max_dose_mg,
        "weeks_at_adequate_dose": None if row.weeks is None else plain(row.weeks),
        "weeks_at_adequate_dose_low": plain(row.weeks_low),
        "fair_try": row.fair_try,
        "failed_adequate": row.failed,
        "outcome": trial.outcome or "unknown",
        "improvement_percent": trial.improvement_percent,
        "stopped_because": trial.stop_reason or "unknown",
        "record_refs": list(row.record_refs),
    }
