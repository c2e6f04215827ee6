"""What else could explain it: the tables of the transforms `differential` and `pharmacogenetics`.

A state says whether something is worth checking, never that a person has it. A level says when to check.
"""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table

CONSIDERATION_STATES = ("not_raised", "spoken_against", "open", "raised")
CHECK_LEVELS = ("ask", "next_step", "same_day")
DIRECTIONS = ("for", "against", "unknown")
RELATIONS = ("current", "tried", "not_tried")


class Consideration(Table):
    """One row per person and check.

    `raised`: its rule is surely met. `open`: it may be, once what is unknown is known. `spoken_against`: not raised,
    and something on record speaks strongly against it. `not_raised`: every clue that could raise it is known to be
    absent.
    """

    person_key = dy.UInt32(primary_key=True)
    check_key = dy.UInt8(primary_key=True)  # row of `knowledge.checks`
    state = dy.Enum(CONSIDERATION_STATES, nullable=False)
    level = dy.Enum(CHECK_LEVELS, nullable=True)  # null where there is nothing to do


class ConsiderationReason(Table):
    """One row per consideration, clue and fact behind it: what speaks for or against it, and what is unknown."""

    person_key = dy.UInt32(primary_key=True)
    check_key = dy.UInt8(primary_key=True)
    clue = dy.String(primary_key=True)  # id inside the check; its text is the check's
    fact_key = dy.UInt16(primary_key=True)  # row of `knowledge.facts`
    direction = dy.Enum(DIRECTIONS, nullable=False)
    is_counter = dy.Bool(nullable=False)  # the clue is one that speaks against the check
    record_ref = dy.String(nullable=True)


class GeneGuidance(Table):
    """One row per person and drug for which a guideline speaks to the person's phenotypes."""

    person_key = dy.UInt32(primary_key=True)
    treatment_key = dy.UInt16(primary_key=True)
    row = dy.UInt8(nullable=False)  # row of the drug's guidance in `knowledge.pharmacogenetics`
    relation = dy.Enum(RELATIONS, nullable=False)
