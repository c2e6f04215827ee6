"""Which letters the fonts of a PDF can show. Another one stands in the PDF by its number, never as an empty box.

Typst itself is asked, once a letter, so that the answer holds for the fonts that are really there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import typst

from remit.render.letters import numbered

ASK = b"""#set document(title: "letters")
#set text(font: ("Source Sans 3", "Libertinus Serif", "DejaVu Sans Mono"))
#json(bytes(sys.inputs.letters))"""
_PLAIN = re.compile(r"[\n\u0020-\u007e\u00a0-\u024f\u0391-\u03a9\u03b1-\u03c9\u2010-\u2027\u2068\u2069]*")
"""Letters that our own font surely has."""


def unshown(text: str, fonts: typst.Fonts) -> frozenset[str]:
    """Letters of a text that the fonts cannot show.

    Parameters
    ----------
    text : str
    fonts : typst.Fonts
        Those that the PDF is set with.
    """
    letters = sorted(set(text) - set(_plain(text)))
    if not letters or _is_shown("".join(letters), fonts):
        return frozenset()
    return frozenset(letter for letter in letters if not _is_shown(letter, fonts))


def _plain(text: str) -> Iterable[str]:
    return (letter for letter in set(text) if _PLAIN.fullmatch(letter))


@cache
def _is_shown(letters: str, fonts: typst.Fonts) -> bool:
    """Whether the fonts have all of these letters, alone and after another one."""
    asked = json.dumps(f"{letters} {' '.join(f'a{letter}' for letter in letters)}")
    try:
        typst.compile(ASK, format="pdf", font_paths=fonts, pdf_standards=["ua-1"], sys_inputs={"letters": asked})
    except typst.TypstError:
        return False
    return True


def by_number(node: Any, letters: frozenset[str]) -> Any:
    """Plain objects with those letters written by their number.

    Parameters
    ----------
    node : object
        Lists, dicts and texts.
    letters : frozenset of str
    """
    if isinstance(node, str):
        return "".join(numbered(c) if c in letters else c for c in node) if letters.intersection(node) else node
    if isinstance(node, dict):
        return {key: by_number(value, letters) for key, value in node.items()}
    return [by_number(value, letters) for value in node] if isinstance(node, list | tuple) else node
