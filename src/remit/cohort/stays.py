"""Days in hospital: a supply that is at hand then is not used up, and lasts so many days longer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_SHIFT = 32
_LIFT = 1 << 30  # makes every day positive, so that a person and a day fit into one number


def merged(person: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Stays that overlap or touch as one, in order of person, then start; those without a day are left out.

    Parameters
    ----------
    person, start, end : arrays of int64
        Ends are exclusive.
    """
    keep = end > start
    person, start, end = person[keep], start[keep], end[keep]
    order = np.lexsort((start, person))
    person, start, end = person[order], start[order], end[order]
    if not len(person):
        return person, start, end
    reach = np.maximum.accumulate(_packed(person, end))
    first = np.concatenate(([True], _packed(person, start)[1:] > reach[:-1]))
    at = np.flatnonzero(first)
    last = np.append(at[1:] - 1, len(person) - 1)
    return person[at], start[at], reach[last] - _packed(person[last], np.zeros_like(last))


def prolonged(person: Ints, start: Ints, end: Ints, stays: tuple[Ints, Ints, Ints]) -> Ints:
    """Ends of supplies of which no day is used in hospital.

    A supply of n days ends on the day after its n-th day outside hospital; one that ends on the day of admission is
    used up.

    Parameters
    ----------
    person, start, end : arrays of int64
        Supplies; ends are exclusive.
    stays : tuple of arrays
        As `merged` gives them.
    """
    owner, begin, until = stays
    if not len(owner):
        return end
    length = until - begin
    total = np.concatenate(([0], np.cumsum(length)))
    free = begin - (total[:-1] - total[np.searchsorted(owner, owner)])  # days of the person's own outside until then
    first = np.searchsorted(owner, person)
    before = np.searchsorted(_packed(owner, begin), _packed(person, start))  # stays that began before the supply
    last = np.maximum(before - 1, 0)
    over = np.where(before > first, np.maximum(until[last] - start, 0), 0)  # of the last one, what is still to come
    used = start - (total[before] - total[first] - over)
    target = used + (end - start)
    met = np.searchsorted(_packed(owner, free), _packed(person, target))
    return np.asarray(target + total[met] - total[first])


def _packed(person: Ints, day: Ints) -> Ints:
    return (person << _SHIFT) + day + _LIFT
