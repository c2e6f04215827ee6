"""`remit-course/1` and `remit-caseload/1`: the course and the list view as JSON."""

from __future__ import annotations

from typing import Any

from remit.knowledge import Knowledge
from remit.render.assessment_json import panel_json
from remit.render.course.rows_json import due_json, event_json, iso
from remit.render.course.views import CourseView, LineView, PastView
from remit.render.crisis import has_sign, panel
from remit.render.phrases import Phrases

COURSE_SCHEMA, CASELOAD_SCHEMA = "remit-course/1", "remit-caseload/1"

Json = dict[str, Any]


def course_json(views: list[CourseView], knowledge: Knowledge, phrases: Phrases) -> Json:
    """The whole document; persons in the order of the record."""
    rates = knowledge.course.policy.early_improvement.error_rates
    return {
        "schema": COURSE_SCHEMA,
        "knowledge_version": knowledge.version,
        "mode": phrases.mode,
        "early_improvement_error_rates": [
            {"text": r.text, "sources": list(r.sources), "verified": r.verified} for r in rates
        ],
        "persons": [_person(view, knowledge, phrases) for view in views],
    }


def caseload_json(lines: list[LineView], faults: list[str], knowledge: Knowledge) -> Json:
    """The list view; `faults` are those of files that could not be used."""
    return {
        "schema": CASELOAD_SCHEMA,
        "knowledge_version": knowledge.version,
        "persons": [line_json(line) for line in lines],
        "faults": faults,
    }


def _person(view: CourseView, knowledge: Knowledge, phrases: Phrases) -> Json:
    crisis: Json = {}
    if has_sign(view.person.signs):
        crisis["crisis"] = panel_json(panel(view.person.signs, view.person.country, knowledge, phrases))
    return crisis | {
        "person_id": view.person.id,
        "index_date": view.person.index_date.isoformat(),
        "line": line_json(view.line),
        "course_events": [event_json(e) for e in (*view.events, *view.lacks)],
        "due": [due_json(d, is_visit=phrases.is_visit) for d in view.due],
        "past": [_past(p) for p in view.past],
        "not_recorded": list(view.unrecorded),
        "zeros": list(view.zeros),
        "notices": [n.text for n in view.person.notices],
    }


def _past(past: PastView) -> Json:
    return {
        "trial_id": past.trial.id,
        "measured": past.measured,
        "reported": past.reported,
        "stands": past.basis,
        "outcome": past.trial.outcome,
        "differs": past.differs,
    }


def line_json(line: LineView) -> Json:
    """One line of the list view. The flag is for review; it is no level."""
    return {
        "person_id": line.person_id,
        "index_date": line.index_date.isoformat(),
        "flag_for_review": line.has_sign,
        "suicide_item_unanswered": line.is_item_unanswered,
        "instrument": line.measure_id,
        "last_score": line.last_score,
        "last_date": iso(line.last_day),
        "first_score": line.first_score,
        "first_date": iso(line.first_day),
        "trend": line.trend,
        "event": line.event,
        "event_certainty": line.event_certainty,
        "event_date": iso(line.event_day),
        "days_without_improvement": line.days_without_improvement,
        "improved_date": iso(line.improved_day),
        "n_overdue": line.n_overdue,
        "n_due": line.n_due,
        "next_step": line.next_rule.name if line.next_rule else None,
        "next_rule": line.next_rule.id if line.next_rule else None,
        "next_state": line.next_state,
        "next_date": iso(line.next_day),
    }
