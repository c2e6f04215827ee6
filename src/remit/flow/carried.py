"""What was made of parts of a record, for the parts that an edit leaves as they are.

What is made is kept beside all that it is made from, and given again while that compares equal: so it cannot be out of
date, whichever record it was made for. Nothing is kept but of the last time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar, TypeVarTuple, cast

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Ts = TypeVarTuple("Ts")


class Carried:
    """What was made of a record, with one knowledge and one text.

    Attributes
    ----------
    last : Last
        Of things of which there is one.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, dict[Any, Any]] = {}
        self.last = Last()

    def each(self, name: Hashable, keys: Iterable[K], make: Callable[[K], V]) -> list[V]:
        """What is made of each of many keys: of one that was there the last time, the same object as then.

        Parameters
        ----------
        name : hashable
            Of what is made; all that `make` looks at besides the key hangs on it alone.
        keys : iterable of hashable
            Two that are equal are made into one thing.
        make : callable
            Its result is shared and must not be changed.
        """
        before: dict[K, V] = self._made.get(name, {})
        made: dict[K, V] = {}
        found: list[V] = []
        for key in keys:
            if key not in made:
                made[key] = before[key] if key in before else make(key)
            found.append(made[key])
        self._made[name] = made  # whole, for several requests may ask at once
        return found


class Last:
    """The last of each thing that was made, such as what was made of a view, which itself never changes."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}

    def of(self, name: Hashable, make: Callable[[*Ts], V], *asked: *Ts) -> V:
        """What is made of what is asked: the last one, if that was made of the same.

        Parameters
        ----------
        name : hashable
            Of what is made; all that `make` looks at besides `asked` hangs on it, and on whose it is, alone.
        make : callable
            Its result is shared and must not be changed.
        *asked
            Compared by what they say.
        """
        kept = self._made.get(name)
        if kept is None or kept[0] != asked:
            kept = self._made[name] = asked, make(*asked)
        return cast(V, kept[1])
