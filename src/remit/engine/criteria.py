"""Compiles the three shapes of a definition: count, score, ladder. Nothing else reads them.

Everything is an array over persons. A feature is a pair of bounds; a shape is evaluated once at the low and once at the
high bounds, which bounds its result because shapes are monotone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.logic import Tri, between
from remit.knowledge.definition import Criterion, Definition, Item

Numbers = NDArray[np.floating[Any]]


class Bounds(NamedTuple):
    """The least and the most that a number can be; nan: there is none."""

    low: Numbers
    high: Numbers


class Result(NamedTuple):
    """What a shape makes of the features."""

    status: Tri  # 0 not met, 1 undetermined, 2 met
    value: Numbers  # nan where it is not determined or there is none
    bounds: Bounds


def reaches(criterion: Criterion, value: Numbers) -> NDArray[np.bool_]:
    """Whether a number satisfies a criterion; nan does not."""
    if criterion.at_least is not None:
        return value >= criterion.at_least
    assert criterion.more_than is not None
    return value > criterion.more_than


def least_units(criterion: Criterion) -> int:
    """How many units a counting feature must have to satisfy a criterion."""
    if criterion.at_least is not None:
        return math.ceil(criterion.at_least)
    assert criterion.more_than is not None
    return math.floor(criterion.more_than) + 1


def points(item: Item, value: Numbers) -> Numbers:
    """Points of an item of a score."""
    if item.per is not None:
        return item.per * value
    ends = [band.up_to for band in item.bands if band.up_to is not None]  # they rise, and all but the last have one
    place = reduce(np.add, [(value > end).view(np.uint8) for end in ends], np.zeros(len(value), np.uint8))
    found: Numbers = np.array([float(band.points) for band in item.bands]).take(place)
    return found


def evaluate(definition: Definition, features: Mapping[str, Bounds]) -> Result:
    """The result of a definition for each person."""
    if definition.shape == "count":
        return _count(definition, features)
    shape, n = _score if definition.shape == "score" else _ladder, len(next(iter(features.values())).low)
    low, high = (_spread(shape(definition, {k: _short(b[side]) for k, b in features.items()}), n) for side in (0, 1))
    assert definition.met is not None
    is_same = (low == high) | (np.isnan(low) & np.isnan(high))
    is_met = reaches(definition.met, high)
    status = between(is_same & is_met, ~is_same | is_met)
    return Result(status, _where(is_same, high), Bounds(low, high))


def _short(value: Numbers) -> Numbers:
    """One zero for all persons where nobody has more, as of what is certain for none."""
    return value if len(value) == 1 or value.any() else value[:1]


def _spread(value: Numbers, n: int) -> Numbers:
    """One number for each of `n` persons, of which one may stand for all."""
    return value if len(value) == n else np.broadcast_to(value, n)


def _where(holds: NDArray[np.bool_], value: Numbers) -> Numbers:
    """The value where it holds, else nan: looked up and added, for a choice by person takes four times as long."""
    found: Numbers = value + np.array([np.nan, 0.0]).take(holds.view(np.uint8))
    return found


def _count(definition: Definition, features: Mapping[str, Bounds]) -> Result:
    criteria = definition.criteria
    surely = reduce(np.logical_and, [reaches(c, features[c.feature].low) for c in criteria])
    possibly = reduce(np.logical_and, [reaches(c, features[c.feature].high) for c in criteria])
    bounds = features[criteria[0].feature]
    return Result(between(surely, possibly), bounds.low, bounds)


def _all(criteria: Sequence[Criterion], features: Mapping[str, Numbers]) -> NDArray[np.bool_]:
    reached = [reaches(criterion, features[criterion.feature]) for criterion in criteria]
    return reduce(np.logical_and, reached) if reached else np.ones(1, np.bool_)


def _score(definition: Definition, features: Mapping[str, Numbers]) -> Numbers:
    total: Numbers = np.zeros(1)
    for item in definition.items:
        total = total + points(item, features[item.feature])
    if definition.scorable_if:
        total = _where(_all(definition.scorable_if, features), total)
    return total


def _ladder(definition: Definition, features: Mapping[str, Numbers]) -> Numbers:
    place = np.zeros(1, np.uint8)
    for at, rung in enumerate(definition.rungs, 1):
        holds = _all(rung.all, features)
        if np.count_nonzero(holds):
            place = np.maximum(place, holds.view(np.uint8) * np.uint8(at))  # of several rungs the last one stands
    values = np.array([np.nan, *(rung.value for rung in definition.rungs)])
    found: Numbers = values.take(place)
    return found
