"""Where OMOP tables lie: a folder of files, a DuckDB file, a database behind ADBC. All answer the same questions.

Only the columns that are asked for and the rows of wanted concepts leave a database.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import polars as pl

from remit.cohort.sources.files import BATCH, columns_of, read_chunks, rows_of, table_files, tables_in
from remit.errors import Fault, SourceError, UsageError

_HEAD = 16
"""Bytes that tell a DuckDB or SQLite file."""

_ALIKE = 0.85
"""How alike two names are, of 1, that differ by a slip: a letter too many, a mark in place of another."""

Keep = Mapping[str, Sequence[int]]


class Store(Protocol):
    """Tables by name, in small letters."""

    def has(self, table: str) -> bool:
        """Whether there is such a table."""

    def columns(self, table: str) -> set[str]:
        """Its columns, in small letters."""

    def read(self, table: str, columns: Sequence[str], keep: Keep | None = None) -> Iterator[pl.DataFrame]:
        """Chunks of those columns that the table has; `keep`: column to wanted values, other rows are not read."""

    def count(self, table: str, keep: Keep) -> int:
        """About how many rows there are to read."""

    def fingerprint(self) -> Mapping[str, Any]:
        """What tells it from another, and from itself after a change, as far as that can be told."""


def open_store(place: str, schema: str | None = None) -> Store:
    """The store at a place: a folder, a file, or a URL.

    Raises
    ------
    SourceError
        If there is none, or it cannot be opened.
    UsageError
        If a library is not installed.
    """
    if schema is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?", schema):
        raise UsageError("--schema is no name of a schema. Use letters, digits and _.")
    if "://" in place:
        return UrlStore(place, schema)
    path = Path(place)
    if not path.exists():
        raise SourceError([Fault(place, "is not there", "Check the name and the folder.")])
    if path.is_dir():
        return FolderStore(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"SQLite format 3"):
        return UrlStore(f"sqlite:///{path.absolute()}", schema)
    if head[8:12] == b"DUCK":
        return DuckStore(path, schema)
    raise SourceError([Fault(place, "is no folder, DuckDB or SQLite file", "Name the OMOP data.")])


class FolderStore:
    """A folder with a Parquet or CSV file, or a folder of parts, for each table; names in letters of any case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = {name: table_files(path) for name, path in tables_in(folder).items()}

    def unused(self, used: Collection[str]) -> list[str]:
        """Names of tables that are not used, but are named much like one that is and is not there."""
        lacking = [name for name in used if name not in self._files]
        others = sorted(set(self._files) - set(used))
        return [name for name in others if get_close_matches(name, lacking, 1, _ALIKE)]

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        return table in self._files

    def columns(self, table: str) -> set[str]:
        """Its columns, in small letters."""
        return set(columns_of(self._files[table][0]))

    def read(self, table: str, columns: Sequence[str], keep: Keep | None = None) -> Iterator[pl.DataFrame]:
        """Chunks of a table."""
        for path in self._files[table]:
            yield from read_chunks(path, columns, keep=keep)

    def count(self, table: str, keep: Keep) -> int:
        """Rows of the whole table."""
        return sum(rows_of(path) for path in self._files[table])

    def fingerprint(self) -> Mapping[str, Any]:
        """Paths, sizes and times."""
        every = (p for files in self._files.values() for p in files)
        return {str(p.resolve()): [p.stat().st_size, p.stat().st_mtime_ns] for p in every}


def _query(table: str, columns: Sequence[str], keep: Keep | None, schema: str | None) -> str:
    """A plain SELECT that any database understands; the names are ours, the values whole numbers."""
    where = [
        f"{column} IN ({', '.join(str(int(v)) for v in values) or 'NULL'})" for column, values in (keep or {}).items()
    ]
    place = f"{schema}.{table}" if schema else table
    return f"SELECT {', '.join(columns)} FROM {place}" + (f" WHERE {' AND '.join(where)}" if where else "")


class _SqlStore:
    """What databases share."""

    schema: str | None = None
    _known: dict[str, set[str]]

    def _batches(self, query: str) -> Iterator[pl.DataFrame]:
        raise NotImplementedError

    def _errors(self) -> tuple[type[Exception], ...]:
        """What the database raises."""
        raise NotImplementedError

    def _rows(self, table: str, query: str) -> Iterator[pl.DataFrame]:
        """Chunks of a query about a table.

        Raises
        ------
        SourceError
            If the database refuses it.
        """
        try:
            yield from self._batches(query)
        except self._errors() as error:
            problem = f"cannot be read as it should ({type(error).__name__})"
            raise SourceError([Fault(f"table {table}", problem, "Check the types of its columns.")]) from error

    def _probe(self, table: str) -> set[str] | None:
        """Columns of a table, or None if there is none."""
        raise NotImplementedError

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        if table not in self._known:
            found = self._probe(table)
            if found is None:
                return False
            self._known[table] = {name.lower() for name in found}
        return True

    def columns(self, table: str) -> set[str]:
        """Its columns, in small letters."""
        return self._known[table] if self.has(table) else set()

    def read(self, table: str, columns: Sequence[str], keep: Keep | None = None) -> Iterator[pl.DataFrame]:
        """Chunks of a table."""
        here = [column for column in columns if column in self.columns(table)]
        for frame in self._rows(table, _query(table, here, keep, self.schema)):
            yield frame.rename({name: name.lower() for name in frame.columns})

    def count(self, table: str, keep: Keep) -> int:
        """Rows that will be read."""
        frames = list(self._rows(table, _query(table, ["count(*) AS n"], keep, self.schema)))
        return int(frames[0].item()) if frames else 0


