"""The commands `definitions`, `knowledge check` and `knowledge show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.errors import KnowledgeError, UsageError
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.library import MANY, ONE
from remit.knowledge.names import names_of
from remit.knowledge.parts import PARTS
from remit.knowledge.text import load_text
from remit.render.knowledge_pages import entry_json, find, near
from remit.surfaces.cli.output import write_json, write_page

if TYPE_CHECKING:
    from rich.console import RenderableType


def list_definitions(extra: Path | None, *, is_json: bool) -> None:
    """List all definitions."""
    knowledge = load_knowledge(extra)
    if is_json:
        keys = ("id", "name", "family", "shape", "verified", "summary", "sources", "reviewed")
        rows = [d.model_dump(mode="json", include=set(keys)) for d in knowledge.definitions]
        write_json({"knowledge_version": knowledge.version, "definitions": rows})
        return
    from remit.render.text.knowledge_text import definitions_page

    write_page(definitions_page(knowledge, load_text()))


def show(name: str, extra: Path | None, *, is_json: bool, sections: tuple[str, ...] = ()) -> None:
    """Show the entries of an id.

    Raises
    ------
    UsageError
        If there is none; names what it may have meant.
    """
    knowledge = load_knowledge(extra)
    found = [entry for entry in find(name, knowledge) if not sections or entry.section in sections]
    if not found:
        known = tuple(knowledge.library.definitions) if sections else near(name, knowledge)
        hint = f" Did you mean {', '.join(known)}?" if known and not sections else ""
        hint = f" Known: {', '.join(known)}." if sections else hint
        raise UsageError(f"Nothing is known as {name[:60]!r}.{hint}")
    if is_json:
        write_json([entry_json(entry, knowledge) for entry in found])
        return
    from remit.render.text.knowledge_text import entry_page

    write_page(part for entry in found for part in entry_page(entry, knowledge, load_text()))


def check(extra: Path | None, codes: Path | None, *, is_json: bool) -> None:
    """Read everything without the cache and run every worked case.

    Raises
    ------
    KnowledgeError
        With every fault.
    """
    from remit.checking import check_cases, check_considerations, check_course, check_eligibility

    knowledge = load_knowledge(extra, codes_dir=codes, use_cache=False)
    text = load_text()
    _read_codes(knowledge)
    faults = [fault for d in knowledge.definitions for fault in check_cases(d, knowledge)]
    faults += [fault for c in knowledge.checks for fault in check_considerations(c, knowledge)]
    faults += check_eligibility(knowledge)
    faults += check_course(knowledge)
    if faults:
        raise KnowledgeError(faults)
    course = knowledge.course
    counts = {section: len(getattr(knowledge.library, section)) for section in (*ONE, *MANY)}
    counts |= {section: len(knowledge.part(section)) for section in PARTS}
    n_cases = sum(len(d.cases) for d in knowledge.definitions) + sum(len(c.cases) for c in knowledge.checks)
    n_cases += sum(len(rule.cases) for rule in knowledge.eligibility.values())
    n_cases += sum(len(x.cases) for part in (course.measures, course.algorithms) for x in part.values())
    if is_json:
        totals: dict[str, Any] = counts | {"cases": n_cases, "sentences": len(text.sentences)}
        write_json({"knowledge_version": knowledge.version, "counts": totals, "faults": []})
        return
    write_page(_checked(knowledge, counts, n_cases))


def _read_codes(knowledge: Knowledge) -> None:
    """Ask each code map once, so that all of them are read."""
    codes = names_of(knowledge).codes
    for ask in (codes.product, codes.procedure, codes.condition, codes.observation):
        ask("none", "none")


def _checked(knowledge: Knowledge, counts: dict[str, int], n_cases: int) -> Iterator[RenderableType]:
    from remit.render.text.page import bullets, paragraph

    text = load_text()
    yield paragraph(text.say("knowledge.checked", version=knowledge.version))
    told = [text.say("knowledge.counts", n=n, what=text.say(f"knowledge.what.{s}")) for s, n in counts.items()]
    told.append(text.say("knowledge.texts", n=len(text.sentences)))
    yield bullets([*told, text.say("knowledge.cases_pass", n=n_cases)])
