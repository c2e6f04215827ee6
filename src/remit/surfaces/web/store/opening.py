"""Opens the data file of a folder, made or brought to the present layout where need be."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from remit.errors import UsageError
from remit.surfaces.web.store.data import DataFile
from remit.surfaces.web.store.schema import HEAD, upgrade, version
from remit.surfaces.web.store.store import Store

FILE = "remit.db"


def open_store(folder: Path) -> Store:
    """The store of a data folder, made or brought to the present layout where need be.

    Raises
    ------
    UsageError
        If the folder cannot be used, or a newer Remit wrote it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
        path = folder / FILE
        path.touch(mode=stat.S_IRUSR | stat.S_IWUSR, exist_ok=True)
    except OSError as error:
        raise UsageError(f"Cannot use the folder {folder}: {error.strerror}. Name another with --data.") from error
    if not os.access(path, os.W_OK):
        raise UsageError(f"Cannot write to {path}. Check its permissions, or name another folder with --data.")
    data = DataFile(path)
    try:
        with data.reading() as connection:
            found = version(connection)
        if found is not None and found > HEAD:
            raise UsageError(f"{path} was written by a newer Remit. Use that version, or another folder.")
        if found != HEAD:
            upgrade(data)
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{path} cannot be opened as Remit's data. Move it away, or name another folder.") from error
    return Store(data)
