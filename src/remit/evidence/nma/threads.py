"""Keeps BLAS to one thread where matrices are small.

A network of 200 treatments needs some fifty factorisations of matrices of that size. Threads of BLAS gain nothing
there, and on a busy machine they wait for each other by spinning: several times slower. OpenBLAS is told through its
own interface; where it is not found nothing is changed.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

NAMES = (
    "scipy_openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "openblas_{}_num_threads64_",
    "openblas_{}_num_threads",
)
MAPS = Path("/proc/self/maps")


@cache
def _libraries() -> tuple[tuple[Callable[[], int], Callable[[int], None]], ...]:
    """Functions that get and set the number of threads of each OpenBLAS in this process."""
    try:
        lines = MAPS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    paths = sorted({line.split(maxsplit=5)[-1] for line in lines if "openblas" in line})
    found = []
    for path in paths:
        try:
            library = ctypes.CDLL(path)
        except OSError:
            continue
        for name in NAMES:
            if hasattr(library, name.format("set")) and hasattr(library, name.format("get")):
                found.append((getattr(library, name.format("get")), getattr(library, name.format("set"))))
                break
    return tuple(found)


@contextmanager
def one_thread() -> Iterator[None]:
    """Run BLAS on one thread inside the block, or the decorated function."""
    before = [(put, get()) for get, put in _libraries()]
    for put, _ in before:
        put(1)
    try:
        yield
    finally:
        for put, number in before:
            put(number)
