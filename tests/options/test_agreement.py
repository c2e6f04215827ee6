"""The engine and a second, plain reading of the same letter agree on invented people at every threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

import polars as pl
import pytest

from options import plain
from options.people import draw, records
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import assess

N_PEOPLE = 400
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="module", params=SEEDS)
def run(request: pytest.FixtureRequest, knowledge: Knowledge) -> tuple[list[plain.Person], Mapping[str, pl.DataFrame]]:
    chance = Random(request.param)
    people = [draw(chance) for _ in range(N_PEOPLE)]
    tables = assess(records(people, knowledge), knowledge)
    signs = tables["crisis"].filter(pl.col("kind").cast(pl.String).is_in(list(plain.SIGNS)))
    for key in set(signs["person_key"].to_list()):
        people[key].has_sign = True
    return people, tables


def given(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge) -> list[dict[str, Any]]:
    """Facts of each person as the engine has them."""
    found: list[dict[str, Any]] = [{} for _ in range(tables["person"].height)]
    for row in tables["fact"].iter_rows(named=True):
        low = -math.inf if row["low"] is None else row["low"]
        high = math.inf if row["high"] is None else row["high"]
        value = row["state"] if row["state"] is not None else (low, high)
        found[row["person_key"]][knowledge.facts[row["fact_key"]].id] = value
    return found


def counted() -> list[str]:
    return [f for f, d in plain.section("facts").items() if any("trials" in r for r in d.get("read", []))]


def test_facts(run: Any, knowledge: Knowledge) -> None:
    people, tables = run
    counting = counted()
    for person, found in zip(people, given(tables, knowledge), strict=True):
        counts = {f: found[f] if not isinstance(found[f], str) else plain.OPEN for f in counting}
        expected = plain.facts_of(person, counts)
        differing = {f: (found[f], expected[f]) for f in found if found[f] != expected[f] and f not in counting}
        assert differing == {}, person


def test_rules_and_statuses(run: Any, knowledge: Knowledge) -> None:
    people, tables = run
    facts = given(tables, knowledge)
    reasons: dict[tuple[int, str], dict[str, tuple[str, str, bool]]] = {}
    for row in tables["option_reason"].filter(pl.col("kind") != "tried").iter_rows(named=True):
        option = knowledge.options[row["option_key"]].id
        told = reasons.setdefault((row["person_key"], option), {})
        assert row["reason"] not in told
        told[row["reason"]] = (row["effect"], row["bears"], row["is_hard"])
    seen: set[str] = set()
    for row in tables["option"].iter_rows(named=True):
        option = knowledge.options[row["option_key"]].id
        entry = plain.section("catalogue")[option]
        expected = plain.reasons_of(option, entry, facts[row["person_key"]])
        assert reasons[row["person_key"], option] == {r.id: (r.effect, r.bears, r.hard) for r in expected}
        assert row["status"] == plain.status_of(entry, expected, row["tried_fairly"]), people[row["person_key"]]
        seen.add(row["status"])
    assert seen >= {"discuss_with_caution", "not_now", "not_suitable", "investigational"}


def test_order(run: Any, knowledge: Knowledge) -> None:
    people, tables = run
    choices = plain.section("ordering")["options"]
    for person, (_, rows) in zip(people, tables["option"].group_by("person_key", maintain_order=True), strict=True):
        keys = []
        for row in rows.sort("place").iter_rows(named=True):
            entry = plain.section("catalogue")[knowledge.options[row["option_key"]].id]
            fits = [fit(name, entry) for name, wanted in person.wishes.items() if stance(name) == wanted]
            keys.append(
                (
                    choices["statuses"].index(row["status"]),
                    entry.get("line", {}).get("value", 99),
                    choices["grades"].index(entry["grade"]),
                    fits.count("no"),
                    -fits.count("yes"),
                    entry["name"].casefold(),
                )
            )
        assert keys == sorted(keys)


def stance(name: str) -> bool:
    return bool(plain.section("preferences")[name]["stance"] == "wants")


def fit(name: str, entry: dict[str, Any]) -> str:
    wish, facets = plain.section("preferences")[name], entry["facets"]
    if "facet" in wish:
        return "yes" if facets[wish["facet"]] == wish["fits_if"] else "no"
    if "effect" in wish:
        value = entry.get("effects", {}).get(wish["effect"], {}).get("value")
        return {"not_expected": "yes", "common": "no"}.get(value, "unknown")
    if "onset_days_at_most" in wish:
        limit, span = wish["onset_days_at_most"], facets.get("onset_days")
    else:
        limit, span = wish.get("visits_at_most"), facets.get("first_month_visits_count")
    if limit is None or span is None:
        return "unknown"
    return "yes" if span["high"] <= limit else "no" if span["low"] > limit else "unknown"


def test_persons_do_not_touch_one_another(knowledge: Knowledge) -> None:
    chance = Random(9)
    people = [draw(chance) for _ in range(30)]
    together = assess(records(people, knowledge), knowledge)
    for key, person in enumerate(people):
        alone = assess(records([person], knowledge), knowledge)
        for name in ("fact", "option", "option_reason", "special_group", "mechanism_tried"):
            mine = together[name].filter(pl.col("person_key") == key).drop("person_key")
            dropped = ["trial_key"] if "trial_key" in mine.columns else []
            assert mine.drop(dropped).equals(alone[name].drop("person_key", *dropped)), name
