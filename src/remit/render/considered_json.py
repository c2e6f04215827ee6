"""Considerations and gene guidance as parts of `remit-assessment/1`."""

from __future__ import annotations

from typing import Any

from remit.knowledge.base import Cited
from remit.render.considered import ClueView, ConsiderationView, GeneView
from remit.render.phrases import Phrases

Json = dict[str, Any]


def consideration_json(view: ConsiderationView, phrases: Phrases) -> Json:
    """One check: state, when to check, reasons, what is unknown and what would tell. Prose is of the run's mode."""
    check = view.check
    document: Json = {
        "check": check.id,
        "name": view.name,
        "state": view.state,
        "level": view.level,
        "reasons": [_reason(clue) for clue in view.reasons],
        "unknown": [fact.id for fact in view.unknown],
        "asks": list(view.asks),
        "tests": list(view.tests),
        "instruments": list(check.instruments),
        "changes": view.changes,
        "evidence": [{"grade": e.grade, "text": e.text} | _cited(e) for e in check.evidence],
    }
    if phrases.is_visit:
        document["evidence"] = [{"grade": e.grade} | _cited(e) for e in check.evidence]
    elif view.state == "raised":
        document["figures"] = [{"text": f.text, "caution": f.caution} | _cited(f) for f in check.figures]
    return document | _cited(check)


def _reason(view: ClueView) -> Json:
    facts = [{"fact": fact, "record_ref": place} for fact, place in view.facts]
    found = {"clue": view.clue.id, "direction": view.direction, "strength": view.clue.strength, "text": view.text}
    return found | {"facts": facts} | _cited(view.clue)


def _cited(cited: Cited) -> Json:
    return {"sources": list(cited.sources), "verified": cited.verified}


def gene_json(view: GeneView) -> Json:
    """What a guideline says of one drug for the phenotypes on record."""
    return {
        "treatment": view.treatment.id,
        "relation": view.relation,
        "phenotypes": list(view.phenotypes),
        "advice": view.guidance.advice,
        "pace": view.guidance.pace,
        "strength": view.guidance.strength,
        "text": view.text,
        "cautions": list(view.cautions),
    } | _cited(view.drug)
