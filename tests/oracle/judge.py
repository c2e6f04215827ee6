"""One person's whole judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.adequacy import Course, Span
from oracle.facts import Facts
from oracle.model import ALWAYS, NEVER, Person
from oracle.response import joined, response_of, series_of
from oracle.trials import Overlap, overlaps_of, trials_of
from oracle.verdicts import Case, Verdict


@dataclass(frozen=True)
class Judgement:
    """Everything that the oracle says of a person."""

    courses: list[Course]
    overlaps: list[Overlap]
    span: Span
    verdicts: list[Verdict]  # in the order of `knowledge.definitions`


class Oracle:
    """Judges one person at a time by the letter of the semantics."""

    def __init__(self, knowledge: Any) -> None:
        self.facts = Facts(knowledge)

    def judge(self, person: Person) -> Judgement:
        """Trials, overlaps, adequacy, response and verdicts of a person."""
        facts = self.facts
        trials = trials_of(person, facts)
        series = series_of(person, facts)
        courses = []
        for trial in trials:
            whole = [t for t in trials if t.treatment == trial.treatment] if trial.unsettled else [trial]
            courses.append(Course(trial, facts, response_of(trial, whole, series, facts)))
        for course in courses:
            if course.trial.unsettled:
                course.siblings = [c for c in courses if c.trial.treatment == course.trial.treatment]
                course.response = joined([c.own for c in course.siblings])
        overlaps = overlaps_of(trials, facts)
        span = span_of(person)
        case = Case(person, courses, overlaps, span, facts)
        return Judgement(courses, overlaps, span, [case.verdict(d) for d in facts.definitions])


def span_of(person: Person) -> Span:
    """When the episode began: between which days."""
    episode = person.episode
    if episode is None or episode.start is None:
        return Span(NEVER, ALWAYS)
    index = person.index_date.toordinal()
    earliest = episode.start.toordinal()
    latest = ALWAYS if episode.start_latest is None else episode.start_latest.toordinal()
    return Span(min(earliest, index), min(latest, index))
