"""When an effect of a treatment is to be expected, and how long it lasts, by the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from remit.knowledge import Knowledge, Treatment
from remit.knowledge.catalogue import CatalogueEntry
from remit.render.views import TrialView


@dataclass(frozen=True, slots=True)
class Expected:
    """What the catalogue says of one trial; no days where its first day or the time to effect is not known."""

    trial: TrialView
    entry: CatalogueEntry
    first: date | None = None
    last: date | None = None


def expected_of(trial: TrialView, knowledge: Knowledge) -> Expected | None:
    """What is to be expected of a trial; None where the catalogue has no entry for it."""
    entry = entry_of(trial.treatment, knowledge)
    if entry is None:
        return None
    span = entry.facets.onset_days
    if span is None or trial.start is None or not trial.is_start_exact:
        return Expected(trial, entry)
    first, last = (trial.start + timedelta(days=int(d)) for d in (span.low, span.high))
    return Expected(trial, entry, first, last)


def entry_of(treatment: Treatment, knowledge: Knowledge) -> CatalogueEntry | None:
    """The catalogue's entry of a treatment; one that names it comes before one of its class, and that before one of
    its role.
    """
    entries = list(knowledge.catalogue.values())
    by_name = [e for e in entries if treatment.id in e.matches.treatments]
    by_class = [e for e in entries if treatment.klass in e.matches.classes]
    by_role = [e for e in entries if treatment.role in e.matches.roles]
    return next(iter([*by_name, *by_class, *(by_role if len(by_role) == 1 else [])]), None)
