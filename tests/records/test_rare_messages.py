"""Faults and notices that few inputs bring about, word for word."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from records.fhir_cases import SERTRALINE_50, bundle, observation, patient, request
from remit.errors import Fault, SourceError
from remit.flow.records import read_records
from remit.flow.records.book import Book
from remit.flow.records.scores import is_possible
from remit.flow.records.sources import MAX_LINE, read_text

OK = {"treatment": "sertraline", "start": "2024-03-01", "end": "2024-05-01"}
PHQ9 = {"code": "phq9", "value": 8, "date": "2024-01-01"}


def one(**top):
    return {"index_date": "2026-11-01", "treatments": [OK], **top}


def packed(depth: int):
    inner = patient()
    for _ in range(depth):
        inner = {"resourceType": "Bundle", "entry": [{"resource": inner}]}
    return inner


FAULTS = {
    "nobody": (
        bundle(observation("99999-9", valueInteger=1), with_patient=False),
        "input: holds no person. Name a file that holds a history or a patient.",
    ),
    "key that is half a pair": (
        '{"treatments": [], "\\ud800": 1}',
        "in.json: holds a key that is not Unicode. Correct it.",
    ),
    "below zero": (
        one(treatments=[{**OK, "adherence": -0.5}]),
        "in.json: treatments[0].adherence: must be at least 0. Correct it, or write unknown.",
    ),
    "unknown treatment": (
        one(treatments=[{**OK, "treatment": "unknown"}]),
        "in.json: treatments[0].treatment: cannot be unknown. Name it, or leave the entry out.",
    ),
    "condition that is nearly named": (
        one(conditions=[{"condition": "hyperthyroid"}]),
        "in.json: conditions[0].condition: condition 'hyperthyroid' is not known. Did you mean Hyperthyroidism?",
    ),
    "answers of a scale that has a total only": (
        one(answers=[{"instrument": "aims", "date": "2024-01-01", "items": [1, 2]}]),
        "in.json: answers[0].items: cannot be added up. "
        "Give one answer per item (null: not answered), or the total as measurement.",
    ),
    "bundles within bundles": (
        packed(7),
        "in.json: entry[0].resource.entry[0].resource.entry[0].resource.entry[0].resource.entry[0].resource: "
        "holds bundles within bundles too deep. Correct the export, or take the entry away.",
    ),
    "two patients without id": (
        [{"resourceType": "Patient"}, {"resourceType": "Patient", "gender": "female"}],
        "in.json: [0].id: is missing, and there are several patients. Give each an id.",
    ),
    "a word for true": (
        bundle(request(doNotPerform="yes")),
        "in.json: entry[1].resource.doNotPerform: is a text, not true or false. "
        "Correct it at the source, or take the entry away.",
    ),
}


@pytest.mark.parametrize("case", FAULTS, ids=str)
def test_faults(faults, case):
    content, told = FAULTS[case]
    assert told in faults(content)


@pytest.mark.parametrize(("value", "is_told"), [(1.9, True), (2, False), (8, False), (8.1, True)])
def test_a_value_beyond_what_is_possible(knowledge, value, is_told):
    """None of our own laboratory values has bounds; a site's may."""
    book = Book(knowledge)
    measure = knowledge.observables["potassium"].model_copy(update={"low": 2, "high": 8})
    refuse = partial(book.fault, "here", remedy="check_value")
    assert is_possible(measure, value, measure.unit, refuse) != is_told
    told = "here: is outside what is possible for Potassium. Check the value and the unit."
    assert [str(f) for f in book.faults] == [told] * is_told
    assert is_possible(measure, value, "g/L", refuse)  # in another unit nobody can say


def test_faults_of_tables(faults):
    long_id = "treatment,person_id\nsertraline," + "x" * 300
    assert faults(long_id, "a.csv")[0] == "a.csv: row 2, column person_id: is longer than 256 letters. Shorten it."
    cut = b"treatment\nsertraline\n\xc3"
    assert faults(cut, "a.csv") == ["a.csv:3: ends within a letter. Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."]


def test_a_line_beyond_all_measure(faults):
    listed = faults(b'{"a": "' + b"x" * MAX_LINE + b'"}\n', "a.ndjson")
    assert "a.ndjson: line 1: is longer than 16 MiB. Write one resource a line." in listed


def test_a_file_that_is_gone_again(tmp_path: Path):
    listed: list[Fault] = []
    assert read_text(tmp_path / "a.json", 1, listed, "file.large_json") is None
    assert [str(f) for f in listed] == ["a.json: cannot be read (FileNotFoundError). Check its permissions."]


def test_a_file_that_does_not_fit_into_memory(tmp_path: Path, knowledge, monkeypatch):
    def full(*_: object) -> None:
        raise MemoryError

    path = tmp_path / "a.json"
    path.write_text(json.dumps(one()))
    monkeypatch.setattr("remit.flow.records.read_histories", full)
    with pytest.raises(SourceError) as caught:
        read_records(path, knowledge)
    assert str(caught.value.faults[0]) == "a.json: cannot be read (MemoryError). Split it, or export it as NDJSON."


NOTICES = {
    "the same score twice": (
        one(measurements=[PHQ9, PHQ9, PHQ9]),
        ("left_out", "duplicate_score", "2 scores that are on record twice count once."),
    ),
    "another unit": (
        one(measurements=[{"code": "potassium", "value": 9, "unit": "g/L", "date": "2024-01-01"}]),
        ("flag", "unit_differs", "Potassium is not given in mmol/L; its plausibility was not checked."),
    ),
    "a group": (
        bundle(*[request(SERTRALINE_50, subject={"reference": "Group/g"}, id=i) for i in "ab"]),
        ("left_out", "group_subject", "2 records about a group are left out."),
    ),
    "nothing with a date": (
        {"treatments": [{"treatment": "sertraline"}]},
        (
            "assumed",
            "index_date_assumed",
            "Nothing on record has a date; today is taken as the index date.",
        ),
    ),
    "a name with braces": (
        one(conditions=[{"condition": "grief {n} {name}"}]),
        ("left_out", "condition_not_known", '"grief {n} {name}" is no condition that is looked at.'),
    ),
}


@pytest.mark.parametrize("case", NOTICES, ids=str)
def test_notices(read, case):
    content, told = NOTICES[case]
    found = read(content, today=date(2026, 1, 1))["notice"].select("kind", "code", "text").rows()
    assert told in found
