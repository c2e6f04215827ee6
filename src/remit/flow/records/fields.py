"""Typed reading of one object of a history: each wrong type or value is a fault with its place, none stops the rest."""

from __future__ import annotations

import marshal
import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property, partial
from types import NoneType
from typing import Any, NamedTuple

from remit.flow.carried import Carried
from remit.flow.records.book import Book, PersonRow
from remit.flow.records.dates import UNKNOWN_DATE, Span, read_interval
from remit.flow.records.place import Path, Where, spell
from remit.flow.records.sentences import Refuse, say

MAX_TEXT = 256
BY_VALUE = 2
"""Format of marshal that hangs on values alone; later ones also say which of them are one object."""
ID = re.compile(r"^[a-z0-9][a-z0-9_]*$")


class Written(NamedTuple):
    """Entries of a list by all that their reading hangs on, besides knowledge and what `Fields.named` names."""

    text: bytes | str
    i: int  # place of the first


class Fields:
    """One object (mapping) of a document.

    Parameters
    ----------
    book : Book
        Where faults go.
    where, path
        Where the object stands.
    data : object
        What stands there; anything but a mapping is a fault, and every field then reads as absent.
    allowed : iterable of str
        Known keys; others are faults.
    """

    def __init__(self, book: Book, where: Where, path: Path, data: object, allowed: Iterable[str]) -> None:
        self.book, self.where, self.path = book, where, path
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self.is_object = isinstance(data, dict)
        if not self.is_object:
            self.fault((), "field.not_object", kind=kind_of(data), keys=", ".join(list(allowed)[:3]))
        keys = tuple(allowed)
        for key in self.data:
            if key not in keys:
                name = str(key)[:MAX_TEXT]
                if near := get_close_matches(str(key), keys, n=1):
                    self.fault((name,), "field.key_near", near=near[0])
                else:
                    self.fault((name,), "field.key", keys=", ".join(keys))

    @property
    def carried(self) -> Carried:
        """What was read of entries before; nothing in a file with lines, on which the places inside an entry hang."""
        return Carried() if self.where.lines else self.book.carried

    def written(self, entries: Any, i: int) -> Written:
        """Entries of a list from the `i`-th on, as text in which no two values look alike where they may be carried."""
        if self.where.lines:
            return Written("", i)
        try:
            return Written(marshal.dumps(entries, BY_VALUE), i)
        except ValueError:  # what Python hands over may hold dates
            return Written(repr(entries), i)

    def named(self, key: str, person: PersonRow) -> tuple[object, ...]:
        """What the reading of the entries of a list hangs on besides themselves: its place, and whose it is."""
        return key, self.where.file, self.path, person.key

    def place(self, *path: str | int) -> str:
        """Where a field stands."""
        if not path:
            return self._own_place
        if self.path and not self.where.lines:
            return self._own_place + spell(path, is_inner=True)
        return self.where.at((*self.path, *path))

    @cached_property
    def _own_place(self) -> str:
        """Where the object stands: a long history asks for it several times."""
        return self.where.at(self.path)

    def fault(self, path: Path, key: str, /, remedy: str = "", **values: object) -> None:
        """A fault of this object or one of its fields, said as `sentences.fault` says it."""
        self.book.fault(self.place(*path), key, remedy, **values)

    def get(self, key: str) -> Any:
        """The raw value; None where it is absent, null or `unknown`."""
        value = self.data.get(key)
        return None if value is None or (isinstance(value, str) and is_unknown(value)) else value

    def has(self, key: str) -> bool:
        """Whether the key is there with anything but null."""
        return self.data.get(key) is not None

    def text(self, key: str, longest: int = MAX_TEXT) -> str | None:
        """A short text."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault((key,), "field.text", kind=kind_of(value))
            return None
        if not value.strip() or len(value) > longest:
            self.fault((key,), "field.length", n=longest)
            return None
        return value.strip()

    def number(
        self, key: str, *, above: float | None = None, low: float | None = None, high: float | None = None
    ) -> float | None:
        """A number within bounds: `above` is exclusive, `low` and `high` inclusive."""
        value = self.get(key)
        return None if value is None else self.checked_number(value, (key,), above=above, low=low, high=high)

    def checked_number(
        self,
        value: object,
        path: Path,
        *,
        above: float | None = None,
        low: float | None = None,
        high: float | None = None,
    ) -> float | None:
        """The same for a value that was already taken out."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            if isinstance(value, str) and is_number(value):
                self.fault(path, "field.quoted", kind=kind_of(value))
            else:
                self.fault(path, "field.number", remedy="number_or_unknown", kind=kind_of(value))
            return None
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fault(path, "field.finite", remedy="number_or_unknown")
            return None
        if above is None and low is None and high is None:
            return number
        return number if is_within(number, above, low, high, partial(self.fault, path)) else None

    def date(self, key: str) -> Span | None:
        """A date; None where the key is absent, `UNKNOWN_DATE` where it says unknown or cannot be read."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        try:
            span = read_interval(value) if isinstance(value, str) else None
        except ValueError:
            span = None
        if span is None:
            self.fault((key,), "field.date")
            return UNKNOWN_DATE
        if self.book.is_in_years(span) or self.book.is_plausible(span, self.place(key)):
            return span
        return UNKNOWN_DATE

    def choice(self, key: str, options: tuple[str, ...]) -> str | None:
        """One of a list of words."""
        value = self.get(key)
        if value is None:
            return None
        plain = value.strip().lower() if isinstance(value, str) else ""
        return known_word(plain, options, partial(self.fault, (key,)))

    def listed(self, key: str) -> list[Any]:
        """A list; an absent one is empty."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault((key,), "field.list", kind=kind_of(value))
            return []
        return value

    def tri(self, key: str) -> str:
        """yes, no or unknown."""
        return self.checked_tri(self.data.get(key), (key,))

    def checked_tri(self, value: object, path: Path) -> str:
        """The same for a value that was already taken out."""
        if value is None or is_unknown(value):
            return "unknown"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str) and value.strip().lower() in ("yes", "no"):
            return value.strip().lower()
        self.fault(path, "field.tri", kind=kind_of(value))
        return "unknown"


def is_unknown(value: object) -> bool:
    """Whether a value says that it is not known."""
    return isinstance(value, str) and value.strip().casefold() == "unknown"


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_within(number: float, above: float | None, low: float | None, high: float | None, refuse: Refuse) -> bool:
    """Whether a number lies within its bounds; else a fault."""
    if above is not None and number <= above:
        refuse("field.above", remedy="correct_or_unknown", bound=f"{above:g}")
    elif low is not None and number < low:
        refuse("field.at_least", remedy="correct_or_unknown", bound=f"{low:g}")
    elif high is not None and number > high:
        refuse("field.at_most", remedy="correct_or_unknown", bound=f"{high:g}")
    else:
        return True
    return False


def known_word(text: str, options: tuple[str, ...], refuse: Refuse) -> str | None:
    """One of a list of words; None, and a fault, where it is none of them."""
    if text in options:
        return text
    words = ", ".join(options)
    if near := get_close_matches(text, options, n=1):
        refuse("field.word_near", near=near[0], words=words)
    else:
        refuse("field.word", words=words)
    return None


_KINDS: dict[type, str] = {
    NoneType: "empty", bool: "boolean", str: "text", int: "number", float: "number", list: "list", dict: "object",
}  # fmt: skip


def kind_of(value: object) -> str:
    """What kind of thing a value is, in words; never the value."""
    return say(f"fault.kind.{_KINDS.get(type(value), 'other')}")
