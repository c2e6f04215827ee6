"""The same run on Apache Spark: Spark moves the rows of each person to one place, and our own functions do the rest.

Two steps of `mapInArrow`. The first reads parts of the source and hands on each chunk, split by bucket, as one row that
holds an Arrow stream; Spark brings the rows of a bucket together in their order; the second judges bucket by bucket.
The
rows are those of a run on this machine. Workers need Remit with its extra `cohort`, and must reach the source.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from remit.cohort.hashing import bucket_of, person_hash
from remit.cohort.judge import judge
from remit.cohort.raw import COUNT, COUNTS, PERSON, RAW, RECORD, Source, Task
from remit.cohort.run import Engine, ReadSoFar, Run, buckets_needed, keep_shelf
from remit.cohort.seen import PERIODS, Cut
from remit.cohort.shelf import EVERYWHERE, conformed, last_day, newest_day
from remit.cohort.sources.fhir import LINES, FhirBulk
from remit.knowledge import Knowledge, load_knowledge

ROW = "bucket int, seq long, name string, data binary"
_ARROW = pa.schema([("bucket", pa.int32()), ("seq", pa.int64()), ("name", pa.string()), ("data", pa.binary())])
_META = -1
_STRIDE = 1 << 32
_MOST_ROWS = 1 << 21
"""Rows of a table that travel in one cell."""

_NEWEST, _TABLE = "newest", "table"

Row = tuple[int, int, str, bytes]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker needs to do as this machine does."""

    source: Source
    roots: tuple[Path, ...]
    codes_dir: Path | None
    definitions: tuple[str, ...]
    n_buckets: int
    index_date: date | None
    cut: Cut | None

    def knowledge(self) -> Knowledge:
        """The knowledge of the run, read by the worker."""
        extra = self.roots[1] if len(self.roots) > 1 else None
        return load_knowledge(extra, codes_dir=self.codes_dir).only(self.definitions)


def spark_engine(master: str | None = None) -> Engine:
    """An engine on a Spark cluster, or on this machine's cores where no master is named."""

    def engine(run: Run) -> None:
        from pyspark.sql import SparkSession

        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.appName("remit cohort")
        if master or not SparkSession.getActiveSession():
            builder = builder.master(master or "local[*]")
        session = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "64").getOrCreate()
        try:
            _on(session, run)
        finally:
            session.stop()

    return engine


def _on(session: Any, run: Run) -> None:
    recipe = _recipe(run, None)
    tasks = [(i, pickle.dumps(task)) for i, task in enumerate(run.source.tasks())]
    run.progress.stage("read", len(tasks))
    parts = session.createDataFrame(tasks, "seq long, task binary").repartition(max(len(tasks), 1), "seq")
    read = parts.mapInArrow(_reader(recipe), ROW).persist()
    if isinstance(run.source, FhirBulk):
        counts = list(_meta(read))
        read = _together(read, recipe).mapInArrow(_preparer(recipe), ROW).persist()
        meta = [*counts, *_meta(read)]
    else:
        meta = list(_meta(read))
    _note(run, recipe, meta)
    run.progress.stage("judge", recipe.n_buckets)
    judged = _together(read, recipe).mapInArrow(_judge(_recipe(run, run.cut)), ROW)
    _collect(run, judged.toLocalIterator(prefetchPartitions=False))


def _recipe(run: Run, cut: Cut | None) -> Recipe:
    known = run.knowledge
    n = run.work.state.get("n_buckets") or buckets_needed(run)
    ids = tuple(d.id for d in known.definitions)
    return Recipe(run.source, known.roots, known.codes_dir, ids, n, run.options.index_date, cut)


def _together(frame: Any, recipe: Recipe) -> Any:
    """Rows of a bucket in one partition, in the order in which they were read."""
    own = frame.filter(frame.bucket > _META).repartition(recipe.n_buckets, "bucket")
    return own.sortWithinPartitions("bucket", "seq")


def _meta(frame: Any) -> Iterator[Row]:
    for row in frame.filter(frame.bucket == _META).collect():
        yield row.bucket, row.seq, row.name, bytes(row.data)


def _note(run: Run, recipe: Recipe, meta: Iterable[Row]) -> None:
    """Note what was read: counts of what was left out, exposures, the newest date."""
    counts, n_rows = pl.DataFrame(schema=COUNTS), 0
    newest: dict[str, Any] = {}
    is_text = False
    for _, _, name, data in sorted(meta):
        frame = unpacked(data)
        if name == COUNT:
            counts = pl.concat([counts, frame])
        else:
            n_rows += int(frame["rows"].sum()) if name == _NEWEST else 0
            table = str(frame["table"].first())
            is_text |= bool(frame["is_text"].first())
            newest[table] = max(filter(None, (newest.get(table), frame["newest"].max())), default=None)
    seen = max(filter(None, (newest.get(name) for name in PERIODS)), default=None)
    tables = newest.keys() & RAW.keys()
    keep_shelf(run, ReadSoFar(n_rows, newest.get("exposure") or seen, counts, recipe.n_buckets, tables, is_text))


