"""Quality measures: the published cases of CMS128 and CMS159 to the person, and every window and threshold by hand."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.cohort.quality.populations import POPULATIONS, members
from remit.cohort.quality.reading import read_fhir
from remit.cohort.quality.run import Asked, run_measures
from remit.errors import SourceError, UsageError
from remit.knowledge import Knowledge, load_knowledge
from remit.knowledge.codes import short_system
from surfaces.running import remit as command

ARCHIVE = Path(__file__).parents[3] / "shared/data/ecqm_2025/cms128_cms159_cases.tar.gz"
YEAR = date(2026, 1, 1)

# CPT and SNOMED CT are licensed to their users, so their codes do not stand here: codes that occur in the cases are
# told by the digest of set, system and code.
DIGESTS = {
    "bipolar_disorder": "ba0936021989",
    "contact_visit": "0904e7e55700",
    "developmental_disorder": "693872539466",
    "dysthymia": "066fd57615d3",
    "hospice_care": "52a9be0f7e02 74b06b076a99",
    "hospice_diagnosis": "46d846adb244",
    "hospice_discharge": "3ff2a33aae87 5f7b79bc29ef",
    "hospice_visit": "d06266882f18",
    "inpatient": "9ee6fbeef2bc",
    "labile_personality": "d41153b620c8",
    "major_depression": "ac494f09a09d b15f24a9e5a4 c407e9269dfc",
    "palliative_care": "3b175a37f8a9",
    "palliative_visit": "2ae33e1d37cf",
    "psychosis": "0ec356605964",
    "qualifying_visit": (
        "2cd2fa45e2bb 3b7ca4ae36ac 4e8e0e9b3678 51828f0c6171 5755d005afbf 586fef17d50e 5cf616949c47 "
        "8925504a3743 c73c5b59739d f6fda7e92cb2 "
    ),
    "yes_answer": "25aae62402e8",
}


def digest(name: str, system: str, code: str) -> str:
    return hashlib.sha256(f"{name} {system} {code}".encode()).hexdigest()[:12]


def codings(value: Any) -> Iterator[tuple[str, str]]:
    """Every coding anywhere inside a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("code"), str) and isinstance(value.get("system"), str):
            yield short_system(value["system"]), value["code"]
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        yield from codings(part)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one bundle per person, and `codes` and `expected.json` beside it."""
    if not ARCHIVE.exists():
        pytest.skip("the published cases are not at hand")
    folder = tmp_path_factory.mktemp("ecqm")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder / "all", filter="data")
    (folder / "bundles").mkdir()
    (folder / "codes").mkdir()
    expected: dict[str, dict[str, list[int]]] = {}
    seen: set[tuple[str, str]] = set()
    for person in sorted(p for p in (folder / "all").glob("*/*") if p.is_dir()):
        contents = [json.loads(path.read_text()) for path in sorted(person.glob("*.json"))]
        bundle = next(c for c in contents if c["resourceType"] == "Bundle")
        (folder / "bundles" / f"{person.name}.json").write_text(json.dumps(bundle))
        seen |= set(codings(bundle))
        report = next(c for c in contents if c["resourceType"] == "MeasureReport")
        patient = next(c["id"] for c in contents if c["resourceType"] == "Patient")
        measure = person.parent.name[:6].lower()
        for i, group in enumerate(report["group"]):
            expected.setdefault(f"{measure} {i}", {})[patient] = [p["count"] for p in group["population"]]
    names = [(name, d) for name, digests in DIGESTS.items() for d in digests.split()]
    rows = [f"{n},{s},{c}" for s, c in sorted(seen) for n, d in names if digest(n, s, c) == d]
    assert len(rows) == len(names)
    (folder / "codes" / "measures.csv").write_text("\n".join(["set_id,system,code", *rows]) + "\n")
    (folder / "expected.json").write_text(json.dumps(expected))
    return folder


@pytest.mark.parametrize(("measure", "n"), [("cms128", 10), ("cms159", 67)])
def test_every_published_case_has_its_expected_report(measure: str, n: int, cases: Path, tmp_path: Path) -> None:
    known = load_knowledge(codes_dir=cases / "codes")
    run_measures([cases / "bundles"], tmp_path / "out", known, Asked(YEAR, [measure]))
    table = pl.read_parquet(tmp_path / "out" / "members.parquet")
    expected = json.loads((cases / "expected.json").read_text())
    for i, result in enumerate(known.measures[measure].measure.results):
        own = table.filter(result=result.id).rows_by_key("person_id", named=True, unique=True)
        wanted = expected[f"{measure} {i}"]
        assert len(wanted) == n
        found = {person: [int(own[person][name]) for name in POPULATIONS] for person in wanted}
        assert found == wanted


@pytest.mark.parametrize("measure", ["cms128", "cms159"])
def test_without_a_threshold_the_counts_are_those_of_the_expected_reports(
    measure: str, cases: Path, tmp_path: Path
) -> None:
    expected = json.loads((cases / "expected.json").read_text())
    own = tmp_path / "own"
    own.mkdir()
    for path in (cases / "bundles").iterdir():
        content = json.loads(path.read_text())
        who = {e["resource"]["id"] for e in content["entry"] if e["resource"]["resourceType"] == "Patient"}
        if who & set(expected[f"{measure} 0"]):
            (own / path.name).write_text(path.read_text())
    known = load_knowledge(codes_dir=cases / "codes")
    found = run_measures([own], tmp_path / "out", known, Asked(YEAR, [measure], small_cell=0))
    assert found["persons"] == len(expected[f"{measure} 0"])
    for i, row in enumerate(found["results"]):
        wanted = [sum(counts) for counts in zip(*expected[f"{measure} {i}"].values(), strict=True)]
        assert [row[name] for name in POPULATIONS] == wanted
        assert not row["suppressed"]


@pytest.mark.parametrize(("n_others", "persons"), [(0, 9), (3, None), (5, 14)])
def test_persons_are_not_told_where_few_are_not_in_the_population(
    n_others: int, persons: int | None, known: Knowledge, tmp_path: Path
) -> None:
    """Nine are counted by the measure; of three more nothing is to be told, not by subtraction either."""
    rows = []
    for i in range(9 + n_others):
        of = {"subject": {"reference": f"Patient/p{i}"}}
        rows.append(patient() | {"id": f"p{i}"})
        if i < 9:
            rows += [condition("F32.1", INDEX, **of), visit(INDEX, **of), fill(INDEX, 180, **of)]
    (tmp_path / "all.ndjson").write_text("".join(json.dumps(r) + "\n" for r in rows))
    found = run_measures([tmp_path / "all.ndjson"], tmp_path / "out", known, Asked(YEAR, ["cms128"]))
    assert [r["initial_population"] for r in found["results"]] == [9, 9]
    assert found["persons"] == persons


def test_the_command_counts_them(cases: Path, tmp_path: Path) -> None:
    line = [
        "cohort",
        "measure",
        cases / "bundles",
        "--out",
        tmp_path / "out",
        "--year",
        "2026",
        "--codes",
        cases / "codes",
    ]
    assert command(*line).code == 0
    found = json.loads((tmp_path / "out" / "measures.json").read_text())
    assert found["persons"] == 77
    remission = found["results"][2]
    assert [remission[name] for name in POPULATIONS] == [60, 60, 29, 12]
    assert remission["not_met"] == 19
    acute = found["results"][0]  # nobody of ten, one of them excluded: too few to be shown
    assert (acute["denominator"], acute["denominator_exclusion"], acute["numerator"]) == (10, None, None)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "members.parquet", "measures.parquet", "measures.csv", "measures.json",
    }  # fmt: skip


def test_sets_without_codes_are_named(cases: Path, tmp_path: Path) -> None:
    """Without the user's own maps a hospice stay would be missed in silence."""
    done = command("cohort", "measure", cases / "bundles", "--out", tmp_path / "out", "--year", "2026")
    assert done.code == 0
    assert "hospice_visit" in done.err
    assert "--codes" in done.err


