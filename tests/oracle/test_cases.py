"""The worked cases of every definition, judged by the oracle."""

from __future__ import annotations

import math

import pytest

from generative.load import knowledge
from oracle import Oracle
from oracle.cases import person_of

KNOWLEDGE = knowledge()
ORACLE = Oracle(KNOWLEDGE)
CASES = [(d.id, case) for d in KNOWLEDGE.definitions for case in d.cases]


@pytest.mark.parametrize(("definition", "case"), CASES, ids=[f"{d}: {c.name}" for d, c in CASES])
def test_a_worked_case_comes_out_as_its_file_says(definition, case):
    key = next(i for i, d in enumerate(KNOWLEDGE.definitions) if d.id == definition)
    verdict = ORACLE.judge(person_of(case)).verdicts[key]
    found = {
        "status": verdict.status,
        "value": verdict.value,
        "low": verdict.low,
        "high": verdict.high,
        "label": KNOWLEDGE.definitions[key].label_of(verdict.value) or KNOWLEDGE.definitions[key].label,
    }
    wrong = {k: (found[k], v) for k, v in case.expect.items() if not same(found[k], v)}
    assert not wrong, f"found, expected: {wrong}"


def same(found, expected):
    if isinstance(expected, float) and found is not None:
        return math.isclose(found, expected)
    return found == expected
