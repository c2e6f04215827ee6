"""What a bucket adds to the results: tables of counts that may simply be summed over buckets.

Columns whose names begin with `n_` are counts; the others say what was counted.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

COUNT_PREFIX = "n_"


def summed(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Counts of several buckets together, in the order of what was counted."""
    frames = list(parts)
    whole = pl.concat(frames) if frames else pl.DataFrame()
    keys = [name for name in whole.columns if not name.startswith(COUNT_PREFIX)]
    if not keys:
        return whole.sum()
    return whole.group_by(keys).sum().sort(keys, nulls_last=True)
