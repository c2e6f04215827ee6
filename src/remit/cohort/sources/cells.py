"""Columns as they stand in a file, turned into what the records need; what cannot be is a fault with its rows."""

from __future__ import annotations

from datetime import date

import polars as pl

from remit.cohort.raw import PERSON
from remit.errors import Fault, SourceError

SHOWN = 5
"""Rows of one fault that are named."""

_DAY_LETTERS = 10
"""Of a date such as 2024-03-31."""

_EXACT = 1 << 53
"""From here on a number with a decimal point cannot tell one whole number from the next."""


class Reader:
    """Reads columns of the chunks of one table, and gathers what is wrong over all of them.

    Parameters
    ----------
    place : str
        What faults name.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self.row = 0  # rows before this chunk
        self.faults: dict[tuple[str, str, str], list[int]] = {}

    def day(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of dates: dates, times of day, or text as 2024-03-31."""
        column = self._column(chunk, name)
        if column.dtype in (pl.Date, pl.Null):
            return column.cast(pl.Date)
        if isinstance(column.dtype, pl.Datetime):
            return column.dt.date()  # of a time with a zone the day there, not that of Greenwich
        if column.dtype == pl.String:
            read = column.str.slice(0, _DAY_LETTERS).str.to_date("%Y-%m-%d", strict=False)
            is_more = ~column.str.slice(_DAY_LETTERS, 1).is_in(["", "T", " "])
            read = read.set(is_more.fill_null(False), None)
            return self._checked(column, read, name, "is not a date", "Write dates as 2024-03-31.")
        return self._refused(column, name, "dates", pl.Date)

    def number(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of numbers; what is not finite is unknown."""
        column = self._column(chunk, name)
        if column.dtype == pl.String:
            read = column.str.strip_chars().cast(pl.Float64, strict=False)
            read = self._checked(column, read, name, "is not a number", "Write numbers with a decimal point.")
        elif column.dtype.is_numeric() or column.dtype == pl.Null:
            read = column.cast(pl.Float64)
        else:
            return self._refused(column, name, "numbers", pl.Float64)
        return read.to_frame().select(pl.when(pl.col(name).is_finite()).then(pl.col(name))).to_series()

    def whole(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of whole numbers, such as ids of concepts."""
        column = _without_nan(self._column(chunk, name))
        return self._checked(column, whole_numbers(column), name, "is not a whole number", "Write whole numbers.")

    def text(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of names or codes."""
        column = self._column(chunk, name)
        if column.dtype.is_numeric():
            column = whole_numbers(column)
        elif column.dtype.is_nested():
            return self._refused(column, name, "names or codes", pl.String)
        return column.cast(pl.String, strict=False)

    def choice(self, chunk: pl.DataFrame, name: str, kind: pl.Enum) -> pl.Series:
        """A column of words of which each must be one of a few; `unknown` is empty."""
        column = self._column(chunk, name).cast(pl.String).str.strip_chars().str.to_lowercase()
        column = column.set(column == "unknown", None).alias(name)
        words = ", ".join(kind.categories)
        return self._checked(
            column, column.cast(kind, strict=False), name, "is not a word that is known", f"Write {words}."
        )

    def person(self, chunk: pl.DataFrame, *, is_text: bool) -> pl.Series:
        """The column `person_id`: whole numbers, or text as it stands."""
        column = _without_nan(self._column(chunk, PERSON))
        read = column.cast(pl.String) if is_text else whole_numbers(column)
        is_empty = read.str.strip_chars() == "" if is_text else column.is_null()
        if column.null_count() or (is_text and is_empty.any()):
            rows = is_empty.fill_null(True).arg_true()
            self._note(PERSON, "is empty", "Give every row its person.", rows.to_list())
        return self._checked(column, read, PERSON, "is not whole", "Write it whole.")

    def advance(self, chunk: pl.DataFrame) -> None:
        """The chunk is read."""
        self.row += chunk.height

    def raise_faults(self) -> None:
        """Refuse the table if anything was wrong.

        Raises
        ------
        SourceError
        """
        if self.faults:
            raise SourceError(
                Fault(f"{self.place}, column {name}", f"{problem} in {_rows(rows)}", remedy)
                for (name, problem, remedy), rows in self.faults.items()
            )

    def _column(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of a chunk, words as plain text.

        Raises
        ------
        SourceError
            If this part of the table does not have it.
        """
        if name not in chunk.columns:
            raise SourceError([Fault(self.place, f"lacks the column {name}", "Export the whole table.")])
        column = chunk[name]
        return column.cast(pl.String) if isinstance(column.dtype, pl.Categorical | pl.Enum) else column

    def _checked(self, column: pl.Series, read: pl.Series, name: str, problem: str, remedy: str) -> pl.Series:
        if read.null_count() > column.null_count():
            self._note(name, problem, remedy, (read.is_null() & column.is_not_null()).arg_true().to_list())
        return read

    def _refused(self, column: pl.Series, name: str, what: str, kind: pl.DataType | type[pl.DataType]) -> pl.Series:
        self._note(name, f"holds {column.dtype}, not {what},", "Convert it.", list(range(min(1, len(column)))))
        return pl.Series(name, [None] * len(column), dtype=kind)

    def _note(self, name: str, problem: str, remedy: str, rows: list[int]) -> None:
        self.faults.setdefault((name, problem, remedy), []).extend(self.row + row + 1 for row in rows)


def _rows(rows: list[int]) -> str:
    named = ", ".join(map(str, sorted(rows)[:SHOWN]))
    return f"row {named}" if len(rows) == 1 else f"{len(rows)} rows, such as {named}"


def whole_numbers(column: pl.Series) -> pl.Series:
    """Whole numbers of a column, however they are written (7, 7.0, "7.0"); null where it is none."""
    kind = column.dtype
    if kind.is_integer() or kind == pl.Null:
        return column.cast(pl.Int64, strict=False)
    if kind == pl.String:
        text = column.str.strip_chars()
        read = text.cast(pl.Int64, strict=False)
        if read.null_count() == column.null_count():
            return read
        return text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
    if not kind.is_numeric():
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    read = column.cast(pl.Int64, strict=False)
    is_whole = (read.cast(pl.Float64) == column.cast(pl.Float64)) & (read.abs() < _EXACT)
    return read.set(~is_whole.fill_null(False), None)


def _without_nan(column: pl.Series) -> pl.Series:
    """Numbers of which those that are none, as pandas writes an empty cell, are empty."""
    return column.fill_nan(None) if column.dtype.is_float() else column


def plausible(day: pl.Expr, earliest_year: int, latest_year: int) -> pl.Expr:
    """A date, or null where no record can be about it."""
    inside = (day >= date(earliest_year, 1, 1)) & (day <= date(latest_year, 12, 31))
    return pl.when(inside).then(day)
