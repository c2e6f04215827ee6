"""A run of quality measures: records in, a folder with who is counted and how many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.publish import file_hash
from remit.cohort.quality.populations import POPULATIONS, members, totals
from remit.cohort.quality.reading import Record, read_fhir
from remit.cohort.quality.resources import sets_of
from remit.cohort.results.cells import suppressed
from remit.cohort.run import knowledge_digest
from remit.cohort.workspace import Workspace, explained
from remit.errors import UsageError
from remit.knowledge import Knowledge
from remit.knowledge.measures import ScoreMeasure, SupplyMeasure
from remit.version import VERSION

MEMBERS_FILE, COUNTS_FILE, SUMMARY_FILE = "members.parquet", "measures", "measures.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run of measures is asked.

    Attributes
    ----------
    measures : sequence of str
        Ids; all by default.
    period_start : date
        First day of the measurement period, a year long.
    small_cell : int, optional
        Counts of persons below this are not shown; by default the knowledge's.
    """

    period_start: date
    measures: Sequence[str] = ()
    small_cell: int | None = None


def measures_asked(knowledge: Knowledge, ids: Sequence[str]) -> list[SupplyMeasure | ScoreMeasure]:
    """Measures by id; all where none is named.

    Raises
    ------
    UsageError
        Naming those that are unknown, and those that exist.
    """
    known = knowledge.measures
    if unknown := [i for i in ids if i not in known]:
        raise UsageError(f"Unknown measure: {', '.join(unknown)}. Known: {', '.join(known)}.")
    return [known[i].measure for i in (ids or known)]


def run_measures(places: Sequence[Path], out: Path, knowledge: Knowledge, asked: Asked) -> dict[str, Any]:
    """Read FHIR records and write who is counted by each measure.

    Parameters
    ----------
    places : sequence of Path
        Bundles, NDJSON files, or folders of them.
    out : Path
        The output folder, which must not exist yet or be empty.
    knowledge : Knowledge
    asked : Asked

    Returns
    -------
    dict
        What `measures.json` holds.

    Raises
    ------
    SourceError
        If the records cannot be used.
    UsageError
        If a measure is unknown, or the output cannot be written.
    """
    measures = measures_asked(knowledge, asked.measures)
    work = Workspace(out)
    try:
        record = read_fhir(places, knowledge, measures)
        tables = record.tables()
        table = pl.concat([members(tables, measure, asked.period_start) for measure in measures])
        least = int(asked.small_cell if asked.small_cell is not None else knowledge.cohort.small_cell.value)
        shares = ("share", "share_low", "share_high")
        counts = (*POPULATIONS, "not_met")
        shown = suppressed(totals(table), least, counts, (*counts[2:], *shares))
        found = {
            "schema": "remit-measures/1",
            "program": VERSION,
            "knowledge_version": knowledge.version,
            "knowledge_sha256": knowledge_digest(knowledge),
            "period_start": asked.period_start.isoformat(),
            "small_cell": least,
            **_shown_sizes(tables["person"].height, record, shown["initial_population"], least),
            "sets_without_codes": sets_without_codes(knowledge, measures),
            "measures": [
                {"id": m.id, "name": m.name, "version": m.version, "sha256": file_hash(knowledge, "measures", m.id)}
                for m in measures
            ],
            "results": shown.to_dicts(),
        }
        with explained(out):
            work.open({"measures": [m.id for m in measures]})
            _write(work.fresh("out"), table, shown, found)
            work.finish(work.root / "out")
    finally:
        work.discard()
    return found


def _shown_sizes(n: int, record: Record, populations: pl.Series, least: int) -> dict[str, Any]:
    """Persons, what was left out and what differed: empty where few, or where all but a few are."""
    few_others = any(0 < n - inside < least for inside in populations.drop_nulls())
    persons = None if 0 < n < least or few_others else n
    left_out = {name: None if 0 < k < least else k for name, k in record.left_out.items()}
    unlike = {name: None if 0 < k < least or 0 < n - k < least else k for name, k in record.differing.items()}
    return {"persons": persons, "left_out": left_out, "differing": unlike}


def _write(folder: Path, table: pl.DataFrame, shown: pl.DataFrame, found: dict[str, Any]) -> None:
    table.write_parquet(folder / MEMBERS_FILE)
    shown.write_parquet(folder / f"{COUNTS_FILE}.parquet")
    shown.write_csv(folder / f"{COUNTS_FILE}.csv")
    text = json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")


def sets_without_codes(knowledge: Knowledge, measures: Sequence[SupplyMeasure | ScoreMeasure]) -> list[str]:
    """Sets of codes that a measure looks at and for which no code at all is at hand."""
    sets = sets_of(knowledge)
    named = {
        name
        for measure in measures
        for event in measure.events.values()
        for name in (*event.sets, *event.discharged_to, *event.answered)
    }
    return sorted(name for name in named if not sets.has(name))
