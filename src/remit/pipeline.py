"""The whole house on one page: which transform follows which, and how a record is assessed.

One person and a bucket of a cohort take the same way; a cohort leaves out the rows that explain (`detail=False`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from remit.flow.adequacy import adequacy
from remit.flow.crisis import crisis
from remit.flow.resistance import resistance
from remit.flow.trials import trials
from remit.knowledge import Knowledge
from remit.tables import RECORDS, Tables


def assess(
    records: Tables, knowledge: Knowledge, definitions: Sequence[str] | None = None, *, detail: bool = True
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
    if detail:
        tables |= crisis(tables, knowledge)
    tables |= trials(tables, knowledge)
    tables |= adequacy(tables, knowledge)
    tables |= resistance(tables, knowledge, detail=detail)
    return tables
