"""Reading and writing of people's documents. What `save` returns is on the disk: a kill at any moment keeps it."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from remit.errors import RemitError
from remit.surfaces.web.store.cipher import Cipher, Keyring, new_keyring
from remit.surfaces.web.store.data import DataFile

KEPT = 300
"""Revisions kept for each person; older ones go."""

SAME_EDIT = timedelta(minutes=2)
"""Writes about one place within this time are one step of undo."""

ID_BYTES = 8

Document = dict[str, Any]


class StoreProblem(RemitError):
    """The data could not be written or read: a full disk, a folder without permission. Nothing was lost or halved."""

    def __init__(self, reason: str) -> None:
        self.reason = reason  # full, readonly, other: key of a sentence
        super().__init__(f"The data file cannot be used ({reason}).")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person of the folder."""

    person_id: str
    created_at: str
    head: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A person's document in force."""

    person_id: str
    n: int
    document: Document
    can_undo: bool
    can_redo: bool


class Store:
    """The documents of one data folder.

    Parameters
    ----------
    data : DataFile
        In the present layout.
    """

    def __init__(self, data: DataFile) -> None:
        self.data = data
        self.cipher = Cipher()

    # --- people
    def people(self) -> list[PersonRow]:
        """Everyone, in the order in which they were added."""
        asked = "SELECT person_id, created_at, head FROM person ORDER BY created_at, person_id"
        with self._reading() as data:
            return [PersonRow(*row) for row in data.execute(asked)]

    def add(self, document: Document, about: str = "person") -> str:
        """A new person with a first document; the id says nothing about them."""
        person_id = secrets.token_hex(ID_BYTES)
        with self._writing() as data:
            data.execute(
                "INSERT INTO person (person_id, created_at, head) VALUES (?, ?, ?)", (person_id, _now().isoformat(), 1)
            )
            self._revise(data, person_id, 1, document, about)
        return person_id

    def load(self, person_id: str) -> Saved | None:
        """A person's document; None if there is no such person."""
        with self._reading() as data:
            head = _head(data, person_id)
            if head is None:
                return None
            body, *_ = _revision(data, person_id, head)
            first, last = _ends(data, person_id)
            document = self.cipher.unpack(body, _about(person_id, head))
            return Saved(person_id, head, document, first < head, head < last)

    def save(self, person_id: str, document: Document, about: str) -> Saved:
        """Write a document as the newest revision, which is then in force; what was undone before is gone.

        A write about the same place soon after the last one takes its place, so that one undo takes back one edit.

        Raises
        ------
        KeyError
            If there is no such person.
        """
        with self._writing() as data:
            head = _head(data, person_id)
            if head is None:
                raise KeyError("no such person")
            data.execute("DELETE FROM revision WHERE person_id = ? AND n > ?", (person_id, head))
            _, last, written_at = _revision(data, person_id, head)
            is_same = last == about and _now() - datetime.fromisoformat(written_at) < SAME_EDIT
            if is_same and head > 1:
                body = self.cipher.pack(document, _about(person_id, head))
                data.execute("UPDATE revision SET body = ? WHERE person_id = ? AND n = ?", (body, person_id, head))
            else:
                head += 1
                self._revise(data, person_id, head, document, about)
                _point(data, person_id, head)
                data.execute("DELETE FROM revision WHERE person_id = ? AND n <= ?", (person_id, head - KEPT))
            return Saved(person_id, head, document, _ends(data, person_id)[0] < head, False)

    def step(self, person_id: str, by: int) -> str | None:
        """Undo (-1) or redo (+1); the place that changed, or None where there is nothing to step to."""
        with self._writing() as data:
            head = _head(data, person_id)
            if head is None:
                return None
            first, last = _ends(data, person_id)
            if not first <= head + by <= last:
                return None
            _point(data, person_id, head + by)
            return _revision(data, person_id, max(head, head + by))[1]

    def remove(self, person_id: str) -> None:
        """Delete a person and every revision; the space is overwritten."""
        with self._writing() as data:
            data.execute("DELETE FROM person WHERE person_id = ?", (person_id,))
        self._tidy()

    def remove_all(self) -> None:
        """Delete everyone, every setting and the keyring."""
        with self._writing() as data:
            for table in ("revision", "person", "setting", "keyring"):
                data.execute(f"DELETE FROM {table}")
        self.cipher = Cipher()
        self._tidy()

    # --- settings
    def setting(self, name: str) -> str | None:
        """A choice that was made for this folder."""
        with self._reading() as data:
            row = data.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
            return row[0] if row else None

    def set(self, name: str, value: str) -> None:
        """Write a choice."""
        with self._writing() as data:
            data.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    # --- passphrase
    def keyring(self) -> Keyring | None:
        """The keyring, where the data are locked with a passphrase."""
        with self._reading() as data:
            row = data.execute("SELECT salt, n, r, p, wrapped FROM keyring").fetchone()
            return Keyring(*row) if row else None

    def unlock(self, passphrase: str) -> None:
        """Open the data.

        Raises
        ------
        WrongPassphrase
        """
        keyring = self.keyring()
        self.cipher = keyring.open(passphrase) if keyring else Cipher()

    def encrypt(self, passphrase: str) -> None:
        """Lock everything with a passphrase, in one transaction; the plain text is overwritten."""
        keyring, cipher = new_keyring(passphrase)
        self._reseal(cipher, keyring)

    def change_passphrase(self, passphrase: str) -> None:
        """Wrap the data key with another passphrase; the data are open."""
        keyring = self.cipher.wrap(passphrase)
        with self._writing() as data:
            _put(data, keyring)
        self._tidy()

    def decrypt(self) -> None:
        """Store everything in plain text again; the data are open."""
        self._reseal(Cipher(), None)

    def close(self) -> None:
        """Let go of the file."""
        self.data.close()

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        with self._reading() as data:
            return bool(data.execute("PRAGMA integrity_check").fetchone() == ("ok",))

    def _reseal(self, cipher: Cipher, keyring: Keyring | None) -> None:
        with self._writing() as data:
            for person_id, n, body in data.execute("SELECT person_id, n, body FROM revision").fetchall():
                about = _about(person_id, n)
                sealed = cipher.pack(self.cipher.unpack(body, about), about)
                data.execute("UPDATE revision SET body = ? WHERE person_id = ? AND n = ?", (sealed, person_id, n))
            _put(data, keyring)
        self.cipher = cipher
        self._tidy()

    def _revise(self, data: sqlite3.Connection, person_id: str, n: int, document: Document, about: str) -> None:
        body = self.cipher.pack(document, _about(person_id, n))
        row = (person_id, n, _now().isoformat(), about, body)
        data.execute("INSERT INTO revision (person_id, n, written_at, about, body) VALUES (?, ?, ?, ?, ?)", row)

    def _tidy(self) -> None:
        """Empty the log and give back the space, so that what was deleted is nowhere in the files."""
        with self.data.connection() as data:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                data.execute(statement).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _told(), self.data.reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _told(), self.data.writing() as connection:
            yield connection


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the database says about disk and permissions into a `StoreProblem`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        said = str(error).lower()
        reason = "full" if "full" in said else "readonly" if "readonly" in said else "other"
        raise StoreProblem(reason) from error


