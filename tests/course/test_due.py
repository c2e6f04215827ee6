"""What is due: every state of a task, on both sides of each of its days."""

from __future__ import annotations

from datetime import date

import pytest

from course.build import followed, knowledge, one, tasks
from oracle.course import OneTrial, Person

Row = dict[str, object]


def lithium(index: int, labs: list[tuple[str, int]] | None = None, **person: object) -> list[Row]:
    """Tasks of the level under lithium since day 0."""
    scores = [(name, when, 0.7, False) for name, when in labs or []]
    return tasks(followed(Person(scores, [one("lithium", 0, 5000)], index), **person), "lithium_level")


# Every 91.3125 days in the first year: days 91, 182, 273, 365; then every 182.625: 547, 730. Half of 91 days late: 45.
@pytest.mark.parametrize(
    ("index", "state"),
    [(90, "planned"), (91, "due"), (136, "due"), (137, "overdue"), (182, "overdue"), (365, "overdue"),
     (2000, "overdue")],
)  # fmt: skip
def test_without_a_result_it_is_owing_since_the_first_date(index: int, state: str) -> None:
    assert [(r["state"], r["due_date"]) for r in lithium(index)] == [(state, 91)]


@pytest.mark.parametrize(
    ("result", "index", "state", "due"),
    [(95, 182, "due", 182), (95, 227, "due", 182), (95, 228, "overdue", 182), (95, 400, "overdue", 182),
     (182, 318, "due", 273), (182, 319, "overdue", 273), (360, 546, "done", 365), (360, 547, "due", 547),
     (360, 638, "due", 547), (360, 639, "overdue", 547)],
)  # fmt: skip
def test_after_a_result_it_is_owing_since_the_first_date_that_it_does_not_meet(
    result: int, index: int, state: str, due: int
) -> None:
    first = lithium(index, [("lithium_level", result)])[0]
    assert (first["state"], first["due_date"]) == (state, due)


def test_a_result_a_quarter_of_the_interval_early_counts() -> None:
    """22 days before day 91 is day 69."""
    for when, state in ((69, "done"), (68, "overdue")):
        assert lithium(140, [("lithium_level", when)])[0]["state"] == state


def test_what_is_done_is_followed_by_the_next() -> None:
    rows = lithium(100, [("lithium_level", 95)])
    assert [(r["state"], r["due_date"], r["done_date"]) for r in rows] == [("done", 91, 95), ("planned", 182, None)]


def test_another_measure_does_not_count() -> None:
    assert lithium(100, [("tsh", 95)])[0]["state"] == "due"


def test_a_stopped_treatment_asks_nothing() -> None:
    assert tasks(followed(Person([], [one("lithium", 0, 90)], 100)), "lithium_level") == []


def test_unknown_start_cannot_be_dated() -> None:
    rows = tasks(followed(Person([], [one("lithium", None, 5000)], 100)), "lithium_level")
    assert [(r["state"], r["reason"], r["due_date"]) for r in rows] == [("not_assessable", "start_unknown", None)]


@pytest.mark.parametrize(
    ("birth", "rule"), [(date(1960, 4, 10), "lithium_kidney"), (date(1959, 4, 10), "lithium_kidney_older")]
)
def test_age_decides_on_the_birthday(birth: date, rule: str) -> None:
    """Index day 100 is 2024-04-10: 64 years for the one, 65 for the other."""
    tables = followed(Person([], [one("lithium", 0, 5000)], 100), birth_date=birth)
    other = {"lithium_kidney": "lithium_kidney_older", "lithium_kidney_older": "lithium_kidney"}[rule]
    assert tasks(tables, rule)
    assert not tasks(tables, other)


def test_unknown_age_is_said() -> None:
    tables = followed(Person([], [one("lithium", 0, 5000)], 100))
    assert {r["reason"] for r in tasks(tables, "lithium_kidney") + tasks(tables, "lithium_kidney_older")} == {
        "age_unknown"
    }


@pytest.mark.parametrize(
    ("country", "us", "uk"), [("US", True, False), ("GB", False, True), (None, True, True), ("FR", True, True)]
)
def test_guidance_of_another_country_is_not_shown(country: str | None, us: bool, uk: bool) -> None:
    tables = followed(Person([], [one("aripiprazole", 0, 5000)], 100), country=country)
    assert bool(tasks(tables, "antipsychotic_weight_us")) == us
    assert bool(tasks(tables, "antipsychotic_weight_uk")) == uk


