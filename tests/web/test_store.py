"""The data file: revisions, undo, encryption, steps between layouts, a full disk, and kills at any moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.errors import UsageError
from remit.surfaces.web.store import FILE, Cipher, Store, StoreProblem, WrongPassphrase, new_keyring, open_store
from remit.surfaces.web.store.schema import HEAD, STEPS, version
from web.writer import write_on

KILLS = int(os.environ.get("REMIT_KILLS", "6"))


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = open_store(folder)
    yield opened
    opened.close()


def document(store: Store, person: str) -> Any:
    saved = store.load(person)
    assert saved
    return saved.document


# --- revisions
def test_undo_and_redo_step_through_edits(store: Store) -> None:
    person = store.add({"n": 0})
    for n in (1, 2, 3):
        store.save(person, {"n": n}, f"place{n}")
    assert [store.step(person, -1) for _ in range(4)] == ["place3", "place2", "place1", None]
    assert document(store, person) == {"n": 0}
    assert store.step(person, 1) == "place1"
    store.save(person, {"n": 9}, "other")  # what was undone is gone
    assert store.step(person, 1) is None
    assert document(store, person) == {"n": 9}


def test_keystrokes_of_one_field_are_one_step(store: Store) -> None:
    person = store.add({"text": ""})
    for said in ("s", "sp", "spr"):
        store.save(person, {"text": said}, "start")
    store.save(person, {"text": "spr", "more": 1}, "end")
    store.step(person, -1)
    assert document(store, person) == {"text": "spr"}
    store.step(person, -1)
    assert document(store, person) == {"text": ""}


def test_old_revisions_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remit.surfaces.web.store.store.KEPT", 5)
    person = store.add({"n": 0})
    for n in range(1, 20):
        store.save(person, {"n": n}, f"place{n}")
    with store.data.connection() as connection:
        assert connection.execute("SELECT count(*) FROM revision").fetchone() == (5,)
    assert document(store, person) == {"n": 19}


# --- encryption
def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_with_a_passphrase_nothing_readable_is_left(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Packed text is not readable as it is, so the packing is taken off for this test.
    monkeypatch.setattr("remit.surfaces.web.store.cipher.zlib.compress", lambda data: data)
    monkeypatch.setattr("remit.surfaces.web.store.cipher.zlib.decompress", lambda data: data)
    person = store.add({"secret": "Unmistakable words"})
    store.save(person, {"secret": "Unmistakable words again"}, "x")
    assert b"Unmistakable" in everything(folder)
    store.encrypt("four odd words here")
    assert b"Unmistakable" not in everything(folder)
    store.save(person, {"secret": "Unmistakable once more"}, "y")
    assert b"Unmistakable" not in everything(folder)
    assert document(store, person) == {"secret": "Unmistakable once more"}
    store.step(person, -1)
    assert document(store, person) == {"secret": "Unmistakable words again"}


def test_only_the_passphrase_opens(folder: Path, store: Store) -> None:
    person = store.add({"n": 1})
    store.encrypt("four odd words here")
    store.change_passphrase("four other words here")
    again = open_store(folder)
    with pytest.raises(WrongPassphrase):
        again.load(person)
    with pytest.raises(WrongPassphrase):
        again.unlock("four odd words here")
    again.unlock("four other words here")
    assert document(again, person) == {"n": 1}
    again.decrypt()
    assert again.keyring() is None
    assert document(open_store(folder), person) == {"n": 1}


def test_a_sealed_document_cannot_be_moved_or_changed() -> None:
    keyring, cipher = new_keyring("four odd words here")
    sealed = cipher.pack({"n": 1}, "a:1")
    assert cipher.unpack(sealed, "a:1") == {"n": 1}
    with pytest.raises(WrongPassphrase):
        cipher.unpack(sealed, "a:2")
    with pytest.raises(WrongPassphrase):
        cipher.unpack(sealed[:-1] + bytes([sealed[-1] ^ 1]), "a:1")
    with pytest.raises(WrongPassphrase):
        Cipher().unpack(sealed, "a:1")
    assert cipher.pack({"n": 1}, "a:1") != sealed  # never the same nonce
    assert len(keyring.salt) == 16


# --- layouts
PUBLISHED = {
    "0001": """
        CREATE TABLE alembic_version (
            version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
        );
        CREATE TABLE setting (name VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY (name));
        CREATE TABLE person (
            person_id VARCHAR NOT NULL, created_at VARCHAR NOT NULL, head INTEGER NOT NULL, PRIMARY KEY (person_id)
        );
        CREATE TABLE revision (
            person_id VARCHAR NOT NULL, n INTEGER NOT NULL, written_at VARCHAR NOT NULL, about VARCHAR NOT NULL,
            body BLOB NOT NULL, PRIMARY KEY (person_id, n),
            FOREIGN KEY(person_id) REFERENCES person (person_id) ON DELETE CASCADE
        );
        """,
    "0002": """
        CREATE TABLE keyring (
            keyring_id INTEGER NOT NULL, salt BLOB NOT NULL, n INTEGER NOT NULL, r INTEGER NOT NULL,
            p INTEGER NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (keyring_id)
        );
        """,
}
"""What the versions of Remit that were published wrote into a file, step by step."""


def published(folder: Path, layout: str) -> sqlite3.Connection:
    """A file as the Remit of a layout made it, with one person."""
    folder.mkdir()
    connection = sqlite3.connect(folder / FILE)
    connection.execute("PRAGMA journal_mode=WAL")
    for step, script in PUBLISHED.items():
        if step <= layout:
            connection.executescript(script)
    connection.execute("INSERT INTO alembic_version VALUES (?)", (layout,))
    body = Cipher().pack({"n": 1, "word": "ü"}, "p:1")
    connection.execute("INSERT INTO person VALUES ('p', '2026-01-01T00:00:00+00:00', 1)")
    connection.execute("INSERT INTO revision VALUES ('p', 1, '2026-01-01T00:00:00+00:00', 'person', ?)", (body,))
    connection.execute("INSERT INTO setting VALUES ('mode', 'visit')")
    connection.commit()
    return connection


def layout_of(connection: sqlite3.Connection) -> dict[str, Any]:
    """Columns and references of each table, and the mark."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    about = ("table_info", "foreign_key_list", "index_list")
    found: dict[str, Any] = {n: [connection.execute(f"PRAGMA {a}({n})").fetchall() for a in about] for n in names}
    return found | {"mark": connection.execute("SELECT version_num FROM alembic_version").fetchall()}


