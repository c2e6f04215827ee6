"""Rows of tables by their keys, as dictionaries: what views are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl

from remit.flow.adequacy import adequacy_with_days
from remit.knowledge import Knowledge
from remit.render.considered import Considered
from remit.render.optioned import Optioned
from remit.render.phrases import Phrases
from remit.render.reasons import Reasons
from remit.tables import Tables

Row = dict[str, Any]
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
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.tables, self.knowledge, self.phrases = tables, knowledge, phrases
        self.reasons = Reasons(phrases, knowledge)
        self._lists: dict[tuple[str, ...], Mapping[Any, list[Row]]] = {}
        self._singles: dict[tuple[str, str], Mapping[Any, Row]] = {}
        self._judged: dict[int, Mapping[Any, Row]] = {}

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

    def judged(self, rule_key: int) -> Mapping[Any, Row]:
        """Rows of `adequacy` under one rule, with their days, by trial."""
        if rule_key not in self._judged:
            self._judged[rule_key] = first(_part(self._adequacy, "rule_key", rule_key), "trial_key")
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
