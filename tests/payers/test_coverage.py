"""Coverage criteria against small records whose answer is known by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from remit.knowledge import Knowledge, load_knowledge
from surfaces.running import Result, remit, write

POLICIES = {
    "lcd_l34522", "lcd_l34998", "lcd_l37086", "aetna_tms", "ambetter_tms", "centene_tms_nv", "bcbsm_tms_2016",
    "cigna_spravato", "qualchoice_spravato", "rx501105_spravato", "uhc_spravato_mdsi", "cms_vns_ced", "premera_vns",
    "ketamine_general", "nice_esk", "pbs_esk",
}  # fmt: skip


@cache
def known() -> Knowledge:
    return load_knowledge()


def drug(treatment: str, start: str, end: str, dose: float, **more: Any) -> dict[str, Any]:
    return {"treatment": treatment, "start": start, "end": end, "daily_dose_mg": dose, "outcome": "none"} | more


def history(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "person": {"id": "p1", "birth_date": "1980-05-02", "country": "US"},
        "index_date": "2026-11-01",
        "episode": {"start": "2024-02-01", "severity": "severe", "psychotic": False},
        "treatments": [
            drug("sertraline", "2024-03-01", "2024-06-30", 150, stopped_because="no_effect"),
            drug("venlafaxine", "2024-07-10", "2025-01-30", 225),
        ],
    }
    return plain | changes


def packet(tmp_path: Path, policy: str, **changes: Any) -> Result:
    return remit("coverage", write(tmp_path, history(**changes)), "--policy", policy, "--format", "json")


def states(tmp_path: Path, policy: str, **changes: Any) -> dict[str, str]:
    person = packet(tmp_path, policy, **changes).json["persons"][0]
    return {criterion["id"]: criterion["state"] for criterion in person["criteria"]}


def test_every_policy_is_there() -> None:
    assert set(known().payers) == POLICIES


def test_every_policy_is_of_an_option_that_names_it() -> None:
    for item_id, policy in known().payers.items():
        assert any(item_id in known().catalogue[option].payers for option in policy.treatments), item_id


def test_its_rule_of_a_fair_try_is_computed() -> None:
    in_use = {known().rules[key].id for key in known().rules_in_use}
    assert {policy.adequacy for policy in known().payers.values()} <= in_use


def test_two_failures_of_two_classes(tmp_path: Path) -> None:
    found = states(tmp_path, "aetna_tms")
    assert found["severe"] == "met"
    assert found["two_classes"] == "met"
    assert found["addition"] == "not_met"  # nothing was added to another medicine
    assert found["age"] == "met"
    assert found["metal"] == "not_documented"
    assert found["substances"] == "not_documented"


def test_two_failures_of_one_class(tmp_path: Path) -> None:
    same = [drug("sertraline", "2024-03-01", "2024-06-30", 150), drug("escitalopram", "2024-07-10", "2025-01-30", 20)]
    assert states(tmp_path, "aetna_tms", treatments=same)["two_classes"] == "not_met"


def test_an_unknown_dose_is_not_documented(tmp_path: Path) -> None:
    open_dose = [
        drug("sertraline", "2024-03-01", "2024-06-30", 150),
        {"treatment": "venlafaxine", "start": "2024-07-10", "end": "2025-01-30", "outcome": "none"},
    ]
    assert states(tmp_path, "aetna_tms", treatments=open_dose)["two_classes"] == "not_documented"


@pytest.mark.parametrize(("answer", "state"), [(True, "not_met"), (False, "met"), (None, "not_documented")])
def test_an_exclusion(tmp_path: Path, answer: bool | None, state: str) -> None:
    clues = {} if answer is None else {"metal_near_coil": answer}
    assert states(tmp_path, "lcd_l34998", clues=clues)["metal"] == state


@pytest.mark.parametrize(("score", "state"), [(14, "not_met"), (15, "met"), (16, "met")])
def test_a_score_at_its_threshold(tmp_path: Path, score: int, state: str) -> None:
    scores = [{"code": "phq9", "value": score, "date": "2026-10-20"}]
    assert states(tmp_path, "ambetter_tms", measurements=scores)["phq9"] == state


@pytest.mark.parametrize(("day", "state"), [("2026-10-04", "met"), ("2026-10-03", "not_documented")])
def test_a_score_within_four_weeks(tmp_path: Path, day: str, state: str) -> None:
    """The index date is 1 November: 4 October is 28 days before, 3 October 29."""
    scores = [{"code": "phq9", "value": 20, "date": day}]
    assert states(tmp_path, "qualchoice_spravato", measurements=scores)["phq9"] == state


@pytest.mark.parametrize(("born", "state"), [("2011-11-01", "met"), ("2011-11-02", "not_met")])
def test_an_age_at_its_birthday(tmp_path: Path, born: str, state: str) -> None:
    assert states(tmp_path, "aetna_tms", person={"id": "p", "birth_date": born})["age"] == state


@pytest.mark.parametrize(("percent", "state"), [(25, "met"), (26, "not_met")])
def test_improvement_at_its_threshold(tmp_path: Path, percent: int, state: str) -> None:
    """At most 25 percent improvement on both, for six weeks or more."""
    both = [
        drug("sertraline", "2024-03-01", "2024-06-30", 150, improvement_percent=percent),
        drug("venlafaxine", "2024-07-10", "2025-01-30", 225, improvement_percent=10),
    ]
    assert states(tmp_path, "cigna_spravato", treatments=both)["two_trials"] == state


def test_nothing_known_is_nothing_documented(tmp_path: Path) -> None:
    """Unknown is neither met nor unmet, in every policy."""
    bare = {
        "person": {"id": "p"},
        "index_date": "2026-11-01",
        "treatments": [
            {"treatment": "sertraline"},
            {"treatment": "venlafaxine"},
            {"treatment": "lithium"},
            {"treatment": "aripiprazole"},
            {"treatment": "cbt"},
            {"treatment": "ect"},
        ],
    }
    path = write(tmp_path, bare)
    for policy in POLICIES:
        person = remit("coverage", path, "--policy", policy, "--format", "json").json["persons"][0]
        assert {c["id"] for c in person["criteria"] if c["state"] == "met"} == set(), policy


def test_a_policy_without_criteria_has_no_result(tmp_path: Path) -> None:
    person = packet(tmp_path, "premera_vns").json["persons"][0]
    assert (person["state"], person["criteria"]) == (None, [])


def test_the_whole_is_its_weakest_criterion(tmp_path: Path) -> None:
    clues = {"psychiatrist_orders": True, "sessions_within_limit": True, "metal_near_coil": False}
    assert packet(tmp_path, "lcd_l34998", clues=clues).json["persons"][0]["state"] == "met"
    assert packet(tmp_path, "lcd_l34998").json["persons"][0]["state"] == "not_documented"
    with_metal = packet(tmp_path, "lcd_l34998", clues=clues | {"metal_near_coil": True}).json["persons"][0]
    assert (with_metal["state"], with_metal["met"], with_metal["not_met"]) == ("not_met", 4, 1)


def test_the_table_of_trials(tmp_path: Path) -> None:
    """1 March to 30 June 2024 are 122 days, 17.4 weeks."""
    row = packet(tmp_path, "aetna_tms").json["persons"][0]["trials"][0]
    assert (row["treatment"], row["class"], row["max_dose_mg"]) == ("sertraline", "ssri", 150)
    assert (row["start"], row["end"]) == ("2024-03-01", "2024-07-01")
    assert row["weeks_at_adequate_dose"] == pytest.approx(122 / 7, abs=1e-4)
    assert (row["outcome"], row["stopped_because"], row["fair_try"]) == ("none", "no_effect", "yes")
    assert row["record_refs"] and "treatments[0]" in row["record_refs"][0]


def test_text_and_html_hold_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, history())
    text = remit("coverage", path, "--policy", "aetna_tms", width=160)
    place = tmp_path / "packet.html"
    assert remit("coverage", path, "--policy", "aetna_tms", "--format", "html", "-o", place).code == text.code == 0
    page = place.read_text(encoding="utf-8")
    for word in ("An added medicine failed", "not met", "17.4", "Read the policy itself"):
        assert word in text.out and word in page


def test_crisis_first(tmp_path: Path) -> None:
    answers = [{"instrument": "phq9", "date": "2026-10-30", "items": [2, 3, 2, 2, 1, 2, 2, 1, 1]}]
    path = write(tmp_path, history(answers=answers))
    text = remit("coverage", path, "--policy", "aetna_tms").out
    assert text.index("get help now") < text.index("Coverage packet")
    assert (
        next(iter(remit("coverage", path, "--policy", "aetna_tms", "--format", "json").json["persons"][0])) == "crisis"
    )


def test_wrong_policy(tmp_path: Path) -> None:
    done = packet(tmp_path, "nonsense")
    assert done.code == 2
    assert "aetna_tms" in done.err


def test_claims_on_the_command_line() -> None:
    document = remit("claims", "saint_snt", "--format", "json").json
    assert {"c046", "c051"} <= {claim["id"] for claim in document["claims"]}
    assert all(source in document["citations"] for claim in document["claims"] for source in claim.get("sources", ()))
    text = remit("claims").out
    assert "43 supported, 44 partly, 4 contradicted, 22 not verifiable" in " ".join(text.split())
    assert remit("claims", "nonsense").code == 2
