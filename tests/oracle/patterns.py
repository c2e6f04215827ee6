"""Treatment patterns of one person, by the letter: loops over dates and trials."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oracle.adequacy import LIFETIME, Course, compare
from oracle.facts import Facts, Rule
from oracle.model import ALWAYS, NO, UNKNOWN, YES, Person
from oracle.trials import at_index


@dataclass(frozen=True)
class Dated:
    """One date of an ingredient, with the dose of the exposure."""

    day: int
    rank: int
    ingredient: str
    dose: float | None


@dataclass
class Found:
    """A feature's bounds, the days of its certain units, and the trials that may make the difference."""

    low: float
    high: float
    days: list[int]
    trials: list[tuple[Course, int]] = field(default_factory=list)


class Pattern:
    """Pattern features of one person."""

    def __init__(self, person: Person, courses: list[Course], facts: Facts) -> None:
        self.person, self.courses, self.facts = person, courses, facts
        self.index = person.index_date.toordinal()
        self.rank = facts.rank
        self._dates: dict[int, tuple[list[Dated], set[str]]] = {}

    def of(self, feature: Any, rule: Rule) -> Found:
        """One feature."""
        for name, how in (
            ("drugs", self._drugs), ("switches", self._switches), ("chain", self._chain),
            ("any_window", self._windows), ("after_two", self._steps),
        ):  # fmt: skip
            if hasattr(feature, name):
                return how(feature, rule)
        raise AssertionError(feature)

    # what takes part

    def chosen(self, select: Any) -> list[Course]:
        """Trials of the ingredients that a choice takes."""
        return [c for c in self.courses if self.facts.takes(self.name(c), select)]

    def name(self, course: Course) -> str:
        """The ingredient of a trial."""
        return self.facts.ingredient(course.trial.treatment)

    def at_dose(self, feature: Any, course: Course, rule: Rule) -> int:
        """Whether a trial reached the rule's minimum."""
        if not feature.at_dose:
            return YES
        return self.dose_reaches(course, rule)

    def dose_reaches(self, course: Course, rule: Rule) -> int:
        """The same, where it is asked."""
        minimum = rule.minimum.get(self.name(course))
        return UNKNOWN if minimum is None else course.dose_reaches(minimum)

    def exact(self, course: Course) -> bool:
        """Whether a trial's dates are exact and it stands for itself."""
        return course.trial.exact and not course.trial.unsettled

    # counts

    def _drugs(self, feature: Any, rule: Rule) -> Found:
        counted = [(c, self.at_dose(feature, c, rule)) for c in self.chosen(feature.drugs)]
        best: dict[str, int] = {}
        first: dict[str, float] = {}
        for course, state in counted:
            name = self.name(course)
            best[name] = max(best.get(name, NO), state)
            if state == YES:
                first[name] = min(first.get(name, ALWAYS), course.trial.certain[0])
        sure = [n for n, s in best.items() if s == YES]
        days = [int(first[n]) for n in sure if first[n] != ALWAYS]
        return Found(len(sure), sum(s != NO for s in best.values()), days, [x for x in counted if x[1] != NO])

    # dates

    def dates(self, select: Any) -> tuple[list[Dated], set[str]]:
        """Dates in order, and the ingredients that have a vague exposure."""
        if id(select) not in self._dates:
            self._dates[id(select)] = self._find_dates(select)
        return self._dates[id(select)]

    def _find_dates(self, select: Any) -> tuple[list[Dated], set[str]]:
        out, vague = [], set()
        for row, e in enumerate(self.person.exposures):
            name = self.facts.ingredient(e.treatment)
            if not self.facts.takes(name, select) or at_index(row, e, self.index) is None:
                continue
            reported = e.noted and e.evidence == "report"
            if e.start is None or (e.noted and e.start_latest != e.start) or (reported and not self.ends_exactly(e)):
                vague.add(name)
                continue
            days = {e.start.toordinal()}
            if reported:
                last = self.index if e.end is None else min(e.end.toordinal() - 1, self.index)
                days |= {last} if last > e.start.toordinal() else set()
            out += [Dated(day, self.rank[name], name, e.dose) for day in days]
        return sorted(out, key=lambda d: (d.day, d.rank)), vague

    def ends_exactly(self, e: Any) -> bool:
        """Whether the last day of a reported course is known, or lies after the index date."""
        if e.end is None:
            return bool(e.end_kind == "ongoing")
        return e.end_earliest is not None and (e.end_earliest == e.end or e.end_earliest.toordinal() > self.index + 1)

    def reach(self, date: Dated, rule: Rule) -> int:
        """Whether one date is at dose."""
        minimum = rule.minimum.get(date.ingredient)
        if minimum is None or date.dose is None:
            return UNKNOWN
        return YES if date.dose >= minimum else NO

    def _switches(self, feature: Any, rule: Rule) -> Found:
        select = feature.switches
        dates, vague = self.dates(select)
        names = {self.name(c) for c in self.chosen(select)}
        best: dict[str, tuple[int, int]] = {}
        for i, date in enumerate(dates[:-1]):
            after, course = dates[i + 1], self._course(dates, date, feature.course_gap_days.value)
            gap = after.day - date.day
            lasted = course[-1].day - course[0].day
            if lasted == 0 and gap <= feature.gap_days.value:
                lasted = gap
            left = after.ingredient != date.ingredient and date.day == course[-1].day
            if not (left and 0 < gap <= feature.gap_days.value and lasted >= feature.course_days.value):
                continue
            state = max(self.reach(d, rule) for d in course) if feature.at_dose else YES
            if state != NO:
                best[date.ingredient] = max(best.get(date.ingredient, (NO, 0)), (state, -after.day))
        days = [-day for state, day in best.values() if state == YES]
        found = Found(len(days), len(best), days, self._open(feature, select, vague, rule))
        return self._loosened(found, vague, len(names), len(names) - 1)

    def _course(self, dates: list[Dated], date: Dated, gap: float) -> list[Dated]:
        """The course that a date belongs to."""
        own = [d for d in dates if d.ingredient == date.ingredient]
        groups: list[list[Dated]] = []
        for d in own:
            if not groups or d.day - groups[-1][-1].day > gap:
                groups.append([])
            groups[-1].append(d)
        return next(g for g in groups if any(d is date for d in g))

    def _chain(self, feature: Any, rule: Rule) -> Found:
        select = feature.chain
        dates, vague = self.dates(select)
        names = {self.name(c) for c in self.chosen(select)}
        if feature.at_dose:
            vague = vague | {d.ingredient for d in dates if self.reach(d, rule) == UNKNOWN}
            dates = [d for d in dates if self.reach(d, rule) == YES]
        least = feature.course_days.value - 1
        by_name: dict[str, list[int]] = {}
        for d in dates:
            by_name.setdefault(d.ingredient, []).append(d.day)
        ends = [
            (b, first_after(days_b, b + least))
            for name_b, days_b in by_name.items()
            for b in days_b
            if first_after(days_b, b + least) is not None
            and any(self._before(days_a, days_b, b, least) for name_a, days_a in by_name.items() if name_a != name_b)
        ]
        days = [min(int(end or 0) for _, end in ends)] if ends else []
        found = Found(len(days), len(days), days, self._open(feature, select, vague, rule))
        return self._loosened(found, vague, len(names), 1)

    def _before(self, days_a: list[int], days_b: list[int], b: int, least: float) -> bool:
        """Whether a course of the first ingredient is over by day b, with no date of the second during it."""
        for a in days_a:
            over = first_after(days_a, a + least)
            if over is not None and over <= b and not any(a <= day < over for day in days_b):
                return True
        return False

    def _open(self, feature: Any, select: Any, vague: set[str], rule: Rule) -> list[tuple[Course, int]]:
        out = []
        exposures = self.dates(select)[1]
        for course in self.chosen(select):
            is_open = self.name(course) in exposures or (feature.at_dose and self.dose_reaches(course, rule) == UNKNOWN)
            out.append((course, UNKNOWN if is_open else YES))
        return out

    def _loosened(self, found: Found, vague: set[str], n: int, most: float) -> Found:
        if not vague or n <= 1:
            return found
        return Found(0, max(found.high, most), [], found.trials)

    # trials

    def _windows(self, feature: Any, rule: Rule) -> Found:
        choices = [s for w in feature.any_window for s in (w.begins, w.others)]
        taking = [c for c in self.courses if any(self.facts.takes(self.name(c), s) for s in choices)]
        state = {id(c): self.at_dose(feature, c, rule) for c in taking}
        sure = [c for c in taking if state[id(c)] == YES and self.exact(c)]
        may = [c for c in taking if state[id(c)] != NO]
        vague = any(not self.exact(c) for c in taking)
        days = {c.trial.start for w in feature.any_window for c in self._events(w, sure, True)}
        high = any(self._events(w, may, True) for w in feature.any_window)
        if vague:
            high = high or any(self._events(w, may, False) for w in feature.any_window)
        trials = [(c, YES if self.exact(c) and state[id(c)] != UNKNOWN else UNKNOWN) for c in taking]
        return Found(float(bool(days)), float(high or bool(days)), [int(min(days))] if days else [], trials)

    def _events(self, window: Any, courses: list[Course], dated: bool) -> list[Course]:
        """Trials that begin an event."""
        out = []
        for c in courses:
            if not self.facts.takes(self.name(c), window.begins):
                continue
            others = {self.name(o) for o in courses
                      if self.facts.takes(self.name(o), window.others) and self.name(o) != self.name(c)
                      and (not dated or self._within(window, c, o))}  # fmt: skip
            if len(others) >= window.at_least:
                out.append(c)
        return out

    def _within(self, window: Any, event: Course, other: Course) -> bool:
        t = event.trial.start
        last = other.trial.start if window.by == "start" else other.trial.end - 1
        return bool(other.trial.start <= t - window.started_days_before and last >= t - window.within_days)

    def _steps(self, feature: Any, rule: Rule) -> Found:
        first, following = self.chosen(feature.after_two), self.chosen(feature.next)
        taking = first + [c for c in following if c not in first]
        fair = {id(c): self._fair(feature, c, rule) for c in first}
        sure = self._third(feature, [c for c in first if fair[id(c)] == YES and self.exact(c)],
                           [c for c in following if self.exact(c)])  # fmt: skip
        may = self._third(feature, [c for c in first if fair[id(c)] != NO], following)
        high = bool(may)
        if any(not self.exact(c) for c in taking):
            high = high or (len({self.name(c) for c in first if fair[id(c)] != NO}) > 1 and len(taking) > 2)
        trials = [(c, UNKNOWN if not self.exact(c) or fair.get(id(c)) == UNKNOWN else YES) for c in taking]
        return Found(float(bool(sure)), float(high or bool(sure)), [int(min(sure))] if sure else [], trials)

    def _fair(self, feature: Any, course: Course, rule: Rule) -> int:
        if feature.dose_blind:
            low = sum(b - a for a, b in course.covered_low)
            high = sum(b - a for a, b in course.covered_high)
            return compare(low, high, rule.days)
        return min(course.dose_met(rule), course.duration_met(rule, LIFETIME))

    def _third(self, feature: Any, fair: list[Course], following: list[Course]) -> list[float]:
        gap, within = feature.gap_days.value, feature.within_days.value
        return [
            c.trial.start
            for c in following
            for b in fair
            if self._follows(b, c, gap)
            for a in fair
            if self._follows(a, b, gap) and c.trial.start - a.trial.start <= within
        ]

    def _follows(self, before: Course, after: Course, gap: float) -> bool:
        a, b = before.trial, after.trial
        return self.name(before) != self.name(after) and a.start < b.start and b.start - a.end <= gap


def first_after(days: list[int], least: float) -> int | None:
    """The first day that is not before another."""
    return min((d for d in days if d >= least), default=None)
