"""Columns of frames as arrays, with a stand-in for null, and back.

For a handful of rows a Polars expression costs far more than the work it does, so these go straight to the values and
take all enum columns of a frame in one step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.tables.base import Table

NO_DAY = np.iinfo(np.int32).min
"""Stands for a date that is unknown."""

HANDFUL = 1000
"""Rows up to which looking values up one by one is quicker than an expression."""

MANY = 50_000
"""Rows from which an expression over a column with nulls is quicker than floats that stand for its numbers."""

NO_DAYS = -1
"""Stands for a number of days without an upper bound."""

NO_CODE = 255
"""Stands for an enum value that is unknown."""


def values(column: pl.Series, null: float) -> NDArray[Any]:
    """Numbers of a column, or days from 1970-01-01 of a date; `null` where there is none."""
    kind = column.dtype
    numbers = column.cast(pl.Int32) if isinstance(kind, pl.Date) else column
    if len(column) >= MANY and column.null_count():
        return (numbers if kind.is_float() else numbers.cast(pl.Int64)).fill_null(null).to_numpy()
    array: NDArray[Any] = numbers.to_numpy()  # with nulls: floats, in which days and keys are exact, nan where null
    if not column.null_count() or (math.isnan(null) and kind.is_float()):
        return array
    filled = np.where(np.isnan(array), null, array)
    return filled if kind.is_float() else filled.astype(np.int64)


def is_known(column: pl.Series) -> NDArray[np.bool_]:
    """Where a column of numbers or dates is not null."""
    if not column.null_count():
        return np.ones(len(column), np.bool_)
    if len(column) >= MANY:
        return column.is_not_null().to_numpy()
    numbers = column.cast(pl.Int32) if isinstance(column.dtype, pl.Date) else column
    return np.asarray(~np.isnan(numbers.to_numpy()))


def days(column: pl.Series, unknown: int = NO_DAY) -> NDArray[np.int32]:
    """Dates as days from 1970-01-01; null becomes `unknown`."""
    return values(column, unknown).astype(np.int32, copy=False)


def codes(frame: pl.DataFrame, table: type[Table], *names: str) -> list[NDArray[np.uint8]]:
    """Codes of enum columns in the order of their words in the table's contract; null becomes NO_CODE."""
    if frame.height <= HANDFUL:
        words = table.words()
        return [_looked_up(frame[name], words[name]) for name in names]
    physical = frame.select(
        pl.col(name).to_physical().fill_null(NO_CODE) if frame[name].null_count() else pl.col(name).to_physical()
        for name in names
    )
    return [physical[name].to_numpy() for name in names]


def _looked_up(column: pl.Series, words: tuple[str, ...]) -> NDArray[np.uint8]:
    code_of = _code_of(words)
    return np.array([code_of[value] for value in column.to_list()], np.uint8)


@cache
def _code_of(words: tuple[str, ...]) -> dict[str | None, int]:
    return {None: NO_CODE} | {value: code for code, value in enumerate(words)}


def array_of(column: pl.Series, table: type[Table]) -> NDArray[Any]:
    """A column of a table as an array with stand-ins for null, as `framed` takes it."""
    kind = column.dtype
    if isinstance(kind, pl.Enum):
        return codes(column.to_frame(), table, column.name)[0]
    if isinstance(kind, pl.Date):
        return days(column)
    if isinstance(kind, pl.Int32):
        return values(column, NO_DAYS).astype(np.int32, copy=False)
    return column.to_numpy()  # nan where a floating number, or a key, is null


def framed(table: type[Table], columns: Mapping[str, NDArray[Any] | pl.Series]) -> pl.DataFrame:
    """A table from its columns: arrays with stand-ins for null, or what is a series already.

    They are NO_DAY in a date, NO_DAYS in a number of days, NO_CODE in an enum, and nan in a floating number or a key.
    """
    kinds, words = table.dtypes(), table.words()
    made = []
    for name, column in columns.items():
        if isinstance(column, pl.Series):
            made.append(column)
        elif name in words:
            made.append(_spelled(name, column, words[name]))
        elif isinstance(kinds[name], pl.Date):
            made.append(as_dates(name, column))
        elif isinstance(kinds[name], pl.Int32):
            made.append(nullable_days(name, column))
        elif column.dtype.kind == "f":
            made.append(_numbers(name, column, kinds[name]))
        else:
            made.append(pl.Series(name, column))
    return pl.DataFrame(made)


def _numbers(name: str, column: NDArray[np.floating[Any]], kind: pl.DataType) -> pl.Series:
    numbers = nullable_numbers(name, column)
    return numbers if kind.is_float() else numbers.cast(kind)


def with_enums(columns: Sequence[pl.Series], words: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """A frame of columns in which those that have words, and hold their codes, become enums."""
    if len(columns[0]) <= HANDFUL:
        return pl.DataFrame([_spelling(c.name, words[c.name])[c] if c.name in words else c for c in columns])
    return pl.DataFrame(columns).with_columns([_as_enum(c.name, words[c.name]) for c in columns if c.name in words])


def _spelled(name: str, array: NDArray[np.uint8], words: tuple[str, ...]) -> pl.Series:
    """The words of codes; NO_CODE becomes null."""
    if len(array) <= HANDFUL:
        return _spelling(name, words)[pl.Series(array.astype(np.uint32))]
    return nullable_codes(name, array).to_frame().select(_as_enum(name, words)).to_series()


@cache
def _spelling(name: str, words: tuple[str, ...]) -> pl.Series:
    """By code: its word, null up to NO_CODE."""
    return pl.Series(name, [*words, *[None] * (NO_CODE + 1 - len(words))], dtype=pl.Enum(words))


@cache
def _as_enum(name: str, words: tuple[str, ...]) -> pl.Expr:
    return pl.col(name).cat.to(pl.Enum(words))


def as_dates(name: str, array: NDArray[Any]) -> pl.Series:
    """Days from 1970-01-01 as dates; NO_DAY becomes null."""
    return _nullable(name, array.astype(np.int32, copy=False), array == NO_DAY, pl.Int32).cast(pl.Date)


def nullable_days(name: str, array: NDArray[Any]) -> pl.Series:
    """Numbers of days; a negative one, which stands for no bound, becomes null."""
    return _nullable(name, array.astype(np.int32, copy=False), array < 0, pl.Int32)


def nullable_numbers(name: str, array: NDArray[Any]) -> pl.Series:
    """Numbers; nan becomes null."""
    return pl.Series(name, array, nan_to_null=True)


def nullable_codes(name: str, array: NDArray[np.uint8]) -> pl.Series:
    """Codes of an enum; NO_CODE becomes null."""
    return _nullable(name, array, array == NO_CODE, pl.UInt8)


def each(name: str, values: NDArray[Any], times: int) -> pl.Series:
    """Every value so many times."""
    return pl.Series(name, np.repeat(values, times))


def repeated(column: pl.Series, times: int) -> pl.Series:
    """A column again and again, without a copy of its values."""
    return pl.concat([column] * times)


def _nullable(name: str, array: NDArray[Any], is_null: NDArray[np.bool_], kind: type[pl.Int32 | pl.UInt8]) -> pl.Series:
    if not np.count_nonzero(is_null):
        return pl.Series(name, array)
    return pl.Series(name, np.where(is_null, np.nan, array), nan_to_null=True).cast(kind)
