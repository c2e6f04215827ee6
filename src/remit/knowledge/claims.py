"""What popular articles say about treatments, held against what was published."""

from __future__ import annotations

from typing import Literal

from remit.knowledge.base import Id, KnowledgeModel, Verified

VERDICTS = ("supported", "partly", "contradicted", "not_verifiable")


class Claim(KnowledgeModel):
    """One claim. `sources` may be empty only where nothing that settles it was found."""

    id: Id
    topic: str
    claim: str  # in our own words
    verdict: Literal["supported", "partly", "contradicted", "not_verifiable"]
    evidence: str
    shown_instead: str | None = None  # what the software shows or does because of it
    treatments: tuple[Id, ...] = ()  # of the catalogue
    sources: tuple[Id, ...] = ()
    verified: Verified
