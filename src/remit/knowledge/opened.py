"""The parts of the knowledge as attributes of a run's knowledge; each is read when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from remit.knowledge.parts import Parts

if TYPE_CHECKING:
    from remit.knowledge.catalogue import CatalogueEntry
    from remit.knowledge.claims import Claim
    from remit.knowledge.course import Course
    from remit.knowledge.differential import Check
    from remit.knowledge.eligibility import EligibilityRule
    from remit.knowledge.library import Library
    from remit.knowledge.measures import MeasureEntry
    from remit.knowledge.ordering import MechanismGroup, Ordering, Preference
    from remit.knowledge.payers import PayerPolicy
    from remit.knowledge.pharmacogenetics import DrugGuidance, Enzyme
    from remit.knowledge.plans import HalfLife, PlanTemplate
    from remit.knowledge.pooled import PooledTable


class OpenedParts:
    """Parts by name. Mixed into `remit.knowledge.library.Knowledge`, which holds the rest."""

    library: Library
    _parts: Parts

    def part(self, section: str) -> Mapping[str, Any]:
        """Entries of a part (`remit.knowledge.parts`) by id, read when first asked for.

        Raises
        ------
        KnowledgeError
            With every fault of the part's files.
        """
        return self._parts.entries(section, self.library)

    @property
    def catalogue(self) -> Mapping[str, CatalogueEntry]:
        """What could come next, by id."""
        return self.part("catalogue")

    @property
    def claims(self) -> Mapping[str, Claim]:
        """What popular articles say, by id."""
        return self.part("claims")

    @property
    def payers(self) -> Mapping[str, PayerPolicy]:
        """Coverage policies by id."""
        return self.part("payers")

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """What else could explain it, in the order in which it is gone through."""
        return tuple(sorted(self.part("differential").values(), key=lambda check: check.position))

    @property
    def enzymes(self) -> Mapping[str, Enzyme]:
        """Drug-metabolising enzymes by id."""
        return self.part("enzymes")

    @property
    def pharmacogenetics(self) -> Mapping[str, DrugGuidance]:
        """What a guideline says of a drug by phenotype, by treatment id."""
        return self.part("pharmacogenetics")

    @property
    def plans(self) -> Mapping[str, PlanTemplate]:
        """Schedules by id."""
        return self.part("plans")

    @property
    def half_lives(self) -> Mapping[str, HalfLife]:
        """Half-lives by treatment id."""
        return self.part("half_lives")

    @property
    def eligibility(self) -> Mapping[str, EligibilityRule]:
        """Rules of labels, protocols and guidelines, by id."""
        return self.part("eligibility")

    @property
    def preferences(self) -> Mapping[str, Preference]:
        """What people may wish for, by id."""
        return self.part("preferences")

    @property
    def mechanisms(self) -> Mapping[str, MechanismGroup]:
        """Systems that treatments act on, by id."""
        return self.part("mechanisms")

    @property
    def measures(self) -> Mapping[str, MeasureEntry]:
        """Quality measures by id."""
        return self.part("measures")

    @property
    def ordering(self) -> Ordering:
        """How options are judged and put in order."""
        entry: Ordering = self.part("ordering")["options"]
        return entry

    @cached_property
    def options(self) -> tuple[CatalogueEntry, ...]:
        """Entries of the catalogue that may be listed as options, in the order of their keys."""
        left_out = self.ordering.left_out
        return tuple(e for e in self.catalogue.values() if e.is_listable and e.category not in left_out)

    @property
    def pooled(self) -> PooledTable:
        """What studies found, pooled ahead of time."""
        return self._parts.pooled

    @cached_property
    def course(self) -> Course:
        """How the course is judged, and what comes up when."""
        from remit.knowledge.course import Course

        return Course(self.part("course").values())
