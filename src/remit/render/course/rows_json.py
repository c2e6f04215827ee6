"""Rows of the course as JSON: one event, one task. Schema: `course_event` and `due` in `assessment.schema.json`."""

from __future__ import annotations

from datetime import date
from typing import Any

from remit.render.course.events import EventView
from remit.render.course.views import DueView
from remit.render.phrases import sources_of, weakest

Json = dict[str, Any]


def event_json(event: EventView) -> Json:
    """One event: the rule, the scores it used, the sources, what is unknown."""
    return {
        "kind": event.kind,
        "certainty": event.certainty,
        "date": iso(event.day),
        "instrument": event.measure_id,
        "trial_id": event.trial.id if event.trial else None,
        "score": event.score,
        "earlier_score": event.earlier_score,
        "earlier_date": iso(event.earlier_day),
        "improvement_percent": event.improvement_percent,
        "standard_error": event.standard_error,
        "weeks": event.weeks,
        "result": event.result,
        "reason": event.reason,
        "text": event.text,
        "record_refs": list(event.record_refs),
        "sources": list(sources_of(event.basis)),
        "verified": weakest(event.basis),
    }


def due_json(due: DueView, *, is_visit: bool) -> Json:
    """One task."""
    return {
        "rule": due.rule.id,
        "task": due.rule.plain if is_visit else due.rule.name,
        "topic": due.rule.topic,
        "trial_id": due.trial.id if due.trial else None,
        "due_date": iso(due.day),
        "overdue_date": iso(due.overdue_day),
        "state": due.state,
        "reason": due.reason,
        "done_date": iso(due.done_day),
        "branch": None if is_visit else due.branch,
        "number": None if is_visit else due.number,
        "guidance_of": list(due.rule.countries),
        "why": due.rule.why,
        "sources": list(due.rule.sources),
        "verified": due.rule.verified,
    }


def iso(day: date | None) -> str | None:
    """A day as text."""
    return day.isoformat() if day else None
