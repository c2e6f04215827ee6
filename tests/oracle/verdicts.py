"""Features, verdicts and what is missing, for one person and one definition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from oracle import days
from oracle.adequacy import LIFETIME, Course, Span
from oracle.facts import Definition, Facts, Feature, Rule
from oracle.model import ALWAYS, NEVER, NO, UNKNOWN, YES, Person
from oracle.patterns import Found, Pattern
from oracle.trials import DRUG_ROLES, Overlap, Trial, latest_start

SEVERITY = {"subsyndromal": 1, "mild": 2, "moderate": 3, "severe": 4}


Fact = tuple[str, frozenset[int] | None]
"""A fact that is missing, and the exposures of the trial that it belongs to."""


@dataclass(frozen=True)
class Verdict:
    """What one definition says; `missing` holds (fact, exposures of the trial or None)."""

    status: str
    value: float | None
    low: float | None
    high: float | None
    first_met: int | None
    missing: frozenset[Fact]
    features: dict[str, tuple[float, float]]


class Case:
    """One person's courses under one definition."""

    def __init__(
        self, person: Person, courses: list[Course], overlaps: list[Overlap], span: Span, facts: Facts
    ) -> None:
        self.person = person
        self.courses = courses
        self.overlaps = overlaps
        self.span = span
        self.facts = facts
        self.index = person.index_date.toordinal()
        self._added: dict[int, int] = {}
        self._counted: dict[int, list[tuple[Course, int]]] = {}
        self._bounds: dict[int, tuple[float, float]] = {}
        self._caps: dict[tuple[str, str, bool], int] = {}
        self._patterns: dict[int, Found] = {}
        self._pattern = Pattern(person, courses, facts)

    # matching

    def added(self, course: Course) -> int:
        """Whether a trial was added to another."""
        key = id(course)
        if key not in self._added:
            each = {self._was_added(c) for c in course.siblings}
            self._added[key] = each.pop() if len(each) == 1 else UNKNOWN
        return self._added[key]

    def _was_added(self, course: Course) -> int:
        trial = course.trial
        if trial.augments is not None:
            return YES
        if any(o.added is trial and o.kind != "cross_taper" and _settled(o.base, o.added) for o in self.overlaps):
            return YES
        return UNKNOWN if any(self._may_be_added(course, other) for other in self.courses) else NO

    def _may_be_added(self, course: Course, other: Course) -> bool:
        a, b = course.trial, other.trial
        if a.treatment == b.treatment or b.augments == a.treatment or _settled(a, b):
            return False
        if any(self.facts.treatments[t.treatment].role not in DRUG_ROLES for t in (a, b)):
            return False
        starts_a, end_a = _whole(course)
        starts_b, end_b = _whole(other)
        may_share = min(end_a, end_b) - max(starts_a[0], starts_b[0])
        return starts_a[1] >= starts_b[0] and may_share > self.facts.cross_taper

    def matches(self, course: Course, select: Any) -> int:
        """Whether a feature looks at this trial."""
        if not self.facts.matches(course.trial.treatment, select):
            return NO
        answer = YES
        for name, value in select.detail.items():
            answer = min(answer, detail_is(course, name, value))
        if select.added is not None:
            was = self.added(course)
            answer = min(answer, was if select.added else YES - was)
        return answer

    # features

    def counted(self, feature: Feature, rule: Rule, span: Span) -> list[tuple[Course, int]]:
        """Trials that count or may count, each for itself."""
        if feature.key not in self._counted:
            out = self._counted[feature.key] = []
            for course in self.courses:
                match = self.matches(course, feature.select)
                if match != NO and (state := min(match, course.state(feature.state, rule, span))) != NO:
                    out.append((course, state))
        return self._counted[feature.key]

    def cap(self, course: Course, rule: Rule, span: Span) -> int:
        """Not the greatest success among all trials of the ingredient."""
        ingredient = self.facts.ingredient(course.trial.treatment)
        key = ingredient, rule.id, span is LIFETIME
        if key not in self._caps:
            self._caps[key] = YES - max(c.state("success", rule, span) for c in self.courses
                                        if self.facts.ingredient(c.trial.treatment) == ingredient)  # fmt: skip
        return self._caps[key]

    def units(self, feature: Feature, rule: Rule, span: Span) -> dict[Any, list[tuple[Course, int]]]:
        """What is counted, with its trials and how each counts."""
        out: dict[Any, list[tuple[Course, int]]] = {}
        for course, state in self.counted(feature, rule, span):
            if feature.kind == "trial":
                out[id(course)] = [(course, state)]
                continue
            key = self.facts.ingredient(course.trial.treatment)
            if feature.kind == "class":
                key = self.facts.treatments[course.trial.treatment].klass
            capped = min(state, self.cap(course, rule, span))
            if capped != NO:
                out.setdefault(key, []).append((course, capped))
        return out

    def bounds(self, feature: Feature, rule: Rule, span: Span) -> tuple[float, float]:
        """A feature at its least and at its most."""
        if feature.key not in self._bounds:
            self._bounds[feature.key] = self._find_bounds(feature, rule, span)
        return self._bounds[feature.key]

    def _find_bounds(self, feature: Feature, rule: Rule, span: Span) -> tuple[float, float]:
        if feature.kind == "episode":
            return self.episode_bounds(feature.state)
        if feature.kind == "weeks":
            return self.weeks(feature, rule, span)
        if feature.kind == "pattern":
            found = self.pattern(feature, rule)
            return found.low, found.high
        units = self.units(feature, rule, span)
        sure = {unit for unit, counted in units.items() if any(s == YES for _, s in counted)}
        if feature.kind == "trial":  # trials that may have been one are sure to be one only
            trials = [counted[0][0].trial for unit, counted in units.items() if unit in sure]
            sure = {t.treatment if t.unsettled else id(t) for t in trials}
        return len(sure), len(units)

    def pattern(self, feature: Feature, rule: Rule) -> Found:
        """A treatment pattern."""
        if feature.key not in self._patterns:
            self._patterns[feature.key] = self._pattern.of(feature.select, rule)
        return self._patterns[feature.key]

    def weeks(self, feature: Feature, rule: Rule, span: Span) -> tuple[float, float]:
        """Weeks covered by at least one such trial, from its start to its end."""
        found = self.counted(feature, rule, span)
        sure = [c.trial.certain for c, s in found if s == YES]
        open_ = [(max(c.trial.start, span.earliest), c.trial.end) for c, s in found]
        low = days.length(days.since(days.union(sure), span.latest))
        return low / 7, days.length(days.union(open_)) / 7

    def episode_bounds(self, name: str) -> tuple[float, float]:
        """A fact of the episode at its least and at its most."""
        episode = self.person.episode
        if name == "months":
            long = self.facts.days_per_month
            if self.span.earliest == NEVER:
                return 0, ALWAYS
            return (self.index - self.span.latest) / long, (self.index - self.span.earliest) / long
        severity = SEVERITY.get(episode.severity or "") if episode else None
        low, high = (1, 4) if severity is None else (severity, severity)
        if name == "severity_psychotic" and high == 4:
            psychotic = episode.psychotic if episode else "unknown"
            high = 4 if psychotic == "no" else 5
            low = 5 if psychotic == "yes" and low == 4 else low
        return low, high

    # verdict

    def verdict(self, definition: Definition) -> Verdict:
        """What the definition says."""
        rule = definition.rule
        span = LIFETIME if definition.lifetime else self.span
        features = {name: self.bounds(f, rule, span) for name, f in definition.features.items()}
        low = _evaluate(definition, {k: v[0] for k, v in features.items()})
        high = _evaluate(definition, {k: v[1] for k, v in features.items()})
        status = _status(definition, low, high)
        value = low[0] if definition.shape == "count" or low == high else None
        verdict = [status, value, low[0], high[0]]
        suspected = False
        if definition.excludes:
            found = self.exclusions(definition)
            if "sure" in found:
                return Verdict("not_applicable", None, None, None, None, frozenset(), features)
            if "suspected" in found and status != "not_met":
                verdict[0], suspected = "undetermined", True
        first = self.first_met(definition, rule, span, low) if verdict[0] == "met" else None
        missing: set[Fact] = set()
        if verdict[0] == "undetermined":
            missing = self.missing(definition, rule, span, features)
            if suspected:
                missing.add(("condition_status", None))
        return Verdict(verdict[0], verdict[1], verdict[2], verdict[3], first, frozenset(missing), features)

    def exclusions(self, definition: Definition) -> set[str]:
        """Whether a recorded condition excludes the person, or may."""
        out = set()
        for c in self.person.conditions:
            if c.onset is not None and c.onset > self.person.index_date:
                continue
            if c.status != "refuted" and self.facts.wider(c.condition) & definition.excludes:
                out.add("suspected" if c.status == "suspected" else "sure")
        return out

    def first_met(self, definition: Definition, rule: Rule, span: Span, low: tuple[float | None, bool]) -> int | None:
        """When it was first met."""
        if definition.shape == "score":
            return None
        sets = [definition.criteria]
        if definition.shape == "ladder":
            values = {name: self.bounds(f, rule, span)[0] for name, f in definition.features.items()}
            high = [r.all for r in definition.rungs if _reaches(definition.met, r.value)]
            sets = [criteria for criteria in high if all(_reaches(c, values[c.feature]) for c in criteria)]
        dates = [self._latest(criteria, definition, rule, span) for criteria in sets]
        known = [d for d in dates if d is not None]
        return min(known, default=None)

    def _latest(self, criteria: Any, definition: Definition, rule: Rule, span: Span) -> int | None:
        latest: int | None = None
        for criterion in criteria:
            feature = definition.features[criterion.feature]
            if feature.kind in ("episode", "weeks"):
                continue
            n = math.ceil(criterion.at_least) if criterion.at_least is not None else math.floor(criterion.more_than) + 1
            if n <= 0:
                continue
            if feature.kind == "pattern":
                each = sorted(self.pattern(feature, rule).days)
                latest = each[n - 1] if latest is None else max(latest, each[n - 1])
                continue
            dates = sorted(
                min(self.index if c.trial.is_ongoing else int(c.trial.end) for c, s in unit if s == YES)
                for unit in self.units(feature, rule, span).values()
                if any(s == YES for _, s in unit)
            )
            latest = dates[n - 1] if latest is None else max(latest, dates[n - 1])
        return latest

    # what is missing

    def missing(
        self, definition: Definition, rule: Rule, span: Span, features: dict[str, tuple[float, float]]
    ) -> set[Fact]:
        """Unknown facts of the trials that are in a high bound only, and of the episode."""
        out: set[Fact] = set()
        for name, feature in definition.features.items():
            if features[name][0] == features[name][1]:
                continue
            if feature.kind == "episode":
                out |= self._missing_of_episode(feature.state)
                continue
            if feature.kind == "pattern":
                out |= self._missing_of_pattern(feature, rule)
                continue
            for course in self._open(feature, rule, span):
                out |= {(fact, course.trial.rows) for fact in self._missing_of(course, feature, rule, span)}
        person = {fact for fact, _ in out if fact == "episode_start"}
        return {(fact, rows) for fact, rows in out if fact not in person} | {(fact, None) for fact in person}

    def _open(self, feature: Feature, rule: Rule, span: Span) -> list[Course]:
        """Trials that count unknown, and those of unknown success beside a trial that counts."""
        counted = self.counted(feature, rule, span)
        out = [course for course, state in counted if state == UNKNOWN]
        if feature.kind in ("ingredient", "class"):
            ingredients = {self.facts.ingredient(course.trial.treatment) for course, _ in counted}
            out += [c for c in self.courses if c not in out and c.state("success", rule, span) == UNKNOWN
                    and self.facts.ingredient(c.trial.treatment) in ingredients]  # fmt: skip
        return out

    def _missing_of(self, course: Course, feature: Feature, rule: Rule, span: Span) -> set[str]:
        """Unknown facts of one trial."""
        trial, out = course.trial, set()
        adequate = feature.state != "unsuccessful"
        where = course.duration_met(rule, span) if adequate else course.ran_in(span)
        if course.nonresponse(rule) == UNKNOWN:
            out.add("outcome")
        if adequate:
            out |= _missing_of_adequacy(course, rule, span)
        asks_added = feature.select.added is not None and self.added(course) == UNKNOWN
        if where == UNKNOWN or asks_added:
            if not (trial.start_known and trial.start == trial.start_latest):
                out.add("start_date")
            if trial.end != trial.end_earliest:
                out.add("end_date")
        before = trial.start < span.latest and span.earliest != span.latest
        if span is not LIFETIME and before and where == UNKNOWN:
            out.add("episode_start")
        if any(detail_is(course, name, value) == UNKNOWN for name, value in feature.select.detail.items()):
            out.add("detail")
        return out

    def _missing_of_pattern(self, feature: Feature, rule: Rule) -> set[Fact]:
        """Dates that are not exact, and doses where they are asked for."""
        out: set[Fact] = set()
        asked = getattr(feature.select, "at_dose", False) or not getattr(feature.select, "dose_blind", True)
        for course in (c for c, state in self.pattern(feature, rule).trials if state == UNKNOWN):
            trial, facts = course.trial, set()
            if asked and trial.treatment not in rule.minimum:
                facts.add("adequacy_rule")
            elif asked and not course.dose_complete:
                facts.add("daily_dose_mg")
            is_dose_open = bool(facts)
            if trial.end != trial.end_earliest:
                facts.add("end_date")
            dated = trial.start_known and trial.start == trial.start_latest
            if not dated or not (is_dose_open or "end_date" in facts):
                facts.add("start_date")
            out |= {(fact, trial.rows) for fact in facts}
        return out

    def _missing_of_episode(self, name: str) -> set[Fact]:
        episode = self.person.episode
        if name == "months":
            return {("episode_start", None)}
        out: set[Fact] = set()
        if episode is None or episode.severity is None:
            out.add(("episode_severity", None))
        low, high = self.episode_bounds(name)
        unsaid = episode is None or episode.psychotic == "unknown"
        if name == "severity_psychotic" and low < 5 and high == 5 and unsaid:
            out.add(("episode_psychotic", None))
        return out