def test_a_change_of_dose_starts_the_level_anew() -> None:
    from course.build import records
    from remit.pipeline import follow

    found = records([Person([("lithium_level", 8, 0.5, False)], [one("lithium", 0, 50), one("lithium", 50, 5000)], 60)])
    found["exposure"] = found["exposure"].with_columns(
        daily_dose_mg=found["exposure"]["exposure_key"].cast(float) * 300 + 300
    )
    rows = tasks(follow(found, knowledge()), "lithium_level_after_change")
    assert [(r["due_date"], r["state"]) for r in rows] == [(57, "due")]


# --- washouts: the last day is the day before the end
@pytest.mark.parametrize(
    ("name", "rule", "days"),
    [("phenelzine", "washout_after_maoi", 14), ("fluoxetine", "washout_after_fluoxetine", 35),
     ("sertraline", "washout_after_reuptake_inhibitor", 14)],
)  # fmt: skip
def test_washout(name: str, rule: str, days: int) -> None:
    for since, expected in ((1, [(99 + days, "planned")]), (days - 1, [(99 + days, "planned")]), (days, [])):
        tables = followed(Person([], [one(name, 0, 100)], 99 + since))
        assert [(r["due_date"], r["state"]) for r in tasks(tables, rule)] == expected, since


# --- measuring
def measured(scores: list[tuple[int, float]], index: int, *trials: OneTrial) -> tuple[object, object]:
    person = Person([("phq9", d, v, False) for d, v in scores], list(trials), index)
    row = tasks(followed(person), "measure_mood")[0]
    return row["due_date"], row["state"]


def test_measuring_by_phase() -> None:
    ill, well = [(0, 20.0)], [(0, 4.0), (14, 4.0)]
    recovered = [(0, 4.0), (60, 4.0), (122, 4.0)]
    assert measured(ill, 13) == (14, "planned")
    assert measured(ill, 14) == (14, "due")
    assert measured(ill, 21) == (14, "due")
    assert measured(ill, 22) == (14, "overdue")
    assert measured(ill, 7, one("esketamine", 0, 5000)) == (7, "due")
    assert measured(well, 43) == (44, "planned")
    assert measured(well, 44) == (44, "due")
    assert measured(recovered, 211) == (212, "planned")
    assert measured([*recovered, (150, 12.0)], 163) == (164, "planned")


def test_no_score_at_all_is_due() -> None:
    row = tasks(followed(Person([], [], 100)), "measure_mood")[0]
    assert (row["state"], row["reason"], row["due_date"]) == ("due", "no_score", None)


# --- events
def test_a_first_high_score_asks_for_another() -> None:
    scores = [("phq9", d, v, False) for d, v in ((0, 4.0), (14, 4.0), (40, 12.0))]
    for index, state in ((44, "planned"), (45, "due"), (55, "due"), (56, "overdue")):
        rows = tasks(followed(Person(scores, [], index)), "repeat_score")
        assert [(r["state"], r["due_date"]) for r in rows] == [(state, 45)], index
    later = [*scores, ("phq9", 50, 12.0, False)]
    assert tasks(followed(Person(later, [], 60)), "repeat_score") == []
    assert [r["state"] for r in tasks(followed(Person(later, [], 60)), "act_on_relapse")] == ["due"]


def test_no_early_improvement_is_a_prompt() -> None:
    scores = [("phq9", 0, 20.0, False), ("phq9", 14, 19.0, False)]
    assert [r["state"] for r in tasks(followed(Person(scores, [one("sertraline", 0, 900)], 16)), "optimise")] == ["due"]


def test_return_after_magnetic_stimulation() -> None:
    scores = [("phq9", d, v, False) for d, v in ((30, 4.0), (44, 4.0), (80, 12.0))]
    with_it = followed(Person(scores, [one("rtms", 0, 40)], 82))
    without = followed(Person(scores, [one("sertraline", 0, 40)], 82))
    assert len(tasks(with_it, "tms_again")) == 1
    assert tasks(without, "tms_again") == []


