"""A published definition or staging method as data, in one of three shapes: count, score, ladder.

A definition names an adequacy rule (what a fair try is), a scope, and *features*: numbers counted over a person's
trials or read off the episode. `remit.engine.criteria` compiles the shapes; nothing else does. Every shape is
monotone in its features, so that evaluating it at the lowest and at the highest features bounds the result.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from remit.knowledge.base import Cited, Id, KnowledgeModel
from remit.knowledge.pattern import PatternFeature
from remit.knowledge.select import Select


class TrialFeature(KnowledgeModel):
    """How many distinct ingredients, classes or trials are in a state.

    States: `failed` an adequate trial that did not help; `unsuccessful` did not help, whatever dose and time;
    `dose_optimised`, `duration_optimised` failed, and the dose or the time reached the optimised level;
    `failed_or_intolerant` failed, or stopped early for side effects.
    """

    count: Literal["ingredient", "class", "trial"]
    state: Literal["failed", "unsuccessful", "dose_optimised", "duration_optimised", "failed_or_intolerant"] = "failed"
    select: Select = Select.model_construct()


class SpanFeature(KnowledgeModel):
    """Weeks covered by at least one of the selected trials that are in a state; days that overlap count once."""

    weeks: Literal["failed", "unsuccessful"]
    select: Select = Select.model_construct()


class EpisodeFeature(KnowledgeModel):
    """A fact of the current episode.

    `months`: length at the index date in months of 30.4375 days. `severity`: 1 subsyndromal to 4 severe.
    `severity_psychotic`: the same, 5 where it is severe with psychotic features.
    """

    episode: Literal["months", "severity", "severity_psychotic"]


Feature = TrialFeature | SpanFeature | EpisodeFeature | PatternFeature


class Criterion(Cited):
    """A feature must reach a number."""

    id: Id
    feature: Id
    at_least: float | None = None
    more_than: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Criterion:
        if (self.at_least is None) == (self.more_than is None):
            raise ValueError("give exactly one of at_least and more_than")
        return self


class Band(KnowledgeModel):
    """Points for a feature up to and including a value; the last band has no upper end."""

    up_to: float | None = None
    points: float


class Item(Cited):
    """One item of a score: so many points per unit, or by bands."""

    id: Id
    feature: Id
    per: float | None = None
    bands: tuple[Band, ...] = ()

    @model_validator(mode="after")
    def _one_rule(self) -> Item:
        if (self.per is None) == (not self.bands):
            raise ValueError("give exactly one of per and bands")
        if self.per is not None and self.per < 0:
            raise ValueError("per must not be negative: a score may not fall when a feature rises")
        check_bands([(b.up_to, b.points) for b in self.bands])
        return self


class Rung(Cited):
    """One stage of a ladder: reached when all its criteria are met."""

    value: float
    label: str
    all: tuple[Criterion, ...] = ()


class Population(Cited):
    """Whom the published definition looks at; for populations whose source holds diagnoses, never for one person."""

    condition: Id
    codes_at_least: float = 1
    within_days_before: float | None = None  # of the day on which the pattern is complete
    text: str


class Label(KnowledgeModel):
    """Published name of a range of results."""

    up_to: float | None = None
    label: str


class CaseTrial(KnowledgeModel):
    """A trial of a worked case, relative to day 0 = first day of the episode."""

    treatment: Id
    start: int | None = 0
    days: int | None = None  # None with `ongoing` false: unknown
    dose: float | None = None
    sessions: float | None = None
    outcome: str | None = None
    improvement: float | None = None
    adherence: float | None = None
    stopped: str | None = None
    augments: Id | None = None
    detail: dict[str, str] = {}


class Case(KnowledgeModel):
    """A worked case: what is put in and what must come out."""

    name: str
    trials: tuple[CaseTrial, ...]
    episode_days: int | None = None  # from day 0 to the index date; default: 7 days after the last trial's end
    episode_known: bool = True
    severity: str | None = None
    psychotic: str | None = None
    conditions: tuple[Id, ...] = ()
    expect: dict[str, float | str | None]  # status, value, low, high, label


class Definition(Cited):
    """One definition or staging method, with its worked cases."""

    id: Id
    name: str
    family: Literal["regulatory", "consensus", "staging", "payer", "pattern", "site"]
    shape: Literal["count", "score", "ladder"]
    summary: str
    plain: str  # the same for a person or family, grade 8 or below
    reviewed: date
    adequacy: Id  # id of an adequacy rule
    scope: Literal["episode", "lifetime"]
    excludes: tuple[Id, ...] = ()  # condition sets for which the definition does not apply
    label: str | None = None  # shown with every verdict, such as: treatment-pattern
    population: Population | None = None
    features: dict[Id, Feature]
    criteria: tuple[Criterion, ...] = ()  # count
    items: tuple[Item, ...] = ()  # score
    rungs: tuple[Rung, ...] = ()  # ladder, lowest first
    scorable_if: tuple[Criterion, ...] = ()  # score: without these there is no score
    met: Criterion | None = None  # score and ladder: from which result on it is called resistant; feature is `result`
    labels: tuple[Label, ...] = ()
    ambiguities: tuple[str, ...] = ()
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _shape_is_whole(self) -> Definition:
        parts = {"count": self.criteria, "score": self.items, "ladder": self.rungs}
        for shape, part in parts.items():
            if bool(part) != (shape == self.shape):
                raise ValueError(f"shape {self.shape} needs its own part and no other: check {shape}")
        if (self.met is None) != (self.shape == "count"):
            raise ValueError("score and ladder need `met`; count has its criteria")
        if any(b.value <= a.value for a, b in pairwise(self.rungs)):
            raise ValueError("rungs must rise")
        check_bands([(x.up_to, float(i)) for i, x in enumerate(self.labels)])
        return self

    @model_validator(mode="after")
    def _features_resolve(self) -> Definition:
        used = {c.feature for c in self.all_criteria()} | {i.feature for i in self.items}
        if wrong := sorted(used - set(self.features)):
            raise ValueError(f"features not declared: {', '.join(wrong)}")
        if idle := sorted(set(self.features) - used):
            raise ValueError(f"features declared and not used: {', '.join(idle)}")
        return self

    def all_criteria(self) -> tuple[Criterion, ...]:
        """Every criterion over features, of whatever shape."""
        return (*self.criteria, *(c for rung in self.rungs for c in rung.all), *self.scorable_if)

    def label_of(self, result: float | None) -> str | None:
        """The published name of a result: of its rung or of its range; None where it has none."""
        if result is None:
            return None
        for rung in self.rungs:
            if rung.value == result:
                return rung.label
        for label in self.labels:
            if label.up_to is None or result <= label.up_to:
                return label.label
        return None


def check_bands(bands: list[tuple[float | None, float]]) -> None:
    """Refuse bands with a hole, an early open end, or points that fall as the feature rises."""
    if not bands:
        return
    ends = [end for end, _ in bands]
    if ends[-1] is not None or None in ends[:-1]:
        raise ValueError("the last band, and only it, must be open (no up_to)")
    closed = [end for end in ends[:-1] if end is not None]
    if any(b <= a for a, b in pairwise(closed)):
        raise ValueError("bands must rise")
    if any(b < a for (_, a), (_, b) in pairwise(bands)):
        raise ValueError("non-monotone bands: points may not fall as the feature rises")
