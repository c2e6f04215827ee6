"""Dispensings and orders of one medicine that follow one another: which are one course, on both sides of the gap.

Days counted by hand: a gap joins up to 30 days after dispensings and up to 14 after orders, and adds no day.
"""

from __future__ import annotations

from datetime import date

import pytest

from records.fhir_cases import RXNORM, SERTRALINE_50, bundle, dispense, dosage, quantity, request
from remit.flow.trials import trials

LATER = date(2025, 1, 1)
SERTRALINE_100 = {"coding": [{"system": RXNORM, "code": "312938"}], "text": "sertraline 100 MG Oral Tablet"}
BUPROPION = {"text": "bupropion"}


@pytest.fixture
def courses(read, knowledge):
    """Trials of an export: treatment, first day, day after the last, covered days, greatest dose, records."""

    def run(*resources):
        found = trials(read(bundle(*resources), index_date=LATER), knowledge)["trial"].sort("start_date")
        columns = ("start_date", "end_date", "covered_days", "max_dose_mg", "n_exposures")
        rows = found.select("treatment_key", *columns).rows()
        return [(knowledge.treatments[key].id, str(start), str(end), *rest) for key, start, end, *rest in rows]

    return run


def fill(day: str, medication=SERTRALINE_50, days: int = 30, tablets: int = 30):
    return dispense(medication, whenHandedOver=day, daysSupply=quantity(days, "d"), quantity=quantity(tablets, "{tbl}"))


def order(day: str, days: int = 30, refills: int | None = None):
    supply = {"expectedSupplyDuration": quantity(days, "d")}
    if refills is not None:
        supply["numberOfRepeatsAllowed"] = refills
    return request(SERTRALINE_50, dosage(), authoredOn=day, status="completed", dispenseRequest=supply)


FIRST = ("sertraline", "2024-03-01", "2024-03-31", 30, 50.0, 1)  # 30 days from 1 March: the last is 30 March
JOINED = {
    "fill on the day the first ends": ([fill("2024-03-01"), fill("2024-03-31")], ("2024-04-30", 60)),
    "fill 30 days after the first": ([fill("2024-03-01"), fill("2024-04-30")], ("2024-05-30", 60)),
    "fills in any order": ([fill("2024-04-30"), fill("2024-03-01")], ("2024-05-30", 60)),
    "tablets counted out": (
        [
            dispense(whenHandedOver=day, quantity=quantity(60, "{tbl}"), dosageInstruction=[dosage(1, frequency=2)])
            for day in ("2024-03-01", "2024-04-30")
        ],
        ("2024-05-30", 60, 100.0),
    ),
    "order 14 days after the first": ([order("2024-03-01"), order("2024-04-14")], ("2024-05-14", 60)),
    "order 14 days after the refills": (
        [order("2024-03-01", refills=2), order("2024-06-13")],  # 90 days: to 29 May
        ("2024-07-13", 120),
    ),
}


@pytest.mark.parametrize("case", JOINED, ids=str)
def test_records_that_are_one_course(courses, case):
    resources, (end, covered, *dose) = JOINED[case]
    assert courses(*resources) == [("sertraline", "2024-03-01", end, covered, *(dose or [50.0]), 2)]


APART = {
    "fill 31 days after the first": (
        [fill("2024-03-01"), fill("2024-05-01")],
        [FIRST, ("sertraline", "2024-05-01", "2024-05-31", 30, 50.0, 1)],
    ),
    "order 15 days after the first": (
        [order("2024-03-01"), order("2024-04-15")],
        [FIRST, ("sertraline", "2024-04-15", "2024-05-15", 30, 50.0, 1)],
    ),
    "order 15 days after the refills": (
        [order("2024-03-01", refills=2), order("2024-06-14")],
        [
            ("sertraline", "2024-03-01", "2024-05-30", 90, 50.0, 1),
            ("sertraline", "2024-06-14", "2024-07-14", 30, 50.0, 1),
        ],
    ),
    "fill of another medicine": (
        [fill("2024-03-01"), fill("2024-03-31", BUPROPION)],
        [FIRST, ("bupropion", "2024-03-31", "2024-04-30", 30, None, 1)],
    ),
}


@pytest.mark.parametrize("case", APART, ids=str)
def test_records_that_are_two_courses(courses, case):
    resources, expected = APART[case]
    assert courses(*resources) == expected


def test_an_early_refill_prolongs_and_does_not_double(courses):
    # to the end of the second supply, the latest so far: 31 days of March and 19 of April; what is left of the first
    # is not carried over
    early = [fill("2024-03-01"), fill("2024-03-21")]
    assert courses(*early) == [("sertraline", "2024-03-01", "2024-04-20", 50, 50.0, 2)]
    # and the gap runs from there: 20 May is 30 days after 20 April, 21 May one more
    assert len(courses(*early, fill("2024-05-20"))) == 1
    assert len(courses(*early, fill("2024-05-21"))) == 2


def test_a_short_fill_within_a_long_one_does_not_end_it(courses):
    # 90 days from 1 March end on 29 May; the 30 days of another strength within them end before
    both = [fill("2024-03-01", days=90, tablets=90), fill("2024-03-15", SERTRALINE_100)]
    assert courses(*both) == [("sertraline", "2024-03-01", "2024-05-30", 90, 150.0, 2)]
    assert len(courses(*both, fill("2024-06-29"))) == 1
    assert len(courses(*both, fill("2024-06-30"))) == 2


def test_a_new_strength_stays_one_course_with_two_doses(courses, read, exposures):
    steps = [fill("2024-03-01"), fill("2024-03-31", SERTRALINE_100)]
    assert courses(*steps) == [("sertraline", "2024-03-01", "2024-04-30", 60, 100.0, 2)]
    assert exposures(read(bundle(*steps), index_date=LATER), "start_date", "end_date", "daily_dose_mg") == [
        ("sertraline", "2024-03-01", "2024-03-31", "50.0"),
        ("sertraline", "2024-03-31", "2024-04-30", "100.0"),
    ]


def test_the_same_fill_twice_in_an_export_is_one(courses):
    one = {**fill("2024-03-01"), "id": "d1"}
    assert courses(one, one) == [FIRST]
