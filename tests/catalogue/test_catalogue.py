"""The catalogue is whole: every entry, every number that was researched, and plain words that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalogue.readability import grade
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.catalogue import CatalogueEntry, Plain

EXPECTED: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "expected.yaml").read_text(encoding="utf-8"))
COUNTED = (
    "regulation", "guidelines", "protocol", "outcomes", "contraindications", "cautions", "baseline_checks",
    "monitoring", "interactions", "access", "special_groups", "mechanisms", "time_to_effect", "durability",
)  # fmt: skip
FORBIDDEN = ("low risk", "safe for you", "best treatment", "treatment failure", "recommends", "failed patient")
MOST_GRADE, MOST_SENTENCE, MOST_RATIO = 8.0, 11.0, 1.5


@cache
def known() -> Knowledge:
    return load_knowledge()


def entry(item_id: str) -> CatalogueEntry:
    return known().catalogue[item_id]


def test_every_entry_is_there() -> None:
    assert len(EXPECTED) == 44
    assert set(known().catalogue) == set(EXPECTED)


def test_what_may_not_be_listed() -> None:
    assert {i for i, e in known().catalogue.items() if not e.is_listable} == {"tdcs_home", "inflammation_guided"}


def test_what_is_investigational() -> None:
    assert {i for i, e in known().catalogue.items() if e.is_investigational} == {
        "mst", "dbs", "psilocybin_comp360", "mebufotenin_gh001", "pipeline_other", "inflammation_guided",
    }  # fmt: skip


@pytest.mark.parametrize("item_id", EXPECTED)
def test_nothing_was_lost(item_id: str) -> None:
    """As many statements in each field as were researched; maintenance was split off durability."""
    found = entry(item_id)
    counts = [len(getattr(found, name)) for name in COUNTED]
    counts[-1] += len(found.maintenance)
    assert counts == EXPECTED[item_id]["counts"]
    assert found.grade == EXPECTED[item_id]["grade"]
    assert len(found.population) == 8


def numbers(value: Any) -> Iterator[str]:
    """Every number anywhere inside, without thousands' commas and trailing zeros."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("sources", "plain"):
                yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif value is not None and not isinstance(value, bool):
        for found in re.findall(r"\d+(?:[.,]\d+)*", str(value)):
            whole = re.sub(r",(?=\d{3})", "", found)
            whole = whole.rstrip("0").rstrip(".") if re.fullmatch(r"\d+\.\d+", whole) else whole
            yield from whole.split(",")


@pytest.mark.parametrize("item_id", EXPECTED)
def test_every_number_is_there(item_id: str) -> None:
    present = set(numbers(entry(item_id).model_dump(mode="json")))
    assert set(EXPECTED[item_id]["numbers"]) - present == set()


HEADLINES = [
    ("ketamine_iv", "ELEKT-D 2023", 403, 55.4, None, "ECT", 41.2, None),
    ("esketamine_nasal", "ESCAPE-TRD 2023", 676, None, 27.1, "quetiapine XR", None, 17.6),
    ("rtms_standard", "Dalhuisen 2024", 89, 38, 27, "switch", 15, 5),
    ("dtms", "Levkovitz 2015", 212, 38.4, 32.6, "sham", 21.4, 14.6),
    ("saint_snt", "Kratter 2026 RCT", 48, 54.2, 50, "sham", 25, 20.8),
    ("ect", "KetECT", 186, None, 63, "ketamine", None, 46),
    ("aripiprazole_aug", "VAST-D 2017", 1522, None, 29, "switch to bupropion", None, 22),
    ("lithium_aug", "STAR*D level 3", 142, None, 15.9, "T3", None, 24.7),
    ("t3_aug", "STAR*D level 3", 142, None, 24.7, "lithium", None, 15.9),
    ("bright_light", "Menegaz de Almeida 2024", 858, 60.4, 40.7, "control", 38.6, 23.5),
]


