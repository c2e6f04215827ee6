"""Test cases of two published quality measures (CMS128 and CMS159, CC0): real-world-shaped bundles of other people."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from remit.errors import SourceError
from remit.flow.records import read_records

ARCHIVE = Path(__file__).parents[3] / "shared/data/ecqm_2025/cms128_cms159_cases.tar.gz"
pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the published cases are not at hand")


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> list[Path]:
    """One bundle per patient: the first one in each patient's folder."""
    folder = tmp_path_factory.mktemp("cases")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    found = {}
    for path in sorted(folder.rglob("*/*/*.json")):
        content = json.loads(path.read_text())
        if content["resourceType"] == "Bundle":
            found.setdefault(path.parent, path)
    return list(found.values())


def outside_the_scale(path: Path) -> int:
    """PHQ-9 totals above 27 in a bundle, counted without the reader."""
    resources = [e["resource"] for e in json.loads(path.read_text())["entry"]]
    totals = [
        r["valueInteger"]
        for r in resources
        if r["resourceType"] == "Observation" and r["code"]["coding"][0]["code"] == "44261-6"
    ]
    return sum(not 0 <= t <= 27 for t in totals)


def test_they_are_read_or_refused_for_a_value_outside_the_scale(cases, knowledge):
    seen: Counter[str] = Counter()
    for path in cases:
        expected = outside_the_scale(path)
        try:
            records = read_records([path], knowledge)
        except SourceError as error:
            seen["out of range"] += len(error.faults)
            assert [("outside the scale" in f.problem) for f in error.faults] == [True] * expected
            continue
        assert not expected
        seen["persons"] += records["person"].height
        seen["phq9"] += records["measurement"].filter(records["measurement"]["measure_id"] == "phq9").height
        seen["fills"] += records["exposure"].height
    assert len(cases) == 77
    assert seen["out of range"] == sum(map(outside_the_scale, cases))
    refused = sum(outside_the_scale(path) > 0 for path in cases)
    assert seen["persons"] == 77 - refused
    in_refused = sum(
        sum(r["resource"]["resourceType"] == "Observation" for r in json.loads(path.read_text())["entry"])
        for path in cases
        if outside_the_scale(path)
    )
    assert seen["phq9"] == 119 - in_refused
    assert seen["fills"] == 20


def test_desipramine_is_dispensed_for_the_days_supplied(cases, knowledge):
    dispensed = [path for path in cases if "CMS128" in str(path)]
    records = read_records(dispensed, knowledge)
    ids = {knowledge.treatments[key].id for key in records["exposure"]["treatment_key"]}
    assert ids == {"desipramine"}
    days = (records["exposure"]["end_date"] - records["exposure"]["start_date"]).dt.total_days()
    supplied = [
        e["resource"]["daysSupply"]["value"]
        for path in dispensed
        for e in json.loads(path.read_text())["entry"]
        if e["resource"]["resourceType"] == "MedicationDispense"
    ]
    assert sorted(days.to_list()) == sorted(supplied)
    assert set(records["exposure_note"]["evidence"]) == {"fill"}
