"""The export as FHIR R4: valid by two readers, whole in itself, and never a judgement of risk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.made import document, many
from surfaces.running import EXAMPLES, TWO_FAILURES, remit, with_item_9, write

KINDS = {"Composition", "Patient", "Device", "Observation", "Task", "Provenance"}


@pytest.fixture(params=["example", "sign", "many", "two"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    other = with_item_9(0) | {"person": {"id": "p2"}}
    paths = {
        "example": lambda: EXAMPLES / "history.yaml",
        "sign": lambda: write(tmp_path, with_item_9(1)),
        "many": lambda: write(tmp_path, many()),
        "two": lambda: write(tmp_path, [TWO_FAILURES, other]),
    }
    made: dict[str, Any] = json.loads(document(paths[request.param](), tmp_path, "fhir"))
    return made


def test_it_is_valid_by_two_readers(bundle: dict[str, Any]) -> None:
    fhirkit = pytest.importorskip("fhirkit")
    resources = pytest.importorskip("fhir.resources.R4B.bundle")
    assert [issue for issue in fhirkit.validate(json.dumps(bundle)) if issue.severity == "error"] == []
    read = resources.Bundle.model_validate(bundle)
    assert len(read.entry) == len(bundle["entry"])


def test_every_reference_resolves_and_every_id_is_there_once(bundle: dict[str, Any]) -> None:
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(urls) == len(set(urls))
    assert set(references(bundle)) <= set(urls)
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"


def references(node: Any) -> list[str]:
    """Every reference in it."""
    if isinstance(node, dict):
        own = [node["reference"]] if isinstance(node.get("reference"), str) else []
        return own + [r for value in node.values() for r in references(value)]
    return [r for value in node for r in references(value)] if isinstance(node, list) else []


def test_there_is_no_resource_of_risk(bundle: dict[str, Any]) -> None:
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} <= KINDS
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] != "Composition":
            assert "suicid" not in json.dumps(entry["resource"].get("code", {})).lower()
            assert "prediction" not in entry["resource"]


def test_it_says_what_the_json_says(tmp_path: Path) -> None:
    path = EXAMPLES / "history.yaml"
    told = remit("assess", path, "--format", "json").json["persons"][0]
    made = json.loads(document(path, tmp_path, "fhir"))
    observations = [e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "Observation"]

    def code(resource: dict[str, Any], field: str = "code") -> tuple[str, str]:
        first = resource[field]["coding"][0]
        return first["system"].removeprefix("urn:x-remit:"), first["code"]

    statuses = {code(o)[1]: code(o, "valueCodeableConcept")[1] for o in observations if code(o)[0] == "definition"}
    assert statuses == {v["definition"]: v["status"] for v in told["verdicts"]}
    assert sum(code(o)[0] == "trial" for o in observations) == len(told["trials"])
    values = sorted(o["valueQuantity"]["value"] for o in observations if code(o)[0] == "instrument")
    assert values == [15, 18, 19]  # PHQ-9 of the example: two totals, and the sheet re-added by hand


def test_each_trial_names_the_records_it_rests_on(tmp_path: Path) -> None:
    made = json.loads(document(EXAMPLES / "history.yaml", tmp_path, "fhir"))
    places = [
        entity["what"]["identifier"]["value"]
        for e in made["entry"]
        if e["resource"]["resourceType"] == "Provenance"
        for entity in e["resource"].get("entity", ())
        if entity["what"]["identifier"]["system"] == "urn:x-remit:record"
    ]
    assert sum("treatments[0]" in place for place in places) >= 1
    assert {n for n in range(6) if any(f"treatments[{n}]" in p for p in places)} == set(range(6))


def test_a_visit_has_no_resources(tmp_path: Path) -> None:
    done = remit("assess", EXAMPLES / "history.yaml", "--format", "fhir", "--mode", "visit")
    assert done.code == 2
    assert done.out == ""
