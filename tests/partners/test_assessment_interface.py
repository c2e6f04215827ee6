"""`remit-assessment/1` keeps its meaning: keys, values and ids that others rely on.

Expected values are worked out by hand from the histories: 1 March to 30 June is 31 + 30 + 31 + 30 = 122 days.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from surfaces.running import EXAMPLES, TWO_FAILURES, failure, remit, with_item_9, write

SCHEMA = json.loads((files("remit.render") / "assessment.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def assess(folder: Path, history: Any, *args: object) -> dict[str, Any]:
    done = remit("assess", write(folder, history), "--format", "json", *args)
    assert done.code == 0, done.err
    document: dict[str, Any] = done.json
    CHECK.validate(document)
    return document


def person(folder: Path, history: Any, *args: object) -> dict[str, Any]:
    document = assess(folder, history, *args)
    assert len(document["persons"]) == 1
    first: dict[str, Any] = document["persons"][0]
    return first


def verdict(found: dict[str, Any], definition: str) -> dict[str, Any]:
    return next(v for v in found["verdicts"] if v["definition"] == definition)


@pytest.mark.parametrize("name", ["history.yaml", "history.csv", "safety.yaml"])
@pytest.mark.parametrize("mode", ["clinician", "visit"])
def test_examples_keep_the_schema(name: str, mode: str) -> None:
    done = remit("assess", EXAMPLES / name, "--format", "json", "--mode", mode)
    assert done.code == 0, done.err
    CHECK.validate(done.json)
    assert done.json["mode"] == mode


def test_the_schema_refuses_what_is_not_in_the_interface(tmp_path: Path) -> None:
    document = assess(tmp_path, TWO_FAILURES)
    document["persons"][0]["verdicts"][0]["status"] = "resistant"
    with pytest.raises(jsonschema.ValidationError):
        CHECK.validate(document)


def test_two_failures(tmp_path: Path) -> None:
    found = person(tmp_path, TWO_FAILURES)
    assert found["person_id"] == "p1"
    assert found["index_date"] == "2026-11-01"
    assert found["trials"][0] == {
        "trial_id": "sertraline-2024-03-01",
        "treatment": "sertraline",
        "class": "ssri",
        "role": "antidepressant",
        "start": "2024-03-01",
        "end": "2024-07-01",
        "covered_days": 122,
        "max_dose_mg": 100.0,
    }
    fda = verdict(found, "fda")
    assert fda == {
        "definition": "fda",
        "status": "met",
        "value": 2,
        "low": 2,
        "high": 2,
        "first_met_date": "2025-02-01",
        "missing": [],
        "trial_ids": ["sertraline-2024-03-01", "venlafaxine-2024-07-01"],
        "label": None,
    }
    states = {c["check"]: c["state"] for c in found["considerations"]}
    assert states["inadequate_trials"] == "spoken_against"  # two fair tries
    assert set(states.values()) <= {"raised", "open", "spoken_against", "not_raised"}
    assert isinstance(found["options"], list)


def test_whole_numbers_are_whole_and_doses_are_not(tmp_path: Path) -> None:
    done = remit("assess", write(tmp_path, TWO_FAILURES), "--format", "json")
    assert '"value": 2,' in done.out
    assert '"max_dose_mg": 100.0' in done.out


def test_adequacy_under_every_rule_in_use(tmp_path: Path) -> None:
    found = person(tmp_path, TWO_FAILURES, "--definition", "fda", "--definition", "mgh_s")
    assert {v["definition"] for v in found["verdicts"]} == {"fda", "mgh_s"}
    rows = [a for a in found["adequacy"] if a["trial_id"] == "sertraline-2024-03-01"]
    assert {a["rule"] for a in rows} == {"remit_default", "atrq_comp006"}
    row = next(a for a in rows if a["rule"] == "remit_default")
    reasons = row.pop("reasons")
    assert row == {
        "trial_id": "sertraline-2024-03-01",
        "rule": "remit_default",
        "dose_met": "yes",
        "duration_met": "yes",
        "adherence_met": "unknown",
        "adequate_days": 122,
        "outcome": "none",
        "improvement_percent": None,
        "failed_adequate": "yes",
        "failed_in_episode": "yes",
    }
    assert reasons[0].startswith("dose: highest 100 mg a day, at least 50 mg asked (remit_default; sources remit, atrq")
    assert reasons[1].startswith("duration: 122 days at or above the minimum dose, 42 asked")
    assert reasons[2] == "adherence: not recorded, taken as ordinary"


def test_what_is_missing(tmp_path: Path) -> None:
    treatments = [TWO_FAILURES["treatments"][0], failure("venlafaxine", "2024-07-01", "2025-01-31", None)]
    found = person(tmp_path, TWO_FAILURES | {"treatments": treatments}, "--definition", "fda")
    fda = verdict(found, "fda")
    assert (fda["status"], fda["value"], fda["low"], fda["high"]) == ("undetermined", 1, 1, 2)
    assert fda["missing"] == ["daily dose of venlafaxine (2024-07-01 to 2025-01-31)"]
    assert fda["trial_ids"] == ["sertraline-2024-03-01", "venlafaxine-2024-07-01"]
    row = next(a for a in found["adequacy"] if a["trial_id"] == "venlafaxine-2024-07-01")
    assert (row["dose_met"], row["failed_adequate"]) == ("unknown", "unknown")
    assert row["reasons"][0].startswith("dose: not recorded; at least 150 mg a day asked")


def test_a_day_short_says_so(tmp_path: Path) -> None:
    history = TWO_FAILURES | {"treatments": [failure("sertraline", "2024-03-01", "2024-04-10", 100)]}  # 31 + 10 days
    found = person(tmp_path, history, "--definition", "fda")
    (row,) = found["adequacy"]
    assert (row["duration_met"], row["adequate_days"], row["failed_adequate"]) == ("no", 41, "no")
    assert row["reasons"][1].startswith("duration: 41 days at or above the minimum dose, 42 asked")


def test_stages_bear_their_published_names(tmp_path: Path) -> None:
    found = person(tmp_path, TWO_FAILURES)
    stage = verdict(found, "thase_rush")
    assert (stage["status"], stage["value"], stage["label"]) == ("met", 2, "Stage II")
    assert verdict(found, "european_staging")["label"] == "TRD1"
    # An SSRI and an SNRI, more than 24 months, severe without psychosis: 3 + 4 + 1 = 8.
    assert (verdict(found, "maudsley")["value"], verdict(found, "maudsley")["label"]) == (8, "moderate")


def test_a_definition_that_does_not_apply_names_the_condition(tmp_path: Path) -> None:
    found = person(tmp_path, TWO_FAILURES | {"conditions": [{"condition": "bipolar"}]}, "--definition", "fda")
    assert verdict(found, "fda")["status"] == "not_applicable"
    (told,) = [s["text"] for s in found["statements"] if s["about"] == "verdict:fda"]
    assert "Bipolar disorder" in told


def test_trial_ids_do_not_hang_on_the_order_of_the_input(tmp_path: Path) -> None:
    undated = [
        {"treatment": "sertraline", "start": "unknown", "end": "2020-05-31", "daily_dose_mg": 50, "outcome": "none"},
        {"treatment": "sertraline", "start": "unknown", "end": "2018-05-31", "daily_dose_mg": 25, "outcome": "partial"},
    ]
    treatments = [*TWO_FAILURES["treatments"], *undated]
    one = person(tmp_path, TWO_FAILURES | {"treatments": treatments})
    two = person(tmp_path, TWO_FAILURES | {"treatments": treatments[::-1]})
    ids = [t["trial_id"] for t in one["trials"]]
    assert ids == [
        "sertraline-2024-03-01",
        "venlafaxine-2024-07-01",
        "sertraline-unknown",
        "sertraline-unknown-2",
    ]
    assert one["trials"] == two["trials"]
    assert one["verdicts"] == two["verdicts"]
    assert one["trials"][2]["start"] is None
    assert one["trials"][2]["end"] == "2018-06-01"


def test_dates_that_are_not_exact_say_so(tmp_path: Path) -> None:
    history = TWO_FAILURES | {"treatments": [failure("sertraline", "2024-03", "2024-06", 100)]}
    (trial,) = person(tmp_path, history)["trials"]
    assert (trial["start"], trial["start_latest"]) == ("2024-03-01", "2024-03-31")
    assert (trial["end_earliest"], trial["end"]) == ("2024-06-02", "2024-07-01")


def test_an_ongoing_trial_is_cut_at_the_index_date(tmp_path: Path) -> None:
    history = TWO_FAILURES | {"treatments": [{"treatment": "sertraline", "start": "2026-10-01", "daily_dose_mg": 50}]}
    (trial,) = person(tmp_path, history)["trials"]
    assert (trial["ongoing"], trial["end"], trial["covered_days"]) == (True, "2026-11-01", 31)


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    assumed = person(tmp_path, TWO_FAILURES)["assumptions"]
    assert any("Adherence" in a and "sertraline (2024-03-01 to 2024-06-30)" in a for a in assumed)
    assert any("Bipolar disorder" in a for a in assumed)
    known = TWO_FAILURES | {"treatments": [t | {"adherence": 0.9} for t in TWO_FAILURES["treatments"]]}
    assert not any("Adherence" in a for a in person(tmp_path, known)["assumptions"])


def test_the_crisis_panel_is_the_first_key(tmp_path: Path) -> None:
    found = person(tmp_path, with_item_9(1))
    assert next(iter(found)) == "crisis"
    assert any("988" in line for line in found["crisis"]["lines"])
    assert "crisis" not in person(tmp_path, with_item_9(0))


def test_options_of_the_call(tmp_path: Path) -> None:
    history = {k: v for k, v in TWO_FAILURES.items() if k not in ("index_date", "episode")}
    found = person(tmp_path, history, "--index-date", "2024-08-01", "--episode-start", "2024-02", "-d", "fda")
    assert found["index_date"] == "2024-08-01"
    fda = verdict(found, "fda")  # venlafaxine has run for 31 or 32 days only
    assert (fda["status"], fda["value"]) == ("not_met", 1)


def test_several_persons_in_one_file(tmp_path: Path) -> None:
    other = TWO_FAILURES | {"person": {"id": "p2"}, "treatments": []}
    document = assess(tmp_path, [TWO_FAILURES, other])
    assert [p["person_id"] for p in document["persons"]] == ["p1", "p2"]
    assert document["persons"][1]["trials"] == []
    assert verdict(document["persons"][1], "fda")["status"] == "not_met"


def test_definitions_carry_their_sources(tmp_path: Path) -> None:
    (listed,) = assess(tmp_path, TWO_FAILURES, "-d", "fda")["definitions"]
    assert listed["id"] == "fda"
    assert listed["verified"] in ("yes", "partly", "derived", "no")
    assert all(s["citation"] for s in listed["sources"])
