"""Switches and chains against their definitions read row by row, compiled and not."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from remit.engine import compiled
from remit.engine.chains import chains, switches
from remit.engine.dates import dates

Row = tuple[int, int, int]  # day, kind, holds
COURSE_GAP, COURSE_DAYS, MOST_GAP = 6, 4, 5


def drawn(random: Random, n_persons: int) -> list[list[Row]]:
    """Few days and kinds, so that ties, gaps at the limit and returns to a kind are common."""
    return [
        [(random.randrange(40), random.randrange(3), random.randrange(3)) for _ in range(random.randrange(1, 14))]
        for _ in range(n_persons)
    ]


def left_by(rows: list[Row]) -> dict[int, tuple[int, int]]:
    """Kind that was left: quality and day of the best switch."""
    rows = sorted(rows)
    found: dict[int, tuple[int, int]] = {}
    for (day, kind, _), (later, other, _) in pairwise(rows):
        course = [day]
        mine = sorted((d, h) for d, k, h in rows if k == kind)
        while earlier := [d for d, _ in mine if course[-1] - COURSE_GAP <= d < course[-1]]:
            course.append(max(earlier))
        if any(day < d <= day + COURSE_GAP for d, _ in mine):
            continue  # it goes on
        gap, length = later - day, day - course[-1]
        lasted = gap if length == 0 and gap <= MOST_GAP else length
        if other != kind and 0 < gap <= MOST_GAP and lasted >= COURSE_DAYS:
            holds = max(h for d, h in mine if d in course)
            best = found.get(kind)
            if best is None or (-holds, later) < (-best[0], best[1]):
                found[kind] = (holds, later)
    return found


def chain_of(rows: list[Row]) -> int | None:
    """The earliest day by which a second course, of another kind that was not there since the first began, lasted."""
    days: list[int] = []
    for day, kind, _ in rows:
        mine = sorted(d for d, k, _ in rows if k == kind)
        lasted = [d for d in mine if d >= day + COURSE_DAYS - 1]
        for start, other, _ in rows:
            theirs = [d for d, k, _ in rows if k == other and d >= start + COURSE_DAYS - 1]
            is_new = not any(start <= d < day for d in mine)
            if lasted and other != kind and theirs and min(theirs) <= day and is_new:
                days.append(min(lasted))
    return min(days, default=None)


@pytest.mark.parametrize("is_compiled", [False, True])
def test_events_are_those_of_the_definition(monkeypatch: pytest.MonkeyPatch, is_compiled: bool) -> None:
    if is_compiled:
        pytest.importorskip("numba")
        monkeypatch.setattr(compiled, "COMPILE_FROM", 1)
    random = Random(5)
    persons = drawn(random, 3_000)
    rows = [(p, *row) for p, mine in enumerate(persons) for row in mine]
    random.shuffle(rows)
    person, day, kind, holds = (np.array(column) for column in zip(*rows, strict=True))
    amount = np.array([0.0, np.nan, 2.0])[holds]
    words = dates(person, kind, day + 19_000, amount, np.arange(4), np.ones(4), COURSE_GAP)

    found = switches(words, np.arange(4) < 3, COURSE_GAP, COURSE_DAYS, MOST_GAP)
    expected = sorted((p, d + 19_000, h) for p, mine in enumerate(persons) for h, d in left_by(mine).values())
    assert sorted(zip(*(column.tolist() for column in found[:3]), strict=True)) == expected
    assert len(expected) > 100

    who, on, is_open = chains(words, np.arange(4) < 3, COURSE_DAYS, len(persons), at_dose=False)
    assert not is_open.any()
    first = {p: chain_of(mine) for p, mine in enumerate(persons)}
    assert dict(zip(who.tolist(), on.tolist(), strict=True)) == {
        p: d + 19_000 for p, d in first.items() if d is not None
    }


@pytest.mark.parametrize("is_compiled", [False, True])
def test_only_what_is_chosen_and_holds_takes_part(monkeypatch: pytest.MonkeyPatch, is_compiled: bool) -> None:
    if is_compiled:
        pytest.importorskip("numba")
        monkeypatch.setattr(compiled, "COMPILE_FROM", 1)
    random = Random(6)
    persons = [
        [(random.randrange(40), random.randrange(5), random.randrange(3)) for _ in range(random.randrange(1, 22))]
        for _ in range(3_000)
    ]
    person, day, kind, holds = (
        np.array(column) for column in zip(*((p, *row) for p, own in enumerate(persons) for row in own), strict=True)
    )
    words = dates(person, kind, day, np.array([0.0, np.nan, 2.0])[holds], np.arange(5), np.ones(5), COURSE_GAP - 2)
    chosen = np.array([True, False, True, True, False])
    of_chosen = [[row for row in mine if chosen[row[1]]] for mine in persons]

    for at_dose in (True, False):
        found = switches(words, chosen, COURSE_GAP, COURSE_DAYS, MOST_GAP)
        found = found if at_dose else found.of_any_quality()
        as_asked = [[(d, k, h if at_dose else 2) for d, k, h in mine] for mine in of_chosen]
        expected = sorted((p, d, h) for p, mine in enumerate(as_asked) for h, d in left_by(mine).values())
        assert sorted(zip(*(column.tolist() for column in found[:3]), strict=True)) == expected

        who, on, is_open = chains(words, chosen, COURSE_DAYS, len(persons), at_dose=at_dose)
        first = {p: chain_of([row for row in mine if row[2] == 2]) for p, mine in enumerate(as_asked)}
        assert dict(zip(who.tolist(), on.tolist(), strict=True)) == {p: d for p, d in first.items() if d is not None}
        assert is_open.tolist() == [at_dose and any(row[2] == 1 for row in mine) for mine in of_chosen]
        assert len(expected) > 100 and len(who) > 50


def test_a_million_rows_of_one_person() -> None:
    pytest.importorskip("numba")
    n = 1_000_000
    day = np.arange(n, dtype=np.int64) % 2_000_000
    kind = (day // 10) % 7
    words = dates(np.zeros(n, np.int64), kind, day, np.full(n, 2.0), np.arange(7), np.ones(7), 6)
    every = np.ones(7, np.bool_)
    assert switches(words, every, 6, 4, 5).day.tolist() == [10, 20, 30, 40, 50, 60, 70]
    assert chains(words, every, 4, 1, at_dose=True)[1].tolist() == [13]


def test_nothing() -> None:
    nothing = np.empty(0, np.int64)
    words = dates(nothing, nothing, nothing, np.empty(0), np.arange(2), np.ones(2), 6)
    every = np.ones(2, np.bool_)
    assert switches(words, every, 6, 4, 5).person.tolist() == []
    assert chains(words, every, 4, 0, at_dose=True)[0].tolist() == []
