"""Worked cases of every check, and the transform against plain Python on generated persons."""

from __future__ import annotations

import random

import pytest

from differential.oracle import considered
from differential.people import asked, drawn, files, knowledge, tables
from remit.checking import check_considerations
from remit.flow.differential import differential
from remit.tables import Consideration, ConsiderationReason

CHECKS = list(files())
NAMED = {
    "inadequate_trials", "non_adherence", "poor_absorption", "bipolar", "psychotic_depression", "substances",
    "medication_induced", "hypothyroidism", "anaemia_b12_folate_vitd", "sleep_apnoea", "insomnia", "chronic_pain",
    "ptsd_complex", "adhd", "autism", "personality", "anxiety_ocd", "neurodegenerative", "perimenopause_perinatal",
    "testosterone", "other_medical", "drug_interactions", "pharmacogenetic", "psychosocial",
}  # fmt: skip


def test_every_explanation_has_a_check_and_adequacy_comes_first() -> None:
    assert set(CHECKS) == NAMED
    assert CHECKS[0] == "inadequate_trials"
    assert [check.id for check in knowledge().checks] == CHECKS


@pytest.mark.parametrize("check", knowledge().checks, ids=lambda check: check.id)
def test_the_worked_cases_come_out_as_they_say(check) -> None:  # type: ignore[no-untyped-def]
    assert check_considerations(check, knowledge()) == []
    states = {case.state for case in check.cases}
    assert {"raised", "open"} <= states
    assert states & {"spoken_against", "not_raised"}


def test_a_wrong_case_is_found() -> None:
    check = knowledge().checks[0]
    wrong = check.cases[0].model_copy(update={"state": "open", "level": "ask"})
    changed = check.model_copy(update={"cases": (wrong, *check.cases[1:])})
    inside = [changed if c is check else c for c in knowledge().checks]
    other = type(knowledge())(knowledge().library, "x", knowledge().roots)
    other.__dict__["checks"] = tuple(inside)
    assert len(check_considerations(changed, other)) == 1


@pytest.mark.parametrize("name", CHECKS)
def test_the_transform_agrees_with_plain_python(name: str) -> None:
    chance = random.Random(name)
    check = files()[name]
    people = [drawn(chance, asked(check), density) for density in (0.3, 0.6, 0.9, 1.0) for _ in range(60)]
    made = differential(tables(people), knowledge())["consideration"].filter(check_key=CHECKS.index(name))
    got = list(made.sort("person_key").select("state", "level").iter_rows())
    assert got == [considered(check, person) for person in people]
    assert len({state for state, _ in got}) >= 2


def test_the_tables_keep_their_contracts_and_the_reasons_their_rows() -> None:
    chance = random.Random(7)
    facts = sorted({fact for check in files().values() for fact in asked(check)})
    people = [drawn(chance, facts, 0.5) for _ in range(40)]
    made = differential(tables(people), knowledge())
    Consideration.check(made["consideration"])
    ConsiderationReason.check(made["consideration_reason"])
    for row in made["consideration_reason"].iter_rows(named=True):
        fact = knowledge().facts[row["fact_key"]]
        answer = people[row["person_key"]].get(fact.id, "unknown")
        if row["direction"] == "unknown":
            assert answer == "unknown" or isinstance(answer, tuple)
        else:
            assert answer != "unknown"
            assert row["is_counter"] == (row["direction"] == "against")


def test_no_person_and_one_person_alone() -> None:
    assert differential(tables([]), knowledge())["consideration"].is_empty()
    made = differential(tables([{}]), knowledge())
    assert set(made["consideration"]["state"]) == {"open"}
    assert set(made["consideration"]["level"]) == {"ask"}
    assert set(made["consideration_reason"]["direction"]) == {"unknown"}
