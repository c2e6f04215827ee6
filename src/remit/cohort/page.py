"""Parts of the report's page: tables, columns and cells as text, and its sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remit.knowledge.text import Text

MOST_ROWS = 300
"""Rows of a table on the page; the whole table is in the folder of results."""


class Column(NamedTuple):
    """A column of a table on the page."""

    name: str
    is_number: bool = False
    is_code: bool = False


class PageTable(NamedTuple):
    """A table on the page."""

    caption: str
    columns: list[Column]
    rows: list[list[str]]


class Part(NamedTuple):
    """A section of the page."""

    id: str
    texts: list[str]
    figures: list[str]
    tables: list[PageTable]


class Says:
    """Sentences of the report."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __call__(self, key: str, **values: object) -> str:
        return self._text.say(f"cohort.{key}", **values)

    def of(self, group: str, *keys: str) -> dict[str, str]:
        """Sentences of a group as they stand, for pictures that fill them in."""
        return {key: str(self._text.sentences[f"cohort.{group}.{key}"]) for key in keys}

    def or_key(self, group: str, key: str) -> str:
        """The sentence of a key, or the key in plain letters."""
        full = f"cohort.{group}.{key}"
        return self._text.say(full) if self._text.has(full) else key.replace("_", " ")


def number(value: float | None, decimals: int = 0) -> str:
    """A number with its thousands apart; empty where there is none."""
    return "" if value is None else f"{value:,.{decimals}f}"


def amount_of(count: int | None, least: int) -> str:
    """A count of persons; of a few, that it is."""
    return f"<{least}" if count is None else f"{count:,}"


def percent(value: float | None) -> str:
    """A share in percent."""
    return "" if value is None else f"{value * 100:.1f}"


def between(low: float | None, high: float | None, scale: float = 100, decimals: int = 1) -> str:
    """An interval."""
    return "" if low is None or high is None else f"{low * scale:.{decimals}f} to {high * scale:.{decimals}f}"


def headings(say: Says, *names: str) -> list[Column]:
    """Columns of a table by the keys of their names."""
    text = (
        "definition",
        "population",
        "treatment",
        "pathway",
        "sex",
        "age_band",
        "reason",
        "step",
        "id",
        "rule",
        "checked",
    )
    return [
        Column(say(f"column.{n}"), n not in (*text, "hash", "rule_hash"), n in ("hash", "rule_hash")) for n in names
    ]


def page_table(caption: str, columns: list[Column], rows: Iterable[list[str]]) -> PageTable:
    """A table of at most `MOST_ROWS` rows."""
    return PageTable(caption, columns, list(rows)[:MOST_ROWS])
