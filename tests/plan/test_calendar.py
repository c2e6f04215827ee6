"""The calendar, read back by a library that others use."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from surfaces.running import Result, remit

HISTORY = """
person: {id: Jane Doe, country: US}
index_date: 2026-11-01
treatments:
  - {treatment: sertraline, start: 2026-01-01, end: 2026-10-20, daily_dose_mg: 100, outcome: none}
answers: [{instrument: phq9, date: 2026-10-30, items: [2, 3, 2, 2, 1, 2, 2, 1, 1]}]
"""


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.yaml"
    path.write_text(HISTORY, encoding="utf-8")
    return path


def planned(history: Path, option: str, start: str, *more: object) -> Result:
    return remit("plan", history, "--option", option, "--start", start, *more)


def written(history: Path, option: str, form: str, *more: object) -> str:
    place = history.parent / f"out.{form}"
    done = planned(history, option, "2026-11-09", "--format", form, "-o", place, *more)
    assert done.code == 0, done.err
    return place.read_bytes().decode("utf-8")


def ics(history: Path, *more: object) -> str:
    return written(history, "saint_snt", "ics", *more)


def test_the_calendar_reads_back(history: Path) -> None:
    events = Calendar.from_ical(ics(history)).walk("VEVENT")
    days = [event.decoded("dtstart") for event in events]
    assert days[:6] == [date(2026, 11, 2), *(date(2026, 11, 9) + timedelta(days=n) for n in range(5))]
    assert all(event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1) for event in events)
    assert len({str(event["uid"]) for event in events}) == len(events) == 9
    assert {event.decoded("dtstamp").isoformat() for event in events} == {"2026-11-09T00:00:00+00:00"}


def test_the_same_plan_writes_the_same_bytes(history: Path) -> None:
    assert ics(history) == ics(history)


def test_no_name_and_no_dose_in_the_calendar(history: Path) -> None:
    for mode in ("clinician", "visit"):
        text = ics(history, "--mode", mode).replace("\r\n ", "")
        assert "Jane" not in text and "Doe" not in text
        assert " mg" not in text


def test_a_sign_comes_first_beside_the_calendar(history: Path) -> None:
    done = planned(history, "saint_snt", "2026-11-09", "--format", "ics", "-o", history.parent / "plan.ics")
    assert "get help now" in done.err.splitlines()[0]


def test_crisis_first_in_text_json_and_html(history: Path) -> None:
    text = planned(history, "saint_snt", "2026-11-09").out
    assert text.index("get help now") < text.index("Plan:")
    person = planned(history, "saint_snt", "2026-11-09", "--format", "json").json["persons"][0]
    assert next(iter(person)) == "crisis"
    page = written(history, "saint_snt", "html")
    assert page.index("get help now") < page.index("<h1")


def test_visit_mode_has_no_doses(history: Path) -> None:
    shown = {
        mode: planned(history, "maoi", "2026-11-09", "--mode", mode, "--format", "json")
        for mode in ("clinician", "visit")
    }
    assert "30 mg" in shown["clinician"].out
    assert " mg" not in shown["visit"].out
    assert "protocol" not in shown["visit"].json
    assert " mg" not in planned(history, "maoi", "2026-11-09", "--mode", "visit").out


def test_washout_in_json(history: Path) -> None:
    person = planned(history, "maoi", "2026-10-25", "--format", "json").json["persons"][0]
    assert (person["asked_date"], person["zero_date"]) == ("2026-10-25", "2026-11-03")  # 20 October + 14 days
    assert [w["treatment"] for w in person["washouts"]] == ["sertraline"]
    assert person["washouts"][0]["clear_date"] == "2026-11-03"


def test_html_is_whole(history: Path) -> None:
    page = written(history, "lithium_aug", "html")
    assert page.lower().startswith("<!doctype html>")
    assert "<script" not in page


@pytest.mark.parametrize(
    ("option", "start", "word"), [("nonsense", "2026-11-09", "schedule"), ("ect", "soon", "--start")]
)
def test_wrong_usage(history: Path, option: str, start: str, word: str) -> None:
    done = planned(history, option, start)
    assert done.code == 2
    assert word in done.err
