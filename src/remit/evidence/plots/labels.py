"""Long names in pictures: in lines, or as numbers."""

from __future__ import annotations

from textwrap import wrap

LINE, MOST_LINES = 24, 3
MOST_WIDE = 36
"""Characters of the longest name that stands over a column; longer ones stand as the number of their row."""


def lines_of(name: str, line: int = LINE, most: int = MOST_LINES) -> list[str]:
    """A name in at most `most` lines; what does not fit ends in dots."""
    found = wrap(name.replace("_", "_\u200b"), line) or [name]
    found = [part.replace("\u200b", "") for part in found]
    if len(found) <= most:
        return found
    # Names that begin alike often differ at their end, so that the end is kept.
    return [*found[: most - 1], f"... {name[-(line - 4) :].strip()}"]


def numbered(rows: list[str], columns: list[str]) -> tuple[list[str], list[str]]:
    """Names of the rows and heads of the columns of a matrix: numbers of rows where names are too long to stand above.

    Every column must be a row too; else the names stay as they are.
    """
    if max(map(len, columns), default=0) <= MOST_WIDE or not set(columns) <= set(rows):
        return rows, columns
    place = {name: f"({i})" for i, name in enumerate(rows, start=1)}
    return [f"{name} {place[name]}" for name in rows], [place[name] for name in columns]
