"""The reasons that options are held against, flattened once for each knowledge: one row per option and reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.expressions import Conditions
from remit.flow.meant import looker
from remit.knowledge import Knowledge
from remit.knowledge.catalogue import CatalogueEntry
from remit.knowledge.eligibility import ANY, EligibilityRule
from remit.knowledge.ordering import Preference
from remit.knowledge.when import When
from remit.tables import NO, UNKNOWN, YES
from remit.tables.options import EFFECTS, REASON_KINDS, SYSTEMS

Flags = NDArray[np.bool_]
RULE, POPULATION, TRIALS_FIRST, TRIED = range(len(REASON_KINDS))
_FITS = {"not_expected": YES, "common": NO}


class Reasons(NamedTuple):
    """Arrays of one length, in order of option.

    `when` and `regions` are rows of `Plan.conditions`; a rule without regions holds everywhere.
    """

    option: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    when: NDArray[np.intp]
    regions: tuple[tuple[int, ...], ...]
    is_flag: Flags
    effect: NDArray[np.uint8]
    is_hard: Flags


class Plan(NamedTuple):
    """What options need of a knowledge, as columns."""

    conditions: Conditions
    groups: dict[str, int]  # special groups: row of `conditions`
    reasons: Reasons
    ids: pl.Series  # of the reasons, and last that of what was tried
    option_of: NDArray[np.float32]  # options x reasons: 1 where the reason is one of the option
    is_investigational: Flags
    can_be_tried: Flags  # false for what stands for many treatments, of which others remain
    is_added_only: Flags
    matches: Flags  # options x treatments
    line: NDArray[np.uint8]
    grade: NDArray[np.uint8]
    name: NDArray[np.int64]  # place in the order of names
    preferences: dict[str, tuple[bool, NDArray[np.uint8]]]  # whether it is wanted, and by option whether it fits
    systems: Flags  # systems x treatments


NO_LINE = 9
_PLANS: WeakKeyDictionary[Knowledge, Plan] = WeakKeyDictionary()


def plan_of(knowledge: Knowledge) -> Plan:
    """The plan of a knowledge."""
    plan = _PLANS.get(knowledge)
    if plan is None:
        plan = _PLANS[knowledge] = _Planner(knowledge).plan()
    return plan


class _Row(NamedTuple):
    option: int
    kind: int
    reason: str
    when: int
    regions: tuple[int, ...]
    is_flag: bool
    effect: str
    is_hard: bool


def rules_plan(knowledge: Knowledge, rules: Sequence[EligibilityRule]) -> tuple[Conditions, Reasons]:
    """Rules by themselves, one reason each, whatever options they are about; schedules too."""
    planner = _Planner(knowledge)
    reasons = _reasons([planner.rule(0, rule) for rule in rules])
    return Conditions(planner.whens, knowledge.fact_keys), reasons


def _reasons(rows: list[_Row]) -> Reasons:
    return Reasons(
        np.array([r.option for r in rows], np.uint8),
        np.array([r.kind for r in rows], np.uint8),
        np.array([r.when for r in rows], np.intp),
        tuple(r.regions for r in rows),
        np.array([r.is_flag for r in rows], np.bool_),
        np.array([EFFECTS.index(r.effect) for r in rows], np.uint8),
        np.array([r.is_hard for r in rows], np.bool_),
    )


class _Planner:
    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, self.ordering = knowledge, knowledge.ordering
        self.whens: list[When | None] = []
        self._index: dict[str, int] = {}
        self.regions = {region: self._when(when) for region, when in self.ordering.regions.items()}
        self.groups = {group: self._when(g.when) for group, g in self.ordering.groups.items()}

    def plan(self) -> Plan:
        options = self.knowledge.options
        rows = [row for key, entry in enumerate(options) for row in self._rows(key, entry)]
        reasons = _reasons(rows)
        names = sorted(range(len(options)), key=lambda i: (options[i].name.casefold(), options[i].id))
        place = np.empty(len(options), np.int64)
        place[names] = np.arange(len(options))
        return Plan(
            Conditions(self.whens, self.knowledge.fact_keys),
            self.groups,
            reasons,
            pl.Series("reason", [*(r.reason for r in rows), REASON_KINDS[TRIED]], dtype=pl.String),
            (reasons.option == np.arange(len(options))[:, None]).astype(np.float32),
            np.array([e.is_investigational for e in options], np.bool_),
            np.array([not e.matches.roles for e in options], np.bool_),
            np.array([e.matches.is_added_only for e in options], np.bool_),
            np.array([self._matches(e) for e in options], np.bool_).reshape(len(options), -1),
            np.array([e.line.value if e.line else NO_LINE for e in options], np.uint8),
            np.array([self.ordering.grades.index(e.grade) for e in options], np.uint8),
            place,
            {i: (p.stance == "wants", _fits(p, options)) for i, p in self.knowledge.preferences.items()},
            np.array([self._system(system) for system in SYSTEMS], np.bool_),
        )

    def _when(self, when: When | None) -> int:
        """Row of a condition; conditions that are alike share one."""
        text = when.model_dump_json(by_alias=True) if when else ""
        if text not in self._index:
            self._index[text] = len(self.whens)
            self.whens.append(when)
        return self._index[text]

    def _rows(self, key: int, entry: CatalogueEntry) -> list[_Row]:
        rows = [
            self.rule(key, rule)
            for rule in self.knowledge.eligibility.values()
            if rule.logic != "schedule" and (entry.id in rule.treatments or ANY in rule.treatments)
        ]
        for name, group in self.ordering.groups.items():
            known = entry.population.get(group.in_catalogue) if group.in_catalogue else None
            if known:
                effect = self.ordering.suitability[known.value] if group.gates else EFFECTS[0]
                rows.append(_Row(key, POPULATION, name, self.groups[name], (), True, effect, False))
        if n := entry.facets.failed_trials_at_least:
            when = self._when(When(fact=self.ordering.failed_trials, at_least=n))
            rows.append(_Row(key, TRIALS_FIRST, REASON_KINDS[TRIALS_FIRST], when, (), False, "not_now", True))
        return rows

    def rule(self, key: int, rule: EligibilityRule) -> _Row:
        """A rule as a reason of an option."""
        regions = tuple(self.regions[j] for j in rule.jurisdictions if j != ANY)
        when, bears_if_met = self._when(rule.condition), rule.logic != "require"
        return _Row(key, RULE, rule.id, when, regions, bears_if_met, rule.effect, rule.is_hard)

    def _matches(self, entry: CatalogueEntry) -> list[bool]:
        """By treatment_key: whether a record that names it speaks of this option."""
        m = entry.matches
        if not (m.treatments or m.classes or m.roles):
            return [False] * len(self.knowledge.treatments)
        ids, classes, roles = set(m.treatments), set(m.classes), set(m.roles)
        return [
            bool({t.id, t.ingredient} & ids) or t.klass in classes or t.role in roles for t in self.knowledge.treatments
        ]

    def _system(self, system: str) -> list[bool]:
        """By treatment_key: whether it is thought to act on a system, by the catalogue or by its class."""
        known = self.knowledge.mechanisms.get(system)
        drugs = known.drugs if known else None
        looks_at = looker(drugs, self.knowledge) if drugs else None
        acts = [bool(looks_at and looks_at(t)) for t in self.knowledge.treatments]
        ids = {
            treatment
            for entry in self.knowledge.catalogue.values()
            if any(system in mechanism.systems for mechanism in entry.mechanisms)
            for treatment in entry.matches.treatments
        }
        known_to_act = [bool({t.id, t.ingredient} & ids) for t in self.knowledge.treatments]
        return [a or b for a, b in zip(acts, known_to_act, strict=True)]


def _fits(preference: Preference, options: tuple[CatalogueEntry, ...]) -> NDArray[np.uint8]:
    """By option: whether it fits a wish; unknown where the catalogue does not tell."""
    return np.array([_fit(preference, entry) for entry in options], np.uint8)


def _fit(preference: Preference, entry: CatalogueEntry) -> int:
    facets = entry.facets
    if preference.facet:
        return YES if getattr(facets, preference.facet) == preference.fits_if else NO
    if preference.effect:
        effect = entry.effects.get(preference.effect)
        return _FITS.get(effect.value, UNKNOWN) if effect else UNKNOWN
    most, span = preference.onset_days_at_most, facets.onset_days
    if most is None:
        most, span = preference.visits_at_most, facets.first_month_visits_count
    if most is None or span is None:
        return UNKNOWN
    return YES if span.high <= most else NO if span.low > most else UNKNOWN
