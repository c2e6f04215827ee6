"""The tables of the data file. They hold documents, not clinical columns: what a history may say is its own format."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Of all tables."""


class Setting(Base):
    """One row per choice that belongs to the data folder: the mode, the secret of this folder's forms."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(String)


class PersonModel(Base):
    """One row per person; `head` is the revision that is in force."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(String, primary_key=True)
    created_at: Mapped[str] = mapped_column(String)
    head: Mapped[int] = mapped_column(Integer)


class Revision(Base):
    """One row per state of a person's document; `about` names the place that was edited, never a value."""

    __tablename__ = "revision"

    person_id: Mapped[str] = mapped_column(String, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    written_at: Mapped[str] = mapped_column(String)
    about: Mapped[str] = mapped_column(String)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class KeyringModel(Base):
    """At most one row: the wrapped key of a data file that is locked with a passphrase."""

    __tablename__ = "keyring"

    keyring_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    n: Mapped[int] = mapped_column(Integer)
    r: Mapped[int] = mapped_column(Integer)
    p: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
