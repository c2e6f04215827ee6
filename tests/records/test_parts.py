"""What is read of entries by themselves, and taken over by a book, is what reading them one after the other gives."""

from __future__ import annotations

from typing import Any

import pytest

from remit.flow.carried import Carried
from remit.flow.records import book as books
from remit.flow.records import history_scores
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.knowledge import Knowledge

ODD: dict[int, dict[str, Any]] = {
    0: {"rater": "Dr A"}, 2: {"code": "pqh9"}, 3: {"date": "2024-03"}, 4: {"value": 99}, 5: {"mode": "telephone"},
    7: {"code": "tsh", "unit": "furlong", "value": 1}, 8: {"date": "2024-03-01T08:30"},
}  # fmt: skip
SCORES = [
    {"code": "phq9", "value": n % 28, "date": f"{2000 + n // 300}-{n // 25 % 12 + 1:02}-{n % 25 + 1:02}"}
    | ODD.get(n % 100, {})
    for n in range(400)
]


def read(knowledge: Knowledge, history: object, carried: Carried | None = None) -> Book:
    book = Book(knowledge, carried=carried or Carried())
    read_histories(book, history, Where("record"))
    return book


def told(book: Book) -> tuple[object, ...]:
    newest = [scope.newest for person in book.persons.values() for scope in person.scopes]
    return book.measurements, book.stretches, book.faults, book.unlisted, list(book.notices.items()), newest


@pytest.mark.parametrize("block", [1, 7, 128])
def test_the_size_of_blocks_bears_on_nothing(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    history = {"treatments": [], "measurements": SCORES}
    monkeypatch.setattr(history_scores, "BLOCK", 1000)
    whole = told(read(knowledge, history))
    monkeypatch.setattr(history_scores, "BLOCK", block)
    assert told(read(knowledge, history)) == whole
    rows = [row.record_ref for row in whole[0]]  # type: ignore[attr-defined]
    left_out = (2, 3, 4)  # by no known name, without an exact day, outside the scale
    assert rows == [f"record: measurements[{n}]" for n in range(400) if n % 100 not in left_out]


def test_what_was_carried_is_told_anew_to_each_book(knowledge: Knowledge) -> None:
    entry = {"treatment": "sertralin", "start": "2024-01-01", "daily_dose_mg": 50}
    history = {"treatments": [entry, {"treatment": "Zoloft", "start": "x"}, entry], "measurements": SCORES}
    carried = Carried()
    first = read(knowledge, history, carried)
    second = read(knowledge, history, carried)
    assert told(first) == told(second) == told(read(knowledge, history))
    assert first.stretches[0] is not second.stretches[0]
    first.stretches[0].outcome = "none"  # as settling two sources may do
    assert second.stretches[0].outcome is None
    assert read(knowledge, history, carried).stretches[0].outcome is None


def test_faults_that_are_only_counted_stay_counted(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MAX_FAULTS", 10)
    entries = [{"treatment": "Zoloft", "start": "2024"} | {f"{n}x": 1 for n in range(many)} for many in (13, 4)]
    book = read(knowledge, {"treatments": entries})
    assert len(book.faults) == 10
    assert book.unlisted == 13 + 4 - 10
