"""The folder a run works in, beside its output: what is finished survives a crash, nothing half-written is moved.

`manifest.json` says what the run is of. A run of the same source, options and program goes on where the last one
stopped;
any other starts afresh. A bucket is written into a folder of its own, which gets its name when it is whole.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import UsageError

MANIFEST = "manifest.json"
_SHELF, _PARTS, _OUT = "shelf", "parts", "out"


class Workspace:
    """Where a run keeps what it has so far.

    Parameters
    ----------
    out : Path
        The output folder, which must not exist yet or be empty.

    Raises
    ------
    UsageError
        If the output is there already, or cannot be written to.
    """

    def __init__(self, out: Path) -> None:
        self.out = out.absolute()
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise UsageError(f"{out} is there already. Name another folder, or remove it.")
        self.root = self.out.with_name(f".{self.out.name}.unfinished")
        with explained(out):
            self.root.mkdir(parents=True, exist_ok=True)
        self.state: dict[str, Any] = {}
        self._lock: Any = None

    def open(self, identity: Mapping[str, Any]) -> bool:
        """Take the folder for a run; True if an unfinished run of the same identity is there to go on with."""
        self._lock = (self.root / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise UsageError(f"Another run is writing to {self.out}. Wait for it, or name another folder.") from error
        digest = _digest(identity)
        if known := self.unfinished(identity):
            self.state = known
            return True
        for name in (_SHELF, _PARTS, _OUT):
            shutil.rmtree(self.root / name, ignore_errors=True)
        self.state = {"identity": digest}
        self.save()
        return False

    def close(self) -> None:
        """Let others have the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Leave nothing behind."""
        self.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def unfinished(self, identity: Mapping[str, Any]) -> dict[str, Any]:
        """What an unfinished run of the same identity noted; empty if there is none."""
        path = self.root / MANIFEST
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return dict(known) if known.get("identity") == _digest(identity) else {}

    def save(self, **more: Any) -> None:
        """Write the manifest, whole or not at all."""
        self.state.update(more)
        temporary = self.root / f"{MANIFEST}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(self.state, file, indent=1, default=str)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.root / MANIFEST)

    def fresh(self, name: str) -> Path:
        """An empty folder of that name."""
        path = self.root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    @property
    def shelf(self) -> Path:
        """Where the buckets lie."""
        return self.root / _SHELF

    def part(self, bucket: int) -> Path:
        """Folder of a bucket's results."""
        return self.root / _PARTS / f"{bucket:05}"

    def has_part(self, bucket: int) -> bool:
        """Whether a bucket is finished."""
        return self.part(bucket).is_dir()

    def keep_part(self, bucket: int, frames: Mapping[str, pl.DataFrame]) -> None:
        """Write a bucket's results; they are there when all of them are."""
        temporary = self.fresh(f"{_PARTS}/{bucket:05}.new")
        for name, frame in frames.items():
            frame.write_ipc(temporary / f"{name}.arrow", compression="lz4")
        temporary.rename(self.part(bucket))

    def parts(self, name: str, n_buckets: int) -> Iterator[pl.DataFrame]:
        """A table of every bucket, in their order."""
        for bucket in range(n_buckets):
            path = self.part(bucket) / f"{name}.arrow"
            if path.is_file():
                yield pl.read_ipc(path)

    def finish(self, folder: Path) -> None:
        """Move the whole output into place and remove the rest."""
        if self.out.is_dir():
            self.out.rmdir()
        folder.rename(self.out)
        shutil.rmtree(self.root, ignore_errors=True)


def _digest(identity: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(identity, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No space on the disk, none of the user's share of it, no larger file allowed."""

_SAYS_FULL = ("No space left", "Disk quota exceeded", "File too large", *(f"os error {number}" for number in _FULL))


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """A full or forbidden disk as a plain message.

    Raises
    ------
    UsageError
        Naming the place and what to do.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or any(word in str(error) for word in _SAYS_FULL):
            raise UsageError(
                f"No space is left on the disk of {place}. What was finished is kept: make room, and run the same "
                "command again to go on."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise UsageError(
                f"Cannot write to {place}: {error.strerror}. Name a folder that you may write to."
            ) from error
        raise
    except pl.exceptions.PolarsError as error:
        if any(word in str(error) for word in _SAYS_FULL):
            raise UsageError(
                f"No space is left on the disk of {place}. Make room, and run the same command again to go on."
            ) from error
        raise
