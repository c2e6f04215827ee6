"""Any sign of suicidality puts the panel first, everywhere; a zero excludes nothing; nothing is graded."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from remit.flow.crisis import crisis, most_without_sign
from remit.knowledge import Knowledge, load_knowledge
from remit.tables import Answer, Clue, Condition, Measurement, Notice, Person
from surfaces.running import TWO_FAILURES, remit, with_item_9, write

TITLE = "If there are thoughts of suicide, get help now"
ZERO = "a score of 0 does not exclude risk; ask directly."
BEFORE, AFTER = "2026-10-30", "2026-11-02"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def history(**more: Any) -> dict[str, Any]:
    return TWO_FAILURES | more


def items(last: int | None) -> dict[str, Any]:
    return {"answers": [{"instrument": "phq9", "date": BEFORE, "items": [1] * 8 + [last]}]}


SIGNS = {
    "PHQ-9 item 9 of one": items(1),
    "PHQ-9 item 9 of three": items(3),
    "a C-SSRS answer": {"answers": [{"instrument": "cssrs_screener", "date": BEFORE, "items": [1, 0, 0, 0, 0, 0]}]},
    "a total out of reach without item 9": {"measurements": [{"code": "phq9", "value": 25, "date": BEFORE}]},
    "thoughts": {"clues": {"suicidal_thoughts": True}},
    "a plan": {"clues": {"suicidal_plan": True}},
    "a recent attempt": {"clues": {"suicide_attempt_recent": True}},
    "self-harm": {"clues": {"self_harm": True}},
    "a recorded condition": {"conditions": [{"condition": "suicidal_ideation", "status": "active"}]},
}
NO_SIGNS = {
    "nothing recorded": {},
    "item 9 of zero": items(0),
    "item 9 not answered": items(None),
    "a total that item 9 need not be part of": {"measurements": [{"code": "phq9", "value": 24, "date": BEFORE}]},
    "a clue answered no": {"clues": {"suicidal_thoughts": False}},
    "a condition that was ruled out": {"conditions": [{"condition": "suicidal_ideation", "status": "refuted"}]},
}


@pytest.mark.parametrize("name", SIGNS)
@pytest.mark.parametrize("mode", ["clinician", "visit"])
def test_the_panel_comes_before_anything_else(name: str, mode: str, tmp_path: Path) -> None:
    done = remit("assess", write(tmp_path, history(**SIGNS[name])), "--mode", mode)
    assert done.code == 0, done.err
    assert TITLE in done.out.splitlines()[0]
    assert "988" in done.out
    first = done.out[: done.out.index("Person: p1")]
    assert "No one is monitoring what you enter" in first
    assert "Stay with someone" in first


@pytest.mark.parametrize("name", NO_SIGNS)
def test_no_panel_without_a_sign(name: str, tmp_path: Path) -> None:
    assert TITLE not in remit("assess", write(tmp_path, history(**NO_SIGNS[name]))).out


def test_a_sign_after_the_index_date_is_shown_although_nothing_else_of_it_is(tmp_path: Path) -> None:
    late = history(answers=[{"instrument": "phq9", "date": AFTER, "items": [1] * 9}])
    out = remit("assess", write(tmp_path, late)).out
    assert TITLE in out.splitlines()[0]
    assert "PHQ-9 9" not in out


def test_a_sign_in_answers_without_a_day_is_shown(tmp_path: Path) -> None:
    undated = history(answers=[{"instrument": "phq9", "date": "2026", "items": [1] * 9}])
    assert TITLE in remit("assess", write(tmp_path, undated)).out.splitlines()[0]


@pytest.mark.parametrize("mode", ["clinician", "visit"])
def test_zero_says_that_it_excludes_nothing(mode: str, tmp_path: Path) -> None:
    done = remit("assess", write(tmp_path, with_item_9(0)), "--mode", mode)
    assert ZERO in " ".join(done.out.split())


def test_not_answered_says_so(tmp_path: Path) -> None:
    done = remit("assess", write(tmp_path, with_item_9(None)))
    assert "PHQ-9, item 9 was not answered. That excludes nothing; ask directly." in " ".join(done.out.split())


def test_a_clue_of_which_nothing_is_said_is_not_a_no(tmp_path: Path) -> None:
    done = remit("assess", write(tmp_path, history(clues={"suicidal_thoughts": "unknown"})))
    assert "Not answered: thoughts of suicide. That excludes nothing; ask directly." in " ".join(done.out.split())
    assert TITLE not in done.out


def test_explain_shows_the_panel_too(tmp_path: Path) -> None:
    path = write(tmp_path, with_item_9(2))
    assert TITLE in remit("explain", path, "--definition", "fda").out.splitlines()[0]
    found = remit("explain", path, "--definition", "fda", "--format", "json").json
    assert next(iter(found["persons"][0])) == "crisis"


def test_score_shows_the_panel_first() -> None:
    done = remit("score", "phq9", *"000000001", "--country", "US")
    assert TITLE in done.out.splitlines()[0]
    assert "988" in done.out
    found = remit("score", "phq9", *"000000001", "--format", "json").json
    assert next(iter(found)) == "crisis"
    assert ZERO in remit("score", "phq9", *"111111110").out


@pytest.mark.parametrize(
    ("country", "number", "is_marked"),
    [
        ("US", "988", False),
        ("GB", "116 123", False),
        ("uk", "116 123", False),
        ("FR", "3114", True),
        ("DE", "112", False),
    ],
)
def test_lines_of_a_country(country: str, number: str, is_marked: bool) -> None:
    found = remit("score", "phq9", *"000000001", "--country", country, "--format", "json").json["crisis"]
    told = [line for line in [*found["lines"], found["emergency"]] if number in line]
    assert told
    assert all("[unverified]" in line for line in told) is is_marked


@pytest.mark.parametrize("country", [None, "XX", "Atlantis"])
def test_an_unknown_country_gets_the_directory(country: str | None) -> None:
    args = ["--country", country] if country else []
    found = remit("score", "phq9", *"000000001", *args, "--format", "json").json["crisis"]
    assert "your local emergency number" in found["emergency"]
    assert any("findahelpline.com" in line for line in found["lines"])


def test_instruments_about_suicide_are_never_added_up() -> None:
    for name, answers in (("asq", "11111"), ("cssrs_screener", "111111")):
        found = remit("score", name, *answers, "--format", "json").json
        assert found["total"] is None
        assert found["band"] is None
        assert f"{len(answers)} of" not in remit("score", name, *answers).out.split("items answered")[0][:-8]


def test_highest_totals_without_a_sign(knowledge: Knowledge) -> None:
    # Eight items of PHQ-9 go to 3 each; every item of ASQ is about suicide.
    assert most_without_sign(knowledge.instruments["phq9"]) == 24
    assert most_without_sign(knowledge.instruments["asq"]) == 0
    assert most_without_sign(knowledge.instruments["gad7"]) == float("inf")


def test_rows_of_the_table(knowledge: Knowledge) -> None:
    day = date(2026, 10, 30)
    person = [{"person_key": k, "person_id": str(k), "index_date": date(2026, 11, 1)} for k in (0, 1)]
    answers = [(0, 9, 2.0, day), (1, 9, 0.0, day), (1, 9, 3.0, date(2026, 11, 2))]
    tables = {
        "person": Person.of(person),
        "answer": Answer.of(
            [
                {"person_key": p, "instrument_id": "phq9", "date": d, "item": i, "value": v, "record_ref": f"r{p}"}
                for p, i, v, d in answers
            ]
        ),
        "clue": Clue.of([{"person_key": 1, "clue_id": "self_harm", "answer": "unknown", "record_ref": "c"}]),
        "measurement": Measurement.empty(),
        "condition": Condition.empty(),
        "notice": Notice.empty(),
    }
    rows = crisis(tables, knowledge)["crisis"].select("person_key", "kind", "record_ref").rows()
    assert rows == [(0, "item", "r0"), (1, "zero", "r1"), (1, "unanswered", "c")]
