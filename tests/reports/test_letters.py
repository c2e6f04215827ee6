"""Names in every script: nothing crashes, nothing is an empty box, nothing acts on the page, nothing is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.render.letters import legible, shortened
from remit.render.pdf.shown import by_number, unshown
from remit.render.pdf.typeset import _fonts
from reports.made import document, poppler, text_of, tree
from surfaces.running import TWO_FAILURES, remit

SHOWN = {
    "russian": "Иван Петрович",
    "greek": "Γιώργος",
    "vietnamese": "Nguyễn Thị Ánh",
    "marks": "e\u0323\u0301a\u0308",
    "markup": "<script>alert(1)</script> &amp; #let x $y$ *b* @c `d` \\n",
}
"""Names that every form shows as they are."""
LACKING = {"chinese": "王小明", "korean": "김철수", "thai": "สมชาย", "face": "Sam 🙂", "family": "👨‍👩‍👧"}
"""Names that the fonts of the PDF lack."""
COMMANDS = {"bell": "a\x07b", "escape": "a\x1b[31mb", "null": "a\x00b", "turn": "abc\u202edef", "private": "a\ue000b"}
RIGHT_TO_LEFT = {"arabic": "محمد علي", "hebrew": "שרה כהן"}


def named(name: str, folder: Path) -> Path:
    """A history of someone of that name."""
    path = folder / "named.json"
    path.write_text(json.dumps(TWO_FAILURES | {"person": {"id": name, "country": "US"}}), encoding="utf-8")
    return path


def squeezed(text: str) -> str:
    """Text without spaces and without marks that break or isolate."""
    return re.sub(r"[\s\u200b\u2066-\u2069]+", "", text)


@pytest.mark.parametrize("name", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("form", ["html", "pdf"])
def test_a_name_stands_as_it_is(form: str, name: str, tmp_path: Path) -> None:
    text = text_of(document(named(name, tmp_path), tmp_path, form, "visit"), form, tmp_path)
    assert squeezed(name) in squeezed(text)
    assert "[U+" not in text


@pytest.mark.parametrize("name", LACKING.values(), ids=LACKING)
def test_a_letter_that_the_fonts_lack_stands_by_its_number_and_is_explained(name: str, tmp_path: Path) -> None:
    path = named(name, tmp_path)
    text = squeezed(text_of(document(path, tmp_path, "pdf", "visit"), "pdf", tmp_path))
    for letter in name:
        if not letter.isascii() and letter != "\u200d":
            assert f"[U+{ord(letter):04X}]" in text
    assert "ThefontsofthisPDFlacksomeletters" in text
    page = text_of(document(path, tmp_path, "html", "visit"), "html", tmp_path)
    assert name in page
    assert "lack some letters" not in page


@pytest.mark.parametrize("name", COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_shown_and_not_obeyed(name: str, tmp_path: Path) -> None:
    path = named(name, tmp_path)
    (command,) = [letter for letter in name if not letter.isprintable()]
    number = f"[U+{ord(command):04X}]"
    for form in ("html", "pdf"):
        assert number in squeezed(text_of(document(path, tmp_path, form, "visit"), form, tmp_path))
    told = remit("assess", path).out
    assert number in told
    assert command not in told
    bundle = json.loads(document(path, tmp_path, "fhir"))
    divs = [s["text"]["div"] for e in bundle["entry"] for s in e["resource"].get("section", ())]
    assert all(command not in div for div in divs)


@pytest.mark.parametrize("name", RIGHT_TO_LEFT.values(), ids=RIGHT_TO_LEFT)
def test_writing_from_right_to_left_is_set_apart(name: str, tmp_path: Path) -> None:
    path = named(name, tmp_path)
    heading = next(tree(document(path, tmp_path, "html", "visit")).iter("h1"))
    assert "".join(heading.itertext()).endswith(f"\u2068{name}\u2069")
    text = text_of(document(path, tmp_path, "pdf", "visit"), "pdf", tmp_path)
    assert "[U+" not in text
    for word in name.split():
        assert word in text


@pytest.mark.parametrize("name", ["A" * 256, ("Anna " * 51).strip()])
def test_a_very_long_name_stays_on_the_paper(name: str, tmp_path: Path) -> None:
    content = document(named(name, tmp_path), tmp_path, "pdf", "visit")
    boxes = poppler("pdftotext", content, tmp_path, "-bbox")
    width = float(re.findall(r'<page width="([\d.]+)"', boxes)[0])
    assert max(float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)) < width
    assert squeezed(name) in squeezed(text_of(content, "pdf", tmp_path))


def test_markup_in_every_field_that_takes_text_stays_text(tmp_path: Path) -> None:
    mark = "<img src=x onerror=alert(1)>"
    treatment = TWO_FAILURES["treatments"][0] | {"details": {"placement": mark}}
    history = TWO_FAILURES | {
        "person": {"id": mark, "country": mark},
        "treatments": [treatment],
        "conditions": [{"condition": mark, "start": "2015"}],
        "measurements": [{"code": "tsh", "value": 2.1, "unit": mark, "date": "2025-01-10"}],
    }
    path = tmp_path / "<b>&amp;.json"
    path.write_text(json.dumps(history), encoding="utf-8")
    for mode, kind in (("visit", "visit"), ("clinician", "full"), ("clinician", "letter")):
        page = tree(document(path, tmp_path, "html", mode, kind))
        assert not {"img", "b", "script"} & {e.tag for e in page.iter() if isinstance(e.tag, str)}


def test_what_is_fine_is_left_alone() -> None:
    for text in ("sertraline", "zwei\nZeilen", "Ånne Müller – “so”", "王小明"):
        assert legible(text) == text
    assert legible("שרה") == legible(legible("שרה")) == "\u2068שרה\u2069"
    assert shortened("x" * 60) == "x" * 60
    assert shortened("x" * 61) == "x" * 59 + "…"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_set_once_the_lacking_letters_are_numbers(text: str) -> None:
    fonts = _fonts()
    told = legible(text)
    shown = by_number({"text": [told]}, unshown(told, fonts))["text"][0]
    assert unshown(shown, fonts) == frozenset()
