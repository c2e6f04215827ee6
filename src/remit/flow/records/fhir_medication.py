"""FHIR MedicationRequest, MedicationStatement, MedicationDispense and MedicationAdministration as exposures.

What was ordered, reported, dispensed and administered stay apart as kinds of evidence. Start of a request: the first
of the dosage's bounds, `authoredOn`, the supply's validity period.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from remit.flow.records.book import PersonRow, Stretch
from remit.flow.records.courses import check_dose
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.fhir_course import Frame, lay_out, shift
from remit.flow.records.fhir_dose import Amount, DoseLine, Strength, amount_of, days_of, lasts, read_line
from remit.flow.records.fhir_medicine import Medicine, read_medicine
from remit.flow.records.fhir_node import Node

if TYPE_CHECKING:
    from remit.flow.records.fhir import FhirExport

NOT_ORDERED = ("entered-in-error", "cancelled", "draft")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
NOT_DISPENSED = ("entered-in-error", "cancelled", "preparation", "on-hold", "declined")
NOT_REPORTED = ("entered-in-error", "not-taken", "intended")
NOT_GIVEN = ("entered-in-error", "not-done", "on-hold")
NO_SUPPLY = 999.0  # days' supply from which on the number is a filler of the dispensing system


def read_medications(export: FhirExport) -> None:
    """Read all medication resources into the book."""
    for kind, read in (
        ("MedicationRequest", _request),
        ("MedicationStatement", _statement),
        ("MedicationDispense", _dispense),
    ):
        for node in export.resources[kind]:
            person = export.person_of(node)
            if person is not None:
                read(export, node, person)
    _administrations(export)


def _request(export: FhirExport, node: Node, person: PersonRow) -> None:
    status = (node.text("status") or "unknown").lower()
    intent = (node.text("intent") or "order").lower()
    is_reported = node.flag("reportedBoolean") or node.has("reportedReference")
    if status in NOT_ORDERED:
        return export.leave_out(person, "MedicationRequest", "status_left_out.status", status=status[:40])
    if intent not in ORDERS and not (is_reported and intent in ("plan", "proposal")):
        return export.leave_out(person, "MedicationRequest", "intent_left_out", intent=intent[:40])
    if node.flag("doNotPerform"):
        return export.leave_out(person, "MedicationRequest", "do_not_perform")
    medicine = read_medicine(export, node, person)
    lines = _lines(export, node, "dosageInstruction", medicine, person) if medicine else None
    if medicine is None or lines is None:
        return None
    supply = node.child("dispenseRequest")
    start = _bounds_start(lines) or node.span("authoredOn")
    validity = supply.child("validityPeriod") if supply else None
    start = start or (validity.span("start") if validity else None) or UNKNOWN_DATE
    export.scope.saw((node.span("authoredOn") or start).last)
    stop = _supply_stop(supply, start, lines, medicine.strength) or _bounds_stop(lines, start)
    end_kind = "ongoing" if status == "active" else "unknown"
    evidence = "report" if is_reported else "order"
    _write(export, node, person, medicine, evidence, Frame(start, stop, end_kind, status == "stopped"), lines)
    return None


def _statement(export: FhirExport, node: Node, person: PersonRow) -> None:
    status = (node.text("status") or "unknown").lower()
    if status in NOT_REPORTED:
        return export.leave_out(person, "MedicationStatement", "status_left_out.status", status=status[:40])
    medicine = read_medicine(export, node, person)
    lines = _lines(export, node, "dosage", medicine, person) if medicine else None
    if medicine is None or lines is None:
        return None
    period = node.child("effectivePeriod")
    start = (period.span("start") if period else None) or node.span("effectiveDateTime") or _bounds_start(lines)
    last = period.span("end") if period else None
    stop = last.next_day() if last else _bounds_stop(lines, start or UNKNOWN_DATE)
    for span in (start, last, node.span("dateAsserted")):
        if span:
            export.scope.saw(span.last)
    end_kind = "ongoing" if status == "active" and start else "unknown"
    _write(export, node, person, medicine, "report", Frame(start or UNKNOWN_DATE, stop, end_kind), lines)
    return None


def _dispense(export: FhirExport, node: Node, person: PersonRow) -> None:
    status = (node.text("status") or "unknown").lower()
    if status in NOT_DISPENSED:
        return export.leave_out(person, "MedicationDispense", "status_left_out.status", status=status[:40])
    medicine = read_medicine(export, node, person)
    lines = _lines(export, node, "dosageInstruction", medicine, person) if medicine else None
    if medicine is None or lines is None:
        return None
    start = node.span("whenHandedOver") or node.span("whenPrepared") or UNKNOWN_DATE
    export.scope.saw(start.last)
    supply = days_of(node.child("daysSupply"))
    days = supply if supply is not None and supply < NO_SUPPLY else None
    quantity = amount_of(node.child("quantity"))
    if days is None:
        days = lasts(quantity, _per_day(lines), medicine.strength)
    elif not lines and quantity is not None:
        lines = [_spread(quantity, days, medicine.strength)]
    stop = shift(start, int(days)) if days is not None and int(days) > 0 else UNKNOWN_DATE
    for line in lines:
        line.first = line.last = None  # bounds describe the whole prescription, not this fill
    _write(export, node, person, medicine, "fill", Frame(start, stop, "unknown"), lines)
    return None


def _spread(quantity: Amount, days: float, strength: Strength) -> DoseLine:
    """The dose of a fill without instructions: its strength times its quantity over its days."""
    per_day = Amount(quantity.value / days, quantity.kind)
    dose = strength.mg_per_24h if strength.mg_per_24h is not None else per_day.in_mg(strength)
    return DoseLine(dose, per_day, False, None, None, None, None, ())


def _lines(export: FhirExport, node: Node, field: str, medicine: Medicine, person: PersonRow) -> list[DoseLine] | None:
    """Dosage lines that are taken regularly; None, counted, where all are to be taken as needed."""
    lines = [read_line(dosage, medicine.strength) for dosage in node.children(field)]
    regular = [line for line in lines if not line.is_as_needed]
    kind = node.data["resourceType"]
    if lines and not regular:
        export.leave_out(person, kind, "as_needed")
        return None
    name = export.book.knowledge.treatments[medicine.key].name
    for line in regular:
        if medicine.is_weekly:
            line.mg_per_day = None
        if line.is_range:
            export.book.notice(person.key, "assumed", "dose_range", node.place(), treatment=name)
        if line.is_once_assumed:
            export.book.notice(person.key, "assumed", "once_daily_assumed", node.place(), treatment=name)
    if medicine.is_weekly:
        export.book.notice(person.key, "flag", "weekly_form", node.place(), treatment=name)
    return regular


def _write(
    export: FhirExport,
    node: Node,
    person: PersonRow,
    medicine: Medicine,
    evidence: str,
    frame: Frame,
    lines: list[DoseLine],
) -> None:
    """Lay the record out in time, check its doses, and write it into the book."""
    base = Stretch(person.key, medicine.key, None, None, None, None, "unknown", evidence, node.place())
    stretches, is_dated = lay_out(base, frame, lines)
    if not is_dated:
        name = export.book.knowledge.treatments[medicine.key].name
        export.book.notice(person.key, "flag", "steps_undated", node.place(), treatment=name)
    is_sessions = export.book.knowledge.treatments[medicine.key].given_as == "sessions"
    for stretch in stretches:
        if stretch.start and stretch.end and stretch.end <= stretch.start:
            node.fault("", "course.ends_first", remedy="correct_one_date")
            return
        stretch.dose = None if is_sessions else check_dose(export.book, medicine.key, stretch.dose, node.place())
    export.book.stretches.extend(stretches)


def _bounds_start(lines: list[DoseLine]) -> Span | None:
    starts = [line.first for line in lines if line.first and line.first.first]
    return min(starts, key=lambda span: str(span.first)) if starts else None


def _bounds_stop(lines: list[DoseLine], start: Span) -> Span:
    """End by the dosage's own bounds: dates, or the length of the one line."""
    ends = [line.last for line in lines if line.last and line.last.last]
    if ends and len(ends) == len(lines):
        return max(ends, key=lambda span: str(span.last)).next_day()
    if len(lines) == 1 and lines[0].days is not None:
        return shift(start, lines[0].days)
    return UNKNOWN_DATE


