"""Engine = oracle, on drawn persons and on every person on whom they once disagreed."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from generative.people import RandomChooser, draw_person
from generative.run import FOUND, disagreements, report
from generative.strategies import persons
from oracle.model import from_json, to_json

KEPT = sorted(FOUND.glob("*.json"))


def agree(batch):
    wrong = disagreements(batch)
    if wrong:
        pytest.fail(report(batch[min(wrong)]), pytrace=False)


@pytest.mark.parametrize("path", KEPT, ids=[p.stem for p in KEPT])
def test_a_disagreement_that_was_found_stays_settled(path):
    agree([from_json(json.loads(path.read_text(encoding="utf-8")))])


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(persons(), min_size=1, max_size=50))
def test_engine_and_oracle_agree_on_persons_that_hypothesis_draws(batch):
    agree(batch)


@pytest.mark.parametrize("seed", range(2))
def test_engine_and_oracle_agree_on_persons_of_a_seeded_generator(seed):
    chooser = RandomChooser(Random(seed))
    agree([draw_person(chooser) for _ in range(1000)])


def test_a_person_survives_being_written_and_read():
    chooser = RandomChooser(Random(7))
    for _ in range(200):
        person = draw_person(chooser)
        assert from_json(json.loads(json.dumps(to_json(person)))) == person
