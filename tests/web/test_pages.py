"""The whole path over HTTP, without any script, as a person and as a clinician."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from surfaces.running import EXAMPLES, remit
from web.visitor import Page, Visitor

ZOLOFT = {
    "start": "spring 2023", "still": "no", "end": "christmas 2023", "step_dose_1": "100", "outcome": "none",
    "stopped_because": "no_effect", "adherence": "9",
}  # fmt: skip
EFFEXOR = {
    "start": "March 2024", "still": "no", "end": "October 2024", "step_dose_1": "150", "outcome": "minimal",
    "stopped_because": "no_effect", "adherence": "10",
}  # fmt: skip
BANNED = (
    "low risk",
    "safe for you",
    "best treatment",
    "treatment failure",
    "failed patient",
    "risk score",
    "risk level",
)
PATHS = (
    "", "/history", "/scores", "/scores/phq9", "/about", "/checks", "/standing", "/what-if", "/options",
    "/options/ect", "/report", "/import", "/delete",
)  # fmt: skip
TOP = ("/", "/settings", "/help", "/about", "/import", "/delete")


def filled(visitor: Visitor) -> str:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", **ZOLOFT)
    visitor.treatment(home, "Effexor", **EFFEXOR)
    visitor.send(f"{home}/about", episode_start="January 2023", severity="severe", psychotic="no")
    return home


def test_the_mode_is_asked_first_and_stands_on_every_page(visitor: Visitor) -> None:
    home = filled(visitor)
    for path in (*TOP, *(f"{home}{p}" for p in PATHS)):
        text = visitor.get(path).text
        assert "Mode: Getting ready for a visit." in text, path
        assert "Not advice, not a prescription, not a diagnosis." in text, path
        assert "If you may act on thoughts of suicide, call" in text, path
        assert "No one is monitoring what you enter." in text, path
        assert not [words for words in BANNED if words in text.lower()], path


def test_a_person_walks_the_whole_path(visitor: Visitor) -> None:
    home = filled(visitor)
    history = visitor.get(f"{home}/history").text
    assert "sertraline (Zoloft)" in history
    assert "between 1 March 2023 and 31 May 2023" in history  # spring 2023, of the north
    assert history.count("A fair try") == 2
    standing = visitor.get(f"{home}/standing").text
    # Two fair tries without effect in the episode: the US criterion of two is met.
    assert "your history fits" in standing
    assert "met, with 2 failed adequate trials" in standing
    report = visitor.get(f"{home}/report/visit.html").text
    assert "sertraline" in report
    assert visitor.client.get(f"{home}/report/visit.pdf").content.startswith(b"%PDF-")


def test_a_visit_shows_no_dose_targets_and_judges_no_option(visitor: Visitor) -> None:
    home = filled(visitor)
    text = " ".join(visitor.get(f"{home}{path}").text for path in ("/history", "/standing", "/options", "/options/ect"))
    assert not re.search(r"\bmg a day asked|at least \d+ mg", text)
    options = visitor.get(f"{home}/options").text
    assert "not made for you" in options
    assert "Not suitable" not in options
    assert "Tried" not in options


def test_a_clinician_sees_status_reasons_and_doses(clinician: Visitor) -> None:
    home = filled(clinician)
    assert re.search(r"highest 100 mg a day, at least \d+ mg asked", clinician.get(f"{home}/history").text)
    assert "Mode: For clinicians." in clinician.get(home).text
    assert "To discuss" in clinician.get(f"{home}/options").text
    page = clinician.get(f"{home}/options/lithium_aug").text
    assert "Reasons for this record" in page
    assert "Cannot be assessed:" in page  # nothing is known of the kidneys: that is not a pass
    assert clinician.client.get(f"{home}/report/full.html").status_code == 200


def test_the_same_verdicts_as_the_command_line(clinician: Visitor, tmp_path: Path) -> None:
    home = filled(clinician)
    exported = tmp_path / "history.json"
    exported.write_bytes(clinician.client.get(f"{home}/export.json").content)
    there = clinician.client.get(f"{home}/report/assessment.json").json()["persons"][0]
    here = remit("assess", exported, "--index-date", "2026-11-22", "--format", "json").json["persons"][0]
    for part in ("trials", "adequacy", "verdicts", "options", "considerations"):
        assert without_places(here[part]) == without_places(there[part])


def without_places(value: Any) -> Any:
    """The same without where in which file something stands."""
    if isinstance(value, dict):
        return {name: without_places(inner) for name, inner in value.items() if name != "record_ref"}
    return [without_places(inner) for inner in value] if isinstance(value, list) else value


# --- safety
def answer_phq9(visitor: Visitor, home: str, ninth: str | None) -> Page:
    items = {f"q{n}": "1" for n in range(1, 9)} | ({} if ninth is None else {"q9": ninth})
    return visitor.send(f"{home}/scores/phq9", date="2026-11-20", **items)


@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_a_sign_puts_the_panel_first_on_every_page(visitor: Visitor, mode: str) -> None:
    visitor.send("/settings", mode=mode, country="US")
    home = filled(visitor)
    first = answer_phq9(visitor, home, "1")
    pages = [first, *(visitor.get(f"{home}{path}") for path in PATHS)]
    for page in pages:
        main = page.source.partition("<main")[2]
        assert 0 < main.index('class="panel"') < main.index("<h1")
        assert "988" in page.text
    for document in ("visit.html",) if mode == "visit" else ("full.html", "letter.html", "options.html"):
        text = visitor.get(f"{home}/report/{document}").text
        assert "If there are thoughts of suicide, get help now" in text
    assert next(iter(visitor.client.get(f"{home}/report/assessment.json").json()["persons"][0])) == "crisis"


def test_a_zero_says_that_it_excludes_nothing(visitor: Visitor) -> None:
    home = visitor.person()
    page = answer_phq9(visitor, home, "0")
    assert "a score of 0 does not exclude risk; ask directly." in page.text
    assert 'class="panel"' not in page.source


def test_rather_not_say_shows_the_panel(visitor: Visitor) -> None:
    home = visitor.person()
    assert 'class="panel"' in visitor.send(f"{home}/scores/thoughts", at=f"{home}/scores", thoughts="unknown").source
    assert 'class="panel"' not in visitor.send(f"{home}/scores/thoughts", at=f"{home}/scores", thoughts="no").source
    assert 'class="panel"' in visitor.send(f"{home}/scores/thoughts", at=f"{home}/scores", thoughts="yes").source


def test_an_item_on_suicide_that_is_left_out_is_said(visitor: Visitor) -> None:
    home = visitor.person()
    assert "item 9 was not answered" in answer_phq9(visitor, home, None).text


def test_help_needs_nothing(visitor: Visitor) -> None:
    assert "988" in visitor.get("/help?country=US").text
    assert "116 123" in visitor.get("/help?country=GB").text


# --- forms
def test_what_cannot_be_read_is_kept_and_said(visitor: Visitor) -> None:
    home = visitor.person()
    page = visitor.treatment(home, "Prozac", start="some time", step_dose_1="a lot", end="2020", still="no")
    assert "This could not be read as a date" in page.text
    assert 'value="some time"' in page.source
    assert 'value="a lot"' in page.source
    again = visitor.get(visitor.path)
    assert 'value="some time"' in again.source
    assert "This could not be read as a date" in again.text


def test_an_unknown_name_waits_until_it_is_known(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.send(f"{home}/history", treatment="Xyzzyq")
    path = visitor.path
    assert "The name is not known yet" in visitor.get(f"{home}/history").text
    assert visitor.client.get(f"{home}/export.json").json()["treatments"] == []
    visitor.send(path, treatment="Prozac")
    assert visitor.client.get(f"{home}/export.json").json()["treatments"] == [{"treatment": "Prozac"}]


def test_silence_about_the_end_is_not_taken_for_going_on(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Prozac", start="2024-01")
    assert visitor.client.get(f"{home}/export.json").json()["treatments"][0]["end"] == "unknown"


def test_saving_as_one_types_answers_with_a_part(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.send(f"{home}/history", treatment="Zoloft")
    path, token = visitor.path, visitor.token()
    fields = {"token": token, "treatment": "Zoloft", "start": "spring 20"}
    part = visitor.client.post(path, data=fields, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert 'value="spring 20"' in visitor.get(path).source
    fields["start"] = "spring 2023"
    part = visitor.client.post(path, data=fields, headers={"HX-Request": "true"})
    assert "is read as: between 1 March 2023 and 31 May 2023" in part.text
    assert "<svg" in part.text  # the timeline is drawn again


def test_undo_and_redo(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", **ZOLOFT)
    card = visitor.get(f"{home}/history")
    visitor.send(next(f["action"] for f in card.forms if f["action"].endswith("/remove")), at=f"{home}/history")
    assert "sertraline" not in visitor.get(f"{home}/history").text
    assert "sertraline" in visitor.send(f"{home}/undo", at=f"{home}/history").text
    assert "sertraline" not in visitor.send(f"{home}/redo", at=f"{home}/history").text


def test_what_if_keeps_nothing(clinician: Visitor) -> None:
    home = filled(clinician)
    before = clinician.client.get(f"{home}/export.json").content
    page = clinician.send(f"{home}/what-if", entry="t1", outcome="remission", step_dose_1="100")
    assert "rules would say something else" in page.text
    assert "not met" in page.text
    assert clinician.client.get(f"{home}/export.json").content == before


def test_answers_feed_the_checks(visitor: Visitor) -> None:
    home = visitor.person()
    page = visitor.get(f"{home}/checks")
    fields = page.form(f"{home}/checks")["fields"]
    assert len(fields) > 100
    before = page.text.count("These answers make this worth checking")
    page = visitor.send(f"{home}/checks", **{name: "yes" for name in fields if name != "token"})
    assert page.text.count("These answers make this worth checking") > before + 5
    results = page.source.partition('id="live"')[2].partition("<h2>Questions")[0].lower()
    assert not re.search(r"\byou have (a |an )?(bipolar|adhd|autism|underactive)", results)
    assert len(visitor.client.get(f"{home}/export.json").json()["clues"]) == len(fields) - 3


def test_what_matters_goes_into_the_history(visitor: Visitor) -> None:
    home = visitor.person()
    token = visitor.token()
    visitor.client.post(f"{home}/options", data={"token": token, "matters": ["anaesthesia", "fast_effect", "nonsense"]})
    assert visitor.client.get(f"{home}/export.json").json()["preferences"] == {
        "avoid": ["anaesthesia"], "wants": ["fast_effect"]
    }  # fmt: skip


def test_a_plan_and_its_calendar(visitor: Visitor) -> None:
    home = filled(visitor)
    assert visitor.get(f"{home}/options/ect/plan?start=2026-12-01").text
    calendar = visitor.client.get(f"{home}/options/ect/plan.ics?start=2026-12-01")
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert "Sam" not in calendar.text
    for wrong in ("", "?start=", "?start=tomorrow", "?start=2026-13-01"):
        assert visitor.client.get(f"{home}/options/ect/plan{wrong}").status_code == 400


def test_scores_of_one_day_are_answered_once(visitor: Visitor) -> None:
    home = visitor.person()
    answer_phq9(visitor, home, "0")
    answer_phq9(visitor, home, "2")
    answers = visitor.client.get(f"{home}/export.json").json()["answers"]
    assert [a["items"][8] for a in answers] == [2]


def test_a_score_out_of_range_is_refused(clinician: Visitor) -> None:
    home = clinician.person()
    action = f"{home}/scores/total"
    page = clinician.send(action, at=f"{home}/scores", code="phq9", value="40", date="2026-11-01")
    assert "is outside the scale of PHQ-9" in page.text.replace("Is ", "is ")
    page = clinician.send(action, at=f"{home}/scores", code="phq9", value="20", date="2027-01-01")
    assert "That day is still to come" in page.text
    clinician.send(action, at=f"{home}/scores", code="phq9", value="20", date="2026-11-01")
    assert clinician.client.get(f"{home}/export.json").json()["measurements"] == [
        {"code": "phq9", "date": "2026-11-01", "value": 20.0}
    ]


def test_only_questionnaires_that_may_be_shown_are_shown(visitor: Visitor, knowledge: object) -> None:
    home = visitor.person()
    page = visitor.get(f"{home}/scores")
    shown = {link.rsplit("/", 1)[1] for link in page.links if link.startswith(f"{home}/scores/")}
    assert {"phq9", "gad7", "pc_ptsd5", "pcl5", "asq"} <= shown
    for name in ("bdi2", "qids_sr16", "cssrs_screener"):
        assert name not in shown
        assert visitor.client.get(f"{home}/scores/{name}").status_code == 404


# --- files
@pytest.mark.parametrize("name", ["history.yaml", "history.csv", "safety.yaml"])
def test_a_file_comes_in_and_says_the_same(clinician: Visitor, name: str) -> None:
    path = EXAMPLES / name
    clinician.send("/import", files={"files": (name, path.read_bytes())})
    there = clinician.client.get("/export.json").json()
    told = remit("assess", path, "--format", "json").json["persons"]
    assert len(there) == len(told)
    links = [link for link in clinician.get("/").links if link.startswith("/p/")]
    by_id = {}
    for link in links:
        document = clinician.client.get(f"{link}/report/assessment.json").json()["persons"][0]
        by_id[document["person_id"]] = document
    for person in told:
        mine = by_id[person["person_id"]]
        assert [t["treatment"] for t in mine["trials"]] == [t["treatment"] for t in person["trials"]]
        assert [t["start"] for t in mine["trials"]] == [t["start"] for t in person["trials"]]


def test_a_file_with_faults_is_refused_with_all_of_them(visitor: Visitor) -> None:
    bad = b'{"treatments": [{"treatment": "Zolloft?", "start": "soon"}, {"treatmint": "Prozac"}]}'
    page = visitor.send("/import", status=422, files={"files": ("a.json", bad)})
    assert page.text.count("treatments[") >= 3
    assert "Nothing was read in" in page.text
    assert visitor.client.get("/export.json").json() == []


def test_export_comes_back_the_same(visitor: Visitor) -> None:
    home = filled(visitor)
    answer_phq9(visitor, home, "0")
    first = visitor.client.get(f"{home}/export.json")
    visitor.send("/import", files={"files": ("a.json", first.content)})
    other = next(link for link in visitor.get("/").links if link.startswith("/p/") and link != home)
    a, b = first.json(), visitor.client.get(f"{other}/export.json").json()
    assert b["answers"] == [dict(x, items=[*x["items"][:9], None]) for x in a["answers"]]
    assert [t["start"] for t in b["treatments"]] == ["2023-03/2023-05", "2024-03"]
    assert b["treatments"][0]["daily_dose_mg"] == 100


def test_delete_needs_a_tick_and_is_for_good(visitor: Visitor, folder: Path) -> None:
    home = visitor.person("Unmistakable Name")
    assert "Tick the box" in visitor.send(f"{home}/delete").text
    visitor.send(f"{home}/delete", sure="yes")
    assert visitor.client.get(home).status_code == 404
    for file in folder.iterdir():
        assert b"Unmistakable" not in file.read_bytes()


def test_delete_everything(visitor: Visitor) -> None:
    filled(visitor)
    page = visitor.send("/delete", sure="yes")
    assert "Who is this for?" in page.text
    assert visitor.client.get("/export.json").json() == []


# --- passphrase
def test_with_a_passphrase_nothing_is_shown_but_help(visitor: Visitor, knowledge: object) -> None:
    home = visitor.person()
    words = "four odd words here"
    visitor.send("/passphrase", at="/settings", new=words, again=words)
    assert visitor.get(home).text  # this session gave it
    stranger = Visitor(visitor.store, knowledge)  # type: ignore[arg-type]
    for path in ("/", home, f"{home}/export.json", "/export.json", "/settings", "/delete"):
        answer = stranger.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/unlock"), path
    assert "116 123" in stranger.get("/help?country=GB").text
    assert "does not open the data" in stranger.send("/unlock", passphrase="wrong").text
    stranger.send("/unlock", passphrase=words)
    assert stranger.get(home).text
    stranger.send("/lock", at="/settings")
    assert stranger.client.get(home, follow_redirects=False).status_code == 303
