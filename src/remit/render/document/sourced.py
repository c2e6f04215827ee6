"""No number without a source: the check that every document passes before it is laid out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container

from remit.errors import RemitError
from remit.render.document.blocks import UNSOURCED, Document, Said, said_in

_DIGIT = re.compile(r"\d")


def problem(said: Said, sources: Container[str]) -> str | None:
    """What is wrong with a run of text: a number without a source, or a source that is not known; None if nothing."""
    if any(source not in sources for source in said.sources):
        return "names a source that is not in the knowledge"
    if said.origin not in UNSOURCED and not said.sources and _DIGIT.search(said.text):
        return "holds a number without a source"
    return None


def check(document: Document, sources: Container[str]) -> Document:
    """The document, after every number in it was seen to come from a source, the record or the program.

    Parameters
    ----------
    document : Document
    sources : container of str
        Ids of the knowledge's sources.

    Raises
    ------
    RemitError
        With every place and what is wrong there; a fault of ours. It holds no text of the document.
    """
    found = Counter(
        f"{place}: {wrong}" for place, said in said_in(document) if (wrong := problem(said, sources)) is not None
    )
    if found:
        lines = "\n".join(f"  {what} ({n})" for what, n in found.items())
        raise RemitError(f"A document was not written, because numbers in it have no source:\n{lines}")
    return document