def _head(data: sqlite3.Connection, person_id: str) -> int | None:
    """Number of the revision that is in force; None if there is no such person."""
    row = data.execute("SELECT head FROM person WHERE person_id = ?", (person_id,)).fetchone()
    return row[0] if row else None


def _ends(data: sqlite3.Connection, person_id: str) -> tuple[int, int]:
    """Numbers of the oldest and the newest revision; those between are all there."""
    asked = "SELECT min(n), max(n) FROM revision WHERE person_id = ?"
    first, last = data.execute(asked, (person_id,)).fetchone()
    return first, last


def _revision(data: sqlite3.Connection, person_id: str, n: int) -> tuple[bytes, str, str]:
    """Body, place and time of a revision that is there."""
    asked = "SELECT body, about, written_at FROM revision WHERE person_id = ? AND n = ?"
    body, about, written_at = data.execute(asked, (person_id, n)).fetchone()
    return body, about, written_at


def _point(data: sqlite3.Connection, person_id: str, head: int) -> None:
    """Put another revision in force."""
    data.execute("UPDATE person SET head = ? WHERE person_id = ?", (head, person_id))


def _put(data: sqlite3.Connection, keyring: Keyring | None) -> None:
    data.execute("DELETE FROM keyring")
    if keyring:
        row = (1, keyring.salt, keyring.n, keyring.r, keyring.p, keyring.wrapped)
        data.execute("INSERT INTO keyring (keyring_id, salt, n, r, p, wrapped) VALUES (?, ?, ?, ?, ?, ?)", row)


def _about(person_id: str, n: int) -> str:
    """What a sealed document is bound to."""
    return f"{person_id}:{n}"


def _now() -> datetime:
    return datetime.now(UTC)
