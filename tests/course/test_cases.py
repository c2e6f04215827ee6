"""Worked cases in the knowledge's own files: both sides of every threshold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from course.build import day, events_of, followed, knowledge, one
from oracle.course import Person
from remit.flow.course.continuation import BRANCHES, asked
from remit.knowledge.course import CourseCase, CourseMeasure

CASES = [(m, c) for m in knowledge().course.measures.values() for c in m.cases]
ALGORITHMS = [(a, c) for a in knowledge().course.algorithms.values() for c in a.cases]


@pytest.mark.parametrize(("measure", "case"), CASES, ids=lambda x: getattr(x, "name", getattr(x, "id", "")))
def test_case(measure: CourseMeasure, case: CourseCase) -> None:
    trial = [one(case.trial.treatment, case.trial.start, case.trial.end or 1000)] if case.trial else []
    scores = [(measure.id, d, v, False) for d, v in case.scores.items()]
    found = [e for e in events_of(followed(Person(scores, trial, 900))) if e.kind == case.kind]
    said = [" ".join(filter(None, (e.certainty, str(e.day), e.result))) for e in found]
    assert sorted(said) == sorted(case.events), day(0)


def test_every_threshold_of_a_measure_has_a_case_on_both_sides() -> None:
    """Where a number is given, some case lies at it and some case one step beside it."""
    for measure in knowledge().course.measures.values():
        change = knowledge().instruments[measure.id].change
        values = {v for c in measure.cases for v in c.scores.values()}
        at_most = [n for n in (measure.remission_at_most or change.remission_at_most,) if n]
        at_least = [n for n in (measure.relapse_at_least, measure.baseline_at_least, measure.worsening_at_least) if n]
        for n in at_most:
            assert measure.id == "pcl5" or {n.value, n.value + 1} <= values, (measure.id, n.value)
        for n in at_least:
            assert {n.value, n.value - 1} <= values, (measure.id, n.value)


# --- the published continuation table
@pytest.mark.parametrize(("algorithm", "case"), ALGORITHMS)
def test_continuation_case(algorithm: object, case: object) -> None:
    scores = [np.array([getattr(case, n)]) for n in ("current", "previous", "baseline")]
    assert BRANCHES[asked(algorithm, *scores)[0]] == case.expect  # type: ignore[arg-type, attr-defined]


def table(current: int, previous: int, baseline: int) -> str:
    """The published table, branch by branch."""
    if current >= 21 and previous >= 21:
        return "stop"
    zero = (
        current <= 6
        or (7 <= current <= 12 and current - baseline <= 2)
        or (7 <= current <= 10 and 5 <= previous <= 10 and current - previous <= 2)
    )
    two = current >= 16 or (11 <= current <= 15 and current - previous >= 3 and current - baseline >= 8)
    assert not (zero and two)
    return "zero" if zero else "two" if two else "one"


def test_the_continuation_table_everywhere() -> None:
    grid = np.array(list(itertools.product(range(40), range(40), range(25))), float)
    algorithm = knowledge().course.algorithms["stable"]
    found = asked(algorithm, grid[:, 0], grid[:, 1], grid[:, 2])
    assert [BRANCHES[f] for f in found] == [table(*map(int, row)) for row in grid]
