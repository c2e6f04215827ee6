"""The decision aid against the criteria for patient decision aids (IPDAS): qualifying, and certification as it applies.

Criteria are named by their numbers in the checklist: Q1 to Q6 qualify; C1 to C6 certify. C7 to C10 are about tests.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from remit.knowledge import load_knowledge
from reports.made import document, main
from surfaces.running import EXAMPLES
from surfaces.test_words import grade

LABELS = ("What it is:", "What happens:", "What may be good:", "What may be bad:", "Body:", "Thoughts and feelings:",
          "Daily life and other people:", "What is not known:", "Questions to ask:")  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("aid")
    return main(document(EXAMPLES / "history.yaml", folder, "html", "visit", "options"))


def words(element: Any) -> str:
    """Text without the ids of sources."""
    if element.get("class") == "src":
        return element.tail or ""
    inner = (element.text or "") + "".join(words(child) for child in element)
    return inner + (element.tail or "")


def section(page: Any, name: str) -> Any:
    """The section with that heading's id."""
    (found,) = [s for s in page.iter("section") if s.get("aria-labelledby") == name]
    return found


def options(page: Any) -> dict[str, dict[str, str]]:
    """By option: what stands under each label."""
    found = {}
    for part in page.iter("section"):
        name = part.get("aria-labelledby") or ""
        if name.startswith("option-"):
            told = [" ".join(words(p).split()) for p in part.iter("p")]
            found[name.removeprefix("option-")] = {
                label: text.removeprefix(label).strip() for text in told for label in LABELS if text.startswith(label)
            }
    return found


def test_q1_the_condition_is_described(page: Any) -> None:
    assert "Depression is an illness" in words(section(page, "condition"))


def test_q2_the_decision_is_stated(page: Any) -> None:
    assert "choose" in words(section(page, "decision"))


def test_q3_all_options_are_there_and_staying_is_one(page: Any) -> None:
    knowledge = load_knowledge()
    listable = {e.id for e in knowledge.options if e.is_listable and e.plain}
    assert len(listable) >= 30
    assert set(options(page)) == listable | {"stay"}
    never = {e.id for e in knowledge.catalogue.values() if not e.is_listable}
    assert never and not never & set(options(page))


def test_q4_q5_q6_good_bad_and_what_it_is_like(page: Any) -> None:
    for name, told in options(page).items():
        assert set(told) == set(LABELS), name
        assert all(text for label, text in told.items() if label != "Questions to ask:"), name


def test_c1_good_and_bad_in_equal_detail(page: Any) -> None:
    for name, told in options(page).items():
        good, bad = (len(told[label].split()) for label in ("What may be good:", "What may be bad:"))
        assert max(good, bad) <= 2 * min(good, bad), name
    totals = [sum(len(t[label].split()) for t in options(page).values()) for label in LABELS[2:4]]
    assert max(totals) <= 1.5 * min(totals)


def test_c2_every_number_has_a_source(page: Any) -> None:
    for part in page.iter("section"):
        if (part.get("aria-labelledby") or "").startswith("option-"):
            for run in part.iter("span"):
                if re.search(r"\d", "".join(run.itertext())):
                    assert run.get("data-sources") or run.get("data-origin") == "program"


def test_c3_c4_c6_date_updates_and_money(page: Any) -> None:
    told = words(section(page, "method"))
    assert "last reviewed on" in told
    assert "at least once a year" in told
    assert "Nobody paid for its contents" in told


def test_c5_uncertainty_stands_with_every_option(page: Any) -> None:
    for name, told in options(page).items():
        assert len(told["What is not known:"].split()) >= 4, name
    assert "They do not tell you your own chance." in words(section(page, "numbers"))


FREQUENCY = re.compile(r"\b\d+ (?:to \d+ )?(?:in|of) 100\b")
EXACTNESS = re.compile(
    r"between \d+ and \d+|\(\d+ to \d+\)|\d+ to \d+ (?:in|of) 100|how exact this is|[Aa]lmost|at least"
)


def test_c5_every_share_has_its_range_or_says_that_there_is_none(page: Any) -> None:
    found = 0
    for part in page.iter("section"):
        if (part.get("aria-labelledby") or "").startswith("option-"):
            for block in part.iter():
                told = " ".join(words(block).split()) if block.tag in ("p", "li") else ""
                if FREQUENCY.search(told):
                    found += 1
                    assert EXACTNESS.search(told), told
    assert found >= 20


def test_p5_shares_are_of_100_or_1000(page: Any) -> None:
    for name, told in options(page).items():
        for text in told.values():
            assert set(re.findall(r"\b\d+ in (\d+)\b", text)) <= {"100", "1000"}, name


def test_the_course_without_action_steps_values_and_questions(page: Any) -> None:
    assert "We do not know" in words(section(page, "course"))
    assert len(list(section(page, "steps").iter("li"))) >= 4
    assert len(list(section(page, "values").iter("li"))) >= 5
    assert len(list(section(page, "ask").iter("li"))) >= 3


def test_options_can_be_compared_and_no_cell_is_empty(page: Any) -> None:
    rows = list(section(page, "compare").find("div").find("table").find("tbody").iter("tr"))
    names = [" ".join(words(row[0]).split()) for row in rows]
    assert len(rows) == len(options(page)) - 1
    assert names == sorted(names, key=str.casefold)
    assert all(words(cell).strip() for row in rows for cell in row)


def test_frequencies_are_natural(page: Any) -> None:
    for name, told in options(page).items():
        text = " ".join(told.values())
        assert not re.search(r"\b1 in \d", text), name
        assert "%" not in text, name


def test_it_reads_at_grade_8_or_below(page: Any) -> None:
    for name in ("condition", "decision", "course", "steps", "values", "numbers", "ask"):
        lines = [words(e) for e in section(page, name).iter() if e.tag in ("p", "li")]
        assert grade("\n".join(lines)) <= 8, name
    told = "\n".join(text for option in options(page).values() for text in option.values())
    assert grade(told) <= 8


def test_nothing_about_the_person_changes_it(tmp_path: Path) -> None:
    def order(name: str) -> list[str]:
        return list(options(main(document(EXAMPLES / name, tmp_path, "html", "visit", "options"))))

    assert order("history.yaml") == order("safety.yaml")
