"""Groups of rows, against plain Python."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest

from remit.engine.grouping import Grouping, covered_days


def rows(seed: int, n: int) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    return [(rng.randrange(-3, 12) * 7, rng.randrange(100)) for _ in range(n)]


@pytest.mark.parametrize("is_sorted", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_greatest_and_least(seed: int, is_sorted: bool) -> None:
    drawn = rows(seed, 60)
    drawn = sorted(drawn) if is_sorted else drawn
    plain: dict[int, list[int]] = defaultdict(list)
    for key, value in drawn:
        plain[key].append(value)
    keys, values = (np.array(column, np.int64) for column in zip(*drawn, strict=True))
    groups = Grouping(keys)
    assert groups.key.tolist() == sorted(plain)
    assert groups.greatest(values).tolist() == [max(plain[k]) for k in sorted(plain)]
    assert groups.least(values).tolist() == [min(plain[k]) for k in sorted(plain)]
    assert groups.first(keys * 2).tolist() == [2 * k for k in sorted(plain)]
    assert groups.greatest(values.astype(np.uint8)).dtype == np.uint8


def test_no_rows() -> None:
    nothing = np.empty(0, np.int64)
    groups = Grouping(nothing)
    assert groups.key.tolist() == groups.greatest(nothing).tolist() == groups.least(nothing).tolist() == []


@pytest.mark.parametrize("seed", range(10))
def test_covered_days(seed: int) -> None:
    rng = random.Random(seed)
    drawn = [(rng.randrange(4), rng.randrange(-20, 40), rng.randrange(-5, 30)) for _ in range(25)]
    person, start, length = (np.array(column, np.int64) for column in zip(*drawn, strict=True))
    covered: dict[int, set[int]] = defaultdict(set)
    for who, first, days in drawn:
        covered[who] |= set(range(first, first + days))
    assert covered_days(person, start, start + length, 5).tolist() == [len(covered[p]) for p in range(5)]


def test_covered_days_of_nobody() -> None:
    nothing = np.empty(0, np.int64)
    assert covered_days(nothing, nothing, nothing, 2).tolist() == [0, 0]
