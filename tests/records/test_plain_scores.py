"""A score of which nothing is to be said is taken as it stands: the same row as field by field, and no other is."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from remit.flow.records.book import Book, Scope
from remit.flow.records.fields import Fields
from remit.flow.records.history_scores import MEASUREMENT_KEYS, PlainScores, read_measurement
from remit.flow.records.place import Where
from remit.knowledge import Knowledge

PATH = ("measurements", 3)
PLACE = Where("record").at(PATH)
CODES = ("phq9", " PHQ-9 ", "44261-6", "phq 9 total", "unknown", "", "tsh", "nothing of the kind", "x" * 300, 9, None)
VALUES = (0, 27, 12.5, 28, -1, True, "12", None, float("nan"), float("inf"), 10**400)
DATES = (
    "2024-03-01", "2024-03-01T08:30", " 2024-03-01 ", "2024-03", "2024-02-30", "2024-03-01/2024-03-02", "unknown",
    "1850-01-01", "2024-W09-5", 20240301, None,
)  # fmt: skip
MORE: tuple[dict[str, Any], ...] = ({}, {"unit": None}, {"unit": "points"}, {"rater": "A"}, {"mode": "phone"}, {"x": 1})
PLAIN = {"code": "phq9", "value": 12, "date": "2024-03-01"}


def opened(knowledge: Knowledge) -> tuple[Book, Any, Scope]:
    book, scope = Book(knowledge), Scope("history")
    return book, book.person("p", "record", scope), scope


@pytest.mark.parametrize("code", CODES)
def test_what_is_taken_is_what_would_have_been_read(knowledge: Knowledge, code: object) -> None:
    for value, day, more in product(VALUES, DATES, MORE):
        entry = {"code": code, "value": value, "date": day} | more
        quick, person, seen = opened(knowledge)
        if not PlainScores(quick, person, seen).take(entry, PLACE):
            assert not quick.measurements
            continue
        full, person, read = opened(knowledge)
        fields = Fields(full, Where("record"), PATH, entry, MEASUREMENT_KEYS)
        read_measurement(full, fields, person, read)
        assert quick.measurements == full.measurements
        assert len(full.measurements) == 1
        assert not full.faults
        assert not full.notices
        assert seen.newest == read.newest


def test_an_ordinary_score_is_taken(knowledge: Knowledge) -> None:
    book, person, scope = opened(knowledge)
    assert PlainScores(book, person, scope).take(PLAIN, PLACE)
    assert book.measurements[0].record_ref == "record: measurements[3]"


@pytest.mark.parametrize("change", [{"value": 28}, {"value": True}, {"date": "2024-03"}, {"code": "pqh9"}, {"note": 1}])
def test_what_needs_a_word_is_not(knowledge: Knowledge, change: dict[str, Any]) -> None:
    book, person, scope = opened(knowledge)
    assert not PlainScores(book, person, scope).take(PLAIN | change, PLACE)
    assert not PlainScores(book, person, scope).take([PLAIN], PLACE)
    assert not book.measurements
