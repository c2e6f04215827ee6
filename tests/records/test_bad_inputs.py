"""Whatever comes in, every fault is listed with its place and what to do; nothing else is ever raised."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from remit.errors import SourceError
from remit.flow.records import read_records

OK = {"treatment": "sertraline", "start": "2024-03-01", "end": "2024-05-01"}


def one(**entry):
    return {"index_date": "2026-11-01", "treatments": [{**OK, **entry}]}


HISTORIES = {
    "unknown drug": (one(treatment="zzyzxine"), "treatments[0].treatment", "is not known"),
    "two drugs near": (
        one(treatment="dluoxetine"),
        "treatments[0].treatment",
        "Did you mean duloxetine or fluoxetine?",
    ),
    "shared name": (one(treatment="selegiline"), "treatments[0].treatment", "names more than one treatment"),
    "end before start": (one(end="2024-02-28"), "treatments[0].end", "ends before it starts"),
    "partial end before start": (one(end="2024-02"), "treatments[0].end", "ends before it starts"),
    "negative dose": (one(daily_dose_mg=-50), "treatments[0].daily_dose_mg", "must be above 0"),
    "zero dose": (one(daily_dose_mg=0), "treatments[0].daily_dose_mg", "must be above 0"),
    "100-fold dose": (
        one(daily_dose_mg=10000),
        "treatments[0].daily_dose_mg",
        "far above any daily dose of sertraline",
    ),
    "huge number": (one(daily_dose_mg=10**400), "treatments[0].daily_dose_mg", "finite"),
    "quoted number": (one(daily_dose_mg="100"), "treatments[0].daily_dose_mg", "Take off the quotes"),
    "dose that is true": (one(daily_dose_mg=True), "treatments[0].daily_dose_mg", "is true or false"),
    "dose of ECT": (one(treatment="ect", daily_dose_mg=5), "treatments[0].daily_dose_mg", "not dosed in mg"),
    "no sessions": (one(treatment="ect", sessions=0), "treatments[0].sessions", "must be above 0"),
    "adherence": (one(adherence=90), "treatments[0].adherence", "must be at most 1"),
    "improvement": (one(improvement_percent=101), "treatments[0].improvement_percent", "must be at most 100"),
    "outcome": (one(outcome="nonee"), "treatments[0].outcome", "Did you mean none?"),
    "stop reason": (one(stopped_because="tired"), "treatments[0].stopped_because", "known words"),
    "date": (one(start="01/03/2024"), "treatments[0].start", "is not a date"),
    "no such day": (one(start="2023-02-29"), "treatments[0].start", "is not a date"),
    "far future": (one(start="2124-01-01"), "treatments[0].start", "a date no record can be about"),
    "far past": (one(start="1024-01-01"), "treatments[0].start", "a date no record can be about"),
    "future index": ({**one(), "index_date": "9999-01-01"}, "index_date", "a date no record can be about"),
    "date that is a list": (one(start=["2024"]), "treatments[0].start", "is not a date"),
    "two kinds of dose": (one(daily_dose_mg=5, doses=[{"start": "2024"}]), "treatments[0].doses", "Give one of them"),
    "step after the end": (one(doses=[{"start": "2024-06-01"}]), "treatments[0].doses[0]", "after the treatment ended"),
    "step before the start": (one(doses=[{"start": "2024-01-01"}]), "treatments[0].doses[0]", "before or with"),
    "steps in no order": (
        one(doses=[{"start": "2024-03-01"}, {"start": "2024-03-01"}]),
        "treatments[0].doses[1]",
        "before or with",
    ),
    "step without start": (
        one(doses=[{"start": "2024-03-01"}, {"daily_dose_mg": 5}]),
        "treatments[0].doses[1].start",
        "is missing",
    ),
    "duplicate": ({**one(), "treatments": [OK, OK]}, "treatments[1]", "duplicate of treatments[0]"),
    "unknown key": (one(dosis=5), "treatments[0].dosis", "is not a known key"),
    "key nearly right": (one(daily_dose=5), "treatments[0].daily_dose", "Did you mean daily_dose_mg?"),
    "unknown key above": ({**one(), "treatmens": []}, "treatmens", "Did you mean treatments?"),
    "no treatments": ({"index_date": "2024-01-01"}, "treatments", "is missing"),
    "nameless treatment": ({**one(), "treatments": [{"start": "2024"}]}, "treatments[0].treatment", "is missing"),
    "augments": (one(augments="zzyzxine"), "treatments[0].augments", "is not known"),
    "details": (one(details=["bilateral"]), "treatments[0].details", "is a list"),
    "treatments that are no list": ({**one(), "treatments": {}}, "treatments", "Write a list"),
    "treatment that is a word": ({**one(), "treatments": ["sertraline"]}, "treatments[0]", "is a text"),
    "schema": ({**one(), "schema": "remit-history/9"}, "schema", "not a schema"),
    "unknown instrument": (
        {**one(), "answers": [{"instrument": "zzz", "date": "2024-01-01", "items": [1]}]},
        "answers[0].instrument",
        "not known",
    ),
    "too few items": (
        {**one(), "answers": [{"instrument": "phq9", "date": "2024-01-01", "items": [1]}]},
        "answers[0].items",
        "has 9 items",
    ),
    "item out of range": (
        {**one(), "answers": [{"instrument": "phq9", "date": "2024-01-01", "items": [4] + [0] * 8}]},
        "answers[0].items[0]",
        "is no answer of PHQ-9",
    ),
    "answers twice": (
        {**one(), "answers": [{"instrument": "phq9", "date": "2024-01-01", "items": [0] * 9}] * 2},
        "answers[1]",
        "of a day that in.json: answers[0] gives already",
    ),
    "total out of range": (
        {**one(), "measurements": [{"code": "phq9", "value": 28, "date": "2024-01-01"}]},
        "measurements[0].value",
        "outside the scale of PHQ-9 (0 to 27)",
    ),
    "measurement without date": (
        {**one(), "measurements": [{"code": "phq9", "value": 8}]},
        "measurements[0].date",
        "is missing",
    ),
    "unknown code": (
        {**one(), "measurements": [{"code": "99999-9", "value": 8, "date": "2024-01-01"}]},
        "measurements[0].code",
        "not known",
    ),
    "unknown condition id": (
        {**one(), "conditions": [{"condition": "sleep_troubles_x"}]},
        "conditions[0]",
        "not known",
    ),
    "condition status": (
        {**one(), "conditions": [{"condition": "adhd", "status": "cured"}]},
        "conditions[0].status",
        "known words",
    ),
    "clue": ({**one(), "clues": {"Bad Name": True}}, "clues.Bad Name", "not a name of a clue"),
    "clue answer": ({**one(), "clues": {"x": 7}}, "clues.x", "Write true, false or unknown"),
    "both wanted and avoided": (
        {**one(), "preferences": {"avoid": ["ect"], "wants": ["ect"]}},
        "preferences.wants[0]",
        "both wanted",
    ),
    "weight": ({**one(), "person": {"weight_kg": 0}}, "person.weight_kg", "must be above 0"),
    "long country": ({**one(), "person": {"country": "x" * 999}}, "person.country", "longer than"),
    "person without id among several": ([one(), one()], "[0].person.id", "there are several persons"),
    "one id for two": (
        [{**one(), "person": {"id": "a"}}, {**one(), "person": {"id": "a"}}],
        "[1].person.id",
        "same person id",
    ),
    "no date anywhere": ({"treatments": [{"treatment": "sertraline"}]}, "in.json", "holds no date at all"),
    "empty list": ([], "in.json", "is an empty list"),
    "a number": (7, "in.json", "neither a history nor"),
    "a word": ("sertraline", "in.json", "neither a history nor"),
}


@pytest.mark.parametrize("case", HISTORIES, ids=str)
def test_histories(faults, case):
    content, place, words = HISTORIES[case]
    listed = faults(content)
    assert len(listed) <= 2, listed
    assert any(place in line and words in line for line in listed), listed
    assert all(line.startswith("in.json") for line in listed)


def test_all_faults_are_listed_at_once(faults):
    content = {
        "treatments": [
            {"treatment": "zzyzxine", "start": "x", "daily_dose_mg": -1},
            {"treatment": "ect", "sessions": "8"},
        ],
        "measurements": [{"code": "phq9", "value": 99, "date": "2024-01-01"}],
    }
    assert [line.split(":")[1].strip() for line in faults(content)] == [
        "treatments[0].treatment",
        "treatments[0].start",
        "treatments[0].daily_dose_mg",
        "treatments[1].sessions",
        "measurements[0].value",
    ]


def test_faults_never_show_a_persons_values(faults):
    content = {"person": {"id": "secret-id", "weight_kg": -61.5}, "treatments": [{**OK, "daily_dose_mg": -123.25}]}
    text = " ".join(faults(content))
    assert "secret-id" not in text and "61.5" not in text and "123.25" not in text


TEXTS = {
    "empty": ("a.json", b"", "is empty"),
    "blank": ("a.yaml", b" \n\n", "is empty"),
    "only a BOM": ("a.csv", b"\xef\xbb\xbf", "is empty"),
    "UTF-16": ("a.json", "{}".encode("utf-16"), "is not UTF-8"),
    "latin-1 YAML": ("a.yaml", "person: {id: Zoë}\n".encode("latin-1"), "a.yaml:1: is not UTF-8"),
    "latin-1 CSV": ("a.csv", b"treatment\nsertraline\nz\xe9ro\n", "a.csv:3: is not UTF-8"),
    "NUL": ("a.csv", b"treatment\n\0\n", "is not UTF-8"),
    "late NUL": ("a.csv", b"treatment\n" + b"x\n" * 40_000 + b"\0", "holds NUL bytes"),
    "binary": ("a.dat", bytes(range(256)), "is not UTF-8"),
    "broken JSON": ("a.json", b'{"treatments": [', "is not JSON"),
    "NaN": ("a.json", b'{"treatments": [{"treatment": "sertraline", "daily_dose_mg": NaN}]}', "NaN is no JSON value"),
    "infinity": ("a.json", b'{"a": -Infinity}', "-Infinity is no JSON value"),
    "NaN in YAML": (
        "a.yaml",
        b"treatments: [{treatment: sertraline, start: 2024, daily_dose_mg: .nan}]",
        "not a finite",
    ),
    "key twice": ("a.json", b'{"treatments": [], "person": {"id": "a", "id": "b"}}', "a.json: person: gives the key"),
    "key twice in YAML": ("a.yaml", b"treatments: []\ntreatments: []\n", "a.yaml:2: gives the key 'treatments' twice"),
    "half a pair": ("a.json", b'{"treatments": [], "person": {"id": "\\ud800"}}', "not Unicode"),
    "too many digits": ("a.json", b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
    "nested JSON": ("a.json", b'{"treatments": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
    "nested a little": ("a.json", b'{"treatments": ' + b"[" * 200 + b"]" * 200 + b"}", "nested too deep"),
    "nested YAML": ("a.yaml", b"a: " + b"[" * 100_000, "nested too deep"),
    "bomb": (
        "a.yaml",
        b"a: &a [x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c, c, b", ".join([b"*%c" % (c - 1)] * 9)) for c in range(ord("b"), ord("k"))),
        "refers to itself too often",
    ),
    "an anchor in itself": ("a.yaml", b"a: &a [*a]\n", "anchor that is not there"),
    "a tag": ("a.yaml", b"treatments: !!python/object/apply:os.system [ls]\n", "bears a tag"),
    "own tag": ("a.yaml", b"treatments: !x []\n", "bears a tag"),
    "merge key": ("a.yaml", b"treatments: []\nperson: {<<: {id: a}}\n", "merge key"),
    "two documents": ("a.yaml", b"treatments: []\n---\ntreatments: []\n", "more than one document"),
    "list as key": ("a.yaml", b"? [a]\n: b\n", "list or object as a key"),
    "YAML grammar": ("a.yaml", b"treatments: [a\nb: c: d\n", "is not YAML"),
    "tabs": ("a.yaml", b"treatments:\n\t- a\n", "is not YAML"),
    "prose": ("a.txt", b"She took sertraline for years.", "neither a history nor"),
    "no such column": ("a.csv", b"drug,begin\nsertraline,2024\n", "lacks the column treatment"),
    "no rows": ("a.csv", b"treatment,start\n", "holds no row"),
    "open quote": ("a.csv", b'treatment,start\n"sertraline,2024\n', "breaks the rules of CSV"),
    "huge cell": ("a.csv", b"treatment\n" + b"x" * 200_000, "breaks the rules of CSV"),
    "cells to spare": ("a.csv", b"treatment,start\nsertraline,2024,,x\n", "row 2: has more cells than the header"),
    "NDJSON line": ("a.ndjson", b'{"resourceType": "Patient", "id": "a"}\n{"resourceType"\n', "a.ndjson: line 2"),
    "NDJSON of nothing": ("a.ndjson", b"7\n", "a.ndjson: line 1: is neither"),
}


@pytest.mark.parametrize("case", TEXTS, ids=str)
def test_bytes(faults, case):
    name, content, words = TEXTS[case]
    listed = faults(content, name)
    assert any(words in line for line in listed), listed


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [("big.json", 129 << 20, "larger than 128 MiB"), ("big.yaml", 9 << 20, "larger than 8 MiB")],
)
def test_absurd_sizes_are_refused_without_being_read(tmp_path: Path, knowledge, name, size, words):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write((b"[1,\n" if name.endswith("json") else b"a: 1\n") * 20_000)
        file.seek(size)
        file.write(b"]")
    with pytest.raises(SourceError, match=words):
        read_records([path], knowledge)


def test_a_table_of_nonsense_is_given_up(tmp_path: Path, knowledge):
    path = tmp_path / "junk.csv"
    path.write_text("treatment,start\n" + "".join(f"zz{i},x\n" for i in range(20_000)))
    with pytest.raises(SourceError) as caught:
        read_records([path], knowledge)
    assert len(caught.value.faults) == 10_001
    assert "reading stopped" in caught.value.faults[-1].problem


def test_files_that_cannot_be_opened(tmp_path: Path, knowledge):
    with pytest.raises(SourceError, match="is not there"):
        read_records([tmp_path / "none.json"], knowledge)
    with pytest.raises(SourceError, match="is a folder"):
        read_records([tmp_path], knowledge)
    with pytest.raises(SourceError, match="names no file"):
        read_records([], knowledge)
    with pytest.raises(SourceError, match="cannot be opened"):
        read_records(["a\0b"], knowledge)


def test_the_options_are_checked(tmp_path: Path, knowledge):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(one()))
    with pytest.raises(SourceError, match="index date of the call"):
        read_records([path], knowledge, index_date=date(1500, 1, 1))


def test_the_faults_of_all_files_are_listed(tmp_path: Path, knowledge):
    (tmp_path / "a.json").write_text(json.dumps(one(daily_dose_mg=-1)))
    (tmp_path / "b.csv").write_text("treatment,start\nsertraline,x\n")
    (tmp_path / "c.yaml").write_text("person: {id: c}\ntreatments: 7\n")
    with pytest.raises(SourceError) as caught:
        read_records([tmp_path / n for n in ("a.json", "b.csv", "c.yaml")], knowledge)
    assert [f.place.split(":")[0] for f in caught.value.faults] == ["a.json", "b.csv", "c.yaml"]
    assert caught.value.exit_code == 3
