"""Checks of the rules about options against the rest of the knowledge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from remit.errors import Fault
from remit.knowledge.checks import unknown_ids
from remit.knowledge.eligibility import ANY
from remit.knowledge.fact_checks import case_faults, when_faults

if TYPE_CHECKING:
    from remit.knowledge.library import Library

Part = Callable[[str], Mapping[str, Any]]


def eligibility_faults(place: str, rule: Any, library: Library, part: Part) -> Iterator[Fault]:
    """What is wrong with the references of a rule and of its worked cases."""
    named = [t for t in rule.treatments if t != ANY]
    yield from unknown_ids(place, "catalogue entry", named, part("catalogue"))
    yield from case_faults(place, rule.cases, library)
    if len({schedule.only_if for schedule in rule.schedule}) > 1:
        yield Fault(place, "its schedules are for different people", "Make a rule of each.")
    for when in [rule.when, *(schedule.only_if for schedule in rule.schedule)]:
        if when is not None:
            yield from when_faults(place, when, library.facts)
    for wait in rule.wait:
        yield from unknown_ids(place, "class or treatment", wait.after, {**library.classes, **library.treatments})


def ordering_faults(place: str, ordering: Any, library: Library, part: Part) -> Iterator[Fault]:
    """What is wrong with the references of the choices about options."""
    yield from unknown_ids(place, "adequacy rule", [ordering.fair_try], library.rules)
    yield from unknown_ids(place, "fact", [ordering.failed_trials], library.facts)
    for when in [*ordering.regions.values(), *(group.when for group in ordering.groups.values())]:
        yield from when_faults(place, when, library.facts)


def preference_faults(place: str, preference: Any, library: Library, part: Part) -> Iterator[Fault]:
    """An effect that no entry of the catalogue speaks of."""
    if preference.effect:
        effects = {effect: entry for entry in part("catalogue").values() for effect in entry.effects}
        yield from unknown_ids(place, "effect", [preference.effect], effects)


def mechanism_faults(place: str, mechanism: Any, library: Library, part: Part) -> Iterator[Fault]:
    """What is wrong with the references of a system."""
    if mechanism.drugs:
        yield from unknown_ids(place, "class", mechanism.drugs.classes, library.classes)
        yield from unknown_ids(place, "treatment", mechanism.drugs.treatments, library.treatments)
