"""Rating scales, screeners and clinical measures as data: items, scoring, cut-offs, licence.

Text of items stands here only where the licence lets it ship; of the others only a total may be entered.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel, Number


class Option(KnowledgeModel):
    """One answer of an item."""

    value: float
    text: str | None = None
    code: str | None = None  # LOINC answer code


class Question(KnowledgeModel):
    """One item; `topic` is in our own words, `text` only where the licence allows it."""

    n: int
    topic: str
    text: str | None = None
    code: str | None = None  # LOINC
    options: tuple[Option, ...] = ()
    is_scored: bool = True


class Cutoff(Cited):
    """What a score at or beyond a number means, and in whom that was found."""

    at_least: float | None = None
    at_most: float | None = None
    use: str
    sensitivity: str | None = None
    specificity: str | None = None
    population: str | None = None


class ScoreBand(KnowledgeModel):
    """Published name of a range of totals, both ends inclusive."""

    low: float
    high: float
    label: str


class Bands(Cited):
    """All bands of an instrument; they cover its range without hole or overlap."""

    bands: tuple[ScoreBand, ...]


class Change(KnowledgeModel):
    """What counts as change on this instrument."""

    response_percent: Number | None = None  # improvement of at least this
    remission_at_most: Number | None = None  # total at or below this
    minimal_important: Number | None = None  # points
    reliable: Number | None = None  # points


class SafetyItem(Cited):
    """An item about suicide: from which answer on the crisis panel comes first."""

    item: int
    at_least: float


class Scoring(Cited):
    """How items make a total.

    `sum` adds all scored items. `groups` adds, over groups, the highest answer of each group (QIDS). `total_only` means
    that only a total may be entered, because the items are not ours to show.
    """

    method: Literal["sum", "groups", "total_only"]
    groups: tuple[tuple[int, ...], ...] = ()
    low: float
    high: float
    prorate_missing_up_to: Number | None = None  # this many missing items may be filled with the mean of the others


class Licence(Cited):
    """Who owns it and what may ship."""

    tier: Literal["ship", "contested", "non_commercial", "permission", "proprietary"]
    holder: str | None = None
    statement: str | None = None
    attribution: str | None = None


class Instrument(Cited):
    """One rating scale, screener or clinical measure."""

    id: Id
    name: str
    domain: str
    is_depression_severity: bool = False
    respondent: Literal["self", "clinician", "informant", "lab", "other"]
    recall_days: int | None = None
    stem: str | None = None
    options: tuple[Option, ...] = ()  # of every item that has none of its own
    questions: tuple[Question, ...] = ()
    scoring: Scoring
    bands: Bands | None = None
    cutoffs: tuple[Cutoff, ...] = ()
    change: Change = Change.model_construct()
    safety_items: tuple[SafetyItem, ...] = ()
    names: tuple[str, ...] = ()
    loinc_total: tuple[str, ...] = ()
    loinc_panel: tuple[str, ...] = ()
    licence: Licence
    caution: str | None = None

    @model_validator(mode="after")
    def _text_may_ship(self) -> Instrument:
        texts = [q for q in self.questions if q.text] or self.stem
        if texts and self.licence.tier != "ship":
            raise ValueError("item text is present although the licence does not let it ship")
        if self.bands:
            ends = [(b.low, b.high) for b in self.bands.bands]
            if ends[0][0] != self.scoring.low or ends[-1][1] != self.scoring.high:
                raise ValueError("bands do not cover the range of the total")
            if any(after[0] != before[1] + 1 for before, after in pairwise(ends)):
                raise ValueError("bands leave a hole or overlap")
        return self
