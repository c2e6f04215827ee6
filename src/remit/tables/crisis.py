"""Is there any sign of suicidality on record? The table that the transform `crisis` writes.

It lists signs and never weighs them: there is no score, no level and no colour of risk anywhere.
"""

from __future__ import annotations

import dataframely as dy

from remit.tables.base import Table

SIGNS = ("item", "left_out", "total", "clue", "condition")
"""Kinds of rows that put the crisis panel first."""

CRISIS_KINDS = (*SIGNS, "zero", "unanswered")
"""`zero`: an item about suicide was answered below its threshold, which excludes nothing; `unanswered`: left out."""

CRISIS_CLUES = ("suicidal_thoughts", "suicidal_plan", "suicide_attempt_recent", "self_harm")
"""Clues of a history that report thoughts, a plan, an attempt or self-harm."""

SAFETY_NOTICE = "safety_item"
"""Code of the notice of a reader that had to leave out answers with a sign among them."""

CRISIS_CONDITION = "suicidality"
"""The wider set of conditions (`knowledge.conditions`) that holds recorded suicidality."""


class Crisis(Table):
    """One row per sign of suicidality on record up to the index date, and per item about suicide without one."""

    person_key = dy.UInt32(nullable=False)
    kind = dy.Enum(CRISIS_KINDS, nullable=False)
    about = dy.String(nullable=False)  # instrument, clue or condition id
    item = dy.UInt16(nullable=True)  # of the instrument
    date = dy.Date(nullable=True)
    record_ref = dy.String(nullable=False)
