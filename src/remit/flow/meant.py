"""Which treatments are meant by classes, roles and names. Used by `facts` and `options`."""

from __future__ import annotations

from collections.abc import Callable

from remit.knowledge import Knowledge
from remit.knowledge.facts import Drugs
from remit.knowledge.schema import Treatment


def looker(drugs: Drugs, knowledge: Knowledge) -> Callable[[Treatment], bool]:
    """Tells of a treatment whether it, the ingredient it is a form of, or one of its components is meant."""
    named, left_out = frozenset(drugs.treatments), frozenset(drugs.not_treatments)
    classes, roles = frozenset(drugs.classes), frozenset(drugs.roles)

    def looks_at(treatment: Treatment) -> bool:
        own = (treatment.id, treatment.ingredient or treatment.id)
        if not left_out.isdisjoint(own):
            return False
        if treatment.klass in classes or treatment.role in roles or not named.isdisjoint(own):
            return True
        parts = (knowledge.treatments[knowledge.treatment_key(c)] for c in treatment.components)
        return any(part.klass in classes or part.id in named for part in parts)

    return looks_at
