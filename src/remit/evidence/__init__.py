"""Meta-analysis and network meta-analysis of published studies.

Two functions do the main work, on Polars or pandas frames, lists of records, or the path of a CSV file::

    from remit.evidence import network, pairwise

    result = pairwise("bcg.csv", measure="rr")
    result.random.te, result.random.lower, result.random.upper

    net = network("smoking.csv", measure="or", reference="A")
    net.league()

A network's parts (`net.pieces`) hold the rest: `split`, `heat`, `rank`, `p_scores`, `contributions`, `additive`,
`detached`, `funnel`, `league`. Around a pairwise result stand `leave_one_out`, `cumulative`, `subgroups`,
`meta_regression`, `egger`, `peters`, `trim_and_fill`; pictures are SVG text from `forest_plot`, `funnel_plot`,
`network_graph`, `rankogram` and `write_plots`.

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
    from remit.evidence.pair.regression import egger, meta_regression, peters
    from remit.evidence.pair.results import PairwiseResult
    from remit.evidence.pair.sensitivity import cumulative, leave_one_out, subgroups
    from remit.evidence.pair.trimfill import trim_and_fill
    from remit.evidence.plots.forest import forest_plot
    from remit.evidence.plots.funnel import funnel_plot, network_funnel
    from remit.evidence.plots.network import network_graph, rankogram, write_plots
    from remit.evidence.trd.base import EvidenceBase, evidence_base

__all__ = [
    "EvidenceBase",
    "EvidenceError",
    "LeftOut",
    "NetworkResult",
    "PairwiseResult",
    "cumulative",
    "egger",
    "evidence_base",
    "forest_plot",
    "funnel_plot",
    "leave_one_out",
    "meta_regression",
    "network",
    "network_funnel",
    "network_graph",
    "pairwise",
    "peters",
    "rankogram",
    "subgroups",
    "trim_and_fill",
    "write_plots",
]

_HOMES = {
    "EvidenceBase": "remit.evidence.trd.base",
    "EvidenceError": "remit.evidence.data",
    "LeftOut": "remit.evidence.data",
    "NetworkResult": "remit.evidence.nma.results",
    "PairwiseResult": "remit.evidence.pair.results",
    "cumulative": "remit.evidence.pair.sensitivity",
    "egger": "remit.evidence.pair.regression",
    "evidence_base": "remit.evidence.trd.base",
    "forest_plot": "remit.evidence.plots.forest",
    "funnel_plot": "remit.evidence.plots.funnel",
    "leave_one_out": "remit.evidence.pair.sensitivity",
    "meta_regression": "remit.evidence.pair.regression",
    "network": "remit.evidence.nma.analysis",
    "network_funnel": "remit.evidence.plots.funnel",
    "network_graph": "remit.evidence.plots.network",
    "pairwise": "remit.evidence.pair.analysis",
    "peters": "remit.evidence.pair.regression",
    "rankogram": "remit.evidence.plots.network",
    "subgroups": "remit.evidence.pair.sensitivity",
    "trim_and_fill": "remit.evidence.pair.trimfill",
    "write_plots": "remit.evidence.plots.network",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
