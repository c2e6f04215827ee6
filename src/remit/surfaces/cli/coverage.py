"""The commands `coverage` and `claims`."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from remit.errors import UsageError
from remit.knowledge import load_knowledge
from remit.knowledge.text import load_text
from remit.pipeline import cover
from remit.render.phrases import Phrases
from remit.surfaces.cli.assess import Request, notice_lines, run
from remit.surfaces.cli.laid_out import write_laid_out
from remit.surfaces.cli.output import to_error, write_json


def write_coverage(request: Request, policy: str, form: str, output: Path | None) -> None:
    """Run and write a coverage packet.

    Raises
    ------
    UsageError
        If there is no such policy; names those that exist.
    """
    done = run(request)
    knowledge = done.knowledge
    if policy not in knowledge.payers:
        raise UsageError(f"There is no policy {policy[:60]!r}. Known: {', '.join(knowledge.payers)}.")
    known = knowledge.payers[policy]
    tables = done.tables | cover(done.tables, knowledge, known)
    to_error(notice_lines(done.view, done.phrases))
    if form == "json":
        from remit.render.coverage_json import coverage_json

        write_json(coverage_json(done.view, tables, known, knowledge, done.phrases), output)
        return
    from remit.render.document.coverage import coverage_document

    document = coverage_document(done.view, tables, known, knowledge, done.phrases)
    write_laid_out(document, form, knowledge, done.phrases, output)


def write_claims(treatment: str | None, form: str, extra: Path | None, output: Path | None) -> None:
    """Write what popular articles say against what was published.

    Raises
    ------
    UsageError
        If the catalogue has no such entry.
    """
    from remit.render.claims import claims_about, claims_document, claims_json

    knowledge = load_knowledge(extra)
    if treatment is not None and treatment not in knowledge.catalogue:
        near = get_close_matches(treatment, list(knowledge.catalogue), n=3) or list(knowledge.catalogue)
        raise UsageError(f"The catalogue has no {treatment[:60]!r}. Known, among others: {', '.join(near)}.")
    claims = claims_about(treatment, knowledge)
    if form == "json":
        write_json(claims_json(claims, knowledge), output)
        return
    phrases = Phrases(load_text(), "clinician")
    write_laid_out(claims_document(claims, treatment, knowledge, phrases), form, knowledge, phrases, output)
