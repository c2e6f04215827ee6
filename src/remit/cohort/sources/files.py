"""Parquet and CSV files as chunks of columns; whatever makes a file unreadable becomes a fault, without its values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as papq

from remit.cohort.sources.cells import whole_numbers
from remit.errors import Fault, SourceError

BATCH = 1 << 20
"""Rows of a chunk."""

SUFFIXES = (".parquet", ".csv", ".tsv")
_CSV_BLOCK = 1 << 24
_SEPARATORS = ",;\t|"
_ROW_BYTES = {".parquet": 12, ".csv": 40, ".tsv": 40}
"""Rough size of a row on disk, where a file does not say how many it holds."""


def table_files(place: Path) -> list[Path]:
    """The files of a table: itself, or all Parquet and CSV files in a folder of parts.

    Raises
    ------
    SourceError
        If there is none.
    """
    if place.is_dir():
        found = sorted(
            p for p in place.rglob("*") if p.suffix.lower() in SUFFIXES and not p.name.startswith(("_", "."))
        )
        if not found:
            raise SourceError([Fault(str(place), "holds no Parquet or CSV file", "Name the folder that does.")])
        return found
    if not place.is_file():
        raise SourceError([Fault(str(place), "is not there", "Check the name and the folder.")])
    if place.suffix.lower() not in SUFFIXES:
        raise SourceError([Fault(str(place), "is neither Parquet nor CSV", f"Give it as {', '.join(SUFFIXES)}.")])
    return [place]


def tables_in(folder: Path) -> dict[str, Path]:
    """Tables of a folder by name in small letters: files, or folders of parts.

    Raises
    ------
    SourceError
        With every table that is there twice.
    """
    found: dict[str, Path] = {}
    faults = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES or (path.is_dir() and any(path.glob("[!._]*.*"))):
            name = path.stem.lower()
            if name in found:
                problem = f"holds the table {name} twice: {found[name].name} and {path.name}"
                faults.append(Fault(str(folder), problem, "Keep one of them."))
            found[name] = path
    if faults:
        raise SourceError(faults)
    return found


def others_in(folder: Path, read: Iterable[Path]) -> list[str]:
    """Names of what lies in a folder beside what is read; hidden files and marks of other programs are nothing."""
    known = set(read)
    return sorted(p.name for p in folder.iterdir() if p not in known and not p.name.startswith(("_", ".")))


def columns_of(path: Path) -> dict[str, str]:
    """Columns of a file: name in small letters to name as written."""
    return {name.strip().lower(): name for name in _names(path)}


def _names(path: Path) -> list[str]:
    """Columns of a file as they are written."""
    return _parquet(path).schema_arrow.names if path.suffix.lower() == ".parquet" else _header(path).names


def _found(path: Path, wanted: Sequence[str], needed: Iterable[str]) -> dict[str, str]:
    """Those of the wanted columns that a file has: name as written to name in small letters.

    Raises
    ------
    SourceError
        If a needed one is not there, or a wanted one is there twice.
    """
    found: dict[str, str] = {}
    faults = []
    for name in _names(path):
        plain = name.strip().lower()
        if plain in wanted:
            if plain in found.values():
                faults.append(Fault(str(path), f"has the column {plain} twice", "Keep one of them."))
            found[name] = plain
    faults += [
        Fault(str(path), f"lacks the column {name}", "Export the whole table.")
        for name in needed
        if name not in found.values()
    ]
    if faults:
        raise SourceError(faults)
    return found


def rows_of(path: Path) -> int:
    """About how many rows a file holds."""
    if path.suffix.lower() == ".parquet":
        return int(_parquet(path).metadata.num_rows)
    return path.stat().st_size // _ROW_BYTES[path.suffix.lower()]


def row_groups(path: Path) -> int:
    """Row groups of a Parquet file; 1 for another file."""
    return int(_parquet(path).num_row_groups) if path.suffix.lower() == ".parquet" else 1


def read_chunks(
    path: Path,
    wanted: Sequence[str],
    *,
    keep: Mapping[str, Sequence[int]] | None = None,
    groups: Sequence[int] | None = None,
) -> Iterator[pl.DataFrame]:
    """Chunks of a file with those of the wanted columns that it has, named in small letters; CSV columns are text.

    Parameters
    ----------
    path : Path
    wanted : sequence of str
        In small letters.
    keep : mapping, optional
        Column to the values that are wanted; other rows are passed over.
    groups : sequence of int, optional
        Row groups of a Parquet file; all by default.

    Raises
    ------
    SourceError
        If the file cannot be read; with the rows where that is known.
    """
    here = _found(path, wanted, keep or ())
    is_parquet = path.suffix.lower() == ".parquet"
    for chunk in _parquet_chunks(path, list(here), groups) if is_parquet else _csv_chunks(path, list(here)):
        frame = chunk.rename(here)
        for column, values in (keep or {}).items():
            frame = frame.filter(whole_numbers(frame[column]).is_in(pl.Series(values, dtype=pl.Int64).implode()))
        yield frame


def _parquet(path: Path) -> Any:
    try:
        return papq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _parquet_chunks(path: Path, columns: list[str], groups: Sequence[int] | None) -> Iterator[pl.DataFrame]:
    file = _parquet(path)
    try:
        for batch in file.iter_batches(BATCH, row_groups=groups, columns=columns):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield frame
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError([Fault(str(path), "is not there", "Check the name and the folder.")])
    problem = f"cannot be read as Parquet ({type(error).__name__}); it is damaged or not whole"
    return SourceError([Fault(str(path), problem, "Write it again.")])


class _Header(NamedTuple):
    """Columns of a CSV file, what stands between them, and the mark around text; no mark: quotes are letters."""

    names: list[str]
    separator: str
    quote: str | Literal[False]


def _header(path: Path) -> _Header:
    """The first line of a CSV file.

    Between tabs a quote is a letter, as OHDSI's vocabulary files have it (a lone one would swallow the rows up to the
    next), unless the first line has quotes itself.
    """
    try:
        with path.open("rb") as file:
            line = file.readline(1 << 20).decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError([Fault(str(path), "is not UTF-8 text", "Save it as CSV UTF-8.")]) from error
    except OSError as error:
        raise SourceError([Fault(str(path), f"cannot be opened ({type(error).__name__})", "Check it.")]) from error
    if not line or "\0" in line:
        raise SourceError([Fault(str(path), "has no line of column names", "Give it one.")])
    separator = max(_SEPARATORS, key=line.count)
    quote: str | Literal[False] = False if separator == "\t" and '"' not in line else '"'
    return _Header([name.strip().strip('"') for name in line.split(separator)], separator, quote)


def _csv_chunks(path: Path, columns: list[str]) -> Iterator[pl.DataFrame]:
    names, separator, quote = _header(path)
    ragged: list[int] = []

    def uneven(row: Any) -> str:
        ragged.append(row.number or 0)
        return "skip"

    read = pacsv.ReadOptions(use_threads=False, block_size=_CSV_BLOCK, column_names=names, skip_rows=1)
    parse = pacsv.ParseOptions(
        delimiter=separator, quote_char=quote, newlines_in_values=bool(quote), invalid_row_handler=uneven
    )
    convert = pacsv.ConvertOptions(
        column_types={name: pa.string() for name in names}, include_columns=columns, strings_can_be_null=True,
        null_values=["", "NA", "NULL", "null", "\\N"],
    )  # fmt: skip
    try:
        with pacsv.open_csv(path, read, parse, convert) as reader:
            for batch in reader:
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame if quote else frame.with_columns(pl.all().str.strip_chars('"').replace("", None))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if "Empty CSV" in str(error):
            return
        problem = f"cannot be read as CSV in UTF-8 ({type(error).__name__})"
        raise SourceError([Fault(str(path), problem, "Save it as CSV UTF-8.")]) from error
    if ragged:
        problem = f"has {len(ragged)} rows with another number of cells than the first line, first row {min(ragged)}"
        raise SourceError([Fault(str(path), problem, "Mend these rows.")])
