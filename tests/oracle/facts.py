"""The knowledge in the form that one person's judgement needs: dictionaries by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """An adequacy rule with its tables resolved."""

    id: str
    minimum: dict[str, float]
    sessions: dict[str, float]
    days: float
    adherence: float
    below: float | None
    at_most: float | None
    ratio: float | None
    optimised_days: float | None


@dataclass(frozen=True)
class Feature:
    """One feature of a definition. `key` is shared by features that ask the same under the same rule and scope."""

    kind: str  # episode, weeks, pattern, or what is counted: ingredient, class, trial
    state: str  # state of the trials; of an episode feature: which fact
    select: Any  # of a pattern: the whole feature
    key: int


@dataclass(frozen=True)
class Definition:
    """A definition, its parts still the knowledge's own models."""

    id: str
    shape: str
    rule: Rule
    lifetime: bool
    excludes: frozenset[str]
    features: dict[str, Feature]
    criteria: tuple[Any, ...]
    items: tuple[Any, ...]
    rungs: tuple[Any, ...]
    scorable_if: tuple[Any, ...]
    met: Any


class Facts:
    """What the oracle asks of the knowledge models."""

    def __init__(self, knowledge: Any) -> None:
        self.knowledge = knowledge
        self.treatments = {t.id: t for t in knowledge.treatments}
        used = {d.adequacy for d in knowledge.definitions}
        self.rules = {r.id: _rule(knowledge, r) for r in knowledge.rules if r.id in used}
        self._feature_keys: dict[str, int] = {}
        self.definitions = tuple(self._definition(d) for d in knowledge.definitions)
        policy = knowledge.policy
        self.gap = {kind: number.value for kind, number in policy.gap_days.items()}
        self.course_gap = policy.course_gap_days.value
        self.cross_taper = policy.cross_taper_days.value
        self.baseline = (policy.baseline_before_days.value, policy.baseline_after_days.value)
        self.endpoint = (policy.endpoint_before_days.value, policy.endpoint_after_days.value)
        self.endpoint_least = policy.endpoint_least_days.value
        self.bands = {word: (band.low, band.high) for word, band in policy.outcome_bands.items()}
        self.days_per_month = policy.days_per_month.value
        self.severity_scales = {
            i.id: None if i.change.remission_at_most is None else i.change.remission_at_most.value
            for i in knowledge.instruments.values()
            if i.is_depression_severity
        }
        self.rank = {t.id: i for i, t in enumerate(knowledge.treatments)}
        self._wider: dict[str, frozenset[str]] = {}
        self._matching: dict[tuple[str, int], bool] = {}
        self._taken: dict[tuple[str, int], bool] = {}

    def _definition(self, d: Any) -> Definition:
        features = {name: self._feature(f, d.adequacy, d.scope) for name, f in d.features.items()}
        return Definition(
            d.id, d.shape, self.rules[d.adequacy], d.scope == "lifetime", frozenset(d.excludes), features,
            d.criteria, d.items, d.rungs, d.scorable_if, d.met,
        )  # fmt: skip

    def _feature(self, f: Any, rule: str, scope: str) -> Feature:
        key = self._feature_keys.setdefault(f"{f!r} {rule} {scope}", len(self._feature_keys))
        if hasattr(f, "episode"):
            return Feature("episode", f.episode, None, key)
        if hasattr(f, "weeks"):
            return Feature("weeks", f.weeks, f.select, key)
        if not hasattr(f, "count"):
            return Feature("pattern", "", f, key)
        return Feature(f.count, f.state, f.select, key)

    def wider(self, condition: str) -> frozenset[str]:
        """A condition and every set that holds it."""
        if condition not in self._wider:
            self._wider[condition] = frozenset(self.knowledge.condition_closure(condition))
        return self._wider[condition]

    def matches(self, treatment: str, select: Any) -> bool:
        """Whether a feature looks at trials of a treatment at all. `select` lives as long as the knowledge."""
        key = treatment, id(select)
        if key not in self._matching:
            t = self.treatments[treatment]
            self._matching[key] = (
                (not select.roles or t.role in select.roles)
                and (not select.classes or t.klass in select.classes)
                and t.klass not in select.not_classes
                and (not select.treatments or t.id in select.treatments)
            )
        return self._matching[key]

    def takes(self, treatment: str, select: Any) -> bool:
        """Whether a choice of a pattern takes a treatment: by its own and its ingredient's id."""
        key = treatment, id(select)
        if key not in self._taken:
            t = self.treatments[treatment]
            ids = {t.id, t.ingredient}
            self._taken[key] = (
                (not select.roles or t.role in select.roles)
                and (not select.classes or t.klass in select.classes)
                and t.klass not in select.not_classes
                and (not select.treatments or bool(ids & set(select.treatments)))
                and not ids & set(select.not_treatments)
            )
        return self._taken[key]

    def ingredient(self, treatment: str) -> str:
        """What a treatment's trials count for."""
        return self.treatments[treatment].ingredient or treatment

    def is_course(self, treatment: str) -> bool:
        """Whether it is given as sessions."""
        return bool(self.treatments[treatment].given_as == "sessions")


def _rule(knowledge: Any, rule: Any) -> Rule:
    def value(number: Any) -> float | None:
        return None if number is None else float(number.value)

    weeks = value(rule.duration_optimised_weeks)
    return Rule(
        id=rule.id,
        minimum={k: d.mg for k, d in knowledge.doses_of(rule).items()},
        sessions={k: s.sessions for k, s in knowledge.sessions_of(rule).items()},
        days=7 * rule.min_weeks.value,
        adherence=rule.adherence_at_least.value,
        below=rule.nonresponse.below_percent,
        at_most=rule.nonresponse.at_most_percent,
        ratio=value(rule.dose_optimised_ratio),
        optimised_days=None if weeks is None else 7 * weeks,
    )
