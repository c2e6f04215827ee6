"""Windows and steps of a person with very many rows: rows that end too early are not read."""

from __future__ import annotations

from typing import Any

import pytest

from remit.engine.columns import NO_DAY
from remit.engine.windows import ACCOMPANIES, BEGINS, FAIR_MAY, FAIR_SURE, FURTHER_MAY, MAY, SURE, accompanied, stepped

N, APART, LENGTH, WITHIN = 400, 100, 50, 180
PART = FAIR_SURE | FAIR_MAY | FURTHER_MAY


class Read(list[int]):
    """A list that counts how often it is read."""

    times = 0

    def __getitem__(self, place: Any) -> Any:
        self.times += 1
        return super().__getitem__(place)


def rows() -> tuple[list[int], Read, list[int], list[int]]:
    """One person, kind after kind."""
    start = list(range(0, N * APART, APART))
    return [0] * N, Read(i % 2 for i in range(N)), start, [day + LENGTH for day in start]


@pytest.mark.parametrize("by_start", [0, 1])
def test_windows_read_what_may_reach_into_them(by_start: int) -> None:
    person, kind, start, end = rows()
    held, day = [0], [0]
    needed = 2  # of other kinds, of which there is one
    event: list[list[int]] = [[BEGINS | ACCOMPANIES] * 2, [0], [WITHIN], [needed], [by_start]]
    accompanied(person, kind, start, end, [SURE | MAY] * N, *event, 2, [0] * N, [-1] * 2, [-1] * 2, held, day)
    assert held == [0]
    assert kind.times < 20 * N


def test_steps_read_what_may_reach_to_them() -> None:
    person, kind, start, end = rows()
    held, day = [0], [0]
    less = [NO_DAY] * N
    stepped(person, kind, start, end, [PART] * N, LENGTH, WITHIN, NO_DAY, [0] * N, less, list(less), held, day)
    assert held == [0]
    assert kind.times < 20 * N
