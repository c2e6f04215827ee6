"""FHIR medications: doses, durations, filters, and the four kinds of evidence."""

from __future__ import annotations

from datetime import date

import pytest

from records.fhir_cases import (
    RXNORM,
    SERTRALINE,
    SERTRALINE_50,
    administration,
    bundle,
    dispense,
    dosage,
    quantity,
    request,
    statement,
)

LATER = date(2025, 1, 1)
SUPPLY_30 = {"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d")}}
DATES = ("start_date", "end_date", "end_kind", "daily_dose_mg", "evidence")


def timing(**repeat):
    return {"timing": {"repeat": repeat}}


def coding(code, display=None):
    return {"coding": [{"system": RXNORM, "code": code, "display": display}]}


DOSES = {
    "one tablet a day": (SERTRALINE_50, dosage(1), "50.0"),
    "two tablets twice a day": (SERTRALINE_50, dosage(2, frequency=2), "200.0"),
    "in mg": (SERTRALINE, dosage(75, "mg"), "75.0"),
    "in micrograms": ({"text": "liothyronine"}, dosage(25, "ug"), "0.025"),
    "in grams": (SERTRALINE, dosage(0.1, "g"), "100.0"),
    "tablets of unknown strength": (SERTRALINE, dosage(1), None),
    "code outranks the unit's text": (
        SERTRALINE_50,
        {**dosage(), "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "mg", "code": "{tbl}"}}]},
        "100.0",
    ),
    "a unit that is neither": (SERTRALINE, dosage(1, "[drp]"), None),
    "lower end of a range": (
        SERTRALINE,
        {**dosage(), "doseAndRate": [{"doseRange": {"low": quantity(50, "mg"), "high": quantity(100, "mg")}}]},
        "50.0",
    ),
    "every other day": (SERTRALINE, dosage(100, "mg", **timing(frequency=1, period=2, periodUnit="d")), "50.0"),
    "every 12 hours": (SERTRALINE, dosage(50, "mg", **timing(frequency=1, period=12, periodUnit="h")), "100.0"),
    "times of day": (SERTRALINE, dosage(50, "mg", **timing(timeOfDay=["08:00:00", "20:00:00"])), "100.0"),
    "morning and noon": (SERTRALINE, dosage(50, "mg", **timing(when=["MORN", "NOON"])), "100.0"),
    "a code for twice a day": (SERTRALINE, dosage(50, "mg", timing={"code": {"coding": [{"code": "BID"}]}}), "100.0"),
    "a code that is not known": (SERTRALINE, dosage(50, "mg", timing={"code": {"coding": [{"code": "XYZ"}]}}), None),
    "no timing: once a day": (SERTRALINE, dosage(50, "mg", frequency=None), "50.0"),
    "timing in words": (SERTRALINE, dosage(50, "mg", frequency=None, text="take 50 mg twice daily"), "100.0"),
    "unclear words": (SERTRALINE, dosage(50, "mg", frequency=None, text="as directed"), None),
    "words alone": (SERTRALINE, {"text": "Take 1 tablet (50 mg) once daily."}, "50.0"),
    "words and strength": (SERTRALINE_50, {"text": "2 tablets every morning"}, "100.0"),
    "no dosage": (SERTRALINE_50, {}, None),
    "a strength in the name": ({"text": "Sertraline 25 mg tablet"}, dosage(2), "50.0"),
    "liquid": (coding("310386"), dosage(5, "mL"), "20.0"),  # fluoxetine 4 mg/mL
    "patch": (coding("865206"), dosage(1, "{patch}"), "6.0"),  # selegiline 0.25 mg/h
    "salt conversion": (coding("993567"), dosage(1), "300.0"),  # bupropion HBr 348 mg is 300 mg of the HCl
    "weekly capsule": (coding("313995"), dosage(1, **timing(frequency=1, period=1, periodUnit="wk")), None),
}


@pytest.mark.parametrize("case", DOSES, ids=str)
def test_daily_dose(read, exposures, case):
    medication, line, dose = DOSES[case]
    records = read(bundle(request(medication, line, **SUPPLY_30)))
    assert [row[-1] for row in exposures(records, "daily_dose_mg")] == [dose]


def test_strength_of_a_referenced_medication(read, exposures):
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "code": SERTRALINE,
        "ingredient": [{"strength": {"numerator": quantity(100, "mg"), "denominator": quantity(1, "{tbl}")}}],
    }
    by_reference = {**request(None, dosage(0.5)), "medicationReference": {"reference": "Medication/m"}}
    del by_reference["medicationCodeableConcept"]
    assert exposures(read(bundle(by_reference, medication)), "daily_dose_mg") == [("sertraline", "50.0")]
    inside = {**by_reference, "medicationReference": {"reference": "#m"}, "contained": [medication]}
    assert exposures(read(bundle(inside)), "daily_dose_mg") == [("sertraline", "50.0")]
    shown = {**by_reference, "medicationReference": {"reference": "Medication/x", "display": "Zoloft"}}
    assert exposures(read(bundle(shown)), "daily_dose_mg") == [("sertraline", None)]


