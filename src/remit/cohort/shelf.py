"""Chunks of a source, sorted into buckets of persons and written to disk: one Arrow stream per bucket and table.

A bucket holds everything on record of its persons. What is in memory is one chunk, not a bucket.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from remit.cohort.hashing import bucket_of, person_hash
from remit.cohort.raw import COUNT, COUNTS, NOTED, PERSON, RAW
from remit.cohort.seen import LAST_END, PERIODS
from remit.errors import Fault, SourceError

CHUNK_ROWS = 1 << 20
"""Rows that are gathered before they are written."""

EVERYWHERE = ("fhir_shared",)
"""Tables that every bucket gets."""

_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


class Shelf:
    """Buckets on disk.

    Parameters
    ----------
    folder : Path
        Exists and is empty.
    n_buckets : int
    """

    def __init__(self, folder: Path, n_buckets: int) -> None:
        self.folder = folder
        self.n_buckets = n_buckets
        self.counts = pl.DataFrame(schema=COUNTS)
        self.n_rows = 0  # exposures
        self.newest: Any = None  # newest date of an exposure
        self.last_seen: Any = None  # newest last day of anything that has one
        self.tables: set[str] = set()  # that have rows
        self._id_kind: Any = None
        self._waiting: dict[str, list[pl.DataFrame]] = {}
        self._writers: dict[tuple[str, int], tuple[Any, Any]] = {}

    def __enter__(self) -> Shelf:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            for table in list(self._waiting):
                self._flush(table)
        for writer, sink in self._writers.values():
            try:
                writer.close()
            finally:
                sink.close()

    def put(self, table: str, chunk: pl.DataFrame) -> None:
        """Take a chunk of a table, or a count of what was left out."""
        if table == COUNT:
            self.counts = pl.concat([self.counts, chunk])
            return
        if chunk.is_empty():
            return
        if table in EVERYWHERE:
            for bucket in range(self.n_buckets):
                self._write(table, bucket, chunk)
            return
        chunk = conformed(table, chunk)
        self._same_ids(chunk)
        self.tables.add(table)
        if table == "exposure":
            self.n_rows += chunk.height
            newest = newest_day(chunk)
            self.newest = max(filter(None, (self.newest, newest)), default=None)
        elif table in PERIODS:
            self.last_seen = max(filter(None, (self.last_seen, last_day(chunk))), default=None)
        waiting = self._waiting.setdefault(table, [])
        waiting.append(chunk)
        if sum(part.height for part in waiting) >= CHUNK_ROWS:
            self._flush(table)

    @property
    def is_text(self) -> bool:
        """Whether ids of persons are text."""
        return bool(self._id_kind == pl.String)

    def _same_ids(self, chunk: pl.DataFrame) -> None:
        kind = chunk.schema[PERSON]
        if self._id_kind is None:
            self._id_kind = kind
        if kind != self._id_kind:
            problem = "is text in one file and a whole number in another"
            raise SourceError([Fault(PERSON, problem, "Write it the same way everywhere.")])

    def _flush(self, table: str) -> None:
        parts = self._waiting.pop(table)
        chunk = pl.concat(parts) if len(parts) > 1 else parts[0]
        if self.n_buckets == 1:
            self._write(table, 0, chunk)
            return
        bucket = bucket_of(person_hash(chunk[PERSON]), self.n_buckets)
        kind = np.uint8 if self.n_buckets <= 1 << 8 else np.uint16
        order = np.argsort(bucket.astype(kind), kind="stable")  # a radix sort
        ends = np.cumsum(np.bincount(bucket, minlength=self.n_buckets))
        chunk = chunk[order]
        begin = 0
        for number, end in enumerate(ends.tolist()):
            if end > begin:
                self._write(table, number, chunk.slice(begin, end - begin))
            begin = end

    def _write(self, table: str, bucket: int, chunk: pl.DataFrame) -> None:
        key = (table, bucket)
        data = chunk.to_arrow(compat_level=pl.CompatLevel.oldest())
        if key not in self._writers:
            sink = pa.OSFile(str(self.folder / f"{bucket:05}-{table}.arrows"), "wb")
            self._writers[key] = pa.ipc.new_stream(sink, data.schema, options=_OPTIONS), sink
        self._writers[key][0].write_table(data)


def read_bucket(folder: Path, bucket: int) -> dict[str, pl.DataFrame]:
    """Tables of a bucket."""
    found = {}
    for path in sorted(folder.glob(f"{bucket:05}-*.arrows")):
        with pa.OSFile(str(path)) as file:
            frame = pl.from_arrow(pa.ipc.open_stream(file).read_all())
        assert isinstance(frame, pl.DataFrame)
        found[path.stem.split("-", 1)[1]] = frame
    return found


def keep_bucket(folder: Path, bucket: int, tables: dict[str, pl.DataFrame]) -> None:
    """Write tables of a bucket that was read another way, in place of what is there."""
    for path in folder.glob(f"{bucket:05}-*.arrows"):
        path.unlink()
    for name, frame in tables.items():
        data = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        target = str(folder / f"{bucket:05}-{name}.arrows")
        with pa.OSFile(target, "wb") as sink, pa.ipc.new_stream(sink, data.schema, options=_OPTIONS) as writer:
            writer.write_table(data)


def conformed(table: str, chunk: pl.DataFrame) -> pl.DataFrame:
    """A chunk with the columns of its table, in order; one that is absent is null."""
    columns = [pl.col(PERSON)]
    for name, kind in RAW[table].items():
        columns.append(pl.col(name).cast(kind) if name in chunk.columns else pl.lit(None, kind).alias(name))
    if table == "exposure":
        columns += [pl.col(name).cast(kind) for name, kind in NOTED.items() if name in chunk.columns]
    return chunk.select(columns)


def newest_day(exposure: pl.DataFrame) -> Any:
    """The newest date on record: a first or a last day."""
    return max(filter(None, (exposure["start_date"].max(), last_day(exposure))), default=None)


def last_day(frame: pl.DataFrame) -> Any:
    """The newest last day of rows whose ends are exclusive; an end that says there is none yet is no day."""
    end = frame["end_date"].to_physical()
    last: Any = end.max()
    if last is not None and last > LAST_END:
        last = end.filter(end <= LAST_END).max()
    return None if last is None else date(1970, 1, 1) + timedelta(last - 1)