def _supply_stop(supply: Node | None, start: Span, lines: list[DoseLine], strength: Strength) -> Span | None:
    """End of what was ordered, refills included; None where the order does not say."""
    if supply is None:
        return None
    days = days_of(supply.child("expectedSupplyDuration"))
    if days is None:
        days = lasts(amount_of(supply.child("quantity")), _per_day(lines), strength)
    refills = supply.number("numberOfRepeatsAllowed") or 0.0
    if days is None or int(days) < 1 or refills < 0:
        return None
    stop = shift(start, int(days) * (1 + int(refills)))
    return stop if stop.is_known else None


def _per_day(lines: list[DoseLine]) -> Amount | None:
    """What is taken a day, where there is one line, or several of one unit beside one another."""
    amounts = [line.per_day for line in lines]
    known = [a for a in amounts if a is not None]
    if not known or len(known) != len(amounts) or len({a.kind for a in known}) > 1:
        return None
    if len(lines) > 1 and len({line.sequence for line in lines}) > 1:
        return None
    return Amount(sum(a.value for a in known), known[0].kind)


def _administrations(export: FhirExport) -> None:
    """Administrations, added up per day; sessions are counted by day."""
    days: dict[tuple[int, int, date], list[tuple[Node, float | None]]] = {}
    for node in export.resources["MedicationAdministration"]:
        person = export.person_of(node)
        if person is None:
            continue
        status = (node.text("status") or "unknown").lower()
        if status in NOT_GIVEN:
            export.leave_out(person, "MedicationAdministration", "status_left_out.status", status=status[:40])
            continue
        medicine = read_medicine(export, node, person)
        if medicine is not None:
            _administration(export, node, person, medicine, days)
    sessions = {i for i, t in enumerate(export.book.knowledge.treatments) if t.given_as == "sessions"}
    for (person_key, key, day), given in days.items():
        stop = day + timedelta(days=1)
        doses = [dose for _, dose in given]
        place = given[0][0].place()
        known = [d for d in doses if d is not None]
        dose = sum(known) if known and len(known) == len(doses) and key not in sessions else None
        export.book.stretches.append(
            Stretch(
                person_key, key, day, day, stop, stop, "ended", "administration", place,
                dose=check_dose(export.book, key, dose, place),
                sessions=1.0 if key in sessions else None,
            )
        )  # fmt: skip


def _administration(
    export: FhirExport,
    node: Node,
    person: PersonRow,
    medicine: Medicine,
    days: dict[tuple[int, int, date], list[tuple[Node, float | None]]],
) -> None:
    period = node.child("effectivePeriod")
    start = node.span("effectiveDateTime") or (period.span("start") if period else None) or UNKNOWN_DATE
    last = (period.span("end") if period else None) or start
    export.scope.saw(last.last)
    dosage = node.child("dosage")
    amount = amount_of(dosage.child("dose")) if dosage else None
    dose = amount.in_mg(medicine.strength) if amount else None
    if medicine.strength.mg_per_24h is not None and amount and amount.kind == "unit":
        dose = amount.value * medicine.strength.mg_per_24h
    if medicine.is_weekly:
        dose = None
    is_sessions = export.book.knowledge.treatments[medicine.key].given_as == "sessions"
    if start.is_exact and start.first is not None and (last == start or is_sessions):
        days.setdefault((person.key, medicine.key, start.first), []).append((node, dose))
        return
    _write(export, node, person, medicine, "administration", Frame(start, last.next_day(), "unknown"), [])
