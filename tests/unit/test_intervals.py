"""The fold: hand-made rows, and the plain run against the compiled one."""

from __future__ import annotations

import random
from math import isnan, nan
from typing import Any

import numpy as np
import pytest

from remit.engine import compiled
from remit.engine.intervals import ROOM, Folded, Measure, bare, fold_rows

GAP = 14
LOWEST = 50.0
Row = tuple[int, int, int, float]  # group, start, end, dose


@pytest.fixture(params=["plain", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both executions of the one function."""
    if request.param == "compiled":
        pytest.importorskip("numba")
        monkeypatch.setattr(compiled, "COMPILE_FROM", 0)
    return str(request.param)


def fold(rows: list[Row], split: int = GAP, bridge: int = GAP, minimum: tuple[float, ...] = (LOWEST,)) -> Folded:
    rows = sorted(rows, key=lambda r: (r[0], r[1], r[2], (isnan(r[3]), r[3])))
    group, start, end, dose = ([row[i] for row in rows] for i in range(4))
    measure = Measure(np.array([split], np.int32), np.array([bridge], np.int32), np.array([minimum], np.float64))
    kind = np.zeros(len(rows), np.uint16)
    days = (np.array(start, np.int32), np.array(end, np.int32), np.array(dose, np.float64))
    return fold_rows(bare(np.array(group, np.int64), kind, *days), measure)


def spans(folded: Folded) -> list[tuple[int, int, int]]:
    return list(zip(folded.start.tolist(), folded.reach.tolist(), folded.covered.tolist(), strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(0, 0, 30, 50)], [(0, 30, 30)], id="one row"),
        pytest.param([(0, 0, 30, 50), (0, 44, 74, 50)], [(0, 74, 60)], id="gap of fourteen"),
        pytest.param([(0, 0, 30, 50), (0, 45, 75, 50)], [(0, 30, 30), (45, 75, 30)], id="gap of fifteen"),
        pytest.param([(0, 0, 90, 50), (0, 5, 10, 50), (0, 104, 110, 50)], [(0, 110, 96)], id="running maximum"),
        pytest.param([(0, 0, 30, 50), (1, 10, 40, 50)], [(0, 30, 30), (10, 40, 30)], id="two groups"),
        pytest.param([(0, 5, 5, 50)], [(5, 5, 0)], id="no day"),
        pytest.param([(0, 5, 5, 50), (0, 10, 20, 50)], [(5, 20, 10)], id="a point joins"),
    ],
)
def test_trials(way: str, rows: list[Row], expected: list[tuple[int, int, int]]) -> None:
    assert spans(fold(rows)) == expected


@pytest.mark.parametrize(
    ("rows", "dose", "low", "high"),
    [
        pytest.param([(0, 0, 42, 50)], 50, 42, 42, id="at the minimum"),
        pytest.param([(0, 0, 42, 49)], 49, 0, 0, id="below"),
        pytest.param([(0, 0, 42, 25), (0, 0, 42, 26)], 51, 42, 42, id="two strengths add"),
        pytest.param([(0, 0, 30, 25), (0, 0, 30, 25)], 50, 30, 30, id="the same strength on one day adds"),
        pytest.param([(0, 0, 30, 25), (0, 28, 58, 25)], 25, 0, 0, id="a refill does not"),
        pytest.param([(0, 0, 30, 25), (0, 0, 40, 25), (0, 20, 60, 25)], 50, 40, 40, id="refill of the first to end"),
        pytest.param([(0, 0, 42, nan)], nan, 0, 42, id="unknown dose"),
        pytest.param([(0, 0, 42, 25), (0, 10, 20, nan)], 25, 0, 10, id="unknown on top for ten days"),
        pytest.param([(0, 0, 20, 50), (0, 20, 34, 25), (0, 34, 54, 50)], 50, 40, 40, id="hole of fourteen"),
        pytest.param([(0, 0, 20, 50), (0, 20, 35, 25), (0, 35, 54, 50)], 50, 20, 20, id="hole of fifteen"),
        pytest.param([(0, 0, 10, 50), (0, 10, 20, 20), (0, 12, 18, 30)], 50, 16, 16, id="reached by a second"),
    ],
)
def test_doses_and_runs(way: str, rows: list[Row], dose: float, low: int, high: int) -> None:
    folded = fold(rows)
    np.testing.assert_array_equal(folded.max_dose, [dose])
    assert folded.low.tolist() == [[low]]
    assert folded.high.tolist() == [[high]]
    assert folded.n_rows.tolist() == [len(rows)]
    assert folded.is_dose_complete.tolist() == [not any(isnan(r[3]) for r in rows)]


def test_each_table_has_its_own_minimum(way: str) -> None:
    folded = fold([(0, 0, 30, 50), (0, 30, 50, 100)], minimum=(50, 100, nan))
    assert folded.low.tolist() == [[50], [20], [0]]
    assert folded.high.tolist() == [[50], [20], [50]]


def test_many_run_at_once(way: str) -> None:
    """More strengths at one time than there is room for at first, and than there is in twice as much."""
    n = 2 * ROOM + 1
    rows = [(0, i, 200, float(i + 1)) for i in range(n)]
    folded = fold(rows, minimum=(float(n * (n + 1) // 2),))
    assert folded.max_dose.tolist() == [n * (n + 1) / 2]
    assert folded.low.tolist() == [[200 - (n - 1)]]  # from the last on


def test_nothing(way: str) -> None:
    folded = fold([])
    assert spans(folded) == []
    assert folded.low.shape == (1, 0)


def draw(seed: int) -> list[Row]:
    rng = random.Random(seed)
    strengths = [25.0, 50.0, 37.5, nan]
    rows = []
    for _ in range(rng.randrange(1, 12)):
        start = rng.randrange(120)
        rows.append((rng.randrange(2), start, start + rng.randrange(40), rng.choice(strengths)))
    return rows


def test_plain_and_compiled_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    drawn = [draw(seed) for seed in range(200)]
    plain = [fold(rows, minimum=(50, 75)) for rows in drawn]
    monkeypatch.setattr(compiled, "COMPILE_FROM", 0)
    for rows, expected in zip(drawn, plain, strict=True):
        for name, got, want in zip(Folded._fields, fold(rows, minimum=(50, 75)), expected, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=f"{name} of {rows}")


@pytest.mark.parametrize("seed", range(100))
def test_stitching_against_single_days(seed: int) -> None:
    """Trials found the slow way: as sets of days."""
    rows = draw(seed)
    expected = []
    for group in sorted({r[0] for r in rows}):
        reach: int | None = None
        days: set[int] = set()
        start = 0
        for _, first, end, _ in sorted(r for r in rows if r[0] == group):
            if reach is None or first > reach + GAP:
                if reach is not None:
                    expected.append((start, reach, len(days)))
                start, reach, days = first, end, set()
            reach = max(reach, end)
            days |= set(range(first, end))
        assert reach is not None
        expected.append((start, reach, len(days)))
    assert spans(fold(rows)) == expected


def shape_of(folded: Folded) -> dict[str, Any]:
    return {name: column.shape for name, column in zip(Folded._fields, folded, strict=True)}


def test_columns_are_of_one_length(way: str) -> None:
    shapes = shape_of(fold([(0, 0, 30, 50), (1, 0, 30, 50), (2, 0, 30, 50)], minimum=(50, 75)))
    assert shapes.pop("low") == shapes.pop("high") == (2, 3)
    assert set(shapes.values()) == {(3,)}
