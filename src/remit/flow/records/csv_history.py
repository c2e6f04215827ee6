"""A treatment history as a table: one row per treatment, read line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from remit.errors import Fault
from remit.flow.records.book import Book, EpisodeRow, PersonRow, Scope
from remit.flow.records.courses import Course, check_dose, check_order, resolve, write_course
from remit.flow.records.dates import UNKNOWN_DATE, Span, read_interval
from remit.flow.records.fields import MAX_TEXT, is_unknown, is_within, known_word
from remit.flow.records.history import HISTORY_RANK, MAX_PERCENT, ONLY_PERSON
from remit.flow.records.sentences import fault
from remit.flow.records.sources import check_encoding
from remit.tables.records import OUTCOMES, STOP_REASONS

NEEDED = ("treatment",)
COLUMNS = (
    "person_id", "treatment", "start", "end", "daily_dose_mg", "sessions", "outcome", "improvement_percent",
    "stopped_because", "adherence", "augments", "episode_start",
)  # fmt: skip
DELIMITERS = ",;\t"


def read_csv(book: Book, path: Path) -> None:
    """Read a table of treatments into the book."""
    if not check_encoding(path, book.faults):
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        header_line = next((line for line in file if line.strip()), "")
    delimiter = max(DELIMITERS, key=header_line.count)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(path, file, delimiter, book.faults)
        header = next(rows, (0, []))[1]
        columns = _header(book, path, header)
        if columns is not None:
            _CsvReader(book, path, columns, len(header), is_comma=delimiter == ",").read(rows)


def _rows(path: Path, file: io.TextIOBase, delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows that are not blank; the header is row 1."""
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    n = 0
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                n += 1 if n else 0
                continue
            n += 1
            yield n, row
    except csv.Error as error:
        faults.append(fault(f"{path.name}: row {n + 1}", "csv.broken", error=error))


def _header(book: Book, path: Path, header: list[str]) -> dict[str, int] | None:
    """Position of each known column; None, and faults, where one that is needed is missing."""
    columns: dict[str, int] = {}
    extra = 0
    for i, cell in enumerate(header):
        name = cell.strip().lower().replace(" ", "_")
        if name in columns:
            book.fault(f"{path.name}: row 1", "csv.column_twice", remedy="take_one_away", column=name)
        elif name in COLUMNS:
            columns[name] = i
        else:
            near = get_close_matches(name, COLUMNS, n=1, cutoff=0.8)
            if near and near[0] not in columns:
                book.fault(f"{path.name}: row 1, column {i + 1}", "csv.column_near", near=near[0])
            else:
                extra += 1
    missing = [name for name in NEEDED if name not in columns]
    for name in missing:
        book.fault(f"{path.name}: row 1", "csv.column_missing", column=name, columns=", ".join(COLUMNS))
    if extra:
        book.notice(None, "left_out", "columns_not_read", n=extra, file=path.name, columns=", ".join(COLUMNS))
    return None if missing else columns


