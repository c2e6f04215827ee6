"""Which treatment a FHIR medication is, and how strong it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.flow.records.book import PersonRow
from remit.flow.records.dose_text import read_strength
from remit.flow.records.fhir_dose import Strength, amount_of
from remit.flow.records.fhir_node import Coding, Node
from remit.knowledge.codes import Product
from remit.knowledge.names import Resolution

if TYPE_CHECKING:
    from remit.flow.records.fhir import FhirExport

ORDER = {"rxnorm": 0, "atc": 1}
"""Code systems in the order in which they are trusted; the others come after, in the order written."""

OTHER_USE = ("not_depression", "parenteral", "weekly")
NOT_A_TRIAL = OTHER_USE[:2]
WEEKLY = OTHER_USE[2]


@dataclass(frozen=True, slots=True)
class Medicine:
    """A treatment, and the strength of the product."""

    key: int
    strength: Strength
    is_weekly: bool = False


def read_medicine(export: FhirExport, node: Node, person: PersonRow) -> Medicine | None:
    """The medicine of a medication resource; None, with a notice or fault, where it is none that is looked at."""
    concept = node.child("medicationCodeableConcept")
    source: Node | None = None
    if concept is None and node.has("medicationReference"):
        source = export.resolve(node, "medicationReference")
        if source is not None:
            concept = source.child("code")
        else:
            return _by_display(export, node, person)
    if concept is None:
        if source is None:
            node.fault("", "fhir.no_medication")
        else:
            _not_ours(export, node, person)
        return None
    codings = sorted(concept.own_codings(), key=lambda c: ORDER.get(c.system, len(ORDER)))
    found = _by_code(export, codings)
    texts = [t for t in (concept.text("text"), *(c.display for c in codings)) if t]
    if found is None:
        found = _by_text(export, node, person, texts)
    if found is None or found.key is None:
        return None
    flag = found.product.flag if found.product else ""
    if flag.startswith(NOT_A_TRIAL):
        name = export.book.knowledge.treatments[found.key].name
        export.leave_out(person, node.data["resourceType"], "other_use", treatment=name)
        return None
    return Medicine(found.key, _strength(export, source, found.product, texts), WEEKLY in flag)


def _by_code(export: FhirExport, codings: list[Coding]) -> Resolution | None:
    for coding in codings:
        found = export.book.names.treatment_code(coding.system, coding.code) if coding.code else None
        if found is not None and found.key is not None:
            return found
    return None


def _by_text(export: FhirExport, node: Node, person: PersonRow, texts: list[str]) -> Resolution | None:
    """The treatment that a text names; a near miss is only flagged."""
    names = export.book.names
    for text in texts:
        found = names.treatment_name(text)
        if found.key is not None and found.how in ("id", "name", "words"):
            if found.how == "words":
                known = _name(export, found.key)
                export.book.notice(person.key, "flag", "name_read_as", name=text[:60], known=known)
            return found
    for text in texts:
        found = names.treatment_name(text)
        if found.key is not None:
            known = _name(export, found.key)
            export.book.notice(person.key, "flag", "name_near_miss.resembles", name=text[:60], known=known)
            return None
        if found.how == "shared":
            listed = ", ".join(found.candidates)
            export.book.notice(person.key, "flag", "name_near_miss.shared", name=text[:60], names=listed)
            return None
    _not_ours(export, node, person)
    return None


def _by_display(export: FhirExport, node: Node, person: PersonRow) -> Medicine | None:
    """The medicine of a reference that leads nowhere: by its display, else a fault."""
    target = node.child("medicationReference")
    display = target.text("display") if target else None
    if display is None:
        node.fault("medicationReference", "fhir.medication")
        return None
    found = _by_text(export, node, person, [display])
    if found is None or found.key is None:
        return None
    return Medicine(found.key, _strength(export, None, None, [display]))


def _not_ours(export: FhirExport, node: Node, person: PersonRow) -> None:
    export.leave_out(person, node.data["resourceType"], "not_a_treatment")


def _name(export: FhirExport, key: int) -> str:
    return export.book.knowledge.treatments[key].name


def _strength(export: FhirExport, medication: Node | None, product: Product | None, texts: list[str]) -> Strength:
    """Strength from the Medication's one ingredient, else of the coded product, else of a product's name."""
    if medication is not None and (stated := _stated(medication)):
        return stated
    if product and (product.mg_per_unit or product.mg_per_ml or product.mg_per_24h):
        return Strength(product.mg_per_unit, product.mg_per_ml, product.mg_per_24h)
    if product and product.flag:
        return Strength()  # such as a salt that has no listed conversion
    strengths = {s for s in map(read_strength, texts) if s}
    return Strength(mg_per_unit=strengths.pop()) if len(strengths) == 1 else Strength()


def _stated(medication: Node) -> Strength | None:
    ingredients = medication.children("ingredient")
    ratio = ingredients[0].child("strength") if len(ingredients) == 1 else None
    if ratio is None:
        return None
    top, bottom = amount_of(ratio.child("numerator")), amount_of(ratio.child("denominator"))
    if top is None or top.kind != "mg":
        return None
    if bottom is None:
        return None if ratio.has("denominator") else Strength(mg_per_unit=top.value)
    if bottom.kind == "mg":
        return None
    each = top.value / bottom.value
    return Strength(mg_per_ml=each) if bottom.kind == "ml" else Strength(mg_per_unit=each)
