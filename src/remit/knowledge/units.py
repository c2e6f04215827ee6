"""Units of measurement as records write them."""

from __future__ import annotations

_FOLD = str.maketrans("", "", "[]{}() .*")


def is_same_unit(a: str, b: str | None) -> bool:
    """Whether two units are the same, whatever their brackets and case."""
    return b is not None and a.translate(_FOLD).casefold() == b.translate(_FOLD).casefold()
