"""The command `serve`: the local web app on this machine, and nowhere else."""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path

from remit.errors import UsageError
from remit.surfaces.cli.garbage import SERVED, resume

HOST = "127.0.0.1"
DEFAULT_PORT = 8600
MOST_PORT = 65535
BACKLOG = 128
THREADS = "POLARS_MAX_THREADS", "1"
"""Frames of one person are small: to share them out among threads costs more than they do. Read when Polars loads."""


def data_folder(chosen: Path | None) -> Path:
    """The data folder: the one that was named, else the one of this user."""
    if chosen is not None:
        return chosen
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "remit"


def bind(port: int | None) -> socket.socket:
    """A socket on this machine: at the port that was named, else at the usual one or, if that is taken, at any.

    Raises
    ------
    UsageError
        If the port cannot be had.
    """
    if port is not None and not 0 <= port <= MOST_PORT:
        raise UsageError(f"--port must be from 0 to {MOST_PORT}.")
    tries = [port] if port is not None else [DEFAULT_PORT, 0]
    for number in tries:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, number))
        except OSError:
            sock.close()
            continue
        sock.listen(BACKLOG)
        return sock
    raise UsageError(f"Port {port} is taken or not allowed. Name another with --port.")


def serve(port: int | None, folder: Path | None, knowledge_dir: Path | None, codes: Path | None) -> None:
    """Serve until interrupted.

    Raises
    ------
    UsageError
        If the port or the folder cannot be used.
    """
    sock = bind(port)
    place = data_folder(folder)
    os.environ.setdefault(*THREADS)
    import uvicorn

    from remit.knowledge import load_knowledge
    from remit.knowledge.text import load_text
    from remit.surfaces.web.app import make_app
    from remit.surfaces.web.store import open_store

    logging.basicConfig(level=logging.WARNING, format="remit: %(message)s", stream=sys.stderr)
    app = make_app(open_store(place), load_knowledge(knowledge_dir, codes_dir=codes), load_text())
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, date_header=True, lifespan="off", ws="none"
    )
    resume(SERVED)
    address = f"http://{HOST}:{sock.getsockname()[1]}/"
    print(f"Remit is open at {address}", flush=True)  # noqa: T201
    print(f"Data: {place}. Nothing leaves this machine. Press Ctrl+C to stop.", flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[sock])
