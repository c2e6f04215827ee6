"""Options as parts of `remit-assessment/1`."""

from __future__ import annotations

from typing import Any

from remit.knowledge.catalogue import CatalogueEntry
from remit.knowledge.pooled import EMPTY, PooledTable
from remit.render.optioned import MechanismView, OptionView, ReasonView
from remit.render.phrases import Phrases
from remit.render.pooled_json import evidence_json, plain_evidence_json, relapse_json

Json = dict[str, Any]


def option_json(view: OptionView, pooled: PooledTable = EMPTY) -> Json:
    """One option: its status, the keys of its place, every reason that was looked at, and what trials found."""
    return {
        "treatment": view.entry.id,
        "name": view.entry.name,
        "category": view.entry.category,
        "status": view.status,
        "place": view.place + 1,
        "order": view.order,
        "tried_fairly": view.tried_fairly,
        "reasons": [_reason(reason) for reason in view.reasons],
        "evidence": evidence_json(pooled, view.entry.id),
        "relapse": relapse_json(pooled, view.entry.id),
    }


def _reason(view: ReasonView) -> Json:
    document: Json = {
        "rule": view.id,
        "kind": view.kind,
        "effect": view.effect,
        "state": view.state,
        "bears": view.bears,
        "hard": view.is_hard,
        "text": view.text,
        "jurisdictions": list(view.jurisdictions),
        "unknown": [fact.id for fact in view.unknown],
        "sources": list(view.sources),
        "verified": view.verified,
    }
    return document | ({"trial_id": view.trial_id} if view.trial_id else {})


def mechanism_json(view: MechanismView) -> Json:
    """What was tried of one system."""
    return {
        "system": view.group.id,
        "name": view.group.name,
        "tried": view.tried,
        "tried_fairly": view.tried_fairly,
        "treatments": view.n_treatments,
        "sources": list(view.group.sources),
        "verified": view.group.verified,
    }


def mention_json(entry: CatalogueEntry, pooled: PooledTable, phrases: Phrases) -> Json:
    """An entry of the catalogue and what trials found, with nothing about a person."""
    return {
        "treatment": entry.id,
        "name": entry.plain.name if entry.plain else entry.name,
        "category": entry.category,
        "investigational": entry.is_investigational,
        "evidence": plain_evidence_json(pooled, entry.id, phrases),
    }