def test_the_newest_layout_is_the_one_that_is_asked_for() -> None:
    assert list(STEPS) == list(PUBLISHED)
    assert max(PUBLISHED) == HEAD


@pytest.mark.parametrize("earlier", PUBLISHED)
def test_every_earlier_layout_comes_forward_with_its_data(folder: Path, earlier: str) -> None:
    published(folder, earlier).close()
    store = open_store(folder)
    with store.data.reading() as connection:
        assert version(connection) == HEAD
    assert document(store, "p") == {"n": 1, "word": "ü"}
    assert store.setting("mode") == "visit"
    store.save("p", {"n": 2}, "x")
    store.encrypt("four odd words here")
    assert document(store, "p") == {"n": 2}
    store.remove("p")
    assert store.people() == []
    store.close()


@pytest.mark.parametrize("earlier", ["", *PUBLISHED])
def test_a_file_has_one_layout_whatever_it_began_as(tmp_path: Path, earlier: str) -> None:
    wanted = published(tmp_path / "published", HEAD)
    if earlier:
        published(tmp_path / "data", earlier).close()
    store = open_store(tmp_path / "data")
    with store.data.reading() as connection:
        assert layout_of(connection) == layout_of(wanted)
    store.close()
    wanted.close()


def test_a_step_that_breaks_off_leaves_the_file_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = published(folder, "0001")
    before = layout_of(connection)
    monkeypatch.setitem(STEPS, "0002", (*STEPS["0002"], "CREATE TABLE person (again VARCHAR)"))
    with pytest.raises(UsageError, match="cannot be opened"):
        open_store(folder)
    assert layout_of(connection) == before
    connection.close()


def test_a_file_of_a_newer_remit_is_left_alone(folder: Path, store: Store) -> None:
    with store.data.writing() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UsageError, match="newer Remit"):
        open_store(folder)


def test_a_file_of_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE).write_bytes(b"not a database at all, but rather a long enough text" * 10)
    with pytest.raises(UsageError, match="cannot be opened"):
        open_store(folder)
    assert (folder / FILE).read_bytes().startswith(b"not a database")


def test_the_folder_is_for_this_user_alone(folder: Path, store: Store) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / FILE).stat().st_mode & 0o077 == 0


# --- a full disk
def test_a_full_disk_is_said_and_loses_nothing(store: Store) -> None:
    person = store.add({"n": 1})
    with store.data.connection() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")  # of this connection, which is the next one's, too
    noise = {"text": [random.random() for _ in range(20_000)]}
    with pytest.raises(StoreProblem) as raised:
        for n in range(50):
            store.save(person, noise, f"place{n}")
    assert raised.value.reason == "full"
    with store.data.connection() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert document(store, person) in ({"n": 1}, noise)
    assert store.is_sound()
    store.save(person, {"n": 2}, "after")
    assert document(store, person) == {"n": 2}


# --- kills
def test_a_kill_at_any_moment_keeps_all_that_was_saved(folder: Path) -> None:
    chance, least = random.Random(20261122), 0
    # Each writer is a process of its own; they branch off one that has read the code already.
    branching = multiprocessing.get_context("forkserver")
    branching.set_forkserver_preload(["web.writer"])
    for _ in range(KILLS):
        heard, said = branching.Pipe(duplex=False)
        writer = branching.Process(target=write_on, args=(str(folder), said))
        writer.start()
        said.close()
        assert heard.poll(120)
        assert heard.recv() >= least  # what the one before had said to be saved is there
        time.sleep(chance.uniform(0, 0.25))
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        try:
            while True:
                least = heard.recv()
        except (EOFError, OSError):
            heard.close()
    store = open_store(folder)
    assert store.is_sound()
    assert document(store, store.people()[0].person_id)["n"] >= least > KILLS


def test_every_write_is_made_durable(store: Store) -> None:
    with store.data.connection() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: the log is on the disk at commit
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert sqlite3.sqlite_version_info >= (3, 35)
