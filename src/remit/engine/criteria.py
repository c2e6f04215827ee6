"""Compiles the three shapes of a definition: count, score, ladder. Nothing else reads them.

Everything is an array over persons. A feature is a pair of bounds; a shape is evaluated once at the low and once at the
high bounds, which bounds its result because shapes are monotone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
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
    found = np.full(len(value), float(item.bands[0].points))
    for below, band in pairwise(item.bands):  # they rise, and all but the last have an end
        assert below.up_to is not None
        np.copyto(found, band.points, where=value > below.up_to)
    return found


def evaluate(definition: Definition, features: Mapping[str, Bounds]) -> Result:
    """The result of a definition for each person."""
    if definition.shape == "count":
        return _count(definition, features)
    shape = _score if definition.shape == "score" else _ladder
    low, high = (shape(definition, {k: b[side] for k, b in features.items()}) for side in (0, 1))
    assert definition.met is not None
    is_same = (low == high) | (np.isnan(low) & np.isnan(high))
    is_met = reaches(definition.met, high)
    status = between(is_same & is_met, ~is_same | is_met)
    return Result(status, np.where(is_same, high, np.nan), Bounds(low, high))


def _count(definition: Definition, features: Mapping[str, Bounds]) -> Result:
    criteria = definition.criteria
    surely = reduce(np.logical_and, [reaches(c, features[c.feature].low) for c in criteria])
    possibly = reduce(np.logical_and, [reaches(c, features[c.feature].high) for c in criteria])
    bounds = features[criteria[0].feature]
    return Result(between(surely, possibly), bounds.low, bounds)


def _all(criteria: Sequence[Criterion], features: Mapping[str, Numbers], n: int) -> NDArray[np.bool_]:
    reached = [reaches(criterion, features[criterion.feature]) for criterion in criteria]
    return reduce(np.logical_and, reached) if reached else np.ones(n, np.bool_)


def _score(definition: Definition, features: Mapping[str, Numbers]) -> Numbers:
    n = len(next(iter(features.values())))
    total: Numbers = np.zeros(n)
    for item in definition.items:
        total += points(item, features[item.feature])
    if definition.scorable_if:
        np.copyto(total, np.nan, where=~_all(definition.scorable_if, features, n))
    return total


def _ladder(definition: Definition, features: Mapping[str, Numbers]) -> Numbers:
    n = len(next(iter(features.values())))
    holds = np.array([_all(rung.all, features, n) for rung in definition.rungs])
    place = np.arange(1, len(holds) + 1, dtype=np.uint8)[:, np.newaxis]  # of several rungs the last one stands
    values = np.array([np.nan, *(rung.value for rung in definition.rungs)])
    found: Numbers = values[(holds.view(np.uint8) * place).max(axis=0)]
    return found
