"""Greatest and least values of groups of rows, over arrays; the groups are found once and used for every definition."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


class Grouping:
    """Rows by a whole-number key.

    Parameters
    ----------
    key : array of int64
        Equal keys are one group; groups stand in the order of their keys.

    Attributes
    ----------
    key : array of int64, one per group
    """

    def __init__(self, key: NDArray[np.int64]) -> None:
        self._n_rows = len(key)
        is_ordered = bool((key[:-1] <= key[1:]).all())
        self.order: NDArray[np.intp] | None = None if is_ordered else np.argsort(key, kind="stable")
        ordered = key if self.order is None else key[self.order]
        self.starts = (
            np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(key) else np.empty(0, int)
        )
        self.key: NDArray[np.int64] = ordered[self.starts]

    @cached_property
    def of_row(self) -> NDArray[np.intp]:
        """By row: the place of its group."""
        n = self._n_rows
        ordered = np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=n))
        if self.order is None:
            return ordered
        place = np.empty(n, np.intp)
        place[self.order] = ordered
        return place

    def greatest(self, values: NDArray[T]) -> NDArray[T]:
        """Greatest value of each group."""
        return self._reduce(np.maximum, values)

    def least(self, values: NDArray[T]) -> NDArray[T]:
        """Least value of each group."""
        return self._reduce(np.minimum, values)

    def first(self, values: NDArray[T]) -> NDArray[T]:
        """Value of each group's first row, where all rows of a group agree."""
        at = self.starts if self.order is None else self.order[self.starts]
        return cast("NDArray[T]", values[at])

    def _reduce(self, function: np.ufunc, values: NDArray[T]) -> NDArray[T]:
        if not len(values):
            return values
        ordered = values if self.order is None else values[self.order]
        return cast("NDArray[T]", function.reduceat(ordered, self.starts))


def covered_days(
    person: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64], n_persons: int
) -> NDArray[np.int64]:
    """Days of each person that at least one interval covers. Intervals of negative length cover nothing."""
    keep = end > start
    person, start, end = person[keep], start[keep], end[keep]
    order = np.argsort((person << 32) + start)
    person, start, end = person[order], start[order], end[order]
    if not len(person):
        return np.zeros(n_persons, np.int64)
    lift = person * (1 << 32)  # a running maximum over all rows is one per person if each person starts above the last
    reach = np.maximum.accumulate(lift + end)
    before = np.concatenate(([np.int64(-(1 << 62))], reach[:-1]))
    gained = np.maximum(0, lift + end - np.maximum(lift + start, before))
    days: NDArray[np.int64] = np.bincount(person, weights=gained, minlength=n_persons).astype(np.int64)
    return days


def order_of(*columns: NDArray[np.int64]) -> NDArray[np.intp]:
    """Rows in the order of the first column, then the second ...; packed into one word where they fit, to sort once."""
    if not len(columns[0]):
        return np.empty(0, np.intp)
    least = [int(column.min()) for column in columns]
    bits = [int(column.max() - low).bit_length() for column, low in zip(columns, least, strict=True)]
    if sum(bits) >= np.iinfo(np.int64).bits:
        return np.lexsort(columns[::-1])
    word = np.zeros(len(columns[0]), np.int64)
    for column, low, width in zip(columns, least, bits, strict=True):
        word <<= width
        word += column - low
    return np.argsort(word, kind="stable") if (word[1:] < word[:-1]).any() else np.arange(len(word))
