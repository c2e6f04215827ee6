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


class Expectations:
    """What is to be expected of treatments; an entry that names one comes before one of its class, and that before
    one of its role.

    Parameters
    ----------
    knowledge : Knowledge
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._by_name: dict[str, CatalogueEntry] = {}
        self._by_class: dict[str, CatalogueEntry] = {}
        self._by_role: dict[str, list[CatalogueEntry]] = {}
        for entry in knowledge.catalogue.values():
            for name in entry.matches.treatments:
                self._by_name.setdefault(name, entry)
            for name in entry.matches.classes:
                self._by_class.setdefault(name, entry)
            for name in dict.fromkeys(entry.matches.roles):
                self._by_role.setdefault(name, []).append(entry)

    def of(self, trial: TrialView) -> Expected | None:
        """What is to be expected of a trial; None where the catalogue has no entry for it."""
        entry = self._entry(trial.treatment)
        if entry is None:
            return None
        span = entry.facets.onset_days
        if span is None or trial.start is None or not trial.is_start_exact:
            return Expected(trial, entry)
        first, last = (trial.start + timedelta(days=int(d)) for d in (span.low, span.high))
        return Expected(trial, entry, first, last)

    def _entry(self, treatment: Treatment) -> CatalogueEntry | None:
        found = self._by_name.get(treatment.id) or self._by_class.get(treatment.klass)
        if found is not None:
            return found
        by_role = self._by_role.get(treatment.role, [])
        return by_role[0] if len(by_role) == 1 else None
