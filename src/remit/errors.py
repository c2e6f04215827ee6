"""Every error that Remit raises on purpose.

::

    RemitError                exit code 1
    ├── UsageError            exit code 2   the call is wrong: an unknown definition, a missing option
    └── InputRefused          exit code 3   what was handed in cannot be used; lists every fault
        ├── SourceError         a history, a bundle, a table of records
        ├── ContractError       a frame that does not keep its table's contract
        └── KnowledgeError      a knowledge file, ours or a site's own

A message says what is wrong, where, how many, and what to do. It holds counts, places and field names; it never holds
a person's values. Names of treatments and codes may appear, because without them a fault could not be mended; they
go to the user's screen only, never to a log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    Attributes
    ----------
    place : str
        Where: ``file:line``, ``file: row 3, column start`` or ``file: entry[4].resource.status``.
    problem : str
        What is wrong, without a person's values.
    remedy : str
        What to do about it.
    """

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}. {self.remedy}"


class RemitError(Exception):
    """Anything that Remit raises on purpose."""

    exit_code = 1


class UsageError(RemitError):
    """The call is wrong: an unknown name, a missing option."""

    exit_code = 2


class InputRefused(RemitError):
    """An input cannot be used; `faults` lists all that is wrong with it, not only the first."""

    exit_code = 3
    what = "input"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        n = len(self.faults)
        head = f"{n} fault{'' if n == 1 else 's'} in the {self.what}:"
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))


class SourceError(InputRefused):
    """A history, a bundle or a table of records cannot be used."""

    what = "records"


class ContractError(InputRefused):
    """A frame does not keep its table's contract."""

    what = "tables"


class KnowledgeError(InputRefused):
    """A knowledge file cannot be used: an uncited value, an unknown key, an id that does not resolve."""

    what = "knowledge"
