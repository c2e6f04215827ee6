"""Plans against calendars worked out by hand; washouts on both sides of their last day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest

from remit.flow.plan import plan, washout_days
from remit.knowledge import Knowledge, load_knowledge
from remit.tables import RECORDS, Exposure, ExposureNote, Measurement, Person

INDEX = date(2026, 11, 1)
MONDAY = date(2026, 11, 9)


@cache
def known() -> Knowledge:
    return load_knowledge()


Course = tuple[str, date | None, date | None, str]
"""Treatment, first day, day after the last (None: unknown or ongoing), and how it ended."""


def records(*persons: list[Course], scores: tuple[tuple[str, date, float], ...] = ()) -> dict[str, pl.DataFrame]:
    tables = {t.table_name(): t.empty() for t in RECORDS}
    tables["person"] = Person.of(
        [{"person_key": k, "person_id": f"p{k}", "index_date": INDEX} for k in range(len(persons))]
    )
    exposures: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for person, courses in enumerate(persons):
        for treatment, start, end, kind in courses:
            key = len(exposures)
            exposures.append(
                {
                    "exposure_key": key, "person_key": person, "treatment_key": known().treatment_key(treatment),
                    "start_date": start, "end_date": end,
                }
            )  # fmt: skip
            notes.append({"exposure_key": key, "end_kind": kind, "evidence": "report", "record_ref": f"r{key}"})
    tables["exposure"], tables["exposure_note"] = Exposure.of(exposures), ExposureNote.of(notes)
    tables["measurement"] = Measurement.of(
        [
            {
                "measurement_key": n, "person_key": 0, "measure_id": measure, "date": day, "value": value,
                "is_imputed": False, "record_ref": f"m{n}",
            }
            for n, (measure, day, value) in enumerate(scores)
        ]
    )  # fmt: skip
    return tables


def dates(template: str, step: str, start: date, tables: dict[str, pl.DataFrame] | None = None) -> list[date | None]:
    made = plan(tables or records([]), known(), known().plans[template], start)
    for name, key in (("step", "step_id"), ("checkpoint", "checkpoint_id")):
        rows = made[name].filter(pl.col(key) == step)
        if rows.height:
            return rows["date"].to_list()
    raise AssertionError(f"{template} has no {step}")


def days(text: str) -> list[date]:
    """Days of a hand-made calendar: 'YYYY-MM: d d d; YYYY-MM: d'."""
    found = []
    for month in text.split(";"):
        head, _, rest = month.strip().partition(": ")
        found += [date.fromisoformat(f"{head}-{int(day):02}") for day in rest.split()]
    return found


CALENDARS = [
    ("saint_course", "day_of_sessions", MONDAY, "2026-11: 9 10 11 12 13"),
    ("saint_course", "imaging", MONDAY, "2026-11: 2"),
    ("ketamine_infusions", "infusion", MONDAY, "2026-11: 9 12 16 19 23 26"),
    ("esketamine", "induction", MONDAY, "2026-11: 9 12 16 19 23 26 30; 2026-12: 3"),
    ("esketamine", "optimisation", MONDAY, "2026-12: 7 14 21 28"),
    ("esketamine", "maintenance", MONDAY, "2027-01: 4 18; 2027-02: 1 15"),
    ("esketamine", "end_of_induction", MONDAY, "2026-12: 7"),
    (
        "tms_course", "session", MONDAY,
        "2026-11: 9 10 11 12 13 16 17 18 19 20 23 24 25 26 27 30; 2026-12: 1 2 3 4 7 8 9 10 11 14 15 16 17 18",
    ),
    ("tms_course", "taper", MONDAY, "2026-12: 21 23 25 28 30; 2027-01: 4"),
    ("tms_course", "session_15", MONDAY, "2026-11: 27"),
    ("deep_tms_course", "continuation", MONDAY,
     "2026-12: 7 10 14 17 21 24 28 31; 2027-01: 4 7 11 14 18 21 25 28; 2027-02: 1 4 8 11 15 18 22 25"),
    ("ect_course", "session", MONDAY, "2026-11: 9 11 13 16 18 20 23 25 27 30; 2026-12: 2 4"),
    ("ect_course", "taper", MONDAY, "2026-12: 8 13 20 29"),
    ("lithium_addition", "level_weekly", MONDAY, "2026-11: 16 23 30; 2026-12: 7"),
    ("lithium_addition", "level_quarterly", MONDAY, "2027-02: 8; 2027-05: 10; 2027-08: 9; 2027-11: 8"),
    ("lithium_addition", "six_monthly", MONDAY, "2027-05: 10; 2027-11: 8"),
    ("antipsychotic_addition", "metabolic", MONDAY, "2027-02: 1; 2027-11: 9"),
    ("t3_addition", "second_week", MONDAY, "2026-11: 16"),
    ("cbt_course", "session", MONDAY, "2026-11: 9 16 23 30; 2026-12: 7 14 21 28; 2027-01: 4 11 18 25"),
    ("vns_follow_up", "late", MONDAY, "2026-11: 9; 2027-02: 8; 2027-05: 10; 2027-11: 9; 2028-05: 10; 2028-11: 8"),
    ("tca_start", "early", MONDAY, "2026-11: 23"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "step", "start", "calendar"), CALENDARS)
def test_dates_by_hand(template: str, step: str, start: date, calendar: str) -> None:
    assert dates(template, step, start) == days(calendar)


def test_a_working_day_never_falls_on_a_weekend() -> None:
    for weekday in range(7):
        start = MONDAY + timedelta(days=weekday)
        sessions = [day for day in dates("tms_course", "session", start) if day]
        assert len(set(sessions)) == 30
        assert all(day.weekday() < 5 for day in sessions)
        assert sessions[0] == (start if weekday < 5 else MONDAY + timedelta(days=7))


def test_a_course_of_saint_is_fifty_sessions() -> None:
    step = next(s for s in known().plans["saint_course"].steps if s.id == "day_of_sessions")
    assert step.per_day * len(step.days.offsets()) == 50
    assert step.minutes_between == 50


# --- washouts
def ended(treatment: str, last: date) -> list[Course]:
    return [(treatment, date(2026, 1, 1), last + timedelta(days=1), "ended")]


WASHOUTS = [
    ("maoi_start", "fluoxetine", 35),
    ("maoi_start", "olanzapine_fluoxetine", 35),
    ("maoi_start", "sertraline", 14),
    ("maoi_start", "venlafaxine", 14),
    ("maoi_start", "tranylcypromine", 14),
    ("maoi_start", "clomipramine", 15),  # 5 x 69 h = 14.4 days
    ("maoi_start", "protriptyline", 17),  # 5 x 78 h = 16.25 days
    ("antidepressant_change", "phenelzine", 14),
    ("antidepressant_change", "linezolid", 14),
    ("tca_start", "tranylcypromine", 14),
    ("tca_start", "selegiline_transdermal", 14),
    ("antidepressant_change", "moclobemide", 1),  # 5 x 3 h = 15 h
]


@pytest.mark.parametrize(("template", "treatment", "wait"), WASHOUTS)
@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_a_washout_at_its_last_day(template: str, treatment: str, wait: int, spare: int) -> None:
    """With a day to spare, or none, day 0 is as asked; a day short, it is a day later."""
    last = date(2026, 10, 20)
    asked = last + timedelta(days=wait + spare)
    made = plan(records(ended(treatment, last)), known(), known().plans[template], asked)
    assert made["plan"]["zero_date"].to_list() == [max(asked, last + timedelta(days=wait))]
    assert made["plan_washout"].select("days", "last_date", "clear_date").rows() == [
        (wait, last, last + timedelta(days=wait))
    ]


def test_other_medicines_need_no_washout() -> None:
    made = plan(records(ended("sertraline", INDEX)), known(), known().plans["tms_course"], MONDAY)
    assert made["plan_washout"].is_empty()
    change = plan(records(ended("sertraline", INDEX)), known(), known().plans["antidepressant_change"], MONDAY)
    assert change["plan_washout"].is_empty()


def test_the_latest_of_several_counts() -> None:
    courses = [*ended("fluoxetine", date(2026, 10, 1)), *ended("sertraline", date(2026, 10, 31))]
    made = plan(records(courses), known(), known().plans["maoi_start"], date(2026, 11, 2))
    assert made["plan"]["zero_date"].to_list() == [
        date(2026, 11, 14)
    ]  # 31 October + 14; fluoxetine is out on 5 November


@pytest.mark.parametrize(
    ("course", "is_taken"),
    [
        (("sertraline", date(2026, 1, 1), None, "ongoing"), True),
        (("sertraline", date(2026, 1, 1), None, "unknown"), False),
        (("sertraline", date(2026, 1, 1), date(2026, 12, 1), "ended"), True),  # its end lies after the index date
        (("sertraline", None, None, "unknown"), False),
    ],
)
def test_without_a_last_day_nothing_is_dated(course: Course, is_taken: bool) -> None:
    made = plan(records([course]), known(), known().plans["maoi_start"], MONDAY)
    assert made["plan"]["zero_date"].to_list() == [None]
    assert made["plan_washout"]["is_taken"].to_list() == [is_taken]
    assert made["step"]["date"].null_count() == made["step"].height > 0
    assert made["checkpoint"]["date"].null_count() == made["checkpoint"].height > 0


def test_an_unknown_end_is_not_outweighed_by_a_known_one() -> None:
    courses = [*ended("sertraline", date(2025, 1, 1)), ("sertraline", date(2026, 3, 1), None, "unknown")]
    made = plan(records(courses), known(), known().plans["maoi_start"], MONDAY)
    assert made["plan"]["zero_date"].to_list() == [None]


def test_records_after_the_index_date_change_nothing() -> None:
    later = [("sertraline", INDEX + timedelta(days=1), None, "ongoing")]
    made = plan(records(later), known(), known().plans["maoi_start"], MONDAY)
    assert made["plan"]["zero_date"].to_list() == [MONDAY]


def test_a_person_alone_and_among_others() -> None:
    persons = [ended("fluoxetine", date(2026, 10, 20)), [("sertraline", date(2026, 1, 1), None, "ongoing")], []]
    together = plan(records(*persons), known(), known().plans["maoi_start"], MONDAY)
    for key, person in enumerate(persons):
        alone = plan(records(person), known(), known().plans["maoi_start"], MONDAY)
        for name, frame in alone.items():
            among = together[name].filter(pl.col("person_key") == key).drop("person_key")
            assert among.equals(frame.drop("person_key")), name


def test_the_order_of_rows_is_nothing() -> None:
    courses = [*ended("fluoxetine", date(2026, 10, 1)), *ended("sertraline", date(2026, 10, 31))]
    tables = records(courses)
    turned = tables | {"exposure": tables["exposure"].reverse(), "exposure_note": tables["exposure_note"].reverse()}
    template = known().plans["maoi_start"]
    one, other = (plan(t, known(), template, MONDAY) for t in (tables, turned))
    assert all(frame.equals(other[name]) for name, frame in one.items())


def test_half_lives_only_lengthen() -> None:
    rule = next(w for w in known().plans["maoi_start"].washouts if w.half_lives)
    assert all(washout_days(rule, t.id, known())[0] >= rule.days for t in known().treatments)


# --- checkpoints
def test_what_counts_is_read_off_the_last_score() -> None:
    scores = (("phq9", date(2026, 10, 1), 20.0), ("phq9", date(2026, 10, 28), 15.0), ("phq9", date(2026, 11, 5), 3.0))
    made = plan(records([], scores=scores), known(), known().plans["tca_start"], MONDAY)
    row = made["checkpoint"].filter(pl.col("checkpoint_id") == "early").row(0, named=True)
    assert (row["instrument_id"], row["baseline"]) == ("phq9", 15.0)  # the score of 5 November is after the index date
    assert row["early_at_most"] == pytest.approx(12.0)  # 20 percent of 15 is 3
    assert row["response_at_most"] == pytest.approx(7.5)
    assert row["remission_at_most"] == 4.0  # PHQ-9 below 5


def test_without_a_score_nothing_counts_yet() -> None:
    made = plan(records([]), known(), known().plans["tca_start"], MONDAY)
    assert made["checkpoint"]["baseline"].null_count() == made["checkpoint"].height


# --- data
def test_each_option_has_one_schedule_at_most() -> None:
    options = [option for template in known().plans.values() for option in template.options]
    assert len(options) == len(set(options))


def test_every_medicine_that_meets_an_maoi_is_washed_out() -> None:
    """Whatever may raise serotonin or noradrenaline, by class, is named by the schedule of an MAO inhibitor."""
    rows = plan(
        records([(t.id, date(2026, 1, 1), None, "ongoing") for t in known().treatments]),
        known(), known().plans["maoi_start"], MONDAY,
    )["plan_washout"]  # fmt: skip
    named = {known().treatments[key].klass for key in rows["treatment_key"]}
    assert {"ssri", "snri", "tca", "tetracyclic", "maoi", "nassa", "sari", "sms", "ndri", "nri", "stimulant"} <= named
    assert named.isdisjoint({"tms", "convulsive_therapy", "psychotherapy", "exercise", "mood_stabiliser_only"})


def test_antidepressant_schedules_wait_for_an_maoi() -> None:
    for template in ("antidepressant_change", "tca_start"):
        named = {c for w in known().plans[template].washouts for c in w.drugs.classes}
        assert {"maoi", "mao_inhibiting_medicine", "rima"} <= named


def test_plain_words_of_plans_hold_no_dose() -> None:
    for template in known().plans.values():
        for part in (*template.steps, *template.checkpoints, *template.washouts):
            assert not any(unit in part.plain.lower() for unit in (" mg", "mg/", "mmol", "microgram", " ug", "%")), (
                part.id
            )
