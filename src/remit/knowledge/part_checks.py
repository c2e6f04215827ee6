"""Checks of the parts against the rest: every id resolves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from remit.errors import Fault
from remit.knowledge.checks import sources_of, unknown_ids
from remit.knowledge.differential_checks import check_differential, check_enzyme, check_guidance
from remit.knowledge.eligibility_checks import (
    eligibility_faults,
    mechanism_faults,
    ordering_faults,
    preference_faults,
)
from remit.knowledge.select import Select

if TYPE_CHECKING:
    from remit.knowledge.library import Library

Places = Mapping[tuple[str, str], str]
Part = Callable[[str], Mapping[str, Any]]


def check_part(section: str, entries: Mapping[str, Any], where: Places, library: Library, part: Part) -> list[Fault]:
    """Every fault between a part and the rest of the knowledge."""
    faults: list[Fault] = []
    for item_id, entry in entries.items():
        place = where.get((section, item_id), f"{section}: {item_id}")
        faults += unknown_ids(place, "source", sources_of(entry), library.sources)
        if section in _OWN:
            faults += _OWN[section](place, entry, library, part)
    return faults


def _catalogue(place: str, entry: Any, library: Library, part: Part) -> Iterator[Fault]:
    yield from unknown_ids(place, "treatment", entry.matches.treatments, library.treatments)
    yield from unknown_ids(place, "class", entry.matches.classes, library.classes)
    yield from unknown_ids(place, "payer policy", entry.payers, part("payers"))


def _claims(place: str, entry: Any, library: Library, part: Part) -> Iterator[Fault]:
    yield from unknown_ids(place, "catalogue entry", entry.treatments, part("catalogue"))


def _payers(place: str, entry: Any, library: Library, part: Part) -> Iterator[Fault]:
    yield from unknown_ids(place, "adequacy rule", [entry.adequacy], library.rules)
    asked = [fact for criterion in entry.criteria for fact in criterion.when.facts()]
    yield from unknown_ids(place, "fact", asked, library.facts)


def _plans(place: str, entry: Any, library: Library, part: Part) -> Iterator[Fault]:
    yield from unknown_ids(place, "catalogue entry", entry.options, part("catalogue"))
    for washout in entry.washouts:
        yield from unknown_ids(place, "treatment", washout.drugs.treatments, library.treatments)
        yield from unknown_ids(place, "class", washout.drugs.classes, library.classes)


def _half_lives(place: str, entry: Any, library: Library, part: Part) -> Iterator[Fault]:
    yield from unknown_ids(place, "treatment", [place.rpartition(": ")[2]], library.treatments)


def _course(place: str, page: Any, library: Library, part: Part) -> Iterator[Fault]:
    known = {**library.instruments, **library.observables}
    yield from unknown_ids(place, "instrument", page.measures, library.instruments)
    for algorithm in page.algorithms.values():
        yield from unknown_ids(place, "instrument", [algorithm.measure], library.instruments)
    for rule in page.tasks.values():
        yield from unknown_ids(place, "measure", rule.measures, known)
    for select in _selects(page):
        yield from unknown_ids(place, "treatment", select.treatments, library.treatments)
        yield from unknown_ids(place, "class", (*select.classes, *select.not_classes), library.classes)


def _selects(model: Any) -> Iterator[Select]:
    """Every selection of treatments anywhere inside a model."""
    if isinstance(model, Select):
        yield model
    elif isinstance(model, BaseModel):
        for name in type(model).model_fields:
            yield from _selects(getattr(model, name))
    elif isinstance(model, Mapping | tuple):
        for value in model.values() if isinstance(model, Mapping) else model:
            yield from _selects(value)


_OWN: dict[str, Callable[[str, Any, Library, Part], Iterator[Fault]]] = {
    "differential": check_differential,
    "enzymes": check_enzyme,
    "pharmacogenetics": check_guidance,
    "catalogue": _catalogue,
    "course": _course,
    "claims": _claims,
    "payers": _payers,
    "plans": _plans,
    "half_lives": _half_lives,
    "eligibility": eligibility_faults,
    "ordering": ordering_faults,
    "preferences": preference_faults,
    "mechanisms": mechanism_faults,
}
