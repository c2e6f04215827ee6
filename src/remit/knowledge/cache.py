"""Validated knowledge on disk, so that a start does not parse hundreds of files.

A key covers path, size and time of every file and of the code that reads them; a cache that cannot be read or
written is not used. It holds no person's data. A few forms are kept side by side: a site's own files beside ours give
another key than ours alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

KEPT = 4
"""Forms of one name that are kept, the newest."""


def cache_file(name: str, paths: Iterable[Path]) -> Path | None:
    """Where the validated form of `paths` would lie; None where the user has no cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or (Path.home() / ".cache" if "HOME" in os.environ else None)
    if base is None:
        return None
    digest = hashlib.blake2b(_code() + _states(paths), digest_size=16)
    return Path(base) / "remit" / f"{name}-{digest.hexdigest()}.json"


@cache
def _code() -> bytes:
    """State of the code that reads; it is the same for as long as the process lives."""
    return _states(sorted(Path(__file__).parent.glob("*.py")))


def _states(paths: Iterable[Path]) -> bytes:
    stats = ((path, path.stat()) for path in paths)
    return "".join(f"{path}|{stat.st_size}|{stat.st_mtime_ns}\n" for path, stat in stats).encode()


def read_cache(path: Path | None) -> bytes | None:
    """What was kept; None if nothing."""
    try:
        return path.read_bytes() if path and path.is_file() else None
    except OSError:
        return None


def write_cache(name: str, path: Path | None, content: bytes) -> None:
    """Write beside and move into place, so that a reader never meets half a file; forget all but the newest."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_bytes(content)
        temporary.replace(path)
        forms = sorted(path.parent.glob(f"{name}-*.json"), key=lambda form: form.stat().st_mtime_ns)
        for old in forms[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
