"""Sessions of ECT, TMS, infusions and psychotherapy from OMOP procedures: each day of a treatment is one session.

How many were given on that day is not read: quantities count minutes, milligrams or pulses as often as sessions.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from remit.cohort.raw import NOTED, PERSON, Chunk, counted
from remit.cohort.sources.cells import Reader, plausible
from remit.cohort.sources.stores import Store
from remit.flow.records.dates import LATEST_YEAR
from remit.knowledge import Knowledge
from remit.knowledge.codes import Row, read_map, short_system
from remit.knowledge.names import names_of
from remit.tables.records import EVIDENCE

TABLE = "procedure_occurrence"
CONCEPTS = ("procedure_concept_id", "procedure_source_concept_id")
NEEDED = (PERSON, CONCEPTS[0], "procedure_date")
_VOCABULARIES = ("CPT4", "HCPCS", "ICD10PCS", "ICD9Proc", "SNOMED", "OPCS4")
_FILE = "procedures.csv"
_KINDS = ("device", "procedure", "psychotherapy")


def read_sessions(store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    """Days of treatments that are given as sessions, as exposures of one day.

    Raises
    ------
    SourceError
        With the rows that cannot be read.
    """
    known = procedure_treatments(store, knowledge)
    reader = Reader(TABLE)
    frames = [frame for column in CONCEPTS if column in store.columns(TABLE)
              for frame in _rows(reader, store, column, known)]  # fmt: skip
    reader.raise_faults()
    if not frames:
        return
    rows = pl.concat(frames)
    earliest = int(knowledge.policy.earliest_year.value)
    days = rows.with_columns(plausible(pl.col("start_date"), earliest, LATEST_YEAR)).drop_nulls("start_date")
    if n := rows.height - days.height:
        yield counted("undated_procedure", n)
    days = days.unique().sort(PERSON, "treatment_key", "start_date")
    yield (
        "exposure",
        days.with_columns(
            pl.col("start_date").dt.offset_by("1d").alias("end_date"),
            pl.lit(0, pl.UInt8).alias("flags"),
            pl.lit(EVIDENCE[-1], NOTED["evidence"]).alias("evidence"),
            pl.lit(1.0).alias("sessions"),
        ),
    )


def _rows(reader: Reader, store: Store, column: str, known: dict[int, int]) -> Iterator[pl.DataFrame]:
    """Person, treatment and day of the procedures whose concept in a column is known."""
    if not known:
        return
    keys = {"concept": list(known), "treatment_key": list(known.values())}
    table = pl.DataFrame(keys, schema={"concept": pl.Int64, "treatment_key": pl.UInt16})
    for chunk in store.read(TABLE, (PERSON, column, "procedure_date"), {column: sorted(known)}):
        columns = [
            reader.person(chunk, is_text=False).alias(PERSON),
            reader.whole(chunk, column).alias("concept"),
            reader.day(chunk, "procedure_date").alias("start_date"),
        ]
        reader.advance(chunk)
        yield pl.DataFrame(columns).join(table, on="concept").select(PERSON, "treatment_key", "start_date")


def procedure_treatments(store: Store, knowledge: Knowledge) -> dict[int, int]:
    """Key of the treatment by concept: of the code maps, of their descendants, and of codes that the source knows."""
    found: dict[int, int] = {}
    folders = [root / "codes" for root in knowledge.roots] + ([knowledge.codes_dir] if knowledge.codes_dir else [])
    for folder in folders:
        for row in read_map(folder / _FILE, ("system", "code")) if (folder / _FILE).is_file() else ():
            entry = Row(row.get("treatment_id", ""), row.get("modality", ""), row.get("label", ""), row["trial_use"])
            concept, key = row.get("omop_concept_id", ""), _key(knowledge, entry)
            if concept.isdecimal() and key is not None:
                found[int(concept)] = key
    return {**_descendants(store, found), **_coded(store, knowledge), **found}


def _key(knowledge: Knowledge, row: Row) -> int | None:
    """Key of the treatment of which a procedure is a session."""
    treatment = row.our_id or names_of(knowledge).treatment_of_group(row.group)
    if not treatment or not row.is_session:
        return None
    try:
        key = knowledge.treatment_key(treatment)
    except KeyError:
        return None
    entry = knowledge.treatments[key]
    return key if entry.given_as == "sessions" or entry.kind in _KINDS else None


def _descendants(store: Store, known: dict[int, int]) -> dict[int, int]:
    if not known or not store.has("concept_ancestor"):
        return {}
    names = ("descendant_concept_id", "ancestor_concept_id")
    reader = Reader("concept_ancestor")
    found: dict[int, int] = {}
    for chunk in store.read("concept_ancestor", names, {names[1]: sorted(known)}):
        pairs = pl.DataFrame([reader.whole(chunk, name) for name in names]).drop_nulls()
        found |= {below: known[above] for below, above in pairs.iter_rows()}
    return found


def _coded(store: Store, knowledge: Knowledge) -> dict[int, int]:
    if not store.has("concept"):
        return {}
    codes = names_of(knowledge).codes
    reader = Reader("concept")
    found: dict[int, int] = {}
    for chunk in store.read("concept", ("concept_id", "vocabulary_id", "concept_code")):
        wanted = chunk.filter(pl.col("vocabulary_id").is_in(_VOCABULARIES))
        names = (reader.whole(wanted, "concept_id"), wanted["vocabulary_id"], wanted["concept_code"])
        for concept, system, code in zip(*names, strict=True):
            keys = (_key(knowledge, row) for row in codes.procedure(short_system(system), str(code)))
            if (key := next((k for k in keys if k is not None), None)) is not None:
                found[concept] = key
    return found
