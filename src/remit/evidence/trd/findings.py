"""Pooled effects of the base, each with its control group, numbers, interval, certainty and sources."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from remit.errors import UsageError
from remit.evidence.data import EvidenceError
from remit.evidence.nma.analysis import network
from remit.evidence.nma.results import NetworkResult
from remit.evidence.pair.analysis import pairwise
from remit.evidence.pair.results import PairwiseResult, plain
from remit.evidence.trd.base import EvidenceBase, Selection
from remit.evidence.trd.grade import Certainty, certainty, statement

CONTROL_ROLES = ("placebo", "sham", "usual care", "active placebo", "low-dose comparator")
OUTCOME_NAMES = {"dropout_ae": "stopping for side effects", "dropout_any": "stopping for any reason"}
SHOWN = ("label", "year", "level", "trd_definition", "funding", "rob", "rob_note", "blinding", "doubts")
TOO_FEW = 3


@dataclass(frozen=True)
class Finding:
    """One treatment against one control.

    Attributes
    ----------
    treatment, control, outcome, window, nodes : str
        What was compared, on which outcome, when, and how far treatments were merged.
    result : PairwiseResult
        Log odds ratios. With fewer than three studies the common effect leads.
    events1, n1, events2, n2 : int
        Of the treatment and of the control, over all studies in the estimate.
    certainty : Certainty
        In GRADE words with reasons.
    studies : polars.DataFrame
        One row per study and arm: counts, time point, definition, TRD definition, funder, risk of bias, source.
    warnings : tuple of str
        What must stand beside the numbers.
    """

    treatment: str
    control: str
    outcome: str
    window: str
    nodes: str
    result: PairwiseResult
    events1: int
    n1: int
    events2: int
    n2: int
    certainty: Certainty
    studies: pl.DataFrame
    warnings: tuple[str, ...]

    @property
    def control_risk(self) -> float:
        """Share with the outcome in the control groups of the same trials."""
        return self.events2 / self.n2

    def per_thousand(self, baseline: float | None = None) -> tuple[float, float, float]:
        """More people in 1000 with the outcome, and limits, at a baseline risk (that of the controls if not given)."""
        risk = self.control_risk if baseline is None else baseline
        if not 0 < risk < 1:
            return math.nan, math.nan, math.nan
        lead, odds = self.result.estimate, risk / (1 - risk)
        found = [
            1000 * (odds * math.exp(x) / (1 + odds * math.exp(x)) - risk) for x in (lead.te, lead.lower, lead.upper)
        ]
        return found[0], found[1], found[2]

    def words(self, treatment: str | None = None, control: str | None = None) -> str:
        """One sentence that carries the certainty, with other names for the two sides where they are given."""
        lead = self.result.estimate
        crosses = lead.lower <= 0 <= lead.upper
        outcome = OUTCOME_NAMES.get(self.outcome, self.outcome.replace("_", " "))
        sides = (treatment or self.treatment, control or self.control)
        return statement(self.certainty.word, *sides, outcome, lead.te, crosses)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as a plain dictionary."""
        lead = self.result.estimate
        more, low, high = self.per_thousand()
        result: dict[str, Any] = plain(
            {
                "treatment": self.treatment,
                "control": self.control,
                "outcome": self.outcome,
                "window": self.window,
                "nodes": self.nodes,
                "k": self.result.k,
                "n": self.n1 + self.n2,
                "events_treatment": self.events1,
                "n_treatment": self.n1,
                "events_control": self.events2,
                "n_control": self.n2,
                "control_risk": self.control_risk,
                "odds_ratio": math.exp(lead.te),
                "lower": math.exp(lead.lower),
                "upper": math.exp(lead.upper),
                "model": self.result.model,
                "tau2": self.result.heterogeneity.tau2,
                "i2": self.result.heterogeneity.i2,
                "prediction_lower": _exp(self.result.prediction_lower),
                "prediction_upper": _exp(self.result.prediction_upper),
                "more_per_1000": more,
                "more_per_1000_lower": low,
                "more_per_1000_upper": high,
                "certainty": self.certainty.to_dict(),
                "words": self.words(),
                "studies": self.studies,
                "excluded": [e.to_dict() for e in self.result.excluded],
                "warnings": list(self.warnings),
            }
        )
        return result


def _exp(value: float) -> float:
    return math.exp(value) if math.isfinite(value) else math.nan


