"""The checks of the knowledge laid out for arrays; made once for each knowledge. Used by the transform `differential`.

A *leaf* is a condition on a single fact inside a clue.
"""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from remit.engine.expressions import FactColumns, evaluate
from remit.engine.logic import Tri, negate
from remit.knowledge import Knowledge
from remit.knowledge.differential import LEVELS, Clue, CounterClue
from remit.knowledge.when import When

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]


class Layout(NamedTuple):
    """Clues of all checks in order, those for a check before those against it, and their leaves in order.

    By check: `first_clue`, `enough` (so many clues that are at least moderate; infinite where they never do). By clue:
    `check_of`, `first_leaf`, `level` (0 to 2), whether it is `strong`, `counted` (at least moderate) or a counter-clue.
    By leaf: `clue_of`, the `column` of its fact, whether it asks for a no. Leaves of one clue and fact are one
    `group`: `order` puts the leaves of a group beside one another, `start` is where each begins.
    """

    clues: tuple[Clue | CounterClue, ...]
    leaves: tuple[When, ...]
    first_clue: Rows
    enough: NDArray[np.float64]
    check_of: NDArray[np.uint8]
    first_leaf: Rows
    level: NDArray[np.uint8]
    is_strong: Flags
    is_counted: Flags
    is_counter: Flags
    clue_of: Rows
    column: Rows
    is_negated: Flags
    order: Rows
    start: Rows


_LAYOUTS: WeakKeyDictionary[Knowledge, Layout] = WeakKeyDictionary()


def layout_of(knowledge: Knowledge) -> Layout:
    """The layout of a knowledge."""
    layout = _LAYOUTS.get(knowledge)
    if layout is None:
        layout = _LAYOUTS[knowledge] = _layout(knowledge)
    return layout


def _layout(knowledge: Knowledge) -> Layout:
    checks = knowledge.checks
    clues = tuple(chain.from_iterable(check.clues() for check in checks))
    leaves = [tuple(clue.when.leaves()) for clue in clues]
    flat = tuple(chain.from_iterable(leaves))
    clue_of = np.repeat(np.arange(len(clues)), [len(own) for own in leaves])
    column = np.array([knowledge.fact_key(str(leaf.fact)) for leaf in flat], np.intp)
    order = np.lexsort((column, clue_of))
    group = np.stack((clue_of[order], column[order]))
    is_new = np.r_[True, (group[:, 1:] != group[:, :-1]).any(axis=0)]
    is_counter = np.array([isinstance(clue, CounterClue) for clue in clues])
    is_strong = np.array([clue.strength == "strong" for clue in clues])
    levels = [getattr(clue, "level", None) or check.level for check in checks for clue in check.clues()]
    return Layout(
        clues=clues,
        leaves=flat,
        first_clue=_firsts([len(check.clues()) for check in checks]),
        enough=np.array([c.raised_together.value if c.raised_together else np.inf for c in checks]),
        check_of=np.repeat(np.arange(len(checks), dtype=np.uint8), [len(check.clues()) for check in checks]),
        first_leaf=_firsts([len(own) for own in leaves]),
        level=np.array([LEVELS.index(level) for level in levels], np.uint8),
        is_strong=is_strong,
        is_counted=np.array([clue.strength != "weak" for clue in clues]) & ~is_counter,
        is_counter=is_counter,
        clue_of=clue_of,
        column=column,
        is_negated=np.array([leaf.is_ is False for leaf in flat]),
        order=order,
        start=np.flatnonzero(is_new),
    )


def _firsts(sizes: list[int]) -> Rows:
    """Where each of some stretches begins."""
    return np.cumsum([0, *sizes[:-1]], dtype=np.intp)


def leaf_states(layout: Layout, facts: FactColumns) -> Tri:
    """By leaf and person: whether it holds."""
    state = facts.state[:, layout.column].T
    state = np.where(layout.is_negated[:, None], negate(state), state)
    for row, leaf in enumerate(layout.leaves):
        if leaf.has_bounds:
            state[row] = evaluate(leaf, facts)
    return state


def clue_states(layout: Layout, leaf: Tri, facts: FactColumns) -> Tri:
    """By clue and person: whether it holds."""
    state = leaf[layout.first_leaf]
    for row, clue in enumerate(layout.clues):
        if clue.when.fact is None:
            state[row] = evaluate(clue.when, facts)
    return state
