"""Writing a document of blocks as text or HTML."""

from __future__ import annotations

from pathlib import Path

from remit.knowledge import Knowledge
from remit.render.document.blocks import Document
from remit.render.phrases import Phrases
from remit.surfaces.cli.output import write_document, write_page


def write_laid_out(document: Document, form: str, knowledge: Knowledge, phrases: Phrases, output: Path | None) -> None:
    """Write a document in the form that was asked for."""
    if form == "html":
        from remit.render.html.page import html

        write_document(html(document).encode("utf-8"), output)
    else:
        from remit.render.text.blocks import document_page

        write_page(document_page(document, knowledge, phrases), output)
