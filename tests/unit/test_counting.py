"""Counting by owner, against plain Python, run plainly and compiled."""

from __future__ import annotations

import random

import numpy as np
import pytest

from remit.engine import compiled
from remit.engine.counting import caps, covered, earliest, nth, tally

N_OWNERS, N_UNITS = 6, 5
NO, UNKNOWN, YES = 0, 1, 2
NONE = 99


@pytest.fixture(params=["plain", "compiled"], autouse=True)
def execution(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which the functions run."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(compiled, "COMPILE_FROM", 0)


def draw(seed: int) -> list[tuple[int, int, int]]:
    """Owner, unit and a three-valued code of each row; owner 3 has no row."""
    rng = random.Random(seed)
    owners = sorted(rng.choice([0, 1, 2, 4, 5]) for _ in range(30))
    return [(owner, rng.randrange(N_UNITS), rng.choice([NO, UNKNOWN, YES])) for owner in owners]


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    owner, unit, value = zip(*rows, strict=True)
    return np.array(owner), np.array(unit, np.int32), np.array(value, np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_tally(seed: int) -> None:
    rows = draw(seed)
    low, high = tally(*columns(rows), N_UNITS, N_OWNERS)
    for owner in range(N_OWNERS):
        assert low[owner] == len({u for o, u, value in rows if o == owner and value == YES})
        assert high[owner] == len({u for o, u, value in rows if o == owner and value != NO})


@pytest.mark.parametrize("seed", range(8))
def test_caps(seed: int) -> None:
    rows = draw(seed)
    owner, unit, veto = columns(rows)
    expected = [YES - max(v for o, u, v in rows if (o, u) == row[:2]) for row in rows]
    assert caps(owner, unit, veto, N_UNITS).tolist() == expected


@pytest.mark.parametrize("veto", [NO, UNKNOWN, YES])
def test_caps_where_all_rows_say_the_same(veto: int) -> None:
    owner, unit, _ = columns(draw(0))
    assert caps(owner, unit, np.full(len(owner), veto, np.uint8), N_UNITS).tolist() == [YES - veto] * len(owner)


@pytest.mark.parametrize("seed", range(8))
def test_covered(seed: int) -> None:
    rng = random.Random(seed)
    rows = sorted((rng.choice([0, 1, 2, 4, 5]), rng.randrange(-20, 40), rng.randrange(-5, 30)) for _ in range(25))
    rng.shuffle(rows)
    rows.sort(key=lambda row: row[0])  # owners rise, their days do not
    owner, start, length = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    counts = np.array([rng.random() < 0.7 for _ in rows])
    found = covered(owner, start, start + length, counts, N_OWNERS)
    kept = [row for row, is_in in zip(rows, counts.tolist(), strict=True) if is_in]
    for who in range(N_OWNERS):
        assert found[who] == len({day for o, first, days in kept if o == who for day in range(first, first + days)})


def test_nothing() -> None:
    nothing, none = np.empty(0, np.int64), np.empty(0, np.uint8)
    assert [bound.tolist() for bound in tally(nothing, nothing, none, N_UNITS, 2)] == [[0, 0], [0, 0]]
    assert caps(nothing, nothing, none, N_UNITS).tolist() == []
    assert covered(nothing, nothing, nothing, np.empty(0, np.bool_), 2).tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [1, 2, 4])
def test_nth_of_the_least_days_of_units(seed: int, n: int) -> None:
    rows = draw(seed)
    rng = random.Random(seed)
    day, counts = np.array([rng.randrange(-9, 9) for _ in rows]), np.array([rng.random() < 0.7 for _ in rows])
    asked = np.array([rng.random() < 0.7 for _ in range(N_OWNERS)])
    found = nth(*earliest(*columns(rows)[:2], day, counts, N_UNITS), n, asked, NONE)
    for owner in range(N_OWNERS):
        least: dict[int, int] = {}
        for (o, unit, _), on, is_in in zip(rows, day.tolist(), counts.tolist(), strict=True):
            if o == owner and is_in:
                least[unit] = min(on, least.get(unit, on))
        assert found[owner] == (sorted(least.values())[n - 1] if asked[owner] and len(least) >= n else NONE)


def test_nth_of_nothing() -> None:
    nothing = np.empty(0, np.int64)
    found = earliest(nothing, nothing, nothing, np.empty(0, np.bool_), N_UNITS)
    assert nth(*found, 1, np.ones(3, np.bool_), NONE).tolist() == [NONE] * 3
