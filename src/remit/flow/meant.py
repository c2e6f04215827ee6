"""Which treatments are meant by classes, roles and names. Used by `facts` and `options`."""

from __future__ import annotations

from remit.knowledge import Knowledge
from remit.knowledge.facts import Drugs
from remit.knowledge.schema import Treatment


def looks_at(drugs: Drugs, treatment: Treatment, knowledge: Knowledge) -> bool:
    """Whether a treatment, the ingredient it is a form of, or one of its components is meant."""
    own = {treatment.id, treatment.ingredient or treatment.id}
    if own & set(drugs.not_treatments):
        return False
    if treatment.klass in drugs.classes or treatment.role in drugs.roles or own & set(drugs.treatments):
        return True
    parts = (knowledge.treatments[knowledge.treatment_key(c)] for c in treatment.components)
    return any(part.klass in drugs.classes or part.id in drugs.treatments for part in parts)
