"""A scored instrument, as plain objects and as a page. Answers about suicide come first and are never added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.text import Text as Line

from remit.knowledge import Instrument, Knowledge
from remit.render.assessment_json import panel_json
from remit.render.crisis import has_sign, panel, zero_sentences
from remit.render.phrases import Phrases, number, plain
from remit.render.text.page import bullets, crisis_frame, disclaimers, paragraph
from remit.render.views import Sign


@dataclass(frozen=True, slots=True)
class ScoreView:
    """What came of scoring."""

    instrument: Instrument
    total: float | None
    least: float
    is_imputed: bool
    answered: int
    asked: int
    signs: tuple[Sign, ...]

    @property
    def has_total(self) -> bool:
        """Whether a total means anything: not where every item is about suicide."""
        scored = {q.n for q in self.instrument.questions if q.is_scored}
        return not scored <= {s.item for s in self.instrument.safety_items}

    @property
    def band(self) -> str | None:
        """Published name of the range that holds the total."""
        bands = self.instrument.bands.bands if self.instrument.bands and self.has_total else ()
        return next((b.label for b in bands if self.total is not None and b.low <= self.total <= b.high), None)


def score_json(view: ScoreView, country: str | None, knowledge: Knowledge, phrases: Phrases) -> dict[str, Any]:
    """`remit-score/1`; the crisis panel is the first key where there is a sign."""
    document: dict[str, Any] = {}
    if has_sign(view.signs):
        document["crisis"] = panel_json(panel(view.signs, country, knowledge, phrases))
    total = view.total if view.has_total else None
    return document | {
        "schema": "remit-score/1",
        "knowledge_version": knowledge.version,
        "mode": phrases.mode,
        "instrument": view.instrument.id,
        "total": None if total is None else plain(total),
        "is_imputed": view.is_imputed,
        "answered": view.answered,
        "items": view.asked,
        "band": view.band,
        "notes": zero_sentences(view.signs, phrases, knowledge),
        "sources": list(view.instrument.scoring.sources),
        "verified": view.instrument.scoring.verified,
    }


def score_page(
    view: ScoreView, country: str | None, knowledge: Knowledge, phrases: Phrases
) -> Iterator[RenderableType]:
    """The page: panel, total, published range, cautions."""
    say, instrument = phrases.say, view.instrument
    if has_sign(view.signs):
        yield crisis_frame(panel(view.signs, country, knowledge, phrases))
        yield Line()
    yield Line(_total(view, phrases), style="bold")
    yield paragraph(say("score.answered", n=view.answered, asked=view.asked))
    if instrument.bands and view.band:
        yield paragraph(say("score.band", band=view.band, mark=phrases.mark(instrument.bands.verified)))
    reached = list(_cutoffs(view, phrases))
    if reached:
        yield paragraph(say("score.reached"))
        yield bullets(reached)
    for sentence in zero_sentences(view.signs, phrases, knowledge):
        yield Line(sentence, style="bold")
    if instrument.caution:
        yield paragraph(say("score.caution", caution=instrument.caution))
    sources = ", ".join(instrument.scoring.sources)
    yield paragraph(say("score.sources", sources=sources, mark=phrases.mark(instrument.scoring.verified)))
    if instrument.licence.attribution:
        yield paragraph(instrument.licence.attribution)
    yield Line()
    day = max(d.reviewed for d in knowledge.definitions)
    version = say("page.knowledge", version=knowledge.version, day=phrases.day(day))
    yield Line(f"{say('page.mode')}  |  {version}")
    yield disclaimers(country, day, knowledge, phrases)


def _total(view: ScoreView, phrases: Phrases) -> str:
    name = view.instrument.name
    if not view.has_total:
        return phrases.say("score.no_total", instrument=name)
    if view.total is None:
        return phrases.say("score.none", instrument=name, least=number(view.least))
    key = "score.imputed" if view.is_imputed else "score.total"
    return phrases.say(key, instrument=name, total=number(view.total), high=number(view.instrument.scoring.high))


def _cutoffs(view: ScoreView, phrases: Phrases) -> Iterator[str]:
    """Published cut-offs that the total reaches, each use once."""
    total = view.total
    if total is None or not view.has_total:
        return
    seen: set[tuple[str, str]] = set()
    for cutoff in view.instrument.cutoffs:
        for key, at in (("cutoff_least", cutoff.at_least), ("cutoff_most", cutoff.at_most)):
            is_reached = at is not None and (total >= at if key == "cutoff_least" else total <= at)
            if at is not None and is_reached and (key, cutoff.use) not in seen:
                seen.add((key, cutoff.use))
                yield phrases.say(f"score.{key}", at=number(at), use=cutoff.use, mark=phrases.mark(cutoff.verified))
