"""Documents read back: words that may not be said, frame, structure, tags, the same bytes, the same order."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from remit.knowledge import load_knowledge
from reports.made import KINDS, document, many, poppler, text_of, tree
from surfaces.running import EXAMPLES, python, remit, write
from surfaces.test_words import BANNED, grade

SVG = "{http://www.w3.org/2000/svg}"
HISTORY = EXAMPLES / "history.yaml"
ALWAYS = (
    "Not advice, not a prescription, not a diagnosis.",
    "Do not start, stop or change any medicine because of this page.",
    "No one is monitoring what you enter.",
    "Unknown answers are treated as unknown, not as safe.",
    "If you may act on thoughts of suicide, call",
    "Labels and cover rules change.",
)
QUOTING = ("what pooled studies found", "What popular articles say", "Annex: sources")
"""Sections that quote others, whose words are theirs; what stands before them is ours."""


@pytest.mark.parametrize("form", ["html", "pdf"])
@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_no_document_says_what_may_not_be_said(form: str, mode: str, kind: str, tmp_path: Path) -> None:
    text = text_of(document(HISTORY, tmp_path, form, mode, kind), form, tmp_path).lower()
    for words in ("low risk", "safe for you", "best treatment", "treatment failure", "failed patient", "risk level"):
        assert words not in text
    contents = "contents " in text
    ours = text
    for title in QUOTING:
        found = [m.start() for m in re.finditer(re.escape(title.lower()), text)]
        if len(found) > contents:
            ours = ours[: min(len(ours), found[-1])]
    for words in BANNED:
        if words != r"recommend(s|ed)?\b":  # guidelines do, and are quoted
            assert not re.search(words, ours), words


@pytest.mark.parametrize("form", ["html", "pdf"])
@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_every_document_says_mode_version_and_limits(form: str, mode: str, kind: str, tmp_path: Path) -> None:
    text = text_of(document(HISTORY, tmp_path, form, mode, kind), form, tmp_path)
    assert ("Mode: clinician" if mode == "clinician" else "Mode: visit preparation") in text
    assert load_knowledge().version in text
    for told in ALWAYS:
        assert told in text


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_the_page_for_the_visit_names_no_dose_and_ranks_nothing(form: str, tmp_path: Path) -> None:
    text = text_of(document(HISTORY, tmp_path, form, "visit"), form, tmp_path)
    assert not re.search(r"\d\s*mg\b", text)
    assert not re.search(r"\bfail|first choice|\brank", text, re.IGNORECASE)
    for title in ("What was tried", "What the published definitions say", "What else to check", "Questions to bring",
                  "What to bring"):  # fmt: skip
        assert title in text


def test_the_page_for_the_visit_is_one_page_and_reads_at_grade_8_or_below(tmp_path: Path) -> None:
    content = document(HISTORY, tmp_path, "pdf", "visit")
    first = poppler("pdftotext", content, tmp_path, "-f", "1", "-l", "1")
    assert "Someone you trust, if you like" in first  # the last line of what to bring
    page = tree(document(HISTORY, tmp_path, "html", "visit"))
    lines = ["".join(e.itertext()) for e in page.iter() if e.tag in ("p", "li", "h1", "h2")]
    assert grade("\n".join(lines)) <= 8


@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_the_html_stands_alone_and_is_built_for_every_reader(mode: str, kind: str, tmp_path: Path) -> None:
    content = document(HISTORY, tmp_path, "html", mode, kind)
    page = tree(content)
    assert page.get("lang") == "en"
    tags = [e.tag for e in page.iter() if isinstance(e.tag, str)]
    assert not {"script", "iframe", "object", "img", "link", "form"} & set(tags)
    assert tags.count("main") == tags.count("h1") == tags.count("title") == 1
    for element in page.iter():
        for name, value in element.items():
            assert not name.startswith("on")
            if name in ("href", "src"):
                assert value.startswith("#")
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.iter():
        for reference in (element.get("aria-labelledby") or "").split():
            assert reference in ids
        if element.tag == "a":
            assert element.get("href").removeprefix("#") in ids
    style = content.decode().split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    for told in ("@media print", "prefers-color-scheme: dark"):
        assert told in style


@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_tables_have_captions_and_scopes(mode: str, kind: str, tmp_path: Path) -> None:
    page = tree(document(HISTORY, tmp_path, "html", mode, kind))
    for table in page.iter("table"):
        assert "".join(table.find("caption").itertext()).strip()
        assert all(cell.get("scope") == "col" for cell in table.find("thead").iter("th"))
        for row in table.find("tbody").iter("tr"):
            assert row[0].tag == "th" and row[0].get("scope") == "row"
            assert all("".join(cell.itertext()).strip() for cell in row)
    pictures = list(page.iter(f"{SVG}svg"))
    assert bool(pictures) == (kind in ("full", "visit", "options"))
    for picture in pictures:
        assert picture.get("role") == "img"
        assert picture.find(f"{SVG}title").text and picture.find(f"{SVG}desc").text


@pytest.mark.parametrize(("mode", "kind"), KINDS)
def test_the_pdf_is_tagged_titled_and_in_a_language(mode: str, kind: str, tmp_path: Path) -> None:
    content = document(HISTORY, tmp_path, "pdf", mode, kind)
    told = poppler("pdfinfo", content, tmp_path)
    assert re.search(r"^Tagged:\s+yes$", told, re.MULTILINE)
    assert re.search(r"^Title:\s+\S", told, re.MULTILINE)
    assert re.search(r"^CreationDate:.*Oct\s+1 00:00:00 2026", told, re.MULTILINE)
    structure = poppler("pdfinfo", content, tmp_path, "-struct")
    assert "H1" in structure
    assert (
        b"pdfuaid" in content
        or "PDF/UA" in poppler("pdfinfo", content, tmp_path, "-meta")
        or ("pdfuaid:part" in poppler("pdfinfo", content, tmp_path, "-meta"))
    )
    if kind in ("full", "visit"):
        assert "Figure" in structure
        assert "Table" in structure and "TH" in structure


@pytest.mark.parametrize("form", ["html", "pdf", "fhir"])
def test_the_same_input_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    assert document(HISTORY, tmp_path, form) == document(HISTORY, tmp_path, form)


def test_html_and_pdf_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    page = tree(document(HISTORY, tmp_path, "html"))
    pdf = re.sub(r"\s+|\u200b", "", poppler("pdftotext", document(HISTORY, tmp_path, "pdf"), tmp_path))
    heads = [re.sub(r"\s+", "", "".join(e.itertext())) for e in page.iter() if e.tag in ("h2", "h3")][1:]
    at = 0
    for head in heads:
        assert head in pdf[at:], head
        at = pdf.index(head, at)


def test_a_long_history_comes_through(tmp_path: Path) -> None:
    path = write(tmp_path, many())
    page = tree(document(path, tmp_path, "html"))
    captions = ["".join(t.find("caption").itertext()) for t in page.iter("table")]
    rows = {c: len(list(t.find("tbody").iter("tr"))) for c, t in zip(captions, page.iter("table"), strict=True)}
    assert rows["Treatment trials, in order of start"] == 40
    assert max(n for caption, n in rows.items() if caption.startswith("PHQ-9")) == 201  # and the sheet of answers
    assert document(path, tmp_path, "pdf")


# --- the command
def test_a_document_that_the_mode_does_not_have_is_refused(tmp_path: Path) -> None:
    for mode, kind in (("visit", "full"), ("visit", "letter"), ("clinician", "visit")):
        out = tmp_path / "never.html"
        done = remit("assess", HISTORY, "--format", "html", "--mode", mode, "--document", kind, "-o", out)
        assert done.code == 2
        assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    done = remit("assess", HISTORY, "--format", "pdf", "-o", tmp_path / "no" / "such.pdf")
    assert done.code == 2
    assert "Name a file in a folder that exists" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_does_not_go_to_a_terminal() -> None:
    code = (
        "import os, pty, sys, subprocess\n"
        "ours, theirs = pty.openpty()\n"
        "command = [sys.executable, '-c', 'from remit.surfaces.cli import main; main()', 'assess',\n"
        "           'examples/history.yaml', '--format', 'pdf']\n"
        "done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True)\n"
        "print(done.returncode, done.stderr)\n"
    )
    out = python(code).out
    assert out.startswith("2")
    assert "-o report.pdf" in out


def test_a_pdf_goes_into_a_pipe() -> None:
    code = (
        "import sys, subprocess\n"
        "command = [sys.executable, '-c', 'from remit.surfaces.cli import main; main()', 'assess',\n"
        "           'examples/history.yaml', '--format', 'pdf']\n"
        "done = subprocess.run(command, capture_output=True)\n"
        "print(done.returncode, done.stdout[:5], done.stdout.rstrip()[-5:])\n"
    )
    assert python(code).out.split() == ["0", "b'%PDF-'", "b'%%EOF'"]


def test_text_needs_neither_templates_nor_a_typesetter() -> None:
    code = (
        "import sys\nfrom remit.surfaces.cli import main\n"
        "try:\n    main(['assess', 'examples/history.yaml'])\nexcept SystemExit: pass\n"
        "print(sorted({'jinja2', 'typst'} & set(sys.modules)))\n"
    )
    assert python(code).out.splitlines()[-1] == "[]"
