"""A number for every person that is the same on every machine: it chooses the bucket, and orders the output.

Persons stand in the output in the order of this number, then of their id, so that the rows come out in one order
however
many buckets there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.compiled import run

Hash = NDArray[np.uint32]

_BITS = 32
_START, _PRIME, _MASK = 2_166_136_261, 16_777_619, (1 << _BITS) - 1
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def person_hash(ids: pl.Series) -> Hash:
    """Numbers of 32 bits, spread evenly, from ids that are whole numbers or text."""
    if ids.dtype == pl.String:
        import pyarrow as pa

        text = ids.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.large_string())
        _, offsets, data = text.buffers()
        ends = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
        letters = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        out = np.empty(len(text), np.int64)
        run(text_hashes, [ends, letters], [], [out])
        return _mixed(out.astype(np.uint64))
    return _mixed(ids.cast(pl.Int64).to_numpy().astype(np.uint64))


def bucket_of(number: Hash, n_buckets: int) -> NDArray[np.uint32]:
    """Bucket of each number: buckets are stretches of the numbers, in order."""
    return ((number.astype(np.uint64) * np.uint64(n_buckets)) >> np.uint64(_BITS)).astype(np.uint32)


def person_order(ids: pl.Series) -> NDArray[np.intp]:
    """Positions that put distinct persons in the order of the output."""
    order: NDArray[np.intp] = np.lexsort((ids.rank("ordinal").to_numpy(), person_hash(ids)))
    return order


def text_hashes(ends: Sequence[int], letters: Sequence[int], out: Any) -> int:
    """Fill `out` with a number for each text; text i is `letters[ends[i]:ends[i + 1]]`. Return how many there are."""
    for i in range(len(ends) - 1):
        number = _START
        for j in range(ends[i], ends[i + 1]):
            number = ((number ^ int(letters[j])) * _PRIME) & _MASK
        out[i] = number
    return len(ends) - 1


def _mixed(number: NDArray[np.uint64]) -> Hash:
    number = (number ^ (number >> np.uint64(30))) * _MIX[0]
    number = (number ^ (number >> np.uint64(27))) * _MIX[1]
    return (number >> np.uint64(_BITS)).astype(np.uint32)
