"""Recorded conditions that take a person out of a definition. Used by `resistance` and `reasons`."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import codes, days
from remit.engine.logic import Tri
from remit.flow.once import once
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.tables import NO, UNKNOWN, YES, Condition, Tables
from remit.tables.records import CONDITION_STATUS


@once
def exclusions_of(tables: Tables, knowledge: Knowledge) -> Exclusions:
    """The exclusions of a run."""
    return Exclusions(tables, knowledge)


class Exclusions:
    """Who is taken out of which definition; definitions that exclude the same are looked at once."""

    def __init__(self, tables: Tables, knowledge: Knowledge) -> None:
        self._tables, self._knowledge = tables, knowledge
        self._found: dict[tuple[str, ...], Tri | None] = {}

    def of(self, excludes: tuple[str, ...]) -> Tri | None:
        """By person: yes where one of the conditions is recorded, unknown where it is suspected; None: nobody's is."""
        if excludes not in self._found:
            self._found[excludes] = self._look(frozenset(excludes))
        return self._found[excludes]

    def _look(self, excludes: frozenset[str]) -> Tri | None:
        is_wanted = [not excludes.isdisjoint(wider) for wider in self._named.values()]
        if True not in is_wanted:
            return None
        which, person, value = self._recorded
        wanted = np.array(is_wanted, np.bool_)[which]
        if not np.count_nonzero(wanted):
            return None
        excluded = np.full(self._tables["person"].height, NO, np.uint8)
        np.maximum.at(excluded, person[wanted], value[wanted])
        return excluded

    @cached_property
    def _named(self) -> dict[str, frozenset[str]]:
        """Every condition on record, with the wider ones."""
        names = dict.fromkeys(self._tables["condition"]["condition_id"].to_list())
        return {name: self._knowledge.condition_closure(name) for name in names}

    @cached_property
    def _recorded(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Tri]:
        """By row that counts: which condition it is, whose, and whether it is sure."""
        condition = self._tables["condition"]
        status = codes(condition, Condition, "status")[0]
        person = person_rows(self._tables, condition["person_key"].to_numpy())
        index = days(self._tables["person"]["index_date"])[person]
        has = (status != CONDITION_STATUS.index("refuted")) & (
            days(condition["onset_date"]) <= index
        )  # unknown: long ago
        place = {name: i for i, name in enumerate(self._named)}
        which = np.array([place[name] for name in condition["condition_id"].to_list()], np.intp)
        value = np.where(status == CONDITION_STATUS.index("suspected"), np.uint8(UNKNOWN), np.uint8(YES))
        return which[has], person[has], value[has]
