"""Tables that may stand beside the exposures: person, observation, death, condition, measurement and so on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from remit.cohort.raw import PERSON, RAW, Chunk, counted
from remit.cohort.sources.cells import Reader
from remit.cohort.sources.files import columns_of, read_chunks
from remit.errors import Fault
from remit.knowledge import Knowledge
from remit.knowledge.names import Names, names_of
from remit.tables import TRI

SIBLINGS = tuple(name for name in RAW if name not in ("exposure", "fhir"))

NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "person": (("birth_date", "sex", "country", "index_date"),),
    "observation": (("start_date",), ("end_date",)),
    "enrolment": (("start_date",), ("end_date",)),
    "death": (("date",),),
    "stay": (("start_date",), ("end_date",)),
    "condition": (("condition_id", "condition"),),
    "measurement": (("measure_id", "code"), ("date",), ("value",)),
    "outcome": (("treatment_key", "treatment"), ("start_date",), ("outcome", "improvement_percent")),
    "episode": (("start_date",),),
}
"""Columns without which a table says nothing; any one of each group."""

_NAMED = {"condition_id": "condition", "measure_id": "code", "treatment_key": "treatment"}
"""Columns that hold a name or a code, and what such a column is also called."""


def read_sibling(table: str, path: Path, knowledge: Knowledge, *, is_text: bool) -> Iterator[Chunk]:
    """Rows of a sibling table; names that are not known are left out and counted."""
    here = columns_of(path)
    wanted = {name: name if name in here else _NAMED.get(name, name) for name in RAW[table]}
    reader = Reader(str(path))
    names = names_of(knowledge)
    for chunk in read_chunks(path, (PERSON, *wanted.values())):
        columns = [reader.person(chunk, is_text=is_text).alias(PERSON)]
        columns += [
            _column(reader, chunk, written, RAW[table][name], name, names).alias(name)
            for name, written in wanted.items()
            if written in chunk.columns
        ]
        reader.advance(chunk)
        frame = pl.DataFrame(columns)
        known = [name for name in _NAMED if name in frame.columns]
        kept = frame.drop_nulls(known) if known else frame
        if n := frame.height - kept.height:
            yield counted(f"unknown_name_{table}", n)
        if not reader.faults:
            yield table, kept
    reader.raise_faults()


def lacking(table: str, path: Path) -> Iterator[Fault]:
    """Columns that a table lacks."""
    here = columns_of(path)
    for needed in ((PERSON,), *NEEDED[table]):
        if not any(name in here for name in needed):
            shown = " or ".join(dict.fromkeys(_NAMED.get(name, name) for name in needed))
            yield Fault(str(path), f"lacks the column {shown}", "Add it, or rename the one you have.")


def _column(reader: Reader, chunk: pl.DataFrame, written: str, kind: pl.DataType, name: str, names: Names) -> pl.Series:
    if kind == pl.Date:
        return reader.day(chunk, written)
    if name in _NAMED:
        return _resolved(reader.text(chunk, written), name, names)
    if kind == pl.Float64:
        return reader.number(chunk, written)
    if not isinstance(kind, pl.Enum):
        return reader.text(chunk, written)
    if name == "psychotic":
        said = chunk[written].cast(pl.String).str.to_lowercase()
        said = said.replace({"true": TRI[-1], "false": TRI[0], "1": TRI[-1], "0": TRI[0]})
        return reader.choice(said.alias(written).to_frame(), written, kind).fill_null(TRI[1])
    return reader.choice(chunk, written, kind)


def _resolved(text: pl.Series, name: str, names: Names) -> pl.Series:
    distinct = text.unique().drop_nulls()
    found: list[str | int | None] = []
    for value in distinct.to_list():
        if name == "treatment_key":
            found.append(names.treatment(value).key)
        else:
            match = names.conditions.find(value) if name == "condition_id" else names.measure(value)
            found.append(match.ids[0] if match.ids else None)
    kind = RAW["outcome"][name] if name == "treatment_key" else pl.String
    return text.replace_strict(distinct, pl.Series(found, dtype=kind), default=None, return_dtype=kind)
