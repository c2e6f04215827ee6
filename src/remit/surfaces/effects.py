"""Fetches pooled effects from the evidence for documents: the evidence and the documents do not know each other."""

from __future__ import annotations

import math

from remit.evidence.trd.base import WINDOWS, evidence_base
from remit.evidence.trd.findings import Finding, findings
from remit.render.effects import Citation, Effect

OUTCOMES = ("response", "remission")


def effects() -> tuple[Effect, ...]:
    """All pooled comparisons of the evidence base, by treatment, control and outcome. It takes about two seconds."""
    base = evidence_base()
    found = [_effect(finding) for outcome in OUTCOMES for finding in findings(base, outcome)]
    return tuple(sorted(found, key=lambda e: (e.treatment.casefold(), e.control.casefold(), e.outcome)))


def _effect(finding: Finding) -> Effect:
    lead = finding.result.estimate
    studies = {row["study"]: row for row in finding.studies.iter_rows(named=True)}
    return Effect(
        treatment=finding.treatment,
        control=finding.control,
        outcome=finding.outcome,
        window=WINDOWS[finding.window][-1],
        n_studies=finding.result.k,
        n_people=finding.n1 + finding.n2,
        helped=finding.events1,
        n_helped=finding.n1,
        helped_control=finding.events2,
        n_control=finding.n2,
        odds_ratio=math.exp(lead.te),
        lower=math.exp(lead.lower),
        upper=math.exp(lead.upper),
        certainty=finding.certainty.word,
        words=finding.words(),
        warnings=finding.warnings,
        citations=tuple(Citation(f"study:{name}", row["source"] or row["label"]) for name, row in studies.items()),
    )
