"""Pieces of FHIR R4 resources: ids, references, codes, narratives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5
from xml.sax.saxutils import escape

from remit.knowledge import Treatment

Json = dict[str, Any]

SPACE = UUID("6c1f0c1e-6f0e-5d0a-9d53-5e0a3b7f2a41")
"""Of ids that hang on what they name: the same input gives the same ids."""
SYSTEM = "urn:x-remit"
"""Our own codes; the part of the knowledge follows."""
RXNORM, ATC, LOINC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc", "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


class Ids:
    """Ids of one person's resources.

    Parameters
    ----------
    scope : str
        What they hang on besides their own names.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def of(self, kind: str, name: str = "") -> str:
        """Id of a resource."""
        return str(uuid5(SPACE, f"{self.scope}|{kind}|{name}"))

    def reference(self, kind: str, name: str = "") -> Json:
        """A reference to it within the bundle."""
        return {"reference": f"urn:uuid:{self.of(kind, name)}"}


def code(section: str, value: str, text: str, further: Iterable[Json] = ()) -> Json:
    """A concept by a code of our own, and others where there are some."""
    own = {"system": f"{SYSTEM}:{section}", "code": value, "display": text}
    return {"coding": [own, *further], "text": text}


def treatment(entry: Treatment) -> Json:
    """A treatment by our id and its open codes."""
    further = [{"system": RXNORM, "code": c} for c in entry.codes.rxnorm]
    further += [{"system": ATC, "code": c} for c in entry.codes.atc]
    return code("treatment", entry.id, entry.name, further)


def quantity(value: float, unit: str, ucum: str) -> Json:
    """A number with its unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": ucum}


def narrative(lines: Sequence[str]) -> Json:
    """Lines as a generated narrative."""
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'}


def instant(day: date) -> str:
    """The begin of a day; there is no clock, so that the same input gives the same bytes."""
    return f"{day.isoformat()}T00:00:00Z"


def present(resource: Json) -> Json:
    """A resource without what is empty: FHIR knows no null and no empty list."""
    return {key: value for key, value in resource.items() if value not in (None, [], {}, "")}
