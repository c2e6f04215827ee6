"""FHIR resources as persons and events: what a measure looks at, with its days; everything else is passed over.

Bundles (JSON) and bulk files (NDJSON) are read. In a Bundle with exactly one Patient everything is that person's,
whatever the references say, as the published test cases are meant; elsewhere the reference of a resource decides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.doubles import one_each
from remit.cohort.quality.resources import Codes, Matcher, days_of, text_of
from remit.cohort.sources.fhir import owner_of
from remit.errors import Fault, SourceError
from remit.flow.records.dates import LATEST_YEAR
from remit.flow.records.sources import MAX_JSON, read_text, text_lines
from remit.knowledge import Knowledge
from remit.knowledge.measures import Measure

PERSONS = pl.Schema({"person_id": pl.String, "birth_date": pl.Date, "death_date": pl.Date})
EVENTS = pl.Schema(
    [
        ("person_id", pl.String),
        ("event", pl.String),
        ("at", pl.Datetime("us")),  # of the start, for the order within a day
        ("start_date", pl.Date),
        ("last_date", pl.Date),  # last day; null: not over
        ("value", pl.Float64),
    ]
)
"""One row per thing that a measure looks at."""

_SUFFIXES = (".json", ".ndjson")
_PASSED_OVER = frozenset(("MeasureReport", "Parameters"))

Resources = list[tuple[str, dict[str, Any]]]


class Record:
    """Persons and events as they are read.

    Parameters
    ----------
    knowledge : Knowledge
    measures : sequence of Measure
        Their events are told apart by `measure.event`.
    """

    def __init__(self, knowledge: Knowledge, measures: Iterable[Measure]) -> None:
        self._matchers = [Matcher(m, name, e, knowledge) for m in measures for name, e in m.events.items()]
        self._kinds = {matcher.event.resource for matcher in self._matchers}
        self._medications: dict[str, Codes] = {}
        self._persons: list[tuple[str, date | None, date | None]] = []
        self._events: list[tuple[Any, ...]] = []
        self.left_out: Counter[str] = Counter()
        self.differing: dict[str, int] = {}
        self.faults: list[Fault] = []

    def put(self, resources: Resources, owner: str | None = None) -> None:
        """Take resources with their places; `owner` is whose they all are, where that is given."""
        for _, resource in resources:
            if resource.get("resourceType") == "Medication" and isinstance(resource.get("id"), str):
                self._medications[f"Medication/{resource['id']}"] = Codes.of(resource.get("code"))
        for place, resource in resources:
            kind = resource.get("resourceType")
            if kind == "Patient":
                self._person(place, resource)
            elif kind in self._kinds:
                self._resource(place, resource, owner)

    def _person(self, place: str, patient: Mapping[str, Any]) -> None:
        if not isinstance(patient.get("id"), str):
            self.faults.append(Fault(place, "is a Patient without an id", "Give it one."))
            return
        born, died = (self._moment(place, patient, name) for name in ("birthDate", "deceasedDateTime"))
        self._persons.append((patient["id"], born.date() if born else None, died.date() if died else None))

    def _moment(self, place: str, resource: Mapping[str, Any], name: str) -> datetime | None:
        try:
            return text_of(resource.get(name))
        except ValueError:
            self.faults.append(Fault(f"{place}.{name}", "is not a date", "Write YYYY-MM-DD, with or without a time."))
            return None

    def _resource(self, place: str, resource: Mapping[str, Any], owner: str | None) -> None:
        person = owner or owner_of(resource)
        if person is None:
            self.left_out["without_person"] += 1
            return
        codes = self._codes(resource)
        found = [m for m in self._matchers if m.matches(resource, codes)]
        if not found:
            return
        try:
            start, last = days_of(resource)
        except ValueError:
            self.faults.append(Fault(place, "holds what is not a date", "Write YYYY-MM-DD, with or without a time."))
            return
        if start is None or start.year > LATEST_YEAR:
            self.left_out["undated"] += len(found)
            return
        for matcher in found:
            value = _value(resource)
            self._events.append((person, matcher.name, start, start.date(), last, value))

    def _codes(self, resource: Mapping[str, Any]) -> Codes:
        reference = resource.get("medicationReference")
        if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
            return self._medications.get("/".join(reference["reference"].split("/")[-2:]), Codes())
        concepts = [resource.get(name) for name in ("code", "medicationCodeableConcept")]
        types = resource.get("type")
        return Codes.of(*concepts, *(types if isinstance(types, list) else ()))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Tables `person` and `event`; `differing` then says of how many persons two records differ.

        Raises
        ------
        SourceError
            With every fault.
        """
        if self.faults:
            raise SourceError(self.faults)
        persons = pl.DataFrame(self._persons, schema=PERSONS, orient="row")
        persons, self.differing = one_each(persons, ("person_id",), earliest=("death_date",))
        return {
            "person": persons.sort("person_id"),
            "event": pl.DataFrame(self._events, schema=EVENTS, orient="row").sort(EVENTS.names()),
        }


def _value(resource: Mapping[str, Any]) -> float | None:
    quantity = resource.get("valueQuantity")
    found = quantity.get("value") if isinstance(quantity, dict) else resource.get("valueInteger")
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def read_fhir(places: Iterable[Path], knowledge: Knowledge, measures: Iterable[Measure]) -> Record:
    """Read files and folders of Bundles and bulk files.

    Raises
    ------
    SourceError
        If there is no such file, or one cannot be read.
    """
    record = Record(knowledge, measures)
    bulk: list[Path] = []
    for path in _files(places):
        if path.suffix.lower() == ".ndjson":
            bulk.append(path)
            continue
        text = read_text(path, MAX_JSON, record.faults, "file.large_bundle")
        if text is not None:
            _put_document(record, path.name, text)
    _put_bulk(record, bulk)
    if record.faults:
        raise SourceError(record.faults)
    return record


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if not place.exists():
            raise SourceError([Fault(str(place), "is not there", "Check the name and the folder.")])
        if place.is_dir():
            found = sorted(p for p in place.rglob("*") if p.is_file() and p.suffix.lower() in _SUFFIXES)
            if not found:
                raise SourceError([Fault(str(place), "holds no JSON or NDJSON file", "Name a folder of FHIR files.")])
            yield from found
        else:
            yield place


def _put_document(record: Record, name: str, text: str) -> None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        record.faults.append(Fault(name, "is not JSON", "Name FHIR Bundles or bulk files."))
        return
    resources = list(_unpacked(name, content))
    patients = [r["id"] for _, r in resources if r.get("resourceType") == "Patient" and isinstance(r.get("id"), str)]
    record.put(resources, patients[0] if len(patients) == 1 else None)


def _unpacked(place: str, content: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(content, dict) or content.get("resourceType") in _PASSED_OVER:
        return
    if content.get("resourceType") != "Bundle":
        yield place, content
        return
    entries = content.get("entry")
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield from _unpacked(f"{place}: entry[{i}]", entry["resource"])


def _put_bulk(record: Record, files: Iterable[Path]) -> None:
    """Lines of bulk files; medications first, because others refer to them."""
    for path in sorted(files, key=lambda path: (path.stem.lower() != "medication", path.name)):
        for n, line in text_lines(path, record.faults):
            place = f"{path.name}: line {n}"
            try:
                content = json.loads(line)
            except (ValueError, RecursionError):
                record.faults.append(Fault(place, "is not JSON", "Write one resource a line."))
                continue
            record.put(list(_unpacked(place, content)))
