"""More failures never lower a verdict; stricter rules never add a failed trial."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from generative.load import knowledge
from oracle import Exposure, Person
from oracle.model import to_json
from properties.judged import JUDGES, people
from properties.rows import assessed
from remit.knowledge import Knowledge

ORDER = ["not_met", "undetermined", "met"]
COUNTS = {d.id for d in knowledge().definitions if d.shape == "count"}
NEW = "desvenlafaxine"
"""An antidepressant that no drawn person has had."""


def before_and_after(person: Person) -> tuple[Person, Person] | None:
    """The person half a year later, without and with one more antidepressant that was tried well and did not help."""
    index = person.index_date
    own = [e for e in person.exposures if e.start is None or e.start <= index]
    if not person.episode or not person.episode.start or any(e.start is None for e in own):
        return None
    own = [replace(e, start_latest=min(e.start_latest, index)) if e.start_latest else e for e in own]
    base = replace(person, index_date=index + timedelta(200), exposures=tuple(own))
    start, end = index + timedelta(1), index + timedelta(190)
    dose = max(knowledge().doses_of(r)[NEW].mg for r in knowledge().rules if NEW in knowledge().doses_of(r))
    failed = Exposure(NEW, start, start, end, end, "ended", 2 * dose, outcome="none")
    return base, replace(base, exposures=(*own, failed))


@pytest.mark.parametrize("judge", JUDGES)
def test_one_more_failed_adequate_trial_never_lowers_a_verdict(judge):
    pairs = [pair for person in people(8, 800) if (pair := before_and_after(person))]
    assert len(pairs) > 250
    before = JUDGES[judge]([a for a, _ in pairs])
    after = JUDGES[judge]([b for _, b in pairs])
    raised = 0
    for (person, _), a, b in zip(pairs, before, after, strict=True):
        for name, verdict in a.items():
            if verdict.status == "not_applicable":
                continue
            place = f"{name}: {verdict} became {b[name]}\n{json.dumps(to_json(person))}"
            if name in COUNTS:  # a score or a stage is undetermined wherever its bounds differ
                assert ORDER.index(b[name].status) >= ORDER.index(verdict.status), place
            assert b[name].low >= verdict.low, place
            assert b[name].high >= verdict.high, place
            raised += b[name].low > verdict.low
    assert raised > 500


def stricter(what: str) -> Knowledge:
    """The knowledge with one kind of threshold raised in every adequacy rule."""
    k = knowledge()
    rules = {}
    for rule in k.rules:
        change = {}
        if what == "weeks":
            change["min_weeks"] = rule.min_weeks.model_copy(update={"value": rule.min_weeks.value + 1})
        elif what == "adherence":
            share = rule.adherence_at_least.model_copy(update={"value": rule.adherence_at_least.value + 0.05})
            change["adherence_at_least"] = share
        elif what == "doses":
            change["doses"] = {t: d.model_copy(update={"mg": d.mg * 1.3}) for t, d in rule.doses.items()}
        else:
            more = {t: s.model_copy(update={"sessions": s.sessions + 1}) for t, s in rule.sessions.items()}
            change["sessions"] = more
        rules[rule.id] = rule.model_copy(update=change)
    return Knowledge(k.library.model_copy(update={"rules": rules}), k.version, k.roots)


@pytest.mark.parametrize("what", ["weeks", "adherence", "doses", "sessions"])
def test_a_stricter_rule_never_adds_a_failed_trial(what):
    persons = people(9, 800)
    columns = ["trial_key", "rule_key", "failed_adequate", "failed_in_episode"]
    codes = pl.col("failed_adequate", "failed_in_episode").to_physical().cast(pl.Int8)
    lax = assessed(persons)["adequacy"].select(columns).with_columns(codes)
    strict = assessed(persons, stricter(what))["adequacy"].select(columns).with_columns(codes)
    both = lax.join(strict, on=["trial_key", "rule_key"], suffix="_strict", validate="1:1")
    assert both.height == lax.height
    for name in columns[2:]:
        assert both.filter(pl.col(f"{name}_strict") > pl.col(name)).height == 0
    assert both.filter(pl.col("failed_adequate_strict") < pl.col("failed_adequate")).height > 0
