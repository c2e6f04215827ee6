"""What people really type, paste and drop: it is read rightly or asked about, and nothing of it is lost."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from remit.surfaces.web.record import read_history
from remit.surfaces.web.security import UPLOAD_LIMIT
from remit.surfaces.web.windows import merged, shown
from web.visitor import Page, Visitor

DATED = {"start": "2023-01", "still": "no", "end": "2024-01"}


def exported(visitor: Visitor, home: str) -> dict[str, Any]:
    found: dict[str, Any] = visitor.client.get(f"{home}/export.json").json()
    return found


def tried(visitor: Visitor, home: str, n: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = exported(visitor, home)["treatments"][n]
    return found


# --- amounts
@pytest.mark.parametrize("said", ["1,000", "1.200", "1,200 mg", "12.500 mg a day"])
def test_a_mark_of_thousands_is_asked_about(visitor: Visitor, said: str) -> None:
    home = visitor.person()
    page = visitor.treatment(home, "lithium", step_dose_1=said, **DATED)
    assert "daily_dose_mg" not in tried(visitor, home)
    assert "This could be two numbers" in page.text
    assert visitor.get(f"{home}/history/t1").form(f"{home}/history/t1")["fields"]["step_dose_1"] == said


@pytest.mark.parametrize(
    ("said", "mg"), [("37,5", 37.5), ("0.125", 0.125), ("1200", 1200), ("100 mg/d", 100), ("50 once a day", 50)]
)
def test_amounts_of_one_reading_are_read(visitor: Visitor, said: str, mg: float) -> None:
    home = visitor.person()
    visitor.treatment(home, "lithium", step_dose_1=said, **DATED)
    assert tried(visitor, home)["daily_dose_mg"] == mg


def test_a_dose_of_a_file_with_three_decimals_outlives_an_edit(visitor: Visitor) -> None:
    treatments = [{"treatment": "pramipexole", "start": "2023-01", "end": "2024-01", "daily_dose_mg": 1.125}]
    home = f"/p/{visitor.store.add(read_history({'treatments': treatments}).document())}"
    visitor.send(f"{home}/history/t1", outcome="none")
    assert tried(visitor, home)["daily_dose_mg"] == 1.125


@pytest.mark.parametrize("said", ["?", "don't know", "I don\u2019t know", "not sure"])
def test_not_to_know_a_dose_is_no_mistake(visitor: Visitor, said: str) -> None:
    home = visitor.person()
    page = visitor.treatment(home, "Zoloft", step_dose_1=said, adherence=said, **DATED)
    assert "Please check these" not in page.text
    assert not {"daily_dose_mg", "doses", "adherence"} & tried(visitor, home).keys()
    assert visitor.get(f"{home}/history/t1").form(f"{home}/history/t1")["fields"]["step_dose_1"] == said


@pytest.mark.parametrize(("said", "share"), [("8/10", 0.8), ("8 of 10", 0.8), ("80%", 0.8), ("9,5", 0.95), ("0", 0)])
def test_a_share_of_doses_may_be_said_in_several_ways(visitor: Visitor, said: str, share: float) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", adherence=said, **DATED)
    assert tried(visitor, home)["adherence"] == share


@pytest.mark.parametrize("said", ["80", "-1", "11/10", "110%", "most", "1_0"])
def test_what_is_no_share_is_asked_about(visitor: Visitor, said: str) -> None:
    home = visitor.person()
    assert "Write a number from 0 to 10" in visitor.treatment(home, "Zoloft", adherence=said, **DATED).text
    assert "adherence" not in tried(visitor, home)


# --- still going on
def test_that_it_goes_on_is_kept_when_the_start_cannot_be_read(visitor: Visitor) -> None:
    home = visitor.person()
    page = visitor.treatment(home, "lithium", start="when I was ill", still="yes")
    assert page.form(f"{home}/history/t1")["fields"]["still"] == "yes"
    assert "It still goes on" in visitor.get(f"{home}/history").text
    visitor.send(f"{home}/history/t1", start="2020")  # only the start is mended
    assert tried(visitor, home) == {"treatment": "lithium", "start": "2020"}
    assert "from 2020, ongoing" in visitor.get(f"{home}/report/visit.html").text


# --- two windows
def test_a_window_that_is_behind_takes_nothing_back(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft")
    path = f"{home}/history/t1"
    behind = visitor.get(path).form(path)["fields"]
    visitor.send(path, start="2023-03", step_dose_1="100")
    visitor.client.post(path, data=behind | {"still": "no", "end": "2024-05"})
    said = {"treatment": "Zoloft", "start": "2023-03", "end": "2024-05", "daily_dose_mg": 100}
    assert tried(visitor, home) == said
    visitor.client.post(path, data=behind | {"still": "no", "end": "2024-06", "step_dose_1": "50"})
    assert tried(visitor, home) == said | {"end": "2024-06", "daily_dose_mg": 50}, "what both edited is as edited last"


def test_a_field_that_was_edited_and_is_as_before_again_counts() -> None:
    now = {"start": "2023", "end": "2024"}
    sent = {"was": shown({"start": "", "end": ""}), "start": "", "end": ""}
    assert merged(sent, now) | now == merged(sent, now)
    assert merged(sent | {"touched": " end"}, now)["end"] == ""
    assert merged(sent | {"touched": " end"}, now)["start"] == "2023"


@pytest.mark.parametrize("was", ["", "[]", "{", "[" * 9999, "\x00", "3"])
def test_a_form_without_what_it_showed_is_taken_as_sent(was: str) -> None:
    assert merged({"was": was, "start": "2"}, {"start": "1"})["start"] == "2"


def test_so_it_is_about_the_person_and_with_the_checks(visitor: Visitor) -> None:
    home = visitor.person()
    for place, one, other, where in (
        ("about", {"severity": "severe"}, {"episode_start": "2024-02"}, "episode"),
        ("checks", {"missed_doses": "yes"}, {"stopped_on_own": "yes"}, "clues"),
    ):
        path = f"{home}/{place}"
        behind = visitor.get(path).form(path)["fields"]
        visitor.send(path, **one)
        visitor.client.post(path, data=behind | other)
        assert len(exported(visitor, home)[where]) == 2, place


def test_a_treatment_that_another_window_took_out_is_told_of(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft")
    path = f"{home}/history/t1"
    behind = visitor.get(path).form(path)["fields"]
    visitor.send(f"{path}/remove", at=f"{home}/history")
    assert "taken out, maybe in another window" in Page(visitor.client.post(path, data=behind).text).text
    live = visitor.client.post(path, data=behind, headers={"HX-Request": "true"})
    assert live.status_code == 404


def test_two_edits_at_once_are_both_kept(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    home = visitor.person()
    forms = {}
    for n in (1, 2):
        visitor.treatment(home, "Zoloft", start=f"201{n}")
        path = f"{home}/history/t{n}"
        forms[path] = visitor.get(path).form(path)["fields"] | {"outcome": "none"}
    load = visitor.store.load

    def slowly(person_id: str) -> Any:
        found = load(person_id)
        time.sleep(0.3)  # time for the other to read the same
        return found

    monkeypatch.setattr(visitor.store, "load", slowly)
    runs = [threading.Thread(target=visitor.client.post, args=(p,), kwargs={"data": f}) for p, f in forms.items()]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    monkeypatch.undo()
    assert [t.get("outcome") for t in exported(visitor, home)["treatments"]] == ["none", "none"]


# --- the person
@pytest.mark.parametrize("day", ["1850-01-01", "9999-12-31"])
def test_a_day_of_the_visit_that_cannot_be_keeps_every_page_readable(visitor: Visitor, day: str) -> None:
    home = visitor.person()
    page = visitor.send(f"{home}/about", index_date=day)
    assert "This is a date no record can be about. Give a year from 1900 to 2100." in page.text
    assert page.form(f"{home}/about")["fields"]["index_date"] == day
    visitor.get(f"{home}/report/visit.html")
    assert "index_date" not in exported(visitor, home)


def test_a_wrong_weight_may_be_emptied(visitor: Visitor) -> None:
    home = visitor.person()
    assert "Write a number" in visitor.send(f"{home}/about", weight_kg="11 stone").text
    page = visitor.send(f"{home}/about", weight_kg="")
    assert "Write a number" not in page.text
    assert page.form(f"{home}/about")["fields"]["weight_kg"] == ""


@pytest.mark.parametrize(("field", "where"), [("birth_date", "person"), ("episode_start", "episode")])
def test_what_began_is_not_still_to_come(visitor: Visitor, field: str, where: str) -> None:
    home = visitor.person()
    assert "That day is still to come" in visitor.send(f"{home}/about", **{field: "2050-01-01"}).text
    assert field.removeprefix("episode_") not in exported(visitor, home).get(where, {})
    page = visitor.send(f"{home}/about/conditions", at=f"{home}/about", condition="asthma", condition_start="2050")
    assert "That day is still to come" in page.text


def test_a_treatment_that_is_still_to_come_is_told_of(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", start="2030", still="no", end="2031")
    assert "It does not count yet" in visitor.get(f"{home}/history").text
    assert "1 record dated after the index date is left out." in visitor.get(f"{home}/standing").text


# --- words
@pytest.mark.parametrize("said", ["suicidal", "I want to die", "Self-harm", "thoughts of suicide", "kill myself"])
def test_a_word_on_suicide_puts_the_panel_first_wherever_it_is_typed(visitor: Visitor, said: str) -> None:
    home = visitor.person()
    page = visitor.send(f"{home}/about/conditions", at=f"{home}/about", condition=said)
    assert page.source.index('class="panel"') < page.source.index("<h1")
    home = visitor.person("Kim")
    assert 'class="panel"' not in visitor.get(home).source
    visitor.send(f"{home}/history", treatment=said)
    for path in ("/history", "/options", "/report"):
        page = visitor.get(home + path)
        assert page.source.index('class="panel"') < page.source.index("<h1"), path


def test_messages_beside_a_field_are_sentences(visitor: Visitor) -> None:
    home = visitor.person()
    page = visitor.treatment(home, "Zoloft", start="2024", still="no", end="2023", step_dose_1="99999")
    assert "This ends before it starts." in page.text
    assert "This is far above any daily dose of sertraline." in page.text
    page = visitor.send(f"{home}/history", treatment="qqqqqq")
    assert "choose a name from the list" in page.text
    assert "code" not in page.text


def test_a_name_that_nobody_knows_is_told_of_before_it_is_left_out(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.send(f"{home}/history", treatment="the mystery pill")
    for path in ("/report", "/delete"):
        page = visitor.get(home + path).text
        assert "Not in the reports or in a saved file, as the name is not known yet: the mystery pill" in page
    visitor.send(f"{home}/history/t1", treatment="Zoloft")
    assert "Not in the reports" not in visitor.get(f"{home}/report").text


def test_of_a_treatment_that_was_tried_twice_a_question_says_which_time(visitor: Visitor) -> None:
    home = visitor.person()
    for year in ("2019", "2023"):
        visitor.treatment(home, "Zoloft", start=year, still="no", end="", outcome="none")
    visitor.treatment(home, "Effexor", start="2021", still="no", end="", outcome="none")
    page = visitor.get(f"{home}/standing").text
    for year in ("2019", "2023"):
        assert f"On what day did I stop sertraline ({year} to unknown)?" in page
    assert "On what day did I stop venlafaxine?" in page


def test_what_if_tells_two_times_of_one_treatment_apart(visitor: Visitor) -> None:
    home = visitor.person()
    for name, start in (("Zoloft", "spring 2019"), ("sertraline", "2023"), ("Effexor", "2021")):
        visitor.treatment(home, name, start=start, still="no", end="")
    page = visitor.get(f"{home}/what-if").text
    assert "sertraline (spring 2019) sertraline (2023) venlafaxine Show" in page


def test_a_long_time_at_a_low_dose_is_not_called_short(visitor: Visitor) -> None:
    home = visitor.person()
    fields = {"start": "2018-01-01", "still": "no", "end": "2023-01-01", "step_dose_1": "10"}
    visitor.treatment(home, "amitriptyline", outcome="none", **fields)
    page = visitor.get(f"{home}/history").text
    assert "time: long enough, but not at the dose this rule asks" in page
    report = visitor.get(f"{home}/report/visit.html").text
    assert "the dose was low" in report
    assert "it was short" not in report
    visitor.send(f"{home}/history/t1", end="2018-01-08")
    assert "time: shorter than this rule asks" in visitor.get(f"{home}/history").text
    assert "the dose was low and it was short" in visitor.get(f"{home}/report/visit.html").text


def test_nothing_would_make_clear_what_is_clear(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", start="2023-01-01", still="no", end="2023-01-08")
    page = visitor.get(f"{home}/history").text
    assert "Not a fair try" in page
    assert "What would make it clear" not in page
    assert "the dose, and when it changed" not in page
    assert "Not known yet: how much it helped" in page


def test_the_first_questionnaire_is_a_short_one_on_depression(visitor: Visitor) -> None:
    page = visitor.get(f"{visitor.person()}/scores")
    assert next(link for link in page.links if "/scores/" in link).endswith("/phq9")


# --- files
def read_in(visitor: Visitor, at: str, *files: tuple[str, bytes]) -> Page:
    token = visitor.get(at).form(at)["fields"]["token"]
    answer = visitor.client.post(at, data={"token": token}, files=[("files", file) for file in files])
    assert answer.status_code < 500
    return Page(answer.text)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("list.csv", b"PK\x03\x04 a workbook under another name", "a workbook, a letter or a packed file"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook, a letter or a packed file"),
        ("box.jpg", b"\xff\xd8\xff\xe0\x00\x10", "a picture or a PDF"),
        ("scan.pdf", b"%PDF-1.7", "a picture or a PDF"),
    ],
)
def test_a_file_that_is_no_text_is_told_for_what_it_is(visitor: Visitor, name: str, content: bytes, kind: str) -> None:
    page = read_in(visitor, "/import", ("good.csv", b"treatment,start\nZoloft,2023\n"), (name, content))
    assert f"{name}: is {kind}, which is not read." in page.text
    assert "Nothing was read in" in page.text


def test_faults_name_the_files_as_they_are_called(visitor: Visitor) -> None:
    wrong, torn = "treatment,start\nK\u00e4se,2023\n".encode("cp1252"), b'{"treatments": ['
    page = read_in(visitor, "/import", ("Meine Liste.csv", wrong), ("clinic.json", torn))
    assert "Meine Liste.csv:2: is not UTF-8 text. Save it as UTF-8 (in a spreadsheet: CSV UTF-8)." in page.text
    assert "clinic.json, line 1: is not JSON" in page.text
    assert "file-1" not in page.text


def test_semicolons_and_decimal_commas_of_a_spreadsheet_are_read(visitor: Visitor) -> None:
    table = b"treatment;start;end;daily_dose_mg\nEffexor;2023-03-01;2023-09-01;37,5\n"
    page = read_in(visitor, "/import", ("a.csv", table))
    home = next(link for link in page.links if link.endswith("/history")).removesuffix("/history")
    assert tried(visitor, home)["daily_dose_mg"] == 37.5


def test_what_came_in_is_counted_whatever_it_is(visitor: Visitor) -> None:
    history = b"""{"treatments": [], "measurements": [{"code": "phq9", "value": 12, "date": "2026-10-01"}],
        "conditions": [{"condition": "hypothyroidism"}]}"""
    assert "Scores and values: 1. Illnesses: 1." in read_in(visitor, "/import", ("a.json", history)).text


def test_a_file_about_somebody_else_is_noticed(visitor: Visitor) -> None:
    home = visitor.person("Sam")
    other = b"person_id,treatment,start\nkim,Zoloft,2023\n"
    assert (
        "The file calls this person \u201ckim\u201d. Here it is \u201cSam\u201d."
        in read_in(visitor, f"{home}/import", ("a.csv", other)).text
    )
    same = b"person_id,treatment,start\nSam,Effexor,2023\n"
    assert "The file calls" not in read_in(visitor, f"{home}/import", ("a.csv", same)).text
    unnamed = b"treatment,start\nProzac,2023\n"
    assert "The file calls" not in read_in(visitor, f"{home}/import", ("a.csv", unnamed)).text


def test_a_file_beyond_the_limit_gets_a_page_and_a_way_back(visitor: Visitor) -> None:
    token = visitor.token()
    files = {"files": ("a.csv", b"x" * (UPLOAD_LIMIT + 1))}
    answer = visitor.client.post("/import", data={"token": token}, files=files)
    page = Page(answer.text)
    assert answer.status_code == 413
    assert "A file may have up to 32 MiB" in page.text
    assert "/" in page.links
