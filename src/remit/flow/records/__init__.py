"""Records: what is on record, from whatever it was written in, as the tables of `remit.tables.records`.

One adapter per source: `history` (JSON, YAML), `csv_history`, `fhir` (Bundle, NDJSON). All write into one `Book`;
`shelve` makes the tables. What an adapter assumed, flagged or left out stands in the table `notice`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import SourceError
from remit.flow.records.book import Book
from remit.flow.records.dates import Span
from remit.flow.records.fhir import FhirExport
from remit.flow.records.history import read_histories
from remit.flow.records.json_text import read_json
from remit.flow.records.place import Where
from remit.flow.records.sentences import fault, say
from remit.flow.records.shelve import set_index_dates, shelve
from remit.flow.records.sources import MAX_JSON, MAX_YAML, read_text, sniff, text_lines
from remit.knowledge.library import Knowledge

__all__ = ["read_records"]


def read_records(
    paths: Iterable[str | Path] | str | Path,
    knowledge: Knowledge,
    *,
    index_date: date | None = None,
    episode_start: date | Span | None = None,
    today: date | None = None,
) -> dict[str, pl.DataFrame]:
    """Read histories and FHIR exports into the tables of `RECORDS`.

    Parameters
    ----------
    paths : path, or iterable of path
        Files: history JSON, YAML or CSV; FHIR R4 Bundle, resource or NDJSON. All FHIR files are one export.
    knowledge : Knowledge
        Resolves names and codes.
    index_date : date, optional
        The day for which the question is asked; outranks the files. Default: the file's, else the newest date on
        record.
    episode_start : date or Span, optional
        Start of the current episode for persons without one.
    today : date, optional
        Index date of persons with no date on record at all; without it such a record is refused. Readers have no clock.

    Returns
    -------
    dict of str to DataFrame
        One frame per table of `remit.tables.records.RECORDS`, by name.

    Raises
    ------
    SourceError
        With every fault of every file.
    """
    start = Span(episode_start, episode_start) if isinstance(episode_start, date) else episode_start
    book = Book(knowledge, index_date, start, today)
    _read_all(book, [paths] if isinstance(paths, (str, Path)) else paths)
    if book.faults:
        raise SourceError(book.faults)
    return shelve(book)


def _read_all(book: Book, paths: Iterable[str | Path]) -> None:
    """Read all files into the book, each when it is taken from `paths`, and give every person an index date.

    What is wrong is in `book.faults`.
    """
    start, index_date = book.episode_start, book.index_date
    for day, name in ((index_date, "index_date"), (start.first if start else None, "episode_start")):
        if day is not None and not book.is_in_years(span := Span(day, day)):  # words are only sought for a fault
            book.is_plausible(span, say(f"fault.place.{name}"))
    export = FhirExport(book)
    read: list[Path] = []
    for path in map(Path, paths):
        read.append(path)
        try:
            _read_file(book, export, path)
        except (MemoryError, OSError) as error:
            book.fault(path.name, "input.beyond_reading", error=type(error).__name__)
    if not read:
        book.fault(say("fault.place.input"), "input.no_file")
    export.finish(", ".join(path.name for path in read))
    if not book.faults:
        set_index_dates(book)
    if not book.faults and not book.persons:
        book.fault(say("fault.place.input"), "input.no_person")
    if book.unlisted:
        place = book.stopped_at or say("fault.place.input")
        book.faults.append(fault(place, "input.stopped", n=book.unlisted))


def _read_file(book: Book, export: FhirExport, path: Path) -> None:
    kind = sniff(path, book.faults)
    if kind == "csv":
        from remit.flow.records.csv_history import read_csv

        read_csv(book, path)
    elif kind == "ndjson":
        _read_ndjson(book, export, path)
    elif kind == "yaml":
        _read_yaml(book, path)
    elif kind == "json":
        text = read_text(path, MAX_JSON, book.faults, "file.large_json")
        n = len(book.faults)
        data = read_json(text, path.name, book.faults) if text is not None else None
        if text is not None and len(book.faults) == n:
            _route(book, export, data, Where(path.name))


def _read_ndjson(book: Book, export: FhirExport, path: Path) -> None:
    for n, line in text_lines(path, book.faults):
        where = Where(f"{path.name}: line {n}")
        if book.stops_at(where.file):
            break
        before = len(book.faults)
        data = read_json(line, where.file, book.faults)
        if len(book.faults) == before:
            _route(book, export, data, where)


def _read_yaml(book: Book, path: Path) -> None:
    from remit.flow.records.yaml_text import YamlReader

    text = read_text(path, MAX_YAML, book.faults, "file.large_yaml")
    if text is None:
        return
    reader = YamlReader(path.name)
    data = reader.read(text)
    book.faults.extend(reader.faults)
    if reader.faults:
        return
    if isinstance(data, (dict, list)):
        read_histories(book, data, Where(path.name, reader.lines))
    else:
        book.fault(path.name, "input.neither")


def _route(book: Book, export: FhirExport, data: Any, where: Where) -> None:
    """Hand a JSON value to the adapter that knows it."""
    entries = data if isinstance(data, list) else [data]
    if any(isinstance(entry, dict) and "resourceType" in entry for entry in entries):
        for i, entry in enumerate(entries):
            export.add(entry, where, (i,) if isinstance(data, list) else ())
    elif isinstance(data, (dict, list)):
        read_histories(book, data, where)
    else:
        book.fault(where.file, "input.neither")
