"""A worked case of a definition as a person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from oracle.model import Condition, Episode, Exposure, Person

DAY_0 = date(2020, 1, 1)


def person_of(case: Any) -> Person:
    """The case with day 0 = 1 January 2020."""
    ends = [t.start + t.days for t in case.trials if t.start is not None and t.days is not None]
    span = case.episode_days if case.episode_days is not None else max(ends, default=0) + 7
    exposures = []
    for t in case.trials:
        start = None if t.start is None else DAY_0 + timedelta(t.start)
        end = None if start is None or t.days is None else start + timedelta(t.days)
        outcome = None if t.outcome == "unknown" else t.outcome
        kind = "unknown" if end is None else "ended"
        given = {"sessions": t.sessions, "adherence": t.adherence, "stop_reason": t.stopped, "augments": t.augments}
        told = {"detail": dict(t.detail), "outcome": outcome, "improvement": t.improvement}
        exposures.append(Exposure(t.treatment, start, start, end, end, kind, t.dose, **given, **told))
    known = DAY_0 if case.episode_known else None
    episode = Episode(known, known, case.severity, case.psychotic or "unknown")
    conditions = tuple(Condition(c) for c in case.conditions)
    return Person(DAY_0 + timedelta(span), tuple(exposures), episode, (), conditions)
