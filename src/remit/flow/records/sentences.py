"""What the readers say of an input, by key, from the files of sentences `fault` and `notice`.

They are read when the first fault or notice is made; most inputs have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Protocol

from remit.errors import Fault
from remit.knowledge.text import load_text


class Refuse(Protocol):
    """Takes the key of a fault whose place is settled already, and what its sentence names."""

    def __call__(self, key: str, /, **values: object) -> None:
        """List the fault."""


def say(key: str, /, **values: object) -> str:
    """The sentence of a key with its names filled in; KeyError if there is none."""
    return load_text().say(key, **values)


def fault(place: str, key: str, /, remedy: str = "", **values: object) -> Fault:
    """A fault in words.

    Parameters
    ----------
    place : str
        Where; see `remit.errors.Fault`.
    key : str
        Of the problem, ``fault.<key>.problem``.
    remedy : str
        Key of a remedy that several faults share, ``fault.remedy.<remedy>``; without it ``fault.<key>.remedy``.
    values
        What the two sentences name; never what a person's record says.
    """
    told = f"fault.remedy.{remedy}" if remedy else f"fault.{key}.remedy"
    return Fault(place, say(f"fault.{key}.problem", **values), say(told, **values))


def either(names: Iterable[str]) -> str:
    """Names of which one is meant: a or b."""
    return reduce(lambda first, second: say("fault.either", first=first, second=second), names)
