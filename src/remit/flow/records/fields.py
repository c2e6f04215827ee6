"""Typed reading of one object of a history: each wrong type or value is a fault with its place, none stops the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from remit.flow.records.book import Book
from remit.flow.records.dates import UNKNOWN_DATE, Span, read_interval
from remit.flow.records.place import Path, Where

MAX_TEXT = 256
ID = re.compile(r"^[a-z0-9][a-z0-9_]*$")
DATE_REMEDY = "Write it as 2024-03-31, 2024-03, 2024, 2024-03/2024-05 or unknown."


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
            self.fault((), f"is {kind_of(data)}", f"Write an object with keys such as {', '.join(list(allowed)[:3])}.")
        keys = tuple(allowed)
        for key in self.data:
            if key not in keys:
                near = get_close_matches(str(key), keys, n=1)
                name = str(key)[:MAX_TEXT]
                remedy = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(keys)}."
                self.fault((name,), "is not a known key", remedy)

    def place(self, *path: str | int) -> str:
        """Where a field stands."""
        return self.where.at((*self.path, *path))

    def fault(self, path: Path, problem: str, remedy: str) -> None:
        """A fault of this object or one of its fields."""
        self.book.fault(self.place(*path), problem, remedy)

    def get(self, key: str) -> Any:
        """The raw value; None where it is absent, null or `unknown`."""
        value = self.data.get(key)
        return None if is_unknown(value) else value

    def has(self, key: str) -> bool:
        """Whether the key is there with anything but null."""
        return self.data.get(key) is not None

    def text(self, key: str, longest: int = MAX_TEXT) -> str | None:
        """A short text."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault((key,), f"is {kind_of(value)}", "Write a text.")
            return None
        if not value.strip() or len(value) > longest:
            self.fault((key,), f"is empty or longer than {longest} letters", "Shorten it, or leave it out.")
            return None
        return value.strip()

    def number(
        self, key: str, *, above: float | None = None, low: float | None = None, high: float | None = None
    ) -> float | None:
        """A number within bounds: `above` is exclusive, `low` and `high` inclusive."""
        return self.checked_number(self.get(key), (key,), above=above, low=low, high=high)

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
            quoted = isinstance(value, str) and is_number(value)
            self.fault(
                path, f"is {kind_of(value)}", "Take off the quotes." if quoted else "Write a number, or unknown."
            )
            return None
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fault(path, "is not a finite number", "Write a number, or unknown.")
            return None
        problem = out_of_bounds(number, above, low, high)
        if problem:
            self.fault(path, problem, "Correct it, or write unknown.")
            return None
        return number

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
            self.fault((key,), "is not a date", DATE_REMEDY)
            return UNKNOWN_DATE
        return span if self.book.is_plausible(span, self.place(key)) else UNKNOWN_DATE

    def choice(self, key: str, options: tuple[str, ...]) -> str | None:
        """One of a list of words."""
        value = self.get(key)
        if value is None:
            return None
        plain = value.strip().lower() if isinstance(value, str) else None
        if plain in options:
            return plain
        near = get_close_matches(plain or "", options, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        self.fault((key,), "is not one of the known words", f"{hint}Write one of {', '.join(options)}, unknown.")
        return None

    def listed(self, key: str) -> list[Any]:
        """A list; an absent one is empty."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault((key,), f"is {kind_of(value)}", "Write a list.")
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
        self.fault(path, f"is {kind_of(value)}", "Write true, false or unknown.")
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


def out_of_bounds(number: float, above: float | None, low: float | None, high: float | None) -> str | None:
    """What is wrong with a number, or None."""
    if above is not None and number <= above:
        return f"must be above {above:g}"
    if low is not None and number < low:
        return f"must be at least {low:g}"
    if high is not None and number > high:
        return f"must be at most {high:g}"
    return None


def kind_of(value: object) -> str:
    """What kind of thing a value is, in words; never the value."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "something else")