class _CsvReader:
    """Reads the rows of one table."""

    def __init__(self, book: Book, path: Path, columns: dict[str, int], width: int, *, is_comma: bool) -> None:
        self.book, self.file, self.columns = book, path.name, columns
        self.is_comma = is_comma
        self.width = width
        self.scope = Scope("csv")
        self.row_number = 0
        self.cells: dict[str, str] = {}
        self.persons: dict[str, PersonRow] = {}
        self.episode_cells: dict[str, str] = {}
        self.n_unnamed = 0

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> None:
        """Read all rows; duplicates and a mix of named and unnamed persons are faults."""
        seen: dict[tuple[str, ...], int] = {}
        for number, row in rows:
            self.row_number = number
            if self.book.stops_at(self._place(None)):
                break
            cells = [cell.strip() for cell in row]
            if any(cells[self.width :]):
                self._fault(None, "csv.more_cells")
                continue
            self.cells = {name: cells[at] for name, at in self.columns.items() if at < len(cells)}
            content = tuple(cells)
            if content in seen:
                self._fault(None, "csv.duplicate", remedy="take_one_away", row=seen[content])
                continue
            seen[content] = number
            self._treatment()
        if not seen:
            self.book.fault(self.file, "csv.no_rows")
        if self.n_unnamed and len(self.persons) > 1:
            self.book.fault(self.file, "csv.unnamed", n=self.n_unnamed)

    def _cell(self, name: str) -> str:
        return self.cells.get(name, "")

    def _place(self, column: str | None) -> str:
        place = f"{self.file}: row {self.row_number}"
        return f"{place}, column {column}" if column else place

    def _fault(self, column: str | None, key: str, /, remedy: str = "", **values: object) -> None:
        self.book.fault(self._place(column), key, remedy, **values)

    def _treatment(self) -> None:
        person = self._person()
        name = self._cell("treatment")
        if not name or is_unknown(name) or len(name) > MAX_TEXT:
            self._fault("treatment", "csv.treatment", remedy="name_treatment")
            return
        key = resolve(self.book, name, self._place("treatment"), person.key)
        augments = self._cell("augments")
        course = Course(
            treatment_key=key if key is not None else 0,
            start=self._date("start"),
            end=self._date("end"),
            record_ref=self._place(None),
            dose=self._number("daily_dose_mg", above=0),
            sessions=self._number("sessions", above=0),
            outcome=self._word("outcome", OUTCOMES),
            improvement=self._number("improvement_percent", high=MAX_PERCENT),
            stop_reason=self._word("stopped_because", STOP_REASONS),
            adherence=self._number("adherence", low=0, high=1),
            augments_key=resolve(self.book, augments, self._place("augments"), person.key, "augments")
            if augments and not is_unknown(augments)
            else None,
        )
        check_order(self.book, course, self._place("end"), [])
        if key is not None:
            course.dose = check_dose(self.book, key, course.dose, self._place("daily_dose_mg"))
            write_course(self.book, person.key, course, self.scope)

    def _person(self) -> PersonRow:
        person_id = self._cell("person_id")
        self.n_unnamed += not person_id
        if len(person_id) > MAX_TEXT:
            self._fault("person_id", "csv.long_id", n=MAX_TEXT)
            person_id = person_id[:MAX_TEXT]
        known = self.persons.get(person_id)
        if known is None:
            known = self.persons[person_id] = self.book.person(
                person_id or ONLY_PERSON, self._place("person_id"), self.scope
            )
        self._episode(known)
        return known

    def _episode(self, person: PersonRow) -> None:
        text = self._cell("episode_start")
        if not text:
            return
        if self.episode_cells.setdefault(person.person_id, text) != text:
            self._fault("episode_start", "csv.episode")
            return
        if person.key not in self.book.episodes:
            start = self._date("episode_start") or UNKNOWN_DATE
            self.scope.saw(start.last)
            self.book.episodes[person.key] = EpisodeRow(
                start, None, "unknown", self._place("episode_start"), HISTORY_RANK
            )

    def _date(self, column: str) -> Span | None:
        text = self._cell(column)
        if not text:
            return None
        try:
            span = read_interval(text)
        except ValueError:
            self._fault(column, "field.date")
            return UNKNOWN_DATE
        return span if self.book.is_plausible(span, self._place(column)) else UNKNOWN_DATE

    def _number(
        self, column: str, *, above: float | None = None, low: float | None = None, high: float | None = None
    ) -> float | None:
        text = self._cell(column)
        if not text or is_unknown(text):
            return None
        number = parse_number(text, is_comma=self.is_comma)
        if number is None:
            self._fault(column, "csv.number")
            return None
        return number if is_within(number, above, low, high, partial(self._fault, column)) else None

    def _word(self, column: str, options: tuple[str, ...]) -> str | None:
        text = self._cell(column).lower()
        if not text or is_unknown(text):
            return None
        return known_word(text, options, partial(self._fault, column))


def parse_number(text: str, *, is_comma: bool) -> float | None:
    """A number as people type it; with a decimal comma where the comma neither parts cells nor thousands."""
    whole, _, decimals = text.partition(",")
    if not is_comma and decimals.isdigit() and len(decimals) < 3 and whole.lstrip("-").isdigit():  # noqa: PLR2004
        text = f"{whole}.{decimals}"
    if "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None
