"""What else could explain it, and what would tell?

Every check of the knowledge is held against the facts of every person: which clues speak for it, which against, and
which facts are unknown. What is unknown leaves a check open; it never speaks against it.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, nullable_codes, with_enums
from remit.engine.expressions import fact_columns
from remit.engine.logic import Tri, between
from remit.flow.considering import Layout, clue_states, layout_of, leaf_states
from remit.knowledge import Knowledge
from remit.knowledge.differential import LEVELS
from remit.tables import NO, UNKNOWN, YES, Tables
from remit.tables.differential import (
    CONSIDERATION_STATES,
    DIRECTIONS,
    Consideration,
    ConsiderationReason,
)

Codes = NDArray[np.uint8]

_NOT_RAISED, _SPOKEN_AGAINST, _OPEN, _RAISED = (np.uint8(code) for code in range(len(CONSIDERATION_STATES)))
_FOR, _AGAINST, _UNKNOWN = (np.uint8(code) for code in range(len(DIRECTIONS)))


def differential(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Checks of every person, with the reasons.

    Reads `person`, `fact`. Writes `consideration`, in order of check, then person, and `consideration_reason`, in
    order of check and clue, then fact, then person.
    """
    person = tables["person"]["person_key"].to_numpy()
    if not len(person) or not knowledge.checks:
        return {"consideration": Consideration.empty(), "consideration_reason": ConsiderationReason.empty()}
    facts = fact_columns(tables["fact"], knowledge.fact_keys)
    layout = layout_of(knowledge)
    leaf = leaf_states(layout, facts)
    clue = clue_states(layout, leaf, facts)
    state = _state(layout, clue)
    n_checks = len(knowledge.checks)
    columns = [
        pl.Series("person_key", np.tile(person, n_checks)),
        pl.Series("check_key", np.repeat(np.arange(n_checks, dtype=np.uint8), len(person))),
        pl.Series("state", state.ravel()),
        nullable_codes("level", _level(layout, clue, state).ravel()),
    ]
    consideration = with_enums(columns, Consideration.words())
    reasons = _reasons(layout, leaf, clue, person, tables["fact"]["record_ref"])
    return {"consideration": consideration, "consideration_reason": reasons}


def _state(layout: Layout, clue: Tri) -> Codes:
    """By check and person: a strong clue raises, or enough that are at least moderate; a strong one speaks against."""
    is_raising = (layout.is_strong & ~layout.is_counter)[:, None]
    strong = np.maximum.reduceat(np.where(is_raising, clue, np.uint8(NO)), layout.first_clue, axis=0)
    counted = layout.is_counted[:, None]
    n_yes = np.add.reduceat(counted & (clue == YES), layout.first_clue, axis=0, dtype=np.int64)
    n_open = np.add.reduceat(counted & (clue != NO), layout.first_clue, axis=0, dtype=np.int64)
    enough = layout.enough[:, None]
    raised = np.maximum(strong, between(n_yes >= enough, n_open >= enough))
    lowers = (layout.is_strong & layout.is_counter)[:, None] & (clue == YES)
    is_spoken_against = np.logical_or.reduceat(lowers, layout.first_clue, axis=0)
    state = np.where(raised == UNKNOWN, _OPEN, _NOT_RAISED)
    state[is_spoken_against] = _SPOKEN_AGAINST
    state[raised == YES] = _RAISED
    return state


def _level(layout: Layout, clue: Tri, state: Codes) -> Codes:
    """The most pressing of the clues that raise it; to be asked where it is open; else none.

    Moderate clues raise only together: where a strong one does, theirs is not the level.
    """
    rank = np.where(clue == YES, layout.level[:, None] + np.uint8(1), np.uint8(0))
    strong, counted = (
        np.maximum.reduceat(np.where(flag[:, None], rank, np.uint8(0)), layout.first_clue, axis=0)
        for flag in (layout.is_strong & layout.is_counted, layout.is_counted)
    )
    pressing = np.where(strong > 0, strong, counted) - np.uint8(1)
    level = np.where(state == _RAISED, pressing, np.uint8(NO_CODE))
    level[state == _OPEN] = LEVELS.index("ask")
    return level


def _reasons(layout: Layout, leaf: Tri, clue: Tri, person: NDArray[np.uint32], record_ref: pl.Series) -> pl.DataFrame:
    """The facts behind every clue that holds, and those that leave one unknown."""
    value = clue[layout.clue_of]
    holds, is_known = leaf == YES, leaf != UNKNOWN
    any_holds = np.logical_or.reduceat(holds, layout.first_leaf, axis=0)[layout.clue_of]
    # A clue that holds rests on the conditions that hold; under a `not`, on those that are known.
    shown = (value == YES) & (holds | (is_known & ~any_holds))
    shown |= (value == UNKNOWN) & ~is_known
    group, row = np.nonzero(np.logical_or.reduceat(shown[layout.order], layout.start, axis=0))
    first = layout.order[layout.start[group]]
    clue_row, fact = layout.clue_of[first], layout.column[first]
    is_counter = layout.is_counter[clue_row]
    direction = np.where(clue[clue_row, row] == YES, np.where(is_counter, _AGAINST, _FOR), _UNKNOWN)
    ids = pl.Series("clue", [c.id for c in layout.clues], dtype=pl.String)
    n_facts = len(record_ref) // len(person)
    columns = [
        pl.Series("person_key", person[row]),
        pl.Series("check_key", layout.check_of[clue_row]),
        ids.gather(clue_row),
        pl.Series("fact_key", fact.astype(np.uint16)),
        pl.Series("direction", direction),
        pl.Series("is_counter", is_counter),
        record_ref.gather(row * n_facts + fact),
    ]
    return with_enums(columns, ConsiderationReason.words())
