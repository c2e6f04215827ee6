"""Columns as they stand in a file, turned into what the records need; what cannot be is a fault with its rows."""

from __future__ import annotations

from datetime import date

import polars as pl

from remit.cohort.raw import PERSON
from remit.errors import Fault, SourceError

SHOWN = 5
"""Rows of one fault that are named."""


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
        column = chunk[name]
        if column.dtype in (pl.Date, pl.Null):
            return column.cast(pl.Date)
        if isinstance(column.dtype, pl.Datetime):
            return column.cast(pl.Date)
        if column.dtype == pl.String:
            read = column.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
            return self._checked(column, read, name, "is not a date", "Write dates as 2024-03-31.")
        return self._refused(column, name, "dates", pl.Date)

    def number(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """A column of numbers; what is not finite is unknown."""
        column = chunk[name]
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
        column = chunk[name]
        if column.dtype.is_integer():
            return column.cast(pl.Int64)
        read = column.cast(pl.Int64, strict=False) if column.dtype != pl.Date else column.clear()
        return self._checked(column, read, name, "is not a whole number", "Write whole numbers.")

    def choice(self, chunk: pl.DataFrame, name: str, kind: pl.Enum) -> pl.Series:
        """A column of words of which each must be one of a few; `unknown` is empty."""
        column = chunk[name].cast(pl.String).str.strip_chars().str.to_lowercase()
        column = column.set(column == "unknown", None).alias(name)
        words = ", ".join(kind.categories)
        return self._checked(
            column, column.cast(kind, strict=False), name, "is not a word that is known", f"Write {words}."
        )

    def person(self, chunk: pl.DataFrame, *, is_text: bool) -> pl.Series:
        """The column `person_id`: whole numbers, or text as it stands."""
        column = chunk[PERSON]
        if column.null_count():
            rows = column.is_null().arg_true()
            self._note(PERSON, "is empty", "Give every row its person.", rows.to_list())
        if column.dtype.is_integer() and not is_text:
            return column.cast(pl.Int64)
        if is_text:
            return column.cast(pl.String)
        return self._checked(column, column.cast(pl.Int64, strict=False), PERSON, "is not whole", "Write it whole.")

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


def plausible(day: pl.Expr, earliest_year: int, latest_year: int) -> pl.Expr:
    """A date, or null where no record can be about it."""
    inside = (day >= date(earliest_year, 1, 1)) & (day <= date(latest_year, 12, 31))
    return pl.when(inside).then(day)
