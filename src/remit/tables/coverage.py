"""Which criteria of a coverage policy a record meets: the tables that the transform `coverage` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table

CRITERION_STATES = ("not_met", "not_documented", "met")
"""In the order of three-valued logic: not documented is neither."""


class Coverage(Table):
    """One row per person and policy."""

    person_key = dy.UInt32(primary_key=True)
    policy_id = dy.String(primary_key=True)
    state = dy.Enum(CRITERION_STATES, nullable=True)  # of all criteria together; null: the policy states none
    n_met = dy.UInt16(nullable=False)
    n_not_met = dy.UInt16(nullable=False)
    n_not_documented = dy.UInt16(nullable=False)


class CoverageCriterion(Table):
    """One row per person, policy and criterion, in the order of the policy."""

    person_key = dy.UInt32(primary_key=True)
    policy_id = dy.String(primary_key=True)
    criterion_id = dy.String(primary_key=True)
    state = dy.Enum(CRITERION_STATES, nullable=False)


class CoverageFact(Table):
    """One row per person, policy, criterion and fact that it asks for: what is on record."""

    person_key = dy.UInt32(primary_key=True)
    policy_id = dy.String(primary_key=True)
    criterion_id = dy.String(primary_key=True)
    fact_key = dy.UInt16(primary_key=True)  # row of `knowledge.facts`
    is_documented = dy.Bool(nullable=False)  # answered at all; a number that is only partly known is not
