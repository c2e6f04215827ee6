"""What a payer or a health system asks for before it pays: published criteria as conditions over facts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from remit.knowledge.base import Cited, Id
from remit.knowledge.when import When


class Criterion(Cited):
    """One criterion. It is met where `when` is yes; an exclusion is written as what must not hold."""

    id: Id
    text: str  # the published wording in our own words
    is_exclusion: bool = False
    when: When


class PayerPolicy(Cited):
    """One policy for one or more treatments."""

    id: Id
    payer: str
    policy: str
    treatments: Annotated[tuple[Id, ...], Field(min_length=1)]  # of the catalogue
    jurisdiction: str
    effective: str | None = None
    covers: Literal["under_criteria", "in_studies_only", "not_covered"]
    adequacy: Id  # the rule by which the trial table counts weeks at an adequate dose
    psychotherapy: Literal["required", "not_required", "not_stated"] = "not_stated"
    criteria: tuple[Criterion, ...] = ()
    retreatment: str | None = None
    approval: str | None = None  # for how long
    conflict: str | None = None  # where copies of the policy disagree
    caution: str | None = None
