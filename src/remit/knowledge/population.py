"""Choices of the project about populations that are numbers: one file of the knowledge, `cohort.yaml`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, KnowledgeModel, Number


class Breaks(Cited):
    """Rising numbers that cut a range into bands; each band begins at its number."""

    values: Annotated[tuple[int, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> Breaks:
        if any(b <= a for a, b in pairwise(self.values)):
            raise ValueError("the numbers must rise")
        return self


class CohortPolicy(KnowledgeModel):
    """What a run over a population takes for granted."""

    small_cell: Number  # counts of persons below this are not shown
    longest_supply_days: Number  # days of supply beyond this are a default or a slip, and unknown
    longest_follow_up_years: Number  # of the curves
    age_bands: Breaks  # first year of age of each band
    persistence_days: Number  # window of the proportion of days covered
    pathway_lines: Number  # lines of treatment that a pathway shows
    pathway_least_days: Number  # a stretch shorter than this is no line of its own
