"""Tables that a transform writes, as arrays until somebody asks for a frame.

Between transforms a table is read column by column. For a few rows frames cost more than what is worked out with them,
for many they hold everything twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import array_of, framed
from remit.tables.base import Table, Tables

Column: TypeAlias = NDArray[Any] | pl.Series | Callable[[], pl.Series]


class Columns:
    """A table as arrays, in which stand-ins stand for null: see `remit.engine.columns.framed`.

    Parameters
    ----------
    table : type of Table
    height : int
        How many rows it has.
    columns : dict
        By name. A column of which no array is needed may be a series, or a function that makes it for the frame.
        Arrays are read by others from now on, and can no longer be written to.
    """

    def __init__(self, table: type[Table], height: int, columns: dict[str, Column]) -> None:
        self._table, self.height, self._columns = table, height, columns
        for column in columns.values():
            if isinstance(column, np.ndarray):
                column.flags.writeable = False

    def __getitem__(self, name: str) -> NDArray[Any]:
        column = self._columns[name]
        if isinstance(column, np.ndarray):
            return column
        return array_of(column if isinstance(column, pl.Series) else column(), self._table)

    def frame(self) -> pl.DataFrame:
        """The table itself."""
        return framed(self._table, {name: c() if callable(c) else c for name, c in self._columns.items()})


class Pending(NamedTuple):
    """A table that is found when its frame is asked for. To hold no run in memory, it holds none."""

    frame: Callable[[], pl.DataFrame]


Kept: TypeAlias = pl.DataFrame | Columns | Pending


class Written(Mapping[str, pl.DataFrame]):
    """Tables by name, each kept as it was written until its frame is asked for, and as the frame from then on."""

    def __init__(self, tables: Mapping[str, Kept]) -> None:
        self.kept: dict[str, Kept] = dict(tables)

    def find(self, name: str) -> Kept:
        """A table as it is kept."""
        return self.kept[name]

    def __getitem__(self, name: str) -> pl.DataFrame:
        kept = self.find(name)
        if not isinstance(kept, pl.DataFrame):
            kept = self.kept[name] = kept.frame()
        return kept

    def __iter__(self) -> Iterator[str]:
        return iter(self.kept)

    def __len__(self) -> int:
        return len(self.kept)


def columns_of(tables: Tables, table: type[Table]) -> Columns:
    """A table's columns as arrays, whether it is kept as such or as a frame."""
    name = _name_of(table)
    find = getattr(tables, "find", None)  # a bare mapping holds frames
    kept = find(name) if find else None
    if isinstance(kept, Columns):
        return kept
    frame = tables[name]
    return Columns(table, frame.height, dict(zip(frame.columns, frame.get_columns(), strict=True)))


@cache
def _name_of(table: type[Table]) -> str:
    return table.table_name()
