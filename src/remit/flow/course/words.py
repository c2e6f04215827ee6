"""Codes of a short list of names as a column of text, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

FEW = 10_000
"""Texts up to which looking them up one by one is quicker than an expression."""


def text_column(name: str, names: Sequence[str], code: NDArray[Any]) -> pl.Series:
    """The name of each code; null where the code is negative."""
    known = pl.Series(name, [*names, None], dtype=pl.String)
    return known[pl.Series(np.where(code < 0, len(names), code).astype(np.uint32))]


def text_codes(column: pl.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """The place of each text among some names; -1 where it is none of them."""
    place = {name: i for i, name in enumerate(names)}
    if len(column) <= FEW:
        return np.array([place.get(text, -1) for text in column.to_list()], np.int64)
    found = column.unique().to_list()
    codes = pl.Series([place.get(name, -1) for name in found], dtype=pl.Int64)
    return np.asarray(column.replace_strict(found, codes, return_dtype=pl.Int64).to_numpy(), np.int64)
