"""The data file: revisions, undo, encryption, steps between layouts, a full disk, and kills at any moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from remit.errors import UsageError
from remit.surfaces.web.store import FILE, Cipher, Store, StoreProblem, WrongPassphrase, new_keyring, open_store
from remit.surfaces.web.store.opening import _engine
from remit.surfaces.web.store.schema import HEAD, upgrade, version
from web.writer import write_on

KILLS = int(os.environ.get("REMIT_KILLS", "6"))


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    opened = open_store(folder)
    yield opened
    opened.engine.dispose()


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
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM revision")).scalar() == 5
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
def steps() -> list[str]:
    config = Config()
    place = Path(sys.modules["remit.surfaces.web.store"].__file__ or "").parent / "migrations"
    config.set_main_option("script_location", str(place))
    return [s.revision for s in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]


def test_the_newest_layout_is_the_one_that_is_asked_for() -> None:
    assert steps()[-1] == HEAD


@pytest.mark.parametrize("earlier", steps())
def test_every_earlier_layout_comes_forward_with_its_data(folder: Path, earlier: str) -> None:
    folder.mkdir()
    engine = _engine(folder / FILE)
    upgrade(engine, earlier)
    body = Cipher().pack({"n": 1, "word": "ü"}, "p:1")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO person VALUES ('p', '2026-01-01T00:00:00+00:00', 1)"))
        connection.execute(
            text("INSERT INTO revision VALUES ('p', 1, '2026-01-01T00:00:00+00:00', 'person', :body)"), {"body": body}
        )
        connection.execute(text("INSERT INTO setting VALUES ('mode', 'visit')"))
    engine.dispose()
    store = open_store(folder)
    with store.engine.connect() as connection:
        assert version(connection) == HEAD
    assert document(store, "p") == {"n": 1, "word": "ü"}
    assert store.setting("mode") == "visit"
    store.save("p", {"n": 2}, "x")
    store.encrypt("four odd words here")
    assert document(store, "p") == {"n": 2}


def test_a_file_of_a_newer_remit_is_left_alone(folder: Path, store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
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
    with store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(
            text(f"PRAGMA max_page_count = {pages}")
        )  # of this connection, which the pool hands out next
    noise = {"text": [random.random() for _ in range(20_000)]}
    with pytest.raises(StoreProblem) as raised:
        for n in range(50):
            store.save(person, noise, f"place{n}")
    assert raised.value.reason == "full"
    with store.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
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
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL: the log is on the disk at commit
        assert connection.execute(text("PRAGMA secure_delete")).scalar() == 1
    assert sqlite3.sqlite_version_info >= (3, 35)
