"""A FHIR R4 export: Bundles, resources and NDJSON, read as JSON and tolerantly, because real ones are not valid.

All FHIR files of a call are one export. Resources are gathered first, so that references resolve whatever the order;
then each noun has its reader. Subject references decide the person.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from remit.flow.records.book import Book, PersonRow, Scope
from remit.flow.records.fhir_node import Node
from remit.flow.records.fields import kind_of
from remit.flow.records.place import Path, Where

READ = frozenset(
    (
        "Patient", "Medication", "MedicationRequest", "MedicationStatement", "MedicationDispense",
        "MedicationAdministration", "Procedure", "Condition", "Observation", "QuestionnaireResponse",
    )
)  # fmt: skip
MAX_BUNDLES = 5  # bundles within bundles


class FhirExport:
    """Gathers resources, then reads them into the book.

    Parameters
    ----------
    book : Book
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.scope = Scope("fhir")
        self.resources: dict[str, list[Node]] = {name: [] for name in READ}
        self.counts: Counter[str] = Counter()
        self._by_reference: dict[str, Node] = {}
        self._keys: dict[int, list[str]] = {}  # references to a node, by its identity
        self._outdated: set[int] = set()  # nodes of which there is a later version
        self._persons: dict[str, PersonRow] = {}

    def add(self, data: Any, where: Where, path: Path, depth: int = 0) -> None:
        """Take a Bundle or a resource."""
        if not isinstance(data, dict):
            self.book.fault(where.at(path), "fhir.no_resource", remedy="correct_export", kind=kind_of(data))
            return
        node = Node(self.book, where, path, data)
        kind = data.get("resourceType")
        if not isinstance(kind, str) or not kind:
            if kind is None:
                node.fault("resourceType", "fhir.no_type", remedy="correct_export")
            else:
                node.fault("resourceType", "fhir.type", remedy="correct_export", kind=kind_of(kind))
            return
        self.counts[kind] += 1
        if kind == "Bundle":
            self._bundle(node, depth)
        elif kind == "OperationOutcome":
            self._outcome(node)
        elif kind in READ:
            self._resource(node, kind, None)

    def _bundle(self, bundle: Node, depth: int) -> None:
        if depth >= MAX_BUNDLES:
            bundle.fault("", "fhir.bundles", remedy="correct_export")
            return
        for link in bundle.children("link"):
            if link.text("relation") == "next":
                self.book.notice(None, "flag", "more_pages", bundle.place())
        for entry in bundle.children("entry"):
            resource = entry.child("resource")
            if resource is None:
                if not entry.has("resource") and not _is_delete(entry):
                    entry.fault("", "fhir.entry", remedy="correct_export")
                continue
            kind = resource.data.get("resourceType")
            if isinstance(kind, str) and kind in READ:
                self.counts[kind] += 1
                self._resource(resource, kind, entry.text("fullUrl"))
            else:
                self.add(resource.data, resource.where, resource.path, depth + 1)

    def _outcome(self, node: Node) -> None:
        bad = [i for i in node.children("issue") if i.text("severity") in ("error", "fatal")]
        if bad:
            node.fault("issue", "fhir.outcome", n=len(bad))

    def _resource(self, node: Node, kind: str, url: str | None) -> None:
        resource_id = node.text("id")
        keys = [k for k in (url, f"{kind}/{resource_id}" if resource_id else None) if k]
        for other in {id(o): o for k in keys if (o := self._by_reference.get(k))}.values():
            if other.data == node.data:
                return
            newer = _newer(node, other)
            if newer is None:
                node.fault("id", "fhir.same_id", other=other.place())
                return
            if newer is other:
                return
            self._outdated.add(id(other))
        for key in keys:
            self._by_reference[key] = node
        self._keys[id(node)] = keys
        self.resources[kind].append(node)

    def resolve(self, node: Node, field: str) -> Node | None:
        """The resource that a reference field points to: contained, in the export, or None."""
        reference = node.reference(field)
        if reference is None:
            return None
        if reference.startswith("#"):
            inner = [c for c in node.children("contained") if c.text("id") == reference[1:]]
            return inner[0] if inner else None
        plain = reference.split("/_history/")[0]
        return self._by_reference.get(plain) or self._by_reference.get("/".join(plain.split("/")[-2:]))

    def finish(self, names: str) -> None:
        """Read all that was gathered from the files of these names."""
        if not self.counts:
            return
        if not any(self.resources.values()):
            if not self.book.faults:
                self.book.fault(names, "fhir.nothing_read", kinds=", ".join(sorted(READ)))
            return
        for kind, nodes in self.resources.items():
            self.resources[kind] = [node for node in nodes if id(node) not in self._outdated]
        for patient in self.resources["Patient"]:
            self._patient(patient)
        # Most runs read no export, so that the readers of its nouns come with the first one.
        from remit.flow.records.fhir_condition import read_conditions
        from remit.flow.records.fhir_medication import read_medications
        from remit.flow.records.fhir_observation import read_observations
        from remit.flow.records.fhir_procedure import read_procedures

        read_medications(self)
        read_procedures(self)
        read_conditions(self)
        read_observations(self)

    def _patient(self, node: Node) -> None:
        own = node.text("id")
        keys = self._keys[id(node)]
        person_id = own or (keys[0].rsplit("/", 1)[-1].rsplit(":", 1)[-1] if keys else None)
        if person_id is None:
            if len(self.resources["Patient"]) > 1:
                node.fault("id", "fhir.no_patient_id")
                return
            person_id = "p1"
        known = self._persons.get(f"Patient/{person_id}")
        person = known or self.book.person(person_id, node.place(), self.scope)
        for key in (f"Patient/{person_id}", *keys):
            self._persons[key] = person
        birth = node.span("birthDate")
        person.birth_date = person.birth_date or (birth.first if birth and birth.is_exact else None)
        person.sex = person.sex or node.text("gender")
        countries = [c for a in node.children("address") if (c := a.text("country"))]
        person.country = person.country or (countries[0] if countries else None)

    def person_of(self, node: Node, field: str = "subject") -> PersonRow | None:
        """The person a resource is about; None, with a fault or a notice, where that cannot be told."""
        reference = node.reference(field)
        if reference is None:
            if len(self.resources["Patient"]) == 1 and self._persons:
                only = next(iter(self._persons.values()))
                self.book.notice(only.key, "assumed", "subject_missing")
                return only
            node.fault(field, "fhir.no_subject")
            return None
        plain = reference.split("/_history/")[0]
        tail = "/".join(plain.split("/")[-2:])
        known = self._persons.get(plain) or self._persons.get(tail)
        if known is not None:
            return known
        if tail.startswith("Group/"):
            self.book.notice(None, "left_out", "group_subject")
            return None
        if self.resources["Patient"] or not tail.startswith("Patient/"):
            node.fault(f"{field}.reference", "fhir.subject")
            return None
        person = self._persons[tail] = self.book.person(tail.removeprefix("Patient/"), node.place(), self.scope)
        self.book.notice(None, "assumed", "patient_missing")
        return person

    def leave_out(self, person: PersonRow | None, kind: str, key: str, /, **values: object) -> None:
        """Count a record that is not used, with a notice of that key."""
        self.book.notice(person.key if person else None, "left_out", key, resource=kind, **values)


def _is_delete(entry: Node) -> bool:
    request = entry.child("request")
    return request is not None and request.text("method") == "DELETE"


def _newer(a: Node, b: Node) -> Node | None:
    """The later of two versions; None if they do not tell."""
    stamps = [(m.text("lastUpdated") or "") if (m := n.child("meta")) else "" for n in (a, b)]
    if stamps[0] == stamps[1]:
        return None
    return a if stamps[0] > stamps[1] else b
