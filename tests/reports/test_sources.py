"""No number on a page without a source: the check itself, and every page walked from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from remit.errors import RemitError
from remit.knowledge import load_knowledge
from remit.render.document.blocks import Document, Grid, Items, Paragraph, Part, Said, Section
from remit.render.document.sourced import check
from reports.made import KINDS, document, main
from surfaces.running import EXAMPLES, with_item_9, write


def one(*blocks: Any, lead: tuple[Said, ...] = ()) -> Document:
    """A document of one section."""
    inner = Section("inner", "Inner", blocks)
    part = Part("Title", lead, (Section("outer", "Outer", (), (inner,)),), ())
    return Document("Title", date(2026, 1, 1), (part,))


BARE = Said("about 30 in 100")


@pytest.mark.parametrize(
    "made",
    [
        one(Paragraph((BARE,))),
        one(Items((Said("fine"), BARE))),
        one(Grid("caption", ("a", "b"), ((Said("x"), BARE),), (1, 1))),
        one(lead=(BARE,)),
    ],
)
def test_a_number_without_a_source_stops_the_document(made: Document) -> None:
    with pytest.raises(RemitError, match="without a source") as told:
        check(made, {"known"})
    assert "30" not in str(told.value)


def test_a_source_that_does_not_exist_stops_the_document() -> None:
    with pytest.raises(RemitError, match="not in the knowledge"):
        check(one(Paragraph((Said("about 30", ("unknown",)),))), {"known"})


def test_sourced_numbers_pass() -> None:
    made = one(Paragraph((Said("30", ("known",)), Said("2024-01-01", origin="record"), Said("prose"))))
    assert check(made, {"known"}) is made


def bare_numbers(element: Any, is_covered: bool = False) -> Iterator[str]:
    """Text with digits under an element that neither it nor what it stands in gives an origin to."""
    if element.tag in ("{http://www.w3.org/2000/svg}svg", "h1", "h2", "h3", "nav", "colgroup"):
        return  # names, and pictures whose facts stand in tables
    known = element.get("data-sources") or element.get("data-origin") in ("record", "program")
    covered = is_covered or bool(known) or element.get("class") == "src"
    names = re.sub(r"PHQ-9|QIDS-SR16|T3", "", element.text or "")
    if not covered and re.search(r"\d", names):
        yield element.text
    for child in element:
        yield from bare_numbers(child, covered)
        if not covered and re.search(r"\d", child.tail or ""):
            yield child.tail


@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_every_number_of_every_page_resolves(mode: str, kind: str, tmp_path: Path) -> None:
    known, rules = load_knowledge().sources, set(load_knowledge().library.rules)
    for path in (EXAMPLES / "history.yaml", write(tmp_path, with_item_9(1))):
        page = main(document(path, tmp_path, "html", mode, kind))
        assert set(bare_numbers(page)) <= rules  # ids of rules, as heads of columns
        cited = {s for e in page.iter() for s in (e.get("data-sources") or "").split()}
        assert cited
        assert cited <= set(known)


def test_every_source_of_the_full_document_is_cited_in_its_annex(tmp_path: Path) -> None:
    page = main(document(EXAMPLES / "history.yaml", tmp_path, "html"))
    used = {s for e in page.iter() for s in (e.get("data-sources") or "").split()}
    (annex,) = [t for t in page.iter("table") if "".join(t.find("caption").itertext()) == "Citations"]
    listed = {"".join(row[0].itertext()).split()[0] for row in annex.find("tbody")}
    assert used - listed <= {s for line in load_knowledge().library.crisis_lines.values() for s in line.sources}
