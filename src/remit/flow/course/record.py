"""What the record shows of a person for tasks: newest result by measure, age, country, changes of dose."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, days, values
from remit.flow.course.anchors import Courses
from remit.flow.course.series import Flags, Ints, Numbers
from remit.flow.course.words import FEW, text_codes
from remit.flow.scope import person_days
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.tables import Tables

_NO_AGE = -1
_MONTHS = 12
_MONTH = 32  # more than the days of any month, so that month and day compare as one number


class Record:
    """The record of a run, read once for all rules.

    Attributes
    ----------
    index : array of int64
        Index day by row of table `person`.
    n : int
        Persons.
    """

    def __init__(self, tables: Tables, courses: Courses, knowledge: Knowledge) -> None:
        self._tables, self._courses, self._knowledge = tables, courses, knowledge
        self.index: Ints = person_days(tables)[0].astype(np.int64)
        self.n = len(self.index)

    def newest(self, ids: tuple[str, ...], *, any_severity: bool) -> Ints:
        """By person: day of the newest result of any of some measures up to the index date; NO_DAY if none."""
        rows = [self._place[m] for m in self._asked(ids, any_severity) if m in self._place]
        if not rows:
            return np.full(self.n, NO_DAY, np.int64)
        return np.asarray(self._newest[rows].max(axis=0))

    def _asked(self, ids: tuple[str, ...], any_severity: bool) -> set[str]:
        return self._severity.union(ids) if any_severity else set(ids)

    @cached_property
    def _severity(self) -> set[str]:
        return {i for i, x in self._knowledge.instruments.items() if x.is_depression_severity}

    @cached_property
    def _place(self) -> dict[str, int]:
        """Row of each measure on record that a rule reads."""
        rules = self._knowledge.course.tasks
        read = {name for rule in rules for name in rule.measures}
        read |= self._severity if any(rule.any_severity for rule in rules) else set()
        names = self._tables["measurement"]["measure_id"]
        present = names.to_list() if len(names) <= FEW else names.unique().to_list()
        return {name: i for i, name in enumerate(sorted(set(present) & read))}

    @cached_property
    def _newest(self) -> Ints:
        """By measure and person: newest day."""
        table, place = self._tables["measurement"], self._place
        newest = np.full((max(len(place), 1), self.n), NO_DAY, np.int64)
        code = text_codes(table["measure_id"], list(place))
        person = person_rows(self._tables, table["person_key"].to_numpy())
        day = days(table["date"]).astype(np.int64)
        keep = (code >= 0) & (day <= self.index[person])
        np.maximum.at(newest, (code[keep], person[keep]), day[keep])
        return newest

    @cached_property
    def age(self) -> Ints:
        """By person: full years on the index date; -1 where unknown."""
        birth_day = days(self._tables["person"]["birth_date"])
        (born, birthday), (this_year, today) = _years(birth_day), _years(self.index)
        return np.where(birth_day == NO_DAY, _NO_AGE, this_year - born - (today < birthday))

    def is_aged(self, low: float | None, high: float | None) -> tuple[Flags, Flags]:
        """By person: surely within the ages, both inclusive; and age unknown."""
        if low is None and high is None:
            return np.ones(self.n, np.bool_), np.zeros(self.n, np.bool_)
        is_unknown = self.age < 0
        within = (self.age >= (low or 0)) & (self.age <= (np.inf if high is None else high))
        return np.asarray(within & ~is_unknown), is_unknown

    def is_guided(self, countries: tuple[str, ...]) -> Flags:
        """By person: whether guidance of some countries is shown; not where another country's guidance is known."""
        if not countries:
            return np.ones(self.n, np.bool_)
        others = {c for rule in self._knowledge.course.tasks for c in rule.countries} - set(countries)
        column = self._tables["person"]["country"].to_list()
        return np.array([(c or "").strip().upper() not in others for c in column], np.bool_)

    @cached_property
    def dose_changes(self) -> Ints:
        """By trial: first day of the newest dose; the start where the dose never changed."""
        link, exposure = self._tables["trial_exposure"], self._tables["exposure"]
        changed = self._courses.start.copy()
        if link.is_empty():
            return changed
        key = exposure["exposure_key"].to_numpy()
        order = np.argsort(key)
        at = order[np.searchsorted(key[order], link["exposure_key"].to_numpy())]
        trial = link["trial_key"].to_numpy().astype(np.int64)
        start = days(exposure["start_date"]).astype(np.int64)[at]
        dose: Numbers = values(exposure["daily_dose_mg"], np.nan)[at]
        rows = np.lexsort((start, trial))
        trial, start, dose = trial[rows], start[rows], dose[rows]
        is_change = np.zeros(len(trial), np.bool_)
        is_change[1:] = (
            (trial[1:] == trial[:-1]) & (dose[1:] != dose[:-1]) & ~np.isnan(dose[1:]) & (start[1:] != NO_DAY)
        )
        np.maximum.at(changed, trial[is_change], start[is_change])
        return changed

    @cached_property
    def trial_key(self) -> NDArray[np.int64]:
        """Key by row of table `trial`."""
        return self._tables["trial"]["trial_key"].to_numpy().astype(np.int64)


def _years(day: NDArray[np.int32] | Ints) -> tuple[Ints, Ints]:
    """The year of a day, and its place within the year, which is the same for the same date of any year."""
    date = day.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    number = month.astype(np.int64)  # from January 1970
    within = (date - month.astype("datetime64[D]")).astype(np.int64)
    return number // _MONTHS, number % _MONTHS * _MONTH + within
