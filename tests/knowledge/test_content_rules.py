"""Adequacy rules: doses, weeks and outcome, typed here from the published tables; and what a mark may claim."""

from __future__ import annotations

from functools import cache

import pytest

from remit.knowledge.library import Library
from remit.knowledge.load import package_dir, read_library

HERE = package_dir()


@cache
def library() -> Library:
    return read_library([HERE])


@pytest.mark.parametrize(
    ("rule", "drug", "mg"),
    [
        ("remit_default", "venlafaxine", 150),
        ("remit_default", "mirtazapine", 15),
        ("remit_default", "sertraline", 50),
        ("remit_default", "bupropion", 300),
        ("remit_default", "trazodone", 300),
        ("remit_default", "vilazodone", 40),
        ("remit_default", "tianeptine", 37.5),
        ("remit_default", "nortriptyline", 75),
        ("remit_default", "tranylcypromine", 30),
        ("remit_default", "selegiline_transdermal", 6),
        ("remit_default", "paroxetine_cr", 25),
        ("remit_default", "lofepramine", 140),
        ("remit_default", "gepirone", 36.3),
        ("remit_default", "dextromethorphan_bupropion", 90),
        ("atrq_comp006", "reboxetine", 4),
        ("atrq_comp006", "protriptyline", 30),
        ("atrq_comp006", "quetiapine", 150),
        ("uptodate_usual", "venlafaxine", 75),
        ("uptodate_usual", "trazodone", 200),
        ("uptodate_usual", "vortioxetine", 20),
        ("mcmaster_usual", "milnacipran", 50),
        ("bschor_adli_2008", "nortriptyline", 150),
        ("bschor_adli_2008", "tranylcypromine", 10),
        ("scottish_guide_2024", "escitalopram", 10),
        ("bnf_floor", "amitriptyline", 10),
        ("bnf_floor", "sertraline", 25),
        ("maudsley_mpg", "mirtazapine", 30),
        ("maudsley_mpg", "reboxetine", 8),
        ("canmat", "fluvoxamine", 100),
        ("canmat", "quetiapine", 150),
        ("athf_classic", "venlafaxine", 225),
        ("athf_classic", "nortriptyline", 76),
        ("us_label", "duloxetine", 40),
    ],
)
def test_minimum_doses(rule: str, drug: str, mg: float) -> None:
    assert library().rules[rule].doses[drug].mg == mg


def test_how_well_the_tables_were_checked() -> None:
    rules = library().rules
    seen = ("atrq_comp006", "uptodate_usual", "mcmaster_usual", "bschor_adli_2008", "scottish_guide_2024", "bnf_floor")
    for rule in seen:
        assert {dose.verified for dose in rules[rule].doses.values()} == {"yes"}
    for rule in ("maudsley_mpg", "canmat", "athf_classic", "us_label"):
        assert {dose.verified for dose in rules[rule].doses.values()} == {"no"}
    assert {dose.verified for dose in rules["remit_default"].doses.values()} == {"derived"}


def test_session_drugs_have_no_minimum_daily_dose() -> None:
    for rule in library().rules.values():
        assert not {"esketamine", "ketamine", "brexanolone"} & set(rule.doses)


@pytest.mark.parametrize(
    ("rule", "weeks", "below", "at_most", "doses_of"),
    [
        ("remit_default", 6, 50, None, None),
        ("atrq_comp006", 6, 50, None, None),
        ("athf_classic", 4, 50, None, None),
        ("bnf_floor", 6, 50, None, None),
        ("remit_4w_below_25", 4, 25, None, "remit_default"),
        ("remit_4w_below_50", 4, 50, None, "remit_default"),
        ("remit_6w_at_most_25", 6, None, 25, "atrq_comp006"),
        ("remit_4w", 4, 50, None, "remit_default"),
    ],
)
def test_weeks_and_outcome(
    rule: str, weeks: float, below: float | None, at_most: float | None, doses_of: str | None
) -> None:
    found = library().rules[rule]
    assert found.min_weeks.value == weeks
    assert (found.nonresponse.below_percent, found.nonresponse.at_most_percent) == (below, at_most)
    assert found.doses_of == doses_of
    assert found.adherence_at_least.value == 0.8
    assert found.adherence_at_least.verified == "no"


def test_optimised_levels_and_ect_sessions() -> None:
    rules = library().rules
    for rule in ("remit_default", "atrq_comp006"):
        ratio, weeks = rules[rule].dose_optimised_ratio, rules[rule].duration_optimised_weeks
        assert ratio is not None and weeks is not None
        assert (ratio.value, ratio.verified, weeks.value, weeks.verified) == (1.5, "derived", 12, "derived")
        assert rules[rule].sessions["ect"].sessions == 7
        assert rules[rule].sessions["ect"].verified == "no"


def test_what_stands_on_memory_alone_never_says_yes() -> None:
    def walk(model: object) -> None:
        sources, verified = getattr(model, "sources", None), getattr(model, "verified", None)
        if sources == ("kn",):
            assert verified == "no", model
        for name in getattr(type(model), "model_fields", {}):
            value = getattr(model, name)
            for part in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
                walk(part)

    known = library()
    for section in ("classes", "treatments", "rules", "instruments", "observables", "conditions", "crisis_lines"):
        for entry in getattr(known, section).values():
            walk(entry)


def test_version() -> None:
    assert (HERE / "VERSION").read_text(encoding="utf-8") == "2026.11.3\n"
