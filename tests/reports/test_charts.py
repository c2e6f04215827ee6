"""Charts: pieces of a trial by hand, what is unknown drawn as unknown, and a table that says all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from remit.knowledge import load_knowledge
from remit.knowledge.text import load_text
from remit.render.charts.frame import Chart, TimeAxis
from remit.render.charts.history import History
from remit.render.charts.icons import icon_array
from remit.render.charts.pieces import Stretch, pieces
from remit.render.gather import gather
from remit.render.phrases import Phrases
from surfaces.running import TWO_FAILURES, failure, write

SVG = "{http://www.w3.org/2000/svg}"


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_doses_that_run_together_make_pieces() -> None:
    rows = [
        Stretch(day("2024-01-01"), day("2024-02-01"), 50.0),
        Stretch(day("2024-01-15"), None, 100.0),
    ]
    assert list(pieces(rows, day("2024-03-01"))) == [
        (day("2024-01-01"), day("2024-01-15"), (50.0,)),
        (day("2024-01-15"), day("2024-02-01"), (50.0, 100.0)),
        (day("2024-02-01"), day("2024-03-01"), (100.0,)),
    ]


def test_a_refill_of_the_same_strength_makes_no_piece_and_a_hole_does() -> None:
    rows = [
        Stretch(day("2024-01-01"), day("2024-02-01"), 50.0),
        Stretch(day("2024-01-20"), day("2024-02-20"), 50.0),
        Stretch(day("2024-03-01"), day("2024-03-10"), None),
        Stretch(day("2024-06-01"), day("2024-06-10"), 50.0),
    ]
    assert list(pieces(rows, day("2024-04-01"))) == [
        (day("2024-01-01"), day("2024-02-20"), (50.0,)),
        (day("2024-03-01"), day("2024-03-10"), (None,)),
    ]


def test_the_axis_holds_its_days_and_labels_months() -> None:
    axis = TimeAxis(day("2024-01-01"), day("2024-12-31"), 0, 366)
    assert axis.at(day("2024-01-01")) == 0
    assert axis.at(day("2024-01-02")) == 1
    assert axis.at(day("2023-01-01")) == 0
    assert axis.at(day("2030-01-01")) == 366
    assert [label for _, label in axis.ticks()] == ["2024-01", "2024-03", "2024-05", "2024-07", "2024-09", "2024-11"]
    assert TimeAxis(day("1990-05-01"), day("2026-01-01")).ticks()[0][1] == "1995"


def chart(tmp_path: Path, history: object, mode: str = "clinician") -> Chart | None:
    from remit.flow.records import read_records
    from remit.pipeline import assess

    knowledge = load_knowledge()
    tables = assess(read_records([write(tmp_path, history)], knowledge), knowledge)
    text = load_text()
    view = gather(tables, knowledge, text, mode)
    return History(tables, knowledge, Phrases(text, mode)).of(view.persons[0])


def test_what_is_unknown_is_drawn_as_unknown(tmp_path: Path) -> None:
    treatments = [
        failure("sertraline", "2024-03-01", "2024-06-30", 100),
        failure("venlafaxine", "2024-07", "2025-01", None),
        {"treatment": "mirtazapine", "start": "unknown", "end": "unknown"},
        {"treatment": "duloxetine", "start": "2025-03-01", "daily_dose_mg": 20},
    ]
    made = chart(tmp_path, TWO_FAILURES | {"treatments": treatments})
    assert made is not None
    root = ElementTree.fromstring(made.picture)
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert "100" in words and "20" in words
    assert "?" in words and "? dates unknown" in words
    dashed = [p for p in root.iter(f"{SVG}polygon") if p.get("stroke-dasharray")]
    assert len(dashed) == 2  # of venlafaxine: where it may have run, and where it surely did at an unknown dose
    (table,) = made.tables
    assert [row[0] for row in table.rows] == ["sertraline", "venlafaxine", "duloxetine", "mirtazapine"]
    assert table.rows[1][2] == "?"


def test_marks_and_thresholds_come_from_the_record_and_the_knowledge(tmp_path: Path) -> None:
    scores = [{"code": "phq9", "value": v, "date": d} for v, d in ((20, "2024-03-01"), (8, "2024-06-30"))]
    treatments = [{"treatment": "sertraline", "start": "2024-03-01", "end": "2024-06-30", "daily_dose_mg": 100}]
    made = chart(tmp_path, TWO_FAILURES | {"treatments": treatments, "measurements": scores})
    assert made is not None
    rows = made.tables[0].rows
    assert [row[1] for row in rows] == ["20", "8"]
    assert rows[1][3] == "end of sertraline (2024-03-01 to 2024-06-30): response"  # 60 % better
    assert "remission: 4 or" in made.picture
    assert made.svg.count("<rect width") == 0  # no ground of its own inside a page
    assert 'id="history-title"' in made.svg


def test_a_visit_shows_no_dose(tmp_path: Path) -> None:
    made = chart(tmp_path, TWO_FAILURES, "visit")
    assert made is not None
    assert "100" not in [t.text for t in ElementTree.fromstring(made.picture).iter(f"{SVG}text")]
    assert "mg" not in " ".join(made.tables[-1].columns)


def test_nothing_on_record_gives_no_chart(tmp_path: Path) -> None:
    assert chart(tmp_path, {"treatments": [], "index_date": "2026-11-01"}) is None


def test_icons_show_the_estimate_and_its_interval() -> None:
    told = {"name": "i", "title": "t", "description": "d", "words": ("what", "how many")}
    made = icon_array(15, 20, 25, 100, **told)  # type: ignore[arg-type]
    root = ElementTree.fromstring(made.picture)
    circles = [c.get("fill") for c in root.iter(f"{SVG}circle")]
    assert len(circles) == 100
    assert circles.count("#0b5394") == 15
    assert len(list(root.iter(f"{SVG}polygon"))) == 10
    with pytest.raises(ValueError, match="order"):
        icon_array(30, 20, 25, 100, **told)  # type: ignore[arg-type]
