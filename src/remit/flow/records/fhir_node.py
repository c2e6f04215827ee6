"""A tolerant view of one FHIR object: absent is None, a wrong type is a fault with its JSON path."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from remit.flow.records.book import Book
from remit.flow.records.dates import Span, read_span
from remit.flow.records.fields import is_number, kind_of
from remit.flow.records.place import Path, Where
from remit.flow.records.sentences import say
from remit.knowledge.codes import short_system


@dataclass(frozen=True, slots=True)
class Coding:
    """One coding of a concept; `system` is the short name of the code system."""

    system: str
    code: str
    display: str | None
    uri: str


@dataclass(frozen=True, slots=True)
class Node:
    """An object in a resource."""

    book: Book
    where: Where
    path: Path
    data: dict[str, Any]

    def place(self, *path: str | int) -> str:
        """Where a field of it stands."""
        return self.where.at((*self.path, *path))

    def fault(self, name: str, key: str, /, remedy: str = "", **values: object) -> None:
        """A fault of a field, said as `sentences.fault` says it; listed once, however often the field is read."""
        place = self.place(name) if name else self.place()
        problem = say(f"fault.{key}.problem", **values)
        if not any(f.place == place and f.problem == problem for f in self.book.faults[-20:]):
            self.book.fault(place, key, remedy, **values)

    def has(self, name: str) -> bool:
        """Whether a field is there."""
        return self.data.get(name) is not None

    def child(self, name: str) -> Node | None:
        """An object."""
        return self._object(self.data.get(name), (name,))

    def children(self, name: str) -> list[Node]:
        """A list of objects; a single object is taken as a list of one."""
        value = self.data.get(name)
        if value is None:
            return []
        if isinstance(value, dict):
            return [n for n in [self._object(value, (name,))] if n]
        if not isinstance(value, list):
            self.fault(name, "fhir.list", remedy="at_source", kind=kind_of(value))
            return []
        return [n for i, v in enumerate(value) if (n := self._object(v, (name, i)))]

    def _object(self, value: object, path: Path) -> Node | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            where = self.place(*path)
            if not any(f.place == where for f in self.book.faults[-20:]):
                self.book.fault(where, "fhir.object", kind=kind_of(value))
            return None
        return Node(self.book, self.where, (*self.path, *path), value)

    def text(self, name: str) -> str | None:
        """A text; an empty one is None."""
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.fault(name, "fhir.text", remedy="at_source", kind=kind_of(value))
            return None
        return value.strip() or None

    def number(self, name: str) -> float | None:
        """A finite number; one in quotes is read too."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, str) and is_number(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(name, "fhir.number", remedy="at_source", kind=kind_of(value))
            return None
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fault(name, "fhir.finite", remedy="at_source")
            return None
        return number

    def flag(self, name: str) -> bool:
        """Whether a boolean is true."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "fhir.boolean", remedy="at_source", kind=kind_of(value))
        return value is True

    def span(self, name: str) -> Span | None:
        """A date or dateTime, as the days that it may mean."""
        value = self.data.get(name)
        if value is None:
            return None
        try:
            span = read_span(value) if isinstance(value, str) and value.strip().lower() != "unknown" else None
        except ValueError:
            span = None
        if span is None:
            self.fault(name, "fhir.date")
            return None
        return span if self.book.is_plausible(span, self.place(name)) else None

    def codings(self, name: str) -> list[Coding]:
        """Codings of a CodeableConcept field."""
        concept = self.child(name)
        return concept.own_codings() if concept else []

    def own_codings(self) -> list[Coding]:
        """Codings of this CodeableConcept."""
        found: list[Coding] = []
        for coding in self.children("coding"):
            system, code = coding.text("system") or "", coding.text("code")
            if code or coding.has("display"):
                found.append(Coding(short_system(system), code or "", coding.text("display"), system))
        return found

    def code(self, name: str) -> str | None:
        """First code of a CodeableConcept field that holds a status or the like."""
        codings = self.codings(name)
        return codings[0].code.lower() if codings else None

    def reference(self, name: str) -> str | None:
        """The reference of a field."""
        target = self.child(name)
        return target.text("reference") if target else None
