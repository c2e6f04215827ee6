"""Sort once: the packed way gives what sorting the columns gives."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from remit.engine import compiled, ordering, packing
from remit.engine.ordering import Disorder, arrange, ordered_blocks
from remit.engine.packing import EARLIEST, Rows, row_order, sorted_blocks

N = 20_000


@pytest.fixture(autouse=True)
def packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are for the many; here they are tried on a few."""
    pytest.importorskip("numba")
    monkeypatch.setattr(compiled, "COMPILE_FROM", 0)


def draw(seed: int, n: int = N, persons: int = 500, strengths: int = 40) -> Rows:
    rng = np.random.default_rng(seed)
    start = rng.integers(EARLIEST, 25_000, n).astype(np.int32)
    dose = rng.choice(np.round(rng.uniform(0.5, 900, strengths), 3), n)
    dose[rng.random(n) < 0.1] = np.nan
    return Rows(
        rng.integers(0, persons, n).astype(np.uint32),
        rng.integers(0, 256, n).astype(np.uint16),
        start,
        start + rng.integers(0, 1024, n).astype(np.int32),
        dose,
    )


def by_columns(rows: Rows) -> Rows:
    """What must come out, from NumPy's own sort of the columns."""
    order = np.lexsort((rows.dose, rows.end, rows.start, rows.treatment, rows.person))
    return Rows(*(column[order] for column in rows))


def chunks(rows: Rows, size: int = 3_000) -> Iterator[Rows]:
    for i in range(0, len(rows.person), size):
        yield Rows(*(column[i : i + size] for column in rows))


def sort(rows: Rows) -> list[Rows]:
    return list(sorted_blocks(lambda: chunks(rows), len(rows.person)))


