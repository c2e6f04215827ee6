"""Exit codes, and what standard output and standard error hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from surfaces.running import EXAMPLES, TWO_FAILURES, failure, remit, write

HISTORY = EXAMPLES / "history.yaml"


@pytest.mark.parametrize(
    "args",
    [
        ("assess",),
        ("assess", HISTORY, "--nonsense"),
        ("assess", HISTORY, "--format", "xml"),
        ("assess", HISTORY, "--mode", "doctor"),
        ("assess", HISTORY, "--definition", "nope"),
        ("assess", HISTORY, "--index-date", "yesterday"),
        ("assess", HISTORY, "--episode-start", "soon"),
        ("assess", HISTORY, "-o", "/no/such/folder/out.txt"),
        ("explain", HISTORY),
        ("explain", HISTORY, "--definition", "nope"),
        ("definitions", "sertraline"),
        ("knowledge", "show", "no_such_thing"),
        ("score", "nope", "1"),
        ("score", "bdi2", "1", "2"),
        ("serve", "--port", "eighty"),
        ("cohort", "run"),
    ],
)
def test_wrong_usage_is_2(args: tuple[object, ...]) -> None:
    done = remit(*args)
    assert done.code == 2
    assert done.out == ""
    assert done.err
    assert "Traceback" not in done.err


def test_a_missing_file_is_3() -> None:
    done = remit("assess", "/no/such/file.yaml")
    assert (done.code, done.out) == (3, "")
    assert "file.yaml" in done.err


def test_every_fault_is_listed_and_no_value_of_a_person(tmp_path: Path) -> None:
    bad = {
        "person": {"id": "Zaphod-Beeblebrox", "birth_date": "1957-13-42", "weight_kg": -71.25},
        "index_date": "2026-11-01",
        "treatments": [
            failure("sertraline", "2024-06-01", "2024-03-01", 100),
            failure("nonexistol", "2024-07-01", "2024-09-01", 137.25),
            failure("venlafaxine", "2024-07-01", "2024-09-01", 15000),
        ],
    }
    done = remit("assess", write(tmp_path, bad), "--format", "json")
    assert (done.code, done.out) == (3, "")
    for value in ("Zaphod", "1957", "71.25", "137.25", "15000"):
        assert value not in done.err
    for place in ("birth_date", "weight_kg", "treatments[0]", "treatments[1]", "treatments[2]"):
        assert place in done.err


def test_a_fault_of_ours_is_1_without_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("p1 took 137.25 mg")

    monkeypatch.setattr("remit.surfaces.cli.assess.assess", broken)
    path = write(tmp_path, TWO_FAILURES)
    done = remit("assess", path)
    assert (done.code, done.out) == (1, "")
    assert "RuntimeError" in done.err
    assert "report" in done.err
    assert "137.25" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert "Traceback" in remit("--debug", "assess", path).err


def test_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    misspelt = TWO_FAILURES | {"treatments": [failure("sertralin", "2024-03-01", "2024-06-30", 100)]}
    done = remit("assess", write(tmp_path, misspelt), "--format", "json")
    assert done.code == 0
    notices = done.json["persons"][0]["notices"]
    assert [n["code"] for n in notices] == ["name_read_as"]
    assert notices[0]["text"] in done.err


def test_output_is_moved_into_place_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    assert remit("assess", "/no/such/file.yaml", "--format", "json", "-o", target).code == 3
    assert target.read_text() == "old"
    done = remit("assess", HISTORY, "--format", "json", "-o", target)
    assert (done.code, done.out) == (0, "")
    assert json.loads(target.read_text())["schema"] == "remit-assessment/1"
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_text_to_a_file_is_plain(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    assert remit("assess", HISTORY, "-o", target).code == 0
    text = target.read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "Mode: clinician" in text


def test_version() -> None:
    done = remit("--version")
    assert done.code == 0
    assert done.out.startswith("remit ")
    assert "knowledge 20" in done.out


def test_evidence_is_mounted() -> None:
    done = remit("evidence", "--help")
    assert done.code == 0
    assert "network" in done.out
