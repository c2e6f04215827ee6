"""FHIR Condition: recorded conditions, and the current depressive episode as far as a diagnosis tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.flow.records.book import Book, ConditionRow, EpisodeRow, PersonRow
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.fhir_node import Node
from remit.knowledge.codes import Row

if TYPE_CHECKING:
    from remit.flow.records.fhir import FhirExport

DEPRESSION = "mdd"  # the condition set whose active diagnosis is the current episode

_STATUS = {
    "active": "active", "recurrence": "active", "relapse": "active", "inactive": "resolved", "resolved": "resolved",
    "remission": "remission",
}  # fmt: skip
_VERIFICATION = {
    "refuted": "refuted", "provisional": "suspected", "differential": "suspected", "unconfirmed": "suspected",
}  # fmt: skip
_SEVERITIES = ("mild", "moderate", "severe")


def read_conditions(export: FhirExport) -> None:
    """Read all Condition resources into the book."""
    for node in export.resources["Condition"]:
        person = export.person_of(node)
        if person is not None:
            _condition(export, node, person)


def _condition(export: FhirExport, node: Node, person: PersonRow) -> None:
    verification = node.code("verificationStatus")
    if verification == "entered-in-error":
        export.leave_out(person, "Condition", "status_left_out.error")
        return
    book = export.book
    onset = _onset(export, node)
    rows = _rows(book, node)
    if not rows:
        return
    status = _status(node, verification, rows)
    for condition_id in dict.fromkeys(rows):
        book.conditions.append(ConditionRow(person.key, condition_id, status, onset, node.place()))
    label = next((row.label.lower() for row in rows.values() if row is not None), "")
    is_depression = any(DEPRESSION in book.knowledge.condition_closure(c) for c in rows)
    if is_depression and status == "active" and onset.is_known:
        _episode(book, node, person, onset, label)


def _onset(export: FhirExport, node: Node) -> Span:
    period = node.child("onsetPeriod")
    onset = node.span("onsetDateTime") or (period.span("start") if period else None) or UNKNOWN_DATE
    abatement, recorded = node.span("abatementDateTime"), node.span("recordedDate")
    for span in (onset, abatement, recorded):
        if span:
            export.scope.saw(span.last)
    return onset


def _rows(book: Book, node: Node) -> dict[str, Row | None]:
    """Conditions by id, each with its row of the code map; by name where no code is known."""
    found: dict[str, Row | None] = {}
    concept = node.child("code")
    codings = concept.own_codings() if concept else []
    for coding in codings:
        for row in book.names.codes.condition(coding.system, coding.code) if coding.code else []:
            condition_id = row.our_id if row.our_id in book.knowledge.conditions else None
            condition_id = condition_id or book.names.condition_of_group(row.our_id or row.group)
            if condition_id:
                found.setdefault(condition_id, row)
    if not found and concept:
        for text in [concept.text("text"), *(c.display for c in codings)]:
            match = book.names.conditions.find(text) if text else None
            if match and match.ids and match.how in ("id", "name"):
                return {match.ids[0]: None}
    return found


def _status(node: Node, verification: str | None, rows: dict[str, Row | None]) -> str | None:
    if verification in _VERIFICATION:
        return _VERIFICATION[verification]
    status = _STATUS.get(node.code("clinicalStatus") or "")
    if status in (None, "active") and any(row and "remission" in row.label.lower() for row in rows.values()):
        return "remission"  # the code itself says so
    if status is None and (node.has("abatementDateTime") or node.has("abatementPeriod")):
        return "resolved"
    return status


def _episode(book: Book, node: Node, person: PersonRow, onset: Span, label: str) -> None:
    """The latest onset among active diagnoses of depression; severity where the code says so."""
    known = book.episodes.get(person.key)
    if known is not None and (known.rank or _is_later(known.start, onset)):
        return
    severity = next((s for s in _SEVERITIES if s in label), None)
    psychotic = "unknown"
    if "psychotic" in label:
        psychotic = "no" if "without psychotic" in label else "yes"
    if known is not None and known.start == onset and severity is None:
        return
    book.episodes[person.key] = EpisodeRow(onset, severity, psychotic, node.place())


def _is_later(a: Span, b: Span) -> bool:
    return a.first is not None and b.first is not None and a.first > b.first
