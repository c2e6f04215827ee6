"""Transform `coverage`: which criteria of a policy the facts of a person meet, do not meet, or do not document."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.engine.expressions import FactColumns, evaluate, fact_columns
from remit.engine.logic import Tri, negate
from remit.knowledge import Knowledge
from remit.knowledge.payers import Criterion, PayerPolicy
from remit.tables import NO, UNKNOWN, YES, Tables
from remit.tables.coverage import CRITERION_STATES, Coverage, CoverageCriterion, CoverageFact


def coverage(tables: Tables, knowledge: Knowledge, policy: PayerPolicy) -> dict[str, pl.DataFrame]:
    """Tables `coverage`, `coverage_criterion` and `coverage_fact` of all persons for one policy.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        With `person` and `fact`.
    knowledge : Knowledge
    policy : PayerPolicy
    """
    persons = tables["person"]["person_key"]
    facts = fact_columns(tables["fact"], knowledge.fact_keys)
    states = np.array([_state(c, facts) for c in policy.criteria], dtype=np.uint8).reshape(-1, len(persons))
    return {
        "coverage": _whole(persons, policy, states),
        "coverage_criterion": _criteria(persons, policy, states),
        "coverage_fact": _documented(persons, policy, facts),
    }


def _state(criterion: Criterion, facts: FactColumns) -> Tri:
    state = evaluate(criterion.when, facts)
    return negate(state) if criterion.is_exclusion else state


def _whole(persons: pl.Series, policy: PayerPolicy, states: Tri) -> pl.DataFrame:
    every = states.min(axis=0) if len(states) else None  # all of them: the least in the lattice
    counts = {name: (states == code).sum(axis=0) for name, code in (("met", YES), ("not_met", NO))}
    return Coverage.conform(
        pl.DataFrame({"person_key": persons}).with_columns(
            policy_id=pl.lit(policy.id),
            state=_words(every) if every is not None else pl.lit(None),
            n_met=pl.Series(counts["met"]),
            n_not_met=pl.Series(counts["not_met"]),
            n_not_documented=pl.Series((states == UNKNOWN).sum(axis=0)),
        )
    )


def _criteria(persons: pl.Series, policy: PayerPolicy, states: Tri) -> pl.DataFrame:
    n, ids = len(persons), [c.id for c in policy.criteria]
    return CoverageCriterion.conform(
        pl.DataFrame(
            {
                "person_key": np.repeat(persons.to_numpy(), len(ids)),
                "policy_id": np.repeat(policy.id, n * len(ids)),
                "criterion_id": ids * n,
                "state": _words(states.T.ravel()),
            },
            schema=CoverageCriterion.dtypes(),
        )
    )


def _documented(persons: pl.Series, policy: PayerPolicy, facts: FactColumns) -> pl.DataFrame:
    asked = [(c.id, facts.key[fact]) for c in policy.criteria for fact in c.when.facts()]
    columns = [key for _, key in asked]
    answered = (facts.state[:, columns] != UNKNOWN) | (facts.low[:, columns] == facts.high[:, columns])
    return CoverageFact.conform(
        pl.DataFrame(
            {
                "person_key": np.repeat(persons.to_numpy(), len(asked)),
                "policy_id": np.repeat(policy.id, len(persons) * len(asked)),
                "criterion_id": [criterion for criterion, _ in asked] * len(persons),
                "fact_key": columns * len(persons),
                "is_documented": answered.ravel(),
            },
            schema=CoverageFact.dtypes(),
        )
    )


def _words(states: Tri) -> pl.Series:
    return pl.Series([CRITERION_STATES[code] for code in states.tolist()], dtype=pl.Enum(CRITERION_STATES))
