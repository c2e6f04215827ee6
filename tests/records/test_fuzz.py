"""Nothing but `SourceError` ever comes out, whatever goes in."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.fhir_cases import bundle, condition, dispense, dosage, observation, procedure, request, response, statement
from remit.errors import SourceError
from remit.flow.records import read_records
from remit.knowledge.load import load_knowledge
from remit.tables.records import RECORDS

KNOWLEDGE = load_knowledge()
QUIET = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HISTORY = {
    "person": {"id": "p1", "birth_date": "1980-05-02", "sex": "f", "weight_kg": 70, "country": "US"},
    "index_date": "2026-11-01",
    "episode": {"start": "2024-02", "severity": "severe", "psychotic": False},
    "treatments": [
        {"treatment": "Zoloft", "start": "2024-03-01", "end": "2024-06", "daily_dose_mg": 100, "outcome": "none"},
        {"treatment": "ect", "sessions": 8, "adherence": 0.9, "details": {"placement": "bilateral"}},
        {"treatment": "lithium", "doses": [{"start": "2024-03-01", "daily_dose_mg": 300}, {"start": "2024-05"}]},
    ],
    "measurements": [{"code": "phq9", "value": 18, "date": "2024-03-01"}],
    "answers": [{"instrument": "phq9", "date": "2026-10-30", "items": [2, 3, 2, 2, 1, 2, 2, 1, None]}],
    "conditions": [{"condition": "hypothyroidism", "start": "2015", "status": "active"}],
    "clues": {"a": True},
    "preferences": {"avoid": ["x"], "wants": ["y"]},
}
EXPORT = bundle(
    request(dosageInstruction=[dosage(), {"text": "1 tablet daily"}]),
    dispense(daysSupply={"value": 30}, quantity={"value": 30}),
    statement(dosage=[dosage()]),
    procedure("G2083", "2024-03-05"),
    condition("F33.2", "2024-01-05"),
    observation("44261-6", valueInteger=3),
    response([0, 1, 2, 3, 0, 1, 2, 3, 0]),
)
WORDS = [
    "unknown",
    "sertraline",
    "2024",
    "2024-03-01",
    "9999-12-31",
    "0001-01-01",
    "",
    "phq9",
    "yes",
    "\ud800",
    "Patient/a",
    "#",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
KEYS = st.sampled_from(sorted({*HISTORY, *HISTORY["treatments"][0], "resourceType", "entry", "resource"})) | st.text(
    max_size=5
)
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def must_not_escape(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(SourceError):
        records = read_records([path], KNOWLEDGE)
        for table in RECORDS:
            table.check(records[table.table_name()])


def paths_of(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from paths_of(inner, (*path, i))


def put(document, path, value):
    """A copy of a document with one place overwritten."""
    copy = json.loads(json.dumps(document))
    if not path:
        return value
    spot = copy
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return copy


@QUIET
@given(JUNK)
def test_any_json(tmp_path, value):
    must_not_escape(tmp_path / "a.json", json.dumps(value).encode())


@QUIET
@given(st.binary(max_size=200), st.sampled_from(["a.json", "a.yaml", "a.csv", "a.ndjson", "a"]))
def test_any_bytes(tmp_path, content, name):
    must_not_escape(tmp_path / name, content)


@settings(QUIET, max_examples=200)
@given(st.sampled_from(list(paths_of(HISTORY))), JUNK)
def test_a_history_with_one_place_spoilt(tmp_path, path, value):
    must_not_escape(tmp_path / "a.json", json.dumps(put(HISTORY, path, value)).encode())


@settings(QUIET, max_examples=250)
@given(st.sampled_from(list(paths_of(EXPORT))), JUNK)
def test_an_export_with_one_place_spoilt(tmp_path, path, value):
    must_not_escape(tmp_path / "a.json", json.dumps(put(EXPORT, path, value)).encode())


@QUIET
@given(
    st.lists(
        st.lists(st.sampled_from([*WORDS[:-3], "person_id", "treatment", "start", "1e999", '"', "-1"]), max_size=5),
        max_size=6,
    )
)
def test_any_table(tmp_path, rows):
    text = "treatment,start,end,daily_dose_mg,person_id\n" + "\n".join(",".join(row) for row in rows)
    must_not_escape(tmp_path / "a.csv", text.encode())


@QUIET
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#?,% \n\t1.", max_size=60))
def test_any_yaml(tmp_path, text):
    must_not_escape(tmp_path / "a.yaml", text.encode())
    must_not_escape(tmp_path / "a.yml", b"treatments:\n - " + text.encode())
