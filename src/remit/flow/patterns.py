"""What treatment-pattern definitions look at: prescriptions and trials in time, whatever came of them.

Switches and chains are read off the days on which a treatment was ordered, dispensed or given; a course that a person
or clinician reported counts on its first and on its last day. Windows and steps are read off trials. Where a date of a
selected treatment is not exact, a switch or chain is not certain, and everything that the person's treatments allow is
possible. Dates are sorted once for all definitions. Used by `resistance`; docs/explanation/semantics.md, *Treatment
patterns*, says it in words.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.chains import Switches, chains, switches
from remit.engine.columns import NO_DAYS
from remit.engine.counting import earliest, tally
from remit.engine.criteria import Bounds
from remit.engine.dates import Dates, dates
from remit.engine.grouping import order_of
from remit.engine.intervals import FAR
from remit.engine.logic import Tri, between, every, known
from remit.engine.windows import (
    FAIR_MAY,
    FAIR_SURE,
    FURTHER_MAY,
    FURTHER_SURE,
    SURE,
    Back,
    Found,
    Intervals,
    flagged,
    steps,
    windows,
)
from remit.engine.written import columns_of
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
from remit.tables import UNKNOWN, YES, Tables, Trial

Int = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAYS_PER_WEEK = 7
COURSES_BEFORE = 2


class Pattern(NamedTuple):
    """A feature's bounds by person; the certain units as (person, day); by trial whether it takes part."""

    bounds: Bounds
    certain: tuple[NDArray[np.integer[Any]], Int]
    trials: Tri


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
    doses : pair of arrays
        By trial: the highest known daily dose, nan where there is none, and whether it may have been higher.
    """

    def __init__(
        self,
        tables: Tables,
        knowledge: Knowledge,
        spans: Spans,
        person: NDArray[np.intp],
        exact: Flags,
        doses: tuple[NDArray[np.float64], Flags],
    ) -> None:
        self.tables, self.knowledge, self.spans, self.exact = tables, knowledge, spans, exact
        self.n = tables["person"].height
        self.person = person.astype(np.int64, copy=False)
        self._trial = columns_of(tables, Trial)
        self.treatment = knowledge.ingredient_keys[self._trial["treatment_key"]].astype(np.int64)
        self._dose, self._is_dose_open = doses
        self._dates_by_rule: dict[int, Dates] = {}
        self._doses: dict[int, Tri] = {}
        self._switched: dict[tuple[int, bytes, float, float, float], Switches] = {}
        self._last_chosen: tuple[Flags, Flags] = (np.empty(0, np.bool_), np.empty(0, np.bool_))

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
        """By trial; what was asked for last is kept, for features of a definition often share it."""
        selected = self.knowledge.selected(select)
        if not np.array_equal(selected, self._last_chosen[0]):
            self._last_chosen = selected, np.asarray(selected[self.treatment])
        return self._last_chosen[1]

    def _at_dose(self, at_dose: bool, rule: int) -> Tri:
        """By trial: whether the rule's minimum dose was reached; yes where that is not asked."""
        if not at_dose:
            return np.full(len(self.person), YES, np.uint8)
        if rule not in self._doses:
            minimum = self.knowledge.minimum_doses(rule)[self.treatment]
            surely = self._dose >= minimum
            self._doses[rule] = between(surely, surely | self._is_dose_open | np.isnan(minimum))
        return self._doses[rule]

    def _drugs(self, feature: DrugsFeature, rule: int) -> Pattern:
        counts = every(known(self._chosen(feature.drugs)), self._at_dose(feature.at_dose, rule))
        n_drugs = len(self.knowledge.treatments)
        # A course of which the beginning is unknown was taken all the same.
        units = earliest(self.person, self.treatment, self.spans.late_start, counts == YES, n_drugs)
        if (counts == UNKNOWN).any():
            return Pattern(self._tally(counts), units, counts)
        n_units = np.bincount(units[0], minlength=self.n).astype(np.float32)
        return Pattern(Bounds(n_units, n_units), units, counts)

    def _tally(self, counts: Tri) -> Bounds:
        """By person: how many ingredients have a trial that counts."""
        return Bounds(*tally(self.person, self.treatment, counts, len(self.knowledge.treatments), self.n))

    def _switches(self, feature: SwitchFeature, rule: int) -> Pattern:
        rows, chosen = self._dates(feature.at_dose, rule), self.knowledge.selected(feature.switches)
        gap, least = feature.course_gap_days.value, feature.course_days.value
        asked = id(rows), chosen.tobytes(), gap, least, feature.gap_days.value  # rows are kept as long as this
        if asked not in self._switched:
            self._switched[asked] = switches(rows, chosen, *asked[2:])
        found = self._switched[asked] if feature.at_dose else self._switched[asked].of_any_quality()
        sure, may = found.that_hold(YES), found.that_hold(UNKNOWN)
        low = np.bincount(sure.person, minlength=self.n)
        high = low if may is sure else np.bincount(may.person, minlength=self.n)
        at_dose = self._at_dose(feature.at_dose, rule)
        return self._pattern((low, high, self._vague(chosen)), (sure.person, sure.day), feature.switches, FAR, at_dose)

    def _chain(self, feature: ChainFeature, rule: int) -> Pattern:
        rows, chosen = self._dates(feature.at_dose, rule), self.knowledge.selected(feature.chain)
        person, day, is_open = chains(rows, chosen, feature.course_days.value, self.n, at_dose=feature.at_dose)
        found = np.bincount(person, minlength=self.n)
        at_dose = self._at_dose(feature.at_dose, rule)
        counts = (found, found, self._vague(chosen) | is_open)
        return self._pattern(counts, (person, day), feature.chain, 1, at_dose)

    def _pattern(
        self, counts: tuple[NDArray[np.intp], NDArray[np.intp], Flags], certain: tuple[Int, Int], select: Select,
        at_most: int, at_dose: Tri,
    ) -> Pattern:  # fmt: skip
        """Of a person with a vague date nothing is certain, and all that the ingredients allow is possible."""
        low, high = (count.astype(np.float32) for count in counts[:2])
        vague, chosen = counts[2], self._chosen(select)
        if np.count_nonzero(vague):
            low *= ~vague
            may = vague & (high < at_most)
            n_drugs = self._tally(known(chosen & may[self.person])).low
            most = np.minimum(np.maximum(n_drugs - 1, 0), at_most)  # one ingredient makes neither a switch nor a chain
            high = np.maximum(high, most)
            keep = ~vague[certain[0]]
            certain = certain[0][keep], certain[1][keep]
        is_open = self._is_vague | (at_dose == UNKNOWN)
        return Pattern(Bounds(low, high), certain, between(chosen & ~is_open, chosen))

    def _dates(self, at_dose: bool, rule: int) -> Dates:
        """The prescriptions in order, with whether doses reach the rule's minimum; of any rule where that is idle."""
        if not at_dose and self._dates_by_rule:
            return next(iter(self._dates_by_rule.values()))
        if rule not in self._dates_by_rule:
            rows = self._prescriptions
            kinds, minimum = self.knowledge.ingredient_keys, self.knowledge.minimum_doses(rule)
            self._dates_by_rule[rule] = dates(*rows[:4], kinds, minimum, self._gap)
        return self._dates_by_rule[rule]

    @cached_property
    def _gap(self) -> float:
        """The least distance in days at which any definition cuts prescriptions of one ingredient into two courses."""
        features = [feature for d in self.knowledge.definitions for feature in d.features.values()]
        return min((f.course_gap_days.value for f in features if isinstance(f, SwitchFeature)), default=np.inf)

    def _vague(self, chosen: Flags) -> Flags:
        """By person: whether a prescription of a selected ingredient has a date that is not exact."""
        rows, vague = self._prescriptions, np.zeros(self.n, np.bool_)
        vague[rows.vague_person[chosen[rows.vague_ingredient]]] = True
        return vague

    @cached_property
    def _prescriptions(self) -> Prescriptions:
        return prescriptions(self.tables, self.knowledge)

    @cached_property
    def _is_vague(self) -> Flags:
        """By trial: whether its person has a prescription of its ingredient of which the date is not exact."""
        rows = self._prescriptions
        if not len(rows.vague_person):
            return np.zeros(len(self.person), np.bool_)
        n = len(self.knowledge.treatments)
        return np.asarray(np.isin(self.person * n + self.treatment, rows.vague_person * n + rows.vague_ingredient))

    @cached_property
    def _intervals(self) -> tuple[NDArray[np.intp], Intervals]:
        """Trials in order of person and start, and their rows in the table."""
        start = self.spans.start
        order = order_of(self.person, start.astype(np.int64))
        kind = self.treatment[order].astype(np.int16)
        return order, Intervals(self.person[order], kind, start[order], self.spans.end[order])

    def _windows(self, feature: WindowFeature, rule: int) -> Pattern:
        reached, exact = self._at_dose(feature.at_dose, rule), self.exact
        selected = self.knowledge.selected
        events = [
            Back(
                selected(w.begins),
                selected(w.others),
                w.started_days_before,
                w.within_days,
                w.at_least,
                w.by == "start",
            )
            for w in feature.any_window
        ]
        takes_part = np.logical_or.reduce([part for event in events for part in event[:2]])[self.treatment]
        order, rows = self._intervals
        there = flagged((reached == YES) & exact, reached >= UNKNOWN)[order]
        found, is_vague = windows(rows, there, events, self.n), takes_part & ~exact
        if is_vague.any():
            ever = [event._replace(since=-FAR, until=FAR) for event in events]  # whatever the dates
            vague = flagged(np.zeros(self.n, np.bool_), self._persons(self.person[is_vague]))
            found.held[:] |= windows(rows, there, ever, self.n).held & vague
        return self._either(found, takes_part, is_vague | (takes_part & (reached == UNKNOWN)))

    def _persons(self, rows: NDArray[np.integer[Any]]) -> Flags:
        """By person: whether it is among some."""
        flags = np.zeros(self.n, np.bool_)
        flags[rows] = True
        return flags

    def _lasted(self, rule: int) -> Tri:
        """By trial: whether it covered as many days as the rule asks for, at whatever dose."""
        needed = self.knowledge.rules[rule].min_weeks.value * DAYS_PER_WEEK
        most = self._trial["covered_days"]
        return between(self._trial["covered_days_low"] >= needed, (most >= needed) | (most == NO_DAYS))

    def _steps(self, feature: StepFeature, fair: Tri, rule: int) -> Pattern:
        first, further = self._chosen(feature.after_two), self._chosen(feature.next)
        exact, takes_part = self.exact, first | further
        judged = self._lasted(rule) if feature.dose_blind else fair
        is_vague = takes_part & ~exact
        fair_may = first & (judged >= UNKNOWN)
        fair = flagged(first & exact & (judged == YES), fair_may, (FAIR_SURE, FAIR_MAY))
        part = fair | flagged(further & exact, further, (FURTHER_SURE, FURTHER_MAY))
        order, rows = self._intervals
        found = steps(rows, part[order], feature.gap_days.value, feature.within_days.value, self.n)
        if is_vague.any():
            n_fair = self._tally(known(fair_may)).low
            has_third = np.bincount(self.person[takes_part], minlength=self.n) > COURSES_BEFORE
            may = self._persons(self.person[is_vague]) & (n_fair > 1) & has_third
            found.held[:] |= flagged(np.zeros(self.n, np.bool_), may)
        return self._either(found, takes_part, is_vague | (first & (judged == UNKNOWN)))

    def _either(self, found: Found, takes_part: Flags, is_open: Flags) -> Pattern:
        """A feature of 0 or 1."""
        low = found.held & SURE > 0
        bounds = Bounds(low.astype(np.float32), (found.held > 0).astype(np.float32))
        person = np.flatnonzero(low)
        return Pattern(bounds, (person, found.day[person]), between(takes_part & ~is_open, takes_part))
