"""One HTML file from a document: style and pictures inside, no script, nothing fetched.

`html` lays out a whole `remit.render.document.blocks.Document`; whoever has blocks of their own builds a document from
them, so that every page has the same frame: the crisis panel first, then the heading, and the lines that stand on
every output at its end.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from remit.drawing.svg import theme
from remit.render.document.blocks import Document, Said

_FOLDER = files("remit.render.html") / "templates"
_DAY = re.compile(r"(\d{4}-\d\d(?:-\d\d)?)")


def html(document: Document) -> str:
    """The document as one HTML file.

    Parameters
    ----------
    document : Document
        One that passed `remit.render.document.sourced.check`.

    Returns
    -------
    str
        The same document gives the same text.
    """
    return _environment().get_template("document.html.j2").render(document=document, style=style())


@cache
def style() -> Markup:
    """The style of every page, with the dark colours of pictures in it."""
    text = (_FOLDER / "style.css").read_text(encoding="utf-8")
    return Markup(text.replace("/* pictures */", theme()))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(str(_FOLDER)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["run"] = run
    made.filters["picture"] = Markup
    return made


def run(said: Said, shows_sources: bool = False) -> Markup:
    """A run of text with its origin and its sources in the markup; as text beside it where the document shows them."""
    lines = Markup("<br>").join(_with_days(line) for line in said.text.split("\n"))
    if said.is_strong:
        lines = Markup("<strong>{}</strong>").format(lines)
    if not said.sources and said.origin == "words":
        return Markup(lines)
    sources = Markup(' data-sources="{}"').format(" ".join(said.sources)) if said.sources else Markup("")
    mark = Markup(' data-verified="{}"').format(said.verified) if said.verified else Markup("")
    told = Markup('<span data-origin="{}"{}{}>{}</span>').format(said.origin, sources, mark, lines)
    return told + _shown(said) if shows_sources and said.sources else told


def _with_days(text: str) -> Markup:
    """Text in which no line breaks inside a date."""
    parts = _DAY.split(text)
    return Markup("").join(
        Markup('<span class="day">{}</span>').format(p) if n % 2 else _breakable(p) for n, p in enumerate(parts)
    )


def _breakable(text: str) -> Markup:
    """Text whose ids may break after an underscore."""
    return Markup("_<wbr>").join(text.split("_"))


def _shown(said: Said) -> Markup:
    return Markup(' <small class="src">[{}]</small>').format(escape(", ".join(said.sources)))
