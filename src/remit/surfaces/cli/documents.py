"""`remit assess --format html|pdf|fhir`: documents and resources; loaded only when one is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

from remit.errors import UsageError
from remit.surfaces.cli.assess import Request, Run, notice_lines, run
from remit.surfaces.cli.options import AssessFormat, DocumentKind
from remit.surfaces.cli.output import to_error, write_json
from remit.surfaces.cli.output import write_document as write


def write_document(
    request: Request,
    form: AssessFormat,
    kind: DocumentKind | None,
    output: Path | None,
    *,
    has_evidence: bool = True,
) -> None:
    """Run and write an assessment as HTML, PDF or FHIR resources.

    Raises
    ------
    UsageError
        If a PDF would go to a terminal, or the mode has no such document.
    """
    if form is AssessFormat.PDF and output is None and sys.stdout.isatty():
        raise UsageError("A PDF is no text for a terminal. Name a file: -o report.pdf")
    if form is AssessFormat.FHIR and kind is not None:
        raise UsageError("--document chooses among documents in HTML and PDF; --format fhir has none of them.")
    done = run(request)
    to_error(notice_lines(done.view, done.phrases))
    if form is AssessFormat.FHIR:
        from remit.render.fhir.bundle import bundle

        write_json(bundle(done.view, done.tables, done.knowledge, done.phrases), output)
    else:
        write(_laid_out(done, form, kind, has_evidence=has_evidence), output)


def _laid_out(done: Run, form: AssessFormat, kind: DocumentKind | None, *, has_evidence: bool) -> bytes:
    from remit.render.document.build import build

    name = kind.value if kind else None
    document = build(done.view, done.tables, done.knowledge, done.phrases, name, has_evidence=has_evidence)
    if form is AssessFormat.HTML:
        from remit.render.html.page import html

        return html(document).encode("utf-8")
    from remit.render.pdf.typeset import pdf

    return pdf(document)
