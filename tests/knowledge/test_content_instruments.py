"""Instruments: ranges, bands, cut-offs, suicide items and licences, typed here from the published sources."""

from __future__ import annotations

import re
from functools import cache

import pytest

from remit.knowledge.instrument import Instrument
from remit.knowledge.library import Library
from remit.knowledge.load import package_dir, read_library

HERE = package_dir()


@cache
def library() -> Library:
    return read_library([HERE])


@pytest.mark.parametrize(
    ("instrument", "low", "high"),
    [
        ("phq9", 0, 27),
        ("phq2", 0, 6),
        ("gad7", 0, 21),
        ("qids_sr16", 0, 27),
        ("ids_sr30", 0, 84),
        ("madrs", 0, 60),
        ("ham_d17", 0, 52),
        ("bdi2", 0, 63),
        ("cesd_r", 0, 60),
        ("pcl5", 0, 80),
        ("pc_ptsd5", 0, 5),
        ("audit_c", 0, 12),
        ("cgi_s", 1, 7),
    ],
)
def test_range(instrument: str, low: float, high: float) -> None:
    scoring = library().instruments[instrument].scoring
    assert (scoring.low, scoring.high) == (low, high)


def highest_total(instrument: Instrument) -> float:
    groups = instrument.scoring.groups or tuple((q.n,) for q in instrument.questions if q.is_scored)
    top = {q.n: max(o.value for o in (q.options or instrument.options)) for q in instrument.questions}
    return sum(max(top[n] for n in group) for group in groups)


def test_items_reach_the_top_of_the_range() -> None:
    for instrument in library().instruments.values():
        if instrument.scoring.method != "total_only":
            assert highest_total(instrument) == instrument.scoring.high, instrument.id


@pytest.mark.parametrize(
    ("instrument", "edges"),
    [
        ("phq9", [0, 5, 10, 15, 20]),
        ("gad7", [0, 5, 10, 15]),
        ("qids_sr16", [0, 6, 11, 16, 21]),
        ("ids_sr30", [0, 14, 26, 39, 49]),
        ("madrs", [0, 7, 20, 35]),
        ("ham_d17", [0, 8, 14, 19, 23]),
        ("bdi2", [0, 14, 20, 29]),
        ("stop_bang", [0, 3, 5]),
    ],
)
def test_bands_begin_where_published_and_cover_the_range(instrument: str, edges: list[float]) -> None:
    found = library().instruments[instrument]
    assert found.bands is not None
    bands = found.bands.bands
    assert [band.low for band in bands] == edges
    assert [band.high + 1 for band in bands[:-1]] == edges[1:]
    assert bands[-1].high == found.scoring.high


def test_depression_severity_scales() -> None:
    found = {i.id for i in library().instruments.values() if i.is_depression_severity}
    assert {"phq9", "qids_sr16", "ids_sr30", "madrs", "ham_d17", "ham_d24", "bdi2", "cesd_r"} <= found
    assert not {"phq2", "gad7", "cgi_i", "who5", "pcl5"} & found


@pytest.mark.parametrize(
    ("instrument", "remission", "response"),
    [
        ("phq9", 4, 50),
        ("qids_sr16", 5, 50),
        ("ham_d17", 7, 50),
        ("madrs", 10, 50),
        ("bdi2", 9, 50),
        ("ids_sr30", 14, 50),
    ],
)
def test_remission_and_response(instrument: str, remission: float, response: float) -> None:
    change = library().instruments[instrument].change
    assert change.remission_at_most is not None and change.response_percent is not None
    assert (change.remission_at_most.value, change.response_percent.value) == (remission, response)


@pytest.mark.parametrize(
    ("instrument", "items"),
    [
        ("phq9", [9]),
        ("qids_sr16", [12]),
        ("ids_sr30", [18]),
        ("madrs", [10]),
        ("ham_d17", [3]),
        ("cesd_r", [14, 15]),
        ("asq", [1, 2, 3, 4, 5]),
        ("cssrs_screener", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_suicide_items_open_the_panel_from_one_on(instrument: str, items: list[int]) -> None:
    found = library().instruments[instrument]
    assert [(s.item, s.at_least) for s in found.safety_items] == [(item, 1) for item in items]
    assert set(items) <= {q.n for q in found.questions}


def test_every_item_about_suicide_is_a_safety_item() -> None:
    for instrument in library().instruments.values():
        about = {
            q.n for q in instrument.questions if re.search(r"suicid|dead|killing|self harm", f"{q.topic} {q.text}")
        }
        assert about <= {s.item for s in instrument.safety_items}, instrument.id


def test_item_text_ships_only_where_the_licence_allows() -> None:
    found = {i.id for i in library().instruments.values() if i.stem or any(q.text for q in i.questions)}
    ships = {"phq9", "phq2", "gad7", "pcl5", "pc_ptsd5", "asq", "ham_d17", "cgi_s", "cgi_i", "cesd_r"}
    assert found == ships
    assert {i.id for i in library().instruments.values() if i.licence.tier == "ship"} - ships == {
        "phq15",
        "aims",
        "cage",
    }


def test_loinc_codes_of_the_phq9() -> None:
    phq9 = library().instruments["phq9"]
    assert (phq9.loinc_total, phq9.loinc_panel) == (("44261-6",), ("44249-1",))
    nine = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
    assert [q.code for q in phq9.questions] == [*nine, "69722-7"]
    assert [o.code for o in phq9.options] == ["LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"]
    assert not phq9.questions[-1].is_scored
