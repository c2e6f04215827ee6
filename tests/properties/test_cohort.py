"""A cohort of one is the cohort; the order of rows is nothing; what happened later is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import polars as pl

from generative.load import knowledge
from generative.people import menu
from generative.records import to_records
from oracle import Condition, Exposure, Person, Score
from properties.judged import people
from properties.rows import assessed, by_person, judged, rows_of

DAY = timedelta(1)
OFFSETS = {
    "person_key": "person_key",
    "trial_key": "trial_key",
    "added_trial_key": "trial_key",
    "exposure_key": "exposure_key",
    "baseline_key": "measurement_key",
    "endpoint_key": "measurement_key",
}
WRITTEN = (
    *("trial", "trial_exposure", "trial_note", "trial_detail", "trial_overlap", "adequacy", "response"),
    *("verdict", "tally", "finding", "finding_trial", "missing"),
)


def of_one(tables, key):
    """The rows of one person from a cohort's tables, keys counted from the person's first."""
    owner = tables["trial"].filter(person_key=key)["trial_key"]
    first = {
        "person_key": key,
        "trial_key": owner.min(),
        "exposure_key": tables["exposure"].filter(person_key=key)["exposure_key"].min(),
        "measurement_key": tables["measurement"].filter(person_key=key)["measurement_key"].min(),
    }
    out = {}
    for name in WRITTEN:
        frame = tables[name]
        own = pl.col("person_key") == key if "person_key" in frame.columns else pl.col("trial_key").is_in(owner)
        shifts = [(pl.col(c) - (first[k] or 0)).alias(c) for c, k in OFFSETS.items() if c in frame.columns]
        out[name] = frame.filter(own).with_columns(shifts)
    return out


def test_a_person_alone_has_the_same_rows_as_among_others():
    persons = people(2, 80)
    together = assessed(persons)
    for key, person in enumerate(persons):
        alone = assessed([person])
        for name, frame in of_one(together, key).items():
            if name == "trial_note" and not any(e.noted for e in person.exposures):
                continue  # nothing more is known than dates and doses; such rows may be left out
            expected = frame.sort(frame.columns)
            found = alone[name].cast(frame.schema).select(frame.columns).sort(frame.columns)
            assert found.equals(expected), f"{name}: {found} is not {expected}"


def test_the_order_of_rows_changes_nothing():
    persons = people(3, 400)
    records = to_records(persons, knowledge())
    before = by_person(persons, judged(records), records)
    shuffled = {
        name: frame if name == "person" else frame.sample(fraction=1, shuffle=True, seed=5)
        for name, frame in records.items()
    }
    assert by_person(persons, judged(shuffled), shuffled) == before


def test_the_order_of_persons_changes_nothing():
    persons = people(4, 400)
    order = list(range(len(persons)))
    Random(6).shuffle(order)
    before = rows_of(persons)
    after = rows_of([persons[i] for i in order])
    assert after == [before[i] for i in order]


def later(person: Person, rng: Random) -> Person:
    """The person with records of after the index date."""
    index = person.index_date
    after = index + DAY
    treatments = sorted({e.treatment for e in person.exposures})
    exposures = tuple(
        Exposure(t, after, after + n * DAY, index + 50 * DAY, index + 60 * DAY, "ended", dose, outcome=word)
        for t, n, dose, word in (
            (rng.choice(treatments), 0, 400.0, "remission"),
            ("vilazodone", 3, 40.0, "none"),
            ("lithium", 0, None, None),
        )
    )
    taken = {(s.measure, s.day) for s in person.scores}
    scores = tuple(Score(scale, after, 1.0) for scale in menu().scales[:2] if (scale, after) not in taken)
    conditions = (Condition("bipolar", "active", after), Condition("organic_mood", "suspected", after))
    return replace(
        person,
        exposures=(*person.exposures, *exposures),
        scores=(*person.scores, *scores),
        conditions=(*person.conditions, *conditions),
    )


def test_records_of_after_the_index_date_change_nothing():
    rng = Random(7)
    persons = people(5, 400)
    assert rows_of([later(p, rng) for p in persons]) == rows_of(persons)


def test_an_end_of_after_the_index_date_is_ongoing():
    persons = people(6, 600)
    limit = [p.index_date + DAY for p in persons]

    def cut(person, last):
        return replace(
            person,
            exposures=tuple(
                replace(e, end=None, end_earliest=None, end_kind="ongoing")
                if e.noted and e.end_earliest and e.end_earliest > last
                else e
                for e in person.exposures
            ),
        )

    ongoing = [cut(p, last) for p, last in zip(persons, limit, strict=True)]
    assert sum(a != b for a, b in zip(persons, ongoing, strict=True)) > 50
    assert rows_of(ongoing) == rows_of(persons)