# --- a sign of suicidality
def sheet(item_9: int, when: int = 10) -> list[dict[str, object]]:
    from course.build import day

    items = [1, 1, 1, 1, 1, 1, 1, 1, item_9]
    return [
        {"person_key": 0, "instrument_id": "phq9", "date": day(when), "item": n, "value": v, "record_ref": "sheet"}
        for n, v in enumerate(items, 1)
    ]


@pytest.mark.parametrize(("item", "n"), [(0, 0), (1, 1), (3, 1)])
def test_item_nine_asks_directly(item: int, n: int) -> None:
    tables = followed(Person([], [], 100), answers=sheet(item))
    rows = tasks(tables, "ask_directly")
    assert [(r["state"], r["due_date"]) for r in rows] == [("due", 10)] * n
    line = tables["caseload_line"].row(0, named=True)
    assert line["has_sign"] == bool(n)
    if n:
        assert knowledge().course.tasks[line["next_rule_key"]].id == "ask_directly"


def test_a_later_zero_does_not_close_it() -> None:
    tables = followed(Person([], [], 100), answers=[*sheet(2), *sheet(0, 50)])
    assert [r["state"] for r in tasks(tables, "ask_directly")] == ["due"]


# --- the continuation algorithm: remission is confirmed on day 30, which is its day 0
REMITTED = [(0, 30.0), (25, 9.0), (30, 8.0)]


def stable(more: list[tuple[int, float]], index: int, *trials: OneTrial, **given: object) -> list[Row]:
    scores = [("ham_d24", d, v, False) for d, v in [*REMITTED, *more]]
    return tasks(followed(Person(scores, [one("ect", 0, 30), *trials], index), **given), "stable_continuation")


def test_fixed_treatments() -> None:
    """Days 2-5, 7-12, 14-19 and 23-28 after day 30."""
    rows = stable([], 38)
    assert [(r["due_date"], r["overdue_date"], r["state"]) for r in rows] == [
        (32, 36, "overdue"), (37, 43, "due"), (44, 50, "planned"), (53, 59, "planned"),
    ]  # fmt: skip


@pytest.mark.parametrize(("when", "state"), [(31, "overdue"), (32, "done"), (35, "done"), (36, "overdue")])
def test_a_treatment_within_its_days_is_done(when: int, state: str) -> None:
    """A single treatment so soon after the course belongs to it; the first window is day 32 to 35."""
    rows = stable([], 38, one("ect", when, when + 1))
    assert (rows[0]["due_date"], rows[0]["state"]) == (32, state)


def test_one_long_entry_cannot_show_single_treatments() -> None:
    rows = stable([], 38, one("ect", 31, 90))
    assert (rows[0]["state"], rows[0]["reason"]) == ("not_assessable", "nothing_to_read")


@pytest.mark.parametrize(
    ("current", "branch", "state"), [(6, "zero", "planned"), (12, "one", "due"), (16, "two", "due")]
)
def test_weekly_scores(current: float, branch: str, state: str) -> None:
    """Day 29 after the start is week 5. A score of 12 is 4 above the baseline and so one treatment."""
    rows = stable([(59, current)], 60)
    assert [(r["branch"], r["state"]) for r in rows] == [(branch, state)]


def test_two_scores_at_the_limit_stop_it() -> None:
    assert [r["branch"] for r in stable([(54, 21.0), (61, 21.0)], 62)] == ["stop"]
    assert [r["branch"] for r in stable([(54, 20.0), (61, 21.0)], 62)] == ["two"]


def test_a_sign_stops_it() -> None:
    assert [r["branch"] for r in stable([(59, 6.0)], 60, answers=sheet(1))] == ["stop_sign"]


def test_a_score_of_the_week_comes_first() -> None:
    assert [r["branch"] for r in stable([(59, 6.0)], 65)] == ["zero"]
    rows = stable([(59, 6.0)], 66)
    assert [(r["branch"], r["reason"]) for r in rows] == [("score", "no_score")]


def test_a_treatment_of_the_algorithm_begins_nothing_anew() -> None:
    """Single treatments long after the course are courses of their own; the start stays day 30."""
    more = [(59, 8.0), (66, 9.0), (73, 12.0), (80, 9.0), (87, 8.0), (94, 12.0)]
    rows = stable(more, 95, one("ect", 75, 76))
    assert [(r["branch"], r["number"]) for r in rows] == [("one", 1.0)]  # 4 above 8 of day 30, 4 above the last


