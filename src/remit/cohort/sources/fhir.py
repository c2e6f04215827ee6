"""FHIR R4 bulk files (NDJSON): sorted to persons line by line, then read bucket by bucket as any FHIR export is.

What a line says is read by `remit.flow.records`, the same as for one person; here only its person is looked up.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.hashing import person_order
from remit.cohort.raw import PERSON, Chunk, Task
from remit.cohort.sources.files import others_in
from remit.errors import Fault, SourceError
from remit.flow.records import read_records
from remit.flow.records.fhir import READ
from remit.flow.records.sources import text_lines
from remit.knowledge import Knowledge

LINES, SHARED = "fhir", "fhir_shared"
"""Lines of one person; lines that belong to nobody, such as medications, which every bucket gets."""

SCHEMA = {PERSON: pl.String, "file": pl.String, "line": pl.UInt32, "text": pl.String}
_CHUNK = 20_000
_KIND = re.compile(r'"resourceType"\s*:\s*"([A-Za-z]+)"')
_PLACE = re.compile(r"^bucket\.ndjson: line (\d+)")


class FhirBulk:
    """A folder of NDJSON files, or one file.

    Parameters
    ----------
    place : Path
    knowledge : Knowledge

    Raises
    ------
    SourceError
        If there is no such file.
    """

    is_named = False

    def __init__(self, place: Path, knowledge: Knowledge) -> None:
        self.place, self.knowledge = place, knowledge
        self.files = sorted(place.rglob("*.ndjson")) if place.is_dir() else [place]
        missing = [path for path in self.files if not path.is_file()]
        if not self.files or missing:
            raise SourceError([Fault(str(place), "holds no NDJSON file", "Name the folder of a FHIR bulk export.")])

    @property
    def not_read(self) -> list[str]:
        """Names of what lies in the folder and is no NDJSON file, nor a folder of them."""
        read = {p for path in self.files for p in (path, *path.parents)}
        return others_in(self.place, read) if self.place.is_dir() else []

    def tasks(self) -> list[Task]:
        """One file each."""
        return [Task(path.name, path, path.stat().st_size) for path in self.files]

    def rows(self) -> int:
        """About how many lines there are."""
        return sum(path.stat().st_size for path in self.files) // 1000

    def fingerprint(self) -> Mapping[str, Any]:
        """Paths, sizes and times."""
        return {str(p.resolve()): [p.stat().st_size, p.stat().st_mtime_ns] for p in self.files}

    def read(self, task: Task) -> Iterator[Chunk]:
        """Lines with their persons; resources that are never read are passed over."""
        faults: list[Fault] = []
        waiting: dict[str, list[tuple[str | None, str, int, str]]] = {LINES: [], SHARED: []}
        for n, line in text_lines(task.what, faults):
            kind = _KIND.search(line)
            if kind and kind[1] not in READ and kind[1] != "Bundle":
                continue
            owner = _owner(line, f"{task.what.name}: line {n}", faults)
            table = SHARED if owner is None else LINES
            waiting[table].append((owner, task.what.name, n, line))
            if len(waiting[table]) >= _CHUNK:
                yield table, _frame(waiting.pop(table))
                waiting[table] = []
        if faults:
            raise SourceError(faults)
        for table, rows in waiting.items():
            if rows:
                yield table, _frame(rows)

    def prepare(self, raw: Mapping[str, pl.DataFrame], index_date: date | None) -> dict[str, pl.DataFrame]:
        """Records of a bucket's lines, persons in the order of the output.

        Raises
        ------
        SourceError
            With every fault, at its own file and line.
        """
        lines = raw[LINES]
        ids = lines[PERSON].unique()
        ranks = pl.DataFrame({PERSON: ids.gather(person_order(ids))}).with_row_index("rank")
        lines = lines.join(ranks, on=PERSON, how="left").sort("rank", "file", "line").drop("rank")
        both = pl.concat([*([raw[SHARED].sort("file", "line")] if SHARED in raw else []), lines])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bucket.ndjson"
            path.write_text("\n".join(both["text"]) + "\n", encoding="utf-8")
            try:
                return read_records([path], self.knowledge, index_date=index_date)
            except SourceError as error:
                raise SourceError(_moved(fault, both) for fault in error.faults) from error


def _frame(rows: list[tuple[str | None, str, int, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _owner(line: str, place: str, faults: list[Fault]) -> str | None:
    """Id of the person that a resource is about; None if it is about nobody."""
    try:
        resource = json.loads(line)
    except (ValueError, RecursionError):
        faults.append(Fault(place, "is not JSON", "Write one resource a line."))
        return None
    if not isinstance(resource, dict):
        faults.append(Fault(place, "is no resource", "Write one resource a line."))
        return None
    kind = resource.get("resourceType")
    if kind == "Bundle":
        faults.append(
            Fault(place, "is a Bundle", "Give a bulk export: one resource a line. Use `remit assess` for it.")
        )
        return None
    if kind == "Patient":
        found = resource.get("id")
        return found if isinstance(found, str) else None
    return owner_of(resource)


def owner_of(resource: Mapping[str, Any]) -> str | None:
    """Id of the person that a resource is about."""
    for name in ("subject", "patient"):
        subject = resource.get(name)
        reference = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(reference, str):
            return re.split(r"[/:]", reference.split("/_history/")[0])[-1]
    return None


def _moved(fault: Fault, lines: pl.DataFrame) -> Fault:
    """A fault at the place where its line came from."""
    found = _PLACE.match(fault.place)
    if not found:
        return fault
    row = lines.row(int(found[1]) - 1, named=True)
    return Fault(f"{row['file']}: line {row['line']}" + fault.place[found.end() :], fault.problem, fault.remedy)
