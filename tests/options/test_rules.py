"""The rules as they are written down: none is missing, and each says of itself what its source says."""

from __future__ import annotations

import csv
from pathlib import Path

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


def table() -> list[dict[str, str]]:
    with (Path(__file__).parent / "rules.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter=";"))


def test_all_are_there(reviewed: dict[str, EligibilityRule]) -> None:
    assert sorted(reviewed) == [f"r{n:03}" for n in range(1, 183)] == [row["id"] for row in table()]


@pytest.mark.parametrize("row", table(), ids=lambda row: row["id"])
def test_a_rule_says_what_was_written_down(reviewed: dict[str, EligibilityRule], row: dict[str, str]) -> None:
    rule = reviewed[row["id"]]
    found = {
        "id": rule.id, "kind": rule.kind, "logic": rule.logic, "severity": rule.severity, "effect": rule.effect,
        "verified": rule.verified, "treatments": " ".join(rule.treatments), "sources": " ".join(rule.sources),
        "jurisdictions": " ".join(rule.jurisdictions),
    }  # fmt: skip
    assert found == row


TIMES: dict[str, list[float]] = {
    "r021": [120], "r022": [30], "r023": [60], "r024": [120], "r025": [0, 40], "r026": [0], "r027": [28],
    "r036": [15, 90], "r052": [0, 14], "r065": [0, 14], "r066": [0], "r076": [365], "r088": [0],
    "r089": [0, 28, 56, 84, 91, 175, 0, 365, 0, 84, 365, 365, 0, 84, 1826, 1826], "r090": [0, 182, 182], "r095": [14],
    "r109": [7, 0.4, 1.0], "r110": [7, 14, 21, 28, 91, 91, 365, 7, 182, 365], "r111": [182, 182], "r112": [91, 91],
    "r113": [91, 91], "r124": [14], "r129": [0, 28, 91, 91], "r143": [35], "r144": [14, 5], "r145": [14],
    "r148": [7, 50, 150], "r149": [7, 100, 160], "r150": [7, 75, 175], "r151": [7, 200, 300], "r152": [7, 220, 500],
    "r156": [14], "r158": [14], "r164": [7, 0.4, 0.6], "r167": [0, 7, 14, 21, 28, 35, 42, 84, 365, 365, 730],
    "r168": [84, 365, 365, 730], "r169": [0, 0], "r170": [28], "r172": [7, 28, 7], "r178": [40, 240], "r179": [14],
}  # fmt: skip
"""Every number of a schedule and of a wait, in days or minutes, and of a range; in the order of the fields."""


def test_times_and_ranges(reviewed: dict[str, EligibilityRule]) -> None:
    assert {i: found for i, rule in reviewed.items() if (found := numbers(rule))} == TIMES


def numbers(rule: EligibilityRule) -> list[float]:
    found: list[float | None] = []
    for s in rule.schedule:
        found += [*s.at_days, s.every_days, s.from_day, s.until_day, *s.at_minutes, s.every_minutes]
        found += [s.at_least_minutes, s.at_least_days, *((s.target.low, s.target.high) if s.target else ())]
    for wait in rule.wait:
        found += [wait.days, wait.half_lives]
    return [number for number in found if number is not None]


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
