"""Reading and writing of people's documents. What `save` returns is on the disk: a kill at any moment keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from remit.errors import RemitError
from remit.surfaces.web.store.cipher import Cipher, Keyring, new_keyring
from remit.surfaces.web.store.models import KeyringModel, PersonModel, Revision, Setting

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
    engine : Engine
        Of a file in the present layout.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cipher = Cipher()

    # --- people
    def people(self) -> list[PersonRow]:
        """Everyone, in the order in which they were added."""
        with self._reading() as session:
            rows = session.scalars(select(PersonModel).order_by(PersonModel.created_at, PersonModel.person_id))
            return [PersonRow(r.person_id, r.created_at, r.head) for r in rows]

    def add(self, document: Document, about: str = "person") -> str:
        """A new person with a first document; the id says nothing about them."""
        person_id = secrets.token_hex(ID_BYTES)
        with self._writing() as session:
            session.add(PersonModel(person_id=person_id, created_at=_now().isoformat(), head=1))
            session.flush()
            session.add(self._revision(person_id, 1, document, about))
        return person_id

    def load(self, person_id: str) -> Saved | None:
        """A person's document; None if there is no such person."""
        with self._reading() as session:
            person = session.get(PersonModel, person_id)
            if person is None:
                return None
            row = session.get_one(Revision, (person_id, person.head))
            numbers = session.execute(
                select(func.min(Revision.n), func.max(Revision.n)).where(Revision.person_id == person_id)
            ).one()
            document = self.cipher.unpack(row.body, _about(person_id, person.head))
            return Saved(person_id, person.head, document, numbers[0] < person.head, person.head < numbers[1])

    def save(self, person_id: str, document: Document, about: str) -> None:
        """Write a document as the newest revision; what was undone before is gone.

        A write about the same place soon after the last one takes its place, so that one undo takes back one edit.
        """
        with self._writing() as session:
            person = session.get_one(PersonModel, person_id)
            session.execute(delete(Revision).where(Revision.person_id == person_id, Revision.n > person.head))
            last = session.get_one(Revision, (person_id, person.head))
            is_same = last.about == about and _now() - datetime.fromisoformat(last.written_at) < SAME_EDIT
            if is_same and person.head > 1:
                last.body = self.cipher.pack(document, _about(person_id, last.n))
                return
            person.head += 1
            session.add(self._revision(person_id, person.head, document, about))
            session.execute(delete(Revision).where(Revision.person_id == person_id, Revision.n <= person.head - KEPT))

    def step(self, person_id: str, by: int) -> str | None:
        """Undo (-1) or redo (+1); the place that changed, or None where there is nothing to step to."""
        with self._writing() as session:
            person = session.get(PersonModel, person_id)
            if person is None or session.get(Revision, (person_id, person.head + by)) is None:
                return None
            changed = session.get_one(Revision, (person_id, max(person.head, person.head + by)))
            person.head += by
            return changed.about

    def remove(self, person_id: str) -> None:
        """Delete a person and every revision; the space is overwritten."""
        with self._writing() as session:
            session.execute(delete(PersonModel).where(PersonModel.person_id == person_id))
        self._tidy()

    def remove_all(self) -> None:
        """Delete everyone, every setting and the keyring."""
        with self._writing() as session:
            for table in (Revision, PersonModel, Setting, KeyringModel):
                session.execute(delete(table))
        self.cipher = Cipher()
        self._tidy()

    # --- settings
    def setting(self, name: str) -> str | None:
        """A choice that was made for this folder."""
        with self._reading() as session:
            row = session.get(Setting, name)
            return row.value if row else None

    def set(self, name: str, value: str) -> None:
        """Write a choice."""
        with self._writing() as session:
            session.merge(Setting(name=name, value=value))

    # --- passphrase
    def keyring(self) -> Keyring | None:
        """The keyring, where the data are locked with a passphrase."""
        with self._reading() as session:
            row = session.scalars(select(KeyringModel)).first()
            return Keyring(row.salt, row.n, row.r, row.p, row.wrapped) if row else None

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
        with self._writing() as session:
            _put(session, keyring)
        self._tidy()

    def decrypt(self) -> None:
        """Store everything in plain text again; the data are open."""
        self._reseal(Cipher(), None)

    def _reseal(self, cipher: Cipher, keyring: Keyring | None) -> None:
        with self._writing() as session:
            for row in session.scalars(select(Revision)):
                about = _about(row.person_id, row.n)
                row.body = cipher.pack(self.cipher.unpack(row.body, about), about)
            _put(session, keyring)
        self.cipher = cipher
        self._tidy()

    def _revision(self, person_id: str, n: int, document: Document, about: str) -> Revision:
        body = self.cipher.pack(document, _about(person_id, n))
        return Revision(person_id=person_id, n=n, written_at=_now().isoformat(), about=about, body=body)

    def _tidy(self) -> None:
        """Empty the log and give back the space, so that what was deleted is nowhere in the files."""
        connection = self.engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.cursor().execute(statement).fetchall()
        finally:
            connection.close()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with _told(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        engine = self.engine.execution_options(is_writing=True)
        with _told(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        with self._reading() as session:
            return bool(session.execute(text("PRAGMA integrity_check")).scalar() == "ok")


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the database says about disk and permissions into a `StoreProblem`."""
    try:
        yield
    except DatabaseError as error:
        said = str(error.orig).lower()
        reason = "full" if "full" in said else "readonly" if "readonly" in said else "other"
        raise StoreProblem(reason) from error


def _put(session: Session, keyring: Keyring | None) -> None:
    session.execute(delete(KeyringModel))
    if keyring:
        row = KeyringModel(
            keyring_id=1, salt=keyring.salt, n=keyring.n, r=keyring.r, p=keyring.p, wrapped=keyring.wrapped
        )
        session.add(row)


def _about(person_id: str, n: int) -> str:
    """What a sealed document is bound to."""
    return f"{person_id}:{n}"


def _now() -> datetime:
    return datetime.now(UTC)