@pytest.mark.parametrize(
    ("item_id", "study", "n", "response", "remission", "other", "response2", "remission2"), HEADLINES
)
def test_published_results(
    item_id: str, study: str, n: int, response: float, remission: float, other: str, response2: float, remission2: float
) -> None:
    outcome = next(o for o in entry(item_id).outcomes if o.study == study)
    own, beside = outcome.arms
    assert (outcome.n, own.response_percent, own.remission_percent) == (n, response, remission)
    assert (beside.name, beside.response_percent, beside.remission_percent) == (other, response2, remission2)


def test_a_negative_trial_is_shown() -> None:
    assert any(
        "NOT significant" in (o.text or "") or "not significant" in (o.text or "") for o in entry("vns").outcomes
    )
    assert any("no clinically important benefit" in (o.text or "") for o in entry("mirtazapine_combo").outcomes)


def test_protocol_numbers() -> None:
    course = entry("saint_snt").protocol[0]
    assert (course.per_day, course.days, course.minutes_between, course.pulses) == (10, 5, 50, 90_000)
    assert course.sessions and (course.sessions.low, course.sessions.high) == (50, 50)
    level = next(p for p in entry("lithium_aug").protocol if p.phase == "target_level").level
    assert level and (level.low, level.high) == (0.4, 1.0)


def test_what_a_record_names_leads_to_an_entry() -> None:
    """No treatment is matched by two entries by its own name, and added medicines only beside another."""
    named = [t for e in known().catalogue.values() for t in e.matches.treatments]
    assert len(named) == len(set(named))
    assert {i for i, e in known().catalogue.items() if e.matches.is_added_only} == {
        "mirtazapine_combo",
        "bupropion_combo",
    }


# --- plain words
def texts(plain: Plain) -> list[str]:
    points = (
        plain.what,
        plain.happens,
        *plain.benefits,
        *plain.harms,
        plain.body,
        plain.mind,
        plain.life,
        plain.uncertain,
    )
    return [*(point.text for point in points), *plain.questions]


@pytest.mark.parametrize("item_id", EXPECTED)
def test_plain_words_are_plain(item_id: str) -> None:
    said = texts(entry(item_id).plain)
    assert grade(" ".join(said)) <= MOST_GRADE
    hard = {text: grade(text) for text in said if grade(text) > MOST_SENTENCE}
    assert hard == {}


@pytest.mark.parametrize("item_id", EXPECTED)
def test_benefits_and_harms_in_equal_detail(item_id: str) -> None:
    plain = entry(item_id).plain
    sides = [sum(len(point.text.split()) for point in points) for points in (plain.benefits, plain.harms)]
    assert max(sides) / min(sides) <= MOST_RATIO
    assert len(plain.benefits) == len(plain.harms)


@pytest.mark.parametrize("item_id", EXPECTED)
def test_plain_words_hold_no_dose_and_no_promise(item_id: str) -> None:
    said = " ".join(texts(entry(item_id).plain)).lower()
    assert re.findall(r"\bmg\b|\bµg\b|\bug\b|microgram|mmol|%|percent", said) == []
    assert [word for word in FORBIDDEN if word in said] == []


@pytest.mark.parametrize("item_id", EXPECTED)
def test_rates_are_natural_frequencies_with_a_source(item_id: str) -> None:
    """Out of 100; and a rate that nobody checked says so to the reader."""
    plain = entry(item_id).plain
    for point in (*plain.benefits, *plain.harms, plain.uncertain):
        for rate in re.findall(r"\d+ in (\d+)", point.text):
            assert rate == "100"
        if re.search(r"\d+ in 100", point.text):
            assert point.verified != "no" or "need to be checked" in point.text


def test_grades_by_hand() -> None:
    """ "The cat sat on the mat." has six words, one syllable each: 0.39 * 6 + 11.8 * 1 - 15.59 = -1.45."""
    assert grade("The cat sat on the mat.") == pytest.approx(-1.45)
