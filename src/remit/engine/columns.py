"""Columns of frames as arrays, with a stand-in for null, and back.

For a handful of rows a Polars expression costs far more than the work it does, so these go straight to the values and
take all enum columns of a frame in one step.
"""

from __future__ import annotations

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

NO_CODE = 255
"""Stands for an enum value that is unknown."""


def values(column: pl.Series, null: float) -> NDArray[Any]:
    """Numbers of a column, or days from 1970-01-01 of a date; `null` where there is none."""
    numbers = column.cast(pl.Int32) if column.dtype == pl.Date else column
    array: NDArray[Any] = numbers.to_numpy()  # with nulls: floats, in which days and keys are exact, nan where null
    if not numbers.null_count() or (np.isnan(null) and numbers.dtype.is_float()):
        return array
    filled = np.where(np.isnan(array), null, array)
    return filled if numbers.dtype.is_float() else filled.astype(np.int64)


def is_known(column: pl.Series) -> NDArray[np.bool_]:
    """Where a column of numbers or dates is not null."""
    if not column.null_count():
        return np.ones(len(column), np.bool_)
    numbers = column.cast(pl.Int32) if column.dtype == pl.Date else column
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


def with_enums(columns: Sequence[pl.Series], words: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """A frame of columns in which those that have words, and hold their codes, become enums."""
    if len(columns[0]) <= HANDFUL:
        return pl.DataFrame([_spelled(c, words[c.name]) if c.name in words else c for c in columns])
    return pl.DataFrame(columns).with_columns([_as_enum(c.name, words[c.name]) for c in columns if c.name in words])


def _spelled(column: pl.Series, words: tuple[str, ...]) -> pl.Series:
    return _spelling(column.name, words)[column]


@cache
def _spelling(name: str, words: tuple[str, ...]) -> pl.Series:
    return pl.Series(name, words, dtype=pl.Enum(words))


@cache
def _as_enum(name: str, words: tuple[str, ...]) -> pl.Expr:
    return pl.col(name).cat.to(pl.Enum(words))


def as_dates(name: str, array: NDArray[Any]) -> pl.Series:
    """Days from 1970-01-01 as dates; NO_DAY becomes null."""
    return _nullable(pl.Series(name, array.astype(np.int32, copy=False)), array != NO_DAY).cast(pl.Date)


def nullable_days(name: str, array: NDArray[Any]) -> pl.Series:
    """Numbers of days; a negative one, which stands for no bound, becomes null."""
    return _nullable(pl.Series(name, array.astype(np.int32, copy=False)), array >= 0)


def nullable_numbers(name: str, array: NDArray[Any]) -> pl.Series:
    """Numbers; nan becomes null."""
    return pl.Series(name, array, nan_to_null=True)


def nullable_codes(name: str, array: NDArray[np.uint8]) -> pl.Series:
    """Codes of an enum; NO_CODE becomes null."""
    is_known = array != NO_CODE
    # A code that is none may not stand below a null: it would not be one of the enum's.
    return _nullable(pl.Series(name, np.where(is_known, array, np.uint8(0))), is_known)


def repeated(column: pl.Series, times: int) -> pl.Series:
    """A column again and again, without a copy of its values."""
    return pl.concat([column] * times)


def _nullable(column: pl.Series, is_known: NDArray[np.bool_]) -> pl.Series:
    if is_known.all():
        return column
    return column.zip_with(pl.Series(is_known), pl.Series([None], dtype=column.dtype))
