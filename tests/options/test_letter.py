"""Options by hand: statuses, washouts in both directions, thresholds, countries, wishes, and what must never happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest
import yaml

from options import plain
from options.people import draw, records
from remit.flow.records import read_records
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.text import load_text
from remit.pipeline import assess
from remit.render.gather import gather
from remit.tables import Tables

INDEX = date(2026, 11, 1)
ORDER = ("not_suitable", "not_now", "tried", "discuss_with_caution", "discuss")
SLOW = ("vns", "dbs", "rtms_standard", "itbs", "dtms", "saint_snt", "exercise", "cbt", "psilocybin_comp360")
SEROTONERGIC = ("switch_antidepressant", "tca", "olanzapine_fluoxetine", "mirtazapine_combo", "auvelity")

Run = Callable[..., "Result"]


class Result:
    """Statuses and reasons of one person."""

    def __init__(self, tables: Tables, knowledge: Knowledge) -> None:
        self.tables = tables
        ids = {key: entry.id for key, entry in enumerate(knowledge.options)}
        self.status = {ids[r["option_key"]]: r["status"] for r in tables["option"].iter_rows(named=True)}
        self.places = {ids[r["option_key"]]: r["place"] for r in tables["option"].iter_rows(named=True)}
        self.bears = {
            (ids[r["option_key"]], r["reason"]): r["bears"] for r in tables["option_reason"].iter_rows(named=True)
        }
        self.state = {
            (ids[r["option_key"]], r["reason"]): r["state"] for r in tables["option_reason"].iter_rows(named=True)
        }
        self.mechanisms = {r["system"]: r for r in tables["mechanism_tried"].iter_rows(named=True)}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def run(tmp_path: Path, knowledge: Knowledge) -> Run:
    def go(*treatments: dict[str, Any], **history: Any) -> Result:
        path = tmp_path / "history.yaml"
        person = {"birth_date": date(1980, 5, 2), "sex": "female", "country": "US"} | history.pop("person", {})
        content = {"person": person, "index_date": INDEX, "treatments": list(treatments)} | history
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return Result(assess(read_records(path, knowledge), knowledge), knowledge)

    return go


def taken(treatment: str, days_ago: int | None = None, **more: Any) -> dict[str, Any]:
    """A course of about a year; last taken so many days before the index date, or ongoing."""
    course = {"treatment": treatment, "start": INDEX - timedelta(days=400)}
    return course | ({} if days_ago is None else {"end": INDEX - timedelta(days=days_ago)}) | more


COMPLETE = {"medicine_list_complete": True}


# --- washouts, both ways
@pytest.mark.parametrize("option", SEROTONERGIC)
@pytest.mark.parametrize("inhibitor", ["phenelzine", "tranylcypromine", "moclobemide"])
def test_an_mao_inhibitor_blocks_what_raises_serotonin(run: Run, option: str, inhibitor: str) -> None:
    assert run(taken(inhibitor), clues=COMPLETE).status[option] == "not_now"


@pytest.mark.parametrize("medicine", ["sertraline", "venlafaxine", "nortriptyline", "mirtazapine", "bupropion"])
def test_what_raises_serotonin_blocks_an_mao_inhibitor(run: Run, medicine: str) -> None:
    assert run(taken(medicine), clues=COMPLETE).status["maoi"] == "not_now"


@pytest.mark.parametrize(("days", "bears"), [(13, "yes"), (14, "no"), (15, "no")])
@pytest.mark.parametrize(
    ("option", "rule"),
    [("switch_antidepressant", "r179"), ("tca", "r156"), ("auvelity", "r124"), ("olanzapine_fluoxetine", "r158")],
)
def test_two_weeks_after_an_mao_inhibitor(run: Run, option: str, rule: str, days: int, bears: str) -> None:
    found = run(taken("phenelzine", days), clues=COMPLETE)
    assert found.bears[option, rule] == bears
    if bears == "yes":
        assert found.status[option] == "not_now"


@pytest.mark.parametrize(
    ("medicine", "rule", "days", "bears"),
    [
        ("fluoxetine", "r143", 34, "yes"), ("fluoxetine", "r143", 35, "no"), ("fluoxetine", "r144", 1, "no"),
        ("sertraline", "r144", 13, "yes"), ("sertraline", "r144", 14, "no"), ("sertraline", "r143", 1, "no"),
        ("olanzapine_fluoxetine", "r143", 34, "yes"), ("tranylcypromine", "r145", 13, "yes"),
        ("tranylcypromine", "r145", 14, "no"),
    ],
)  # fmt: skip
def test_before_an_mao_inhibitor(run: Run, medicine: str, rule: str, days: int, bears: str) -> None:
    assert run(taken(medicine, days), clues=COMPLETE).bears["maoi", rule] == bears


def test_a_list_that_may_be_incomplete_passes_no_washout(run: Run) -> None:
    found = run(taken("phenelzine", 200))
    assert found.bears["tca", "r156"] == "unknown"
    assert found.status["tca"] == "discuss_with_caution"


def test_an_unknown_last_day_passes_no_washout(run: Run) -> None:
    found = run(taken("phenelzine") | {"end": "unknown"}, clues=COMPLETE)
    assert found.bears["tca", "r156"] == "unknown"


@pytest.mark.parametrize("first", ["sertraline", "venlafaxine", "nortriptyline"])
def test_the_dangerous_combination_comes_before_everything(run: Run, first: str) -> None:
    found = run(taken(first), taken("phenelzine"), clues=COMPLETE)
    assert {status for option, status in found.status.items()} <= {"not_now", "not_suitable", "investigational"}


@pytest.mark.parametrize("medicines", [("sertraline",), ("phenelzine",), ("sertraline", "phenelzine")])
def test_an_ssri_and_an_mao_inhibitor_are_never_to_discuss_beside_one_that_is_taken(
    run: Run, medicines: tuple[str, ...]
) -> None:
    found = run(*(taken(m) for m in medicines), clues=COMPLETE).status
    open_ones = {o for o, status in found.items() if status in ("discuss", "discuss_with_caution")}
    assert not ({"maoi"} & open_ones and set(SEROTONERGIC) & open_ones)


# --- numbers: both sides of every threshold, from labels and guidelines
@pytest.mark.parametrize(
    ("option", "rule", "code", "bearing", "clear"),
    [
        ("esketamine_nasal", "r009", "systolic_bp", 141, 140), ("esketamine_nasal", "r010", "diastolic_bp", 91, 90),
        ("lithium_aug", "r099", "egfr", 29, 30), ("lithium_aug", "r114", "lithium_level", 1.5, 1.4),
        ("auvelity", "r125", "egfr", 30, 29), ("auvelity", "r125", "egfr", 59, 60),
        ("auvelity", "r126", "egfr", 29, 30),
        ("cariprazine_aug", "r091", "creatinine_clearance", 29, 30), ("tca", "r153", "tca_level_sum", 301, 300),
        ("tca", "r154", "tca_level", 501, 500), ("quetiapine_aug", "r181", "qtc", 501, 500),
        ("t3_aug", "r118", "tsh", 4.1, 4.0), ("t3_aug", "r118", "tsh", 0.3, 0.4),
    ],
)  # fmt: skip
def test_measured_thresholds(run: Run, option: str, rule: str, code: str, bearing: float, clear: float) -> None:
    def bears(value: float) -> str:
        return str(run(measurements=[{"code": code, "value": value, "date": INDEX}]).bears[option, rule])

    assert (bears(bearing), bears(clear)) == ("yes", "no")
    assert run().bears[option, rule] == "unknown"


def test_the_uk_ceiling_of_lithium(run: Run) -> None:
    def found(value: float, country: str) -> Result:
        level = {"code": "lithium_level", "value": value, "date": INDEX}
        return run(measurements=[level], person={"country": country})

    assert found(1.1, "GB").bears["lithium_aug", "r163"] == "yes"
    assert found(1.0, "GB").bears["lithium_aug", "r163"] == "no"
    assert ("lithium_aug", "r163") not in found(1.1, "US").bears


@pytest.mark.parametrize(
    ("option", "rule", "country", "years", "bears"),
    [
        ("esketamine_nasal", "r002", "US", 17, "yes"), ("esketamine_nasal", "r002", "US", 18, "no"),
        ("esketamine_nasal", "r028", "GB", 64, "no"), ("esketamine_nasal", "r028", "GB", 65, "yes"),
        ("saint_snt", "r047", "US", 17, "yes"), ("saint_snt", "r047", "US", 18, "no"),
        ("rtms_standard", "r050", "US", 14, "yes"), ("rtms_standard", "r050", "US", 15, "no"),
        ("ect", "r062", "US", 12, "yes"), ("ect", "r062", "US", 13, "no"), ("vns", "r070", "US", 17, "yes"),
        ("aripiprazole_aug", "r087", "US", 24, "yes"), ("aripiprazole_aug", "r087", "US", 25, "no"),
    ],
)  # fmt: skip
def test_ages(run: Run, option: str, rule: str, country: str, years: int, bears: str) -> None:
    """The birthday is the index date; a day later the person would be a year younger."""
    birth = INDEX.replace(year=INDEX.year - years)
    assert run(person={"birth_date": birth, "country": country}).bears[option, rule] == bears
    younger = {"birth_date": birth + timedelta(days=1), "country": country}
    other = run(person={"birth_date": INDEX.replace(year=INDEX.year - years + 1), "country": country})
    assert run(person=younger).bears[option, rule] == other.bears[option, rule]


@pytest.mark.parametrize(("days", "bears"), [(41, "yes"), (42, "yes"), (43, "unknown")])
def test_six_weeks_after_a_heart_attack(run: Run, days: int, bears: str) -> None:
    attack = {"condition": "myocardial_infarction", "start": INDEX - timedelta(days=days)}
    assert run(conditions=[attack], person={"country": "DE"}).bears["esketamine_nasal", "r008"] == bears


@pytest.mark.parametrize(
    ("option", "rule", "condition", "days", "bears"),
    [
        ("ect", "r054", "myocardial_infarction", 42, "yes"), ("ect", "r054", "myocardial_infarction", 43, "unknown"),
        ("ect", "r057", "stroke", 90, "yes"), ("ect", "r057", "stroke", 91, "unknown"),
    ],
)  # fmt: skip
def test_how_recent_is_recent(run: Run, option: str, rule: str, condition: str, days: int, bears: str) -> None:
    event = {"condition": condition, "start": INDEX - timedelta(days=days)}
    assert run(conditions=[event]).bears[option, rule] == bears


@pytest.mark.parametrize(("days", "bears"), [(365, "no"), (366, "unknown")])
def test_how_long_a_blood_test_holds(run: Run, days: int, bears: str) -> None:
    codes = ("egfr", "sodium", "haemoglobin", "calcium", "tsh", "weight")
    tests = [{"code": code, "value": 10, "date": INDEX - timedelta(days=days)} for code in codes]
    known = {"child_bearing_potential": False, "cardiovascular_disease": False}
    assert run(measurements=tests, clues=known).bears["lithium_aug", "r108"] == bears


def failed(*treatments: str) -> list[dict[str, Any]]:
    doses = {"sertraline": 100, "venlafaxine": 150, "nortriptyline": 100, "bupropion": 300, "escitalopram": 20}
    return [
        {
            "treatment": t, "start": date(2025, 1 + 2 * i, 1), "end": date(2025, 2 + 2 * i, 28),
            "daily_dose_mg": doses[t], "outcome": "none",
        }
        for i, t in enumerate(treatments)
    ]  # fmt: skip


EPISODE = {"start": "2024-12-01", "severity": "severe", "psychotic": False}


@pytest.mark.parametrize(
    ("option", "rule", "needed"),
    [("esketamine_nasal", "r001", 2), ("saint_snt", "r046", 1), ("rtms_standard", "r051", 1), ("vns", "r068", 4)],
)
def test_how_many_must_have_failed(run: Run, option: str, rule: str, needed: int) -> None:
    names = ["sertraline", "venlafaxine", "nortriptyline", "escitalopram"]
    enough = run(*failed(*names[:needed]), episode=EPISODE)
    assert enough.bears[option, rule] == "no"
    short = run(*failed(*names[: needed - 1]), episode=EPISODE)
    assert short.bears[option, rule] == "yes"
    assert short.status[option] == "not_now"


def test_the_best_outcome_of_a_medicine_stands(run: Run) -> None:
    first, second = failed("sertraline", "venlafaxine")
    again = first | {"start": date(2025, 9, 1), "end": date(2025, 12, 31), "outcome": "response"}
    assert run(first, second, episode=EPISODE).bears["esketamine_nasal", "r001"] == "no"
    assert run(first, second, again, episode=EPISODE).bears["esketamine_nasal", "r001"] == "yes"


def test_an_unknown_outcome_leaves_the_count_open(run: Run) -> None:
    first, second = failed("sertraline", "venlafaxine")
    found = run(first, second | {"outcome": "unknown"}, episode=EPISODE)
    assert found.bears["esketamine_nasal", "r001"] == "unknown"


def test_a_try_that_was_not_fair_is_not_counted(run: Run) -> None:
    short = [t | {"end": t["start"] + timedelta(days=10)} for t in failed("sertraline", "venlafaxine")]
    found = run(*short, episode=EPISODE)
    assert found.status["esketamine_nasal"] == "not_now"
    assert found.state["esketamine_nasal", "trials_first"] == "not_met"


# --- tried
def test_a_fair_try_is_tried_and_another_stays_open(run: Run) -> None:
    fair = failed("nortriptyline")[0] | {"end": "2025-04-30"}
    assert run(fair, clues=COMPLETE).status["tca"] == "tried"
    found = run(fair | {"end": "2025-01-10"}, clues=COMPLETE)
    assert found.status["tca"] == "discuss_with_caution"  # no fair try of anything is on record: r160
    assert found.state["tca", "tried"] == "not_met"
    heart = {"arrhythmia": False, "recent_mi_or_unstable_angina": False, "mania_current": False}
    unknown = run({k: v for k, v in fair.items() if k != "daily_dose_mg"}, clues=COMPLETE | heart)
    assert unknown.status["tca"] == "discuss"
    assert unknown.state["tca", "tried"] == "cannot_assess"


def test_a_contraindication_outranks_what_was_tried(run: Run) -> None:
    fair = {"treatment": "lithium", "start": "2025-01-01", "end": "2025-06-30", "outcome": "partial"}
    found = run(fair, measurements=[{"code": "egfr", "value": 20, "date": INDEX}])
    assert found.status["lithium_aug"] == "not_suitable"


def test_mechanisms_tried(run: Run) -> None:
    found = run(*failed("sertraline", "bupropion")).mechanisms
    assert {s: r["tried"] for s, r in found.items()} == {
        "serotonin": "yes", "noradrenaline": "yes", "dopamine": "yes", "glutamate": "no", "hpa": "no",
        "inflammation": "no", "neuroplasticity": "no",
    }  # fmt: skip
    assert found["serotonin"]["n_treatments"] == 1
    assert found["serotonin"]["tried_fairly"] == "yes"


# --- countries
def test_an_unknown_country_passes_no_hard_rule(run: Run) -> None:
    no_site = {"rems_certified_site": False}
    assert run(clues=no_site).bears["esketamine_nasal", "r019"] == "yes"
    assert run(clues=no_site, person={"country": None}).bears["esketamine_nasal", "r019"] == "unknown"
    assert ("esketamine_nasal", "r019") not in run(clues=no_site, person={"country": "DE"}).bears
    has_site = {"rems_certified_site": True}
    assert run(clues=has_site, person={"country": None}).bears["esketamine_nasal", "r019"] == "no"


def test_an_unknown_country_keeps_a_soft_rule(run: Run) -> None:
    pressure = [{"code": "systolic_bp", "value": 160, "date": INDEX}]
    found = run(measurements=pressure, person={"country": None})
    assert found.bears["esketamine_nasal", "r009"] == "yes"


# --- suicidality is never a gate
def test_a_sign_of_suicidality_changes_no_status(run: Run) -> None:
    quiet = run(*failed("sertraline", "venlafaxine"), episode=EPISODE, clues=COMPLETE)
    sign = run(*failed("sertraline", "venlafaxine"), episode=EPISODE, clues=COMPLETE | {"suicidal_thoughts": True})
    overdose = {"lithium_aug", "tca", "maoi", "bupropion_combo", "auvelity", "switch_antidepressant"}
    assert {o: s for o, s in sign.status.items() if o not in overdose} == {
        o: s for o, s in quiet.status.items() if o not in overdose
    }
    assert all(sign.status[o] in (quiet.status[o], "discuss_with_caution") for o in overdose)
    for option in SLOW:
        told = [rule for rule in ("r182", "s001") if sign.bears.get((option, rule)) == "yes"]
        assert told, option
    assert sign.bears["esketamine_nasal", "s002"] == "yes"


# --- wishes
def test_wishes_order_what_is_equal_otherwise(run: Run) -> None:
    plainly = run(clues=COMPLETE)
    assert plainly.places["quetiapine_aug"] < plainly.places["lithium_aug"]
    told = run(clues=COMPLETE, preferences={"avoid": ["weight_gain"]})
    row = told.tables["option"]
    assert {"order_against", "order_fits"} <= set(row.columns)
    assert row["order_against"].sum() > 0
    assert plainly.tables["option"]["order_against"].sum() == 0


def test_what_may_not_be_listed_is_not_listed(run: Run) -> None:
    found = run().status
    assert {"tdcs_home", "inflammation_guided", "diagnostic_review"} & set(found) == set()


# --- properties over invented people
def relaxed(person: plain.Person, chance: Random) -> plain.Person:
    """The same person with one answer forgotten."""
    facts = plain.section("facts")  # what a complete list closes is known from the list, not forgotten
    known = [n for n, answer in person.clues.items() if answer != "unknown" and not facts[n].get("closed_by")]
    if not known:
        return person
    clues = person.clues | {chance.choice(known): "unknown"}
    return plain.Person(**{**person.__dict__, "clues": clues})


def test_nothing_known_passes_no_hard_rule(run: Run, knowledge: Knowledge) -> None:
    found = run(person={"country": None, "birth_date": None, "sex": None})
    hard = {
        (o, r) for o in found.status for r, rule in knowledge.eligibility.items()
        if rule.is_hard and ({o, "any"} & set(rule.treatments))
    }  # fmt: skip
    by_history = {"r001", "r046", "r051", "r068", "r078"}  # an empty history is a history: no try is on record
    assert {found.bears[o, r] for o, r in hard if r not in by_history} == {"unknown"}
    held = {o for o, r in hard}
    assert not {o for o in held if found.status[o] == "discuss"}


def test_forgetting_an_answer_never_opens_what_was_closed(knowledge: Knowledge) -> None:
    """Unknown is never better than known to be bad: forgetting turns no reason that bears into one that is clear."""
    chance = Random(5)
    people = [draw(chance) for _ in range(300)]
    before = assess(records(people, knowledge), knowledge)["option_reason"]
    after = assess(records([relaxed(p, chance) for p in people], knowledge), knowledge)["option_reason"]
    keys = ["person_key", "option_key", "kind", "reason"]
    rules = pl.col("kind") == "rule"
    both = before.filter(rules).join(after.filter(rules), on=keys, suffix="_after")
    bearing = both.filter((pl.col("bears") == "yes") & pl.col("is_hard"))
    turned = bearing.filter(pl.col("bears_after") == "no")
    assert both.height > 10_000
    assert turned.height == 0, turned["reason"].unique().to_list()


def test_the_order_of_rows_is_nothing(knowledge: Knowledge) -> None:
    chance = Random(11)
    people = [draw(chance) for _ in range(60)]
    for person in people:  # two scores of one day are told apart by their place on record
        person.scores = list({(s.measure, s.day): s for s in person.scores}.values())
    mixed = [plain.Person(**p.__dict__) for p in people]
    for person in mixed:
        person.conditions = person.conditions[::-1]
        person.scores = person.scores[::-1]
        person.courses = person.courses[::-1]
        person.clues = dict(reversed(person.clues.items()))
    one, other = (assess(records(p, knowledge), knowledge) for p in (people, mixed))
    assert one["option"].equals(other["option"])
    assert one["fact"].drop("record_ref").equals(other["fact"].drop("record_ref"))


def test_what_lies_ahead_is_not_seen(run: Run) -> None:
    ahead = [{"code": "egfr", "value": 10, "date": INDEX + timedelta(days=1)}]
    later = [{"condition": "seizure_disorder", "start": INDEX + timedelta(days=1)}]
    found = run(measurements=ahead, conditions=later, clues=COMPLETE)
    plainly = run(clues=COMPLETE)
    assert found.status == plainly.status


def test_a_no_against_the_record_is_unknown_and_told(run: Run, knowledge: Knowledge) -> None:
    found = run(
        conditions=[{"condition": "seizure_disorder", "status": "active"}], clues={"seizure_disorder_ever": False}
    )
    fact = found.tables["fact"].filter(pl.col("fact_key") == knowledge.fact_key("seizure_disorder_ever")).to_dicts()[0]
    assert (fact["state"], fact["is_disputed"]) == ("unknown", True)
    assert found.status["bupropion_combo"] != "discuss"
    view = gather(found.tables, knowledge, load_text(), "clinician")
    assert "answer_disputed" in [notice.code for person in view.persons for notice in person.notices]