class DuckStore(_SqlStore):
    """A DuckDB file, opened to read."""

    def __init__(self, path: Path, schema: str | None) -> None:
        if importlib.util.find_spec("duckdb") is None:
            raise UsageError("A DuckDB file needs the library duckdb. Install it beside Remit.")
        self.path, self.schema, self._known = path, schema, {}
        self._batches_of("SELECT 1")

    def _connect(self) -> Any:
        import duckdb

        try:
            return duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            problem = f"cannot be opened as DuckDB ({type(error).__name__})"
            raise SourceError([Fault(str(self.path), problem, "Close other programs that write to it.")]) from error

    def _batches_of(self, query: str) -> None:
        for _ in self._batches(query):
            pass

    def _batches(self, query: str) -> Iterator[pl.DataFrame]:
        with self._connect() as connection:
            reader = connection.sql(query)
            reader = (
                reader.to_arrow_reader(BATCH)
                if hasattr(reader, "to_arrow_reader")
                else reader.fetch_arrow_reader(BATCH)
            )
            for batch in reader:
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame

    def _errors(self) -> tuple[type[Exception], ...]:
        import duckdb

        return (duckdb.Error,)

    def _probe(self, table: str) -> set[str] | None:
        try:
            frames = list(self._batches(_query(table, ["*"], None, self.schema) + " LIMIT 1"))
        except self._errors():
            return None
        return set(frames[0].columns) if frames else self._described(table)

    def _described(self, table: str) -> set[str]:
        place = f"{self.schema}.{table}" if self.schema else table
        return set(next(self._batches(f"DESCRIBE {place}"))["column_name"])

    def fingerprint(self) -> Mapping[str, Any]:
        """Path, size and time."""
        stat = self.path.stat()
        return {str(self.path.resolve()): [stat.st_size, stat.st_mtime_ns], "schema": self.schema}


_DRIVERS = {"postgresql": "adbc_driver_postgresql", "postgres": "adbc_driver_postgresql",
            "sqlite": "adbc_driver_sqlite",
            "snowflake": "adbc_driver_snowflake", "flightsql": "adbc_driver_flightsql", "grpc": "adbc_driver_flightsql",
            "bigquery": "adbc_driver_bigquery"}  # fmt: skip


class UrlStore(_SqlStore):
    """A database behind an ADBC driver, such as PostgreSQL or SQLite."""

    def __init__(self, url: str, schema: str | None) -> None:
        kind = urlsplit(url).scheme.split("+")[0]
        if kind not in _DRIVERS:
            raise UsageError(f"There is no driver for {kind}://. Known: {', '.join(sorted(_DRIVERS))}.")
        self._driver = _DRIVERS[kind]
        if importlib.util.find_spec(self._driver) is None:
            raise UsageError(f"{kind}:// needs the library {self._driver.replace('_', '-')}. Install it beside Remit.")
        self._uri = "file:" + url.removeprefix("sqlite:///") + "?mode=ro" if kind == "sqlite" else url
        self.kind, self.schema, self._known = kind, schema, {}
        with self._connect():
            pass

    def _connect(self) -> Any:
        try:
            return self._dbapi().connect(self._uri)
        except self._errors() as error:
            problem = f"cannot be connected to ({type(error).__name__})"
            raise SourceError(
                [Fault(f"{self.kind} database", problem, "Check the address, name and password.")]
            ) from error

    def _batches(self, query: str) -> Iterator[pl.DataFrame]:
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            for batch in cursor.fetch_record_batch():
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                if frame.height:
                    yield frame

    def _dbapi(self) -> Any:
        import importlib

        return importlib.import_module(f"{self._driver}.dbapi")

    def _errors(self) -> tuple[type[Exception], ...]:
        return (self._dbapi().Error,)

    def _probe(self, table: str) -> set[str] | None:
        try:
            with self._connect() as connection, connection.cursor() as cursor:
                cursor.execute(_query(table, ["*"], None, self.schema) + " LIMIT 0")
                return {column[0] for column in cursor.description}
        except self._errors():
            return None

    def fingerprint(self) -> Mapping[str, Any]:
        """The address, without a password. A database does not say whether it changed."""
        parts = urlsplit(self._uri)
        if self.kind == "sqlite":
            path = Path(self._uri.removeprefix("file:").removesuffix("?mode=ro"))
            return {str(path): [path.stat().st_size, path.stat().st_mtime_ns], "schema": self.schema}
        return {"address": f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}", "schema": self.schema}
