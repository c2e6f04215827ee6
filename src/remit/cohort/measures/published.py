"""Whom a definition's authors looked at, where the source holds diagnoses: persons with enough codes, near the event.

A verdict is the same for one person and a cohort; what differs here is who is counted. Codes on one day are one code.
Somebody who meets a definition without a code in the days before it is not counted as meeting it; a code without a
date leaves that open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged, statuses
from remit.engine.columns import NO_DAY, days
from remit.flow.settle import person_rows
from remit.knowledge.definition import Population
from remit.tables.resistance import STATUS

MET, NOT_MET, UNDETERMINED = (STATUS.index(s) for s in ("met", "not_met", "undetermined"))

Flags = NDArray[np.bool_]


class Looked(NamedTuple):
    """Persons as the authors of a definition looked at them.

    Attributes
    ----------
    inside : array of bool
        By person: whether there are enough codes.
    status : array of uint8
        By person: the verdict's code, less those who meet it without a diagnosis near it.
    """

    inside: Flags
    status: NDArray[np.uint8]


class Published:
    """Published populations of the definitions that have one.

    Parameters
    ----------
    judged : Judged
    holds_conditions : bool
        Whether the source has diagnoses for anyone; without them nobody can be counted by a diagnosis.
    """

    def __init__(self, judged: Judged, *, holds_conditions: bool) -> None:
        self.judged = judged
        self._codes: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._index = days(judged.tables["person"]["index_date"]).astype(np.int64)
        definitions = judged.knowledge.definitions if holds_conditions else ()
        status = statuses(judged.tables, len(judged.knowledge.definitions))
        first = days(judged.tables["verdict"]["first_met_date"]).reshape(len(status), -1)
        self.by_definition: dict[str, Looked] = {
            d.id: self._looked(d.population, status[i], first[i].astype(np.int64))
            for i, d in enumerate(definitions)
            if d.population is not None
        }

    def inside(self, definition: str) -> Flags:
        """By person: whether the definition's authors would have looked at them; everyone where nothing says whom."""
        looked = self.by_definition.get(definition)
        return looked.inside if looked else np.ones(self.judged.n_persons, np.bool_)

    def status(self, definition: str, verdict: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """By person: the verdict as the definition's authors would have counted it."""
        looked = self.by_definition.get(definition)
        return looked.status if looked else verdict

    def counts(self) -> list[tuple[str, str, int, None]]:
        """Transform, reason, persons and records for the table `attrition`."""
        rows: list[tuple[str, str, int, None]] = []
        before = statuses(self.judged.tables, len(self.judged.knowledge.definitions))
        for name, looked in self.by_definition.items():
            was = before[self.judged.knowledge.definition_key(name)]
            changed = looked.inside & (was == MET) & (looked.status != MET)
            rows.append(("population", f"too_few_codes:{name}", int((~looked.inside).sum()), None))
            rows.append(("population", f"no_code_near:{name}", int(changed.sum()), None))
        return rows

    def _looked(self, population: Population, status: NDArray[np.uint8], met: NDArray[np.int64]) -> Looked:
        person, day = self._code_days(population.condition)
        n = len(status)
        inside = np.bincount(person, minlength=n) >= population.codes_at_least
        if population.within_days_before is None:
            return Looked(inside, status)
        event = met[person]
        is_near = (day != NO_DAY) & (event != NO_DAY) & (day <= event) & (day >= event - population.within_days_before)
        has_near = np.bincount(person[is_near], minlength=n) > 0
        is_open = (np.bincount(person[day == NO_DAY], minlength=n) > 0) | (met == NO_DAY)
        instead = np.where(is_open, UNDETERMINED, NOT_MET).astype(np.uint8)
        return Looked(inside, np.where((status == MET) & ~has_near, instead, status))

    def _code_days(self, condition: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Person and day of each day with a code of a condition, up to the index date; undated ones are one day."""
        if condition not in self._codes:
            tables, knowledge = self.judged.tables, self.judged.knowledge
            known = tables["condition"]["condition_id"].unique()
            wanted = [c for c in known if condition in knowledge.condition_closure(c)]
            own = tables["condition"].filter(
                pl.col("condition_id").is_in(wanted) & (pl.col("status").fill_null("active") != "refuted")
            )
            person = person_rows(tables, own["person_key"].to_numpy()).astype(np.int64)
            day = days(own["onset_date"]).astype(np.int64)
            keep = day <= self._index[person]
            pairs = np.unique(np.stack([person[keep], day[keep]]), axis=1)
            self._codes[condition] = pairs[0], pairs[1]
        return self._codes[condition]
