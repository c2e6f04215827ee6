"""Pooled effects as parts of `remit-assessment/1`."""

from __future__ import annotations

from typing import Any

from remit.knowledge.pooled import PooledEffect, PooledTable, RelapseRatio, Share
from remit.render.phrases import Phrases
from remit.render.pooled import Found

Json = dict[str, Any]


def evidence_json(table: PooledTable, option: str) -> list[Json]:
    """What pooled trials found about an entry of the catalogue; empty where no counts were read in a source."""
    return [_effect(table, effect) for effect in table.of(option)]


def relapse_json(table: PooledTable, option: str) -> list[Json]:
    """Hazard ratios of relapse of an entry of the catalogue, each of one trial."""
    return [_ratio(table, ratio) for ratio in table.relapse_of(option)]


def plain_evidence_json(table: PooledTable, option: str, phrases: Phrases) -> list[Json]:
    """The same for a person: the sentence that a page shows, and its numbers; no dose and no technical reason."""
    words = Found(table, phrases)
    kept: tuple[str, ...] = (
        "outcome",
        "window",
        "studies",
        "n",
        "events_treatment",
        "n_treatment",
        "events_control",
        "n_control",
    )
    kept += ("measure", "estimate", "lower", "upper", "of_100_treatment", "of_100_control", "certainty", "sources")
    found = []
    for effect in table.of(option):
        whole = _effect(table, effect)
        sides = {"treatment": table.nodes[effect.treatment].plain, "control": table.nodes[effect.control].plain}
        found.append(sides | {key: whole[key] for key in kept} | {"text": words.plain(effect)})
    return found


def studies_json(table: PooledTable, *, is_visit: bool) -> Json:
    """The studies behind the effects, by id; for a person without the words of their protocols."""
    if is_visit:
        return {name: {"citation": table.cited(name), "funding": s.funding} for name, s in table.studies.items()}
    return {
        name: {
            "citation": table.cited(name),
            "funding": study.funding,
            "risk_of_bias": study.risk_of_bias,
            "trd_level": study.trd_level,
            "trd_definition": study.trd_definition,
        }
        for name, study in table.studies.items()
    }


def _effect(table: PooledTable, effect: PooledEffect) -> Json:
    return {
        "treatment": table.nodes[effect.treatment].name,
        "control": table.nodes[effect.control].name,
        "outcome": effect.outcome,
        "window": effect.window_text,
        "studies": effect.k,
        "n": effect.n_people,
        "events_treatment": effect.events,
        "n_treatment": effect.n,
        "events_control": effect.events_control,
        "n_control": effect.n_control,
        "measure": "odds_ratio",
        "estimate": effect.odds_ratio,
        "lower": effect.lower,
        "upper": effect.upper,
        "prediction_lower": effect.prediction_lower,
        "prediction_upper": effect.prediction_upper,
        "model": effect.model,
        "of_100_treatment": _share(effect.share),
        "of_100_control": _share(effect.share_control),
        "certainty": effect.certainty,
        "certainty_reasons": list(effect.reasons),
        "words": effect.words,
        "left_out": list(effect.left_out),
        "sources": list(effect.source_ids),
    }


def _share(share: Share | None) -> Json | None:
    return None if share is None else {"value": share.of_100, "lower": share.low, "upper": share.high}


def _ratio(table: PooledTable, ratio: RelapseRatio) -> Json:
    return {
        "treatment": table.nodes[ratio.treatment].name,
        "control": ratio.against,
        "people": ratio.people,
        "measure": "hazard_ratio",
        "estimate": ratio.hazard_ratio,
        "lower": ratio.lower,
        "upper": ratio.upper,
        "sources": [f"study:{ratio.study}"],
    }
