"""The page for clinicians: timeline, trials, verdicts by family, what would settle them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from remit.knowledge import load_knowledge
from remit.render.text.timeline import add_months, axis, bar_of, scale
from remit.render.views import TrialView
from surfaces.running import EXAMPLES, TWO_FAILURES, failure, remit, write

TRIAL = TrialView(
    key=0, id="x", treatment=load_knowledge().treatments[0], class_name="", start=date(2024, 2, 1),
    start_latest=date(2024, 2, 1), end=date(2024, 4, 1), end_earliest=date(2024, 4, 1), is_ongoing=False,
    covered_days=60, covered_days_low=60, max_dose_mg=None, is_dose_complete=True, sessions=None, adherence=None,
    stop_reason=None, added_to=None, outcome=None, improvement_percent=None,
    basis="none", measured=None, disagrees=False,
)  # fmt: skip
MONTHS = [add_months(date(2024, 1, 1), n) for n in range(7)]  # January to June


def bar(**more: object) -> str:
    return bar_of(replace(TRIAL, **more), MONTHS, "#", ".")  # type: ignore[arg-type]


def test_bars() -> None:
    assert bar() == " ##"
    assert bar(is_ongoing=True, end=date(2024, 7, 1), end_earliest=date(2024, 7, 1)) == " #####>"
    assert bar(start=None, start_latest=None) == "?.."
    assert bar(end=None, end_earliest=None) == " ....?"
    assert bar(start=date(2024, 1, 1), start_latest=date(2024, 2, 1)) == ".##"
    assert bar(start=None, start_latest=None, end=None, end_earliest=None) == ""


def test_a_long_history_takes_several_months_a_column() -> None:
    made = scale(date(2004, 5, 17), date(2024, 4, 3), 60)  # 240 months
    assert (made.months_per_column, made.columns) == (4, 60)
    assert made.starts()[0] == date(2004, 5, 1)
    assert made.starts()[-1] == date(2024, 5, 1)


def test_a_short_history_takes_several_columns_a_month() -> None:
    made = scale(date(2024, 1, 10), date(2024, 3, 3), 60)
    assert (made.per_month, made.columns) == (6, 18)
    assert axis(made.starts()) == "2024-01"


def test_the_axis_names_every_year_that_has_room() -> None:
    assert axis(scale(date(2023, 6, 1), date(2025, 2, 1), 60).starts()).split() == ["2023-06", "2024", "2025"]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_families_stand_apart_and_severity_apart_from_resistance(tmp_path: Path) -> None:
    text = remit("assess", write(tmp_path, TWO_FAILURES), width=120).out
    order = [text.index(name) for name in ("Regulators and labels", "Expert consensus", "Staging methods")]
    assert order == sorted(order)
    assert "severity severe" in text
    assert "Severity is about symptoms, resistance about treatments" in text
    assert re.search(r"FDA +\[x\] met +2 +2 +-", text)
    assert re.search(r"Thase-Rush staging +\[x\] met +2 \(Stage II\)", text)


def test_why_a_trial_was_no_fair_try(tmp_path: Path) -> None:
    treatments = [
        failure("sertraline", "2024-03-01", "2024-03-20", 25, stopped_because="side_effects"),
        failure("venlafaxine", "2024-07-01", "2025-01-31", 150, adherence=0.5),
    ]
    done = remit("assess", write(tmp_path, TWO_FAILURES | {"treatments": treatments}), "--format", "json")
    told = [s["text"] for s in done.json["persons"][0]["statements"] if s["about"].startswith("trial:")]
    assert "not a fair try by remit_default (dose too low, too short and stopped early for side effects)" in told[0]
    assert "not a fair try by remit_default (too few doses taken)" in told[1]


def test_facts_are_ordered_by_how_much_they_would_settle(tmp_path: Path) -> None:
    treatments = [TWO_FAILURES["treatments"][0], failure("venlafaxine", "2024-07-01", "2025-01-31", None)]
    history = TWO_FAILURES | {"treatments": treatments, "episode": {"start": "2024-02-01"}}
    text = remit("assess", write(tmp_path, history), width=120).out
    listed = text[text.index("What would settle it") :]
    facts = re.findall(r"^ *(\d+)\. (.+?) \((?:all )?(\d+) verdicts?", listed, re.MULTILINE)
    counts = [int(n) for _, _, n in facts]
    assert counts == sorted(counts, reverse=True)
    assert facts[0][1].startswith("daily dose of venlafaxine")
    assert {f[1] for f in facts} >= {"severity of the current episode"}


def test_other_rules_that_judge_otherwise_are_named(tmp_path: Path) -> None:
    # Five weeks: too short for six, long enough for four.
    history = TWO_FAILURES | {"treatments": [failure("sertraline", "2024-03-01", "2024-04-04", 50)]}
    text = flat(remit("assess", write(tmp_path, history), width=120).out)
    assert "Judged differently by other rules" in text
    assert re.search(r"sertraline \(2024-03-01 to 2024-04-04\): yes by .*remit_4w", text)


def test_unverified_facts_are_marked(tmp_path: Path) -> None:
    ect = {"treatment": "ect", "start": "2025-03-01", "end": "2025-03-28", "sessions": 8, "outcome": "none"}
    history = TWO_FAILURES | {"treatments": [*TWO_FAILURES["treatments"], ect]}
    text = flat(remit("assess", write(tmp_path, history), width=120).out)
    assert "[unverified] at least 7 sessions of electroconvulsive therapy" in text


def test_a_history_without_treatments(tmp_path: Path) -> None:
    for mode in ("clinician", "visit"):
        done = remit("assess", write(tmp_path, TWO_FAILURES | {"treatments": []}), "--mode", mode)
        assert done.code == 0, done.err
        assert "No treatment is on record." in done.out


def test_undated_trials_are_drawn_as_such(tmp_path: Path) -> None:
    undated = {"treatment": "sertraline", "start": "unknown", "end": "unknown", "outcome": "none"}
    history = TWO_FAILURES | {"treatments": [*TWO_FAILURES["treatments"], undated]}
    assert "? dates unknown" in remit("assess", write(tmp_path, history)).out


@pytest.mark.parametrize("name", ["history.yaml", "history.csv", "safety.yaml"])
def test_meaning_never_hangs_on_colour(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = remit("assess", EXAMPLES / name).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = remit("assess", EXAMPLES / name).out
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", remit("assess", EXAMPLES / name).out)
