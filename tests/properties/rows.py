"""The engine's rows of each person, numbered within the person, so that runs can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import polars as pl

from generative.compare import NOTHING, TABLES, Row, engine_rows
from generative.load import knowledge
from generative.records import to_records
from generative.run import LAST
from oracle import Person
from remit.flow.adequacy import adequacy_with_days
from remit.knowledge import Knowledge
from remit.pipeline import Assessed, assess

KEYS = {"exposure_key", "trial", "added_trial"}


def judged(records: Mapping[str, pl.DataFrame], k: Knowledge | None = None) -> Assessed:
    """Every table of the engine, the days beside the judgements."""
    k = k or knowledge()
    tables = assess(records, k)
    return tables | {"adequacy": adequacy_with_days(tables, k)}


def assessed(persons: Sequence[Person], k: Knowledge | None = None) -> Assessed:
    """Every table of the engine."""
    k = k or knowledge()
    return judged(to_records(persons, k), k)


def rows_of(persons: Sequence[Person]) -> list[set[Row]]:
    """Each person's rows of every table, exposures and trials numbered by the person's own exposures."""
    batch = [*persons, LAST]
    records = to_records(batch, knowledge())
    return by_person(batch, judged(records), records)[:-1]


def by_person(
    batch: Sequence[Person], tables: Mapping[str, pl.DataFrame], records: Mapping[str, pl.DataFrame]
) -> list[set[Row]]:
    """The rows of an assessment, person by person."""
    first = [0, *accumulate(len(p.exposures) for p in batch)]
    out: list[set[Row]] = [set() for _ in batch]
    for table, rows in engine_rows(tables, records, knowledge()).items():
        places = [i for i, name in enumerate(("person", *TABLES[table])) if name in KEYS]
        for row in rows:
            person = row[0]
            own = list(row[1:])
            for i in places:
                own[i - 1] = None if row[i] is None else row[i] - first[person]
            if table != "response" or tuple(own[1:]) != NOTHING:
                out[person].add((table, *own))
    return out
