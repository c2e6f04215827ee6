"""An unknown never narrows: to forget a dose, a date or an outcome may only widen what is possible."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from generative.load import knowledge
from oracle import Exposure, Person
from oracle.model import to_json
from properties.judged import JUDGES, people


def forgotten(person: Person) -> Iterator[tuple[str, Person]]:
    """The person with one fact less, in every way."""
    for i, e in enumerate(person.exposures):
        if e.start is not None and e.start >= person.index_date:
            continue  # it is not on record yet, or has no day yet
        for what, less in _less(e):
            yield f"{what} of exposure {i}", _with(person, i, less)
    if person.episode and person.episode.start:
        less_known = replace(person.episode, start=None, start_latest=None)
        yield "start of the episode", replace(person, episode=less_known)
    if person.episode:
        yield "the episode", replace(person, episode=None)
        yield "severity", replace(person, episode=replace(person.episode, severity=None))
        yield "psychosis", replace(person, episode=replace(person.episode, psychotic="unknown"))


def _less(e: Exposure) -> Iterator[tuple[str, Exposure]]:
    course = knowledge().treatments[knowledge().treatment_key(e.treatment)].given_as == "sessions"
    if e.dose is not None and not course:
        yield "dose", replace(e, dose=None)
    if e.outcome is not None or e.improvement is not None:
        yield "outcome", replace(e, outcome=None, improvement=None)
    if e.noted and e.sessions is not None:
        yield "sessions", replace(e, sessions=None)
    if e.noted and e.detail:
        yield "detail", replace(e, detail={})
    if e.noted and e.start:
        yield "start", replace(e, start=None, start_latest=None)
    if e.noted and e.end_kind != "unknown":
        yield "end", replace(e, end=None, end_earliest=None, end_kind="unknown")


def _with(person: Person, i: int, e: Exposure) -> Person:
    return replace(person, exposures=(*person.exposures[:i], e, *person.exposures[i + 1 :]))


def faults(before, after):
    for name, a in before.items():
        b = after[name]
        if {a.status, b.status} == {"met", "not_met"}:
            yield f"{name}: {a} became {b}: turned round"
        elif a.status != "not_applicable" and (b.low > a.low or b.high < a.high):
            yield f"{name}: {a} became {b}: narrower"


@pytest.mark.parametrize("judge", JUDGES)
def test_forgetting_one_fact_only_widens(judge):
    rng = Random(1)
    persons = [p for p in people(1, 500) if not (p.episode and p.episode.start == p.index_date)]
    pairs = []
    for person in persons:
        options = list(forgotten(person))
        for what, less in rng.sample(options, min(3, len(options))):
            pairs.append((person, what, less))
    before = JUDGES[judge]([p for p, _, _ in pairs])
    after = JUDGES[judge]([less for _, _, less in pairs])
    wrong = [
        (sum(map(len, (p.exposures, p.scores, p.conditions))), fault, what, p)
        for (p, what, _), a, b in zip(pairs, before, after, strict=True)
        for fault in faults(a, b)
    ]
    if wrong:
        _, fault, what, person = min(wrong, key=lambda w: w[0])
        pytest.fail(f"{len(wrong)} of {len(pairs)}: forgetting {what}: {fault}\n{json.dumps(to_json(person))}", False)
