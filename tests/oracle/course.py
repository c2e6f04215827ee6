"""The course of one person, in plain Python, from docs/explanation/course.md. Knows no array and no transform."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Line = list[tuple[int, float]]  # day and score, in order of day


@dataclass(frozen=True)
class OneTrial:
    """A trial: first day (None: unknown), the day after the last one, and what it is."""

    name: str
    start: int | None
    end: int
    roles_and_class: tuple[str, str]


@dataclass(frozen=True, order=True)
class Event:
    """One event; everything but the keys of a run."""

    measure: str
    day: int
    kind: str
    certainty: str = ""
    trial: str = ""
    weeks: int = 0
    result: str = ""
    reason: str = ""


@dataclass
class Person:
    """Scores as (instrument, day, value, is_imputed), trials, index day."""

    scores: list[tuple[str, int, float, bool]]
    trials: list[OneTrial] = field(default_factory=list)
    index: int = 1000
    settings: dict[tuple[str, int], tuple[str | None, str | None]] = field(default_factory=dict)
    """Who rated and how, by instrument and day."""


def matches(select: Any, kind: tuple[str, str]) -> bool:
    """Whether a role and class are of a selection (no treatments named)."""
    role, klass = kind
    return (
        (not select.roles or role in select.roles)
        and (not select.classes or klass in select.classes)
        and klass not in select.not_classes
    )


class Judge:
    """Judges one person."""

    def __init__(self, person: Person, knowledge: Any) -> None:
        self.person, self.knowledge = person, knowledge
        self.policy, self.own = knowledge.course.policy, knowledge.course.measures
        self.events: list[Event] = []
        self.lines: dict[str, Line] = {}

    def number(self, measure: str, name: str) -> float | None:
        """A number of an instrument: its own, else the course's."""
        change = self.knowledge.instruments[measure].change
        for holder in (change, self.own[measure]):
            if (found := getattr(holder, name, None)) is not None:
                return float(found.value)
        return None

    def all(self) -> list[Event]:
        """Every event, sorted."""
        self.read()
        judged = [t for t in self.person.trials if matches(self.policy.judged, t.roles_and_class)]
        responded = {m: set() for m in self.lines}
        for trial in judged:
            if trial.start is None:
                if self.lines:
                    self.events.append(Event("", -1, "unknown", trial=trial.name, reason="start_unknown"))
            else:
                self.under(trial, trial.start, responded)
        for measure, line in self.lines.items():
            self.alone(measure, line, responded[measure])
        return sorted(self.events)

    def read(self) -> None:
        """Sort scores into lines; set aside what cannot be used."""
        days: dict[tuple[str, int], list[float]] = {}
        for measure, day, value, imputed in self.person.scores:
            if day > self.person.index or measure not in self.own:
                continue
            if imputed:
                self.events.append(Event(measure, day, "unknown", reason="imputed"))
            else:
                days.setdefault((measure, day), []).append(value)
        for (measure, day), values in sorted(days.items()):
            if len(set(values)) > 1:
                self.events.append(Event(measure, day, "unknown", reason="conflicting"))
            else:
                self.lines.setdefault(measure, []).append((day, values[0]))
        for measure, line in self.lines.items():
            for n, reason in enumerate(("changed_rater", "changed_mode")):
                before: str | None = None
                for day, _ in line:
                    now = self.person.settings.get((measure, day), (None, None))[n]
                    if now is not None and before is not None and now != before:
                        self.events.append(Event(measure, day, "unknown", reason=reason))
                    before = now or before

    def runs(self, line: Line, holds: Callable[[int], bool]) -> list[list[int]]:
        """Runs of places of a line."""
        found: list[list[int]] = []
        for i in range(len(line)):
            if holds(i):
                if i and holds(i - 1):
                    found[-1].append(i)
                else:
                    found.append([i])
        return found

    def twice(self, measure: str, kind: str, line: Line, holds: Callable[[int], bool], trial: str = "") -> list[int]:
        """Provisional and confirmed events of each run; gives the places of the confirmed."""
        sure = []
        for run in self.runs(line, holds):
            self.events.append(Event(measure, line[run[0]][0], kind, "provisional", trial))
            near = [i for i in run[1:] if line[i][0] - line[i - 1][0] <= self.policy.confirm_days.value]
            if near:
                self.events.append(Event(measure, line[near[0]][0], kind, "confirmed", trial))
                sure.append(near[0])
        return sure

    def alone(self, measure: str, line: Line, responded: set[int]) -> None:
        """Events of scores alone."""
        cut = self.number(measure, "remission_at_most")
        is_well = lambda i: cut is not None and line[i][1] <= cut  # noqa: E731
        armed = {line[i][0] for i in self.twice(measure, "remission", line, is_well)} | responded
        recovered: set[int] = set()
        for run in self.runs(line, is_well):
            for kind, lasting in (
                ("sustained_remission", self.policy.sustained_remission),
                ("recovery", self.policy.recovery),
            ):
                since = line[run[0]][0]
                for before, i in zip([None, *run], run, strict=False):
                    day = line[i][0]
                    if before is not None and day - line[before][0] > lasting.longest_gap_days:
                        since = day
                        if kind == "recovery":
                            self.events.append(Event(measure, day, "unknown", reason="gap"))
                    if day - since >= lasting.least_days and not any(
                        e.kind == kind and e.measure == measure and line[run[0]][0] <= e.day <= line[run[-1]][0]
                        for e in self.events
                    ):
                        self.events.append(Event(measure, day, kind, "confirmed"))
                        armed.add(day)
                        if kind == "recovery":
                            recovered.add(day)
        self.high(measure, line, armed, recovered)
        self.worse(measure, line)
        self.still(measure, line, cut)

    def high(self, measure: str, line: Line, armed: set[int], recovered: set[int]) -> None:
        """Relapse and recurrence."""
        cut = self.number(measure, "relapse_at_least")
        if cut is None:
            return
        ended = -math.inf
        for run in self.runs(line, lambda i: line[i][1] >= cut):
            first = line[run[0]][0]
            sure = None
            for i in run:
                back = [line[j][0] for j in range(i) if line[j][0] <= line[i][0] - self.policy.relapse.from_days]
                if back and back[-1] >= first and line[i][0] - back[-1] <= self.policy.relapse.to_days:
                    sure = line[i][0]
                    break
            if any(ended < day < first for day in armed):
                kind = "recurrence" if any(ended < day < first for day in recovered) else "relapse"
                self.events.append(Event(measure, first, kind, "provisional"))
                if sure is not None:
                    self.events.append(Event(measure, sure, kind, "confirmed"))
            if sure is not None:
                ended = sure

    def worse(self, measure: str, line: Line) -> None:
        """Worsening."""
        points, floor = self.number(measure, "worsening_points"), self.number(measure, "worsening_at_least")
        if points is None or floor is None:
            return

        def holds(i: int) -> bool:
            day, value = line[i]
            past = [v for d, v in line[:i] if day - d <= self.policy.worsening_lookback_days.value]
            return bool(past) and value - min(past) >= points and value >= floor

        self.twice(measure, "worsening", line, holds)

    def still(self, measure: str, line: Line, cut: float | None) -> None:
        """Plateau."""
        matters, rule = self.number(measure, "minimal_important"), self.policy.plateau
        if matters is None:
            return

        def holds(i: int) -> bool:
            day = line[i][0]
            window = [(d, v) for d, v in line[: i + 1] if day - d <= rule.most_days]
            values = [v for _, v in window]
            return (
                len(window) >= rule.least_scores
                and day - window[0][0] >= rule.least_days
                and max(values) - min(values) < matters
                and (cut is None or min(values) > cut)
            )

        for run in self.runs(line, holds):
            self.events.append(Event(measure, line[run[0]][0], "plateau"))

    def under(self, trial: OneTrial, start: int, responded: dict[str, set[int]]) -> None:
        """Events under one trial."""
        policy = self.knowledge.policy
        bases: dict[str, float | None] = {}
        for measure, line in self.lines.items():
            past = [(d, v) for d, v in line if d <= start]
            near = past and start - past[-1][0] <= policy.baseline_before_days.value
            bases[measure] = past[-1][1] if near else None
        scales = [m for m in self.lines if self.knowledge.instruments[m].is_depression_severity]
        for measure, line in self.lines.items():
            under = [(d, v) for d, v in line if start < d <= trial.end + policy.endpoint_after_days.value]
            base = bases[measure]
            least = self.number(measure, "baseline_at_least")
            is_low = base is not None and least is not None and base < least
            judged = base is not None and not is_low and base > 0
            if measure in scales:
                if under and base is None:
                    reason = "changed_instrument" if any(bases[m] is not None for m in scales) else "no_baseline"
                    self.events.append(Event(measure, under[0][0], "unknown", trial=trial.name, reason=reason))
                if under and is_low:
                    self.events.append(
                        Event(measure, under[0][0], "unknown", trial=trial.name, reason="baseline_too_low")
                    )
                self.early(trial, start, measure, line, base if judged else None)
                self.decide(trial, start, measure, line)
            if base is not None:
                self.reliable(measure, under, base, trial.name)
            if judged and base is not None:
                responded[measure] |= self.percents(measure, under, base, trial.name)

    def percents(self, measure: str, under: Line, base: float, trial: str) -> set[int]:
        """Response and partial response; gives the days of confirmed response."""
        full = self.number(measure, "response_percent")
        part = self.knowledge.policy.outcome_bands["partial"].low
        percent = lambda i: 100.0 * (base - under[i][1]) / base  # noqa: E731
        is_full = lambda i: full is not None and percent(i) >= full  # noqa: E731
        sure = self.twice(measure, "response", under, is_full, trial)
        self.twice(
            measure,
            "partial_response",
            under,
            lambda i: percent(i) >= part and not any(is_full(j) for j in range(i + 1)),
            trial,
        )
        return {under[i][0] for i in sure}

    def reliable(self, measure: str, under: Line, base: float, trial: str) -> None:
        """Reliable change in points."""
        points = self.number(measure, "reliable")
        if points is not None:
            self.twice(measure, "reliable_improvement", under, lambda i: base - under[i][1] >= points, trial)
            self.twice(measure, "reliable_worsening", under, lambda i: under[i][1] - base >= points, trial)

    def window(self, start: int, weeks: int, line: Line) -> tuple[int, float] | None:
        """The first score around a week."""
        early = self.policy.early_improvement
        low, high = (
            start + 7 * weeks - early.window_before_days.value,
            start + 7 * weeks + early.window_after_days.value,
        )
        return next(((d, v) for d, v in line if low <= d <= high), None)

    def early(self, trial: OneTrial, start: int, measure: str, line: Line, base: float | None) -> None:
        """Early improvement."""
        rule = self.policy.early_improvement
        for point in rule.checkpoints:
            if base is None or trial.end - start < 7 * point.weeks or not matches(point.applies, trial.roles_and_class):
                continue
            found = self.window(start, point.weeks, line)
            last = start + 7 * point.weeks + int(rule.window_after_days.value)
            if found:
                better = 100.0 * (base - found[1]) / base >= rule.percent.value
                kind = "early_improvement" if better else "no_early_improvement"
                self.events.append(Event(measure, found[0], kind, trial=trial.name, weeks=point.weeks))
            elif self.person.index > last and trial.end > last:
                self.events.append(
                    Event(measure, last, "unknown", trial=trial.name, weeks=point.weeks, reason="no_score")
                )

    def decide(self, trial: OneTrial, start: int, measure: str, line: Line) -> None:
        """Critical decision points."""
        bands, points = self.own[measure].decision, self.policy.decision_points
        if bands is None or not matches(points.applies, trial.roles_and_class):
            return
        for weeks in points.weeks:
            found = self.window(start, weeks, line)
            if trial.end - start >= 7 * weeks and found:
                value = found[1]
                result = (
                    "remission"
                    if value <= bands.remission_at_most
                    else "partial"
                    if value <= bands.partial_at_most
                    else "nonresponse"
                )
                self.events.append(
                    Event(measure, found[0], "decision_point", trial=trial.name, weeks=weeks, result=result)
                )


def course_of(person: Person, knowledge: Any) -> list[Event]:
    """All events of one person."""
    return Judge(person, knowledge).all()
