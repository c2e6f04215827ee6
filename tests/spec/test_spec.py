"""Every specification holds; the page made of them is up to date (tests/docs)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from remit.knowledge import Knowledge, load_knowledge
from spec.parse import Spec, chapters, read_chapter, read_tables
from spec.run import INPUTS, OUTPUTS, outcome_of

SPECS = [spec for path in chapters() for spec in read_chapter(path)]


@cache
def knowledge() -> Knowledge:
    return load_knowledge(Path(__file__).parent / "site")


@pytest.mark.parametrize("spec", SPECS, ids=[f"{s.chapter}: {s.title}" for s in SPECS])
def test_spec(spec: Spec) -> None:
    for name, (expected, actual) in outcome_of(spec, knowledge()).items():
        assert actual == expected, name


def test_every_spec_puts_in_and_takes_out() -> None:
    for spec in SPECS:
        assert set(spec.tables) & set(INPUTS), spec.title
        assert set(spec.tables) & set(OUTPUTS), spec.title
        assert spec.sentence, spec.title


def test_titles_are_not_repeated() -> None:
    titles = [(s.chapter, s.title) for s in SPECS]
    assert len(titles) == len(set(titles))


def test_every_output_table_is_specified() -> None:
    assert {name for spec in SPECS for name in spec.tables if name in OUTPUTS} == set(OUTPUTS)


def test_a_row_with_a_wrong_number_of_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells, expected 2"):
        read_tables("trial | start | end\n      | 0\n")


def test_a_wrong_expectation_is_noticed() -> None:
    spec = next(s for s in SPECS if "trial" in s.tables)
    wrong = [{**row, "end": "999"} for row in spec.tables["trial"]]
    found = outcome_of(Spec(spec.chapter, spec.title, spec.sentence, spec.tables | {"trial": wrong}), knowledge())
    assert found["trial"][0] != found["trial"][1]
