"""Sentences of docs/explanation/semantics.md, each with numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from generative.load import knowledge
from oracle import Condition, Episode, Exposure, Oracle, Person, Score
from oracle.adequacy import LIFETIME
from oracle.model import NO, UNKNOWN, YES

ORACLE = Oracle(knowledge())
RULE = ORACLE.facts.rules["remit_default"]  # sertraline 50 mg, venlafaxine 150 mg, six weeks, below 50 percent
DAY_0 = date(2024, 1, 1)


def day(n):
    return None if n is None else DAY_0 + timedelta(n)


def took(treatment, start, end, dose=None, **more):
    """An exposure with exact dates; an end of None is ongoing."""
    kind = "ended" if end is not None else "ongoing"
    return Exposure(treatment, day(start), day(start), day(end), day(end), kind, dose, **more)


def partly(e, **dates):
    """The same with other dates: start and end as pairs of days, None for unknown."""
    for name, pair in dates.items():
        first, last = (None, None) if pair is None else map(day, pair)
        if name == "start":
            e = replace(e, start=first, start_latest=last)
        else:
            kind = "unknown" if pair is None else "ended"
            e = replace(e, end_earliest=first, end=last, end_kind=kind)
    return e


def judged(*exposures, index=400, episode=0, **more):
    start = day(episode)
    return ORACLE.judge(Person(day(index), exposures, Episode(start, start), **more))


def only(judgement):
    (course,) = judgement.courses
    return course


def verdict(judgement, definition):
    return judgement.verdicts[[d.id for d in knowledge().definitions].index(definition)]


def adequate_days(course):
    return course.adequate_days(RULE, LIFETIME)


# trials


@pytest.mark.parametrize(("evidence", "gap"), [("report", 14), ("order", 14), ("administration", 14), ("fill", 30)])
def test_a_gap_joins_up_to_its_days_and_no_further(evidence, gap):
    a, b = took("sertraline", 0, 20, evidence=evidence), took("sertraline", 20 + gap, 90, evidence=evidence)
    assert len(judged(a, b).courses) == 1
    assert len(judged(a, replace(b, start=day(21 + gap), start_latest=day(21 + gap))).courses) == 2


def test_the_largest_gap_of_the_kinds_of_evidence_counts():
    a, b = took("sertraline", 0, 20, evidence="fill"), took("sertraline", 45, 90, evidence="order")
    assert len(judged(a, b).courses) == 1


def test_sessions_lie_up_to_three_weeks_apart():
    a, b = took("ect", 0, 1, sessions=4.0), took("ect", 22, 23, sessions=3.0)
    course = only(judged(a, b))
    assert course.trial.sessions == 7
    assert course.dose_met(RULE) == YES
    assert len(judged(a, took("ect", 23, 24, sessions=3.0)).courses) == 2


def test_reach_is_the_latest_end_so_far():
    long, short, late = took("sertraline", 0, 90), took("sertraline", 10, 20), took("sertraline", 100, 110)
    assert len(judged(long, short, late).courses) == 1


def test_an_unknown_end_takes_part_at_its_start_and_an_unknown_start_at_its_end():
    a = partly(took("sertraline", 0, 50), end=None)
    b = partly(took("sertraline", 40, 60), start=None)
    assert len(judged(a, took("sertraline", 15, 50)).courses) == 2
    assert len(judged(a, took("sertraline", 14, 50)).courses) == 1
    assert len(judged(took("sertraline", 0, 46), b).courses) == 1
    assert len(judged(took("sertraline", 0, 45), b).courses) == 2
    neither = partly(took("sertraline", 0, 50), start=None, end=None)
    assert len(judged(neither, neither, took("sertraline", 0, 50)).courses) == 3


# the index date


def test_what_starts_after_the_index_date_is_left_out():
    assert judged(took("sertraline", 401, 450)).courses == []
    assert only(judged(took("sertraline", 400, 450))).covered_high == []


def test_an_end_on_the_index_date_stands_and_a_later_one_is_ongoing():
    last_day_is_index = only(judged(took("sertraline", 300, 401))).trial
    assert (last_day_is_index.end, last_day_is_index.is_ongoing) == (day(401).toordinal(), False)
    later = only(judged(took("sertraline", 300, 402))).trial
    assert (later.end, later.is_ongoing) == (day(400).toordinal(), True)
    partial = only(judged(partly(took("sertraline", 300, 380), end=(380, 420)))).trial
    assert (partial.end_earliest, partial.end) == (day(380).toordinal(), day(401).toordinal())


# doses and runs


def test_an_early_refill_prolongs_and_does_not_add():
    course = only(judged(took("sertraline", 0, 30, 50.0), took("sertraline", 20, 50, 50.0)))
    assert course.max_dose == 50
    assert adequate_days(course) == (50, 50)


def test_two_supplies_of_one_strength_begun_together_add():
    course = only(judged(took("sertraline", 0, 50, 25.0), took("sertraline", 0, 40, 25.0)))
    assert course.max_dose == 50
    assert adequate_days(course) == (40, 40)


def test_a_refill_prolongs_the_supply_that_would_have_ended_first():
    supplies = [took("sertraline", 0, 50, 25.0), took("sertraline", 0, 40, 25.0), took("sertraline", 35, 60, 25.0)]
    assert adequate_days(only(judged(*supplies))) == (50, 50)


def test_different_strengths_add():
    course = only(judged(took("sertraline", 0, 50, 25.0), took("sertraline", 10, 60, 30.0)))
    assert course.max_dose == 55
    assert adequate_days(course) == (40, 40)


def test_holes_of_up_to_the_gap_are_bridged_and_add_nothing():
    doses = [took("sertraline", 0, 20, 50.0), took("sertraline", 20, 34, 25.0), took("sertraline", 34, 60, 50.0)]
    assert adequate_days(only(judged(*doses))) == (46, 46)
    longer = [doses[0], took("sertraline", 20, 35, 25.0), took("sertraline", 35, 60, 50.0)]
    assert adequate_days(only(judged(*longer))) == (25, 25)


def test_a_missing_dose_is_nothing_for_certain_and_enough_at_most():
    course = only(judged(took("sertraline", 0, 30, 50.0), took("sertraline", 30, 60)))
    assert adequate_days(course) == (30, 60)
    assert course.duration_met(RULE, LIFETIME) == UNKNOWN


def test_partial_dates_give_certain_and_possible_days():
    course = only(judged(partly(took("sertraline", 10, 60, 50.0), start=(0, 10), end=(50, 70))))
    assert adequate_days(course) == (40, 70)


def test_an_unknown_start_has_no_bound_and_an_unknown_end_reaches_the_index_date():
    assert adequate_days(only(judged(partly(took("sertraline", 0, 50, 50.0), start=None)))) == (0, float("inf"))
    assert adequate_days(only(judged(partly(took("sertraline", 0, 50, 50.0), end=None)))) == (0, 401)


@pytest.mark.parametrize(("end", "expected"), [(42, YES), (41, NO)])
def test_six_weeks_are_42_days(end, expected):
    assert only(judged(took("sertraline", 0, end, 50.0))).duration_met(RULE, LIFETIME) == expected


def test_only_days_in_the_episode_count_there():
    judgement = judged(took("sertraline", -30, 41, 50.0))
    course = only(judgement)
    assert course.duration_met(RULE, LIFETIME) == YES
    assert course.duration_met(RULE, judgement.span) == NO
    unknown = judged(took("sertraline", -30, 41, 50.0), episode=None)
    assert only(unknown).duration_met(RULE, unknown.span) == UNKNOWN


def test_the_cut_at_the_episode_does_not_turn_refills_into_doses():
    judgement = judged(took("sertraline", -30, 50, 25.0), took("sertraline", -20, 50, 25.0))
    assert only(judgement).adequate_days(RULE, judgement.span) == (0, 0)


# response


def measured(*scores, end=56, **more):
    exposure = took("sertraline", 0, end, 50.0, **more)
    return only(judged(exposure, scores=tuple(Score(m, day(d), float(v)) for m, d, v in scores))).response


@pytest.mark.parametrize(("baseline", "end", "percent"), [(-14, 28, 50), (-15, 28, None), (7, 28, 50), (8, 28, None),
                                                          (0, 27, None), (0, 70, 50), (0, 71, None)])  # fmt: skip
def test_the_windows_of_baseline_and_end_score(baseline, end, percent):
    assert measured(("madrs", baseline, 40), ("madrs", end, 20)).number == percent


def test_an_end_score_lies_two_weeks_after_the_baseline():
    assert measured(("madrs", 7, 40), ("madrs", 21, 20), end=28).number == 50
    assert measured(("madrs", 7, 40), ("madrs", 20, 20), end=28).number is None


def test_the_nearest_baseline_and_the_last_end_score_count():
    scores = [("madrs", -3, 10), ("madrs", 2, 40), ("madrs", 30, 4), ("madrs", 50, 30)]
    assert measured(*scores).number == 25
    assert measured(("madrs", -2, 40), ("madrs", 2, 30), ("madrs", 50, 30)).number == 25


def test_what_was_measured_outweighs_what_was_reported():
    response = measured(("madrs", 0, 40), ("madrs", 50, 30), outcome="response")
    assert (response.basis, response.nonresponse(RULE)) == ("measured", YES)


def test_remission_by_the_cut_off_is_no_failure_whatever_the_percentage():
    response = measured(("phq9", 0, 5), ("phq9", 50, 4))
    assert (response.number, response.remission, response.nonresponse(RULE)) == (20, YES, NO)


def test_no_improvement_from_a_baseline_of_nothing():
    assert measured(("phq9", 0, 0), ("phq9", 50, 4), outcome="none").basis == "reported"


@pytest.mark.parametrize(
    ("outcome", "below_50", "below_25", "at_most_25"),
    [
        ({"outcome": "worse"}, YES, YES, YES),
        ({"outcome": "minimal"}, YES, YES, YES),
        ({"outcome": "partial"}, YES, NO, NO),
        ({"outcome": "response"}, NO, NO, NO),
        ({"outcome": "remission"}, NO, NO, NO),
        ({"improvement": 25.0}, YES, NO, YES),
        ({"improvement": 24.99}, YES, YES, YES),
        ({"improvement": 50.0}, NO, NO, NO),
        ({"improvement": 49.99, "outcome": "response"}, YES, NO, NO),
        ({}, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_words_and_numbers_against_thresholds(outcome, below_50, below_25, at_most_25):
    response = only(judged(took("sertraline", 0, 50, 50.0, **outcome))).response
    rules = ORACLE.facts.rules
    found = [response.nonresponse(rules[r]) for r in ("remit_default", "remit_4w_below_25", "remit_6w_at_most_25")]
    assert found == [below_50, below_25, at_most_25]


def test_the_outcome_is_that_of_the_exposure_that_ends_last():
    a, b = took("sertraline", 0, 90, outcome="response"), took("sertraline", 50, 80, outcome="none")
    assert only(judged(a, b)).nonresponse(RULE) == NO
    assert only(judged(a, replace(b, end=day(90), end_earliest=day(90)))).nonresponse(RULE) == YES
    assert only(judged(a, partly(b, end=None), index=60)).nonresponse(RULE) == UNKNOWN


# overlaps


@pytest.mark.parametrize(("start", "kind"), [(20, "cross_taper"), (19, "combination")])
def test_thirty_days_together_are_a_switch(start, kind):
    (overlap,) = judged(took("sertraline", 0, 50), took("venlafaxine", start, 200)).overlaps
    assert (overlap.kind, overlap.added.treatment) == (kind, "venlafaxine")


def test_lithium_beside_an_antidepressant_augments():
    (overlap,) = judged(took("sertraline", 0, 100), took("lithium", 0, 100)).overlaps
    assert (overlap.kind, overlap.added.treatment) == ("augmentation", "lithium")


def test_the_record_decides_what_was_added():
    (overlap,) = judged(took("sertraline", 0, 100, augments="lithium"), took("lithium", 90, 200)).overlaps
    assert (overlap.kind, overlap.added.treatment, overlap.declared) == ("augmentation", "sertraline", True)


# verdicts


def failures(*names, **more):
    doses = {"sertraline": 50.0, "venlafaxine": 150.0, "mirtazapine": 15.0}
    return [took(n, 50 * i, 50 * i + 42, doses[n], outcome="none", **more) for i, n in enumerate(names)]


def test_it_is_first_met_on_the_day_after_the_deciding_trial():
    found = verdict(judged(*failures("sertraline", "venlafaxine", "mirtazapine")), "fda")
    assert (found.status, found.value, found.first_met) == ("met", 3, day(92).toordinal())


def test_low_and_high_bound_what_is_unknown_and_missing_says_why():
    first, second = failures("sertraline", "venlafaxine")
    found = verdict(judged(first, replace(second, dose=None)), "fda")
    assert (found.status, found.low, found.high) == ("undetermined", 1, 2)
    assert found.missing == {("daily_dose_mg", frozenset({1}))}
    found = verdict(judged(first, replace(second, outcome=None)), "fda")
    assert found.missing == {("outcome", frozenset({1}))}
    found = verdict(judged(first, partly(second, end=None)), "fda")
    assert found.missing == {("end_date", frozenset({1}))}
    found = verdict(judged(first, second, episode=None), "fda")
    assert (found.low, found.high, found.missing) == (0, 2, {("episode_start", None)})


def test_the_best_outcome_of_re_trials_stands():
    again = took("sertraline", 200, 210, 50.0, outcome="response")
    found = verdict(judged(*failures("sertraline", "venlafaxine"), again), "fda")
    assert (found.status, found.low, found.high) == ("not_met", 1, 1)


@pytest.mark.parametrize(
    ("condition", "status", "expected"),
    [
        ("bipolar_ii", "active", "not_applicable"),
        ("bipolar_ii", "resolved", "not_applicable"),
        ("bipolar", None, "not_applicable"),
        ("bipolar", "suspected", "undetermined"),
        ("bipolar", "refuted", "met"),
        ("hypothyroidism", "active", "met"),
    ],
)
def test_conditions_that_a_definition_excludes(condition, status, expected):
    conditions = (Condition(condition, status),)
    found = verdict(judged(*failures("sertraline", "venlafaxine"), conditions=conditions), "fda")
    assert found.status == expected
    assert (("condition_status", None) in found.missing) == (expected == "undetermined")


def test_a_condition_that_begins_later_is_not_on_record():
    conditions = (Condition("bipolar", "active", day(401)),)
    found = verdict(judged(*failures("sertraline", "venlafaxine"), conditions=conditions), "fda")
    assert found.status == "met"


# trials that may be one


def test_trials_that_may_be_one_are_sure_only_where_they_agree():
    first = took("sertraline", 0, 50, 50.0, outcome="none")
    second = partly(took("sertraline", 100, 150, 50.0, outcome="response"), end=None)
    courses = judged(first, second).courses
    assert [c.trial.unsettled for c in courses] == [True, True]
    assert [c.nonresponse(RULE) for c in courses] == [UNKNOWN, UNKNOWN]
    agreeing = judged(first, replace(second, outcome="worse")).courses
    assert [c.failed(RULE, LIFETIME) for c in agreeing] == [YES, UNKNOWN]


def test_a_dose_that_may_have_been_half_of_two_is_not_too_low():
    whole = [took("sertraline", 0, 60, 25.0), took("sertraline", 0, 100, 25.0)]
    assert only(judged(*whole)).dose_met(RULE) == YES
    apart = judged(whole[0], partly(whole[1], start=None)).courses
    assert [c.dose_met(RULE) for c in apart] == [UNKNOWN, UNKNOWN]
