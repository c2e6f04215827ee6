"""Writes to a data folder without end and says what is on the disk; `test_store` kills it at random moments."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from remit.surfaces.web.store import open_store


def write_on(folder: str, said: Connection) -> None:
    """Save the next number again and again; each is said once `save` has returned."""
    store = open_store(Path(folder))
    people = store.people()
    person = people[0].person_id if people else store.add({"n": 0})
    saved = store.load(person)
    assert saved
    n = saved.document["n"]
    said.send(n)
    while True:
        n += 1
        store.save(person, {"n": n, "text": "x" * (n % 5000)}, f"place{n % 7}")
        said.send(n)
