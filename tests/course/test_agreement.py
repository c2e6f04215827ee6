"""Engine and oracle on people drawn around every threshold, and what must hold whatever the record."""

from __future__ import annotations

import random

import polars as pl
import pytest

from course.build import events_of, followed, knowledge, one, records
from oracle.course import Event, OneTrial, Person, course_of
from remit.pipeline import follow

TREATMENTS = ("sertraline", "lithium", "ect", "esketamine", "rtms", "vns", "warfarin", "venlafaxine", "aripiprazole")
STEPS = (1, 3, 4, 5, 6, 7, 13, 14, 15, 16, 20, 21, 22, 28, 29, 35, 55, 56, 57, 70, 71, 98, 99, 120)
INDEX = 700


def values(draw: random.Random, measure: str) -> list[float]:
    """Scores at and beside the thresholds of an instrument, and multiples of a baseline."""
    own, change = knowledge().course.measures[measure], knowledge().instruments[measure].change
    cuts = [
        n.value
        for n in (own.baseline_at_least, own.relapse_at_least, own.remission_at_most, change.remission_at_most)
        if n
    ]
    near = [c + d for c in cuts for d in (-1.0, 0.0, 1.0)]
    return [*near, 20.0, 10.0, 15.0, 16.0, 25.0, float(draw.randint(0, 27))]


def person(seed: int) -> Person:
    draw = random.Random(seed)
    measures = draw.sample(sorted(knowledge().course.measures), draw.choice((1, 1, 1, 2, 3)))
    scores = []
    for measure in measures:
        when, choices = draw.randint(0, 40), values(draw, measure)
        calm = draw.random() < 0.3  # long quiet stretches, where remission and recovery live
        value = draw.choice(choices)
        while when <= INDEX + 40 and len(scores) < 40:
            if not calm or draw.random() < 0.15:
                value = draw.choice(choices)
            scores.append((measure, when, value, draw.random() < 0.04))
            if draw.random() < 0.04:
                scores.append((measure, when, draw.choice((value, value + 1)), False))
            when += draw.choice(STEPS)
    draw.shuffle(scores)
    trials: list[OneTrial] = []
    names = draw.sample(TREATMENTS, draw.randint(0, 3))
    for name in names:
        start = draw.choice([d + draw.choice((-1, 0, 1, 14, 15)) for _, d, _, _ in scores[:3]] or [0])
        length = draw.choice((13, 14, 27, 28, 29, 41, 42, 43, 62, 63, 84, 120, 300, 2000))
        start = min(max(start, 0), INDEX - 1)
        trials.append(one(name, None if draw.random() < 0.08 else start, start + length))
    settings = {}
    if draw.random() < 0.3:
        for measure, when, *_ in scores:
            settings[measure, when] = draw.choice(("a", "a", "b", None)), draw.choice(("paper", "paper", "video", None))
    return Person(scores, trials, INDEX, settings)


def exclusive_end(trial: OneTrial) -> OneTrial:
    """A trial that runs past the index date ends with it, as in table `trial`."""
    return OneTrial(trial.name, trial.start, min(trial.end, INDEX), trial.roles_and_class)


@pytest.mark.parametrize("block", range(8))
def test_engine_agrees_with_the_oracle(block: int) -> None:
    people = [person(block * 1000 + i) for i in range(150)]
    tables = follow(records(people), knowledge())
    for key, who in enumerate(people):
        seen = Person(who.scores, [exclusive_end(t) for t in who.trials], who.index, who.settings)
        assert events_of(tables, key) == course_of(seen, knowledge()), (block, key)


def test_drawn_people_reach_every_kind_of_event() -> None:
    kinds = {(e.kind, e.certainty, e.reason) for seed in range(1200) for e in course_of(person(seed), knowledge())}
    wanted = {(k, c, "") for k in ("response", "partial_response", "remission", "relapse", "recurrence", "worsening",
              "reliable_improvement", "reliable_worsening") for c in ("provisional", "confirmed")}  # fmt: skip
    wanted |= {(k, "confirmed", "") for k in ("sustained_remission", "recovery")}
    wanted |= {(k, "", "") for k in ("early_improvement", "no_early_improvement", "decision_point", "plateau")}
    wanted |= {
        ("unknown", "", r)
        for r in (
            "no_baseline",
            "changed_instrument",
            "baseline_too_low",
            "no_score",
            "gap",
            "conflicting",
            "imputed",
            "start_unknown",
            "changed_rater",
            "changed_mode",
        )
    }
    assert wanted - kinds == set()


