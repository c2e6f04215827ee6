"""A person's document in the store: a `remit-history/1` in parts, and beside it what was typed but cannot be read yet.

Nothing that was typed is thrown away. A field that cannot be read stays as text in `typed` and counts as unknown; an
entry whose treatment is not known stays out of the history until it is. What `history` returns is a history file like
any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

SCHEMA = "remit-store/1"
HISTORY = "remit-history/1"
PARTS = ("measurements", "answers", "conditions")
OBJECTS = ("person", "episode", "clues", "preferences")
OVER = ("remission", "resolved", "refuted")
"""Of an illness that is not there, or no more."""

Json = dict[str, Any]
_spelled = json.JSONEncoder(sort_keys=True).encode
"""An entry as text, the same for entries that say the same."""


@dataclass(slots=True)
class Entry:
    """One treatment: what the history says of it, and texts of fields that say more or cannot be read."""

    key: str
    content: Json = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it stands in the history: its treatment is known."""
        return "treatment" in self.content

    @property
    def name(self) -> str:
        """What the person calls the treatment."""
        return str(self.content.get("treatment") or self.typed.get("treatment", ""))


@dataclass(slots=True)
class Record:
    """Everything that is stored about one person."""

    person: Json = field(default_factory=dict)
    index_date: str | None = None
    episode: Json = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    measurements: list[Json] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    conditions: list[Json] = field(default_factory=list)
    clues: Json = field(default_factory=dict)
    preferences: Json = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)  # fields of the person and the episode
    notes: str = ""

    @property
    def label(self) -> str:
        """What the person is called here."""
        return str(self.person.get("id") or "")

    @property
    def country(self) -> str | None:
        """ISO code, where it is known."""
        return self.person.get("country")

    def entry(self, key: str) -> Entry | None:
        """The treatment of a key."""
        return next((e for e in self.entries if e.key == key), None)

    def add(self, content: Json, typed: dict[str, str] | None = None) -> Entry:
        """A new treatment at the end; its key was never used in this document."""
        used = [int(e.key[1:]) for e in self.entries]
        entry = Entry(f"t{max([*used, 0]) + 1}", content, typed or {})
        self.entries.append(entry)
        return entry

    @property
    def unnamed(self) -> list[str]:
        """Names of treatments that are in the list alone, because nobody knows yet what they are."""
        return [entry.name for entry in self.entries if not entry.counts]

    def free_texts(self) -> list[str]:
        """What was typed and may mean anything: fields and names that are not understood, illnesses in own words."""
        illnesses = [str(c["condition"]) for c in self.conditions if c.get("status") not in OVER]
        return [*self.typed.values(), *self.unnamed, *illnesses]

    def counted(self) -> list[Entry]:
        """Treatments that stand in the history, in its order; of exact doubles the first one."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.counts:
                found.setdefault(_spelled(entry.content), entry)
        return list(found.values())

    def history(self) -> Json:
        """The history, as a file that every other part of Remit reads; it shares its parts with the record."""
        return self._history(self.counted())

    def keyed(self) -> tuple[Json, tuple[str, ...]]:
        """The history, and the keys of its treatments in order."""
        counted = self.counted()
        return self._history(counted), tuple(entry.key for entry in counted)

    def _history(self, entries: list[Entry]) -> Json:
        document: Json = {"schema": HISTORY}
        for name in OBJECTS[:1]:
            if value := getattr(self, name):
                document[name] = value
        if self.index_date:
            document["index_date"] = self.index_date
        if self.episode:
            document["episode"] = dict(self.episode)
        document["treatments"] = [e.content for e in entries]
        for name in (*PARTS, *OBJECTS[2:]):
            if value := getattr(self, name):
                document[name] = value
        return document

    def document(self) -> Json:
        """What is stored."""
        history = self._history(self.entries)
        return {
            "schema": SCHEMA,
            "history": history,
            "keys": [e.key for e in self.entries],
            "typed": {e.key: e.typed for e in self.entries if e.typed} | ({"": self.typed} if self.typed else {}),
            "notes": self.notes,
        }


def read_document(document: Json) -> Record:
    """The record of a stored document."""
    history, typed = document["history"], document.get("typed", {})
    record = read_history(history)
    for entry, key in zip(record.entries, document["keys"], strict=True):
        entry.key, entry.typed = key, dict(typed.get(key, {}))
    record.typed = dict(typed.get("", {}))
    record.notes = document.get("notes", "")
    return record


def read_history(history: Json) -> Record:
    """The record of a history that was found sound."""
    parts: Json = {name: list(history.get(name) or []) for name in PARTS}
    objects: Json = {name: dict(history.get(name) or {}) for name in OBJECTS}
    entries = [Entry(f"t{n}", dict(content)) for n, content in enumerate(history.get("treatments") or [], 1)]
    index = history.get("index_date")
    return Record(entries=entries, index_date=str(index) if index else None, **parts, **objects)


def index_date(record: Record, today: date) -> date:
    """The day for which the question is asked: the day of the visit if one was given, else today."""
    return date.fromisoformat(record.index_date) if record.index_date else today
