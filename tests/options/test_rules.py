"""The rules as they are written down: none is missing, and each says of itself what its source says."""

from __future__ import annotations

from collections import Counter

import pytest

from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.eligibility import EligibilityRule

OWN = "s"  # rules that the project adds; the others carry the number that they had in the review of sources


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module")
def reviewed(knowledge: Knowledge) -> dict[str, EligibilityRule]:
    return {i: rule for i, rule in knowledge.eligibility.items() if not i.startswith(OWN)}


def test_all_are_there(reviewed: dict[str, EligibilityRule]) -> None:
    assert sorted(reviewed) == [f"r{n:03}" for n in range(1, 183)]


def test_kinds(reviewed: dict[str, EligibilityRule]) -> None:
    rules = reviewed.values()
    assert Counter(r.kind for r in rules) == {
        "contraindication": 40, "caution": 53, "interaction": 15, "prerequisite": 18, "eligibility": 20,
        "monitoring": 29, "washout": 6, "safety_trigger": 1,
    }  # fmt: skip
    assert Counter(r.severity for r in rules) == {"absolute": 72, "relative": 69, "monitor": 41}
    assert Counter(r.logic for r in rules) == {"require": 38, "flag": 115, "schedule": 29}
    assert Counter("/".join(r.jurisdictions) for r in rules) == {"any": 150, "us": 17, "uk": 12, "eu/uk": 3}
    assert Counter(r.verified for r in rules) == {"yes": 167, "no": 15}


def test_treatments(reviewed: dict[str, EligibilityRule]) -> None:
    named = Counter(t for r in reviewed.values() for t in r.treatments)
    assert named == {
        "esketamine_nasal": 29, "ketamine_iv": 9, "rtms_standard": 12, "itbs": 10, "rtms_right_or_bilateral": 10,
        "dtms": 11, "saint_snt": 13, "ect": 17, "vns": 11, "dbs": 3, "psilocybin_comp360": 3, "mebufotenin_gh001": 3,
        "tdcs_home": 2, "aripiprazole_aug": 11, "brexpiprazole_aug": 11, "quetiapine_aug": 11, "cariprazine_aug": 15,
        "lumateperone_aug": 10, "olanzapine_fluoxetine": 12, "lithium_aug": 23, "t3_aug": 2, "pramipexole_aug": 1,
        "auvelity": 11, "bupropion_combo": 5, "maoi": 19, "tca": 11, "mirtazapine_combo": 3, "any": 5,
        "switch_antidepressant": 3,
    }  # fmt: skip


UNSEEN_AND_HARD = {"r029", "r030", "r064", "r082", "r099"}


def test_a_hard_rule_that_was_not_seen_in_its_source_holds_all_the_same(reviewed: dict[str, EligibilityRule]) -> None:
    unseen = {i for i, r in reviewed.items() if r.verified == "no" and r.severity == "absolute"}
    assert unseen == UNSEEN_AND_HARD
    assert all(reviewed[i].is_hard for i in unseen)


def test_nothing_hard_is_silent_without_a_reason(knowledge: Knowledge) -> None:
    silent = {i for i, r in knowledge.eligibility.items() if r.is_silent_if_unknown}
    assert silent == {"r114", "r154", "r173"}


def test_every_contraindication_can_close_a_treatment(reviewed: dict[str, EligibilityRule]) -> None:
    for i, rule in reviewed.items():
        if rule.kind == "contraindication" and rule.severity == "absolute":
            assert rule.effect in ("not_suitable", "not_now"), i


def test_nothing_tells_a_person_a_dose_or_a_risk(knowledge: Knowledge) -> None:
    banned = ("low risk", "safe for you", "best treatment", "treatment failure", "recommends", "failed patient")
    for i, rule in knowledge.eligibility.items():
        told = f"{rule.text} {rule.plain or ''}".lower()
        assert not [word for word in banned if word in told], i
        assert " mg" not in (rule.plain or ""), i


def test_every_question_has_a_plain_form_or_is_for_a_clinic(knowledge: Knowledge) -> None:
    for fact in knowledge.facts:
        if fact.ask:
            assert fact.ask.endswith("?"), fact.id