SUPPLIES = {
    "supply": ({"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d")}}, ("2024-03-31", "ended")),
    "supply in weeks": ({"dispenseRequest": {"expectedSupplyDuration": quantity(4, "wk")}}, ("2024-03-29", "ended")),
    "refills": (
        {"dispenseRequest": {"expectedSupplyDuration": quantity(30, "d"), "numberOfRepeatsAllowed": 2}},
        ("2024-05-30", "ended"),
    ),
    "quantity": ({"dispenseRequest": {"quantity": quantity(60, "{tbl}")}}, ("2024-03-31", "ended")),
    "active and silent": ({}, (None, "ongoing")),
    "completed and silent": ({"status": "completed"}, (None, "unknown")),
    "on hold": ({"status": "on-hold"}, (None, "unknown")),
}


@pytest.mark.parametrize("case", SUPPLIES, ids=str)
def test_end_of_an_order(read, exposures, case):
    more, expected = SUPPLIES[case]
    records = read(bundle(request(SERTRALINE_50, dosage(2), **more)))
    assert exposures(records, "end_date", "end_kind") == [("sertraline", *expected)]


def test_an_order_that_was_stopped_is_certain_for_no_day(read, exposures):
    records = read(bundle(request(SERTRALINE_50, dosage(), status="stopped", **SUPPLY_30)))
    assert exposures(records, "start_date", "end_earliest_date", "end_date", "end_kind") == [
        ("sertraline", "2024-03-01", "2024-03-01", "2024-03-31", "ended")
    ]


def test_start_of_an_order(read, exposures):
    bounds = {
        "timing": {
            "repeat": {
                "frequency": 1,
                "period": 1,
                "periodUnit": "d",
                "boundsPeriod": {"start": "2024-04-01", "end": "2024-04-30"},
            }
        }
    }
    validity = {"dispenseRequest": {"validityPeriod": {"start": "2024-05"}}}
    rows = exposures(
        read(
            bundle(
                request(SERTRALINE_50, dosage(**bounds)),
                request({"text": "lithium"}, dosage(300, "mg"), authoredOn=None, status="completed", **validity),
            )
        ),
        "start_date",
        "start_latest_date",
        "end_date",
    )
    assert rows == [
        ("sertraline", "2024-04-01", "2024-04-01", "2024-05-01"),
        ("lithium", "2024-05-01", "2024-05-31", None),
    ]


def test_instructions_in_sequence_become_consecutive_stretches(read, exposures):
    def step(n, mg, days=None):
        repeat = {"frequency": 1, "period": 1, "periodUnit": "d"}
        if days:
            repeat["boundsDuration"] = quantity(days, "d")
        return dosage(mg, "mg", sequence=n, timing={"repeat": repeat})

    records = read(
        bundle(request(SERTRALINE, step(2, 50, 14), step(1, 25, 7), step(3, 100), **SUPPLY_30)), index_date=LATER
    )
    assert exposures(records, "start_date", "end_date", "daily_dose_mg") == [
        ("sertraline", "2024-03-01", "2024-03-08", "25.0"),
        ("sertraline", "2024-03-08", "2024-03-22", "50.0"),
        ("sertraline", "2024-03-22", "2024-03-31", "100.0"),
    ]