def test_a_new_remission_after_a_return_begins_anew() -> None:
    more = [(60, 22.0), (67, 22.0), (90, 9.0), (97, 6.0)]
    rows = stable(more, 98, one("ect", 70, 96))
    assert [(r["due_date"], r["state"]) for r in rows] == [
        (99, "planned"), (104, "planned"), (111, "planned"), (120, "planned"),
    ]  # fmt: skip


def test_it_ends_after_week_24() -> None:
    assert len(stable([(195, 6.0)], 30 + 7 * 24)) == 1
    assert stable([(195, 6.0)], 30 + 7 * 24 + 1) == []


def test_without_remission_there_is_no_algorithm() -> None:
    scores = [("ham_d24", d, v, False) for d, v in ((0, 30.0), (25, 11.0), (30, 11.0))]
    assert tasks(followed(Person(scores, [one("ect", 0, 30)], 40)), "stable_continuation") == []


def test_another_scale_gives_nothing() -> None:
    scores = [("ham_d17", d, v, False) for d, v in REMITTED]
    assert tasks(followed(Person(scores, [one("ect", 0, 30)], 40)), "stable_continuation") == []


# --- advice by the newest score
@pytest.mark.parametrize(("score", "branch"), [(12, "then"), (13, "otherwise")])
def test_frequency_of_esketamine(score: float, branch: str) -> None:
    person = Person([("madrs", 60, score, False)], [one("esketamine", 0, 5000)], 61)
    assert {r["branch"] for r in tasks(followed(person), "esketamine_frequency")} == {branch}
    old = Person([("madrs", 60, score, False)], [one("esketamine", 0, 5000)], 89)
    assert {r["branch"] for r in tasks(followed(old), "esketamine_frequency")} == {"score"}


# --- washouts that were not kept
MAOI, WAIT = "phenelzine", "washout_after_maoi"


@pytest.mark.parametrize(
    ("start", "end", "branch"),
    [(113, 5000, None), (112, 5000, "early"), (100, 5000, "early"), (50, 5000, "early"), (50, 100, None),
     (50, 101, "early")],
)  # fmt: skip
def test_what_has_to_wait_and_did_not(start: int, end: int, branch: str | None) -> None:
    """Phenelzine's last day is day 99; the wait is over on day 113, and the question is asked on day 112."""
    found = followed(Person([], [one(MAOI, 0, 100), one("sertraline", start, end)], 112))
    assert [(r["state"], r["due_date"], r["branch"]) for r in tasks(found, WAIT)] == [
        ("due", 112, "early") if branch else ("planned", 113, None)
    ]


def test_what_need_not_wait_breaks_no_wait() -> None:
    found = followed(Person([], [one(MAOI, 0, 100), one("lithium", 50, 5000)], 112))
    assert [r["branch"] for r in tasks(found, WAIT)] == [None]
    other = followed(Person([], [one("fluoxetine", 0, 100), one(MAOI, 120, 5000)], 125))
    assert [r["branch"] for r in tasks(other, "washout_after_fluoxetine")] == ["early"]


# --- which comes first
def test_what_a_return_asks_comes_before_what_is_overdue() -> None:
    scores = [("phq9", d, v, False) for d, v in ((0, 4.0), (14, 4.0), (300, 12.0), (306, 12.0))]
    found = followed(Person(scores, [one("lithium", 0, 5000)], 310))
    assert [r["state"] for r in tasks(found, "lithium_thyroid")] == ["overdue"]
    line = found["caseload_line"].row(0, named=True)
    assert knowledge().course.tasks[line["next_rule_key"]].id == "act_on_relapse"


def test_vagus_nerve_stimulation_is_followed_to_two_years() -> None:
    for index, due in ((183, 183), (365, 365), (548, 548), (730, 730)):
        rows = tasks(followed(Person([], [one("vns", 0, 5000)], index)), "vns_follow_up")
        assert rows[0]["due_date"] == due
    assert tasks(followed(Person([], [one("vns", 0, 5000)], 822)), "vns_follow_up") == []
