"""Opens the data file of a folder, made or brought to the present layout where need be."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from remit.errors import UsageError
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
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            found = version(connection)
        if found is not None and found > HEAD:
            raise UsageError(f"{path} was written by a newer Remit. Use that version, or another folder.")
        upgrade(engine)
    except DatabaseError as error:
        raise UsageError(f"{path} cannot be opened as Remit's data. Move it away, or name another folder.") from error
    return Store(engine)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=QueuePool, connect_args={"timeout": 20})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        is_writing = connection.get_execution_options().get("is_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    @event.listens_for(engine, "connect")
    def _own_transactions(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    return engine