def test_instructions_beside_one_another_add_up(read, exposures):
    lines = [dosage(50, "mg", **timing(when=["MORN"])), dosage(100, "mg", **timing(when=["HS"]))]
    assert exposures(read(bundle(request(SERTRALINE, *lines))), "daily_dose_mg") == [("sertraline", "150.0")]


def test_instructions_of_unclear_order_make_the_dose_unknown(read, exposures, codes):
    for lines in ([dosage(50, "mg"), dosage(100, "mg")], [dosage(50, "mg", sequence=1), dosage(100, "mg", sequence=2)]):
        records = read(bundle(request(SERTRALINE, *lines)))
        assert exposures(records, "start_date", "daily_dose_mg") == [("sertraline", "2024-03-01", None)]
        assert "steps_undated" in codes(records)


LEFT_OUT = {
    "entered in error": (request(status="entered-in-error"), "status_left_out"),
    "cancelled": (request(status="cancelled"), "status_left_out"),
    "draft": (request(status="draft"), "status_left_out"),
    "plan": (request(intent="plan"), "intent_left_out"),
    "proposal": (request(intent="proposal"), "intent_left_out"),
    "not to be given": (request(doNotPerform=True), "do_not_perform"),
    "as needed": (request(SERTRALINE_50, {**dosage(), "asNeededBoolean": True}), "as_needed"),
    "as needed for": (request(SERTRALINE_50, {**dosage(), "asNeededCodeableConcept": {"text": "panic"}}), "as_needed"),
    "another drug": (request({"text": "amoxicillin 500 mg"}), "not_a_treatment"),
    "near miss": (request({"text": "sertralone"}), "name_near_miss"),
    "shared name": (request({"text": "selegiline"}), "name_near_miss"),
    "injection": (request(coding("672540")), "other_use"),  # aripiprazole injection
    "for Parkinson's": (request(coding("859193")), "other_use"),  # selegiline 5 mg tablet
    "for flushes": (request(coding("1430122")), "other_use"),  # paroxetine 7.5 mg
    "not dispensed": (dispense(status="declined"), "status_left_out"),
    "not taken": (statement(status="not-taken"), "status_left_out"),
    "not given": ({**administration("2024-03-01"), "status": "not-done"}, "status_left_out"),
}


@pytest.mark.parametrize("case", LEFT_OUT, ids=str)
def test_what_is_left_out_is_told(read, codes, case):
    resource, code = LEFT_OUT[case]
    records = read(bundle(resource), index_date=LATER)
    assert records["exposure"].is_empty()
    assert codes(records) == [code]


def test_a_plan_that_the_person_reports_is_a_report(read, exposures):
    records = read(bundle(request(SERTRALINE_50, dosage(), intent="plan", reportedBoolean=True)))
    assert exposures(records, "evidence") == [("sertraline", "report")]


FILLS = {
    "supply without dosage": (
        {"daysSupply": quantity(30, "d"), "quantity": quantity(60, "{tbl}")},
        ("2024-03-31", "100.0"),
    ),
    "supply alone": ({"daysSupply": {"value": 10}}, ("2024-03-11", None)),
    "dosage": ({"quantity": quantity(28, "{tbl}"), "dosageInstruction": [dosage(2)]}, ("2024-03-15", "100.0")),
    "filler number": ({"daysSupply": {"value": 999}}, (None, None)),
    "nought": ({"daysSupply": {"value": 0}}, (None, None)),
    "bounds belong to the prescription": (
        {
            "daysSupply": {"value": 30},
            "dosageInstruction": [
                dosage(
                    timing={
                        "repeat": {
                            "frequency": 1,
                            "period": 1,
                            "periodUnit": "d",
                            "boundsPeriod": {"start": "2023-01-01", "end": "2025-01-01"},
                        }
                    }
                )
            ],
        },
        ("2024-03-31", "50.0"),
    ),
}


