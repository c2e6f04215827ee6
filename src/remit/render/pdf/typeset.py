"""A document as PDF: the same blocks in the same order as the HTML, tagged for screen readers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from remit.render.document.blocks import Block, Crisis, Document, Figure, Grid, Items, Paragraph, Part, Said, Section
from remit.render.pdf.shown import by_number, unshown

_FOLDER = Path(str(files("remit.render.pdf")))
FONT = "Source Sans 3"
_BREAK = "\u200b"
_LONGEST = 48
_ENDLESS = re.compile(rf"[^\s{_BREAK}]{{{_LONGEST},}}")
_CODE = ("svg", "kind", "language")
"""Keys whose values are no text to read."""
Json = dict[str, Any]


def pdf(document: Document) -> bytes:
    """The document as PDF/UA-1.

    Parameters
    ----------
    document : Document
        One that passed `remit.render.document.sourced.check`.

    Returns
    -------
    bytes
        The same document gives the same bytes; its date is the document's day.
    """
    told, fonts = breakable(as_json(document)), _fonts()
    text = json.dumps(told, ensure_ascii=False)
    if letters := unshown(text, fonts):
        text = json.dumps(by_number(told, letters) | {"has_numbers": True}, ensure_ascii=False)
    made = typst.compile(
        (_FOLDER / "document.typ").read_bytes(),
        format="pdf",
        font_paths=fonts,
        pdf_standards=["ua-1"],
        sys_inputs={"document": text},
        timestamp=datetime.combine(document.day, time(), UTC),
    )
    if not isinstance(made, bytes):
        raise TypeError("the PDF came in pieces")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Our own font and those that come with Typst; none of the machine, so that every machine sets alike."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(_FOLDER / "fonts")])


def breakable(node: Any) -> Any:
    """Plain objects in whose texts an id may break after an underscore, and a word that no line could hold anywhere."""
    if isinstance(node, str):
        text = node.replace("_", f"_{_BREAK}") if "_" in node else node
        return _ENDLESS.sub(lambda word: _BREAK.join(word[0]), text) if len(text) >= _LONGEST else text
    if isinstance(node, dict):
        return {key: value if key in _CODE else breakable(value) for key, value in node.items()}
    return [breakable(value) for value in node] if isinstance(node, list | tuple) else node


def as_json(document: Document) -> Json:
    """The document as plain objects for the template."""
    shows = document.shows_sources
    return {
        "title": document.title,
        "language": document.language,
        "day": [document.day.year, document.day.month, document.day.day],
        "words": document.words,
        "has_numbers": False,
        "parts": [_part(part, shows) for part in document.parts],
    }


def _part(part: Part, shows: bool) -> Json:
    return {
        "title": part.title,
        "crisis": _crisis(part.crisis) if part.crisis else None,
        "lead": [_said(s) for s in part.lead],
        "stands_alone": part.n_front is not None,
        "sections": [_section(s, shows) for s in part.front],
        "rest": [_section(s, shows) for s in part.rest],
        "about": [_said(s) for s in part.about],
        "pinned": _said(part.pinned) if part.pinned else None,
    }


def _crisis(crisis: Crisis) -> Json:
    return {
        "title": crisis.title,
        "emergency": _said(crisis.emergency),
        "lines": [_said(s) for s in crisis.lines],
        "steps": [_said(s) for s in crisis.steps],
        "signs": [_said(s) for s in crisis.signs],
        "note": crisis.note,
    }


def _section(section: Section, shows: bool) -> Json:
    return {
        "title": section.title,
        "page": section.starts_page,
        "blocks": [_block(b, shows) for b in section.blocks],
        "sections": [_section(s, shows) for s in section.sections],
    }


def _said(said: Said, shows: bool = False) -> Json:
    return {"text": said.text, "strong": said.is_strong, "sources": ", ".join(said.sources) if shows else ""}


def _paragraph(block: Paragraph, shows: bool) -> Json:
    return {"note": block.is_note, "said": [_said(s, shows) for s in block.said]}


def _items(block: Items, shows: bool) -> Json:
    return {"numbered": block.is_numbered, "items": [_said(s, shows) for s in block.items]}


def _grid(block: Grid, shows: bool) -> Json:
    rows = [[_said(s, shows) for s in row] for row in block.rows]
    return {
        "kind": block.kind,
        "caption": block.caption,
        "columns": block.columns,
        "widths": block.widths,
        "rows": rows,
    }


def _figure(block: Figure, shows: bool) -> Json:
    picture = block.chart.picture.replace('font-family="sans-serif"', f'font-family="{FONT}"')
    alternative = f"{block.chart.title}. {block.chart.description}"
    return {"svg": picture, "alt": alternative, "legend": _said(block.legend, shows)}


_WRITERS: dict[str, Callable[[Any, bool], Json]] = {
    "paragraph": _paragraph,
    "items": _items,
    "grid": _grid,
    "figure": _figure,
}


def _block(block: Block, shows: bool) -> Json:
    return _WRITERS[block.kind](block, shows) | {"kind": block.kind}
