"""Three-valued logic on arrays of uint8 codes 0 no, 1 unknown, 2 yes: *and* is minimum, *or* maximum, *not* 2 - x."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.tables.base import TRI, YES

Tri = NDArray[np.uint8]

TRI_ENUM = pl.Enum(TRI)

_YES = np.uint8(YES)


def known(is_true: NDArray[np.bool_]) -> Tri:
    """Yes where true, no where false."""
    return is_true.view(np.uint8) * _YES


def between(surely: NDArray[np.bool_], possibly: NDArray[np.bool_]) -> Tri:
    """Yes where it surely holds, no where it cannot, else unknown."""
    # Codes are 0, 1 and 2: one for what may be, one more for what is.
    return (surely | possibly).view(np.uint8) + surely.view(np.uint8)


def negate(value: Tri) -> Tri:
    """No for yes, yes for no."""
    return _YES - value


def every(*values: Tri) -> Tri:
    """The least of the values."""
    result = values[0]
    for value in values[1:]:
        result = np.minimum(result, value)
    return result