def joined(blocks: list[Rows]) -> Rows:
    return Rows(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def assert_same(got: Rows, expected: Rows) -> None:
    for name, mine, theirs in zip(Rows._fields, got, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=name)
        assert mine.dtype == theirs.dtype, name


def overflows(rows: Rows) -> bool:
    """Whether the words did not hold the rows: the source is then asked a second time."""
    asked = []

    def source() -> Iterator[Rows]:
        asked.append(1)
        return chunks(rows)

    list(sorted_blocks(source, len(rows.person)))
    return len(asked) > 1


@pytest.mark.parametrize("seed", range(3))
def test_words_give_the_order_of_the_columns(seed: int) -> None:
    rows = draw(seed)
    assert not overflows(rows)
    assert_same(joined(sort(rows)), by_columns(rows))


def test_unknown_doses_come_last() -> None:
    rows = draw(4)
    rows = rows._replace(person=rows.person * 0, treatment=rows.treatment * 0, start=rows.start * 0, end=rows.start * 0)
    dose = joined(sort(rows)).dose
    n_known = int((~np.isnan(dose)).sum())
    assert not np.isnan(dose[:n_known]).any()
    assert (np.diff(dose[:n_known]) >= 0).all()


def test_rows_in_order_stay_in_order() -> None:
    rows = by_columns(draw(5))
    assert_same(joined(sort(rows)), rows)


@pytest.mark.parametrize("block", [1, 7, 1_000])
def test_borders_never_split_a_person(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = draw(6, n=2_000, persons=40)
    monkeypatch.setattr(packing, "BLOCK", block)
    blocks = sort(rows)
    assert_same(joined(blocks), by_columns(rows))
    owners = [set(b.person.tolist()) for b in blocks]
    assert len(owners) > 1
    assert sum(len(own) for own in owners) == len(set().union(*owners)) == 40


def wide(name: str) -> Rows:
    """Rows of which one does not fit into a word."""
    rows = draw(7, n=500, strengths=30)
    columns = rows._asdict()
    odd = {
        "person": ("person", 1 << 20),
        "treatment": ("treatment", 512),
        "early": ("start", EARLIEST - 1),
        "late": ("start", EARLIEST + (1 << 16)),
        "long": ("end", int(rows.start[17]) + 1_024),
        "fine dose": ("dose", 0.0123456),
        "huge dose": ("dose", 1e7),
    }[name]
    columns[odd[0]][17] = odd[1]
    if name in ("early", "late"):
        columns["end"][17] = odd[1] + 5
    return Rows(**columns)


@pytest.mark.parametrize("name", ["person", "treatment", "early", "late", "long", "fine dose", "huge dose"])
def test_what_does_not_fit_is_sorted_by_columns(name: str) -> None:
    rows = wide(name)
    assert overflows(rows)
    assert_same(joined(sort(rows)), by_columns(rows))


def strengths_of(n: int) -> Rows:
    rows = draw(8, n=n)
    return rows._replace(dose=np.arange(1, n + 1, dtype=np.float64)[::-1].copy())


def test_255_strengths_fit_and_256_do_not() -> None:
    for n, is_wide in ((255, False), (256, True)):
        rows = strengths_of(n)
        assert overflows(rows) is is_wide
        assert_same(joined(sort(rows)), by_columns(rows))


def test_the_widest_that_fits() -> None:
    top = Rows(
        np.array([(1 << 20) - 1, 0], np.uint32),
        np.array([511, 0], np.uint16),
        np.array([EARLIEST + (1 << 16) - 1, EARLIEST], np.int32),
        np.array([EARLIEST + (1 << 16) - 1 + 1_023, EARLIEST], np.int32),
        np.array([3_999.0, np.nan]),
    )
    assert not overflows(top)
    assert_same(joined(sort(top)), by_columns(top))


def test_few_rows_need_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = draw(9, n=50)
    monkeypatch.setattr(compiled, "COMPILE_FROM", 51)
    assert_same(joined(sort(rows)), by_columns(rows))


def test_no_rows() -> None:
    assert list(sorted_blocks(lambda: iter(()), 0)) == []


def test_row_order_is_that_of_all_columns() -> None:
    rows = draw(10, n=300, persons=3)
    expected = by_columns(rows)
    assert_same(Rows(*(column[row_order(rows)] for column in rows)), expected)


def test_there_may_be_fewer_rows_than_said() -> None:
    rows = draw(11, n=1_000)
    assert_same(joined(list(sorted_blocks(lambda: chunks(rows), 1_500))), by_columns(rows))


@pytest.mark.parametrize("size", [1, 7, 1_000, 3_000, N])
def test_ordered_chunks_are_sorted_person_by_person(size: int) -> None:
    rows = draw(7, n=4_000 if size < 10 else N, persons=300)
    # A person who fills whole chunks, and persons beyond those that a word holds.
    person = np.where(rows.person < 60, np.uint32(60), rows.person)
    person = np.where(person > 200, person + np.uint32(1 << 22), person)
    by_person = Rows(*(column[np.argsort(person, kind="stable")] for column in rows._replace(person=person)))
    blocks = list(ordered_blocks(chunks(by_person, size), is_many=True))
    assert_same(joined(blocks), by_columns(by_person))
    for before, after in pairwise(blocks):
        assert before.person[-1] < after.person[0]


@pytest.mark.parametrize("at", [0, 2_999, 3_000, 3_001, N - 2])
def test_disorder_is_found_wherever_it_is(at: int) -> None:
    rows = by_columns(draw(8, persons=N))
    person = np.arange(N, dtype=np.uint32)
    person[[at, at + 1]] = person[[at + 1, at]]
    with pytest.raises(Disorder):
        list(ordered_blocks(chunks(rows._replace(person=person)), is_many=True))


def test_one_person_with_very_many_rows_in_disorder_is_sorted_as_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = draw(9, persons=1)._replace(treatment=np.zeros(N, np.uint16))
    returned = []
    run = ordering.run

    def seen(*args: Any, **named: Any) -> int:
        returned.append(run(*args, **named))
        return returned[-1]

    monkeypatch.setattr(ordering, "run", seen)
    assert_same(joined(list(ordered_blocks(chunks(rows, N), is_many=True))), by_columns(rows))
    assert returned == [-1]
    returned.clear()
    in_order = by_columns(rows)
    assert_same(joined(list(ordered_blocks(chunks(in_order, N), is_many=True))), in_order)
    assert returned == [N]


def test_doses_are_told_apart_to_a_thousandth() -> None:
    rows = draw(10, n=4, persons=1)._replace(dose=np.array([0.1 + 0.2, 0.3, 12.3456, np.nan]))
    dose = joined(list(ordered_blocks(chunks(rows), is_many=True))).dose
    assert sorted(dose[~np.isnan(dose)].tolist()) == [0.3, 0.3, 12.3456]


def test_few_rows_in_order_need_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "COMPILE_FROM", N + 1)
    rows = draw(11, persons=40)
    by_person = Rows(*(column[np.argsort(rows.person, kind="stable")] for column in rows))
    assert_same(joined(list(ordered_blocks(chunks(by_person), is_many=False))), by_columns(rows))


def test_no_rows_are_in_order() -> None:
    assert list(ordered_blocks(iter([]), is_many=True)) == []


def test_rows_of_one_person_that_move_too_far_are_given_up_at_once() -> None:
    """Not when the person is done, who may have a million of them."""
    n, most = 1000, 50
    backwards = list(range(n, 0, -1))
    out = [[-1] * n for _ in range(4)]
    by_treatment = [[0] for _ in range(3)]
    assert arrange([0] * n, [0] * n, backwards, backwards, [1.0] * n, most, *by_treatment, *out) == -1
    assert sum(day != -1 for day in out[1]) < most
