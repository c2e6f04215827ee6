"""Checks of the differential and of pharmacogenetics against the rest of the knowledge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from remit.errors import Fault
from remit.knowledge.checks import unknown_ids
from remit.knowledge.differential import Check
from remit.knowledge.fact_checks import case_faults, when_faults
from remit.knowledge.pharmacogenetics import NO_RESULT, DrugGuidance, Enzyme
from remit.knowledge.when import When

if TYPE_CHECKING:
    from remit.knowledge.instrument import Instrument
    from remit.knowledge.library import Library

Part = Callable[[str], Mapping[str, Any]]


def check_differential(place: str, check: Check, library: Library, part: Part) -> Iterator[Fault]:
    """Ids of a check, and the numbers that it holds scores against: they are cut-offs of the instrument."""
    yield from unknown_ids(place, "fact", check.asks, library.facts)
    yield from case_faults(place, check.cases, library)
    yield from unknown_ids(place, "instrument", check.instruments, library.instruments)
    measures = {**library.instruments, **library.observables}
    yield from unknown_ids(place, "measure", [t.measure for t in check.tells if t.measure], measures)
    for clue in check.clues():
        yield from when_faults(f"{place}: {clue.id}", clue.when, library.facts)
        for leaf in clue.when.leaves():
            yield from _leaf(f"{place}: {clue.id}", leaf, library)


def _leaf(place: str, leaf: When, library: Library) -> Iterator[Fault]:
    fact = library.facts.get(str(leaf.fact))
    if fact is None:
        return
    if leaf.has_bounds != (fact.kind == "number"):
        yield Fault(place, f"{fact.id} is a {fact.kind}", "Ask a number with a bound, and yes or no without.")
    for reader in fact.read:
        instrument = library.instruments.get(reader.measure or "")
        if instrument and leaf.has_bounds and not _is_published(leaf, instrument):
            remedy = "Add the cut-off to the instrument first."
            yield Fault(place, f"the number is neither a cut-off nor a band of {instrument.id}", remedy)


def _is_published(leaf: When, instrument: Instrument) -> bool:
    """Whether every bound is where a cut-off or a band of the instrument begins or ends."""
    bands = instrument.bands.bands if instrument.bands else ()
    starts = {c.at_least for c in instrument.cutoffs} | {b.low for b in bands}
    ends = {c.at_most for c in instrument.cutoffs} | {b.high for b in bands}
    bounds = ((leaf.at_least, starts), (leaf.below, starts), (leaf.above, ends), (leaf.at_most, ends))
    return all(bound is None or bound in published for bound, published in bounds)


def check_enzyme(place: str, enzyme: Enzyme, library: Library, part: Part) -> Iterator[Fault]:
    """Facts of an enzyme."""
    named = [*(p.fact for p in enzyme.phenotypes), *(c.fact for c in enzyme.conversions)]
    yield from unknown_ids(place, "fact", named, library.facts)


def check_guidance(place: str, drug: DrugGuidance, library: Library, part: Part) -> Iterator[Fault]:
    """Drug, enzymes and phenotypes of a guideline's table."""
    enzymes = part("enzymes")
    yield from unknown_ids(place, "treatment", [drug.id], library.treatments)
    yield from unknown_ids(place, "enzyme", drug.enzymes, enzymes)
    for row in drug.rows:
        for combination in row.when:
            for enzyme, phenotype in combination.items():
                known = [p.id for p in enzymes[enzyme].phenotypes] if enzyme in enzymes else [phenotype]
                yield from unknown_ids(
                    f"{place}: {enzyme}", "phenotype", [phenotype], dict.fromkeys([*known, NO_RESULT])
                )
