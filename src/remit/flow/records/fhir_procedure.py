"""FHIR Procedure: sessions of ECT, TMS, infusions and psychotherapy. Each day on which it was done is one exposure."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from remit.flow.records.book import Stretch
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.fhir_node import Node
from remit.knowledge.codes import Row

if TYPE_CHECKING:
    from remit.flow.records.fhir import FhirExport

NOT_DONE = ("preparation", "not-done", "on-hold", "entered-in-error")
_PLACEMENTS = ("unilateral", "bilateral", "bifrontal")


def read_procedures(export: FhirExport) -> None:
    """Read all Procedure resources into the book."""
    days: dict[tuple[int, int, str], list[tuple[Node, str, str]]] = {}
    for node in export.resources["Procedure"]:
        found = _treatment(export, node)
        if found is None:
            continue
        person = export.person_of(node)
        if person is None:
            continue
        status = (node.text("status") or "unknown").lower()
        if status in NOT_DONE:
            export.leave_out(person, "Procedure", "status_left_out.status", status=status[:40])
            continue
        key, label = found
        start, end, stamp = _when(node)
        export.scope.saw(end.last or start.last)
        if start.is_exact and (not end.is_known or end == start):
            days.setdefault((person.key, key, str(start.first)), []).append((node, stamp, label))
        else:
            export.book.stretches.append(_course(person.key, key, start, end, node, label))
    for (person_key, key, day), nodes in days.items():
        export.book.stretches.append(_session(person_key, key, day, nodes))


def _treatment(export: FhirExport, node: Node) -> tuple[int, str] | None:
    """The treatment that a procedure is a session of, and its label."""
    names = export.book.names
    concept = node.child("code")
    if concept is None:
        return None
    codings = concept.own_codings()
    for coding in codings:
        for row in names.codes.procedure(coding.system, coding.code) if coding.code else []:
            key = _key_of(export, row)
            if key is not None:
                return (key, row.label) if row.is_session and _is_given(export, key) else None
    for text in [concept.text("text"), *(c.display for c in codings)]:
        found = names.treatment_name(text) if text else None
        if text and found and found.key is not None and found.how in ("id", "name") and _is_given(export, found.key):
            return found.key, text
    return None


def _is_given(export: FhirExport, key: int) -> bool:
    treatment = export.book.knowledge.treatments[key]
    return treatment.given_as == "sessions" or treatment.kind in ("device", "procedure", "psychotherapy")


def _key_of(export: FhirExport, row: Row) -> int | None:
    treatment_id = row.our_id or export.book.names.treatment_of_group(row.group)
    try:
        return export.book.knowledge.treatment_key(treatment_id) if treatment_id else None
    except KeyError:
        return None


def _when(node: Node) -> tuple[Span, Span, str]:
    """First and last day, and the time as written."""
    period = node.child("performedPeriod")
    if period is not None:
        return period.span("start") or UNKNOWN_DATE, period.span("end") or UNKNOWN_DATE, period.text("start") or ""
    return node.span("performedDateTime") or UNKNOWN_DATE, UNKNOWN_DATE, node.text("performedDateTime") or ""


def _session(person_key: int, key: int, day: str, nodes: list[tuple[Node, str, str]]) -> Stretch:
    """One day: as many sessions as one code has different times of day on record, else one."""
    node, _, label = nodes[0]
    start = date.fromisoformat(day)
    times = max(Counter(other for _, other in {(stamp, other) for _, stamp, other in nodes}).values())
    stop = start + timedelta(days=1)
    return Stretch(
        person_key, key, start, start, stop, stop, "ended", "administration", node.place(),
        sessions=float(times), details=_details(label),
    )  # fmt: skip


def _course(person_key: int, key: int, start: Span, end: Span, node: Node, label: str) -> Stretch:
    """A procedure over several days, or of an inexact day: a course whose number of sessions is not known."""
    if not end.is_known and not start.is_exact:
        end = start
    stop = end.next_day()
    kind = "ended" if stop.is_known else "unknown"
    return Stretch(
        person_key, key, start.first, start.last, stop.last, stop.first, kind, "administration", node.place(),
        details=_details(label),
    )  # fmt: skip


def _details(label: str) -> dict[str, str]:
    found = [p for p in _PLACEMENTS if p in label.lower()]
    return {"placement": found[0]} if len(found) == 1 else {}
