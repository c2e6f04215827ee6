"""Facts about the person, the episode, signs of suicidality, and what was answered directly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, codes, values
from remit.engine.intervals import FAR
from remit.flow.facts.plan import Plan
from remit.flow.facts.sheet import Sheet
from remit.flow.scope import person_days
from remit.flow.settle import LONG_AGO, person_rows
from remit.knowledge import Knowledge
from remit.knowledge.facts import Reader
from remit.tables import NO, UNKNOWN, YES, Clue, Episode, Tables
from remit.tables.crisis import SIGNS
from remit.tables.records import SEVERITIES

_SEXES = {"female": YES, "f": YES, "male": NO, "m": NO}


def read_persons(sheet: Sheet, plan: Plan, tables: Tables) -> None:
    """Reader `person`."""
    for fact, reader in plan.kinds.get("person", ()):
        if reader.person == "age":
            age = _age(tables)
            is_unknown = np.isnan(age)
            low = np.where(is_unknown, -np.inf, age)
            sheet.give(fact, reader, low, np.where(is_unknown, np.inf, age))
        elif reader.person == "weight_kg":
            weight = values(tables["person"]["weight_kg"], np.nan)
            rows = np.flatnonzero(~np.isnan(weight))
            sheet.give(fact, reader, weight[rows], weight[rows], rows)
        else:
            sheet.say(fact, reader, _named(reader, tables))


def _named(reader: Reader, tables: Tables) -> NDArray[np.uint8]:
    """Sex and country, which are words."""
    if reader.person == "female":
        found = [_SEXES.get((word or "").strip().lower(), UNKNOWN) for word in tables["person"]["sex"].to_list()]
    else:
        wanted = {country.upper() for country in reader.among}
        found = [
            UNKNOWN if not word else YES if word.strip().upper() in wanted else NO
            for word in tables["person"]["country"].to_list()
        ]
    return np.array(found, np.uint8)


def _age(tables: Tables) -> NDArray[np.float64]:
    """Completed years on the index date; nan where the day of birth is unknown."""
    person = tables["person"]
    birth, index = (person[name].to_numpy().astype("datetime64[D]") for name in ("birth_date", "index_date"))
    years = (day.astype("datetime64[Y]").astype(np.int64) for day in (index, birth))
    months = [day.astype("datetime64[M]") for day in (index, birth)]
    in_year = [
        (month - day.astype("datetime64[Y]")).astype(np.int64) * 100 + (day - month).astype(np.int64)
        for month, day in zip(months, (index, birth), strict=True)
    ]
    this_year, birth_year = years
    age = (this_year - birth_year - (in_year[0] < in_year[1])).astype(np.float64)
    return np.where(np.isnat(birth), np.nan, age)


def read_episodes(sheet: Sheet, plan: Plan, tables: Tables, knowledge: Knowledge) -> None:
    """Reader `episode`. Severity runs from 1 subsyndromal to 4 severe."""
    episode = tables["episode"]
    readers = plan.kinds.get("episode", ())
    if episode.is_empty() or not readers:
        return
    at = person_rows(tables, episode["person_key"].to_numpy())
    severity, psychotic = codes(episode, Episode, "severity", "psychotic")
    ref = np.arange(episode.height) + sheet.file(episode["record_ref"])
    for fact, reader in readers:
        if reader.episode == "psychotic":
            sheet.say(fact, reader, psychotic, at, ref)
        elif reader.episode == "severity":
            is_known = severity != NO_CODE
            low = np.where(is_known, severity + 1.0, 1.0)
            sheet.give(fact, reader, low, np.where(is_known, low, float(len(SEVERITIES))), at, ref)
        else:
            low, high = _months(tables, knowledge)
            sheet.give(fact, reader, low[at], high[at], at, ref)


def _months(tables: Tables, knowledge: Knowledge) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    index, earliest, latest = (column.astype(np.float64) for column in person_days(tables))
    per_month = knowledge.policy.days_per_month.value
    low = np.where(latest == FAR, 0.0, np.maximum(0.0, index - latest) / per_month)
    return low, np.where(earliest == LONG_AGO, np.inf, np.maximum(0.0, index - earliest) / per_month)


def read_signs(sheet: Sheet, plan: Plan, tables: Tables) -> None:
    """Reader `crisis`: yes for a sign of suicidality; without one nothing is settled."""
    readers = plan.kinds.get("crisis", ())
    crisis = tables["crisis"]
    if crisis.is_empty() or not readers:
        return
    kinds = crisis["kind"].cast(str).to_list()
    rows = np.array([i for i, kind in enumerate(kinds) if kind in SIGNS], np.intp)
    person, first = np.unique(person_rows(tables, crisis["person_key"].to_numpy()[rows]), return_index=True)
    ref = rows[first] + sheet.file(crisis["record_ref"])
    for fact, reader in readers:
        sheet.say(fact, reader, np.full(len(person), YES, np.uint8), person, ref)


def read_answers(sheet: Sheet, tables: Tables, knowledge: Knowledge) -> None:
    """Clues that are named as a fact."""
    clue = tables["clue"]
    if clue.is_empty():
        return
    at = sheet.file(clue["record_ref"])
    person = person_rows(tables, clue["person_key"].to_numpy())
    answer = codes(clue, Clue, "answer")[0]
    by_fact: dict[int, list[int]] = {}
    for row, name in enumerate(clue["clue_id"].to_list()):
        fact = knowledge.fact_keys.get(name)
        if fact is not None and sheet.facts[fact].kind == "yes_no":
            by_fact.setdefault(fact, []).append(row)
    for fact, found in by_fact.items():
        rows = np.array(found)
        sheet.answer(fact, person[rows], answer[rows], rows + at)