def _missing_of_adequacy(course: Course, rule: Rule, span: Span) -> set[str]:
    """What an adequate trial asks for and the record does not hold."""
    treatment = course.trial.treatment
    if treatment not in (rule.sessions if course.is_course else rule.minimum):
        return {"adequacy_rule"}
    if course.is_course:
        return set() if course.trial.sessions is not None else {"sessions"}
    open_ = UNKNOWN in (course.dose_met(rule), course.duration_met(rule, span))
    return {"daily_dose_mg"} if open_ and not course.dose_complete else set()


def detail_is(course: Course, name: str, value: str) -> int:
    """Whether a named detail has a value; unknown where a part is silent or parts differ."""
    said = {p.source.detail.get(name) for c in course.siblings for p in c.trial.pieces}
    if None in said:
        return UNKNOWN
    return YES if said == {value} else UNKNOWN if value in said else NO


def _settled(a: Trial, b: Trial) -> bool:
    """Whether both have exact dates and neither may be one with another trial."""
    return a.exact and b.exact and not a.unsettled and not b.unsettled


def _whole(course: Course) -> tuple[tuple[float, float], float]:
    """Between which days the course that a trial may be part of began, and its latest end."""
    trials = [c.trial for c in course.siblings]
    end = max(t.end for t in trials)
    return (min(t.start for t in trials), latest_start(trials)), end


