"""Checks across knowledge files: every id resolves, nothing borrows in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from remit.errors import Fault
from remit.knowledge.definition import Definition, TrialFeature
from remit.knowledge.fact_checks import fact_faults
from remit.knowledge.library import Library
from remit.knowledge.pattern import selects

Places = Mapping[tuple[str, str], str]


def cross_check(library: Library, where: Places) -> list[Fault]:
    """Every fault between files; `where` maps (section, id) to a file."""
    faults = [*_sources(library, where), *_treatments(library, where), *_rules(library, where)]
    faults += _definitions(library, where)
    faults += fact_faults(library, where)
    for item_id, condition in library.conditions.items():
        faults += unknown_ids(where["conditions", item_id], "condition", condition.part_of, library.conditions)
    return faults


def sources_of(model: Any) -> Iterator[str]:
    """Every source id cited anywhere inside a model."""
    if isinstance(model, BaseModel):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if name == "sources" and isinstance(value, tuple):
                yield from value
            else:
                yield from sources_of(value)
    elif isinstance(model, Mapping):
        for value in model.values():
            yield from sources_of(value)
    elif isinstance(model, tuple):
        for value in model:
            yield from sources_of(value)


def unknown_ids(place: str, what: str, ids: Any, known: Mapping[str, Any]) -> list[Fault]:
    """A fault for every id that is not known."""
    return [
        Fault(place, f"{what} {i!r} is not known", "Add it, or correct the id.")
        for i in dict.fromkeys(ids)
        if i not in known
    ]


def _sources(library: Library, where: Places) -> Iterator[Fault]:
    for section in type(library).model_fields:
        entries = getattr(library, section)
        items = entries.items() if isinstance(entries, dict) else [(section, entries)]
        for item_id, model in items:
            place = where.get((section, item_id), f"{section}.yaml")
            yield from unknown_ids(place, "source", sources_of(model), library.sources)


def _treatments(library: Library, where: Places) -> Iterator[Fault]:
    for item_id, treatment in library.treatments.items():
        place = where["treatments", item_id]
        yield from unknown_ids(place, "class", [treatment.klass], library.classes)
        others = [*treatment.components, *([treatment.ingredient] if treatment.ingredient else [])]
        yield from unknown_ids(place, "treatment", others, library.treatments)
        root = library.treatments.get(treatment.ingredient or "")
        if root and root.ingredient:
            yield Fault(place, f"its ingredient {root.id} is itself a form", "Name the ingredient itself.")


def _rules(library: Library, where: Places) -> Iterator[Fault]:
    for item_id, rule in library.rules.items():
        place = where["rules", item_id]
        yield from unknown_ids(place, "treatment", [*rule.doses, *rule.sessions], library.treatments)
        if rule.doses_of:
            yield from unknown_ids(place, "adequacy rule", [rule.doses_of], library.rules)
            lender = library.rules.get(rule.doses_of)
            if lender and lender.doses_of:
                yield Fault(place, f"borrows doses from {lender.id}, which borrows too", "Name the table itself.")


def _definitions(library: Library, where: Places) -> Iterator[Fault]:
    for item_id, definition in library.definitions.items():
        place = where["definitions", item_id]
        yield from unknown_ids(place, "adequacy rule", [definition.adequacy], library.rules)
        asked = [definition.population.condition] if definition.population else []
        yield from unknown_ids(place, "condition", [*definition.excludes, *asked], library.conditions)
        for case in definition.cases:
            named = [t.treatment for t in case.trials] + [t.augments for t in case.trials if t.augments]
            yield from unknown_ids(f"{place}: case {case.name!r}", "treatment", named, library.treatments)
            yield from unknown_ids(f"{place}: case {case.name!r}", "condition", case.conditions, library.conditions)
        yield from _selects(place, definition, library)


def _selects(place: str, definition: Definition, library: Library) -> Iterator[Fault]:
    rule = library.rules.get(definition.adequacy)
    needs = {"dose_optimised": "dose_optimised_ratio", "duration_optimised": "duration_optimised_weeks"}
    for feature in definition.features.values():
        for select in selects(feature):
            named = (*select.treatments, *select.not_treatments)
            yield from unknown_ids(place, "treatment", named, library.treatments)
            yield from unknown_ids(place, "class", (*select.classes, *select.not_classes), library.classes)
        state = feature.state if isinstance(feature, TrialFeature) else ""
        number = needs.get(state)
        if rule and number and getattr(rule, number) is None:
            yield Fault(place, f"{state} needs {number} in rule {rule.id}", "Add it to the rule.")
