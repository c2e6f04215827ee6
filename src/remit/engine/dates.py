"""Dates of persons, sorted once, for whatever is asked of them. Knows no psychiatry.

Dates are packed into one word each (person, day, kind, and how surely it holds), sorted as plain integers, and cut into
runs: dates of one kind with none of another in between. Days are whole numbers from 1970-01-01. Between two persons lie
more days than any limit asks for, so that a distance in days never has to ask whose they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.compiled import pays, run
from remit.tables import UNKNOWN, YES

Int = NDArray[np.int64]

HOLDS_BITS = 2
"""Bits of a word that say how surely it holds."""


class Dates(NamedTuple):
    """Sorted words, the runs they are cut into, and how to read them."""

    words: Int
    first: Int  # by run: its first word
    last: Int  # by run: person and day of its last word
    begin: NDArray[np.int32]  # by run: where it begins
    following: NDArray[np.int32]  # by run: the next one of its kind, whoever's; -1 where there is none
    first_day: int
    day_bits: int
    n_kinds: int
    gap: float  # dates further apart than this are in different runs

    @property
    def low_bits(self) -> int:
        """Bits of a word below person and day."""
        return _low_bits(self.n_kinds)

    @property
    def is_many(self) -> bool:
        """Whether kernels are compiled."""
        return pays(len(self.words))

    def within(self, days: float) -> int:
        """A number of days, cut to one that is less than what lies between two persons."""
        return int(min(days, 1 << (self.day_bits - 1)))


def _low_bits(n_kinds: int) -> int:
    return n_kinds.bit_length() + HOLDS_BITS


def dates(
    person: NDArray[np.integer[Any]],
    thing: NDArray[np.integer[Any]],
    day: NDArray[np.integer[Any]],
    amount: NDArray[np.float64],
    kinds: NDArray[np.integer[Any]],
    least: NDArray[np.float64],
    gap: float,
) -> Dates:
    """Dates in order of person, day and kind, as runs.

    Parameters
    ----------
    person, thing, day : arrays of int
        Persons and things count from 0. Persons below 2**30, kinds below 2**9 and days of the calendar fit into a word.
    amount : array of float
        By row. It holds where it is not less than the `least` of its kind; nan in either leaves that open.
    kinds : array of int
        By thing: its kind, counted from 0.
    least : array of float
        By kind.
    gap : float
        Most days between two dates of a run.
    """
    n = len(person)
    first_day = int(day.min()) if n else 0
    # One bit more than the days take, so that persons lie far apart.
    day_bits = int(day.max() - first_day).bit_length() + 1 if n else 1
    words = np.empty(n, np.int64)
    low_bits = _low_bits(len(least))
    run(write, [person, thing, day, amount, kinds, least], [first_day, day_bits, low_bits], [words])
    if (words[1:] < words[:-1]).any():
        words.sort()
    first, last = np.empty(n, np.int64), np.empty(n, np.int64)
    begin, following = np.empty(n, np.int32), np.empty(n, np.int32)
    rows = Dates(words, first, last, begin, following, first_day, day_bits, len(least), gap)
    found = run(cut, [words], [low_bits, rows.within(gap)], [first, last, begin, following], scratch=[(len(least), -1)])
    return rows._replace(first=first[:found], last=last[:found], begin=begin[:found], following=following[:found])


def write(
    person: Any, thing: Any, day: Any, amount: Any, kinds: Any, least: Any, first_day: int, day_bits: int,
    low_bits: int, words: Any,
) -> int:  # fmt: skip
    """Write the words."""
    for i in range(len(person)):
        kind = int(kinds[thing[i]])
        floor = least[kind]
        holds = YES if amount[i] >= floor else UNKNOWN if amount[i] != amount[i] or floor != floor else 0
        word = (int(person[i]) << day_bits) | (int(day[i]) - first_day)
        words[i] = (word << low_bits) | (kind << HOLDS_BITS) | holds
    return 0


def cut(words: Any, low_bits: int, gap: int, newest: Any, first: Any, last: Any, begin: Any, following: Any) -> int:
    """Write the runs; return how many. `newest` is by kind the run that was begun last.

    A run that begins on the day of the word before it ends with that day, so that no run has a part before and a part
    after a date of another kind.
    """
    n, is_tied, low = -1, False, -1
    for i in range(len(words)):
        stamp = words[i] >> low_bits
        is_on = words[i] - (stamp << low_bits) == low and stamp - last[n] <= gap
        if not is_on or (is_tied and stamp != last[n]):
            is_tied = n >= 0 and last[n] == stamp
            n += 1
            low = words[i] - (stamp << low_bits)
            first[n], begin[n], following[n] = words[i], i, -1
            kind = low >> HOLDS_BITS
            if newest[kind] >= 0:
                following[newest[kind]] = n
            newest[kind] = n
        last[n] = stamp
    return n + 1
