"""What popular articles say against what was published: as plain objects, and as a section of a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.claims import VERDICTS, Claim
from remit.render.document.blocks import Block, Document, Grid, Part, Said, Section
from remit.render.document.parts import Frame, paragraph
from remit.render.phrases import Phrases

SCHEMA = "remit-claims/1"

Json = dict[str, Any]


def claims_about(treatment: str | None, knowledge: Knowledge) -> tuple[Claim, ...]:
    """Claims about a catalogue entry, in the order of their ids; all without one."""
    return tuple(c for c in knowledge.claims.values() if treatment is None or treatment in c.treatments)


def claims_json(claims: Sequence[Claim], knowledge: Knowledge) -> Json:
    """The claims with the citations of their sources."""
    cited = dict.fromkeys(source for claim in claims for source in claim.sources)
    return {
        "schema": SCHEMA,
        "knowledge_version": knowledge.version,
        "claims": [claim.model_dump(mode="json", exclude_none=True) for claim in claims],
        "citations": {source: knowledge.sources[source].citation for source in cited},
    }


def claims_section(claims: Sequence[Claim], knowledge: Knowledge, phrases: Phrases) -> Section:
    """A section of a document: one row a claim, with verdict and sources."""
    say = phrases.say
    counts: Counter[str] = Counter(claim.verdict for claim in claims)
    told = say("claims.counts", **{verdict: counts[verdict] for verdict in VERDICTS})
    cited = tuple(dict.fromkeys(source for claim in claims for source in claim.sources))
    columns = tuple(say(f"claims.columns.{c}") for c in ("claim", "verdict", "evidence"))
    rows = tuple(
        (
            Said(claim.claim, claim.sources, "quoted"),
            Said(say(f"claims.verdict.{claim.verdict}"), is_strong=True),
            Said(claim.evidence, claim.sources, verified=claim.verified),
        )
        for claim in claims
    )
    blocks: list[Block] = [paragraph(Said(told, cited))]
    if rows:
        blocks.append(Grid(say("claims.title"), columns, rows, (4, 2, 7)))
    return Section("claims", say("claims.title"), tuple(blocks))


def claims_document(claims: Sequence[Claim], treatment: str | None, knowledge: Knowledge, phrases: Phrases) -> Document:
    """The claims as a document about no person."""
    say, n = phrases.say, len(claims)
    name = knowledge.catalogue[treatment].name if treatment else None
    lead = say("claims.lead_about", n=n, treatment=name) if name else say("claims.lead", n=n)
    day = max(d.reviewed for d in knowledge.definitions)
    frame = Frame(knowledge, phrases)
    part = Part(
        title=say("claims.title"),
        lead=(Said(lead, origin="program"),),
        sections=(claims_section(claims, knowledge, phrases),),
        about=frame.about(None, day, knowledge.version),
    )
    return Document(title=say("claims.title"), day=day, parts=(part,), words=frame.words())
