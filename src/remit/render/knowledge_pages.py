"""What the knowledge holds, for a reader: one entry with its values, sources and marks, or the list of definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.catalogue import Arm
from remit.knowledge.library import MANY, ONE
from remit.knowledge.names import names_of
from remit.knowledge.parts import PARTS
from remit.render.exactness import limits

_HIDDEN = ("sources", "verified", "cases")
SECTIONS = (*PARTS, *ONE, *MANY)
"""What may be asked for by id, the parts first: a catalogue entry before the treatment that records name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an entry: how deep, name, value, sources and mark where it is cited."""

    depth: int
    name: str
    value: str
    sources: tuple[str, ...] = ()
    verified: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the knowledge."""

    section: str
    id: str
    model: BaseModel
    facts: tuple[Fact, ...]


def find(name: str, knowledge: Knowledge) -> list[Entry]:
    """Entries of that id in any section; where there is none, what the name, brand or code of a treatment means."""
    found = [
        Entry(section, name, entries[name], tuple(facts(entries[name])))
        for section in SECTIONS
        if name in (entries := _entries(section, knowledge))
    ]
    if found or name != "policy":
        return found or _by_name(name, knowledge)
    policy = knowledge.policy
    return [Entry("policy", name, policy, tuple(facts(policy)))]


def _entries(section: str, knowledge: Knowledge) -> Mapping[str, Any]:
    found: Mapping[str, Any] = knowledge.part(section) if section in PARTS else getattr(knowledge.library, section)
    return found


def _by_name(name: str, knowledge: Knowledge) -> list[Entry]:
    found = names_of(knowledge).treatment(name)
    if found.key is None or found.how not in ("id", "name", "code"):
        return []
    treatment = knowledge.treatments[found.key]
    return [Entry("treatments", treatment.id, treatment, tuple(facts(treatment)))]


def near(name: str, knowledge: Knowledge) -> tuple[str, ...]:
    """What an unknown id may have meant."""
    ids = [i for section in SECTIONS for i in _entries(section, knowledge)]
    return tuple(get_close_matches(name, ids, n=3)) or names_of(knowledge).treatment(name).candidates


def facts(model: BaseModel, depth: int = 0) -> Iterator[Fact]:
    """Every value of an entry, in the order of its model; what is not given is left out."""
    names = list(type(model).model_fields)
    for name in sorted(names, key=lambda n: ("value", *names, "note").index(n) if n != "note" else len(names) + 1):
        value = getattr(model, name)
        is_unsaid = value is False and type(model).model_fields[name].default is False
        if isinstance(model, Arm) and name.endswith("_percent") and value is not None:
            yield Fact(depth, name, f"{spelled(value)} ({_interval(value, model.n)})")
        elif name not in _HIDDEN and value not in (None, (), {}, "") and not is_unsaid:
            yield from _fact("class" if name == "klass" else name, value, depth)


def _interval(percent: float, n: int | None) -> str:
    """The interval of a percentage, or that there is none."""
    if (found := limits(percent, n)) is None:
        return "interval not given by the source"
    return f"95 % interval {found[0]:.1f} to {found[1]:.1f}, derived"


def _fact(name: str, value: Any, depth: int) -> Iterator[Fact]:
    if isinstance(value, BaseModel):
        cited = value if isinstance(value, Cited) else None
        inner = list(facts(value, depth + 1))
        sources, verified = (cited.sources, cited.verified) if cited else ((), None)
        flat = all(f.depth == depth + 1 and not f.sources for f in inner)
        told = ", ".join(_told(f) for f in inner) if flat else ""
        yield Fact(depth, name, told, sources, verified)
        if not flat:
            yield from inner
    elif isinstance(value, Mapping):
        yield Fact(depth, name, "")
        for key, item in value.items():
            yield from _fact(str(key), item, depth + 1)
    elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
        yield Fact(depth, name, "")
        for i, item in enumerate(value, 1):
            yield from _fact(str(i), item, depth + 1)
    else:
        yield Fact(depth, name, spelled(value))


def _told(fact: Fact) -> str:
    return fact.value if fact.name in ("value", "text") else f"{fact.name.replace('_', ' ')} {fact.value}"


def spelled(value: Any) -> str:
    """A bare value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ", ".join(map(spelled, value))
    return str(value)


def entry_json(entry: Entry, knowledge: Knowledge) -> dict[str, Any]:
    """An entry as plain objects, with the citations of its own sources."""
    own = getattr(entry.model, "sources", ())
    return {
        "section": entry.section,
        "id": entry.id,
        "entry": entry.model.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "citations": {s: knowledge.sources[s].citation for s in own},
    }
