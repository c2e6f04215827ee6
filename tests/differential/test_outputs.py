"""What a reader sees: the crisis panel first, the section with its reasons, questions for a visit, valid JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from differential.people import files, knowledge
from differential.test_properties import HISTORY
from surfaces.running import ROOT, remit, write

SCHEMA = json.loads((ROOT / "src/remit/render/assessment.schema.json").read_text(encoding="utf-8"))
RICH: dict[str, Any] = HISTORY | {
    "measurements": [
        {"code": "tsh", "value": 12.1, "unit": "mIU/L", "date": "2026-01-10"},
        {"code": "asrs_v11", "value": 15, "date": "2026-01-10"},
    ],
    "clues": {"antidepressant_induced_switch": True, "elated_now": True, "sleep_study_normal": True},
}


def considered(path: Path, mode: str) -> dict[str, Any]:
    document = remit("assess", path, "--format", "json", "--mode", mode).json
    jsonschema.validate(document, SCHEMA)
    return {c["check"]: c for c in document["persons"][0]["considerations"]}


@pytest.mark.parametrize("mode", ["clinician", "visit"])
def test_every_check_is_in_the_document_in_its_order(tmp_path: Path, mode: str) -> None:
    found = considered(write(tmp_path, RICH), mode)
    assert list(found) == list(files())
    for name, consideration in found.items():
        cited = [consideration, *consideration["reasons"], *consideration["evidence"]]
        assert all(source in knowledge().sources for part in cited for source in part["sources"]), name


def test_reasons_unknowns_and_places(tmp_path: Path) -> None:
    found = considered(write(tmp_path, RICH), "clinician")
    bipolar = found["bipolar"]
    assert (bipolar["state"], bipolar["level"]) == ("raised", "same_day")
    places = {f["fact"]: f["record_ref"] for reason in bipolar["reasons"] for f in reason["facts"]}
    assert "clues.elated_now" in places["elated_now"]
    assert "past_hypomania" in bipolar["unknown"]
    thyroid = found["hypothyroidism"]
    assert [reason["clue"] for reason in thyroid["reasons"]] == ["high"]
    assert "measurements[0]" in thyroid["reasons"][0]["facts"][0]["record_ref"]
    assert found["sleep_apnoea"]["state"] == "spoken_against"
    assert found["sleep_apnoea"]["asks"] == []
    assert (found["adhd"]["state"], found["adhd"]["level"]) == ("raised", "ask")


def test_an_empty_record_leaves_everything_open_and_says_what_would_tell(tmp_path: Path) -> None:
    found = considered(write(tmp_path, {"treatments": [], "index_date": "2026-01-31"}), "clinician")
    for name, consideration in found.items():
        # Of an empty record one thing is known: that no antidepressant was given a fair try.
        assert consideration["state"] == ("raised" if name == "inadequate_trials" else "open"), name
        assert consideration["tests"]
    assert any("TSH" in test for test in found["hypothyroidism"]["tests"])


def test_the_clinician_reads_reasons_sources_and_what_would_tell(tmp_path: Path) -> None:
    text = " ".join(remit("assess", write(tmp_path, RICH)).out.split())
    for told in (
        "What else could explain it",
        "These answers make this worth checking: Bipolar disorder",
        "contact with the clinic the same day",
        "Speaks for it: Hypomania or mania on an antidepressant.",
        "[verified: angst2011]",
        "Something speaks against it: Obstructive sleep apnoea (A sleep study found no apnoea.)",
        "Not raised so far, and not settled",
        "angst2011: Angst J",  # and its citation
    ):
        assert told in text
    assert text.index("What the published definitions say") < text.index("What else could explain it")


def test_the_visit_page_asks_and_does_not_tell(tmp_path: Path) -> None:
    text = " ".join(remit("assess", write(tmp_path, RICH), "--mode", "visit").out.split())
    assert "Some answers make this worth checking: a bipolar type of depression." in text
    assert "Please call your clinic today about this." in text
    assert "This list does not say that you have any of it." in text
    assert text.index("What else to check") < text.index("Questions to bring")
    assert "Speaks for it" not in text


@pytest.mark.parametrize("mode", ["clinician", "visit"])
def test_a_sign_of_suicidality_comes_before_it(tmp_path: Path, mode: str) -> None:
    answers = [{"instrument": "phq9", "date": "2026-01-30", "items": [2, 2, 2, 2, 2, 2, 2, 1, 1]}]
    path = write(tmp_path, RICH | {"answers": answers})
    out = " ".join(remit("assess", path, "--mode", mode).out.split())
    panel = remit("assess", path, "--mode", mode, "--format", "json").json["persons"][0]
    title = panel["crisis"]["title"]
    assert next(iter(panel)) == "crisis"
    assert out.index(title) < out.index("What else")
    said = json.dumps(panel["considerations"]).lower()
    assert "suicid" not in said
