"""The crisis panel comes first in every form; a zero prints that it excludes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reports.made import KINDS, document, text_of
from surfaces.running import remit, with_item_9, write

TITLE = "If there are thoughts of suicide, get help now"
ZERO = "a score of 0 does not exclude risk; ask directly."


@pytest.mark.parametrize("form", ["html", "pdf"])
@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_the_panel_is_the_first_thing_of_every_document(form: str, mode: str, kind: str, tmp_path: Path) -> None:
    path = write(tmp_path, with_item_9(1))
    text = text_of(document(path, tmp_path, form, mode, kind), form, tmp_path)
    assert text.startswith(TITLE)
    assert "988" in text[:200]


@pytest.mark.parametrize("form", ["html", "pdf"])
@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_a_zero_excludes_nothing(form: str, mode: str, kind: str, tmp_path: Path) -> None:
    text = text_of(document(write(tmp_path, with_item_9(0)), tmp_path, form, mode, kind), form, tmp_path)
    assert TITLE not in text
    assert ZERO in text


def test_text_json_and_resources_too(tmp_path: Path) -> None:
    path = write(tmp_path, with_item_9(1))
    for mode in ("clinician", "visit"):
        page = remit("assess", path, "--mode", mode).out
        assert TITLE in page.splitlines()[0]
        assert next(iter(remit("assess", path, "--mode", mode, "--format", "json").json["persons"][0])) == "crisis"
    bundle = json.loads(document(path, tmp_path, "fhir"))
    composition = bundle["entry"][0]["resource"]
    assert composition["resourceType"] == "Composition"
    assert TITLE in composition["section"][0]["text"]["div"]


def test_without_answers_there_is_neither(tmp_path: Path) -> None:
    history = {"treatments": [{"treatment": "sertraline", "start": "2024-01-01", "end": "2024-03-01"}]}
    path = write(tmp_path, history)
    for form, mode in (("html", "clinician"), ("pdf", "visit")):
        text = text_of(document(path, tmp_path, form, mode), form, tmp_path)
        assert TITLE not in text
        assert ZERO not in text


def test_every_person_has_a_panel_of_their_own(tmp_path: Path) -> None:
    one, two = with_item_9(0), with_item_9(2)
    two["person"] = {"id": "p2", "country": "GB"}
    text = text_of(document(write(tmp_path, [one, two]), tmp_path, "html"), "html", tmp_path)
    assert text.count(TITLE) == 1
    assert text.index(": p1") < text.index(TITLE) < text.index(": p2")


def test_the_number_stays_in_sight_on_every_page_of_a_visit(tmp_path: Path) -> None:
    content = document(write(tmp_path, with_item_9(1)), tmp_path, "pdf", "visit")
    text = text_of(content, "pdf", tmp_path)
    pages = len(re.findall(r"page \d+ of \d+", text))
    assert pages >= 2
    assert text.count("If you may act on thoughts of suicide, call 988 now.") >= pages
