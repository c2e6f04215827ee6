"""FHIR R4 resources, written by hand for these tests."""

from __future__ import annotations

from typing import Any

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SERTRALINE_50 = {"coding": [{"system": RXNORM, "code": "312941"}], "text": "sertraline 50 MG Oral Tablet"}
SERTRALINE = {"coding": [{"system": RXNORM, "code": "36437", "display": "sertraline"}]}
SUBJECT = {"reference": "Patient/a"}
PHQ9_ITEMS = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
ANSWERS = ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9")


def patient(patient_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": patient_id, **more}


def bundle(*resources: Any, with_patient: bool = True) -> dict[str, Any]:
    listed = [patient(), *resources] if with_patient else list(resources)
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in listed]}


def quantity(value: float, code: str) -> dict[str, Any]:
    return {"value": value, "unit": code, "system": UCUM, "code": code}


def dosage(value: float = 1, code: str = "{tbl}", frequency: float | None = 1, **more: Any) -> dict[str, Any]:
    line: dict[str, Any] = {"doseAndRate": [{"doseQuantity": quantity(value, code)}], **more}
    if frequency is not None:
        line.setdefault("timing", {"repeat": {"frequency": frequency, "period": 1, "periodUnit": "d"}})
    return line


def request(medication: Any = SERTRALINE_50, *lines: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "medicationCodeableConcept": medication,
        "authoredOn": "2024-03-01",
        "dosageInstruction": list(lines),
        **more,
    }


def dispense(medication: Any = SERTRALINE_50, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "subject": SUBJECT,
        "medicationCodeableConcept": medication,
        "whenHandedOver": "2024-03-01T10:00:00Z",
        **more,
    }


def statement(medication: Any = SERTRALINE_50, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": SUBJECT,
        "medicationCodeableConcept": medication,
        "effectivePeriod": {"start": "2024-03-01"},
        **more,
    }


def administration(when: str, value: float = 1, code: str = "{tbl}", medication: Any = SERTRALINE_50) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "subject": SUBJECT,
        "medicationCodeableConcept": medication,
        "effectiveDateTime": when,
        "dosage": {"dose": quantity(value, code)},
    }


def procedure(
    code: str, when: str, system: str = "http://www.nlm.nih.gov/research/umls/hcpcs", **more: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "subject": SUBJECT,
        "code": {"coding": [{"system": system, "code": code}]} if code else {},
        "performedDateTime": when,
        **more,
    }


def condition(
    code: str, onset: str | None = None, status: str = "active", system: str = ICD10CM, **more: Any
) -> dict[str, Any]:
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    found: dict[str, Any] = {
        "resourceType": "Condition",
        "subject": SUBJECT,
        "clinicalStatus": {"coding": [{"system": clinical, "code": status}]},
        "code": {"coding": [{"system": system, "code": code}]},
        **more,
    }
    return {**found, "onsetDateTime": onset} if onset else found


def observation(code: str, when: str = "2024-03-01T09:00:00+01:00", **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": SUBJECT,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": when,
        **value,
    }


def coded(n: int) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": ANSWERS[n]}]}


def response(items: list[int | None], when: str = "2024-03-01", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "http://example.org/Questionnaire/44249-1",
        "subject": SUBJECT,
        "authored": when,
        "item": [
            {"linkId": f"/{code}", "answer": [{"valueCoding": {"system": LOINC, "code": ANSWERS[n]}}]}
            for code, n in zip(PHQ9_ITEMS, items, strict=True)
            if n is not None
        ],
        **more,
    }
