"""What every table contract shares: the three-valued type, dates, shapes and checks.

Two depths of checking. `conform` (names, order and types; no query) runs at every boundary between transforms.
`check` (nulls, ranges, unique keys) runs on what comes in from outside, and in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

import dataframely as dy
import polars as pl

from remit.errors import ContractError, Fault

Tables: TypeAlias = Mapping[str, pl.DataFrame]
"""The tables of a run by name; a transform reads some and returns the ones it writes."""

TRI = ("no", "unknown", "yes")
"""Three-valued logic in its lattice order: *and* is the minimum, *or* the maximum, *not* the reverse."""

NO, UNKNOWN, YES = 0, 1, 2


class Table(dy.Schema):
    """Base of all contracts. The class is the table; the docstring's first line says what one row is."""

    @classmethod
    @cache
    def table_name(cls) -> str:
        """Name in `Tables`: the class name in snake case."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")

    @classmethod
    @cache
    def dtypes(cls) -> pl.Schema:
        """Column name to Polars type, in order."""
        return pl.Schema({name: column.dtype for name, column in cls.columns().items()})

    @classmethod
    @cache
    def words(cls) -> Mapping[str, tuple[str, ...]]:
        """The words of each enum column, in the order of their codes."""
        return {n: tuple(kind.categories.to_list()) for n, kind in cls.dtypes().items() if isinstance(kind, pl.Enum)}

    @classmethod
    @cache
    def empty(cls) -> pl.DataFrame:
        """The table with no row."""
        return pl.DataFrame(schema=cls.dtypes())

    @classmethod
    def conform(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with exactly this contract's columns, in order, cast; a column that is absent becomes null.

        Raises
        ------
        ContractError
            If a value cannot be cast. All such columns are listed.
        """
        try:
            return cls.empty().vstack(frame)  # compares names and types, and copies nothing
        except (pl.exceptions.SchemaError, pl.exceptions.ShapeError):
            pass
        wanted = cls.dtypes()
        columns: list[pl.Series] = []
        faults: list[Fault] = []
        for name, dtype in wanted.items():
            if name not in frame.columns:
                columns.append(pl.Series(name, [None], dtype=dtype).new_from_index(0, frame.height))
                continue
            try:
                columns.append(frame.get_column(name).cast(dtype))
            except pl.exceptions.PolarsError:
                have = frame.schema[name]
                faults.append(
                    Fault(f"{cls.table_name()}.{name}", f"holds {have} that cannot be read as {dtype}", "Convert it.")
                )
        if faults:
            raise ContractError(faults)
        return pl.DataFrame(columns)

    @classmethod
    def check(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame`, conformed, after all of this contract's rules were tried.

        Raises
        ------
        ContractError
            With each rule that is broken and by how many rows; never a value.
        """
        frame = cls.conform(frame)
        _, failures = cls.filter(frame)
        if counts := failures.counts():
            raise ContractError(
                Fault(f"{cls.table_name()}.{rule}", f"{n} of {frame.height} rows break this rule", "Mend these rows.")
                for rule, n in sorted(counts.items())
            )
        return frame

    @classmethod
    def of(cls, rows: list[dict[str, object]]) -> pl.DataFrame:
        """The table from a list of rows; keys that are absent become null."""
        return pl.DataFrame(rows, schema=cls.dtypes(), orient="row") if rows else cls.empty()


def tri(*, nullable: bool = False) -> dy.Enum:
    """A three-valued column; its physical codes 0, 1, 2 are the lattice."""
    return dy.Enum(TRI, nullable=nullable)
