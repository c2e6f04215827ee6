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
from reports.made import KINDS, document, main, many
from surfaces.running import EXAMPLES, remit, with_item_9, write


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
        one(Paragraph((Said(BARE.text, origin="quoted"),))),
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


OTHERS = [
    ("claims",),
    ("claims", "exercise"),
    *(("plan", "--option", option, "--start", "2026-12-01", "--mode", mode)
      for option in ("lithium_aug", "ect", "saint_snt", "ketamine_iv") for mode in ("clinician", "visit")),
    *(("coverage", "--policy", policy) for policy in ("uhc_spravato_mdsi", "cms_vns_ced", "lcd_l34998")),
]  # fmt: skip
"""Documents of other commands than `assess`."""


def pages(tmp_path: Path) -> Iterator[tuple[str, Any]]:
    """Every page of a person with a sign, and of the example, by name."""
    sign = write(tmp_path, with_item_9(1))
    for path in (EXAMPLES / "history.yaml", sign, write(tmp_path, many(), "many.yaml")):
        for mode, kind in KINDS:
            yield f"{path.name} {mode} {kind}", main(document(path, tmp_path, "html", mode, kind))
    for args in OTHERS:
        out = tmp_path / "other.html"
        files = () if args[0] == "claims" else (sign,)
        done = remit(args[0], *files, *args[1:], "--format", "html", "-o", out)
        assert done.code == 0, done.err
        yield " ".join(args), main(out.read_bytes())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(pages(tmp_path_factory.mktemp("pages")))


def test_every_number_of_every_page_resolves(written: dict[str, Any]) -> None:
    known, rules = load_knowledge(), set(load_knowledge().library.rules)
    ids = {*known.sources, *known.pooled.source_ids}
    for name, page in written.items():
        assert set(bare_numbers(page)) <= rules, name  # ids of rules, as heads of columns
        cited = {s for e in page.iter() for s in (e.get("data-sources") or "").split()}
        assert cited, name
        assert cited <= ids, name


def texts_with_numbers(node: Any) -> Iterator[str]:
    """Sentences of an entry of the knowledge that hold a number."""
    if isinstance(node, str):
        if re.search(r"\d", node) and len(node.split()) >= LEAST_WORDS:
            yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts_with_numbers(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from texts_with_numbers(value)


LEAST_WORDS = 4


def test_no_sentence_of_the_knowledge_passes_for_the_record(written: dict[str, Any]) -> None:
    """What the knowledge says with a number in it never stands without a source, whatever its origin is said to be."""
    knowledge = load_knowledge()
    entries = [*knowledge.claims.values(), *knowledge.catalogue.values(), *knowledge.checks, *knowledge.facts,
               *knowledge.payers.values(), *knowledge.plans.values(), *knowledge.definitions]  # fmt: skip
    sentences = {s for entry in entries for s in texts_with_numbers(entry.model_dump(mode="json"))}
    assert len(sentences) > 300
    for name, page in written.items():
        bare = [
            " ".join("".join(e.itertext()).split())
            for e in page.iter()
            if e.get("data-origin") and not e.get("data-sources")
        ]
        numbered = [text for text in set(bare) if re.search(r"\d", text)]
        for sentence in sentences:
            assert not any(sentence in text for text in numbered), (name, sentence)


def test_every_source_of_the_full_document_is_cited_in_its_annex(tmp_path: Path) -> None:
    page = main(document(EXAMPLES / "history.yaml", tmp_path, "html"))
    used = {s for e in page.iter() for s in (e.get("data-sources") or "").split()}
    tables = {"".join(t.find("caption").itertext()): t.find("tbody") for t in page.iter("table")}
    listed = {"".join(row[0].itertext()).split()[0] for row in tables["Citations"]}
    listed |= {f"study:{''.join(row[0].itertext()).split()[0]}" for row in tables["Trials behind these numbers"]}
    assert used - listed <= {s for line in load_knowledge().library.crisis_lines.values() for s in line.sources}
