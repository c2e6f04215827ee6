"""`remit-assessment/1`: the assessment as JSON. Its schema is `assessment.schema.json` beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.render.considered_json import consideration_json, gene_json
from remit.render.course.rows_json import due_json, event_json
from remit.render.course.views import CourseView
from remit.render.crisis import Panel, has_sign, panel
from remit.render.optioned import general_mention
from remit.render.optioned_json import mechanism_json, mention_json, option_json
from remit.render.phrases import Phrases, plain
from remit.render.pooled_json import studies_json
from remit.render.views import AdequacyView, AssessmentView, NoticeView, PersonView, TrialView, VerdictView

SCHEMA = "remit-assessment/1"

Json = dict[str, Any]


def assessment_json(
    view: AssessmentView, knowledge: Knowledge, phrases: Phrases, courses: Sequence[CourseView] = ()
) -> Json:
    """The whole document; `persons` in the order of the record. For a visit the catalogue is a general list.

    With `courses`, one per person in the same order, persons hold `course_events` and `due` too.
    """
    followed = {course.person.id: course for course in courses}
    pooled = knowledge.pooled
    listed = general_mention(knowledge) if phrases.is_visit else ()
    general: Json = {"catalogue": [mention_json(e, pooled, phrases) for e in listed]} if phrases.is_visit else {}
    told = {"label": pooled.label, "none": phrases.say("pooled.none"), "rates": phrases.say("report.rates")}
    return general | {
        "schema": SCHEMA,
        "knowledge_version": view.knowledge_version,
        "knowledge_date": view.knowledge_date.isoformat(),
        "mode": view.mode,
        "definitions": [
            {
                "id": d.id,
                "name": d.name,
                "family": d.family,
                "verified": d.verified,
                "reviewed": d.reviewed.isoformat(),
                "sources": [{"id": s, "citation": knowledge.sources[s].citation} for s in d.sources],
            }
            for d in view.definitions
        ],
        "notices": [_notice(n) for n in view.notices],
        "evidence": told | {"studies": studies_json(pooled, is_visit=phrases.is_visit)},
        "persons": [_person(p, knowledge, phrases) | _course(followed.get(p.id), phrases) for p in view.persons],
    }


def panel_json(shown: Panel) -> Json:
    """The crisis panel; it holds no score and no level."""
    return {
        "title": shown.title,
        "emergency": shown.emergency,
        "lines": list(shown.lines),
        "steps": list(shown.steps),
        "signs": list(shown.signs),
        "note": shown.note,
    }


def _course(course: CourseView | None, phrases: Phrases) -> Json:
    """What the course adds to a person, where it was asked for."""
    if course is None:
        return {}
    return {
        "course_events": [event_json(e) for e in (*course.events, *course.lacks)],
        "due": [due_json(d, is_visit=phrases.is_visit) for d in course.due],
    }


def _person(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> Json:
    crisis: Json = {}
    if has_sign(person.signs):
        crisis["crisis"] = panel_json(panel(person.signs, person.country, knowledge, phrases))
    return crisis | {
        "person_id": person.id,
        "index_date": person.index_date.isoformat(),
        "trials": [_trial(t) for t in person.trials],
        "adequacy": [_adequacy(a) for a in person.adequacy],
        "verdicts": [_verdict(v) for v in person.verdicts],
        "considerations": [consideration_json(c, phrases) for c in person.considerations],
        "pharmacogenetics": [gene_json(gene) for gene in person.genes],
        "options": [option_json(option, knowledge.pooled) for option in person.options],
        "specialist_needed": [group.name for group in person.groups],
        "mechanisms_tried": [mechanism_json(mechanism) for mechanism in person.mechanisms],
        "statements": [
            {"text": s.text, "about": s.about, "sources": list(s.sources), "verified": s.verified}
            for s in person.statements
        ],
        "assumptions": list(person.assumptions),
        "notices": [_notice(n) for n in person.notices],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _trial(trial: TrialView) -> Json:
    """One trial; what is not exact, or goes on, says so by a key of its own."""
    document: Json = {
        "trial_id": trial.id,
        "treatment": trial.treatment.id,
        "class": trial.treatment.klass,
        "role": trial.treatment.role,
        "start": _iso(trial.start),
        "end": _iso(trial.end),
        "covered_days": trial.covered_days,
        "max_dose_mg": trial.max_dose_mg,
    }
    if not trial.is_start_exact and trial.start is not None:
        document["start_latest"] = _iso(trial.start_latest)
    if not trial.is_end_exact and trial.end is not None:
        document["end_earliest"] = _iso(trial.end_earliest)
    if trial.is_ongoing:
        document["ongoing"] = True
    return document


def _adequacy(row: AdequacyView) -> Json:
    return {
        "trial_id": row.trial.id,
        "rule": row.rule.id,
        "dose_met": row.dose_met,
        "duration_met": row.duration_met,
        "adherence_met": row.adherence_met,
        "adequate_days": row.adequate_days,
        "outcome": row.trial.outcome or "unknown",
        "improvement_percent": row.trial.improvement_percent,
        "failed_adequate": row.failed_adequate,
        "failed_in_episode": row.failed_in_episode,
        "reasons": list(row.reasons),
    }


def _verdict(verdict: VerdictView) -> Json:
    return {
        "definition": verdict.definition.id,
        "status": verdict.status,
        "value": None if verdict.value is None else plain(verdict.value),
        "low": None if verdict.low is None else plain(verdict.low),
        "high": None if verdict.high is None else plain(verdict.high),
        "first_met_date": _iso(verdict.first_met_date),
        "missing": [lack.text for lack in verdict.missing],
        "trial_ids": list(verdict.trial_ids),
        "label": verdict.label,
    }


def _notice(notice: NoticeView) -> Json:
    return {"kind": notice.kind, "code": notice.code, "text": notice.text, "record_ref": notice.record_ref}