# --- by hand: one person, every window
RXNORM, ICD, HCPCS, LOINC = (
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "http://loinc.org",
)
ACTIVE = {
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
}
INDEX = date(2025, 6, 1)


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01", **more}


def fill(day: date, days: int, rxcui: str = "36437", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense", "status": "completed", "whenHandedOver": day.isoformat(),
        "medicationCodeableConcept": concept(RXNORM, rxcui), "daysSupply": {"value": days}, **more,
    }  # fmt: skip


def condition(code: str, day: date, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": concept(ICD, code), "onsetDateTime": day.isoformat(), **ACTIVE, **more}


def visit(day: date, **more: Any) -> dict[str, Any]:
    period = {"start": f"{day.isoformat()}T09:00:00Z", "end": f"{day.isoformat()}T09:30:00Z"}
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "type": [concept(HCPCS, "G0438")],
        "period": period,
        **more,
    }


def phq9(day: date, value: float, hour: int = 9, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": concept(LOINC, "44261-6"),
        "effectiveDateTime": f"{day.isoformat()}T{hour:02}:00:00Z", "valueInteger": value, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return load_knowledge()


def judged(known: Knowledge, tmp_path: Path, measure: str, *resources: dict[str, Any]) -> list[dict[str, Any]]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in resources]}
    path = tmp_path / "p1.json"
    path.write_text(json.dumps(bundle))
    asked = known.measures[measure].measure
    return members(read_fhir([path], known, [asked]).tables(), asked, YEAR).to_dicts()