def test_a_later_score_changes_no_event_before_it() -> None:
    draw = random.Random(5)
    for seed in range(60):
        who = person(seed)
        if not who.scores:
            continue
        last = max(d for _, d, _, _ in who.scores if d <= INDEX)
        if last >= INDEX:
            continue
        new = (draw.choice(who.scores)[0], draw.randint(last + 1, INDEX), float(draw.randint(0, 27)), False)
        before = followed(who)
        after = followed(Person([*who.scores, new], who.trials, INDEX, who.settings))
        old = [e for e in events_of(before) if e.day < new[1]]
        kept = [e for e in events_of(after) if e.day < new[1]]
        assert old == kept, seed


def test_order_of_rows_is_nothing() -> None:
    draw = random.Random(6)
    for seed in range(40):
        who = person(seed)
        scores, trials = list(who.scores), list(who.trials)
        draw.shuffle(scores)
        draw.shuffle(trials)
        first, second = followed(who), followed(Person(scores, trials, INDEX, who.settings))
        assert events_of(first) == events_of(second)
        drop = ["trial_key"]
        assert first["due"].drop(drop).sort(pl.all()).equals(second["due"].drop(drop).sort(pl.all()))
        assert first["caseload_line"].equals(second["caseload_line"])


def test_instruments_never_mix() -> None:
    """What one scale gives hangs on no score of another, but for the note that the instrument changed."""
    for seed in range(60):
        who = person(seed)
        for measure in {m for m, *_ in who.scores}:
            alone = Person([s for s in who.scores if s[0] == measure], who.trials, INDEX, who.settings)
            plain = {"no_baseline", "changed_instrument", "start_unknown"}
            both = [e for e in events_of(followed(who)) if e.measure == measure and e.reason not in plain]
            own = [e for e in events_of(followed(alone)) if e.measure == measure and e.reason not in plain]
            assert both == own


def test_records_after_the_index_date_change_nothing() -> None:
    for seed in range(40):
        who = person(seed)
        past = Person([s for s in who.scores if s[1] <= INDEX], who.trials, INDEX, who.settings)
        assert events_of(followed(who)) == events_of(followed(past))


def test_a_cohort_of_one_is_the_cohort() -> None:
    people = [person(seed) for seed in range(50)]
    together = followed(*people)
    for key, who in enumerate(people):
        alone = followed(who)
        assert events_of(alone) == events_of(together, key)
        for name in ("due", "caseload_line"):
            drop = ["person_key", "trial_key"] if name == "due" else ["person_key"]
            own = together[name].filter(pl.col("person_key") == key).drop(drop)
            assert own.equals(alone[name].drop(drop)), (key, name)


def test_a_missing_week_is_no_improvement() -> None:
    """With the scores of a stretch taken away there is no better event than with them and everyone unwell."""
    unwell = [("phq9", d, 20.0, False) for d in range(0, 200, 7)]
    gone = [s for s in unwell if not 60 <= s[1] <= 150]
    better = {"early_improvement", "partial_response", "response", "remission", "sustained_remission", "recovery"}
    trial = [one("sertraline", 0, 2000)]
    assert not {e.kind for e in events_of(followed(Person(gone, trial, INDEX)))} & better
    lines = [followed(Person(s, trial, 199))["caseload_line"]["days_without_improvement"][0] for s in (unwell, gone)]
    assert lines == [199, 199]


def test_no_event_without_a_score() -> None:
    assert events_of(followed(Person([], [one("sertraline", 0, 300)], INDEX))) == []
    assert isinstance(events_of(followed(Person([("phq9", 3, 4.0, False)], [], INDEX)))[0], Event)
