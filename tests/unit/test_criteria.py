"""The three shapes, at the edges of their criteria and bands."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from remit.engine.criteria import Bounds, evaluate, least_units, points, reaches
from remit.knowledge.definition import Criterion, Definition, Item

CITED = {"sources": ["remit"], "verified": "derived"}
NOT_MET, UNDETERMINED, MET = 0, 1, 2


def criterion(**given: Any) -> Criterion:
    return Criterion.model_validate({"id": "c", "feature": "n", **CITED, **given})


def definition(shape: str, **parts: Any) -> Definition:
    features = parts.pop("features", {"n": {"count": "ingredient"}})
    case = {"name": "none", "trials": [], "expect": {}}
    given = {
        "id": "d", "name": "d", "family": "site", "shape": shape, "summary": "-", "plain": "-",
        "reviewed": "2026-01-01", "adequacy": "remit_default", "scope": "episode", "features": features,
        "cases": [case], **CITED, **parts,
    }  # fmt: skip
    return Definition.model_validate(given)


def numbers(*values: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(values, np.float64)


def bounds(low: list[float], high: list[float]) -> dict[str, Bounds]:
    return {"n": Bounds(numbers(*low), numbers(*high))}


# --- criteria
def test_at_least_takes_the_number_itself() -> None:
    assert reaches(criterion(at_least=2), numbers(1, 1.999, 2, 3, inf, nan)).tolist() == [
        False, False, True, True, True, False,
    ]  # fmt: skip


def test_more_than_does_not() -> None:
    assert reaches(criterion(more_than=2), numbers(1, 2, 2.001, inf, nan)).tolist() == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("given", "n"),
    [
        ({"at_least": 2}, 2),
        ({"at_least": 1.5}, 2),
        ({"more_than": 2}, 3),
        ({"more_than": 3.5}, 4),
        ({"more_than": 0}, 1),
    ],
)
def test_least_units(given: dict[str, float], n: int) -> None:
    assert least_units(criterion(**given)) == n


# --- points
def item(**given: Any) -> Item:
    return Item.model_validate({"id": "i", "feature": "n", **CITED, **given})


def test_bands_include_their_upper_end() -> None:
    banded = item(
        bands=[{"up_to": 0, "points": 0}, {"up_to": 2, "points": 1}, {"up_to": 4, "points": 2}, {"points": 7}]
    )
    value = numbers(0, 0.5, 1, 2, 2.001, 3, 4, 5, inf)
    assert points(banded, value).tolist() == [0, 1, 1, 1, 2, 2, 2, 7, 7]


def test_one_open_band_is_for_all() -> None:
    assert points(item(bands=[{"points": 3}]), numbers(0, inf)).tolist() == [3, 3]


def test_points_per_unit() -> None:
    assert points(item(per=0.5), numbers(0, 1, 3)).tolist() == [0, 0.5, 1.5]


# --- count
def test_count() -> None:
    two = definition("count", criteria=[criterion(at_least=2).model_dump()])
    result = evaluate(two, bounds([0, 1, 2, 2], [1, 2, 2, 5]))
    assert result.status.tolist() == [NOT_MET, UNDETERMINED, MET, MET]
    assert result.value.tolist() == [0, 1, 2, 2]
    assert result.bounds.high.tolist() == [1, 2, 2, 5]


def test_count_needs_every_criterion() -> None:
    both = definition(
        "count",
        features={"n": {"count": "ingredient"}, "severity": {"episode": "severity"}},
        criteria=[criterion(at_least=2).model_dump(), criterion(id="s", feature="severity", at_least=3).model_dump()],
    )
    severity = Bounds(numbers(3, 2, 1, 4), numbers(3, 2, 4, 4))
    result = evaluate(both, bounds([2, 2, 2, 1], [2, 2, 2, 2]) | {"severity": severity})
    assert result.status.tolist() == [MET, NOT_MET, UNDETERMINED, UNDETERMINED]


# --- score
def test_score_and_when_there_is_none() -> None:
    score = definition(
        "score",
        items=[item(per=1).model_dump(), item(id="j", bands=[{"up_to": 1, "points": 0}, {"points": 3}]).model_dump()],
        scorable_if=[criterion(at_least=1).model_dump()],
        met=criterion(feature="result", at_least=5).model_dump(),
    )
    result = evaluate(score, bounds([0, 0, 1, 2, 1], [0, 1, 1, 2, 2]))
    np.testing.assert_array_equal(result.bounds.low, [nan, nan, 1, 5, 1])
    np.testing.assert_array_equal(result.bounds.high, [nan, 1, 1, 5, 5])
    np.testing.assert_array_equal(result.value, [nan, nan, 1, 5, nan])
    assert result.status.tolist() == [NOT_MET, UNDETERMINED, NOT_MET, MET, UNDETERMINED]


# --- ladder
def test_ladder_takes_the_highest_rung_that_is_reached() -> None:
    ladder = definition(
        "ladder",
        features={"n": {"count": "class"}, "ect": {"count": "ingredient", "select": {"treatments": ["ect"]}}},
        rungs=[
            {"value": 0, "label": "none", **CITED},
            {"value": 1, "label": "one", "all": [criterion(at_least=1).model_dump()], **CITED},
            {"value": 4, "label": "ect", "all": [criterion(id="e", feature="ect", at_least=1).model_dump()], **CITED},
        ],
        met=criterion(feature="result", at_least=1).model_dump(),
    )
    ect = Bounds(numbers(0, 0, 1, 0), numbers(0, 0, 1, 1))
    result = evaluate(ladder, bounds([0, 2, 0, 1], [0, 2, 0, 1]) | {"ect": ect})
    assert result.bounds.low.tolist() == [0, 1, 4, 1]
    assert result.bounds.high.tolist() == [0, 1, 4, 4]
    assert result.status.tolist() == [NOT_MET, MET, MET, UNDETERMINED]


def test_nobody() -> None:
    two = definition("count", criteria=[criterion(at_least=2).model_dump()])
    assert evaluate(two, bounds([], [])).status.tolist() == []
