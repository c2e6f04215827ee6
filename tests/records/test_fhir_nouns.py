"""FHIR patients, procedures, conditions, observations, questionnaires, and the export as a whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from records.fhir_cases import (
    ANSWERS,
    ICD10CM,
    LOINC,
    PHQ9_ITEMS,
    SERTRALINE_50,
    administration,
    bundle,
    coded,
    condition,
    dosage,
    observation,
    patient,
    procedure,
    quantity,
    request,
    response,
    statement,
)
from remit.flow.records import read_records
from remit.knowledge.load import load_knowledge

TOTAL = "44261-6"
LATER = date(2025, 1, 1)


def measured(records):
    return records["measurement"].sort("date", "measure_id").select("measure_id", "value").rows()


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 18},
        {"valueQuantity": {"value": 18.0, "code": "{score}"}},
        {"valueString": "18"},
        {"valueQuantity": {"value": "18"}},
    ],
)
def test_a_total_in_any_form(read, value):
    assert measured(read(bundle(observation(TOTAL, **value)))) == [("phq9", 18.0)]


ITEMS = [2, 3, 2, 2, 1, 2, 2, 1, 0]


def test_a_panel_of_coded_answers_is_added_up(read):
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": c}]}, "valueCodeableConcept": coded(n)}
        for c, n in zip(PHQ9_ITEMS, ITEMS, strict=True)
    ]
    records = read(bundle(observation("44249-1", component=parts)))
    assert measured(records) == [("phq9", 15.0)]
    assert records["answer"].sort("item")["value"].to_list() == ITEMS


def test_items_as_observations_of_their_own(read):
    answers = [observation(c, valueInteger=n) for c, n in zip(PHQ9_ITEMS, ITEMS, strict=True)]
    assert measured(read(bundle(*answers))) == [("phq9", 15.0)]


def test_a_questionnaire_with_answer_codes(read):
    records = read(bundle(response(ITEMS)))
    assert measured(records) == [("phq9", 15.0)]
    assert records["answer"].height == 9
    nested = response(ITEMS)
    nested["item"] = [{"linkId": "/44249-1", "item": nested["item"]}]
    assert measured(read(bundle(nested))) == [("phq9", 15.0)]


@pytest.mark.parametrize(("stated", "notices"), [(15, []), (16, ["total_disagrees"])])
def test_a_total_beside_its_answers(read, codes, stated, notices):
    records = read(bundle(response(ITEMS), observation(TOTAL, "2024-03-01", valueInteger=stated)), index_date=LATER)
    assert measured(records) == [("phq9", 15.0)]
    assert codes(records) == notices


def test_two_sheets_of_one_day(read, codes):
    first, second = response(ITEMS, "2024-03-01T08:00:00Z"), response([0] * 9, "2024-03-01T18:00:00Z")
    records = read(bundle(second, first), index_date=LATER)
    assert measured(records) == [("phq9", 0.0)]
    assert codes(records) == ["same_day_answers"]


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (observation(TOTAL, valueInteger=28), "entry[1].resource.valueInteger: is outside the scale of PHQ-9"),
        (observation(TOTAL, valueInteger=-1), "entry[1].resource.valueInteger: is outside the scale of PHQ-9"),
        (observation(PHQ9_ITEMS[0], valueInteger=4), "entry[1].resource.valueInteger: is no answer of PHQ-9"),
        (observation(TOTAL, valueQuantity=7), "entry[1].resource.valueQuantity: is a number, not an object"),
        (observation(TOTAL, valueQuantity={"value": [7]}), "valueQuantity.value: is a list, not a number"),
        (observation(TOTAL, "March", valueInteger=1), "entry[1].resource.effectiveDateTime: is not a date"),
        (observation(TOTAL, "2024-02-30", valueInteger=1), "effectiveDateTime: is not a date"),
        (observation(TOTAL, "2924-02-01", valueInteger=1), "effectiveDateTime: is a date no record can be about"),
        (
            observation(TOTAL, subject={"reference": "Patient/zz"}, valueInteger=1),
            "subject.reference: points to no Patient",
        ),
        (request(status=7), "entry[1].resource.status: is a number, not a text"),
        (request(SERTRALINE_50, "x"), "entry[1].resource.dosageInstruction[0]: is a text, not an object"),
        (request(dosageInstruction="x"), "entry[1].resource.dosageInstruction: is a text, not a list"),
        (request(None), "entry[1].resource: names no medication"),
        (
            {**request(None), "medicationReference": {"reference": "Medication/x"}},
            "entry[1].resource.medicationReference: points to no Medication",
        ),
        (
            statement(effectivePeriod={"start": "2024-03-01", "end": "2024-01-01"}),
            "entry[1].resource: ends before it starts",
        ),
        ({"resourceType": 7}, "entry[1].resource.resourceType: is a number, not the name"),
        ({"id": "x"}, "entry[1].resource.resourceType: is missing"),
        ("x", "entry[1].resource: is a text, not an object"),
        (None, "entry[1]: holds no resource"),
        (
            {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": "secret"}] * 2},
            "entry[1].resource.issue: reports 2 errors",
        ),
    ],
)
def test_faults_have_a_json_path(faults, resource, place):
    content = bundle(resource)
    if resource is None:
        content["entry"][1] = {"fullUrl": "urn:uuid:1"}
    listed = faults(content)
    assert any(place in line for line in listed), listed
    assert "secret" not in str(listed)


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_an_outcome_that_only_warns_is_no_fault(read, severity):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
    assert read(bundle(outcome, observation(TOTAL, valueInteger=3)))["measurement"].height == 1


def test_values_that_say_nothing_are_no_scores(read, codes):
    records = read(
        bundle(
            observation(TOTAL, dataAbsentReason={"text": "refused"}),
            observation(TOTAL, valueString="high"),
            observation(TOTAL, valueInteger=5, status="entered-in-error"),
            observation("8480-6", valueQuantity=quantity(120, "mm[Hg]")),
            observation("1234-5", valueInteger=3),
        ),
        index_date=LATER,
    )
    assert [value for _, value in measured(records)] == [120.0]
    assert codes(records) == ["status_left_out"]


CONDITIONS = {
    "F33.2": ("mdd_recurrent", "active"),
    "F33.42": ("mdd_recurrent", "remission"),
    "F31.81": ("bipolar", "active"),
    "F32.81": ("pmdd", "active"),
    "F32.A": ("depression_unspecified", "active"),
    "E03.9": ("hypothyroidism", "active"),
    "G47.33": ("osa", "active"),
    "K75.4": ("liver_disease", "active"),
}


@pytest.mark.parametrize("code", CONDITIONS)
def test_diagnosis_codes(read, code):
    records = read(bundle(condition(code, "2024-01-05")))
    assert records["condition"].select("condition_id", "status").rows() == [CONDITIONS[code]]


@pytest.mark.parametrize(
    ("clinical", "verification", "status"),
    [
        ("active", None, "active"),
        ("relapse", "confirmed", "active"),
        ("resolved", None, "resolved"),
        ("inactive", None, "resolved"),
        ("remission", None, "remission"),
        ("active", "provisional", "suspected"),
        ("active", "differential", "suspected"),
        ("active", "refuted", "refuted"),
    ],
)
def test_status_of_a_condition(read, clinical, verification, status):
    more = {"verificationStatus": {"coding": [{"code": verification}]}} if verification else {}
    records = read(bundle(condition("F31.9", "2020", clinical, **more)))
    assert records["condition"]["status"].to_list() == [status]


def test_entered_in_error_is_no_condition(read, codes):
    wrong = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    records = read(bundle(condition("F31.9", "2020", **wrong)), index_date=LATER)
    assert records["condition"].is_empty()
    assert codes(records) == ["status_left_out"]


@pytest.mark.parametrize(
    ("conditions", "episode"),
    [
        ([condition("F33.1", "2024-01-05")], (date(2024, 1, 5), "moderate", "unknown")),
        ([condition("F33.0", "2024-01-05")], (date(2024, 1, 5), "mild", "unknown")),
        ([condition("F33.2", "2024-01-05")], (date(2024, 1, 5), "severe", "no")),
        ([condition("F33.3", "2024-01-05")], (date(2024, 1, 5), "severe", "yes")),
        ([condition("F33.9", "2024-01")], (date(2024, 1, 1), None, "unknown")),
        ([condition("F33.1", "2020"), condition("F32.2", "2024-02-01")], (date(2024, 2, 1), "severe", "no")),
        ([condition("F32.2", "2024-02-01"), condition("F33.1", "2020")], (date(2024, 2, 1), "severe", "no")),
        ([condition("F33.1", "2024-01-05", "resolved")], None),
        ([condition("F33.42", "2024-01-05")], None),
        ([condition("F33.1")], None),
        ([condition("F41.1", "2024-01-05")], None),
    ],
)
def test_the_episode_is_the_latest_active_depression(read, conditions, episode):
    records = read(bundle(*conditions), index_date=LATER)
    rows = records["episode"].select("start_date", "severity", "psychotic").rows()
    assert rows == ([episode] if episode else [])


def test_sessions_are_counted_by_day(read, exposures):
    records = read(
        bundle(
            procedure("GZB2ZZZ", "2024-03-01", "http://www.cms.gov/Medicare/Coding/ICD10"),
            procedure("GZB2ZZZ", "2024-03-04T09:00:00Z", "http://www.cms.gov/Medicare/Coding/ICD10"),
            procedure("G2083", "2024-03-05"),
            procedure("J0013", "2024-03-05T10:00:00Z"),
            administration("2024-03-05", 84, "mg", {"text": "esketamine"}),
            procedure("G2083", "2024-03-08", status="not-done"),
            procedure("G0444", "2024-03-09"),
            procedure("J3490", "2024-03-10"),
        ),
        index_date=LATER,
    )
    assert sorted(exposures(records, "start_date", "end_date", "sessions", "evidence", "daily_dose_mg")) == [
        ("ect", "2024-03-01", "2024-03-02", "1.0", "administration", None),
        ("ect", "2024-03-04", "2024-03-05", "1.0", "administration", None),
        ("esketamine", "2024-03-05", "2024-03-06", "1.0", "administration", None),
    ]
    assert records["exposure_detail"].select("name", "value").unique().rows() == [("placement", "bilateral")]


def test_several_sessions_of_one_day_are_told_by_their_times(read, exposures):
    given = [{**procedure("", f"2024-03-01T{h}:00:00Z"), "code": {"text": "rTMS"}} for h in ("09", "10", "11")]
    assert exposures(read(bundle(*given)), "start_date", "sessions") == [("rtms", "2024-03-01", "3.0")]


def test_a_course_on_record_as_one_period_has_an_unknown_number_of_sessions(read, exposures):
    course = {
        **procedure("", ""),
        "code": {"text": "Electroconvulsive therapy"},
        "performedPeriod": {"start": "2024-03-01", "end": "2024-03-28"},
    }
    assert exposures(read(bundle(course)), "start_date", "end_date", "sessions") == [
        ("ect", "2024-03-01", "2024-03-29", None)
    ]


def test_codes_that_the_user_supplies(tmp_path: Path):
    (tmp_path / "procedures.csv").write_text(
        "modality,system,code,match,label_own_words,trial_use\n"
        "ECT,CPT4,X0870,exact,ECT session,one row = one ECT session\n"
        "ECT,CPT4,X0104,exact,Anaesthesia for ECT,supporting (same-day pair)\n"
    )
    (tmp_path / "conditions.csv").write_text(
        "condition_set,system,code,match,label\n"
        "mdd_recurrent,SNOMED,X111,descendants,Severe recurrent major depression\n"
    )
    (tmp_path / "medications.csv").write_text("system,code,treatment,mg_per_unit\nNDC,00000-1111-22,sertraline,50\n")
    knowledge = load_knowledge(codes_dir=tmp_path)
    ndc = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "00000-1111-22"}]}
    cpt = "http://www.ama-assn.org/go/cpt"
    content = bundle(
        procedure("X0870", "2024-03-01", cpt),
        procedure("X0104", "2024-03-02", cpt),
        condition("X111", "2024-01-01", system="http://snomed.info/sct"),
        request(ndc, dosage(2)),
    )
    path = tmp_path / "in.json"
    path.write_text(json.dumps(content))
    records = read_records([path], knowledge)
    ids = [knowledge.treatments[k].id for k in records["exposure"]["treatment_key"]]
    assert sorted(zip(ids, records["exposure"]["daily_dose_mg"], strict=True), key=str) == [
        ("ect", None),
        ("sertraline", 100.0),
    ]
    assert records["episode"].select("start_date", "severity").rows() == [(date(2024, 1, 1), "severe")]


def test_persons_of_an_export(read, tmp_path: Path, knowledge):
    other = observation(TOTAL, valueInteger=5, subject={"reference": "https://x.org/fhir/Patient/b/_history/3"})
    detailed = patient("b", birthDate="1980-05-02", gender="female", address=[{"country": "US"}])
    records = read(bundle(detailed, other, observation(TOTAL, valueInteger=7)))
    assert records["person"].select("person_id", "birth_date", "sex", "country").rows() == [
        ("a", None, None, None),
        ("b", date(1980, 5, 2), "female", "US"),
    ]
    assert records["measurement"].select("person_key", "value").sort("person_key").rows() == [(0, 7.0), (1, 5.0)]


def test_urn_references(read):
    entries = [
        {"fullUrl": "urn:uuid:1-2", "resource": {"resourceType": "Patient"}},
        {
            "fullUrl": "urn:uuid:3-4",
            "resource": observation(TOTAL, valueInteger=5, subject={"reference": "urn:uuid:1-2"}),
        },
    ]
    records = read({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert records["person"]["person_id"].to_list() == ["1-2"]
    assert measured(records) == [("phq9", 5.0)]


def test_ndjson_files_of_one_export_are_merged(tmp_path: Path, knowledge):
    lines = {
        "Patient.ndjson": [patient("a"), patient("b")],
        "Observation.ndjson": [
            observation(TOTAL, valueInteger=n, subject={"reference": f"Patient/{p}"}) for n, p in ((3, "a"), (4, "b"))
        ],
        "MedicationRequest.ndjson": [request(SERTRALINE_50, dosage(), subject={"reference": "Patient/b"})],
    }
    paths = [tmp_path / name for name in lines]
    for path, resources in zip(paths, lines.values(), strict=True):
        path.write_text("\n".join(map(json.dumps, resources)) + "\n\n")
    records = read_records(reversed(paths), knowledge)
    assert records["person"]["person_id"].to_list() == ["a", "b"]
    assert records["measurement"].height == 2
    assert records["exposure"]["person_key"].to_list() == [1]
    assert records["measurement"]["record_ref"].to_list() == [
        "Observation.ndjson: line 1",
        "Observation.ndjson: line 2",
    ]


def test_an_export_without_patients_goes_by_the_references(read, codes):
    content = bundle(observation(TOTAL, valueInteger=3), with_patient=False)
    records = read(content, index_date=LATER)
    assert records["person"]["person_id"].to_list() == ["a"]
    assert codes(records) == ["patient_missing"]


def test_a_resource_without_subject_belongs_to_the_only_patient(read, codes, faults):
    lost = observation(TOTAL, valueInteger=3)
    del lost["subject"]
    assert codes(read(bundle(lost), index_date=LATER)) == ["subject_missing"]
    assert any("subject: names no person" in line for line in faults(bundle(patient("b"), lost)))


def test_one_resource_and_two_versions(read, faults):
    assert read(observation(TOTAL, valueInteger=3))["measurement"].height == 1
    old = observation(TOTAL, valueInteger=3, id="o", meta={"lastUpdated": "2024-03-01T00:00:00Z"})
    new = observation(TOTAL, valueInteger=4, id="o", meta={"lastUpdated": "2024-03-02T00:00:00Z"})
    for order in ((old, new), (new, old), (new, new)):
        assert measured(read(bundle(*order))) == [("phq9", 4.0)]
    unclear = observation(TOTAL, valueInteger=5, id="o")
    assert any("is also the id of" in line for line in faults(bundle({**old, "meta": None}, unclear)))


def test_one_page_of_several_is_flagged(read, codes):
    page = bundle(observation(TOTAL, valueInteger=3))
    page["link"] = [{"relation": "next", "url": "https://x.org/2"}]
    assert codes(read(page, index_date=LATER)) == ["more_pages"]


def test_a_history_and_an_export_of_one_person_are_one(tmp_path: Path, knowledge):
    history = {
        "person": {"id": "a"},
        "episode": {"start": "2023-12-01"},
        "treatments": [{"treatment": "sertraline", "start": "2024-03-01", "end": "2024-04-30", "outcome": "none"}],
    }
    export = bundle(
        condition("F33.2", "2024-01-05"),
        request(SERTRALINE_50, dosage(), dispenseRequest={"expectedSupplyDuration": quantity(61, "d")}),
    )
    for name, content in (("h.json", history), ("f.json", export)):
        (tmp_path / name).write_text(json.dumps(content))
    for order in (("h.json", "f.json"), ("f.json", "h.json")):
        records = read_records([tmp_path / name for name in order], knowledge, index_date=LATER)
        assert records["person"].height == 1
        assert records["episode"]["start_date"].to_list() == [date(2023, 12, 1)]
        assert records["exposure"].select("start_date", "end_date", "daily_dose_mg").rows() == [
            (date(2024, 3, 1), date(2024, 5, 1), 50.0)
        ]
        assert records["outcome"].select("exposure_key", "outcome").rows() == [(0, "none")]


def test_an_export_of_nothing_is_refused(faults):
    assert "holds no resource that is read" in faults({"resourceType": "Encounter", "id": "e"})[0]
    assert "holds no resource that is read" in faults({"resourceType": "Bundle", "type": "collection"})[0]


def test_the_fixtures_are_fhir():
    resources = pytest.importorskip("fhir.resources.R4B.bundle")
    content = bundle(
        request(SERTRALINE_50, dosage()),
        administration("2024-03-01T08:00:00Z"),
        statement(),
        procedure("G2083", "2024-03-05"),
        condition("F33.2", "2024-01-05"),
        observation(TOTAL, valueInteger=3),
        response(ITEMS),
    )
    assert resources.Bundle.model_validate(content).entry
    assert ANSWERS and ICD10CM


@pytest.mark.parametrize(
    "resources",
    [
        [response([0] * 8 + [1], "2024-03")],
        [response([0] * 8 + [1], "2024-03-01T08:00:00Z"), response([0] * 9, "2024-03-01T18:00:00Z")],
        [observation(PHQ9_ITEMS[8], valueInteger=0), observation(PHQ9_ITEMS[8], valueInteger=2)],
    ],
)
def test_a_sign_of_suicidality_is_never_left_out_unseen(read, codes, resources):
    assert "safety_item" in codes(read(bundle(*resources), index_date=LATER))


@pytest.mark.parametrize("status", ["in-progress", "stopped"])
def test_a_questionnaire_that_was_not_finished_keeps_its_answers(read, status):
    records = read(bundle(response([None] * 8 + [2], status=status)), index_date=LATER)
    assert records["answer"].select("item", "value").rows() == [(9, 2.0)]
    assert records["measurement"].is_empty()
