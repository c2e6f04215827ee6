"""Evaluates conditions over facts (`remit.knowledge.when`) for all persons at once, in three-valued logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, codes, values
from remit.engine.logic import Tri, between, negate
from remit.knowledge.when import When
from remit.tables import NO, UNKNOWN, YES, Fact

Floats = NDArray[np.float64]


class FactColumns(NamedTuple):
    """Facts as arrays, persons by facts.

    Parameters
    ----------
    key : mapping of str to int
        Column by id of the fact.
    state : array of uint8
        Of facts of the kind yes_no; unknown for numbers.
    low, high : arrays of float
        Of numbers; infinite where open.
    """

    key: Mapping[str, int]
    state: NDArray[np.uint8]
    low: Floats
    high: Floats


def fact_columns(fact: pl.DataFrame, key: Mapping[str, int]) -> FactColumns:
    """Table `fact` as arrays; `key` is `Knowledge.fact_keys`."""
    shape = (-1, len(key)) if key else (0, 0)
    state = codes(fact, Fact, "state")[0]
    return FactColumns(
        key,
        np.where(state == NO_CODE, np.uint8(UNKNOWN), state).reshape(shape),
        values(fact["low"], -np.inf).reshape(shape),
        values(fact["high"], np.inf).reshape(shape),
    )


def within(
    low: Floats,
    high: Floats,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> Tri:
    """Whether numbers known as intervals lie within bounds: yes if surely, no if they cannot."""
    surely, possibly = np.ones(len(low), np.bool_), np.ones(len(low), np.bool_)
    if above is not None:
        surely, possibly = surely & (low > above), possibly & (high > above)
    if at_least is not None:
        surely, possibly = surely & (low >= at_least), possibly & (high >= at_least)
    if at_most is not None:
        surely, possibly = surely & (high <= at_most), possibly & (low <= at_most)
    if below is not None:
        surely, possibly = surely & (high < below), possibly & (low < below)
    return between(surely, possibly)


def evaluate(when: When, facts: FactColumns) -> Tri:
    """By person: whether a condition holds; what is unknown stays unknown unless the rest settles it."""
    if when.fact is not None:
        return _leaf(when, when.fact, facts)
    if when.not_ is not None:
        return negate(evaluate(when.not_, facts))
    return _combined(when, [evaluate(part, facts) for part in when.any or when.all or when.of or ()])


def _combined(when: When, parts: list[Tri]) -> Tri:
    if when.any is not None:
        return np.asarray(np.maximum.reduce(parts))
    if when.all is not None:
        return np.asarray(np.minimum.reduce(parts))
    assert when.at_least is not None
    n_yes = np.sum([part == YES for part in parts], axis=0)
    n_open = np.sum([part != NO for part in parts], axis=0)
    return between(n_yes >= when.at_least, n_open >= when.at_least)


def _leaf(when: When, fact: str, facts: FactColumns) -> Tri:
    column = facts.key[fact]
    if when.has_bounds:
        bounds = (when.above, when.at_least, when.at_most, when.below)
        return within(facts.low[:, column], facts.high[:, column], *bounds)
    state = facts.state[:, column]
    return negate(state) if when.is_ is False else state


class Conditions:
    """Many conditions, of which the parts that ask for a single fact are worked out together.

    Parameters
    ----------
    whens : sequence of When or None
        None always holds.
    key : mapping of str to int
        Column by id of the fact, as in `FactColumns`.
    """

    def __init__(self, whens: Sequence[When | None], key: Mapping[str, int]) -> None:
        self._whens = tuple(whens)
        found: dict[tuple[object, ...], int] = {}
        self._at: dict[int, int] = {}  # by identity of the leaf; the conditions live as long as this does
        leaves: list[When] = []
        for leaf in (leaf for when in self._whens if when for leaf in when.leaves()):
            text = (leaf.fact, leaf.is_, leaf.above, leaf.at_least, leaf.at_most, leaf.below)
            if text not in found:
                found[text] = len(leaves)
                leaves.append(leaf)
            self._at[id(leaf)] = found[text]
        self._column = np.array([key[str(leaf.fact)] for leaf in leaves], np.intp)
        self._is_number = np.array([leaf.has_bounds for leaf in leaves], np.bool_)
        self._is_negated = np.array([leaf.is_ is False for leaf in leaves], np.bool_)
        bounds = [(leaf.above, leaf.at_least, leaf.at_most, leaf.below) for leaf in leaves if leaf.has_bounds]
        self._bounds = np.array(bounds, dtype=np.float64).reshape(-1, 4).T[:, :, None]  # nan: no bound

    def hold(self, facts: FactColumns) -> NDArray[np.uint8]:
        """By condition and person: whether it holds."""
        n = len(facts.state)
        value = facts.state.T[self._column]
        value[self._is_negated] = negate(value[self._is_negated])
        numbers = self._column[self._is_number]
        value[self._is_number] = self._within(facts.low.T[numbers], facts.high.T[numbers])
        always = np.full(n, YES, np.uint8)
        return np.stack([always if when is None else self._of(when, value) for when in self._whens])

    def _within(self, low: Floats, high: Floats) -> Tri:
        above, at_least, at_most, below = self._bounds
        has_no = np.isnan(self._bounds)
        surely = (has_no[0] | (low > above)) & (has_no[1] | (low >= at_least))
        surely &= (has_no[2] | (high <= at_most)) & (has_no[3] | (high < below))
        possibly = (has_no[0] | (high > above)) & (has_no[1] | (high >= at_least))
        possibly &= (has_no[2] | (low <= at_most)) & (has_no[3] | (low < below))
        return between(surely, possibly)

    def _of(self, when: When, leaves: NDArray[np.uint8]) -> Tri:
        if when.fact is not None:
            return np.asarray(leaves[self._at[id(when)]])
        if when.not_ is not None:
            return negate(self._of(when.not_, leaves))
        return _combined(when, [self._of(part, leaves) for part in when.any or when.all or when.of or ()])
