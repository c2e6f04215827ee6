"""Which options, and which mechanisms, were tried, and whether that was a fair try."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import with_enums
from remit.engine.logic import Tri, every, known
from remit.flow.features import features_of
from remit.flow.options.plan import Plan
from remit.knowledge import Knowledge
from remit.tables import NO, YES, MechanismTried, Tables
from remit.tables.options import SYSTEMS

Rows = NDArray[np.intp]


class Tried(NamedTuple):
    """Trials that speak of an option: arrays of one length."""

    option: Rows
    person: Rows  # row of table `person`
    trial: NDArray[np.uint32]
    fair: Tri
    state: Tri  # whether it was a try of this option at all


class History:
    """Trials of a run, as options look at them."""

    def __init__(self, tables: Tables, knowledge: Knowledge) -> None:
        features = features_of(tables, knowledge)
        self.n, self.person = features.n, features.person
        self.treatment, self.joined = features.treatment, features.joined
        rule = knowledge.rules[knowledge.rule_key(knowledge.ordering.fair_try)]
        kept_to = known(features.judged(rule, "adherence_met") != NO)
        fair = every(features.judged(rule, "dose_met"), features.judged(rule, "duration_met"), kept_to)
        self.fair = features.joined.agreed(fair)
        self.added = features.selection.added
        self.ingredient = knowledge.ingredient_keys[self.treatment]

    def of_options(self, plan: Plan) -> Tried:
        """Trials by option."""
        option, trial = np.nonzero(plan.matches[:, self.treatment])
        state = np.where(plan.is_added_only[option], self.added[trial], np.uint8(YES))
        kept = np.flatnonzero(state != NO)
        option, trial, state = option[kept], trial[kept], state[kept]
        fair = np.minimum(self.fair[trial], state)
        return Tried(option, self.person[trial], trial.astype(np.uint32), fair, state)

    def mechanisms(self, plan: Plan, person_key: NDArray[np.uint32]) -> pl.DataFrame:
        """Table `mechanism_tried`, in order of person, then system."""
        n_systems = len(SYSTEMS)
        tried, fair = (np.full((self.n, n_systems), NO, np.uint8) for _ in range(2))
        count = np.zeros((self.n, n_systems), np.uint16)
        system, trial = np.nonzero(plan.systems[:, self.treatment])
        person = self.person[trial]
        tried[person, system] = YES
        np.maximum.at(fair, (person, system), self.fair[trial])
        distinct = np.unique(np.stack([person, system, self.ingredient[trial]]), axis=1)
        np.add.at(count, (distinct[0], distinct[1]), 1)
        columns = [
            pl.Series("person_key", np.repeat(person_key, n_systems)),
            pl.Series("system", np.tile(np.arange(n_systems, dtype=np.uint8), self.n)),
            pl.Series("tried", tried.ravel()),
            pl.Series("tried_fairly", fair.ravel()),
            pl.Series("n_treatments", count.ravel()),
        ]
        return with_enums(columns, MechanismTried.words())


def tried_fairly(tried: Tried, n_options: int, n_persons: int) -> NDArray[np.uint8]:
    """By option and person: whether a fair try is on record."""
    fair = np.full((n_options, n_persons), NO, np.uint8)
    np.maximum.at(fair, (tried.option, tried.person), tried.fair)
    return fair
