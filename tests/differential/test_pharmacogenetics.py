"""What the guideline says by phenotype: rows written down from the published table, and what is silent stays silent."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from differential.people import DAY, knowledge, tables
from differential.test_properties import HISTORY
from remit.flow.pharmacogenetics import pharmacogenetics
from remit.knowledge.pharmacogenetics import NO_RESULT, Guidance
from remit.tables import GeneGuidance, Trial
from surfaces.running import remit, write

DRUGS = {
    "citalopram", "escitalopram", "sertraline", "paroxetine", "fluvoxamine", "venlafaxine", "vortioxetine",
    "amitriptyline", "nortriptyline", "clomipramine", "imipramine", "desipramine", "doxepin", "trimipramine",
    "atomoxetine",
}  # fmt: skip
PUBLISHED: list[tuple[str, dict[str, str], str, str]] = [
    ("citalopram", {"cyp2c19": "poor"}, "alternative", "strong"),
    ("citalopram", {"cyp2c19": "intermediate"}, "adjust", "moderate"),
    ("citalopram", {"cyp2c19": "normal"}, "usual", "strong"),
    ("citalopram", {"cyp2c19": "rapid"}, "alternative", "optional"),
    ("escitalopram", {"cyp2c19": "ultrarapid"}, "alternative", "strong"),
    ("paroxetine", {"cyp2d6": "poor"}, "adjust", "moderate"),
    ("paroxetine", {"cyp2d6": "ultrarapid"}, "alternative", "moderate"),
    ("fluvoxamine", {"cyp2d6": "ultrarapid"}, "none", "none"),
    ("venlafaxine", {"cyp2d6": "poor"}, "alternative", "optional"),
    ("venlafaxine", {"cyp2d6": "ultrarapid"}, "none", "none"),
    ("vortioxetine", {"cyp2d6": "poor"}, "alternative", "moderate"),
    ("nortriptyline", {"cyp2d6": "poor"}, "alternative", "strong"),
    ("nortriptyline", {"cyp2d6": "intermediate"}, "adjust", "moderate"),
    ("sertraline", {"cyp2c19": "poor"}, "alternative", "moderate"),
    ("sertraline", {"cyp2c19": "poor", "cyp2b6": "poor"}, "alternative", "optional"),
    ("sertraline", {"cyp2b6": "intermediate"}, "adjust", "optional"),
    ("amitriptyline", {"cyp2d6": "poor", "cyp2c19": "normal"}, "alternative", "strong"),
    ("amitriptyline", {"cyp2d6": "intermediate", "cyp2c19": "normal"}, "adjust", "moderate"),
    ("clomipramine", {"cyp2d6": "poor", "cyp2c19": "normal"}, "alternative", "optional"),
]


def stated(phenotypes: dict[str, str]) -> dict[str, str]:
    enzymes = knowledge().enzymes
    return {p.fact: "yes" for e, wanted in phenotypes.items() for p in enzymes[e].phenotypes if p.id == wanted}


def guidance(phenotypes: dict[str, str], trials: Any = None) -> dict[str, tuple[Guidance, str]]:
    """Guidance and relation by drug for one person."""
    given = tables([stated(phenotypes)]) | {"trial": Trial.empty() if trials is None else trials}
    made = GeneGuidance.check(pharmacogenetics(given, knowledge())["gene_guidance"])
    found = {}
    for row in made.iter_rows(named=True):
        drug = knowledge().treatments[row["treatment_key"]].id
        found[drug] = (knowledge().pharmacogenetics[drug].rows[row["row"]], row["relation"])
    return found


def test_the_table_holds_the_published_drugs() -> None:
    assert set(knowledge().pharmacogenetics) == DRUGS


@pytest.mark.parametrize(("drug", "phenotypes", "advice", "strength"), PUBLISHED)
def test_published_rows(drug: str, phenotypes: dict[str, str], advice: str, strength: str) -> None:
    row, relation = guidance(phenotypes)[drug]
    assert (row.advice, row.strength, relation) == (advice, strength, "not_tried")


def test_the_numbers_of_a_row() -> None:
    row, _ = guidance({"cyp2d6": "poor"})["paroxetine"]
    assert (row.start_percent_less, row.maintenance_percent_less, row.is_titration_slower) == ((50,), 50, True)
    row, _ = guidance({"cyp2d6": "poor"})["fluvoxamine"]
    assert row.start_percent_less == (25, 50)
    row, _ = guidance({"cyp2c19": "normal", "cyp2d6": "ultrarapid"})["amitriptyline"]
    assert (row.maintenance, row.level) == ("higher", "use")


@pytest.mark.parametrize("drug", sorted(DRUGS))
def test_pace_follows_the_phenotypes(drug: str) -> None:
    table = knowledge().pharmacogenetics[drug]
    slow, fast = {"poor", "intermediate"}, {"rapid", "ultrarapid"}
    for row in table.rows:
        for combination in row.when:
            kinds = set(combination.values())
            assert (row.pace == "slower") == (bool(kinds & slow) and not kinds & fast)
            assert (row.pace == "faster") == (bool(kinds & fast) and not kinds & slow)


@pytest.mark.parametrize("drug", sorted(DRUGS))
def test_no_result_at_all_is_silent(drug: str) -> None:
    table = knowledge().pharmacogenetics[drug]
    assert all(set(c.values()) != {NO_RESULT} for row in table.rows for c in row.when)
    assert drug not in guidance({})


def test_two_phenotypes_that_contradict_are_none() -> None:
    both = {"cyp2c19_poor_metaboliser": "yes", "cyp2c19_normal_metaboliser": "yes"}
    given = tables([both]) | {"trial": Trial.empty()}
    assert pharmacogenetics(given, knowledge())["gene_guidance"].is_empty()


def test_every_combination_is_found_as_it_stands() -> None:
    """Each combination of the files leads back to its own row."""
    for drug, table in knowledge().pharmacogenetics.items():
        for row in table.rows:
            for combination in row.when:
                known = {e: p for e, p in combination.items() if p != NO_RESULT}
                assert guidance(known)[drug][0] == row


def test_a_combination_without_a_row_says_nothing() -> None:
    for drug, table in knowledge().pharmacogenetics.items():
        names = [[*(p.id for p in knowledge().enzymes[e].phenotypes), NO_RESULT] for e in table.enzymes]
        listed = [combination for row in table.rows for combination in row.when]
        for values in product(*names):
            combination = dict(zip(table.enzymes, values, strict=True))
            if combination not in listed:
                assert drug not in guidance({e: p for e, p in combination.items() if p != NO_RESULT})


def test_relation_to_what_is_taken() -> None:
    rows = [
        {"trial_key": 0, "treatment_key": knowledge().treatment_key("nortriptyline"), "is_ongoing": True},
        {"trial_key": 1, "treatment_key": knowledge().treatment_key("paroxetine_cr"), "is_ongoing": False},
    ]
    common = {"person_key": 0, "start_date": DAY, "covered_days_low": 0, "is_dose_complete": True, "n_exposures": 1}
    found = guidance({"cyp2d6": "poor"}, Trial.of([row | common for row in rows]))
    assert found["nortriptyline"][1] == "current"
    assert found["paroxetine"][1] == "tried"  # a form counts as its ingredient
    assert found["vortioxetine"][1] == "not_tried"


def test_a_visit_gets_no_dose_and_a_clinician_the_inhibitor(tmp_path: Path) -> None:
    history = HISTORY | {"treatments": [*HISTORY["treatments"], {"treatment": "bupropion", "start": "2025-09-01"}]}
    path = write(tmp_path, history)
    clinician = " ".join(remit("assess", path).out.split())
    assert "nortriptyline (taken now; CYP2D6: poor metaboliser)" in clinician
    assert "a start 50 % below the usual one" in clinician
    assert "A strong CYP2D6 inhibitor is taken." in clinician
    visit = " ".join(remit("assess", path, "--mode", "visit").out.split())
    assert "Your body may break down nortriptyline slowly." in visit
    assert "Do not change a dose because of this page." in visit
    assert " % below" not in visit
    document = remit("assess", path, "--mode", "visit", "--format", "json").json
    rows = document["persons"][0]["pharmacogenetics"]
    assert {row["treatment"]: row["relation"] for row in rows}["nortriptyline"] == "current"
    assert all("%" not in row["text"] for row in rows)
