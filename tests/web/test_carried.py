"""After any edit every page is as an app makes it that never saw the record before: nothing carried over is stale."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import pytest

from remit.flow.carried import Carried, Last
from remit.knowledge import Knowledge
from remit.knowledge.text import load_text
from remit.render.charts.trajectory import Trajectory
from remit.render.course.gather import gather_course
from remit.render.phrases import Phrases
from remit.surfaces.web.record import Record, index_date, read_history
from remit.surfaces.web.workbench import MODES, Assessment, Workbench
from web.visitor import TODAY, Visitor

Json = dict[str, Any]

BASE: Json = {
    "person": {"id": "Sam", "birth_date": "1960-01-01", "country": "GB"},
    "episode": {"start": "2023-02-01", "severity": "severe"},
    "treatments": [
        {"treatment": "Zoloft", "start": "2023-03-01", "end": "2023-08-30", "daily_dose_mg": 100, "outcome": "none"},
        {"treatment": "Effexor", "start": "2024-01", "end": "2024-09", "daily_dose_mg": 150, "outcome": "minimal"},
        {"treatment": "lithium", "start": "2024-05", "augments": "Effexor"},
        {"treatment": "ECT", "start": "2025-05", "end": "unknown", "sessions": 8,
         "details": {"placement": "bilateral"}},
        {"treatment": "mirtazapine", "start": "unknown", "end": "unknown"},
        {"treatment": "mirtazapine", "start": "unknown", "end": "unknown", "outcome": "partial"},
        {"treatment": "bupropion", "start": "2026-08-01", "adherence": 0.9,
         "doses": [{"start": "2026-08-01", "daily_dose_mg": 150}, {"start": "2026-09", "daily_dose_mg": 300}]},
    ],
    "measurements": [
        {"code": "phq9", "value": value, "date": date}
        for date, value in (
            ("2023-02-20", 21), ("2023-05-01", 19), ("2023-08-20", 18), ("2024-01-05", 20), ("2024-02-05", 16),
            ("2024-05-01", 9), ("2024-06-01", 4), ("2024-07-01", 3), ("2025-01-10", 17), ("2026-07-30", 22),
            ("2026-08-20", 15), ("2026-10-01", 10), ("2026-10-30", 4),
            ("2025-10-20", 8), ("2025-12-20", 19), ("2026-01-10", 7), ("2026-02-10", 19),
        )
    ] + [
        {"code": "madrs", "value": 30, "date": "2024-01-05"},
        {"code": "tsh", "value": 2.1, "unit": "mIU/L", "date": "2024-03-05"},
    ],
    "answers": [{"instrument": "phq9", "date": "2026-11-10", "items": [2, 3, 2, 2, None, 2, 2, 1, 0]}],
    "conditions": [{"condition": "hypothyroidism", "status": "active"}],
    "clues": {"family_history_bipolar": True},
}  # fmt: skip


def treated(i: int, **fields: Any) -> Callable[[Json], None]:
    return lambda record: record["treatments"][i].update(fields)


def measured(i: int, **fields: Any) -> Callable[[Json], None]:
    return lambda record: record["measurements"][i].update(fields)


def added(part: str, at: int, entry: Json) -> Callable[[Json], None]:
    return lambda record: record[part].insert(min(at, len(record[part])), dict(entry))


def left_out(part: str, at: int) -> Callable[[Json], None]:
    return lambda record: record[part].pop(at) and None


def told(part: str, **fields: Any) -> Callable[[Json], None]:
    return lambda record: record[part].update(fields)


EDITS: dict[str, Callable[[Json], None]] = {
    "dose": treated(0, daily_dose_mg=200),
    "dose as another number": treated(0, daily_dose_mg=100.5),
    "first dose step": lambda record: record["treatments"][6]["doses"][0].update(daily_dose_mg=300),
    "start": treated(1, start="2024-03"),
    "end": treated(0, end="2023-03-20"),
    "goes on": lambda record: record["treatments"][0].pop("end") and None,
    "outcome": treated(0, outcome="remission"),
    "percent": treated(1, improvement_percent=55),
    "stopped": treated(0, stopped_because="side_effects"),
    "adherence": treated(6, adherence=0.4),
    "augments": treated(2, augments="Zoloft"),
    "detail": treated(3, details={"placement": "unilateral"}),
    "sessions": treated(3, sessions=2),
    "another name": treated(0, treatment="Wellbutrin"),
    "a name that is read with a notice": treated(0, treatment="sertralin"),
    "a dose that nobody takes": treated(0, daily_dose_mg=90_000),
    "an entry twice": lambda record: record["treatments"].append(dict(record["treatments"][0])),
    "treatment first": added("treatments", 0, {"treatment": "agomelatine", "start": "2022-01-01", "end": "2022-03-01"}),
    "treatment last": added("treatments", 99, {"treatment": "Zoloft", "start": "2025-11-01", "daily_dose_mg": 50}),
    "treatment gone": left_out("treatments", 1),
    "score": added("measurements", 99, {"code": "phq9", "value": 20, "date": "2026-11-20"}),
    "score first": added("measurements", 0, {"code": "phq9", "value": 27, "date": "2022-12-31"}),
    "score at the end of a trial": measured(2, value=2),
    "score of another day": measured(8, date="2025-01-11"),
    "score that is no whole number": measured(8, value=16.5),
    "score by somebody": measured(10, rater="Dr A", mode="in_person"),
    "score of the same day": added("measurements", 99, {"code": "phq9", "value": 5, "date": "2026-10-01"}),
    "score later than today": added("measurements", 99, {"code": "phq9", "value": 5, "date": "2027-10-01"}),
    "word in the way of one in the next year": measured(14, value=9),
    "score gone": left_out("measurements", 4),
    "laboratory": measured(-1, value=12),
    "answers": lambda record: record.update(answers=[BASE["answers"][0] | {"items": [0] * 8 + [2]}]),
    "no answers": lambda record: record.update(answers=[]),
    "condition": lambda record: record["conditions"].append({"condition": "bipolar disorder", "status": "suspected"}),
    "no condition": lambda record: record.update(conditions=[]),
    "clue": told("clues", bipolar_episode=True),
    "preference": lambda record: record.update(preferences={"avoid": ["weight_gain"]}),
    "severity": told("episode", severity="mild"),
    "episode": told("episode", start="2025-01-01"),
    "birth": told("person", birth_date="2012-01-01"),
    "weight": told("person", weight_kg=40),
    "country": told("person", country="US"),
    "name": told("person", id="Kim"),
    "day of the visit": lambda record: record.update(index_date="2026-10-15"),
}  # fmt: skip


def edited(history: Json, *names: str) -> Record:
    history = deepcopy(history)
    for name in names:
        EDITS[name](history)
    return read_history(history)


@pytest.fixture(scope="module")
def bench(knowledge: Knowledge) -> Workbench:
    return Workbench(knowledge, load_text())


def tables_of(assessment: Assessment) -> dict[str, Any]:
    if assessment.faults:
        return {"faults": assessment.faults}
    return {name: assessment.tables[name].to_dicts() for name in sorted(assessment.tables)}


def told_in(mode: str, assessment: Assessment) -> dict[str, Any]:
    """All that is made of a record for a reader, with what is carried over."""
    if assessment.faults:
        return {}
    tables, knowledge, person = assessment.tables, assessment.knowledge, assessment.person(mode)
    phrases = Phrases(assessment.text, mode)
    course = gather_course(tables, assessment.view(mode), knowledge, phrases)[0]
    return {
        "document": assessment.document(mode), "chart": assessment.chart(mode),
        "trajectory": Trajectory(tables, knowledge, phrases, assessment.carried).of(person),
        "fair": {key: (a, a.reasons) for key, a in assessment.fair_tries(mode).items()},
        "verdicts": person.verdicts, "named": [phrases.named(t) for t in person.trials],
        "newest": [e.text for e in course.newest], "due": course.due,
    }  # fmt: skip


def assessed(knowledge: Knowledge, carried: Carried, *names: str) -> Assessment:
    record = edited(BASE, *names)
    return Assessment(knowledge, load_text(), *record.keyed(), index_date(record, TODAY), None, carried)


@cache
def afresh(knowledge: Knowledge, *names: str) -> tuple[dict[str, Any], ...]:
    """Tables, and what is told in each mode, each made alone."""
    made = (told_in(mode, assessed(knowledge, Carried(), *names)) for mode in MODES)
    return tables_of(assessed(knowledge, Carried(), *names)), *made


def assert_fresh(knowledge: Knowledge, carried: Carried, *names: str) -> None:
    assessment = assessed(knowledge, carried, *names)
    found = tables_of(assessment), *(told_in(mode, assessment) for mode in MODES)
    for made, fresh in zip(found, afresh(knowledge, *names), strict=True):
        assert made.keys() == fresh.keys()
        for name, value in fresh.items():
            assert made[name] == value, name


@pytest.fixture(scope="module")
def carried(knowledge: Knowledge) -> Carried:
    """What is carried over from one case to the next."""
    carried = Carried()
    assert_fresh(knowledge, carried)
    return carried


@pytest.mark.parametrize("name", EDITS)
def test_all_that_is_carried_over_an_edit_is_as_if_made_afresh(
    knowledge: Knowledge, carried: Carried, name: str
) -> None:
    assert_fresh(knowledge, carried, name)
    assert_fresh(knowledge, carried)  # and back


@pytest.mark.parametrize("seed", range(4))
def test_many_edits_one_after_the_other(knowledge: Knowledge, carried: Carried, seed: int) -> None:
    draw, names = Random(seed), list(EDITS)
    for _ in range(5):
        assert_fresh(knowledge, carried, *draw.sample(names, draw.randint(2, 4)))


@pytest.mark.parametrize("mode", MODES)
def test_pages_after_an_edit_are_those_of_an_app_that_has_just_begun(visitor: Visitor, mode: str) -> None:
    visitor.store.set("mode", mode)
    services, home = visitor.app.state.services, f"/p/{visitor.store.add(edited(BASE).document())}"
    for name in (
        "dose",
        "score",
        "score at the end of a trial",
        "treatment first",
        "treatment gone",
        "country",
        "birth",
    ):
        for record in (edited(BASE), edited(BASE, name)):
            visitor.store.save(home.removeprefix("/p/"), record.document(), name)
            for path in ("/history", "/scores", "/standing", "/course"):
                shown, bench = visitor.client.get(home + path), services.bench
                assert shown.status_code == 200
                services.bench = Workbench(bench.knowledge, bench.text)
                assert visitor.client.get(home + path).text == shown.text, (name, path)
                services.bench = bench


def test_what_an_edit_leaves_as_it_is_is_not_made_again(bench: Workbench) -> None:
    before = bench.assess(edited(BASE), TODAY, None)
    after = bench.assess(edited(BASE, "score"), TODAY, None)
    for mode in MODES:
        kept = {t.id: t for t in before.person(mode).trials}
        same = [t.id for t in after.person(mode).trials if t is kept[t.id]]
        assert len(same) == len(kept) - 2, same  # not the one that goes on, nor the second one without dates
    assert after.tables.find("trial_overlap") is before.tables.find("trial_overlap")
    other = bench.assess(edited(BASE, "name"), TODAY, None)  # somebody else, by what the record says
    assert other.carried is not after.carried
    assert after.carried is before.carried


def test_nothing_is_kept_but_of_the_last_time() -> None:
    made: list[object] = []

    def make(key: object) -> list[object]:
        made.append(key)
        return [key]

    carried = Carried()
    first = carried.each("name", [1, 2, 1], make)
    assert first == [[1], [2], [1]]
    assert first[0] is first[2]
    assert carried.each("name", [2, 3], make)[0] is first[1]
    assert carried.each("other", [2], make)[0] is not first[1]
    assert carried.each("name", [1], make)[0] is not first[0]
    assert made == [1, 2, 3, 2, 1]
    last = Last()
    one = last.of("name", make, (1, "x"))
    assert last.of("name", make, (1, "x")) is one
    assert last.of("name", make, (1, "y")) is not one
    assert last.of("name", make, (1, "x")) is not one
