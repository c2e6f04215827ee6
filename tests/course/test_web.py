"""The course in the web app: a page per person, and the list view with its order, filters and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from course.build import knowledge
from remit.surfaces.web.store import open_store
from web.visitor import Visitor

BASE = {"index_date": "2026-11-01", "treatments": [{"treatment": "lithium", "start": "2026-01-01"}]}
PEOPLE = {
    "calm": {"measurements": [{"code": "phq9", "value": v, "date": d} for v, d in
                              ((18, "2026-01-01"), (4, "2026-10-01"), (4, "2026-10-20"))]},
    "none": {},
    "sign": {"answers": [{"instrument": "phq9", "date": "2026-10-01", "items": [1, 1, 1, 1, 1, 1, 1, 1, 1]}]},
}  # fmt: skip


def opened(folder: Path, mode: str) -> Visitor:
    store = open_store(folder)
    visitor = Visitor(store, knowledge()).begin(mode)
    for name, more in PEOPLE.items():
        history = json.dumps(BASE | {"person": {"id": name}} | more).encode()
        visitor.send("/import", at="/import", files={"files": (f"{name}.json", history)})
    return visitor


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Visitor]:
    visitor = opened(tmp_path / "data", "clinician")
    yield visitor
    visitor.store.close()


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Visitor]:
    visitor = opened(tmp_path / "data", "visit")
    yield visitor
    visitor.store.close()


def key(visitor: Visitor, name: str) -> str:
    rows = ((row.person_id, visitor.store.load(row.person_id)) for row in visitor.store.people())
    return next(k for k, saved in rows if saved and saved.document["history"]["person"]["id"] == name)


def test_a_page_for_a_person_in_both_modes(clinic: Visitor) -> None:
    page = clinic.get(f"/p/{key(clinic, 'calm')}/course")
    assert "about the same (it was 4 on 2026-10-01 )" in page.text
    assert "Thyroid function before lithium and every six months (lithium)" in page.text
    assert "[own reading]" in page.text
    assert "svg" in page.tags


def test_a_person_reads_plain_words_and_no_source_ids(person: Visitor) -> None:
    page = person.get(f"/p/{key(person, 'calm')}/course")
    assert "Your last score shows that you are better." in page.text
    assert "Ask about a blood test of the thyroid." in page.text
    assert "sps_lithium]" not in page.text
    assert "OVERDUE" not in page.text


def test_without_scores_one_line(person: Visitor) -> None:
    assert "No score of a depression scale is on record." in person.get(f"/p/{key(person, 'none')}/course").text


def test_a_sign_puts_the_panel_first(person: Visitor) -> None:
    text = person.get(f"/p/{key(person, 'sign')}/course").text
    assert text.index("get help now") < text.index("Your last score")


def order(visitor: Visitor, query: str) -> list[str]:
    rows = csv.DictReader(io.StringIO(visitor.client.get(f"/caseload.csv{query}").text))
    return [row["person_id"] for row in rows]


def test_the_list_its_order_filters_and_files(clinic: Visitor) -> None:
    page = clinic.get("/caseload")
    assert page.text.index("sign") < page.text.index("calm")
    assert "! REVIEW" in page.text
    assert f"/p/{key(clinic, 'sign')}/course" in page.links
    assert order(clinic, "?sort=person") == ["sign", "calm", "none"]
    assert order(clinic, "?filter=no-score") == ["sign", "none"]
    assert order(clinic, "?filter=no-score&filter=worse") == ["sign"]
    found = clinic.client.get("/caseload.json").json()
    assert found["schema"] == "remit-caseload/1"
    assert [p["flag_for_review"] for p in found["persons"]] == [True, False, False]
    assert clinic.client.get("/caseload?sort=nonsense").status_code == 400
    assert clinic.client.get("/caseload.xml").status_code == 404
    assert "/caseload" in clinic.get("/").links


def test_two_people_of_one_name_are_two_lines(clinic: Visitor) -> None:
    history = json.dumps(BASE | {"person": {"id": "calm"}}).encode()
    clinic.send("/import", at="/import", files={"files": ("again.json", history)})
    assert order(clinic, "?sort=person").count("calm") == 2


def test_the_list_is_for_clinicians(person: Visitor) -> None:
    assert person.client.get("/caseload", follow_redirects=False).status_code == 303
    assert person.client.get("/caseload.csv").status_code == 404
    assert "/caseload" not in person.get("/").links
