"""Facts that count trials: how many ingredients were tried, given a fair try, failed one, or were not tolerated.

They are bounded like the features of a definition; those that count the same state are counted together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.logic import Tri, every, known, negate
from remit.flow.facts.plan import Asked, Plan
from remit.flow.facts.sheet import Sheet
from remit.flow.features import Features, features_of
from remit.knowledge import Knowledge
from remit.knowledge.definition import Definition
from remit.knowledge.facts import OF_TRIALS
from remit.tables import NO, UNKNOWN, YES, Tables


def read_counts(sheet: Sheet, plan: Plan, tables: Tables, knowledge: Knowledge) -> None:
    """Reader `trials`."""
    if not plan.counts:
        return
    features = features_of(tables, knowledge)
    for counting in plan.counts:
        state, is_open = _state(counting.what, counting.definition, features)
        selects = [asked.reader.trials.select for asked in counting.readers if asked.reader.trials]
        matches = np.stack([features.selection.match(select) for select in selects])
        best = np.minimum(_greatest(features, np.minimum(state, matches)), is_open)
        owner = features.by_ingredient.first(features.person)
        for asked, value, match in zip(counting.readers, best, matches, strict=True):
            rows = np.unique(features.person[match != NO]) if counting.what in OF_TRIALS else np.arange(sheet.n)
            _give(sheet, asked, value, owner, rows)


def _give(sheet: Sheet, asked: Asked, value: Tri, owner: NDArray[np.int64], rows: NDArray[np.intp]) -> None:
    low, high = (np.bincount(owner[value >= least], minlength=sheet.n).astype(float) for least in (YES, UNKNOWN))
    sheet.give(asked.fact, asked.reader, low[rows], high[rows], rows)


def _greatest(features: Features, counts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """By reader and ingredient of a person: the most that is true of one of its trials."""
    grouping = features.by_ingredient
    if not counts.shape[1]:
        return counts
    ordered = counts if grouping.order is None else counts[:, grouping.order]
    return np.asarray(np.maximum.reduceat(ordered, grouping.starts, axis=1))


def _state(what: str, definition: Definition, features: Features) -> tuple[Tri, Tri]:
    """By trial whether it counts, and by ingredient whether it may: the best outcome of re-trials stands."""
    ran, rule = features.ran(definition.scope), features.rule(definition.adequacy)
    if what == "failed":
        helped = features.by_ingredient.greatest(every(ran, negate(features.unhelped(rule))))
        return features.state(definition, "failed"), negate(helped)
    n_ingredients = len(features.by_ingredient.key)
    all_open = np.full(n_ingredients, YES, np.uint8)
    if what == "adequate":
        return every(ran, _fair(definition, features)), all_open
    return (every(ran, _of_trials(what, definition, features)) if what in OF_TRIALS else ran), all_open


def _of_trials(what: str, definition: Definition, features: Features) -> Tri:
    """By trial: doses were missed, or it was stopped for side effects before it was long enough (and high enough)."""
    rule = features.rule(definition.adequacy)
    if what == "doses_missed":
        return negate(features.joined.agreed(features.judged(rule, "adherence_met")))
    stopped = features.judged(rule, "intolerant_in_episode" if definition.scope == "episode" else "intolerant")
    return every(stopped, negate(features.judged(rule, "dose_met"))) if what == "intolerant_below_dose" else stopped


def _fair(definition: Definition, features: Features) -> Tri:
    """By trial: dose and time were adequate, and adherence is not known to be low."""
    rule = features.rule(definition.adequacy)
    duration = "episode_duration_met" if definition.scope == "episode" else "duration_met"
    kept_to = known(features.judged(rule, "adherence_met") != NO)
    fair = every(features.judged(rule, "dose_met"), features.judged(rule, duration), kept_to)
    return features.joined.agreed(fair)
