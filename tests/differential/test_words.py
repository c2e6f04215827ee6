"""Every plain sentence reads at grade 8 or below and says nothing that may not be said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from differential.people import knowledge
from remit.knowledge.differential import Check
from surfaces.test_words import BANNED, grade

GRADE = 8.0
DOSE = re.compile(r"\d+(\.\d+)?\s*(mg|mcg|g|ml|tablets?)\b")
VERDICTS = (
    r"\byou have (adhd|bipolar|ptsd|depression|a disorder)",
    r"\byou are (bipolar|autistic|psychotic)\b",
    r"\bstop taking\b",
)


def plain(check: Check) -> Iterator[str]:
    yield check.changes_plain
    yield from (clue.plain for clue in check.clues())
    yield from (tell.plain for tell in check.tells if tell.plain)


def asked(check: Check) -> list[str]:
    facts = [knowledge().facts[knowledge().fact_key(fact)] for fact in check.facts()]
    return [fact.ask for fact in facts if fact.ask]


OTHER_MEDICINES = frozenset(
    (
        "interferon", "levetiracetam", "tetrabenazine", "methyldopa", "reserpine", "montelukast", "varenicline",
        "efavirenz", "mefloquine", "flunarizine", "semaglutide", "prednisolone", "codeine", "rifampicin", "phenytoin",
        "abiraterone", "cinacalcet", "mirabegron", "fluconazole", "ticlopidine", "omeprazole", "esomeprazole",
        "voriconazole", "clopidogrel", "ibuprofen", "metformin", "amlodipine", "diltiazem", "verapamil", "amiodarone",
    )
)  # fmt: skip
"""Names of medicines are names: a person knows them from the box, or not at all."""


def without_names(text: str) -> str:
    names = {t.name.lower() for t in knowledge().treatments} | OTHER_MEDICINES
    return re.sub(r"[A-Za-z]+", lambda word: "it" if word[0].lower() in names else word[0], text)


@pytest.mark.parametrize("check", knowledge().checks, ids=lambda check: check.id)
def test_the_plain_words_of_a_check_read_at_grade_8(check: Check) -> None:
    assert grade(" ".join(plain(check))) <= GRADE
    assert grade(check.changes_plain) <= GRADE
    questions = asked(check)
    assert questions
    assert grade(without_names(" ".join(questions))) <= GRADE


@pytest.mark.parametrize("check", knowledge().checks, ids=lambda check: check.id)
def test_a_check_says_nothing_that_may_not_be_said(check: Check) -> None:
    prose = check.model_dump_json().lower()
    for words in (*BANNED, *VERDICTS):
        assert not re.search(words, prose), words
    for text in (*plain(check), check.plain_name, *asked(check)):
        assert not DOSE.search(text), text


def test_plain_words_of_enzymes() -> None:
    for enzyme in knowledge().enzymes.values():
        said = [enzyme.caution_plain, *(c.plain for c in enzyme.conversions)]
        assert grade(" ".join(said)) <= GRADE
        assert not any(DOSE.search(text) for text in said)
