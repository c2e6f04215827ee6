"""The list view: one line per person, its order and filters; the commands `course` and `caseload`."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest

import remit as remit_package
from course.build import followed, knowledge, one
from oracle.course import Person
from remit.errors import UsageError
from remit.knowledge.text import load_text
from remit.render.course.gather import lines
from remit.render.course.listing import arranged
from surfaces.running import remit, write

CODE = Path(remit_package.__file__).parent
ITEMS = [1, 1, 1, 1, 1, 1, 1, 1]


def line(scores: list[tuple[int, float]], index: int = 100, *trials: object) -> dict[str, object]:
    person = Person([("phq9", d, v, False) for d, v in scores], list(trials), index)  # type: ignore[arg-type]
    return followed(person)["caseload_line"].row(0, named=True)


@pytest.mark.parametrize(
    ("scores", "trend"),
    [([(44, 20.0), (100, 15.0)], "improving"), ([(44, 20.0), (100, 16.0)], "same"),
     ([(44, 10.0), (100, 15.0)], "worsening"), ([(44, 10.0), (100, 14.0)], "same"),
     ([(43, 20.0), (100, 10.0)], "unknown"), ([(100, 10.0)], "unknown"), ([], "unknown")],
)  # fmt: skip
def test_trend_over_eight_weeks_by_what_matters(scores: list[tuple[int, float]], trend: str) -> None:
    assert line(scores)["trend"] == trend


def test_days_without_improvement() -> None:
    trial = one("sertraline", 0, 5000)
    assert line([(0, 20.0), (42, 19.0)], 100, trial)["days_without_improvement"] == 100
    assert line([(0, 20.0), (42, 10.0)], 100, trial)["days_without_improvement"] == 58
    assert line([], 100, trial)["days_without_improvement"] is None
    assert line([(42, 20.0)], 100)["days_without_improvement"] is None
    assert line([(42, 20.0)], 100, one("sertraline", None, 5000))["days_without_improvement"] is None


def test_the_newest_scale_is_shown() -> None:
    person = Person([("phq9", 50, 12.0, False), ("madrs", 60, 22.0, False), ("gad7", 70, 9.0, False)], [], 100)
    row = followed(person)["caseload_line"].row(0, named=True)
    assert (row["measure_id"], row["last_score"]) == ("madrs", 22.0)


# --- the commands
@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """Three persons, one with a sign, and one file that cannot be used."""
    folder = tmp_path / "practice"
    folder.mkdir()
    base = {
        "index_date": "2025-03-01",
        "treatments": [{"treatment": "sertraline", "start": "2025-01-01", "daily_dose_mg": 100}],
    }
    scores = {
        "calm": [("2025-01-01", 18), ("2025-02-10", 4), ("2025-02-25", 4)],
        "worse": [("2025-01-20", 10), ("2025-02-25", 20)],
        "sign": [("2025-01-01", 9)],
    }
    for name, found in scores.items():
        measurements = [{"code": "phq9", "value": v, "date": d} for d, v in found]
        history = base | {"person": {"id": name}, "measurements": measurements}
        if name == "sign":
            history |= {"answers": [{"instrument": "phq9", "date": "2025-02-20", "items": [*ITEMS, 1]}]}
        write(folder, history, f"{name}.yaml")
    return folder


def test_flagged_persons_stand_on_top_and_are_never_filtered_away(practice: Path) -> None:
    for extra in ([], ["--sort", "person"], ["--sort", "score"], ["--filter", "no-score"], ["--filter", "worse"]):
        shown = remit("caseload", practice, "--format", "json", *extra).json["persons"]
        assert shown[0]["person_id"] == "sign", extra
        assert shown[0]["flag_for_review"] is True
        assert [p["flag_for_review"] for p in shown[1:]] == [False] * (len(shown) - 1)
    assert "! REVIEW" in remit("caseload", practice).out
    first = remit("caseload", practice, "--format", "json").json["persons"][0]
    assert first["next_rule"] == "ask_directly"


def test_order_and_filters(practice: Path) -> None:
    def ids(*options: str) -> list[str]:
        return [p["person_id"] for p in remit("caseload", practice, "--format", "json", *options).json["persons"]]

    assert ids() == ["sign", "worse", "calm"]
    assert ids("--sort", "person") == ["sign", "calm", "worse"]
    assert ids("--filter", "worse") == ["sign", "worse"]
    assert remit("caseload", practice, "--sort", "nonsense").code == 2
    assert remit("caseload", practice, "--filter", "nonsense").code == 2
    with pytest.raises(UsageError):
        arranged([], knowledge().course.caseload, "default", ["nonsense"])


def test_a_bad_file_is_listed_and_the_others_are_shown(practice: Path) -> None:
    (practice / "bad.yaml").write_text("treatments: [{treatment: nosuchdrug, start: 2024-01-01}]\n", encoding="utf-8")
    done = remit("caseload", practice, "--format", "json")
    assert done.code == 3
    assert [p["person_id"] for p in done.json["persons"]] == ["sign", "worse", "calm"]
    assert len(done.json["faults"]) == 1
    assert "bad.yaml" in done.err
    assert remit("caseload", practice).code == 3


def test_csv_is_one_line_a_person(practice: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(remit("caseload", practice, "--format", "csv").out)))
    assert [r["person_id"] for r in rows] == ["sign", "worse", "calm"]
    assert rows[0]["flag_for_review"] == "yes"


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    write(tmp_path, {"person": {"id": "=1+1"}, "index_date": "2025-03-01", "treatments": []}, "p.yaml")
    rows = list(csv.DictReader(io.StringIO(remit("caseload", tmp_path, "--format", "csv").out)))
    assert rows[0]["person_id"] == "'=1+1"


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert remit("caseload", tmp_path).code == 2


def test_caseload_as_a_page(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "list.html"
    assert remit("caseload", practice, "--format", "html", "-o", out).code == 0
    page = out.read_text(encoding="utf-8")
    assert page.index("sign") < page.index("worse")
    assert "<script" not in page
    assert "no level of risk" in page


@pytest.fixture
def history(practice: Path) -> Path:
    return practice / "sign.yaml"


def test_the_crisis_panel_comes_first_everywhere(history: Path, tmp_path: Path) -> None:
    for mode in ("clinician", "visit"):
        text = remit("course", history, "--mode", mode).out
        assert text.index("get help now") < text.index("The course")
        found = remit("course", history, "--mode", mode, "--format", "json").json["persons"][0]
        assert next(iter(found)) == "crisis"
        out = tmp_path / f"{mode}.html"
        assert remit("course", history, "--mode", mode, "--format", "html", "-o", out).code == 0
        page = out.read_text(encoding="utf-8")
        assert page.index("get help now") < page.index("<h1", page.index("get help now"))


def test_course_as_json_says_rule_scores_and_sources(practice: Path) -> None:
    person = remit("course", practice / "calm.yaml", "--format", "json").json["persons"][0]
    assert "crisis" not in person
    kinds = {(e["kind"], e["certainty"]) for e in person["course_events"]}
    assert {("remission", "provisional"), ("remission", "confirmed"), ("response", "confirmed")} <= kinds
    for event in person["course_events"]:
        if event["kind"] != "unknown":
            assert event["sources"]
            assert event["verified"]
            assert event["record_refs"]
    assert all(d["sources"] and d["state"] for d in person["due"])


def test_an_early_look_shows_both_error_rates(tmp_path: Path) -> None:
    early = {
        "person": {"id": "p"}, "index_date": "2025-01-20",
        "treatments": [{"treatment": "sertraline", "start": "2025-01-01", "daily_dose_mg": 100}],
        "measurements": [{"code": "phq9", "value": v, "date": d} for d, v in (("2025-01-01", 20), ("2025-01-15", 19))],
    }  # fmt: skip
    for mode in ("clinician", "visit"):
        text = " ".join(remit("course", write(tmp_path, early), "--mode", mode).out.split())
        assert "about 7 in 100 were in remission by week 12" in text
        assert "20 to 30 in 100 people" in text
        assert "fail" not in text.lower()


def test_the_past_shows_measured_beside_reported(tmp_path: Path) -> None:
    told = {
        "person": {"id": "p"}, "index_date": "2025-06-01",
        "treatments": [{"treatment": "sertraline", "start": "2025-01-01", "end": "2025-03-31", "daily_dose_mg": 100,
                        "outcome": "none"}],
        "measurements": [{"code": "phq9", "value": v, "date": d} for d, v in (("2025-01-01", 20), ("2025-03-31", 8))],
    }  # fmt: skip
    past = remit("course", write(tmp_path, told), "--format", "json").json["persons"][0]["past"][0]
    assert past["stands"] == "measured"
    assert past["differs"] is True
    assert past["outcome"] == "response"
    assert "60 % better" in past["measured"]
    assert past["reported"] == "no better"


def test_svg_is_one_person_and_has_words_for_the_picture(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.svg"
    assert remit("course", practice / "calm.yaml", "--format", "svg", "-o", out).code == 0
    picture = out.read_text(encoding="utf-8")
    assert "<title" in picture
    assert "<desc" in picture
    assert "remission" in picture
    assert remit("course", *sorted(practice.glob("*.yaml")), "--format", "svg", "-o", out).code == 2
    assert remit("course", practice / "calm.yaml", "--format", "nonsense").code == 2


def test_the_same_input_gives_the_same_bytes(practice: Path, tmp_path: Path) -> None:
    for form in ("html", "svg", "json"):
        files = [tmp_path / f"{n}.{form}" for n in (1, 2)]
        for file in files:
            assert remit("course", practice / "calm.yaml", "--format", form, "-o", file).code == 0
        assert files[0].read_bytes() == files[1].read_bytes()


AFTER_ECT = {
    "person": {"id": "p"}, "index_date": "2025-03-01",
    "treatments": [{"treatment": "ect", "start": "2024-12-20", "end": "2025-01-20", "sessions": 10}],
    "measurements": [{"code": "ham_d24", "value": v, "date": d}
                     for d, v in (("2024-12-20", 32), ("2025-01-13", 9), ("2025-01-20", 8), ("2025-02-26", 16))],
}  # fmt: skip
"""Scores rise again after a course that ended well."""
FORBIDDEN = re.compile(
    r"low risk|safe for you|best treatment|treatment failure|recommends|failed patient|high risk|risk score"
)


def test_forbidden_words_nowhere(practice: Path) -> None:
    for mode in ("clinician", "visit"):
        for path in sorted(practice.glob("*.yaml")):
            assert not FORBIDDEN.search(remit("course", path, "--mode", mode).out.lower())
    assert not FORBIDDEN.search(remit("caseload", practice).out.lower())
    for task in knowledge().course.tasks:
        assert not FORBIDDEN.search(f"{task.name} {task.plain} {task.why}".lower())


def test_visit_mode_names_no_dose_and_no_number_of_treatments(tmp_path: Path) -> None:
    path = write(tmp_path, AFTER_ECT)
    assert "two treatments" in remit("course", path).out.lower()
    visit = remit("course", path, "--mode", "visit")
    assert "two treatments" not in visit.out.lower()
    due = remit("course", path, "--mode", "visit", "--format", "json").json["persons"][0]["due"]
    assert all(d["branch"] is None and d["number"] is None for d in due)


def grade(text: str) -> float:
    """Automated readability index, as published: letters per word and words per sentence."""
    words = re.findall(r"[A-Za-z0-9'-]+", text)
    sentences = max(len(re.findall(r"[.?!]", text)), 1)
    letters = sum(len(w) for w in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43


def test_plain_words_are_plain() -> None:
    plain = [task.plain for task in knowledge().course.tasks]
    said = [s for k, s in load_text().sentences.items() if k.startswith("course.visit.") and isinstance(s, str)]
    assert grade(" ".join(plain)) <= 8
    assert grade(" ".join(said)) <= 8


def test_lines_keep_the_order_of_persons() -> None:
    tables = followed(Person([], [], 100), Person([("phq9", 3, 9.0, False)], [], 100))
    assert [view.person_id for view in lines(tables, knowledge())] == ["0", "1"]
    assert [view.index_date for view in lines(tables, knowledge())] == [date(2024, 4, 10)] * 2


def test_an_assessment_holds_the_course_where_it_is_asked_for(practice: Path) -> None:
    schema = json.loads((CODE / "render" / "assessment.schema.json").read_text(encoding="utf-8"))
    for path in sorted(practice.glob("*.yaml")):
        for mode in ("clinician", "visit"):
            document = remit("assess", path, "--format", "json", "--course", "--mode", mode).json
            jsonschema.validate(document, schema)
            assert {"course_events", "due"} <= set(document["persons"][0])
            assert "due" not in remit("assess", path, "--format", "json", "--mode", mode).json["persons"][0]


# --- what stands improved, and for how long
@pytest.mark.parametrize(
    ("scores", "index", "days"),
    [([(0, 20.0), (42, 4.0), (56, 4.0)], 86, 0), ([(0, 20.0), (42, 4.0), (56, 4.0)], 102, 46),
     ([(0, 20.0), (42, 4.0), (56, 4.0), (90, 9.0)], 92, 0), ([(0, 20.0), (42, 4.0), (56, 4.0), (90, 11.0)], 92, 36)],
)  # fmt: skip
def test_a_newest_score_that_is_well_holds_until_the_next_is_overdue(
    scores: list[tuple[int, float]], index: int, days: int
) -> None:
    """Confirmed remission: every 30 days, overdue 45 days after the last. Then it counts from the last good score."""
    assert line(scores, index, one("sertraline", 0, 5000))["days_without_improvement"] == days


def test_an_unreviewed_return_stays_the_next_step() -> None:
    """Weeks after a confirmed return nothing shows a review; it comes before an overdue score all the same."""
    row = line([(0, 4.0), (14, 4.0), (40, 12.0), (47, 12.0)], 120)
    assert knowledge().course.tasks[row["next_rule_key"]].id == "act_on_relapse"  # type: ignore[call-overload]
    assert row["next_state"] == "not_assessable"


def test_progress_is_told_on_the_normal_path(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from remit.surfaces.cli import course as command

    monkeypatch.setattr(command, "PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(command.sys.stderr, "isatty", lambda: True, raising=False)
    request = command.ListRequest([], "default", [], None, None, None)
    paths = [Path(p) for p in ("a.yaml", "b.yaml")]
    seen: list[Path] = []

    def read(some: object, *_: object, **__: object) -> dict[str, object]:
        seen.extend(some)  # type: ignore[call-overload]
        return {}

    monkeypatch.setattr(command, "read_records", read)
    command._read(paths, request, knowledge())
    assert seen == paths
    assert "2 / 2" in capsys.readouterr().err


# --- who rated and how
RATED = {
    "person": {"id": "p"}, "index_date": "2025-03-01", "treatments": [],
    "measurements": [
        {"code": "phq9", "value": 20, "date": "2025-01-01", "rater": "self", "mode": "paper"},
        {"code": "phq9", "value": 12, "date": "2025-02-01", "rater": "self", "mode": "telephone"},
        {"code": "madrs", "value": 20, "date": "2025-02-01"},
    ],
}  # fmt: skip


def test_a_changed_mode_is_said_and_what_is_not_recorded_too(tmp_path: Path) -> None:
    text = " ".join(remit("course", write(tmp_path, RATED)).out.split())
    assert "PHQ-9: asked in another way on 2025-02-01 than on 2025-01-01" in text
    assert "is not recorded with 1 score:" in text
    assert "MADRS: one score only (2025-02-01)" in text
    found = remit("course", write(tmp_path, RATED), "--format", "json").json["persons"][0]
    assert [e["reason"] for e in found["course_events"] if e["kind"] == "unknown"] == ["changed_mode"]
    wrong = RATED | {"measurements": [RATED["measurements"][0] | {"mode": "pigeon"}]}  # type: ignore[index, operator]
    refused = remit("course", write(tmp_path, wrong))
    assert refused.code == 3
    assert "measurements[0].mode" in refused.err


def test_answers_carry_it_to_their_total(tmp_path: Path) -> None:
    sheets = [
        {"instrument": "phq9", "date": d, "items": [1] * 8 + [0], "rater": who}
        for d, who in (("2025-01-01", "Dr A"), ("2025-02-01", "Dr B"))
    ]
    history = {"person": {"id": "p"}, "index_date": "2025-03-01", "treatments": [], "answers": sheets}
    assert "rated by someone else on 2025-02-01" in " ".join(remit("course", write(tmp_path, history)).out.split())


# --- what a page must say
def test_windows_of_our_own_are_marked(practice: Path, tmp_path: Path) -> None:
    text = " ".join(remit("course", practice / "calm.yaml").out.split())
    assert "[own reading] one score is provisional; the next one within 28 days bears it out" in text
    assert "[unverified] a return is confirmed by two high scores 5 to 15 days apart" in text
    out = tmp_path / "c.html"
    remit("course", practice / "calm.yaml", "--format", "html", "-o", out)
    assert re.search(r"one score is provisional.*?\[own reading\]", out.read_text(encoding="utf-8"))


def test_the_algorithm_says_for_whom_it_was_published(tmp_path: Path) -> None:
    out = tmp_path / "e.html"
    assert remit("course", write(tmp_path, AFTER_ECT), "--format", "html", "-o", out).code == 0
    page = " ".join(out.read_text(encoding="utf-8").split())
    assert "Two treatments this week (as published; a clinician decides)" in page
    assert "Limits: Published for people of 60 and over with unipolar depression" in page


def test_guidance_of_two_countries_is_told_apart(tmp_path: Path) -> None:
    history = {
        "person": {"id": "p"}, "index_date": "2025-03-01",
        "treatments": [{"treatment": "aripiprazole", "start": "2025-01-01", "daily_dose_mg": 5}],
    }  # fmt: skip
    tasks = remit("course", write(tmp_path, history), "--format", "json").json["persons"][0]["due"]
    of = {t["rule"]: t["guidance_of"] for t in tasks}
    assert of["antipsychotic_weight_us"] == ["US"]
    assert of["antipsychotic_weight_uk"] == ["GB", "UK"]


def test_a_zero_on_suicide_excludes_nothing(tmp_path: Path) -> None:
    history = {
        "person": {"id": "p"}, "index_date": "2025-03-01", "treatments": [],
        "answers": [{"instrument": "phq9", "date": "2025-02-20", "items": [*ITEMS, 0]}],
    }  # fmt: skip
    for mode in ("clinician", "visit"):
        assert "does not exclude risk" in remit("course", write(tmp_path, history), "--mode", mode).out


def test_a_wait_that_was_not_kept_is_said_in_plain_words(tmp_path: Path) -> None:
    history = {
        "person": {"id": "p"}, "index_date": "2025-03-01",
        "treatments": [
            {"treatment": "phenelzine", "start": "2024-01-01", "end": "2025-02-25", "daily_dose_mg": 60},
            {"treatment": "sertraline", "start": "2025-02-27", "daily_dose_mg": 50},
        ],
    }  # fmt: skip
    path = write(tmp_path, history)
    assert "may be too close together" in " ".join(remit("course", path, "--mode", "visit").out.split())
    assert "review this now" in " ".join(remit("course", path).out.split())


# --- in the reports
def test_reports_hold_the_course(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    for mode, title, line in (("clinician", "The course: is it working", "What is due"),
                              ("visit", "How it is going", "Your last score: PHQ-9 4")):  # fmt: skip
        assert remit("assess", practice / "calm.yaml", "--format", "html", "--mode", mode, "-o", out).code == 0
        page = out.read_text(encoding="utf-8")
        assert title in page
        assert line in re.sub(r"<[^>]+>", "", page)


def test_a_report_without_scores_says_so(tmp_path: Path) -> None:
    history = {"person": {"id": "p"}, "index_date": "2025-03-01", "treatments": []}
    out = tmp_path / "r.html"
    for mode in ("clinician", "visit"):
        remit("assess", write(tmp_path, history), "--format", "html", "--mode", mode, "-o", out)
        assert "No score of a depression scale is on record." in out.read_text(encoding="utf-8")
