"""Reads chapters: Markdown with one fenced `spec` block per section.

Days are numbers, day 0 being the first day of the year 2024; an end is the day after the last covered day. `?` is
unknown, `-` is none (an end of `-`: ongoing), `10..20` a partial date: some day from 10 to 20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
Row = dict[str, str]


@dataclass(frozen=True)
class Spec:
    """One section: a claim, a sentence, tables in and rows out."""

    chapter: str
    title: str
    sentence: str
    tables: dict[str, list[Row]]


def chapters() -> list[Path]:
    """The files, in order."""
    return sorted(HERE.glob("[0-9]*.md"))


def read_chapter(path: Path) -> list[Spec]:
    """Every section of a chapter."""
    text = path.read_text(encoding="utf-8")
    chapter = text.splitlines()[0].removeprefix("# ")
    specs = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, rest = section.partition("\n")
        found = re.fullmatch(r"\s*(.*?)\n+```spec\n(.*?)```\s*", rest, flags=re.DOTALL)
        if not found:
            raise ValueError(f"{path.name}: section {title!r} is not a sentence and one block")
        specs.append(Spec(chapter, title.strip(), found[1].strip(), read_tables(found[2])))
    return specs


def read_tables(block: str) -> dict[str, list[Row]]:
    """Tables of a block by name; a blank line parts them, the first cell of the first line is the name."""
    tables: dict[str, list[Row]] = {}
    for part in re.split(r"\n\s*\n", block.strip("\n")):
        lines = [[cell.strip() for cell in line.split("|")] for line in part.splitlines()]
        name, *columns = lines[0]
        if name in tables or not columns:
            raise ValueError(f"table {name!r} stands twice or has no column")
        tables[name] = []
        for head, *cells in lines[1:]:
            if head or len(cells) != len(columns):
                raise ValueError(f"table {name!r}: a row has {len(cells)} cells, expected {len(columns)}")
            tables[name].append(dict(zip(columns, cells, strict=True)))
    return tables
