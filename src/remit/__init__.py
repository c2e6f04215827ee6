"""Remit: from a record of depression treatment to a defensible next step.

The public names; each one loads what it needs when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from remit.version import VERSION

if TYPE_CHECKING:
    from remit.cohort.notebook import Assessment, Population, assess, scan_exposures, scan_fhir, scan_omop
    from remit.errors import RemitError, SourceError, UsageError
    from remit.knowledge import Knowledge, load_knowledge

__version__ = VERSION

_HOMES = {
    "assess": "remit.cohort.notebook",
    "scan_exposures": "remit.cohort.notebook",
    "scan_omop": "remit.cohort.notebook",
    "scan_fhir": "remit.cohort.notebook",
    "Assessment": "remit.cohort.notebook",
    "Population": "remit.cohort.notebook",
    "load_knowledge": "remit.knowledge",
    "Knowledge": "remit.knowledge",
    "RemitError": "remit.errors",
    "SourceError": "remit.errors",
    "UsageError": "remit.errors",
}

__all__ = [
    "Assessment",
    "Knowledge",
    "Population",
    "RemitError",
    "SourceError",
    "UsageError",
    "assess",
    "load_knowledge",
    "scan_exposures",
    "scan_fhir",
    "scan_omop",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'remit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
