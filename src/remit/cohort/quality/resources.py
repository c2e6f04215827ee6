"""One FHIR resource as a measure sees it: its codes, its state, its days, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from remit.knowledge import Knowledge
from remit.knowledge.codes import CodeIndex, Row, read_map, short_system
from remit.knowledge.measures import Event, Measure
from remit.knowledge.names import names_of
from remit.knowledge.select import Select

FILE = "measures.csv"
"""Sets of codes, in the knowledge and in the user's folder of code maps."""

_ACTIVE = frozenset(("active", "recurrence", "relapse"))
_CONFIRMED = "confirmed"
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}")
_MINUTES = len("2026-01-01T00:00")
_MOST_DAYS = 1 << 16  # beyond it no date can be told

Coding = tuple[str, str]


class Codes(NamedTuple):
    """Codings of a resource: short system and code."""

    codings: tuple[Coding, ...] = ()

    @classmethod
    def of(cls, *concepts: Any) -> Codes:
        """Those of some CodeableConcepts; what is none has no codings."""
        lists = [concept.get("coding") for concept in concepts if isinstance(concept, dict)]
        codings = [coding for codings in lists if isinstance(codings, list) for coding in codings]
        return cls(
            tuple(
                (short_system(str(coding.get("system") or "")), coding["code"])
                for coding in codings
                if isinstance(coding, dict) and isinstance(coding.get("code"), str)
            )
        )


class Sets:
    """Which sets a code belongs to."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._indexes: dict[str, CodeIndex] = {}
        folders = [root / "codes" for root in knowledge.roots]
        for folder in [*folders, *([knowledge.codes_dir] if knowledge.codes_dir else [])]:
            if (folder / FILE).is_file():
                for row in read_map(folder / FILE, ("set_id", "system", "code")):
                    index = self._indexes.setdefault(row["set_id"], CodeIndex())
                    entry = Row(row["set_id"], row["set_id"], row.get("label", ""), "")
                    index.add(short_system(row["system"]), row["code"], row.get("match") or "exact", entry)

    def holds(self, wanted: tuple[str, ...], codes: Codes) -> bool:
        """Whether a code is in one of the sets."""
        known = [self._indexes[name] for name in wanted if name in self._indexes]
        return any(index.find(*coding) for index in known for coding in codes.codings)

    def has(self, name: str) -> bool:
        """Whether a set holds any code."""
        return name in self._indexes


class Matcher:
    """Whether a resource is an event of a measure."""

    def __init__(self, measure: Measure, name: str, event: Event, knowledge: Knowledge) -> None:
        self.name, self.event = f"{measure.id}.{name}", event
        self._knowledge, self._sets = knowledge, sets_of(knowledge)

    def matches(self, resource: Mapping[str, Any], codes: Codes) -> bool:
        """Whether codes and state are those that are asked for."""
        event = self.event
        return (
            resource.get("resourceType") == event.resource
            and self._is_coded(codes)
            and self._has_state(resource)
            and (not event.is_confirmed or _is_confirmed(resource))
            and (event.may_be_forbidden or resource.get("doNotPerform") is not True)
            and (not event.discharged_to or self._sets.holds(event.discharged_to, _discharge(resource)))
            and (not event.answered or self._sets.holds(event.answered, Codes.of(resource.get("valueCodeableConcept"))))
        )

    def _has_state(self, resource: Mapping[str, Any]) -> bool:
        status, intent, event = resource.get("status"), resource.get("intent"), self.event
        return (
            (not event.status or status in event.status)
            and (not event.not_status or status not in event.not_status)
            and (not event.intent or intent in event.intent)
        )

    def _is_coded(self, codes: Codes) -> bool:
        event = self.event
        if event.medicines is not None:
            return any(self._is_medicine(event.medicines, coding) for coding in codes.codings)
        return self._sets.holds(event.sets, codes)

    def _is_medicine(self, wanted: Select, coding: Coding) -> bool:
        key = self._medicine_keys.get(coding)
        if key is None:
            found = names_of(self._knowledge).treatment_code(*coding).key
            key = self._medicine_keys[coding] = -1 if found is None else found
        return key >= 0 and bool(self._knowledge.selected(wanted)[key])

    @cached_property
    def _medicine_keys(self) -> dict[Coding, int]:
        return {}


_KEPT: WeakKeyDictionary[Knowledge, Sets] = WeakKeyDictionary()


def sets_of(knowledge: Knowledge) -> Sets:
    """Sets of codes, read once for a knowledge."""
    if knowledge not in _KEPT:
        _KEPT[knowledge] = Sets(knowledge)
    return _KEPT[knowledge]


def _is_confirmed(resource: Mapping[str, Any]) -> bool:
    clinical, verified = (Codes.of(resource.get(f"{name}Status")) for name in ("clinical", "verification"))
    return any(c in _ACTIVE for _, c in clinical.codings) and any(c == _CONFIRMED for _, c in verified.codings)


def _discharge(resource: Mapping[str, Any]) -> Codes:
    stay = resource.get("hospitalization")
    return Codes.of(stay.get("dischargeDisposition")) if isinstance(stay, dict) else Codes()


def text_of(value: Any) -> datetime | None:
    """A day and time of day as written, without its time zone; None where there is none, or only a month or year.

    Raises
    ------
    ValueError
        If it is no date.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not re.match(r"^\d{4}", value):
        raise ValueError
    if not _DATE.match(value):
        return None
    text = value[:_MINUTES] if len(value) >= _MINUTES else value[:10]
    return datetime.fromisoformat(text)  # days are compared as they are written, whatever the zone


