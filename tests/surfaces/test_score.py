"""`remit score`: totals, missing answers, faults. The expected totals are sums done by hand."""

from __future__ import annotations

import pytest

from surfaces.running import remit


def test_a_total_and_its_published_range() -> None:
    found = remit("score", "phq9", *"322212210", "--format", "json").json  # 3+2+2+2+1+2+2+1+0
    assert (found["total"], found["band"], found["is_imputed"]) == (15, "moderately severe", False)
    text = remit("score", "PHQ-9", *"322212210").out
    assert "PHQ-9: 15 of 27" in text
    assert "Mode: clinician" in text


@pytest.mark.parametrize("mark", ["-", "."])
def test_missing_answers(mark: str) -> None:
    # Eight answers of 2 come to 16; the mean of 2 in the ninth place makes 18.
    found = remit("score", "phq9", mark, *"22222222", "--format", "json").json
    assert (found["total"], found["is_imputed"], found["answered"], found["items"]) == (18, True, 8, 9)
    found = remit("score", "phq9", mark, mark, mark, *"222222", "--format", "json").json
    assert (found["total"], found["answered"]) == (None, 6)


def test_an_item_about_suicide_is_never_filled_in() -> None:
    found = remit("score", "phq9", *"22222222", "-", "--format", "json").json
    assert found["total"] is None
    assert any("was not answered" in note for note in found["notes"])


def test_nothing_answered() -> None:
    found = remit("score", "gad7", *"-------", "--format", "json").json
    assert (found["total"], found["answered"]) == (None, 0)


@pytest.mark.parametrize(
    ("items", "places"),
    [
        (["1", "2"], ["items"]),
        ([*"1234", "x", *"111", "y"], ["item 5", "item 9"]),
        ([*"11111117", "9"], ["items[7]", "items[8]"]),
    ],
)
def test_faults_are_all_listed(items: list[str], places: list[str]) -> None:
    done = remit("score", "phq9", *items)
    assert (done.code, done.out) == (3, "")
    for place in places:
        assert place in done.err


def test_a_name_that_is_not_exact_is_read_aloud() -> None:
    done = remit("score", "patient health questionnaire 9 score", *"111111110", "--format", "json")
    assert done.code == 0, done.err
    assert done.json["instrument"] == "phq9"
    assert "Read 'patient health questionnaire 9 score' as PHQ-9." in done.err