def _reaches(criterion: Any, value: float | None) -> bool:
    if value is None:
        return False
    if criterion.at_least is not None:
        return bool(value >= criterion.at_least)
    return bool(value > criterion.more_than)


def _evaluate(definition: Definition, at: dict[str, float]) -> tuple[float | None, bool]:
    """Value of the shape at one set of features, and whether it is met."""
    if definition.shape == "count":
        return at[definition.criteria[0].feature], all(_reaches(c, at[c.feature]) for c in definition.criteria)
    if definition.shape == "score":
        if not all(_reaches(c, at[c.feature]) for c in definition.scorable_if):
            return None, False
        score = sum(_points(item, at[item.feature]) for item in definition.items)
        return score, _reaches(definition.met, score)
    rung = max(r.value for r in definition.rungs if all(_reaches(c, at[c.feature]) for c in r.all))
    return rung, _reaches(definition.met, rung)


def _points(item: Any, value: float) -> float:
    if item.per is not None:
        return float(item.per * value)
    return float(next(b.points for b in item.bands if b.up_to is None or value <= b.up_to))


def _status(definition: Definition, low: tuple[float | None, bool], high: tuple[float | None, bool]) -> str:
    if definition.shape == "count":
        return "met" if low[1] else "undetermined" if high[1] else "not_met"
    if high[0] is None:
        return "not_met"
    if low[0] != high[0]:
        return "undetermined"
    return "met" if low[1] else "not_met"