def days_of(resource: Mapping[str, Any]) -> tuple[datetime | None, date | None]:
    """First moment and last day of a resource; the last day is None where it is not over.

    Raises
    ------
    ValueError
        If a date is none.
    """
    kind = resource["resourceType"]
    if kind in ("MedicationDispense", "MedicationRequest"):
        return _supply(resource, kind)
    if kind == "Condition":
        start, end = _bounds(resource, "onset")[0], _bounds(resource, "abatement")[1]
        is_over = not any(c in _ACTIVE for _, c in Codes.of(resource.get("clinicalStatus")).codings)
        # A condition that is over, nobody knows when, is certain for its first day only.
        return start, end.date() if end else (start.date() if start and is_over else None)
    if kind == "ServiceRequest":
        moment = text_of(resource.get("authoredOn"))
        return moment, moment.date() if moment else None
    start, end = _bounds(resource, {"Encounter": "", "Procedure": "performed"}.get(kind, "effective"))
    return start, end.date() if end else None


def _bounds(resource: Mapping[str, Any], name: str) -> tuple[datetime | None, datetime | None]:
    """First and last moment of a field that is a time or a period."""
    moment = text_of(resource.get(f"{name}DateTime")) if name else None
    period = resource.get(f"{name}Period" if name else "period")
    if moment is not None or not isinstance(period, dict):
        return moment, moment
    return text_of(period.get("start")), text_of(period.get("end"))


def _supply(resource: Mapping[str, Any], kind: str) -> tuple[datetime | None, date | None]:
    """First and last day that a supply lasts, or an order is meant for.

    A dispensing that does not say for how many days is of no use here; an order that does not goes on.
    """
    if kind == "MedicationDispense":
        start = text_of(resource.get("whenHandedOver")) or text_of(resource.get("whenPrepared"))
        last = _last(start, resource.get("daysSupply"))
        return (start, last) if last else (None, None)
    start = text_of(resource.get("authoredOn"))
    request = resource.get("dispenseRequest")
    return start, _last(start, request.get("expectedSupplyDuration") if isinstance(request, dict) else None)


def _last(start: datetime | None, days: Any) -> date | None:
    value = days.get("value") if isinstance(days, dict) else None
    if start is None or not isinstance(value, (int, float)) or isinstance(value, bool) or not 1 <= value <= _MOST_DAYS:
        return None
    return start.date() + timedelta(int(value) - 1)
