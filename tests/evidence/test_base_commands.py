"""The commands on the evidence that Remit carries: list, show, network, pool, update."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from remit.surfaces.cli.evidence import app

STUDIES = Path(__file__).parents[2] / "src" / "remit_knowledge" / "evidence" / "studies"


def run(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done


def listed(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("list", *arguments, "--format", "json").stdout)["studies"]
    return found


def test_list_holds_every_study() -> None:
    assert {row["study"] for row in listed()} == {path.stem for path in STUDIES.glob("*.yaml")}


def test_list_is_narrowed() -> None:
    everything = listed()
    esketamine = listed("--treatment", "esketamine_nasal")
    assert {"TRANSFORM-2", "ESCAPE-TRD"} <= {row["study"] for row in esketamine} < {row["study"] for row in everything}
    assert {row["level"] for row in listed("--level", "L3")} == {"L3"}
    assert all(row["verified_rows"] > 0 for row in listed("--verified"))
    assert "STARD-L4" in {row["study"] for row in listed("--outcome", "remission", "--pooled")}
    # Thase2007-OFC: every count of it is recalled, as its file says.
    recalled = [r for a in yaml.safe_load((STUDIES / "Thase2007-OFC.yaml").read_text())["arms"] for r in a["outcomes"]]
    assert not any(row["verified"] and "events" in row for row in recalled)
    assert "Thase2007-OFC" not in {row["study"] for row in listed("--outcome", "remission", "--pooled")}


def test_list_as_csv_and_text() -> None:
    rows = list(csv.DictReader(io.StringIO(run("list", "--node", "ECT", "--format", "csv").stdout)))
    assert "ELEKT-D" in [row["study"] for row in rows]
    told = run("list", "--node", "ECT").stdout
    assert "ELEKT-D" in told and "not a systematic review" in told


def test_show_says_where_every_number_was_read() -> None:
    told = run("show", "elekt-d").stdout
    assert "108 of 195" in told and "10.1056/NEJMoa2302399" in told
    assert "NOT read in a source" in told, "remission is recalled"
    assert "public (PCORI)" in told
    record = json.loads(run("show", "ELEKT-D", "--format", "json").stdout)["study"]
    assert record == json.loads(json.dumps(yaml.safe_load((STUDIES / "ELEKT-D.yaml").read_text()), default=str))
    rows = list(csv.DictReader(io.StringIO(run("show", "ELEKT-D", "--format", "csv").stdout)))
    assert {row["events"] for row in rows if row["outcome"] == "response"} == {"108", "70"}


@pytest.mark.parametrize("study", sorted(path.stem for path in STUDIES.glob("*.yaml")))
def test_every_study_can_be_shown(study: str) -> None:
    assert study in run("show", study).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "Elekt"), "Did you mean ELEKT-D"),
        (("list", "--node", "esk"), "esketamine_IN+AD"),
        (("list", "--level", "L9"), "L0, L1, L2, L3"),
        (("list", "--outcome", "cure"), "remission"),
        (("network", "--carried", "--outcome", "remission", "--window", "h24"), "no trial of the base may be pooled"),
        (("network",), "--carried"),
        (("network", "some.csv", "--carried"), "--carried"),
    ],
)
def test_wrong_names_are_told(arguments: tuple[str, ...], words: str) -> None:
    assert words in run(*arguments, code=2).output


def test_the_network_of_the_base_stays_in_pieces() -> None:
    found = json.loads(run("network", "--carried", "--format", "json").stdout)
    assert found["components"] == len(found["pieces"]) > 1
    assert not found["ranking"], "nothing is ranked across pieces"
    for piece in found["pieces"]:
        names = [row["row against column"] for row in piece["league"]]
        assert names == piece["treatments"]
    told = run("network", "--carried").stdout
    assert told.count("league table") == len(found["pieces"])
    assert "set aside" in told and "nothing is compared across" in told


def test_pool_writes_and_checks(tmp_path: Path) -> None:
    assert "up to date" in run("pool", "--check").stdout
    out = tmp_path / "pooled.json"
    run("pool", "-o", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["effects"]
    out.write_text("{}", encoding="utf-8")
    assert "remit evidence pool" in run("pool", "--check", "-o", str(out), code=1).output


def test_update_says_what_a_new_study_changes(tmp_path: Path) -> None:
    record = yaml.safe_load((STUDIES / "ELEKT-D.yaml").read_text(encoding="utf-8"))
    record["id"], record["label"] = "NEW-1", "Somebody 2027"
    for arm in record["arms"]:
        for row in arm["outcomes"]:
            row["row"] = row["row"].replace("ELEKT-D", "NEW-1")
    new = tmp_path / "NEW-1.yaml"
    new.write_text(yaml.safe_dump(record), encoding="utf-8")
    told = run("update", str(new)).stdout
    assert "New studies: NEW-1" in told
    before, after = (line for line in told.splitlines() if line.strip().startswith(("before", "after")))
    assert "1 studies" in before and "2 studies" in after and "140/340 against 216/390" in after
