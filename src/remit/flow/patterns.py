"""What treatment-pattern definitions look at: prescriptions and trials in time, whatever came of them.

Switches and chains are read off the days on which a treatment was ordered, dispensed or given; a course that a person
or clinician reported counts on its first and on its last day. Windows and steps are read off trials. Where a date of a
selected treatment is not exact, a switch or chain is not certain, and everything that the person's treatments allow is
possible. Used by `resistance`; docs/explanation/semantics.md, *Treatment patterns*, says it in words.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.chains import Dates, chains, dates, switches
from remit.engine.columns import values
from remit.engine.criteria import Bounds
from remit.engine.grouping import order_of
from remit.engine.intervals import FAR
from remit.engine.logic import Tri, between, every, known
from remit.engine.windows import Intervals, steps, windows
from remit.flow.prescriptions import Prescriptions, prescriptions
from remit.flow.scope import Spans
from remit.knowledge import Definition, Knowledge
from remit.knowledge.pattern import (
    ChainFeature,
    DrugsFeature,
    PatternFeature,
    StepFeature,
    SwitchFeature,
    WindowFeature,
)
from remit.knowledge.select import Select
from remit.tables import UNKNOWN, YES, Tables

Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAYS_PER_WEEK = 7
COURSES_BEFORE = 2


class Pattern(NamedTuple):
    """A feature's bounds by person; the certain units as (person, day); by trial whether it takes part."""

    bounds: Bounds
    certain: tuple[Int, Int]
    trials: Tri


class _Rows(NamedTuple):
    """Prescriptions of some treatments: where they stand; by person whether one is vague, and the most switches."""

    at: NDArray[np.intp]
    vague: Flags
    most: NDArray[np.intp]


