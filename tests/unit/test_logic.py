"""Three-valued logic on codes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from remit.engine.logic import between, every, known, negate
from remit.tables import NO, TRI, UNKNOWN, YES

VALUES = np.array([NO, UNKNOWN, YES], np.uint8)


def test_codes_are_the_order_of_the_lattice() -> None:
    assert TRI == ("no", "unknown", "yes")
    assert (NO, UNKNOWN, YES) == (0, 1, 2)


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [
        (NO, NO, NO), (NO, UNKNOWN, NO), (NO, YES, NO),
        (UNKNOWN, UNKNOWN, UNKNOWN), (UNKNOWN, YES, UNKNOWN), (YES, YES, YES),
    ],
)  # fmt: skip
def test_and(a: int, b: int, both: int) -> None:
    left, right = np.array([a, b], np.uint8), np.array([b, a], np.uint8)
    assert every(left, right).tolist() == [both, both]


def test_and_of_one_and_of_many() -> None:
    assert every(VALUES).tolist() == [NO, UNKNOWN, YES]
    yes = np.full(3, YES, np.uint8)
    assert every(yes, VALUES, yes).tolist() == [NO, UNKNOWN, YES]
    assert VALUES.tolist() == [NO, UNKNOWN, YES]  # untouched


def test_not_turns_the_order_round() -> None:
    assert negate(VALUES).tolist() == [YES, UNKNOWN, NO]
    assert negate(VALUES).dtype == np.uint8


def test_not_of_and_is_or_of_nots() -> None:
    a, b = (np.array(side, np.uint8) for side in zip(*product((NO, UNKNOWN, YES), repeat=2), strict=True))
    assert negate(every(a, b)).tolist() == np.maximum(negate(a), negate(b)).tolist()


def test_known() -> None:
    assert known(np.array([True, False])).tolist() == [YES, NO]


def test_between() -> None:
    surely, possibly = np.array([True, False, False, True]), np.array([True, True, False, False])
    assert between(surely, possibly).tolist() == [YES, UNKNOWN, NO, YES]
    assert between(surely, possibly).dtype == np.uint8
