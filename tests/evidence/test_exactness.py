"""An interval beside every number of the catalogue, or the word that its source gives none; plain words too."""

from __future__ import annotations

import re

import pytest

from remit.evidence import evidence_base
from remit.knowledge import load_knowledge
from remit.knowledge.catalogue import Arm, PlainPoint, PlainShare
from remit.knowledge.text import load_text
from remit.render.exactness import exact, said_of_arm
from remit.render.phrases import Phrases
from remit.render.pooled import Found

CATALOGUE = load_knowledge().catalogue
ENTRIES = sorted(CATALOGUE)
PHRASES = Phrases(load_text(), "visit")

# Catalogue entry, study there, position of the arm; study and arm of the evidence base, outcome.
SAME = [
    ("aripiprazole_aug", "VAST-D 2017", 0, "VAST-D", "Aripiprazole aug", "remission"),
    ("aripiprazole_aug", "VAST-D 2017", 1, "VAST-D", "Switch to bupropion", "remission"),
    ("aripiprazole_aug", "OPTIMUM 2023 (>=60)", 1, "OPTIMUM-1", "Bupropion aug", "remission"),
    ("ect", "ELEKT-D", 0, "ELEKT-D", "ECT", "response"),
    ("ect", "ELEKT-D", 1, "ELEKT-D", "KET IV x6", "response"),
    ("ect", "PRIDE phase 1 (age >=60)", 0, "PRIDE-1", "RUL-UB ECT + venlafaxine", "remission"),
    ("mebufotenin_gh001", "GH001-TRD-201 (JAMA Psychiatry 2026)", 0, "GH001-2b", "GH001 IDR", "remission"),
    ("rtms_standard", "Dalhuisen 2024", 0, "Dalhuisen2024", "rTMS+psychotherapy", "response"),
    ("rtms_standard", "Dalhuisen 2024", 1, "Dalhuisen2024", "AD switch+psychotherapy", "remission"),
    ("t3_aug", "STAR*D level 3", 0, "STARD-L3-aug", "T3", "remission"),
]


@pytest.mark.parametrize("case", SAME, ids=[f"{c[0]}-{c[3]}-{c[2]}" for c in SAME])
def test_people_of_an_arm_are_those_of_the_evidence_base(case: tuple[str, str, int, str, str, str]) -> None:
    option, study, at, base_study, arm, outcome = case
    found = next(o for o in CATALOGUE[option].outcomes if o.study == study).arms[at]
    rows = evidence_base().rows.to_dicts()
    row = next(
        r for r in rows if r["study"] == base_study and arm in r["arm"] and r["outcome"] == outcome and r["verified"]
    )
    assert found.n == row["n"]
    assert getattr(found, f"{outcome}_percent") == pytest.approx(100 * row["events"] / row["n"], abs=0.51)


@pytest.mark.parametrize("option", ENTRIES)
def test_every_percentage_comes_from_whole_people(option: str) -> None:
    """A number of people that does not fit its percentage is a wrong number of people."""
    for outcome in CATALOGUE[option].outcomes:
        for arm in outcome.arms:
            for percent in (arm.response_percent, arm.remission_percent):
                if percent is None or arm.n is None:
                    continue
                slack = 0.5 if percent == int(percent) else 0.05
                nearest = round(percent * arm.n / 100)
                assert abs(100 * nearest / arm.n - percent) <= slack + 0.01, (outcome.study, arm.name)


@pytest.mark.parametrize("option", ENTRIES)
def test_every_share_in_plain_words_is_told_with_its_exactness(option: str) -> None:
    plain = CATALOGUE[option].plain
    for point in (plain.what, plain.happens, *plain.benefits, *plain.harms, plain.uncertain):
        shares = re.findall(r"(\d+)(?:, (\d+))?(?: (?:and|to) (\d+))? (?:in|of) 100\b", point.text)
        told = {int(number) for found in shares for number in found if number}
        assert told == {int(share.of_100) for share in point.numbers}, point.text
        said, known = exact(point, PHRASES), [share for share in point.numbers if share.n]
        assert len(re.findall(r"\(\d+ to \d+\)", said)) == len(known), "one range for each number that has one"
        assert ("how exact" in said) == bool(told and not known)


def test_words_by_hand() -> None:
    """R 4.2: prop.test(0.29 * 505, 505, correct = FALSE) gives 0.2521 to 0.3311."""
    point = PlainPoint(
        text="Of 29 people, 3 and 29 in 100 were well.",
        numbers=(PlainShare(of_100=3), PlainShare(of_100=29, n=505)),
        sources=("x",),
        verified="yes",
    )
    assert exact(point, PHRASES) == "Of 29 people, 3 and 29 (25 to 33) in 100 were well."
    unknown = PlainPoint(text="3 in 100", numbers=(PlainShare(of_100=3),), sources=("x",), verified="yes")
    assert "did not say how exact" in exact(unknown, PHRASES)
    bare, told = Arm(name="a", response_percent=40), Arm(name="a", remission_percent=61.7, n=240)
    assert list(said_of_arm(bare, PHRASES)) == ["response 40 % (interval not given by the source)"]
    assert list(said_of_arm(told, PHRASES)) == [
        "remission 61.7 % (95 % interval 55.4 to 67.6, derived from 240 people)"
    ]


def test_no_finding_in_plain_words_is_without_uncertainty() -> None:
    table = load_knowledge().pooled
    words = Found(table, PHRASES)
    for effect in table.effects:
        told = words.plain(effect)
        assert "How sure we are" in told
        assert told.count("between") == (2 if effect.share is not None else 0)
        assert f"{effect.n_people} people" in told