class Patterns:
    """Pattern features of the persons of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    knowledge : Knowledge
    spans : Spans
        Of the trials.
    person : array of int
        By trial: the row of its person.
    exact : array of bool
        By trial: whether its dates are known to the day and it is not one that may be one with another.
    """

    def __init__(
        self, tables: Tables, knowledge: Knowledge, spans: Spans, person: NDArray[np.intp], exact: Flags
    ) -> None:
        self.tables, self.knowledge, self.spans, self.exact = tables, knowledge, spans, exact
        self.n = tables["person"].height
        self.person = person.astype(np.int64)
        trial = tables["trial"]
        self.treatment = knowledge.ingredient_keys[trial["treatment_key"].to_numpy()].astype(np.int64)
        self._dose = values(trial["max_dose_mg"], np.nan)
        self._is_dose_open = ~trial["is_dose_complete"].to_numpy()
        self._chosen_rows: dict[str, _Rows] = {}

    def of(self, definition: Definition, feature: PatternFeature, fair: Tri) -> Pattern:
        """One feature.

        Parameters
        ----------
        fair : Tri
            By trial: whether dose and time were adequate under the definition's rule.
        """
        rule = self.knowledge.rule_key(definition.adequacy)
        if isinstance(feature, DrugsFeature):
            return self._drugs(feature, rule)
        if isinstance(feature, SwitchFeature):
            return self._switches(feature, rule)
        if isinstance(feature, ChainFeature):
            return self._chain(feature, rule)
        if isinstance(feature, WindowFeature):
            return self._windows(feature, rule)
        return self._steps(feature, fair, rule)

    def _chosen(self, select: Select) -> Flags:
        return np.asarray(self.knowledge.selected(select)[self.treatment])

    def _at_dose(self, at_dose: bool, rule: int) -> Tri:
        """By trial: whether the rule's minimum dose was reached; yes where that is not asked."""
        if not at_dose:
            return np.full(len(self.person), YES, np.uint8)
        return _reached(self._dose, self.knowledge.minimum_doses(rule)[self.treatment], self._is_dose_open)

    def _drugs(self, feature: DrugsFeature, rule: int) -> Pattern:
        counts = every(known(self._chosen(feature.drugs)), self._at_dose(feature.at_dose, rule))
        # A course of which the beginning is unknown was taken all the same.
        first = self.spans.late_start.astype(np.int64)
        units = [self._first_of_each(np.flatnonzero(counts >= least), first) for least in (YES, UNKNOWN)]
        low, high = (np.bincount(owner, minlength=self.n).astype(np.float32) for owner, _ in units)
        return Pattern(Bounds(low, high), units[0], counts)

    def _first_of_each(self, at: NDArray[np.intp], day: Int) -> tuple[Int, Int]:
        """Persons and first days of each person and ingredient among some trials."""
        if not len(at):
            return self.person[:0], day[:0]
        n = len(self.knowledge.treatments)
        key = self.person[at] * n + self.treatment[at]
        order = order_of(key)  # trials stand in this order, but for forms of one ingredient
        key = key[order]
        first = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        return key[first] // n, np.minimum.reduceat(day[at][order], first)

    def _switches(self, feature: SwitchFeature, rule: int) -> Pattern:
        rows = self._rows(feature.switches)
        gap, least = feature.course_gap_days.value, feature.course_days.value
        found = switches(
            self._dates(rows, self._holds(rows, feature.at_dose, rule)), gap, least, feature.gap_days.value
        )
        low, high = (np.bincount(found.person[found.holds >= at], minlength=self.n) for at in (YES, UNKNOWN))
        sure = found.holds == YES
        certain = found.person[sure], found.day[sure]
        is_open = self._is_vague | (self._at_dose(feature.at_dose, rule) == UNKNOWN)
        return self._pattern((low, high, rows.vague, rows.most), certain, feature.switches, is_open)

    def _chain(self, feature: ChainFeature, rule: int) -> Pattern:
        rows = self._rows(feature.chain)
        holds, vague = self._holds(rows, feature.at_dose, rule), rows.vague
        if feature.at_dose:
            person = self._prescriptions.person[rows.at]
            vague = vague | (np.bincount(person[holds == UNKNOWN], minlength=self.n) > 0)
            is_there = holds == YES
            rows, holds = rows._replace(at=rows.at[is_there]), holds[is_there]
        person, day = chains(self._dates(rows, holds), feature.course_days.value)
        found = np.bincount(person, minlength=self.n)
        is_open = self._is_vague | (self._at_dose(feature.at_dose, rule) == UNKNOWN)
        counts = (found, found, vague, np.minimum(rows.most, 1))
        return self._pattern(counts, (person, day), feature.chain, is_open)

    def _pattern(
        self, counts: tuple[NDArray[np.intp], NDArray[np.intp], Flags, NDArray[np.intp]], certain: tuple[Int, Int],
        select: Select, is_open: Flags,
    ) -> Pattern:  # fmt: skip
        """Of a person with a vague date nothing is certain, and all that the ingredients allow is possible."""
        low, high, vague, most = counts
        bounds = Bounds(
            np.where(vague, 0, low).astype(np.float32), np.where(vague, np.maximum(high, most), high).astype(np.float32)
        )
        keep = ~vague[certain[0]]
        chosen = self._chosen(select)
        return Pattern(bounds, (certain[0][keep], certain[1][keep]), between(chosen & ~is_open, chosen))

    def _rows(self, select: Select) -> _Rows:
        """Prescriptions of selected treatments.

        A single ingredient makes neither a switch nor a chain, so who has only one is left out.
        """
        key = select.model_dump_json()
        if key not in self._chosen_rows:
            rows = self._prescriptions
            selected = self.knowledge.selected(select)
            owner, _ = self._first_of_each(np.flatnonzero(self._chosen(select)), self.spans.start.astype(np.int64))
            n_drugs = np.bincount(owner, minlength=self.n)
            has_two = n_drugs > 1
            vague = np.zeros(self.n, np.bool_)
            vague[rows.vague_person[selected[rows.vague_treatment]]] = True
            at = np.flatnonzero(selected[rows.treatment] & has_two[rows.person])
            self._chosen_rows[key] = _Rows(at, vague & has_two, np.maximum(n_drugs - 1, 0))
        return self._chosen_rows[key]

    def _holds(self, rows: _Rows, at_dose: bool, rule: int) -> Tri:
        """By row: whether its dose reaches the rule's minimum; yes where that is not asked."""
        if not at_dose:
            return np.full(len(rows.at), YES, np.uint8)
        dose = self._prescriptions.dose[rows.at]
        minimum = self.knowledge.minimum_doses(rule)[self._prescriptions.treatment[rows.at]]
        return _reached(dose, minimum, np.isnan(dose))

    def _dates(self, rows: _Rows, holds: Tri) -> Dates:
        at, known = rows.at, self._prescriptions
        return dates(known.person[at], known.treatment[at], known.day[at], holds)

    @cached_property
    def _prescriptions(self) -> Prescriptions:
        return prescriptions(self.tables, self.knowledge)

    @cached_property
    def _is_vague(self) -> Flags:
        """By trial: whether its person has a prescription of its ingredient of which the date is not exact."""
        n = len(self.knowledge.treatments)
        rows = self._prescriptions
        vague = np.unique(rows.vague_person * n + rows.vague_treatment)
        return np.asarray(np.isin(self.person * n + self.treatment, vague))

    @cached_property
    def _intervals(self) -> tuple[NDArray[np.intp], Intervals]:
        """Trials in order of person, ingredient, start; and their rows in the table."""
        start, end = self.spans.start.astype(np.int64), self.spans.end.astype(np.int64)
        order = order_of(self.person, self.treatment, start)
        return order, Intervals(self.person[order], self.treatment[order], start[order], end[order])

    def _windows(self, feature: WindowFeature, rule: int) -> Pattern:
        reached, exact = self._at_dose(feature.at_dose, rule), self.exact
        takes_part = np.zeros(len(self.person), np.bool_)
        for window in feature.any_window:
            takes_part |= self._chosen(window.begins) | self._chosen(window.others)
        sure, may = (reached == YES) & exact, reached >= UNKNOWN
        certain = self._begun(feature, sure)
        possible = certain if np.array_equal(sure, may) else self._begun(feature, may)
        is_vague = takes_part & ~exact
        if is_vague.any():
            possible = possible | (self._begun(feature, may, at_all=True) & self._of_person(is_vague))
        return self._either(certain, possible, takes_part, is_vague | (takes_part & (reached == UNKNOWN)))

    def _begun(self, feature: WindowFeature, is_there: Flags, *, at_all: bool = False) -> Flags:
        """By trial: whether it begins an event among the trials that are there; `at_all`: whatever the dates."""
        order, rows = self._intervals
        held = np.zeros(len(order), np.bool_)
        for window in feature.any_window:
            back = (-FAR, FAR) if at_all else (window.started_days_before, window.within_days)
            begins, others = ((self._chosen(select) & is_there)[order] for select in (window.begins, window.others))
            held[order] |= windows(rows, begins, others, back, window.at_least, by_start=window.by == "start")
        return held

    def _of_person(self, trials: Flags) -> Flags:
        """By trial: whether its person has a trial among some."""
        return np.asarray((np.bincount(self.person[trials], minlength=self.n) > 0)[self.person])

    def _lasted(self, rule: int) -> Tri:
        """By trial: whether it covered as many days as the rule asks for, at whatever dose."""
        needed = self.knowledge.rules[rule].min_weeks.value * DAYS_PER_WEEK
        trial = self.tables["trial"]
        return between(trial["covered_days_low"].to_numpy() >= needed, values(trial["covered_days"], FAR) >= needed)

    def _steps(self, feature: StepFeature, fair: Tri, rule: int) -> Pattern:
        first, further = self._chosen(feature.after_two), self._chosen(feature.next)
        exact, takes_part = self.exact, first | further
        judged = self._lasted(rule) if feature.dose_blind else fair
        is_vague = takes_part & ~exact
        certain = self._stepped(feature, first & exact & (judged == YES), further & exact)
        possible = certain
        if is_vague.any() or (first & (judged == UNKNOWN)).any():
            possible = self._stepped(feature, first & (judged >= UNKNOWN), further)
        if is_vague.any():
            start = self.spans.start.astype(np.int64)
            owner, _ = self._first_of_each(np.flatnonzero(first & (judged >= UNKNOWN)), start)
            has_two = np.bincount(owner, minlength=self.n) > 1
            has_third = np.bincount(self.person[takes_part], minlength=self.n) > COURSES_BEFORE
            possible = possible | (self._of_person(is_vague) & takes_part & (has_two & has_third)[self.person])
        return self._either(certain, possible, takes_part, is_vague | (first & (judged == UNKNOWN)))

    def _stepped(self, feature: StepFeature, fair: Flags, further: Flags) -> Flags:
        """By trial: whether it is a further course after two fair ones."""
        order, rows = self._intervals
        held = np.zeros(len(order), np.bool_)
        held[order] = steps(rows, fair[order], further[order], feature.gap_days.value, feature.within_days.value)
        return held

    def _either(self, certain: Flags, possible: Flags, takes_part: Flags, is_open: Flags) -> Pattern:
        """A feature of 0 or 1 from trials that hold it for certain, and that may."""
        at = np.flatnonzero(certain)
        low = np.bincount(self.person[at], minlength=self.n) > 0
        high = low | (np.bincount(self.person[possible], minlength=self.n) > 0)
        bounds = Bounds(low.astype(np.float32), high.astype(np.float32))
        days = self.spans.start.astype(np.int64)[at]
        return Pattern(bounds, (self.person[at], days), between(takes_part & ~is_open, takes_part))


def _reached(dose: NDArray[np.float64], minimum: NDArray[np.float64], is_open: Flags) -> Tri:
    """Whether a dose reaches a minimum; unknown where there is no minimum."""
    surely = dose >= minimum
    return between(surely, surely | is_open | np.isnan(minimum))
