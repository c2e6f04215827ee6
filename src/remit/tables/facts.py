"""What is known about a person on the index date: the table that the transform `facts` writes."""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table, tri


class Fact(Table):
    """One row per person and fact of the knowledge, in order of person, then fact.

    `state` answers a fact of the kind yes_no, `low` and `high` one that is a number; a bound that is null is open.
    """

    person_key = dy.UInt32(primary_key=True)
    fact_key = dy.UInt16(primary_key=True)  # row of `knowledge.facts`
    state = tri(nullable=True)  # null for a number
    low = dy.Float64(nullable=True, allow_inf=True)  # infinite: days since something that never was
    high = dy.Float64(nullable=True)
    record_ref = dy.String(nullable=True)  # the record that settled it
    is_given = dy.Bool(nullable=False)  # answered directly
    is_disputed = dy.Bool(nullable=False)  # the direct answer is no, and the record says yes
