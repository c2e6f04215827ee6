"""Every worked case inside a definition is one test item; every definition has cases on both sides."""

from __future__ import annotations

import pytest

from remit.checking import check_cases
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.definition import Case, Definition

KNOWLEDGE = load_knowledge()
CASES = [(d, c) for d in KNOWLEDGE.definitions for c in d.cases]


@pytest.mark.parametrize(("definition", "case"), CASES, ids=[f"{d.id}-{c.name}" for d, c in CASES])
def test_case(definition: Definition, case: Case) -> None:
    alone = definition.model_copy(update={"cases": (case,)})
    assert check_cases(alone, KNOWLEDGE) == []


def test_a_wrong_case_is_found() -> None:
    definition = KNOWLEDGE.library.definitions["fda"]
    wrong = definition.cases[0].model_copy(update={"expect": {"status": "not_met"}})
    faults = check_cases(definition.model_copy(update={"cases": (definition.cases[1], wrong)}), KNOWLEDGE)
    assert [f.place for f in faults] == [f"definitions/fda.yaml: case {wrong.name!r}"]


@pytest.mark.parametrize("definition", KNOWLEDGE.definitions, ids=lambda d: d.id)
def test_cases_stand_on_both_sides(definition: Definition) -> None:
    status = {case.expect.get("status") for case in definition.cases}
    assert {"met", "not_met"} <= status


def test_names_of_cases_are_not_repeated() -> None:
    for definition in KNOWLEDGE.definitions:
        names = [case.name for case in definition.cases]
        assert len(names) == len(set(names)), definition.id


def test_all_cases_at_once_give_the_same() -> None:
    """A case does not depend on the others that are assessed beside it."""
    knowledge: Knowledge = KNOWLEDGE
    assert [f for d in knowledge.definitions for f in check_cases(d, knowledge)] == []
