"""What the knowledge files must hold: counts and single facts, typed here from the published sources."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from remit.knowledge.library import Library
from remit.knowledge.load import package_dir, read_library

HERE = package_dir()


@cache
def library() -> Library:
    return read_library([HERE])


def code_map(name: str) -> list[dict[str, str]]:
    with (HERE / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


# --- counts
def test_every_drug_of_the_inventory_has_a_file() -> None:
    assert (
        len(list((HERE / "drugs").glob("*.yaml"))) == 165 + 1 + 82
    )  # and paroxetine CR, and what is only taken beside


def test_how_much_there_is() -> None:
    known = library()
    assert len(known.rules) == 11 + 4
    assert len(known.instruments) == 48
    assert len(known.observables) == 47
    assert len(known.crisis_lines) == 15
    treatments = [t for t in known.treatments.values() if t.kind != "drug" and not _file("drugs", t.id).is_file()]
    assert len(treatments) == len(list((HERE / "treatments").glob("*.yaml"))) == 34


def _file(folder: str, stem: str) -> Path:
    return HERE / folder / f"{stem}.yaml"


@pytest.mark.parametrize(
    ("name", "rows"), [("procedures", 80), ("conditions", 207), ("observations", 115), ("rxnorm_products", 590)]
)
def test_code_maps_are_whole(name: str, rows: int) -> None:
    assert len(code_map(name)) == rows


@pytest.mark.parametrize(
    ("rule", "n"),
    [
        ("atrq_comp006", 42),
        ("uptodate_usual", 33),
        ("mcmaster_usual", 15),
        ("bschor_adli_2008", 17),
        ("scottish_guide_2024", 5),
        ("bnf_floor", 12),
        ("maudsley_mpg", 27),
        ("canmat", 26),
        ("athf_classic", 22),
        ("us_label", 6),
        ("remit_default", 48),
    ],
)
def test_dose_tables_are_whole(rule: str, n: int) -> None:
    assert len(library().rules[rule].doses) == n


# --- drugs
@pytest.mark.parametrize(
    ("drug", "klass", "rxnorm", "atc", "omop"),
    [
        ("sertraline", "ssri", "36437", "N06AB06", 739138),
        ("citalopram", "ssri", "2556", "N06AB04", 797617),
        ("escitalopram", "ssri", "321988", "N06AB10", 715939),
        ("fluoxetine", "ssri", "4493", "N06AB03", 755695),
        ("venlafaxine", "snri", "39786", "N06AX16", 743670),
        ("duloxetine", "snri", "72625", "N06AX21", 715259),
        ("bupropion", "ndri", "42347", "N06AX12", 750982),
        ("mirtazapine", "nassa", "15996", "N06AX11", 725131),
        ("vortioxetine", "sms", "1455099", "N06AX26", 44507700),
        ("vilazodone", "sms", "1086769", "N06AX24", 40234834),
        ("nortriptyline", "tca", "7531", "N06AA10", 721724),
        ("maprotiline", "tetracyclic", "6646", "N06AA21", 794147),
        ("phenelzine", "maoi", "8123", "N06AF03", 733896),
        ("moclobemide", "rima", "30121", "N06AG02", 19010652),
        ("esketamine", "nmda_antagonist", "2119365", "N06AX27", 1366610),
        ("ketamine", "nmda_antagonist", "6130", "N01AX03", 785649),
        ("quetiapine", "atypical_antipsychotic", "51272", "N05AH04", 766814),
        ("lithium", "mood_stabiliser", "42351", "N05AN01", 751246),
        ("liothyronine", "thyroid_hormone", "10814", "H03AA02", 1505346),
    ],
)
def test_identity(drug: str, klass: str, rxnorm: str, atc: str, omop: int) -> None:
    treatment = library().treatments[drug]
    assert treatment.klass == klass
    assert rxnorm in treatment.codes.rxnorm
    assert atc in treatment.codes.atc
    assert omop in treatment.codes.omop


def test_agomelatine_has_no_rxcui() -> None:
    codes = library().treatments["agomelatine"].codes
    assert codes.rxnorm == ()
    assert codes.omop == (36878783,)


@pytest.mark.parametrize(
    ("drug", "role"),
    [
        ("sertraline", "antidepressant"),
        ("tianeptine", "antidepressant"),
        ("opipramol", "antidepressant"),
        ("dextromethorphan_bupropion", "antidepressant"),
        ("esketamine", "rapid_acting"),
        ("ketamine", "rapid_acting"),
        ("zuranolone", "rapid_acting"),
        ("quetiapine", "augmentation"),
        ("olanzapine", "augmentation"),
        ("lamotrigine", "augmentation"),
        ("hypericum_perforatum", "herbal"),
        ("psilocybin", "investigational"),
        ("minocycline", "investigational"),
        ("selegiline_oral", "other"),
        ("valproate", "other"),
        ("ect", "neuromodulation"),
        ("cbt", "psychotherapy"),
    ],
)
def test_role(drug: str, role: str) -> None:
    assert library().treatments[drug].role == role


def test_groups_that_staging_counts_by() -> None:
    known = library()
    group = {t: known.classes[known.treatments[t].klass].group for t in known.treatments}
    assert [group[t] for t in ("amitriptyline", "amineptine", "mianserin", "maprotiline")] == ["tca"] * 4
    assert [group[t] for t in ("phenelzine", "isocarboxazid", "selegiline_transdermal")] == ["maoi"] * 3
    assert group["moclobemide"] == group["mirtazapine"] == "other_antidepressant"
    assert group["selegiline_oral"] not in ("maoi", "other_antidepressant")


def test_how_it_is_given() -> None:
    given = {t.id: t.given_as for t in library().treatments.values()}
    assert [given[t] for t in ("esketamine", "ketamine", "ect", "rtms", "saint", "cbt")] == ["sessions"] * 6
    assert given["zuranolone"] == "course"
    assert given["sertraline"] == "daily"


def test_a_form_counts_for_its_ingredient_and_combinations_for_their_parts() -> None:
    known = library().treatments
    assert known["paroxetine_cr"].ingredient == "paroxetine"
    assert known["paroxetine_cr"].names.brands["us"] == ("Paxil CR",)
    assert known["dextromethorphan_bupropion"].components == ("dextromethorphan", "bupropion")
    assert known["escitalopram"].ingredient is None


@pytest.mark.parametrize(
    ("name", "treatment"),
    [
        ("Zoloft", "sertraline"),
        ("Lustral", "sertraline"),
        ("Efexor XL", "venlafaxine"),
        ("Brintellix", "vortioxetine"),
        ("Trintellix", "vortioxetine"),
        ("Spravato", "esketamine"),
        ("Auvelity", "dextromethorphan_bupropion"),
        ("Symbyax", "olanzapine_fluoxetine"),
        ("dothiepin", "dosulepin"),
        ("amfebutamone", "bupropion"),
        ("St John's wort", "hypericum_perforatum"),
        ("shock therapy", "ect"),
        ("TMS", "rtms"),
        ("magnetic stimulation", "rtms"),
        ("talk therapy", "psychotherapy"),
        ("VNS", "vns"),
    ],
)
def test_everyday_names(name: str, treatment: str) -> None:
    assert names_of_treatments()[fold(name)] == {treatment}


@cache
def names_of_treatments() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for treatment in library().treatments.values():
        brands = [brand for region in treatment.names.brands.values() for brand in region]
        for name in (treatment.id, treatment.name, *treatment.names.synonyms, *brands):
            found[fold(name)].add(treatment.id)
    return dict(found)


def test_no_name_means_two_treatments() -> None:
    assert {name: ids for name, ids in names_of_treatments().items() if len(ids) > 1} == {}


def test_no_name_means_two_conditions_or_two_measures() -> None:
    known = library()
    conditions = [(c.id, (c.id, c.name, *c.names)) for c in known.conditions.values()]
    instruments = [(i.id, (i.id, i.name, *i.names)) for i in known.instruments.values()]
    observables = [(o.id, (o.id, o.name, *o.names)) for o in known.observables.values()]
    for entries in (conditions, [*instruments, *observables]):
        found: dict[str, set[str]] = defaultdict(set)
        for item_id, names in entries:
            for name in names:
                found[fold(name)].add(item_id)
        assert {name: ids for name, ids in found.items() if len(ids) > 1} == {}


def test_only_known_codes_stand_for_two_treatments() -> None:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for treatment in library().treatments.values():
        for system in ("rxnorm", "atc", "omop", "bnf"):
            for code in getattr(treatment.codes, system):
                found[system, str(code)].add(treatment.id)
    shared = {key: ids for key, ids in found.items() if len(ids) > 1}
    selegiline = {"selegiline_oral", "selegiline_transdermal"}  # one ingredient; the product tells them apart
    assert shared == {
        ("rxnorm", "9639"): selegiline,
        ("omop", "766209"): selegiline,
        ("atc", "N04BD01"): selegiline,
        ("atc", "N06CA01"): {"amitriptyline_perphenazine", "amitriptyline_chlordiazepoxide"},
    }


@pytest.mark.parametrize(
    ("drug", "mg"),
    [("sertraline", 5 * 200), ("mirtazapine", 5 * 45), ("clomipramine", 5 * 250), ("esketamine", 5 * 84)],
)
def test_plausible_dose_is_five_times_the_maximum(drug: str, mg: float) -> None:
    number = library().treatments[drug].plausible_daily_mg
    assert number is not None
    assert number.value == mg


def test_no_plausible_dose_where_the_unit_is_not_mg() -> None:
    for drug in ("liothyronine", "ketamine", "brexanolone", "dextromethorphan_bupropion", "olanzapine_fluoxetine"):
        assert library().treatments[drug].plausible_daily_mg is None


def test_plausible_dose_lets_every_adequate_dose_and_every_labelled_dose_pass() -> None:
    known = library()
    for rule in known.rules.values():
        for drug, dose in rule.doses.items():
            limit = known.treatments[drug].plausible_daily_mg
            assert limit is None or dose.mg < limit.value
    antipsychotic_use = {
        "amisulpride": 1200,
        "sulpiride": 2400,
        "flupentixol": 18,
        "quetiapine": 800,
        "risperidone": 16,
    }
    for drug, mg in antipsychotic_use.items():
        limit = known.treatments[drug].plausible_daily_mg
        assert limit is not None
        assert limit.value > mg


@pytest.mark.parametrize(
    ("drug", "region", "use", "status", "year"),
    [
        ("sertraline", "us", "mdd", "approved", 1991),
        ("vortioxetine", "eu", "mdd", "authorised", 2013),
        ("fluvoxamine", "us", "mdd", "not approved", None),
        ("esketamine", "us", "trd", "approved", 2019),
        ("esketamine", "us", "trd", "approved", 2025),
        ("esketamine", "eu", "trd", "authorised", 2019),
        ("olanzapine_fluoxetine", "us", "trd", "approved", 2009),
        ("brexpiprazole", "us", "mdd_adjunct", "approved", 2015),
        ("lumateperone", "us", "mdd_adjunct", "approved", 2025),
        ("vns", "us", "trd", "approved", 2005),
    ],
)
def test_approvals(drug: str, region: str, use: str, status: str, year: int | None) -> None:
    found = {(a.region, a.use, a.status, a.year) for a in library().treatments[drug].approvals}
    assert (region, use, status, year) in found
