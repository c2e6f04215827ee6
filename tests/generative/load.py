"""The knowledge of the generative tests: the published definitions and a site's own that use everything else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from remit.knowledge import Knowledge, load_knowledge

SITE = Path(__file__).parent / "site"


@cache
def knowledge() -> Knowledge:
    """Published and made-up definitions together."""
    return load_knowledge(SITE)
