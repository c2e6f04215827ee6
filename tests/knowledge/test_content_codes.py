"""Conditions, crisis lines and code maps: what resolves, and that nothing licensed ships."""

from __future__ import annotations

import csv
import re
from functools import cache

import pytest

from remit.knowledge.library import Library
from remit.knowledge.load import package_dir, read_library
from remit.tables.records import EVIDENCE

FORBIDDEN_LICENCES = ("AMA-CPT", "SNOMED-licensed")
FORBIDDEN_SYSTEMS = ("CPT", "CPT4", "SNOMED", "NDC", "DMD")
HERE = package_dir()


@cache
def library() -> Library:
    return read_library([HERE])


def code_map(name: str) -> list[dict[str, str]]:
    with (HERE / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("condition", "wider"),
    [
        ("bipolar_ii", "bipolar"),
        ("cyclothymia", "bipolar"),
        ("organic_mood", "secondary_depression"),
        ("substance_induced_depression", "secondary_depression"),
        ("mdd_single", "mdd"),
        ("mdd", "depression"),
        ("postpartum_depression", "depression"),
        ("osa", "sleep_apnoea"),
    ],
)
def test_wider_conditions(condition: str, wider: str) -> None:
    assert wider in library().conditions[condition].part_of


def test_persons_words_for_conditions_resolve() -> None:
    known = library().conditions
    assert {"hypothyroidism", "sleep_apnoea", "bipolar", "bipolar_ii", "adhd"} <= set(known)


def test_crisis_lines() -> None:
    lines = library().crisis_lines.values()
    assert {(x.country, x.call) for x in lines} >= {
        ("US", "988"),
        ("GB", "116 123"),
        ("AU", "13 11 14"),
        ("DE", "0800 111 0 111 or 0800 111 0 222"),
    }
    unverified = {x.line for x in lines if x.verified == "no"}
    assert "Need to talk?" in unverified
    assert [x.url for x in lines if x.country == "*"] == ["https://findahelpline.com"]


@pytest.mark.parametrize("name", ["procedures", "conditions", "observations"])
def test_nothing_licensed_ships(name: str) -> None:
    for row in code_map(name):
        assert not any(word in row["licence_class"] for word in FORBIDDEN_LICENCES)
        assert row["system"] not in FORBIDDEN_SYSTEMS
        assert row["licence_class"]


def test_no_daily_defined_doses_and_no_licensed_ids_in_the_drug_files() -> None:
    for path in (HERE / "drugs").glob("*.yaml"):
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(r"\bddd\b|defined daily|snomed|\bndc\b|vtm", text), path.name


def test_code_maps_point_at_what_exists() -> None:
    known = library()
    measures = {*known.instruments, *known.observables}
    for row in code_map("procedures"):
        assert not row["treatment_id"] or row["treatment_id"] in known.treatments
    for row in code_map("rxnorm_products"):
        assert row["treatment_id"] in known.treatments
    for row in code_map("conditions"):
        assert row["condition_id"] in known.conditions
    for row in code_map("observations"):
        assert not row["measure_id"] or row["measure_id"] in measures
        if row["part"] == "item" and row["measure_id"] in known.instruments:
            questions = {str(q.n): q.code for q in known.instruments[row["measure_id"]].questions}
            assert questions[row["item"]] == row["code"]


def test_code_maps_cite_known_sources() -> None:
    known = library().sources
    for name in ("procedures", "conditions", "observations", "rxnorm_products"):
        for row in code_map(name):
            assert row["sources"], (name, row)
            assert set(row["sources"].split()) <= set(known)


@pytest.mark.parametrize(
    ("rxcui", "treatment"),
    [
        ("1738805", "paroxetine_cr"),
        ("1738495", "paroxetine"),
        ("865206", "selegiline_transdermal"),
        ("859186", "selegiline_oral"),
        ("2611260", "dextromethorphan_bupropion"),
        ("403969", "olanzapine_fluoxetine"),
        ("313990", "fluoxetine"),
    ],
)
def test_products(rxcui: str, treatment: str) -> None:
    assert [row["treatment_id"] for row in code_map("rxnorm_products") if row["rxcui"] == rxcui] == [treatment]


@pytest.mark.parametrize(
    ("code", "treatment"),
    [
        ("GZB0ZZZ", "ect"),
        ("94.27", "ect"),
        ("94.26", ""),
        ("G2082", "esketamine"),
        ("J3490", ""),
        ("J0401", ""),
        ("E0735", "tvns"),
    ],
)
def test_procedures(code: str, treatment: str) -> None:
    assert [row["treatment_id"] for row in code_map("procedures") if row["code"] == code] == [treatment]


def test_concepts_of_an_omop_database_are_told_once_and_sourced() -> None:
    rows = code_map("omop_concepts")
    assert len({row["omop_concept_id"] for row in rows}) == len(rows)
    assert {row["use"] for row in rows} == {"drug_type", "visit", "gender", "unit"}
    for row in rows:
        assert row["verified"] in ("yes", "partly", "no"), row
        assert set(row["sources"].split()) <= set(library().sources), row
        assert row["our_id"] in library_words(row["use"]), row


def library_words(use: str) -> tuple[str, ...]:
    """What concepts of one use may stand for."""
    return {
        "drug_type": EVIDENCE,
        "visit": ("inpatient",),
        "gender": ("male", "female"),
        "unit": ("mg", "ug", "g", "mL", "L", "h"),
    }[use]
