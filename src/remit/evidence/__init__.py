"""Meta-analysis and network meta-analysis of published studies.

Two functions do the work, on Polars or pandas frames, lists of records, or the path of a CSV file::

    from remit.evidence import network, pairwise

    result = pairwise("bcg.csv", measure="rr")
    result.random.te, result.random.lower, result.random.upper

    net = network("smoking.csv", measure="or", reference="A")
    net.league()

Everything is a pure function of its input. What was left out of an analysis, and why, stands in the result.
Imports are lazy: asking for the package costs nothing until a function is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remit.evidence.data import EvidenceError, LeftOut
    from remit.evidence.nma.analysis import network
    from remit.evidence.nma.results import NetworkResult
    from remit.evidence.pair.analysis import pairwise
    from remit.evidence.pair.results import PairwiseResult
    from remit.evidence.trd.base import EvidenceBase, evidence_base

__all__ = [
    "EvidenceBase",
    "EvidenceError",
    "LeftOut",
    "NetworkResult",
    "PairwiseResult",
    "evidence_base",
    "network",
    "pairwise",
]

_HOMES = {
    "EvidenceBase": "remit.evidence.trd.base",
    "EvidenceError": "remit.evidence.data",
    "LeftOut": "remit.evidence.data",
    "NetworkResult": "remit.evidence.nma.results",
    "PairwiseResult": "remit.evidence.pair.results",
    "evidence_base": "remit.evidence.trd.base",
    "network": "remit.evidence.nma.analysis",
    "pairwise": "remit.evidence.pair.analysis",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
