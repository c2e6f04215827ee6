"""Was a trial a fair try under a rule, and did it fail?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from oracle import days
from oracle.facts import Facts, Rule
from oracle.model import ALWAYS, NEVER, NO, UNKNOWN, YES
from oracle.response import Response
from oracle.trials import Trial

T = TypeVar("T")


@dataclass(frozen=True, eq=False)  # told apart by identity, which is quick
class Span:
    """The current episode's start as an interval of days; unknown: without bounds."""

    earliest: float = NEVER
    latest: float = ALWAYS


LIFETIME = Span(NEVER, NEVER)


def compare(low: float, high: float, least: float) -> int:
    """Whether a number between low and high is at least so large."""
    return YES if low >= least else NO if high < least else UNKNOWN


def once(method: Callable[..., T]) -> Callable[..., T]:
    """Works a method of a rule, or of a rule and a span, out once for each."""

    def found(self: Course, rule: Rule, *span: Span) -> T:
        key = (method, rule.id, span)
        try:
            return self.known[key]
        except KeyError:
            self.known[key] = method(self, rule, *span)
            return self.known[key]

    return found


class Course:
    """A trial with its doses, days and response: what every rule looks at."""

    def __init__(self, trial: Trial, facts: Facts, own: Response) -> None:
        self.trial = trial
        self.facts = facts
        self.own = own
        self.response = own
        self.siblings: list[Course] = [self]
        self.is_course = facts.is_course(trial.treatment)
        self._runs: dict[tuple[float, float, bool], float] = {}
        self.known: dict[tuple[Callable[..., Any], str, tuple[Span, ...]], Any] = {}

    @property
    def hidden(self) -> bool:
        """Whether it is not certain which exposures are refills."""
        return not self.trial.all_known

    @cached_property
    def low_levels(self) -> list[days.Level]:
        """Doses that were taken for certain."""
        return days.levels(self.trial.pieces, True, self.hidden)

    @cached_property
    def high_levels(self) -> list[days.Level]:
        """Most that can have been taken."""
        return days.levels(self.trial.pieces, False, self.hidden)

    @cached_property
    def covered_low(self) -> list[days.Interval]:
        """Days covered for certain."""
        return days.union(p.certain for p in self.trial.pieces)

    @cached_property
    def covered_high(self) -> list[days.Interval]:
        """Days that can have been covered."""
        return days.union((p.start, p.end) for p in self.trial.pieces)

    @cached_property
    def max_dose(self) -> float:
        """Highest daily dose that is certain; a dose that was recorded was taken on some day."""
        own = [p.dose for p in self.trial.pieces if p.dose is not None]
        return max([*own, *(dose for _, _, dose in self.low_levels)], default=NEVER)

    @cached_property
    def dose_complete(self) -> bool:
        """Whether no dose is missing and no higher sum is possible."""
        known = self.trial.dose_complete and not self.trial.unsettled
        return known and all(dose <= self.max_dose for _, _, dose in self.high_levels)

    def dose_reaches(self, least: float) -> int:
        """Whether the highest daily dose is at least so high."""
        if self.max_dose >= least:
            return YES
        return NO if self.dose_complete else UNKNOWN

    def run(self, minimum: float, first: float, certain: bool) -> float:
        """Longest adequate run on or after a day."""
        key = (minimum, first, certain)
        if key not in self._runs:
            levels = self.low_levels if certain else self.high_levels
            good = days.since(((a, b) for a, b, dose in levels if dose >= minimum), first)
            self._runs[key] = days.longest_run(good, self.trial.gap)
        return self._runs[key]

    @once
    def adequate_days(self, rule: Rule, span: Span) -> tuple[float, float]:
        """Days of the adequate run: for certain, and at most (infinite: without bound)."""
        minimum = rule.minimum.get(self.trial.treatment)
        if self.trial.unsettled or (not self.trial.start_known and span.earliest == NEVER):
            high = ALWAYS
        elif self.is_course or minimum is None:
            high = days.longest_run(days.since(self.covered_high, span.earliest), self.trial.gap)
        else:
            high = self.run(minimum, span.earliest, False)
        low = 0 if self.is_course or minimum is None else self.run(minimum, span.latest, True)
        return low, high

    @once
    def dose_met(self, rule: Rule) -> int:
        """Whether the dose, or the number of sessions, was high enough."""
        if self.is_course:
            least = rule.sessions.get(self.trial.treatment)
            had = self.trial.sessions
            if least is None or had is None or any(c.trial.sessions is None for c in self.siblings):
                return UNKNOWN
            return compare(had, ALWAYS if self.trial.unsettled else had, least)
        minimum = rule.minimum.get(self.trial.treatment)
        return UNKNOWN if minimum is None else self.dose_reaches(minimum)

    @once
    def duration_met(self, rule: Rule, span: Span) -> int:
        """Whether it lasted long enough at the dose."""
        if self.is_course:
            known = YES if self.trial.treatment in rule.sessions else UNKNOWN
            return known if span is LIFETIME else min(known, self.lies_in(span))
        return compare(*self.adequate_days(rule, span), rule.days)

    def lies_in(self, span: Span) -> int:
        """Whether a course of sessions lies in the episode."""
        each = {_lies_in(c.trial, span) for c in self.siblings}
        return each.pop() if len(each) == 1 else UNKNOWN

    def ran_in(self, span: Span) -> int:
        """Whether it ran in the scope at all."""
        if span is LIFETIME or self.trial.end_earliest > span.latest:
            return YES
        return NO if self.trial.end <= span.earliest else UNKNOWN

    @once
    def adherence_met(self, rule: Rule) -> int:
        """Whether enough of the doses were taken."""
        share = self.trial.adherence
        return UNKNOWN if share is None else YES if share >= rule.adherence else NO

    @once
    def adherence_allows(self, rule: Rule) -> int:
        """Yes unless adherence is known to be low; what is not recorded is taken as ordinary."""
        low = {c.adherence_met(rule) == NO for c in self.siblings}
        return UNKNOWN if len(low) == 2 else NO if True in low else YES

    @once
    def nonresponse(self, rule: Rule) -> int:
        """Whether it did not help."""
        return self.response.nonresponse(rule)

    @once
    def failed(self, rule: Rule, span: Span) -> int:
        """A fair try that did not help."""
        return min(self.dose_met(rule), self.duration_met(rule, span),
                   self.adherence_allows(rule), self.nonresponse(rule))  # fmt: skip

    @once
    def intolerant(self, rule: Rule, span: Span) -> int:
        """Stopped for side effects before it was long enough, in the scope."""
        return min(self.stopped_for_side_effects, YES - self.duration_met(rule, span), self.ran_in(span))

    @cached_property
    def stopped_for_side_effects(self) -> int:
        """What the exposures that may have ended last say; a reason that is not recorded is none of side effects."""
        said = {p.source.stop_reason == "side_effects" for p in self.trial.may_be_last}
        return UNKNOWN if len(said) == 2 else YES if True in said else NO

    @once
    def success(self, rule: Rule, span: Span) -> int:
        """Ran in the scope and helped."""
        return min(self.ran_in(span), YES - self.nonresponse(rule))

    @once
    def unsuccessful(self, rule: Rule, span: Span) -> int:
        """Ran in the scope and did not help, whatever dose and time."""
        return min(self.ran_in(span), self.adherence_allows(rule), self.nonresponse(rule))

    @once
    def dose_optimised(self, rule: Rule, span: Span) -> int:
        """Failed, and the dose was well above the minimum."""
        minimum = rule.minimum.get(self.trial.treatment)
        if self.is_course:
            return NO
        if minimum is None or rule.ratio is None:
            return min(self.failed(rule, span), UNKNOWN)
        return min(self.failed(rule, span), self.dose_reaches(rule.ratio * minimum))

    @once
    def duration_optimised(self, rule: Rule, span: Span) -> int:
        """Failed, and it lasted well beyond the minimum time."""
        if self.is_course:
            return NO
        if rule.optimised_days is None:
            return min(self.failed(rule, span), UNKNOWN)
        return min(self.failed(rule, span), compare(*self.adequate_days(rule, span), rule.optimised_days))

    def failed_or_intolerant(self, rule: Rule, span: Span) -> int:
        """Failed, or stopped early for side effects."""
        return max(self.failed(rule, span), self.intolerant(rule, span))

    def state(self, name: str, rule: Rule, span: Span) -> int:
        """The state that a feature asks for, or `success`."""
        return int(getattr(self, name)(rule, span))


def _lies_in(trial: Trial, span: Span) -> int:
    if span.latest <= trial.start:
        return YES
    return NO if trial.end <= span.earliest else UNKNOWN
