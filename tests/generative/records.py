"""Drawn persons as the tables that an adapter would write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from oracle import Exposure, Person
from remit.knowledge import Knowledge
from remit.tables.records import RECORDS


def to_records(persons: Sequence[Person], knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """All record tables of a batch; `person_key` is the place in the batch, `exposure_key` runs on over persons."""
    rows: dict[str, list[tuple[Any, ...]]] = {table.table_name(): [] for table in RECORDS}
    for key, person in enumerate(persons):
        rows["person"].append((key, f"p{key}", person.index_date, None, None, None, None))
        if e := person.episode:
            rows["episode"].append((key, e.start, e.start_latest, e.severity, e.psychotic, None))
        for exposure in person.exposures:
            _add(rows, key, exposure, knowledge)
        for s in person.scores:
            rows["measurement"].append(
                (len(rows["measurement"]), key, s.measure, s.day, s.value, None, s.imputed, "drawn", None, None)
            )
        for c in person.conditions:
            rows["condition"].append((key, c.condition, c.status, c.onset, "drawn"))
    return {
        table.table_name(): pl.DataFrame(rows[table.table_name()], schema=table.dtypes(), orient="row")
        for table in RECORDS
    }


def _add(rows: dict[str, list[tuple[Any, ...]]], person: int, e: Exposure, knowledge: Knowledge) -> None:
    key = len(rows["exposure"])
    rows["exposure"].append((key, person, knowledge.treatment_key(e.treatment), e.start, e.end, e.dose))
    if e.noted:
        added_to = None if e.augments is None else knowledge.treatment_key(e.augments)
        rows["exposure_note"].append(
            (key, e.start_latest, e.end_earliest, e.end_kind, e.sessions, e.adherence, e.stop_reason, added_to,
             e.evidence, "drawn")
        )  # fmt: skip
    rows["exposure_detail"] += [(key, name, value) for name, value in e.detail.items()]
    if e.outcome is not None or e.improvement is not None:
        rows["outcome"].append((key, e.outcome, e.improvement, "drawn"))
