"""An MAO inhibitor and what must not meet it: every pair of the knowledge, now and in the weeks after, both ways.

The lists of medicines are written out here by hand. One run holds all persons of a test.
"""

from __future__ import annotations

from datetime import date

import pytest

from options.people import records
from options.plain import Course, Person
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import assess

INDEX = date(2026, 11, 1).toordinal()
IRREVERSIBLE = ("phenelzine", "tranylcypromine", "isocarboxazid", "selegiline_transdermal", "iproniazid", "nialamide")
SELECTIVE_B = ("selegiline_oral", "rasagiline", "safinamide")
REVERSIBLE = ("moclobemide", "toloxatone", "pirlindole")
BY_THE_WAY = ("linezolid", "methylthioninium_chloride", "procarbazine")
INHIBITORS = IRREVERSIBLE + SELECTIVE_B + REVERSIBLE + BY_THE_WAY
SSRI = ("citalopram", "escitalopram", "fluvoxamine", "paroxetine", "paroxetine_cr", "sertraline")
LONG = ("fluoxetine", "olanzapine_fluoxetine")
SNRI = ("venlafaxine", "desvenlafaxine", "duloxetine", "milnacipran", "levomilnacipran")
TCA = ("amitriptyline", "clomipramine", "desipramine", "doxepin", "imipramine", "lofepramine", "nortriptyline")
OTHER_UPTAKE = ("vortioxetine", "vilazodone", "bupropion", "reboxetine", "trazodone", "nefazodone")
OTHER = ("mirtazapine", "agomelatine", "mianserin", "dextromethorphan_bupropion", "hypericum_perforatum", "tryptophan")
FORBIDDEN = (
    "methylphenidate", "dexamfetamine", "atomoxetine", "sumatriptan", "rizatriptan", "buspirone", "carbamazepine",
    "oxcarbazepine", "pethidine", "tramadol", "methadone", "fentanyl", "dextromethorphan",
    "levodopa", "tapentadol", "pseudoephedrine", "phenylephrine",
)  # fmt: skip
ANTIDEPRESSANTS = SSRI + LONG + SNRI + TCA + OTHER_UPTAKE + OTHER
OPTIONS = ("switch_antidepressant", "tca", "olanzapine_fluoxetine", "mirtazapine_combo", "auvelity", "bupropion_combo")
"""What would add an antidepressant."""

OPEN = {"discuss", "discuss_with_caution", "tried"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def on(*medicines: str, days_ago: int | None = None, is_complete: bool = True) -> Person:
    """Someone who takes these medicines, or took them last so many days ago."""
    start = INDEX - 400
    person = Person(INDEX, date(1980, 5, 2), "female", None, "US")
    person.clues = {"medicine_list_complete": "yes" if is_complete else "unknown"}
    end = None if days_ago is None else (INDEX - days_ago + 1,) * 2
    person.courses = [Course(m, (start, start), end, days_ago is None) for m in medicines]
    return person


def statuses(people: list[Person], knowledge: Knowledge) -> list[dict[str, str]]:
    ids = [entry.id for entry in knowledge.options]
    found: list[dict[str, str]] = [{} for _ in people]
    for row in assess(records(people, knowledge), knowledge)["option"].iter_rows(named=True):
        found[row["person_key"]][ids[row["option_key"]]] = row["status"]
    return found


def test_an_antidepressant_that_is_taken_closes_the_inhibitors(knowledge: Knowledge) -> None:
    medicines = ANTIDEPRESSANTS + FORBIDDEN
    found = statuses([on(m) for m in medicines], knowledge)
    assert [m for m, status in zip(medicines, found, strict=True) if status["maoi"] != "not_now"] == []


def test_every_inhibitor_that_is_taken_closes_the_antidepressants(knowledge: Knowledge) -> None:
    found = statuses([on(m) for m in INHIBITORS], knowledge)
    named = zip(INHIBITORS, found, strict=True)
    assert [(m, o) for m, status in named for o in (*OPTIONS, "maoi") if status[o] != "not_now"] == []


def test_no_pair_that_is_taken_leaves_anything_open(knowledge: Knowledge) -> None:
    """SSRI, SNRI or tricyclic with any inhibitor: settle this first, whatever the option."""
    pairs = [(a, m) for a in SSRI + LONG + SNRI + TCA for m in INHIBITORS]
    found = statuses([on(*pair) for pair in pairs], knowledge)
    assert [(pair, o) for pair, st in zip(pairs, found, strict=True) for o, s in st.items() if s in OPEN] == []


@pytest.mark.parametrize("is_complete", [True, False])
def test_the_two_are_never_open_side_by_side(knowledge: Knowledge, is_complete: bool) -> None:
    """Whichever of the two is taken: the other is not to discuss beside it."""
    taken = [on(m, is_complete=is_complete) for m in INHIBITORS + ANTIDEPRESSANTS]
    for status in statuses(taken, knowledge)[: len(INHIBITORS)]:
        assert not {status[o] for o in OPTIONS} & OPEN
    for status in statuses(taken, knowledge)[len(INHIBITORS) :]:
        assert status["maoi"] not in OPEN


def waits() -> list[tuple[str, str, int]]:
    """Medicine, option, days that must pass."""
    after = [(m, o, 14) for m in IRREVERSIBLE + SELECTIVE_B for o in (*OPTIONS, "maoi")]
    before = [(m, "maoi", 14) for m in SSRI + SNRI + TCA + OTHER_UPTAKE + OTHER] + [(m, "maoi", 35) for m in LONG]
    return after + before


@pytest.mark.parametrize("is_complete", [True, False])
def test_washouts_both_ways(knowledge: Knowledge, is_complete: bool) -> None:
    """Closed to the last day of the wait; and a list that may have gaps proves no wait to be over."""
    cases = [(m, o, days, ago) for m, o, days in waits() for ago in (1, days - 1, days)]
    people = [on(m, days_ago=ago, is_complete=is_complete) for m, _, _, ago in cases]
    tables = assess(records(people, knowledge), knowledge)
    ids = [entry.id for entry in knowledge.options]
    bears: dict[tuple[int, str], set[str]] = {}
    for row in tables["option_reason"].iter_rows(named=True):
        if row["kind"] == "rule" and knowledge.eligibility[row["reason"]].wait:
            bears.setdefault((row["person_key"], ids[row["option_key"]]), set()).add(row["bears"])
    status = {(r["person_key"], ids[r["option_key"]]): r["status"] for r in tables["option"].iter_rows(named=True)}
    for i, (medicine, option, days, ago) in enumerate(cases):
        told = (medicine, option, ago)
        if ago < days:
            assert "yes" in bears[i, option] and status[i, option] == "not_now", told
        elif is_complete:
            assert bears[i, option] == {"no"}, told
        else:
            assert "yes" not in bears[i, option] and "unknown" in bears[i, option], told
            assert status[i, option] != "discuss", told


def test_three_weeks_after_fluoxetine(knowledge: Knowledge) -> None:
    found = statuses([on("fluoxetine", days_ago=days) for days in (21, 34, 35)], knowledge)
    assert [status["maoi"] for status in found[:2]] == ["not_now", "not_now"]
    assert found[2]["maoi"] in ("discuss_with_caution", "discuss")  # the diet is not known to be possible
