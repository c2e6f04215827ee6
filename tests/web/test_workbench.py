"""What pages are made from: never out of date, and the same by one definition as by all of them."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from remit.knowledge import Knowledge
from remit.knowledge.text import load_text
from remit.pipeline import assess
from remit.render.gather import gather
from remit.render.statements import leading_rule
from remit.surfaces.web.record import read_history
from remit.surfaces.web.workbench import KEPT, MODES, Workbench
from remit.tables import RECORDS
from web.visitor import TODAY, Visitor

HISTORY = {
    "person": {"id": "Sam", "birth_date": "1960-01-01"}, "episode": {"start": "2023-02-01", "severity": "severe"},
    "treatments": [
        {"treatment": "Zoloft", "start": "2023-03-01", "end": "2023-08-30", "daily_dose_mg": 100, "outcome": "none"},
        {"treatment": "Effexor", "start": "2024-01", "end": "2024-09", "daily_dose_mg": 150, "outcome": "minimal"},
        {"treatment": "lithium", "start": "2024-05", "augments": "Effexor"},
    ],
    "answers": [{"instrument": "phq9", "date": "2026-10-30", "items": [2, 3, 2, 2, 1, 2, 2, 1, 1]}],
    "conditions": [{"condition": "hypothyroidism", "status": "active"}], "clues": {"family_history_bipolar": True},
}  # fmt: skip


RECORD_TABLES = [table.table_name() for table in RECORDS]


@pytest.fixture(scope="module")
def bench(knowledge: Knowledge) -> Workbench:
    return Workbench(knowledge, load_text())


@pytest.mark.parametrize("mode", MODES)
def test_what_quick_pages_show_hangs_on_no_definition(bench: Workbench, mode: str) -> None:
    """The app assesses by all definitions at once: what it shows but for verdicts is as by one of them."""
    assessment = bench.assess(read_history(HISTORY), TODAY, "GB")
    wide, records = assessment.person(mode), {name: assessment.tables[name] for name in RECORD_TABLES}
    rule = leading_rule(bench.knowledge)
    narrow = bench.knowledge.only([next(d.id for d in bench.knowledge.definitions if d.adequacy == rule.id)])
    quick = gather(assess(records, narrow), narrow, bench.text, mode).persons[0]
    assert quick.signs
    assert quick.considerations
    for name in ("signs", "considerations", "genes", "options", "groups", "mechanisms", "trials", "score"):
        assert getattr(quick, name) == getattr(wide, name), name
    assert {a.rule.id for a in quick.adequacy} == {rule.id}
    same = [a for a in wide.adequacy if a.rule.id == rule.id]
    assert list(quick.adequacy) == list(wide.under(rule.id)) == same
    assert [a.reasons for a in quick.adequacy] == [a.reasons for a in same]


def test_nothing_is_shown_from_before_an_edit(bench: Workbench) -> None:
    record = read_history(HISTORY)
    before = bench.assess(record, TODAY, "GB")
    assert bench.assess(read_history(HISTORY), TODAY, "GB") is before  # read once
    loaded = json.loads(json.dumps(HISTORY))
    assert bench.assess(read_history(loaded), TODAY, "GB") is before  # whatever objects hold it
    record.measurements.append({"code": "phq9", "value": 3, "date": "2026-11-01"})  # and only then asked for
    assert before.person("visit").score != bench.assess(record, TODAY, "GB").person("visit").score
    assert bench.assess(record, date(2026, 11, 23), "GB") is not bench.assess(record, TODAY, "GB")
    assert bench.assess(record, TODAY, "US") is not bench.assess(record, TODAY, "GB")
    for n in range(KEPT + 1):
        bench.assess(read_history(HISTORY | {"index_date": f"2026-01-{n + 1:02}"}), TODAY, None)
    assert bench.assess(read_history(HISTORY), TODAY, "GB") is not before  # the oldest goes


# --- what a newcomer meets
def test_the_country_is_asked_with_the_name(visitor: Visitor) -> None:
    visitor.send("/people", at="/", label="Sam", country="GB")
    home = visitor.path.rsplit("/", 1)[0]
    assert visitor.client.get(f"{home}/export.json").json()["person"] == {"id": "Sam", "country": "GB"}
    assert "call 116 123 now" in visitor.get(home).text
    visitor.send("/people", at="/", label="Kim", country="XX")
    assert "country" not in visitor.client.get(f"{visitor.path.rsplit('/', 1)[0]}/export.json").json()["person"]


def test_the_first_dose_counts_from_the_start(visitor: Visitor) -> None:
    home = visitor.person()
    fields = {"start": "spring 2019", "still": "no", "end": "2020-03", "step_dose_1": "50", "step_dose_2": "100"}
    visitor.treatment(home, "Zoloft", step_start_2="summer 2019", **fields)
    doses = visitor.client.get(f"{home}/export.json").json()["treatments"][0]["doses"]
    assert doses == [
        {"start": "2019-03/2019-05", "daily_dose_mg": 50},
        {"start": "2019-06/2019-08", "daily_dose_mg": 100},
    ]
    form = visitor.get(f"{home}/history/t1").form(f"{home}/history/t1")["fields"]
    assert (form["step_start_1"], form["step_start_2"]) == ("", "summer 2019")
    assert "spring 2019 to March 2020" in visitor.get(f"{home}/history").text


def test_nothing_is_asked_for_that_no_rule_would_use(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "CBT", start="2022-09", still="no", end="2023-03", sessions="12", outcome="none")
    page = visitor.get(f"{home}/history")
    assert "the rule does not say how much is enough" in page.text
    assert "how many sessions there were" not in page.text


def test_many_scores_are_listed_newest_first_and_all_on_request(visitor: Visitor) -> None:
    measured = [{"code": "phq9", "value": n % 28, "date": f"{2000 + n // 12}-{n % 12 + 1:02}-01"} for n in range(100)]
    home = f"/p/{visitor.store.add(read_history({'treatments': [], 'measurements': measured}).document())}"
    page = visitor.get(f"{home}/scores")
    assert page.source.count('name="part"') == 40
    assert "100 scores on record" in page.text
    link = next(link for link in page.links if "?all=" in link)
    assert visitor.get(link.partition("#")[0]).source.count('name="part"') == 100


@pytest.mark.parametrize("path", ["/report/visit.html", "/report/options.html", "/options/ect/plan?start=2026-12-01"])
def test_documents_have_a_way_back_and_no_wider_policy(visitor: Visitor, path: str) -> None:
    home = visitor.person()
    page = visitor.get(home + path)
    assert page.links[1].startswith(home)
    assert not re.search("http-equiv|unsafe", page.source)


def test_what_if_shows_every_dose(visitor: Visitor) -> None:
    home = visitor.person()
    visitor.treatment(home, "Zoloft", start="2019", step_dose_1="50", step_dose_2="100", step_start_2="2020")
    fields = visitor.get(f"{home}/what-if").form(f"{home}/what-if")["fields"]
    assert (fields["step_dose_1"], fields["step_dose_2"]) == ("50", "100")


# --- what is in sight while one types
@pytest.mark.parametrize(
    ("mode", "brief"), [("visit", "The dose was low and it was short."), ("clinician", "Dose too low and too short.")]
)
def test_the_verdict_stands_before_the_fields_and_comes_with_every_save(
    visitor: Visitor, mode: str, brief: str
) -> None:
    visitor.store.set("mode", mode)
    home = visitor.person()
    visitor.treatment(home, "sertraline", start="2024-03-01", end="2024-03-10", step_dose_1="25", outcome="none")
    page = visitor.get(f"{home}/history/t1")
    verdict = page.source.index('id="verdict"')
    assert page.source.index("<form", page.source.index("<h1")) < verdict < page.source.index('id="treatment"')
    assert brief in page.source[verdict : verdict + 400]
    form = page.form(f"{home}/history/t1")["fields"] | {"end": "2024-07-01", "step_dose_1": "100"}
    live = visitor.client.post(f"{home}/history/t1", data=form, headers={"HX-Request": "true"}).text
    assert 'id="verdict" data-hx-swap-oob="true"' in live
    assert "A fair try" in live[live.index('id="verdict"') :]


def test_a_clinician_is_not_spoken_to_as_the_person(visitor: Visitor) -> None:
    home = visitor.person()
    titles = {"/scores": ("How are you now", "Scores"), "/about": ("About you and this bout", "Person and episode")}
    for path, (visit, clinician) in titles.items():
        assert f"<h1>{visit}</h1>" in visitor.get(home + path).source
        visitor.store.set("mode", "clinician")
        assert f"<h1>{clinician}</h1>" in visitor.get(home + path).source
        visitor.store.set("mode", "visit")
