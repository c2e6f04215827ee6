"""Whatever shows a sign of suicidality, and in whatever form a page is asked for: the panel first, never a grade."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from remit.knowledge.load import package_dir
from reports.made import KINDS, document, main, text_of
from surfaces.running import TWO_FAILURES, remit, with_item_9, write
from surfaces.test_words import BANNED

TITLE = "If there are thoughts of suicide, get help now"
EXCLUDES = "does not exclude risk; ask directly."
OURS = tuple(words for words in BANNED if not words.startswith("recommend"))  # guidelines do, and are quoted
DOSE_AS_ORDER = r"\b(take|start|stop|raise|lower|increase|reduce)\s+\w*\s*\d+(\.\d+)?\s*(mg|milligram)"


def sheet(instrument: str, items: list[int]) -> dict[str, Any]:
    """A history with one sheet of answers."""
    return TWO_FAILURES | {"answers": [{"instrument": instrument, "date": "2026-10-30", "items": items}]}


SIGNS: dict[str, dict[str, Any]] = {
    "item 9 of the PHQ-9": with_item_9(1),
    "ASQ": sheet("asq", [0, 0, 0, 1, 0]),
    "C-SSRS": sheet("cssrs_screener", [1, 0, 0, 0, 0, 0]),
    "QIDS": sheet("qids_sr16", [0] * 11 + [1] + [0] * 4),
    "clue": TWO_FAILURES | {"clues": {"suicidal_thoughts": True}},
    "recent attempt": TWO_FAILURES | {"clues": {"suicide_attempt_recent": True}},
    "condition": TWO_FAILURES | {"conditions": [{"condition": "suicidal_ideation"}]},
    "words": TWO_FAILURES | {"conditions": [{"condition": "wants to die"}]},
    "past attempt": TWO_FAILURES | {"conditions": [{"condition": "attempted suicide", "start": "2019"}]},
}


@pytest.mark.parametrize("history", SIGNS.values(), ids=SIGNS)
def test_every_sign_puts_the_panel_first_in_every_form(history: dict[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path, history)
    assert TITLE in remit("assess", path, "--mode", "visit").out.splitlines()[0]
    assert next(iter(remit("assess", path, "--format", "json").json["persons"][0])) == "crisis"
    assert text_of(document(path, tmp_path, "html", "visit"), "html", tmp_path).startswith(TITLE)
    bundle = json.loads(document(path, tmp_path, "fhir"))
    assert TITLE in bundle["entry"][0]["resource"]["section"][0]["text"]["div"]


def test_a_coded_condition_of_a_bundle_is_a_sign(tmp_path: Path) -> None:
    code = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "R45.851"}
    condition = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
                 "clinicalStatus": {"coding": [{"code": "active"}]}, "code": {"coding": [code]},
                 "recordedDate": "2026-10-01"}  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "collection",
              "entry": [{"resource": {"resourceType": "Patient", "id": "p1"}}, {"resource": condition}]}  # fmt: skip
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(bundle), encoding="utf-8")
    assert TITLE in remit("assess", path).out.splitlines()[0]


def test_what_is_denied_is_no_sign_and_no_all_clear(tmp_path: Path) -> None:
    path = write(tmp_path, TWO_FAILURES | {"clues": {"suicidal_thoughts": False}})
    told = remit("assess", path).out
    assert TITLE not in told
    assert not re.search(r"no (signs? of )?(suicid|risk)|not suicidal|without risk", told, re.IGNORECASE)
    done = remit("assess", write(tmp_path, TWO_FAILURES | {"conditions": [{"condition": "denies suicidal thoughts"}]}))
    assert done.code == 3  # neither read as a sign nor dropped in silence


CITED = ("trials", "sources")
"""Sections that list publications, whose titles and arms are theirs."""


def own(content: bytes) -> str:
    """The words of a page without its list of publications."""
    page = main(content)
    for parent in list(page.iter()):
        for child in list(parent):
            if child.tag == "section" and child.get("aria-labelledby") in CITED and parent.tag == "article":
                parent.remove(child)
    return " ".join("".join(page.itertext()).split())


def pages(path: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Every form of every document of a record, by name, in one line."""
    for mode in ("clinician", "visit"):
        for form in ("text", "json"):
            yield f"{mode} {form}", " ".join(remit("assess", path, "--mode", mode, "--format", form).out.split())
    for mode, kind in KINDS:
        yield f"{mode} {kind}", own(document(path, folder, "html", mode, kind))
    yield "clinician fhir", document(path, folder, "fhir").decode()
    for option in ("lithium_aug", "ketamine_iv"):
        for mode in ("clinician", "visit"):
            done = remit("plan", path, "--option", option, "--start", "2026-12-01", "--mode", mode)
            yield f"{mode} plan {option}", " ".join(done.out.split())
    done = remit("coverage", path, "--policy", "uhc_spravato_mdsi")
    yield "clinician coverage", " ".join(done.out.split())


@pytest.mark.parametrize("answer", [0, 2])
def test_no_form_grades_promises_or_orders(answer: int, tmp_path: Path) -> None:
    path = write(tmp_path, with_item_9(answer))
    for name, text in pages(path, tmp_path):
        assert (TITLE in text) == (answer > 0), name
        assert (EXCLUDES in text) == (answer == 0), name
        ours = text.lower().split("what popular articles say")[0] if name.endswith("full") else text.lower()
        ours = ours.replace("from studies at high risk", "")  # of bias: said of studies, never of a person
        for words in OURS:
            assert not re.search(words, ours), (name, words)
        if name.startswith("visit") and name != "visit json":  # ids and names of trial arms are no prose
            assert not re.search(r"\d\s*mg\b", text), name
            assert not re.search(DOSE_AS_ORDER, text, re.IGNORECASE), name


def vignettes() -> list[Path]:
    return sorted((package_dir() / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", vignettes(), ids=lambda path: path.stem)
def test_every_vignette_reads_well_for_a_visit(path: Path, tmp_path: Path) -> None:
    history = yaml.safe_load(path.read_text(encoding="utf-8"))["history"]
    whole = text_of(document(write(tmp_path, history), tmp_path, "html", "visit"), "html", tmp_path)
    text = whole[: whole.index("Annex: how this document came about")]  # citations stand behind it
    assert not re.search(r"\d\s*mg\b|\bNone\b(?! of)|\bnan\b|\{\w*\}| , |\.\.(?!\.)|\(\)| \.|; ;", text)
    assert not re.search(r"\b(\w{3,}) \1\b", text), "a word twice"
    for words in OURS:
        assert not re.search(words, text.lower()), words
