"""Checks of facts and of conditions over them against the rest of the knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from remit.errors import Fault
from remit.knowledge.facts import FactDefinition, Reader
from remit.knowledge.when import When

if TYPE_CHECKING:
    from remit.knowledge.library import Library


def fact_faults(library: Library, where: Mapping[tuple[str, str], str]) -> Iterator[Fault]:
    """Every id that a fact names and that does not exist."""
    for item_id, fact in library.facts.items():
        place = where["facts", item_id]
        for reader in fact.read:
            for what, ids, known in _named(reader, library):
                yield from _unknown(place, what, ids, known)
        if fact.closed_by:
            closer = library.facts.get(fact.closed_by)
            if closer is None or closer.kind != "yes_no":
                yield Fault(place, f"closed_by {fact.closed_by!r} is no yes_no fact", "Name one.")


def when_faults(place: str, when: When, facts: Mapping[str, FactDefinition]) -> Iterator[Fault]:
    """What is wrong with a condition: a fact that is not known, or that is asked as what it is not."""
    yield from _unknown(place, "fact", when.facts(), facts)
    for leaf in when.leaves():
        fact = facts.get(leaf.fact or "")
        if fact is not None and (fact.kind == "number") != leaf.has_bounds:
            remedy = "Give a bound of a number, or `is` of a yes_no fact."
            yield Fault(place, f"fact {fact.id!r} is of the kind {fact.kind}", remedy)


def case_faults(place: str, cases: Iterable[Any], library: Library) -> Iterator[Fault]:
    """What is wrong with the facts of worked cases: one that is not known, or a number for a yes or no."""
    for n, case in enumerate(cases, start=1):
        told = f"{place}: case {getattr(case, 'name', n)!r}"
        yield from _unknown(told, "fact", tuple(case.facts), library.facts)
        for fact, value in case.facts.items():
            known = library.facts.get(fact)
            if known and isinstance(value, bool) != (known.kind == "yes_no"):
                yield Fault(told, f"{fact} is a {known.kind}", "Give it what it takes.")


def _named(reader: Reader, library: Library) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    measures = {**library.observables, **library.instruments}
    yield "condition", reader.condition or (), library.conditions
    yield "measure", (*((reader.measure,) if reader.measure else ()), *(reader.measured or ())), measures
    drugs = reader.taking or reader.last_taken or reader.tried
    if drugs:
        yield "class", drugs.classes, library.classes
        yield "treatment", (*drugs.treatments, *drugs.not_treatments), library.treatments
    if reader.item:
        yield "instrument", (reader.item.instrument,), library.instruments
    if reader.trials:
        select = reader.trials.select
        yield "adequacy rule", (reader.trials.rule,), library.rules
        yield "class", (*select.classes, *select.not_classes), library.classes
        yield "treatment", select.treatments, library.treatments


def _unknown(place: str, what: str, ids: tuple[str, ...], known: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault(place, f"{what} {i!r} is not known", "Add it, or correct the id.")
        for i in dict.fromkeys(ids)
        if i not in known
    ]