def compare(
    base: EvidenceBase,
    treatment: str,
    control: str,
    outcome: str = "response",
    window: str = "acute",
    nodes: str = "lumped",
    **options: bool,
) -> Finding:
    """Pool one treatment against one control over the trials that hold both.

    Parameters
    ----------
    base : EvidenceBase
    treatment, control, outcome, window, nodes
        See `EvidenceBase.select`.
    **options : bool
        ``unverified`` and ``sensitivity``.

    Raises
    ------
    UsageError
        No trial that may be pooled compares the two.
    """
    return _compare(base.select(outcome, window, nodes, **options), treatment, control, outcome, window, nodes)


def _compare(selection: Selection, treatment: str, control: str, outcome: str, window: str, nodes: str) -> Finding:
    both = (
        selection.rows.filter(pl.col("treatment").is_in([treatment, control]))
        .group_by("study")
        .agg(pl.col("treatment").n_unique())
        .filter(pl.col("treatment") > 1)["study"]
        .sort()
    )
    if both.is_empty():
        raise UsageError(f"no verified counts yet for {treatment} against {control} ({outcome}, {window})")
    rows = selection.rows.filter(pl.col("study").is_in(both.to_list()))
    table = selection.arms().filter(pl.col("study").is_in(both.to_list()))
    result = _pool(table, treatment, control)
    used = result.studies
    features = {r["study"]: {"rob": r["rob"], "level": r["level"]} for r in rows.to_dicts()}
    columns = ["study", *SHOWN, "treatment", "arm", "role", "events", "n", "denominator", "timepoint", "days", "scale"]
    columns += ["definition", "basis", "verified", "source", "seen_where"]
    warnings = list(selection.warnings) + list(result.notes)
    return Finding(
        treatment=treatment,
        control=control,
        outcome=outcome,
        window=window,
        nodes=nodes,
        result=result,
        events1=round(used["events1"].sum()),
        n1=round(used["n1"].sum()),
        events2=round(used["events2"].sum()),
        n2=round(used["n2"].sum()),
        certainty=certainty(result, features),
        studies=rows.filter(pl.col("treatment").is_in([treatment, control]))
        .select(columns)
        .sort("study", "treatment", "arm"),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _pool(table: pl.DataFrame, treatment: str, control: str) -> PairwiseResult:
    """Random effects with the Hartung-Knapp interval that is never narrower; the common effect below three studies."""
    options: dict[str, Any] = {"measure": "or", "treat1": treatment, "treat2": control, "tau2": "reml", "test": "adhoc"}
    result = pairwise(table, **options)
    if result.k >= TOO_FEW:
        return result
    return pairwise(table, model="common", **{**options, "test": "z"})


def findings(
    base: EvidenceBase, outcome: str = "response", window: str = "acute", nodes: str = "lumped", **options: bool
) -> list[Finding]:
    """All direct comparisons of the base that may be pooled, controls second, in alphabetical order.

    A comparison whose trials saw no event at all has no odds ratio and is not in the list; `EvidenceBase.select` holds
    its rows.
    """
    selection = base.select(outcome, window, nodes, **options)
    found = []
    for first, second in _pairs(selection.rows):
        try:
            found.append(_compare(selection, first, second, outcome, window, nodes))
        except EvidenceError:
            continue  # Trials without any event say nothing about an odds ratio.
    return found


def _pairs(rows: pl.DataFrame) -> list[tuple[str, str]]:
    control = {
        t: bool(r) for t, r in rows.group_by("treatment").agg(pl.col("role").is_in(CONTROL_ROLES).all()).iter_rows()
    }
    pairs: set[tuple[str, str]] = set()
    for group in rows.partition_by("study"):
        names = sorted(set(group["treatment"]), key=lambda t: (control[t], t))
        pairs |= {(a, b) for i, a in enumerate(names) for b in names[i + 1 :]}
    return sorted(pairs, key=lambda p: (p[0], p[1]))


def base_network(
    base: EvidenceBase, outcome: str = "response", window: str = "acute", nodes: str = "lumped", **options: bool
) -> NetworkResult:
    """Network analysis of what may be pooled; large effects are good. It comes in pieces, and stays in pieces."""
    table = base.select(outcome, window, nodes, **options).arms()
    return network(table, measure="or", tau2="reml", small_values="undesirable")


def relapse_ratios(base: EvidenceBase, *, unverified: bool = False) -> pl.DataFrame:
    """Hazard ratios of relapse after a response, as published: continuing against stopping among responders.

    They are not pooled with counts, and Kaplan-Meier percentages are never turned into counts.
    """
    rows = base.relapse.filter(pl.col("hazard_ratio").is_not_null())
    if not unverified:
        rows = rows.filter(pl.col("verified_hr"))
    return rows.sort("study", "arm")
