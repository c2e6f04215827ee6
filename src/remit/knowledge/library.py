"""The knowledge of a run: what the files hold, by id, and the same as columns for the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from remit.errors import UsageError
from remit.knowledge.base import KnowledgeModel
from remit.knowledge.definition import Definition, Feature
from remit.knowledge.facts import FactDefinition
from remit.knowledge.instrument import Instrument
from remit.knowledge.opened import OpenedParts
from remit.knowledge.parts import Parts
from remit.knowledge.population import CohortPolicy
from remit.knowledge.schema import (
    AdequacyRule,
    ConditionSet,
    CrisisLine,
    Dose,
    Observable,
    Policy,
    Sessions,
    Source,
    Treatment,
    TreatmentClass,
)
from remit.knowledge.select import Select


class Library(KnowledgeModel):
    """Everything in the files, by section and id."""

    sources: dict[str, Source]
    classes: dict[str, TreatmentClass]
    treatments: dict[str, Treatment]
    rules: dict[str, AdequacyRule]
    definitions: dict[str, Definition]
    instruments: dict[str, Instrument]
    observables: dict[str, Observable]
    conditions: dict[str, ConditionSet]
    crisis_lines: dict[str, CrisisLine]
    facts: dict[str, FactDefinition] = {}
    policy: Policy
    cohort: CohortPolicy


ONE: dict[str, type[KnowledgeModel]] = {
    "treatments": Treatment,
    "rules": AdequacyRule,
    "definitions": Definition,
    "instruments": Instrument,
}
"""Sections with one file per entry, the file named after the id."""

MANY: dict[str, type[KnowledgeModel]] = {
    "sources": Source,
    "classes": TreatmentClass,
    "observables": Observable,
    "conditions": ConditionSet,
    "crisis_lines": CrisisLine,
    "facts": FactDefinition,
}
"""Sections whose files map ids to entries."""

SINGLE: dict[str, type[KnowledgeModel]] = {"policy": Policy, "cohort": CohortPolicy}
"""Sections that are one entry."""


class Knowledge(OpenedParts):
    """Validated knowledge, frozen. Positions in `treatments`, `rules` and `definitions` are the keys of the tables.

    Parameters
    ----------
    library : Library
    version : str
        CalVer of our own files.
    roots : tuple of Path
        Folders it was read from; the first is ours.
    codes_dir : Path, optional
        The user's own code maps.
    parts : Parts, optional
        What is read when first asked for; by default from `roots`.
    """

    def __init__(
        self,
        library: Library,
        version: str,
        roots: tuple[Path, ...] = (),
        codes_dir: Path | None = None,
        parts: Parts | None = None,
    ) -> None:
        self.library = library
        self.version = version
        self.roots = roots
        self.codes_dir = codes_dir
        self._parts = parts or Parts(roots)
        self.treatments: tuple[Treatment, ...] = tuple(library.treatments.values())
        self.rules: tuple[AdequacyRule, ...] = tuple(library.rules.values())
        self.definitions: tuple[Definition, ...] = tuple(library.definitions.values())
        self.facts: tuple[FactDefinition, ...] = tuple(library.facts.values())
        self.fact_keys: Mapping[str, int] = {fact.id: i for i, fact in enumerate(self.facts)}
        self._treatment_key = {t.id: i for i, t in enumerate(self.treatments)}
        self._rule_key = {r.id: i for i, r in enumerate(self.rules)}
        self._definition_key = {d.id: i for i, d in enumerate(self.definitions)}
        self._selected: dict[int, NDArray[np.bool_]] = {}  # by identity; the definitions live as long as this does
        self._in_roles: dict[tuple[str, ...], NDArray[np.bool_]] = {}
        self._feature_text: dict[int, str] = {}
        self._narrowed: dict[tuple[str, ...], Knowledge] = {}

    sources = property(lambda self: self.library.sources)
    classes = property(lambda self: self.library.classes)
    instruments = property(lambda self: self.library.instruments)
    observables = property(lambda self: self.library.observables)
    conditions = property(lambda self: self.library.conditions)

    @property
    def policy(self) -> Policy:
        """The project's choices that are numbers."""
        return self.library.policy

    @property
    def cohort(self) -> CohortPolicy:
        """The project's choices about populations that are numbers."""
        return self.library.cohort

    def treatment_key(self, treatment_id: str) -> int:
        """Row of `treatments`; KeyError if there is none."""
        return self._treatment_key[treatment_id]

    def fact_key(self, fact_id: str) -> int:
        """Row of `facts`; KeyError if there is none."""
        return self.fact_keys[fact_id]

    def definition_key(self, definition_id: str) -> int:
        """Row of `definitions`; KeyError if there is none."""
        return self._definition_key[definition_id]

    def rule_key(self, rule_id: str) -> int:
        """Row of `rules`; KeyError if there is none."""
        return self._rule_key[rule_id]

    def doses_of(self, rule: AdequacyRule) -> Mapping[str, Dose]:
        """The dose table of a rule, its own or the one it borrows."""
        return self.doses_of(self.library.rules[rule.doses_of]) if rule.doses_of else rule.doses

    def sessions_of(self, rule: AdequacyRule) -> Mapping[str, Sessions]:
        """Numbers of sessions of a rule, its own or those it borrows."""
        if rule.sessions or not rule.doses_of:
            return rule.sessions
        return self.sessions_of(self.library.rules[rule.doses_of])

    def condition_closure(self, condition_id: str) -> frozenset[str]:
        """The condition and every wider set that holds it."""
        known = self.library.conditions.get(condition_id)
        wider = (self.condition_closure(w) for w in known.part_of) if known else ()
        return frozenset({condition_id}).union(*wider)

    @cached_property
    def ingredient_keys(self) -> NDArray[np.int32]:
        """By treatment_key: the treatment_key of the ingredient that its trials count for."""
        return np.array([self._treatment_key[t.ingredient or t.id] for t in self.treatments], dtype=np.int32)

    @cached_property
    def class_ids(self) -> tuple[str, ...]:
        """Class ids in the order of their keys."""
        return tuple(self.library.classes)

    @cached_property
    def class_keys(self) -> NDArray[np.int32]:
        """By treatment_key: row of `class_ids`."""
        position = {c: i for i, c in enumerate(self.class_ids)}
        return np.array([position[t.klass] for t in self.treatments], dtype=np.int32)

    def minimum_doses(self, rule_key: int) -> NDArray[np.float64]:
        """By treatment_key: the rule's lowest adequate daily dose in mg; nan where it has none."""
        return np.asarray(self._minima[0][rule_key])

    def minimum_sessions(self, rule_key: int) -> NDArray[np.float64]:
        """By treatment_key: the rule's fewest adequate sessions; nan where it has none."""
        return np.asarray(self._minima[1][rule_key])

    @cached_property
    def _minima(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Minimum doses and sessions by rule and treatment."""
        shape = (len(self.rules), len(self.treatments))
        doses, sessions = np.full(shape, np.nan), np.full(shape, np.nan)
        for key, rule in enumerate(self.rules):
            for treatment, dose in self.doses_of(rule).items():
                doses[key, self._treatment_key[treatment]] = dose.mg
            for treatment, number in self.sessions_of(rule).items():
                sessions[key, self._treatment_key[treatment]] = number.sessions
        return doses, sessions

    @cached_property
    def roles(self) -> NDArray[np.str_]:
        """By treatment_key: its role."""
        return np.array([t.role for t in self.treatments])

    def in_roles(self, *roles: str) -> NDArray[np.bool_]:
        """By treatment_key: whether its role is one of some."""
        kept = self._in_roles.get(roles)
        if kept is None:
            kept = self._in_roles[roles] = np.isin(self.roles, roles)
        return kept

    def selected(self, select: Select) -> NDArray[np.bool_]:
        """By treatment_key: whether role, class and id match. A form also matches by its ingredient's id."""
        kept = self._selected.get(id(select))
        if kept is None:
            kept = np.array(_matches(self.treatments, select))
            self._selected[id(select)] = kept
        return kept

    def feature_text(self, feature: Feature | Select) -> str:
        """A feature, or what it selects, as text: the same for those that are alike."""
        kept = self._feature_text.get(id(feature))
        if kept is None:
            kept = self._feature_text[id(feature)] = feature.model_dump_json()
        return kept

    @cached_property
    def rules_in_use(self) -> tuple[int, ...]:
        """Keys of the adequacy rules that a definition or a fact names."""
        named = {d.adequacy for d in self.definitions}
        named |= {reader.trials.rule for fact in self.facts for reader in fact.read if reader.trials}
        return tuple(sorted(self._rule_key[name] for name in named))

    @cached_property
    def rules_of_definitions(self) -> tuple[int, ...]:
        """Keys of the adequacy rules that a definition names: those that a page shows."""
        return tuple(sorted({self._rule_key[d.adequacy] for d in self.definitions}))

    def dose_rule_key(self, rule_key: int) -> int:
        """Key of the rule that owns a rule's dose table."""
        rule = self.rules[rule_key]
        return self._rule_key[rule.doses_of or rule.id]

    def sessions_rule_key(self, rule_key: int) -> int:
        """Key of the rule that owns a rule's numbers of sessions."""
        rule = self.rules[rule_key]
        return self._rule_key[rule.id if rule.sessions or not rule.doses_of else rule.doses_of]

    @cached_property
    def dose_rules_in_use(self) -> tuple[int, ...]:
        """Keys of the rules that own the dose tables in use."""
        return tuple(sorted({self.dose_rule_key(rule) for rule in self.rules_in_use}))

    def only(self, definition_ids: Sequence[str] | None) -> Knowledge:
        """The same knowledge with some of the definitions; None keeps all.

        Raises
        ------
        UsageError
            Naming all ids that are unknown, and those that exist.
        """
        if definition_ids is None:
            return self
        if unknown := [i for i in definition_ids if i not in self._definition_key]:
            known = ", ".join(self._definition_key)
            raise UsageError(f"Unknown definition: {', '.join(unknown)}. Known: {known}.")
        wanted = tuple(dict.fromkeys(definition_ids))
        if wanted not in self._narrowed:
            kept = {i: self.library.definitions[i] for i in wanted}
            library = self.library.model_copy(update={"definitions": kept})
            self._narrowed[wanted] = Knowledge(library, self.version, self.roots, self.codes_dir, self._parts)
        return self._narrowed[wanted]

    @cached_property
    def is_sessions(self) -> NDArray[np.bool_]:
        """By treatment_key: whether it is given as sessions."""
        return np.array([t.given_as == "sessions" for t in self.treatments])


def _matches(treatments: Iterable[Treatment], select: Select) -> list[bool]:
    meant, not_meant = frozenset(select.treatments), frozenset(select.not_treatments)
    return [
        (not select.roles or t.role in select.roles)
        and (not select.classes or t.klass in select.classes)
        and t.klass not in select.not_classes
        and not_meant.isdisjoint((t.id, t.ingredient))
        and (not meant or not meant.isdisjoint((t.id, t.ingredient)))
        for t in treatments
    ]
