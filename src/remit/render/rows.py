"""Rows of tables by their keys, as dictionaries: what views are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from remit.flow.adequacy import adequacy_with_days
from remit.flow.carried import Carried
from remit.knowledge import Knowledge
from remit.render.considered import Considered
from remit.render.optioned import Optioned
from remit.render.phrases import Phrases
from remit.render.reasons import Reasons
from remit.tables import Tables

Row = dict[str, Any]


class Ran(NamedTuple):
    """Of a row of table `trial`, what is told of it."""

    trial_key: int
    treatment_key: int
    start_date: date | None
    end_date: date | None
    is_ongoing: bool
    covered_days: int | None
    covered_days_low: int
    max_dose_mg: float | None
    is_dose_complete: bool


class Noted(NamedTuple):
    """The same of a row of `trial_note`."""

    start_latest_date: date | None
    end_earliest_date: date | None
    sessions: float | None
    adherence: float | None
    stop_reason: str | None
    augments_key: int | None


class Responded(NamedTuple):
    """The same of a row of `response`, with the scores behind a measured one."""

    outcome: str | None
    improvement_percent: float | None
    basis: str
    disagrees: bool
    measure_id: str | None
    scores: tuple[float, float] | None


class Tried(NamedTuple):
    """All that the view of a trial is made from."""

    ran: Ran
    noted: Noted | None
    responded: Responded


class Judged(NamedTuple):
    """All that is told of a trial under a rule: of a row of `adequacy` with its days, and the rule."""

    rule_key: int
    dose_met: str
    duration_met: str
    adherence_met: str
    adequate_days: int | None
    adequate_days_low: int
    failed_adequate: str
    intolerant: str
    episode_duration_met: str
    episode_days: int | None
    episode_days_low: int
    failed_in_episode: str


_OF_VERDICT = ("person_key", "definition_key")


def tuples(frame: pl.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns of a table, or of all: a column at a time, which is several times as quick as by row."""
    return zip(*(frame[name].to_list() for name in columns or frame.columns), strict=True)


def dicts(frame: pl.DataFrame) -> Iterator[Row]:
    """Rows of a table by the names of its columns."""
    names = frame.columns
    return (dict(zip(names, row, strict=True)) for row in tuples(frame))


def by(frame: pl.DataFrame, *columns: str) -> Mapping[Any, list[Row]]:
    """Rows of a table by a key; by a tuple where the key is several columns."""
    found: dict[Any, list[Row]] = defaultdict(list)
    key_of = itemgetter(*columns)
    for row in dicts(frame):
        found[key_of(row)].append(row)
    return found


def first(frame: pl.DataFrame, column: str) -> dict[Any, Row]:
    """The row of each key, where it is unique."""
    return {row[column]: row for row in dicts(frame)}


def _part(frame: pl.DataFrame, column: str, key: int) -> pl.DataFrame:
    """Rows of one rule, of a table that stands in order of rules."""
    at = np.flatnonzero(frame[column].to_numpy() == key)
    return frame.slice(int(at[0]), len(at)) if len(at) else frame.clear()


class Rows:
    """Rows of the tables of a run by key; a table is read when something is first made of it.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned.
    knowledge : Knowledge
    phrases : Phrases
    carried : Carried
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases, carried: Carried) -> None:
        self.tables, self.knowledge, self.phrases, self.carried = tables, knowledge, phrases, carried
        self.reasons = Reasons(phrases, knowledge)
        self._lists: dict[tuple[str, ...], Mapping[Any, list[Row]]] = {}
        self._singles: dict[tuple[str, str], Mapping[Any, Row]] = {}
        self._judged: dict[int, Mapping[int, Judged]] = {}

    def of(self, name: str, *columns: str) -> Mapping[Any, list[Row]]:
        """Rows of a table by person, or by further columns."""
        asked = (name, "person_key", *columns)
        if asked not in self._lists:
            self._lists[asked] = by(self.tables[name], *asked[1:])
        return self._lists[asked]

    def one(self, name: str, column: str) -> Mapping[Any, Row]:
        """The one row of a table of each key."""
        if (name, column) not in self._singles:
            self._singles[name, column] = first(self.tables[name], column)
        return self._singles[name, column]

    @cached_property
    def tried(self) -> Mapping[int, list[Tried]]:
        """Trials by person."""
        notes = {key: Noted._make(row) for key, *row in tuples(self.tables["trial_note"], "trial_key", *Noted._fields)}
        responses = dict(self._responses())
        found: dict[int, list[Tried]] = defaultdict(list)
        for person, *row in tuples(self.tables["trial"], "person_key", *Ran._fields):
            ran = Ran._make(row)
            found[person].append(Tried(ran, notes.get(ran.trial_key), responses[ran.trial_key]))
        return found

    def _responses(self) -> Iterator[tuple[int, Responded]]:
        """By trial."""
        columns = ("baseline_key", "endpoint_key", *Responded._fields[:-1])
        for trial, before, after, *row in tuples(self.tables["response"], "trial_key", *columns):
            is_measured = before is not None and after is not None
            scores = (self.scores[before], self.scores[after]) if is_measured else None
            yield trial, Responded._make((*row, scores))

    def judged(self, rule_key: int) -> Mapping[int, Judged]:
        """Rows of `adequacy` under one rule, with their days, by trial."""
        if rule_key not in self._judged:
            part = _part(self._adequacy, "rule_key", rule_key)
            rows = zip(part["trial_key"].to_list(), tuples(part, *Judged._fields), strict=True)
            self._judged[rule_key] = {trial: Judged._make(row) for trial, row in rows}
        return self._judged[rule_key]

    @cached_property
    def _adequacy(self) -> pl.DataFrame:
        return adequacy_with_days(self.tables, self.knowledge)

    @cached_property
    def counted(self) -> Mapping[tuple[int, int], set[int]]:
        """Keys of the trials that a definition counted, by person and definition."""
        found: dict[tuple[int, int], set[int]] = defaultdict(set)
        for person, definition, trial in tuples(self.tables["finding_trial"], *_OF_VERDICT, "trial_key"):
            found[person, definition].add(trial)
        return found

    @cached_property
    def lacking(self) -> Mapping[tuple[int, int], list[tuple[str, int | None]]]:
        """Facts that a definition lacks, each with the key of its trial, by person and definition."""
        found: dict[tuple[int, int], list[tuple[str, int | None]]] = defaultdict(list)
        for person, definition, fact, trial in tuples(self.tables["missing"], *_OF_VERDICT, "fact", "trial_key"):
            found[person, definition].append((fact, trial))
        return found

    @cached_property
    def scores(self) -> dict[int, float]:
        """Values of measurements."""
        return dict(tuples(self.tables["measurement"], "measurement_key", "value"))

    @cached_property
    def considered(self) -> Considered:
        """What else could explain it."""
        return Considered(self.tables, self.knowledge, self.phrases)

    @cached_property
    def optioned(self) -> Optioned:
        """What could come next."""
        return Optioned(self.tables, self.knowledge, self.phrases)
