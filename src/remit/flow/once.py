"""What several transforms read off the tables of a run, found once and kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple, cast

from remit.tables import Tables

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def once(find: Callable[[Tables, *Ts], T]) -> Callable[[Tables, *Ts], T]:
    """A function of tables, and of knowledge, that a run remembers; what it gives is shared, and must not be changed.

    A bare mapping of tables remembers nothing.
    """

    @wraps(find)
    def remembered(tables: Tables, /, *others: *Ts) -> T:
        found = getattr(tables, "found", None)
        if found is None:
            return find(tables, *others)
        if (find, *others) not in found:
            found[find, *others] = find(tables, *others)
        return cast(T, found[find, *others])

    return remembered