@pytest.mark.parametrize("case", FILLS, ids=str)
def test_dispensings(read, exposures, case):
    more, (end, dose) = FILLS[case]
    records = read(bundle(dispense(**more)))
    assert exposures(records, "start_date", "end_date", "daily_dose_mg", "evidence") == [
        ("sertraline", "2024-03-01", end, dose, "fill")
    ]


def test_statements(read, exposures):
    ended = {"effectivePeriod": {"start": "2023", "end": "2024-02"}, "status": "completed"}
    records = read(
        bundle(
            statement(dosage=[dosage()]),
            statement({"text": "lithium"}, **ended),
            statement({"text": "bupropion"}, effectivePeriod=None, effectiveDateTime="2024-01-05", status="stopped"),
            statement({"text": "mirtazapine"}, effectivePeriod=None),
        )
    )
    assert exposures(records, "start_date", "start_latest_date", "end_earliest_date", "end_date", "end_kind") == [
        ("sertraline", "2024-03-01", "2024-03-01", None, None, "ongoing"),
        ("lithium", "2023-01-01", "2023-12-31", "2024-02-02", "2024-03-01", "ended"),
        ("bupropion", "2024-01-05", "2024-01-05", None, None, "unknown"),
        ("mirtazapine", None, None, None, None, "unknown"),
    ]


def test_administrations_of_a_day_add_up(read, exposures):
    given = [administration(f"2024-03-0{d}T{h}:00:00Z") for d in (1, 2) for h in ("08", "20")]
    assert exposures(read(bundle(*given)), *DATES) == [
        ("sertraline", "2024-03-01", "2024-03-02", "ended", "100.0", "administration"),
        ("sertraline", "2024-03-02", "2024-03-03", "ended", "100.0", "administration"),
    ]


def test_an_implausible_dose_is_a_fault(faults):
    listed = faults(bundle(request(SERTRALINE, dosage(10000, "mg"))))
    assert listed == [
        "in.json: entry[1].resource: is far above any daily dose of sertraline. "
        "Check the decimal point and the unit: mg per day."
    ]


def test_order_and_fills_do_not_double(read, exposures, codes):
    order = request(SERTRALINE_50, dosage(), dispenseRequest={"expectedSupplyDuration": quantity(90, "d")})
    fills = [
        dispense(whenHandedOver=day, daysSupply=quantity(30, "d"), quantity=quantity(30, "{tbl}"))
        for day in ("2024-03-03", "2024-04-05")
    ]
    records = read(bundle(order, *fills), index_date=LATER)
    # 1 March to 30 May was ordered; fills cover 3 March to 5 May with a hole of 3 days; the rest of the order is
    # 25 days, no longer than the 30 days by which fills are joined
    assert exposures(records, *DATES) == [
        ("sertraline", "2024-03-03", "2024-04-02", "ended", "50.0", "fill"),
        ("sertraline", "2024-04-05", "2024-05-05", "ended", "50.0", "fill"),
    ]
    assert codes(records) == ["weaker_evidence"]


def test_a_short_admission_does_not_wipe_out_the_order(read, exposures):
    order = request(SERTRALINE_50, dosage(), dispenseRequest={"expectedSupplyDuration": quantity(90, "d")})
    given = [administration(f"2024-04-0{d}T08:00:00Z") for d in (1, 2)]
    rows = exposures(read(bundle(order, *given), index_date=LATER), *DATES)
    assert ("sertraline", "2024-03-01", "2024-04-01", "ended", "50.0", "order") in rows
    assert ("sertraline", "2024-04-03", "2024-05-30", "ended", "50.0", "order") in rows
    assert len(rows) == 4


def test_a_report_without_a_dose_stands_where_the_order_is_silent(read, exposures):
    order = request(SERTRALINE_50, dosage(), dispenseRequest={"expectedSupplyDuration": quantity(30, "d")})
    rows = exposures(read(bundle(order, statement()), index_date=LATER), *DATES)
    assert rows == [
        ("sertraline", "2024-03-01", "2024-03-31", "ended", "50.0", "order"),
        ("sertraline", "2024-03-31", None, "ongoing", None, "report"),
    ]
