"""The whole house on one page: which transform follows which, and how a record is assessed.

One person and a bucket of a cohort take the same way; a cohort leaves out the rows that explain (`detail=False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from remit.flow.adequacy import adequacy
from remit.flow.course import course
from remit.flow.crisis import crisis
from remit.flow.differential import differential
from remit.flow.facts import facts
from remit.flow.options import options
from remit.flow.pharmacogenetics import pharmacogenetics
from remit.flow.resistance import resistance
from remit.flow.trials import trials
from remit.knowledge import Knowledge
from remit.tables import RECORDS, Tables

if TYPE_CHECKING:
    from remit.knowledge.payers import PayerPolicy
    from remit.knowledge.plans import PlanTemplate


def assess(
    records: Tables,
    knowledge: Knowledge,
    definitions: Sequence[str] | None = None,
    *,
    detail: bool = True,
    with_course: bool = False,
) -> dict[str, pl.DataFrame]:
    """From records to verdicts.

    Parameters
    ----------
    records : mapping of str to DataFrame
        Tables of `remit.tables.RECORDS`; one that is absent is empty. Persons stand in the order of their keys.
    knowledge : Knowledge
        Narrowed to the asked definitions by `Knowledge.only`, or with `definitions`.
    definitions : sequence of str, optional
        Ids of definitions; all by default. `definition_key` counts in the narrowed knowledge.
    detail : bool
        Whether to write the rows that explain and warn: `crisis`, `tally`, `finding`, `finding_trial`, `missing`.
    with_course : bool
        Whether to follow the course too: `course_event`, `due` and `caseload_line`, and `crisis` with them.

    Returns
    -------
    dict of str to DataFrame
        The records and every table that the transforms write.

    Raises
    ------
    ContractError
        If a table of records does not have its contract's types.
    UsageError
        If a definition is not known.
    """
    knowledge = knowledge.only(definitions)
    tables = {t.table_name(): t.conform(records.get(t.table_name(), t.empty())) for t in RECORDS}
    if detail or with_course:
        tables |= crisis(tables, knowledge)
    tables |= trials(tables, knowledge)
    tables |= adequacy(tables, knowledge)
    tables |= resistance(tables, knowledge, detail=detail)
    if detail:
        tables |= facts(tables, knowledge)
        tables |= options(tables, knowledge)
        tables |= differential(tables, knowledge)
        tables |= pharmacogenetics(tables, knowledge)
    if with_course:
        tables |= course(tables, knowledge)
    return tables


def follow(records: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Where every person stands, for the list view of a practice: trials and course, without adequacy and verdicts.

    Parameters
    ----------
    records : mapping of str to DataFrame
        As for `assess`.
    knowledge : Knowledge

    Returns
    -------
    dict of str to DataFrame
        The records, `crisis`, the tables of `trials`, `course_event`, `due` and `caseload_line`.
    """
    knowledge = knowledge.only([])
    tables = {t.table_name(): t.conform(records.get(t.table_name(), t.empty())) for t in RECORDS}
    for transform in (crisis, trials, course):
        tables |= transform(tables, knowledge)
    return tables


def schedule(tables: Tables, knowledge: Knowledge, template: PlanTemplate, start: date) -> dict[str, pl.DataFrame]:
    """The plan of a chosen option (`remit.flow.plan`) for the persons of a run."""
    from remit.flow.plan import plan  # not needed by most runs

    return plan(tables, knowledge, template, start)


def cover(tables: Tables, knowledge: Knowledge, policy: PayerPolicy) -> dict[str, pl.DataFrame]:
    """Which criteria of a coverage policy (`remit.flow.coverage`) the persons of a run meet; needs table `fact`."""
    from remit.flow.coverage import coverage  # not needed by most runs

    return coverage(tables, knowledge, policy)
