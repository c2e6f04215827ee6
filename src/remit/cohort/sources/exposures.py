"""An exposures table, Parquet or CSV, in one file or many, with sibling tables beside it where there are any.

One row is one exposure: `person_id`, `treatment` (id, name or code) or `drug_concept_id`, `start_date`, `end_date`
(exclusive) or `days_supply`, `daily_dose_mg`; `evidence`, `sessions`, `adherence` and `stopped_because` where known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.raw import NOTED, PERSON, Chunk, Task, counted
from remit.cohort.sources.cells import Reader
from remit.cohort.sources.concepts import concept_treatments
from remit.cohort.sources.files import (
    columns_of,
    others_in,
    read_chunks,
    row_groups,
    rows_of,
    table_files,
    tables_in,
)
from remit.cohort.sources.siblings import SIBLINGS, lacking, read_sibling
from remit.cohort.supply import tidy
from remit.errors import Fault, SourceError
from remit.knowledge import Knowledge
from remit.knowledge.names import names_of

NAMES = ("treatment", "drug_concept_id")
COLUMNS = (PERSON, *NAMES, "start_date", "end_date", "days_supply", "daily_dose_mg")
ALSO = {"evidence": "evidence", "sessions": "sessions", "adherence": "adherence", "stopped_because": "stop_reason"}
"""Further columns that it may have, and what they are called here."""

TABLE = "exposure"
GROUPS_PER_TASK = 4


class Exposures:
    """A file or folder of exposures; tables named person, condition and so on beside it are read too.

    Parameters
    ----------
    place : Path
        A file; or a folder that holds `exposures` and its sibling tables as files or folders; or a folder of parts.
    knowledge : Knowledge

    Attributes
    ----------
    not_read : list of str
        Names of what lies in the folder and is no table that is read.

    Raises
    ------
    SourceError
        If there is no such table, it is there twice, or it lacks a column.
    """

    is_named = True

    def __init__(self, place: Path, knowledge: Knowledge) -> None:
        self.place, self.knowledge = place, knowledge
        self.siblings: dict[str, list[Path]] = {}
        self.not_read: list[str] = []
        self.files = self._find(place)
        self._is_text = _has_text_ids([*self.files, *(f for files in self.siblings.values() for f in files)])
        faults = [fault for path in self.files for fault in _lacks(path)]
        faults += [f for table, paths in self.siblings.items() for path in paths for f in lacking(table, path)]
        if faults:
            raise SourceError(faults)
        self._also = [name for name in ALSO if any(name in columns_of(path) for path in self.files)]
        self._keys: dict[Any, int | None] = {}

    def _find(self, place: Path) -> list[Path]:
        folder = place if place.is_dir() else None
        main = None
        if folder:
            named = tables_in(folder)
            main = next((named[n] for n in ("exposures", "exposure") if n in named), None)
            if main is not None:
                self.siblings = {n: table_files(p) for n, p in named.items() if n in SIBLINGS}
                self.not_read = others_in(folder, [main, *(named[n] for n in self.siblings)])
        return table_files(main or place)

    def tasks(self) -> list[Task]:
        """Groups of rows of Parquet files, and whole files otherwise."""
        found = []
        for path in self.files:
            n = row_groups(path)
            for at in range(0, max(n, 1), GROUPS_PER_TASK):
                groups = list(range(at, min(at + GROUPS_PER_TASK, n))) if path.suffix.lower() == ".parquet" else None
                share = len(groups) / n if groups else 1.0
                found.append(Task(f"{path.name} {at}", (TABLE, path, groups), share * path.stat().st_size))
        found += [Task(p.name, (name, p, None), p.stat().st_size) for name, ps in self.siblings.items() for p in ps]
        return found

    def read(self, task: Task) -> Iterator[Chunk]:
        """Exposures with known treatments, or rows of a sibling table."""
        table, path, groups = task.what
        if table == TABLE:
            yield from self._exposures(path, groups)
        else:
            yield from read_sibling(table, path, self.knowledge, is_text=self._is_text)

    def rows(self) -> int:
        """Rows of the exposures table."""
        return sum(rows_of(path) for path in self.files)

    def fingerprint(self) -> Mapping[str, Any]:
        """Paths, sizes and times of all files."""
        every = [*self.files, *(f for files in self.siblings.values() for f in files)]
        return {str(p.resolve()): [p.stat().st_size, p.stat().st_mtime_ns] for p in every}

    def _exposures(self, path: Path, groups: list[int] | None) -> Iterator[Chunk]:
        reader = Reader(str(path))
        unknown: Counter[str] = Counter()
        for chunk in read_chunks(path, (*COLUMNS, *self._also), groups=groups):
            frame, left = self._resolved(chunk, reader)
            unknown.update(left)
            reader.advance(chunk)
            if not reader.faults:
                yield tidy(frame, self.knowledge, open_ends=True)
            yield counted("records_read", chunk.height, kept=True)
        reader.raise_faults()
        if n := unknown.total():
            yield counted("unknown_treatment", n)

    def _resolved(self, chunk: pl.DataFrame, reader: Reader) -> tuple[pl.DataFrame, Counter[str]]:
        """Typed columns of the rows whose treatment is known, and how many there are of each that is not."""
        name = next(n for n in NAMES if n in chunk.columns)
        code = reader.text(chunk, name) if name == "treatment" else reader.whole(chunk, name)
        columns = [
            reader.person(chunk, is_text=self._is_text).alias(PERSON),
            self._treatment_keys(code, is_concept=name != "treatment").alias("treatment_key"),
            reader.day(chunk, "start_date").alias("start_date"),
        ]
        if "end_date" in chunk.columns:
            columns.append(reader.day(chunk, "end_date").alias("end_date"))
        if "days_supply" in chunk.columns:
            columns.append(reader.number(chunk, "days_supply").alias("days_supply"))
        if "daily_dose_mg" in chunk.columns:
            columns.append(reader.number(chunk, "daily_dose_mg").alias("daily_dose_mg"))
        columns += [self._noted(chunk, name, reader).alias(ALSO[name]) for name in self._also]
        frame = pl.DataFrame(columns)
        is_unknown = frame["treatment_key"].is_null()
        if not is_unknown.any():
            return frame, Counter()
        left = Counter(dict.fromkeys(["unknown"], int(is_unknown.sum())))
        return frame.filter(~is_unknown), left

    def _noted(self, chunk: pl.DataFrame, name: str, reader: Reader) -> pl.Series:
        """A further column; empty where this file does not have it."""
        kind = NOTED[ALSO[name]]
        if name not in chunk.columns:
            return pl.Series([None] * chunk.height, dtype=kind)
        return reader.choice(chunk, name, kind) if isinstance(kind, pl.Enum) else reader.number(chunk, name)

    def _treatment_keys(self, code: pl.Series, *, is_concept: bool) -> pl.Series:
        """Keys of treatments by name, code or concept; null where it is not known."""
        distinct = code.unique().drop_nulls()
        for value in distinct.to_list():
            if value not in self._keys:
                self._keys[value] = self._key(value, is_concept=is_concept)
        keys = pl.Series([self._keys[value] for value in distinct.to_list()], dtype=pl.UInt16)
        return code.replace_strict(distinct, keys, default=None, return_dtype=pl.UInt16)

    def _key(self, value: Any, *, is_concept: bool) -> int | None:
        if is_concept:
            return concept_treatments(self.knowledge).get(int(value))
        return names_of(self.knowledge).treatment(str(value)).key


def _has_text_ids(files: list[Path]) -> bool:
    """Whether any table has person ids that are not whole numbers."""
    for path in files:
        if PERSON in columns_of(path):
            for chunk in read_chunks(path, (PERSON,)):
                if chunk[PERSON].dtype.is_numeric():
                    break
                if path.suffix.lower() == ".parquet" or not _is_whole(chunk[PERSON].drop_nulls()):
                    return True
    return False


def _is_whole(text: pl.Series) -> bool:
    """Whether every text is a whole number as one writes it, so that nothing is lost by reading it as one."""
    return bool(text.str.contains(r"^(0|-?[1-9][0-9]{0,17})(\.0+)?$").all())


def _lacks(path: Path) -> Iterator[Fault]:
    names = columns_of(path)
    for needed in ((PERSON,), NAMES, ("start_date",), ("end_date", "days_supply")):
        if not any(name in names for name in needed):
            yield Fault(str(path), f"lacks the column {' or '.join(needed)}", "Add it, or rename the one you have.")
