"""The first page for the visit stands alone: one page on paper with a panel, with forty treatments, with everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reports.made import document, main, many, poppler, tree
from surfaces.running import EXAMPLES, TWO_FAILURES, failure, with_item_9, write
from surfaces.test_words import grade

LAST_LINES = ("Someone you trust, if you like", "Unknown answers are treated as unknown, not as safe.")
BEHIND = (
    "How it is going, in full",
    "What each rule asks",
    "Earlier treatments",
    "More questions about what is missing",
)
LONG_NAME = "Anna-Maria Theodora van der Wolkenstein-Trostburg " * 5


def full_of_everything(country: str) -> dict[str, Any]:
    """A panel with several signs, many unknown facts, many raised checks, ongoing treatments and a long name."""
    history = many()
    history["person"] = {"id": LONG_NAME.strip(), "country": country, "sex": "female", "birth_date": "1950-01-01"}
    undated = [{"treatment": name} for name in ("fluoxetine", "paroxetine", "citalopram", "trazodone", "amitriptyline")]
    going_on = [{"treatment": "lithium", "start": "2015-02", "augments": "mirtazapine"}, {"treatment": "quetiapine"}]
    return history | {
        "treatments": [*history["treatments"], *undated, *going_on],
        "clues": {"suicidal_thoughts": True, "antidepressant_induced_switch": True, "snoring": True},
        "conditions": [{"condition": "hypothyroidism", "start": "2015"}, {"condition": "suicidal_ideation"}],
    }


HISTORIES: dict[str, Any] = {
    "two": TWO_FAILURES,
    "nothing": {"treatments": []},
    "panel": with_item_9(2),
    "many": many(),
    **{f"everything {country}": full_of_everything(country) for country in ("US", "GB", "AU", "DE", "XX")},
}


def pages(content: bytes, folder: Path) -> list[str]:
    """The words of every page."""
    return [" ".join(page.split()) for page in poppler("pdftotext", content, folder).split("\f")][:-1]


@pytest.mark.parametrize("name", [*HISTORIES, *(p.name for p in EXAMPLES.glob("*.yaml"))])
def test_the_first_page_is_one_page_and_whole(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, HISTORIES[name]) if name in HISTORIES else EXAMPLES / name
    first, *rest = pages(document(path, tmp_path, "pdf", "visit"), tmp_path)
    for told in ("What was tried", "What the published definitions say", "Questions to bring", *LAST_LINES):
        assert told in first
        assert all(told not in page for page in rest)
    assert first.count("“") == 0 or "behind" in first
    assert rest[0].startswith(BEHIND)


def test_its_letters_are_large_where_there_is_room(tmp_path: Path) -> None:
    def height(history: dict[str, Any]) -> float:
        content = document(write(tmp_path, history), tmp_path, "pdf", "visit")
        told = poppler("pdftotext", content, tmp_path, "-bbox", "-f", "1", "-l", "1")
        found = re.search(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">Someone<', told)
        assert found
        return float(found[2]) - float(found[1])

    assert height(TWO_FAILURES) > height(full_of_everything("GB"))


def test_no_treatment_is_lost_and_those_that_go_on_come_first(tmp_path: Path) -> None:
    history = many()
    history["treatments"].append({"treatment": "quetiapine", "start": "2006-01-20"})  # long ago, and going on
    path = write(tmp_path, history)
    page = main(document(path, tmp_path, "html", "visit"))
    tables = {"".join(t.find("caption").itertext()): list(t.find("tbody").iter("tr")) for t in page.iter("table")}
    shown = tables["Treatments that go on, and the newest ones"]
    rest = tables["Treatments that have no room on the first page, in order of start"]
    assert len(shown) == 7
    assert len(shown) + len(rest) == 41
    assert "quetiapine" in ["".join(row[0].itertext()) for row in shown]
    told = " ".join("".join(page.itertext()).split())
    counted = re.search(
        r"(\d+) treatments are on record\. Full tries: (\d+)\. Not full tries: (\d+)\. We cannot tell: (\d+)", told
    )
    assert counted
    n, *parts = map(int, counted.groups())
    assert n == sum(parts) == 41


def test_what_has_no_room_stands_under_the_heading_that_is_named(tmp_path: Path) -> None:
    page = main(document(write(tmp_path, full_of_everything("US")), tmp_path, "html", "visit"))
    heads = {"".join(h.itertext()) for h in page.iter("h2")}
    told = " ".join("".join(page.itertext()).split())
    named = set(re.findall(r"under “([^”]+)”", told))
    assert {"Earlier treatments", "What each rule asks", "More questions about what is missing"} <= named <= heads


def test_no_question_is_lost(tmp_path: Path) -> None:
    names = ("sertraline", "fluoxetine", "citalopram", "venlafaxine", "duloxetine", "mirtazapine", "bupropion")
    treatments = [failure(name, "2024-03-01", "2024-06-30", None) for name in names]
    path = write(tmp_path, TWO_FAILURES | {"treatments": treatments})
    page = tree(document(path, tmp_path, "html", "visit"))
    asked = ["".join(li.itertext()) for li in page.iter("li")]
    for row in treatments:
        assert sum(f"How much {row['treatment']} did I take" in line for line in asked) == 1


def test_a_treatment_that_could_not_be_read_is_said_on_the_first_page(tmp_path: Path) -> None:
    content = document(EXAMPLES / "safety.yaml", tmp_path, "pdf", "visit")
    first, *rest = pages(content, tmp_path)
    if any("Please check" in page for page in rest):
        assert "on your record" in first


@pytest.mark.parametrize("name", HISTORIES)
def test_it_reads_at_grade_8_or_below(name: str, tmp_path: Path) -> None:
    page = tree(document(write(tmp_path, HISTORIES[name]), tmp_path, "html", "visit"))
    sources = next(s for s in page.iter("section") if s.get("aria-labelledby") == "sources")
    cited = set(sources.iter())
    lines = ["".join(e.itertext()) for e in page.iter() if e.tag in ("p", "li", "h1", "h2", "td") and e not in cited]
    assert grade("\n".join(line.replace(LONG_NAME.strip(), "Anna") for line in lines)) <= 8
