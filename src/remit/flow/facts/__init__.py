"""What is known about a person on the index date? Reads the answers to all facts of the knowledge off the record.

docs/explanation/facts.md says in words what each reader takes for yes, for no, and for unknown.
"""

from __future__ import annotations

import polars as pl

from remit.engine.columns import NO_CODE
from remit.flow.facts.conditions import read_conditions
from remit.flow.facts.counts import read_counts
from remit.flow.facts.drugs import close, listed, read_drugs
from remit.flow.facts.measures import read_items, read_measures
from remit.flow.facts.persons import read_answers, read_episodes, read_persons, read_signs
from remit.flow.facts.plan import plan_of
from remit.flow.facts.sheet import Sheet
from remit.knowledge import Knowledge
from remit.tables import Tables


def facts(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Answers of all persons to all facts.

    Reads `person`, `episode`, `exposure`, `exposure_note`, `condition`, `measurement`, `answer`, `clue`, `crisis`, and
    what `trials` and `adequacy` write. Writes `fact`.
    """
    plan = plan_of(knowledge)
    sheet = Sheet(tables["person"].height, knowledge.facts)
    courses = listed(sheet, tables, knowledge)
    last = read_drugs(sheet, plan, courses)
    read_conditions(sheet, plan, tables)
    read_measures(sheet, plan, tables, knowledge)
    read_items(sheet, plan, tables)
    read_persons(sheet, plan, tables)
    read_episodes(sheet, plan, tables, knowledge)
    read_signs(sheet, plan, tables)
    read_counts(sheet, plan, tables, knowledge)
    read_answers(sheet, tables, knowledge)
    close(sheet, plan, last)
    return {"fact": sheet.table(tables["person"]["person_key"].to_numpy(), NO_CODE)}
