"""Populations: the same flow, bucket by bucket."""

from __future__ import annotations

import importlib.util

from remit.errors import UsageError

_NEEDED = ("pyarrow", "numba", "jinja2")


def needs(*more: str) -> None:
    """See that the libraries of populations are installed.

    Raises
    ------
    UsageError
        Naming those that are not.
    """
    if missing := [name for name in (*_NEEDED, *more) if importlib.util.find_spec(name) is None]:
        raise UsageError(f"This needs {', '.join(missing)}. Install Remit with its extra `cohort`: remit[cohort].")
