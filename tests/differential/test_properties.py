"""What must hold of every check: unknown speaks for nothing and against nothing, order and the future are nothing."""

from __future__ import annotations

import copy
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from differential.oracle import holds
from differential.people import asked, drawn, files, knowledge, tables
from remit.flow.differential import differential
from remit.flow.records import read_records
from remit.pipeline import assess
from remit.tables.crisis import CRISIS_CLUES

FACTS = sorted({fact for check in files().values() for fact in asked(check)})
HISTORY: dict[str, Any] = {
    "person": {"id": "p", "birth_date": "1980-05-02", "sex": "female", "country": "US"},
    "index_date": "2026-01-31",
    "episode": {"start": "2024-02-01", "severity": "severe", "psychotic": False},
    "treatments": [
        {
            "treatment": "sertraline",
            "start": "2024-03-01",
            "end": "2024-06-30",
            "daily_dose_mg": 100,
            "outcome": "none",
        },
        {"treatment": "fluoxetine", "start": "2024-07-05", "end": "2024-10-30", "daily_dose_mg": 20, "outcome": "none"},
        {"treatment": "nortriptyline", "start": "2025-07-05", "daily_dose_mg": 75},
    ],
    "measurements": [{"code": "tsh", "value": 2.1, "unit": "mIU/L", "date": "2025-09-10"}],
    "clues": {"cyp2d6_poor_metaboliser": True},
}


def considerations(people: list[Any]) -> list[tuple[str, str | None]]:
    made = differential(tables(people), knowledge())["consideration"].sort("person_key", "check_key")
    return list(made.select("state", "level").iter_rows())


def test_what_becomes_unknown_never_settles_anything() -> None:
    """A fact less leaves the state or opens it; a strong counter-clue may come to the fore, or be what was lost."""
    chance = random.Random(11)
    for check in files().values():
        people = [drawn(chance, asked(check), 0.9) for _ in range(40)]
        fewer = []
        for person in people:
            lost = set(chance.sample(sorted(person), min(len(person), chance.randint(1, 3))))
            fewer.append({fact: answer for fact, answer in person.items() if fact not in lost})
        key = list(files()).index(check["id"])
        made = [differential(tables(p), knowledge())["consideration"].filter(check_key=key) for p in (people, fewer)]
        strong = [c["when"] for c in check.get("against", ()) if c["strength"] == "strong"]
        for before, after, person in zip(*(m.sort("person_key")["state"] for m in made), fewer, strict=True):
            is_against = any(holds(when, person) == "yes" for when in strong)
            allowed = {before, "open"} | ({"spoken_against"} if is_against else set())
            allowed |= {"not_raised"} if before == "spoken_against" else set()
            assert after in allowed
            assert is_against or after != "spoken_against"


def test_the_order_of_persons_is_nothing() -> None:
    chance = random.Random(3)
    people = [drawn(chance, FACTS, 0.6) for _ in range(30)]
    n = len(files())
    forth, back = considerations(people), considerations(people[::-1])
    assert [forth[i : i + n] for i in range(0, len(forth), n)] == [back[i : i + n] for i in range(0, len(back), n)][
        ::-1
    ]


def of_history(history: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = folder / "history.yaml"
    path.write_text(yaml.safe_dump(history, sort_keys=False), encoding="utf-8")
    made = assess(read_records([path], knowledge(), today=date(2026, 12, 31)), knowledge())
    names = ("consideration", "gene_guidance")
    rows = {name: made[name].rows() for name in names}
    reasons = made["consideration_reason"].drop("record_ref").rows()
    return rows | {"consideration_reason": sorted(map(str, reasons))}


def test_what_came_later_changes_nothing(tmp_path: Path) -> None:
    later = copy.deepcopy(HISTORY)
    later["treatments"].append({"treatment": "phenelzine", "start": "2026-03-01", "daily_dose_mg": 45})
    later["measurements"].append({"code": "tsh", "value": 30, "unit": "mIU/L", "date": "2026-03-01"})
    later["answers"] = [{"instrument": "gad7", "date": "2026-03-01", "items": [3] * 7}]
    later["conditions"] = [{"condition": "sleep apnoea", "start": "2026-04-01"}]
    assert of_history(later, tmp_path) == of_history(HISTORY, tmp_path)


def test_the_order_of_the_record_is_nothing(tmp_path: Path) -> None:
    turned = copy.deepcopy(HISTORY)
    turned["treatments"] = turned["treatments"][::-1]
    assert of_history(turned, tmp_path) == of_history(HISTORY, tmp_path)


def test_the_adequacy_table_reaches_the_first_check(tmp_path: Path) -> None:
    """Two fair tries in the episode speak against pseudo-resistance; at half the dose they raise it."""
    assert of_history(HISTORY, tmp_path)["consideration"][0][2] == "spoken_against"
    low = copy.deepcopy(HISTORY)
    for treatment in low["treatments"]:
        treatment["daily_dose_mg"] /= 10
    assert of_history(low, tmp_path)["consideration"][0][2:] == ("raised", "next_step")


def test_no_check_looks_at_suicidality() -> None:
    """That goes through the crisis panel alone."""
    crisis = {f.id for f in knowledge().facts if any(r.kind == "crisis" for r in f.read)} | set(CRISIS_CLUES)
    crisis |= {"current_suicidal_intent", "significant_suicide_risk", "overdose_danger", "phq9_item9"}
    for check in knowledge().checks:
        assert not crisis & set(check.facts()), check.id


@pytest.mark.parametrize("clue", ["elated_now", "hallucinations_now", "postpartum_emergency", "unsafe_at_home"])
def test_what_cannot_wait_is_said_for_the_same_day(clue: str) -> None:
    assert ("raised", "same_day") in considerations([{clue: "yes"}])