def supplied(known: Knowledge, tmp_path: Path, *resources: dict[str, Any], **of_patient: Any) -> list[dict[str, Any]]:
    """CMS128 for fills from the index day on, with diagnosis and visit on it."""
    usual = (patient(**of_patient), condition("F32.1", INDEX), visit(INDEX))
    return judged(known, tmp_path, "cms128", *usual, *resources)


def days_covered(rows: list[dict[str, Any]]) -> list[float]:
    return [row["value"] for row in rows]


@pytest.mark.parametrize(("days", "acute"), [(83, False), (84, True)])
def test_84_days_are_enough(days: int, acute: bool, known: Knowledge, tmp_path: Path) -> None:
    rows = supplied(known, tmp_path, fill(INDEX, days))
    assert days_covered(rows) == [days, days]
    assert [row["numerator"] for row in rows] == [acute, False]


@pytest.mark.parametrize(("days", "enough"), [(179, False), (180, True)])
def test_180_days_are_enough(days: int, enough: bool, known: Knowledge, tmp_path: Path) -> None:
    assert supplied(known, tmp_path, fill(INDEX, days))[1]["numerator"] is enough


def test_overlaps_count_once_and_the_windows_end(known: Knowledge, tmp_path: Path) -> None:
    """30 days; 30 more of which 10 overlap, another drug; 40 from day 100, of which 15 lie in the first 115."""
    fills = (fill(INDEX, 30), fill(INDEX + timedelta(20), 30, "39786"), fill(INDEX + timedelta(100), 40))
    assert days_covered(supplied(known, tmp_path, *fills)) == [30 + 20 + 15, 30 + 20 + 40]


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2025, 4, 30), False), (date(2025, 5, 1), True), (date(2026, 4, 30), True), (date(2026, 5, 1), False)],
)
def test_the_intake_period(day: date, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    rows = judged(known, tmp_path, "cms128", patient(), condition("F32.1", day), visit(day), fill(day, 90))
    assert rows[0]["initial_population"] is inside


@pytest.mark.parametrize(("apart", "inside"), [(-61, False), (-60, True), (60, True), (61, False)])
def test_diagnosis_and_visit_within_60_days(apart: int, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    other = INDEX + timedelta(apart)
    for resources in ((condition("F32.1", other), visit(INDEX)), (condition("F32.1", INDEX), visit(other))):
        rows = judged(known, tmp_path, "cms128", patient(), fill(INDEX, 90), *resources)
        assert rows[0]["initial_population"] is inside


@pytest.mark.parametrize(("born", "inside"), [("2007-06-01", True), ("2007-06-02", False)])
def test_adults_only(born: str, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    assert supplied(known, tmp_path, fill(INDEX, 90), birthDate=born)[0]["initial_population"] is inside


@pytest.mark.parametrize(
    ("back", "days", "status", "excluded"),
    [(105, 1, "active", True), (106, 1, "active", False), (120, 16, "active", True), (50, 10, "completed", False)],
)
def test_an_order_before_the_first_fill(
    back: int, days: int, status: str, excluded: bool, known: Knowledge, tmp_path: Path
) -> None:
    order = {
        "resourceType": "MedicationRequest", "status": status, "intent": "order",
        "medicationCodeableConcept": concept(RXNORM, "36437"), "authoredOn": (INDEX - timedelta(back)).isoformat(),
        "dispenseRequest": {"expectedSupplyDuration": {"value": days}},
    }  # fmt: skip
    row = supplied(known, tmp_path, fill(INDEX, 90), order)[0]
    assert (row["denominator_exclusion"], row["numerator"]) == (excluded, not excluded)


def test_what_is_no_antidepressant_or_was_not_dispensed_is_nothing(known: Knowledge, tmp_path: Path) -> None:
    lithium, declined = fill(INDEX, 90, "6448"), fill(INDEX, 90, status="declined")
    no_days = {**fill(INDEX, 90), "daysSupply": None}
    assert not supplied(known, tmp_path, lithium, declined, no_days)[0]["initial_population"]


SEEN = date(2025, 3, 3)


def scored(known: Knowledge, tmp_path: Path, *resources: dict[str, Any], **of_patient: Any) -> dict[str, Any]:
    """CMS159 with diagnosis and visit on one day."""
    usual = (patient(**of_patient), condition("F32.1", SEEN), visit(SEEN))
    return judged(known, tmp_path, "cms159", *usual, *resources)[0]


@pytest.mark.parametrize(("value", "inside"), [(9, False), (10, True)])
def test_the_index_score_is_above_9(value: int, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    assert scored(known, tmp_path, phq9(SEEN, value))["initial_population"] is inside


@pytest.mark.parametrize(("apart", "inside"), [(-8, False), (-7, True), (0, True), (1, False)])
def test_the_index_score_is_of_the_visit(apart: int, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    assert scored(known, tmp_path, phq9(SEEN + timedelta(apart), 15))["initial_population"] is inside


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2024, 10, 31), False), (date(2024, 11, 1), True), (date(2025, 10, 31), True), (date(2025, 11, 1), False)],
)
def test_the_identification_period(day: date, inside: bool, known: Knowledge, tmp_path: Path) -> None:
    rows = judged(known, tmp_path, "cms159", patient(), condition("F32.1", day), visit(day), phq9(day, 15))
    assert rows[0]["initial_population"] is inside


@pytest.mark.parametrize(("apart", "met"), [(-61, False), (-60, True), (60, True), (61, False)])
def test_assessed_60_days_about_a_year_later(apart: int, met: bool, known: Knowledge, tmp_path: Path) -> None:
    later = date(2026, 3, 3) + timedelta(apart)
    assert scored(known, tmp_path, phq9(SEEN, 15), phq9(later, 4))["numerator"] is met


@pytest.mark.parametrize(("first", "last", "met"), [(3, 5, False), (5, 4, True)])
def test_the_last_score_of_the_window_counts(
    first: int, last: int, met: bool, known: Knowledge, tmp_path: Path
) -> None:
    day = date(2026, 3, 3)
    row = scored(known, tmp_path, phq9(SEEN, 15), phq9(day, last, hour=15), phq9(day, first, hour=9))
    assert (row["numerator"], row["value"]) == (met, last)


@pytest.mark.parametrize(
    ("code", "excluded"), [("F31.9", True), ("F60.3", True), ("F20.0", True), ("F84.0", True), ("F41.1", False)]
)
def test_other_disorders_are_left_out(code: str, excluded: bool, known: Knowledge, tmp_path: Path) -> None:
    row = scored(known, tmp_path, phq9(SEEN, 15), condition(code, SEEN))
    assert row["denominator_exclusion"] is excluded


def test_a_disorder_that_is_not_confirmed_or_came_later_is_none(known: Knowledge, tmp_path: Path) -> None:
    later = condition("F31.9", date(2026, 5, 3))
    unsure = condition("F31.9", SEEN, verificationStatus={"coding": [{"code": "provisional"}]})
    assert not scored(known, tmp_path, phq9(SEEN, 15), later, unsure)["denominator_exclusion"]


@pytest.mark.parametrize(("died", "excluded"), [("2026-05-02", True), ("2026-05-03", False)])
def test_death_by_the_end_of_the_window(died: str, excluded: bool, known: Knowledge, tmp_path: Path) -> None:
    assert scored(known, tmp_path, phq9(SEEN, 15), deceasedDateTime=died)["denominator_exclusion"] is excluded


# --- sources and refusals
def test_bulk_files_go_by_their_references(known: Knowledge, tmp_path: Path) -> None:
    bulk = tmp_path / "bulk"
    bulk.mkdir()
    mine, other = {"subject": {"reference": "Patient/p1"}}, {"subject": {"reference": "Patient/p2"}}
    by_kind: dict[str, list[dict[str, Any]]] = {
        "Patient": [patient(), {**patient(), "id": "p2"}],
        "Condition": [condition("F32.1", INDEX, **mine), condition("F32.1", INDEX, **other)],
        "Encounter": [visit(INDEX, **mine), visit(INDEX, **other)],
        "MedicationDispense": [fill(INDEX, 90, **mine), fill(INDEX, 30, **other)],
    }
    by_kind["MedicationDispense"][0] |= {"medicationReference": {"reference": "Medication/m1"}}
    del by_kind["MedicationDispense"][0]["medicationCodeableConcept"]
    by_kind["Medication"] = [{"resourceType": "Medication", "id": "m1", "code": concept(RXNORM, "36437")}]
    for kind, rows in by_kind.items():
        (bulk / f"{kind}.ndjson").write_text("".join(json.dumps(r) + "\n" for r in rows))
    run_measures([bulk], tmp_path / "out", known, Asked(YEAR, ["cms128"], small_cell=0))
    table = pl.read_parquet(tmp_path / "out" / "members.parquet").filter(result="acute")
    assert dict(table.select("person_id", "value").iter_rows()) == {"p1": 90, "p2": 30}
    assert table["numerator"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        (json.dumps(condition("F32.1", INDEX, subject={"reference": "Patient/p"}, onsetDateTime=5)), "not a date"),
        ('{"resourceType": "Patient"}', "without an id"),
    ],
)
def test_a_damaged_record_is_refused(text: str, words: str, known: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SourceError, match=words):
        run_measures([tmp_path / "a.json"], tmp_path / "out", known, Asked(YEAR, ["cms128"]))
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_an_unknown_measure_is_named_with_those_there_are(known: Knowledge, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cms128, cms159"):
        run_measures([tmp_path], tmp_path / "out", known, Asked(YEAR, ["cms1"]))