def _collect(run: Run, rows: Iterable[Any]) -> None:
    """Write results as they come; a bucket is kept when the next one begins."""
    held: dict[str, list[pl.DataFrame]] = {}
    current = None
    for row in rows:
        if row.bucket != current and held:
            _keep(run, current, held)
            held = {}
        current = row.bucket
        held.setdefault(row.name, []).append(unpacked(bytes(row.data)))
    if held:
        _keep(run, current, held)


def _keep(run: Run, bucket: int | None, held: dict[str, list[pl.DataFrame]]) -> None:
    assert bucket is not None
    if not run.work.has_part(bucket):
        run.work.keep_part(bucket, {name: pl.concat(frames) for name, frames in held.items()})
    run.progress.advance(1)


# --- on the workers
def _reader(recipe: Recipe) -> Any:
    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for seq, task in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                yield from map(_cell, _read(recipe, seq, pickle.loads(task)))

    return read


def _read(recipe: Recipe, seq: int, task: Task) -> Iterator[Row]:
    """Chunks of a part by bucket, and what there is to note."""
    at = seq * _STRIDE
    for table, chunk in recipe.source.read(task):
        at += 1
        if table == COUNT:
            yield _META, at, COUNT, packed(chunk)
        elif table in EVERYWHERE:
            yield from ((bucket, at, table, packed(chunk)) for bucket in range(recipe.n_buckets))
        elif chunk.height:
            chunk = conformed(table, chunk)
            yield _META, at, *_found(table, chunk)
            bucket = pl.Series("bucket", bucket_of(person_hash(chunk[PERSON]), recipe.n_buckets))
            for (number,), part in chunk.with_columns(bucket).group_by("bucket", maintain_order=True):
                yield int(number), at, table, packed(part.drop("bucket"))


def _found(table: str, chunk: pl.DataFrame) -> tuple[str, bytes]:
    """What there is to note about a chunk: that there is one, and how new it is."""
    is_text = chunk.schema[PERSON] == pl.String
    if table == "exposure":
        return _NEWEST, packed(_noted(table, chunk.height, newest_day(chunk), is_text))
    return _TABLE, packed(_noted(table, 0, last_day(chunk) if table in PERIODS else None, is_text))


def _noted(table: str, n: int, newest: Any, is_text: bool) -> pl.DataFrame:
    columns = {"table": [table], "rows": [n], "newest": [newest], "is_text": [is_text]}
    return pl.DataFrame(columns, schema_overrides={"newest": pl.Date})


def _buckets(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, dict[str, pl.DataFrame]]]:
    """Whole buckets, one at a time."""
    held: dict[str, list[pl.DataFrame]] = {}
    current: int | None = None
    for batch in batches:
        for row in batch.to_pylist():
            if row["bucket"] != current and current is not None:
                yield current, {name: pl.concat(frames) for name, frames in held.items()}
                held = {}
            current = row["bucket"]
            held.setdefault(row["name"], []).append(unpacked(row["data"]))
    if current is not None:
        yield current, {name: pl.concat(frames) for name, frames in held.items()}


def _preparer(recipe: Recipe) -> Any:
    def prepare(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        assert isinstance(recipe.source, FhirBulk)
        for bucket, raw in _buckets(batches):
            if LINES in raw:
                tables = recipe.source.prepare(raw, recipe.index_date)
                for name in (name for name, frame in tables.items() if frame.height):
                    yield _cell((_META, bucket, _TABLE, packed(_noted(name, 0, None, True))))
                newest = tables["person"]["index_date"].max()
                yield _cell(
                    (_META, bucket, _NEWEST, packed(_noted("exposure", tables["exposure"].height, newest, True)))
                )
                for seq, (name, frame) in enumerate(tables.items()):
                    yield _cell((bucket, seq, RECORD + name, packed(frame)))

    return prepare


def _judge(recipe: Recipe) -> Any:
    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        assert recipe.cut is not None
        knowledge = recipe.knowledge()
        for bucket, raw in _buckets(batches):
            for name, frame in judge(raw, recipe.cut, knowledge).items():
                for at in range(0, max(frame.height, 1), _MOST_ROWS):
                    yield _cell((bucket, at, name, packed(frame.slice(at, _MOST_ROWS))))

    return run


def _cell(row: Row) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([value], kind.type) for value, kind in zip(row, _ARROW, strict=True)], schema=_ARROW
    )


def packed(frame: pl.DataFrame) -> bytes:
    """A frame as an Arrow stream."""
    sink = BytesIO()
    frame.write_ipc_stream(sink, compression="lz4")
    return sink.getvalue()


def unpacked(data: bytes) -> pl.DataFrame:
    """The frame of an Arrow stream."""
    return pl.read_ipc_stream(BytesIO(data))
