"""Reads `remit_knowledge`, validates it as a whole, and hands it out frozen."""

from remit.knowledge.definition import Definition
from remit.knowledge.instrument import Instrument
from remit.knowledge.library import Knowledge, Library
from remit.knowledge.load import load_knowledge
from remit.knowledge.schema import AdequacyRule, Source, Treatment

__all__ = [
    "AdequacyRule",
    "Definition",
    "Instrument",
    "Knowledge",
    "Library",
    "Source",
    "Treatment",
    "load_knowledge",
]
