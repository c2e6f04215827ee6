"""The layouts of the data file, and the steps from each to the next.

The tables hold documents, not clinical columns: what a history may say is its own format. The layout of a file stands
in `alembic_version`, where the first versions of Remit wrote it.
"""

from __future__ import annotations

import sqlite3

from remit.surfaces.web.store.data import DataFile

STEPS: dict[str, tuple[str, ...]] = {
    # People, their documents with revisions, and choices that belong to the folder. `head` is the revision that is in
    # force; `about` names the place that was edited, never a value.
    "0001": (
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        "CREATE TABLE setting (name VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL)",
        "CREATE TABLE person (person_id VARCHAR NOT NULL PRIMARY KEY, created_at VARCHAR NOT NULL,"
        " head INTEGER NOT NULL)",
        "CREATE TABLE revision (person_id VARCHAR NOT NULL REFERENCES person (person_id) ON DELETE CASCADE,"
        " n INTEGER NOT NULL, written_at VARCHAR NOT NULL, about VARCHAR NOT NULL, body BLOB NOT NULL,"
        " PRIMARY KEY (person_id, n))",
    ),
    # The wrapped key of a file that is locked with a passphrase: at most one row.
    "0002": (
        "CREATE TABLE keyring (keyring_id INTEGER NOT NULL PRIMARY KEY, salt BLOB NOT NULL, n INTEGER NOT NULL,"
        " r INTEGER NOT NULL, p INTEGER NOT NULL, wrapped BLOB NOT NULL)",
    ),
}
"""Statements that make a layout of the one before. A step that was published never changes."""

HEAD = max(STEPS)
"""The present layout."""


def upgrade(data: DataFile, target: str = HEAD) -> None:
    """Take the steps that a file lacks, all in one transaction with their mark."""
    with data.writing() as connection:
        found = version(connection) or ""
        for step, statements in STEPS.items():
            if found < step <= target:
                for statement in statements:
                    connection.execute(statement)
        if found < target:
            connection.execute("DELETE FROM alembic_version")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (target,))


def version(connection: sqlite3.Connection) -> str | None:
    """The layout that a file has; None for an empty one."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables[0] else None
    return str(row[0]) if row else None
