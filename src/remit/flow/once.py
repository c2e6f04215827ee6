"""What several transforms read off the tables of a run, found once and kept with the run."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple, cast
from weakref import ProxyType, proxy

from remit.tables import Tables

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def once(find: Callable[[Tables, *Ts], T]) -> Callable[[Tables, *Ts], T]:
    """A function of tables, and of knowledge, that a run remembers; what it gives is shared, and must not be changed.

    It sees the tables for as long as the run is there. A bare mapping of tables remembers nothing.
    """

    @wraps(find)
    def remembered(tables: Tables, /, *others: *Ts) -> T:
        found = getattr(tables, "found", None)
        if found is None:
            return find(tables, *others)
        if (find, *others) not in found:
            # What is found may keep its tables, and the run keeps what is found: in a circle, a run of millions would
            # stay in memory long after its last use.
            seen = tables if isinstance(tables, ProxyType) else proxy(tables)
            found[find, *others] = find(cast(Tables, seen), *others)
        return cast(T, found[find, *others])

    return remembered
