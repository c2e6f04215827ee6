"""When a definition was first met: days from the first antidepressant, and person-time by year, age and sex."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.measures.profile import Profile
from remit.cohort.measures.published import Published
from remit.cohort.outcome import Judged, statuses
from remit.engine.columns import NO_DAY, days
from remit.engine.intervals import FAR
from remit.tables.resistance import STATUS

KINDS = ("censored", "event", "death")
Days = NDArray[np.int64]


def dated(judged: Judged) -> dict[str, NDArray[np.int32]]:
    """By definition with dates: the day on which each person first met it; NO_DAY where they did not."""
    definitions = judged.knowledge.definitions
    first = days(judged.tables["verdict"]["first_met_date"]).reshape(len(definitions), -1)
    return {d.id: first[i] for i, d in enumerate(definitions) if d.shape != "score"}


def follow_up_counts(judged: Judged, profile: Profile, published: Published) -> pl.DataFrame:
    """Persons by definition, day since the first antidepressant, and what ended it: the event, death, end of record.

    Persons without a dated antidepressant, or whose verdict is undetermined, does not apply or has no day, are not at
    risk; who met
    a definition on or before the first day is an event on day 0. A definition that has a published population is
    followed in that.
    """
    parts = []
    status = statuses(judged.tables, len(judged.knowledge.definitions))
    for i, (name, met) in enumerate(_all(judged)):
        if met is None:
            continue
        is_met, is_known = settled(published.status(name, status[i]), met)
        at_risk = is_known & published.inside(name) & (profile.first != FAR) & (profile.index >= profile.first)
        until = np.where(is_met, met, profile.index).astype(np.int64)
        day = np.maximum(until - profile.first, 0)[at_risk]
        kind = np.where(is_met, 1, np.where(profile.died, 2, 0))[at_risk]
        key, n = np.unique(day * len(KINDS) + kind, return_counts=True)
        names = pl.Series(KINDS).gather(key % len(KINDS))
        columns = {"definition": [name] * len(key), "day": key // len(KINDS), "kind": names, "n_persons": n}
        parts.append(pl.DataFrame(columns, schema_overrides={"definition": pl.String, "kind": pl.String}))
    schema = {"definition": pl.String, "day": pl.Int64, "kind": pl.String, "n_persons": pl.Int64}
    return pl.concat([pl.DataFrame(schema=schema), *parts])


def settled(status: NDArray[np.uint8], met: NDArray[np.int32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """By person: whether the definition was met on a day that is known; whether that, or that it was not met."""
    is_met = (status == STATUS.index("met")) & (met != NO_DAY)
    return is_met, is_met | (status == STATUS.index("not_met"))


def _all(judged: Judged) -> list[tuple[str, NDArray[np.int32] | None]]:
    known = dated(judged)
    return [(d.id, known.get(d.id)) for d in judged.knowledge.definitions]


def incidence_counts(judged: Judged, profile: Profile, published: Published) -> pl.DataFrame:
    """Events and person-days by definition, calendar year, age band and sex.

    Person-time runs from the first antidepressant to the day the definition is first met, or the index date; persons
    are
    left out as in `follow_up_counts`.
    """
    has = (profile.first != FAR) & (profile.index >= profile.first)
    if not has.any():
        return pl.DataFrame(schema=_SCHEMA)
    stratum = (profile.age_band + 1) * len(profile.sexes) + profile.sex
    size = (len(judged.knowledge.cohort.age_bands.values) + 1) * len(profile.sexes)
    first, last = _years(np.array([profile.first[has].min(), profile.index[has].max()])).tolist()
    years = range(first, last + 1)
    status = statuses(judged.tables, len(judged.knowledge.definitions))
    everyone = _person_days(profile.first, profile.index.astype(np.int64) + 1, stratum, has, years, size)
    parts = []
    for i, (name, met) in enumerate(_all(judged)):
        if met is None:
            continue
        is_met, is_known = settled(published.status(name, status[i]), met)
        inside = has & published.inside(name)
        is_met, not_known = is_met & inside, has & ~(inside & is_known)
        after = np.maximum(met.astype(np.int64) + 1, profile.first)
        time = everyone - _person_days(after, profile.index.astype(np.int64) + 1, stratum, is_met, years, size)
        time = time - _person_days(profile.first, profile.index.astype(np.int64) + 1, stratum, not_known, years, size)
        events = np.zeros((len(years), size), np.int64)
        until = np.where(is_met, np.maximum(met, profile.first), profile.index)
        np.add.at(events, (_years(until[is_met]) - years[0], stratum[is_met]), 1)
        followed = inside & is_known
        persons = _persons(profile.first[followed], until[followed], stratum[followed], years, size)
        parts.append(_rows(name, years, (events, time, *persons), profile))
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *parts])


_COUNTS = ("n_events", "n_days", "n_begun", "n_followed")
_SCHEMA = {"definition": pl.String, "year": pl.Int64, "age_band": pl.Int64, "sex": pl.String,
           **dict.fromkeys(_COUNTS, pl.Int64)}  # fmt: skip
"""`n_begun` counts persons in the year in which they begin, so that it may be summed over years; `n_followed` in every
year in which they are followed."""


def _person_days(begin: Days, end: Days, stratum: Days, who: NDArray[np.bool_], years: range, size: int) -> Days:
    """Days from begin to end, by calendar year and stratum."""
    begin, end, stratum = begin[who], end[who], stratum[who]
    found = np.zeros((len(years), size), np.int64)
    for i, year in enumerate(years):
        low, high = _day(year), _day(year + 1)
        found[i] = np.bincount(
            stratum, weights=np.clip(np.minimum(end, high) - np.maximum(begin, low), 0, None), minlength=size
        )
    return found


def _persons(first: Days, last: Days, stratum: Days, years: range, size: int) -> tuple[Days, Days]:
    """Persons who begin, and who are followed, by calendar year and stratum."""
    begun, gone = (
        np.bincount((_years(day) - years[0]) * size + stratum, minlength=len(years) * size).reshape(-1, size)
        for day in (first, last)
    )
    return begun, np.cumsum(begun, axis=0) - np.cumsum(gone, axis=0) + gone


def _rows(name: str, years: range, counts: tuple[Days, ...], profile: Profile) -> pl.DataFrame:
    at, stratum = np.nonzero(np.sum(counts, axis=0))
    columns = {
        "definition": [name] * len(at),
        "year": at + years[0],
        "age_band": stratum // len(profile.sexes) - 1,
        "sex": pl.Series(profile.sexes).gather(stratum % len(profile.sexes)),
        **{column: count[at, stratum] for column, count in zip(_COUNTS, counts, strict=True)},
    }
    return pl.DataFrame(columns, schema_overrides={"definition": pl.String, "sex": pl.String})


def _day(year: int) -> int:
    return (date(year, 1, 1) - date(1970, 1, 1)).days


def _years(days: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Calendar years of days from 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
