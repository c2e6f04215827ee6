"""Draws a person at the knowledge's own thresholds plus or minus one.

One set of building blocks serves Hypothesis and the fast random driver: whatever can `choose` from a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Protocol, TypeVar

from generative.load import knowledge
from oracle import Condition, Episode, Exposure, Person, Score

T = TypeVar("T")

ORIGIN = date(2021, 1, 1)
"""Day 0 of every drawn person."""


class Chooser(Protocol):
    """Where choices come from; the first of a list is the simplest."""

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        ...


class RandomChooser:
    """Choices of a seeded generator."""

    def __init__(self, rng: Random) -> None:
        self._random = rng.random

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self._random() * len(options))]


def near(*values: float, step: float = 1) -> list[float]:
    """Each value, a step below and a step above."""
    return sorted({v + d for v in values for d in (-step, 0, step)})


class Menu:
    """What there is to choose from, read off the knowledge."""

    def __init__(self) -> None:
        k = knowledge()
        policy = k.policy
        used = {d.adequacy for d in k.definitions}
        rules = [r for r in k.rules if r.id in used]
        self.doses = {t.id: [10.0, 40.0] for t in k.treatments}
        self.enough = {t.id: [40.0] for t in k.treatments}
        for rule in rules:
            for treatment, dose in k.doses_of(rule).items():
                ratio = 1.5 if rule.dose_optimised_ratio is None else rule.dose_optimised_ratio.value
                self.doses[treatment] += [*near(dose.mg, dose.mg * ratio, step=0.125), dose.mg, dose.mg / 2]
                self.enough[treatment] += [dose.mg, dose.mg * ratio]
        weeks = {r.min_weeks.value for r in rules}
        weeks |= {r.duration_optimised_weeks.value for r in rules if r.duration_optimised_weeks}
        self.lengths = [*(int(x) for x in near(*(7 * w for w in weeks))), 1, 10, 14, 28, 30, 60, 120, 366]
        self.long = [int(7 * w) + d for w in weeks for d in (0, 0, 1)] + [120, 366]
        gaps = [n.value for n in policy.gap_days.values()] + [policy.course_gap_days.value]
        self.gaps = [0, 1, *(int(x) for x in near(*gaps)), 60, -5, -10, -20]
        self.tapers = [int(x) for x in near(policy.cross_taper_days.value)] + [1, 10, 60]
        numbers = {s.sessions for r in rules for s in k.sessions_of(r).values()}
        self.sessions = [*near(*numbers), 3.0, 4.0, None]
        shares = {r.adherence_at_least.value for r in rules}
        self.adherences = [None] * 12 + [*near(*shares, step=0.01), 1.0]
        levels = [b.below_percent if b.at_most_percent is None else b.at_most_percent for b in
                  (r.nonresponse for r in rules)]  # fmt: skip
        self.improvements = [*near(*(x for x in levels if x is not None), step=0.01), -10.0, 0.0, 80.0, 100.0]
        self.windows = {
            "before": [int(x) for x in near(-policy.baseline_before_days.value, 0)],
            "after": [int(x) for x in near(policy.baseline_after_days.value)],
            "end": [int(x) for x in near(-policy.endpoint_before_days.value, policy.endpoint_after_days.value, 0)],
            "least": [int(x) for x in near(policy.endpoint_least_days.value)],
        }
        scales = [i for i in k.instruments.values() if i.is_depression_severity]
        self.cutoffs = {i.id: i.change.remission_at_most.value for i in scales if i.change.remission_at_most}
        self.scales = ["phq9", "madrs", *(i.id for i in scales), "gad7"]
        self.months = [int(m * policy.days_per_month.value) + d for m in (6, 12, 24) for d in (-1, 0, 1)]
        self.details = [{}, {"placement": "bilateral"}, {"placement": "unilateral"}]
        self.conditions = ["bipolar_ii", "bipolar", "organic_mood", "secondary_depression", "hypothyroidism", "gad"]


@cache
def menu() -> Menu:
    """The menu of the loaded knowledge."""
    return Menu()


PALETTES: tuple[tuple[str, ...], ...] = (
    ("sertraline",),
    ("sertraline", "venlafaxine"),
    ("sertraline", "fluoxetine"),
    ("venlafaxine", "lithium"),
    ("sertraline", "mirtazapine", "lithium"),
    ("paroxetine", "paroxetine_cr"),
    ("paroxetine_cr", "paroxetine", "venlafaxine"),
    ("sertraline", "venlafaxine", "amitriptyline", "phenelzine", "ect"),
    ("sertraline", "bupropion", "nortriptyline", "tranylcypromine", "ect"),
    ("sertraline", "venlafaxine", "mirtazapine", "bupropion", "nortriptyline", "fluoxetine"),
    ("ect",),
    ("ect", "sertraline"),
    ("rtms", "ect", "venlafaxine"),
    ("sertraline", "hypericum_perforatum"),
    ("esketamine", "duloxetine", "ketamine"),
    ("zuranolone", "cbt", "sertraline"),
    ("olanzapine_fluoxetine", "psilocybin", "lithium"),
    ("lithium", "quetiapine", "escitalopram", "citalopram"),
    ("hypericum_perforatum", "lithium", "psilocybin"),
    ("moclobemide", "mianserin", "selegiline_transdermal", "vortioxetine"),
)


OUTCOMES = ("minimal", "worse", "partial", "response", "remission")


def draw_person(c: Chooser) -> Person:
    """One person."""
    m = menu()
    palette = c.choose(PALETTES)
    exposures: list[Exposure] = []
    fair = c.choose((True, True, False))
    style = c.choose(("exact", "exact", "exact", "mixed") if fair else ("exact", "mixed", "mixed", "vague"))
    added_to: dict[str, str | None] = {}
    for _ in range(c.choose((1, 2, 2, 3, 3, 4, 4, 5, 6, 8))):
        exposures.append(_exposure(c, m, palette, exposures, style, added_to, fair))
    starts = [(e.start - ORIGIN).days for e in exposures if e.start]
    ends = [(e.end - ORIGIN).days for e in exposures if e.end]
    last = max([*starts, *ends], default=100)
    index = ORIGIN + timedelta(_index_day(c, last, ends, starts))
    scores = _scores(c, m, exposures, index)
    episode = _episode(c, m, exposures, index)
    conditions = tuple(_condition(c, m, index) for _ in range(c.choose((0,) * 10 + (1, 1, 2))))
    return Person(index, tuple(exposures), episode, scores, conditions)


def _index_day(c: Chooser, last: int, ends: list[int], starts: list[int]) -> int:
    how = c.choose(("after", "after", "after", "after", "end", "start", "inside"))
    if how == "after":
        return last + c.choose((7, 0, 1, 30, 400))
    if how == "end" and ends:
        return c.choose(ends) + c.choose((-2, -1, 0, 1, 14))
    if how == "start":
        return c.choose(starts or [last]) + c.choose((-1, 0, 1))
    return last - c.choose((10, 30, 60))


def _exposure(
    c: Chooser,
    m: Menu,
    palette: tuple[str, ...],
    before: list[Exposure],
    style: str,
    added_to: dict[str, str | None],
    fair: bool,
) -> Exposure:
    treatment = c.choose(palette)
    length = c.choose(m.lengths)
    if fair and c.choose((True, True, False)):
        length = c.choose(m.long)
    start = _start(c, m, treatment, before)
    begin, finish = ORIGIN + timedelta(start), ORIGIN + timedelta(start + length)
    dose = None if c.choose((0,) * 8 + (1,)) else c.choose(m.doses[treatment])
    if fair and c.choose((True, True, True, False)):
        dose = max(m.doses[treatment]) if c.choose((True, False)) else c.choose(m.enough[treatment])
    same = [e for e in before if e.treatment == treatment]
    if same and c.choose((True, True, False)):
        dose = c.choose(same).dose
    e = Exposure(treatment, begin, begin, finish, finish, "ended", dose, noted=c.choose((True,) * 7 + (False,)))
    if not e.noted:
        e = replace(e, end=None, end_kind="ongoing") if c.choose((0, 0, 0, 1)) else e
        return _with_outcome(c, m, e)
    if style != "exact":
        e = _blurred(c, e, style)
    elif c.choose((0, 0, 0, 0, 0, 1)):
        e = replace(e, end=None, end_earliest=None, end_kind="ongoing")
    if treatment not in added_to:
        others = [t for t in palette if t != treatment and added_to.get(t) != treatment]
        added_to[treatment] = c.choose(others) if others and c.choose((0, 0, 0, 0, 1)) else None
    told = c.choose((True, True, False))
    is_course = knowledge().treatments[knowledge().treatment_key(treatment)].given_as == "sessions"
    e = replace(
        e,
        sessions=c.choose(m.sessions) if is_course or c.choose((0,) * 9 + (1,)) else None,
        adherence=c.choose(m.adherences),
        stop_reason=c.choose((None, None, None, None, "side_effects", "no_effect", "recovered")),
        augments=added_to[treatment] if told else None,
        evidence=c.choose(("report", "report", "order", "fill", "administration")),
        detail=c.choose(m.details) if is_course or c.choose((0,) * 9 + (1,)) else {},
    )
    return _with_outcome(c, m, e)


def _with_outcome(c: Chooser, m: Menu, e: Exposure) -> Exposure:
    word = c.choose(("none",) * 10 + (*OUTCOMES, None, None))
    percent = c.choose(m.improvements) if c.choose((0, 0, 0, 0, 0, 1)) else None
    return replace(e, outcome=word, improvement=percent)


def _start(c: Chooser, m: Menu, treatment: str, before: list[Exposure]) -> int:
    """Where a stretch begins: by the one before, of the same treatment or of another, or anywhere."""
    same = [e for e in before if e.treatment == treatment and e.start and e.end]
    any_ = [e for e in before if e.start and e.end]
    how = c.choose(("next", "next", "next", "taper", "together", "free"))
    if how == "next" and (same or any_):
        e = c.choose(same[-2:] or any_)
        return _day(e.end) + c.choose(m.gaps)
    if how == "taper" and any_:
        return _day(c.choose(any_).end) - c.choose(m.tapers)
    if how == "together" and (same or any_):
        return _day(c.choose(same or any_).start) + c.choose((0, 0, 1, -1, 10))
    return c.choose((0, 50, 100, 150, 200, 300, 365, 500))


def _day(day: date | None) -> int:
    assert day is not None
    return (day - ORIGIN).days


def _blurred(c: Chooser, e: Exposure, style: str) -> Exposure:
    """Dates made partial, unknown or ongoing."""
    assert e.start and e.end
    some = ("exact", "exact", "exact", "exact", "partial", "unknown") if style == "mixed" else ("partial", "unknown")
    start = c.choose(some)
    if start == "partial":
        early, late = _around(c, e.start)
        e = replace(e, start=early, start_latest=late)
    elif start == "unknown":
        e = replace(e, start=None, start_latest=None)
    end = c.choose((*some, "ongoing"))
    assert e.end
    if end == "partial":
        early, late = _around(c, e.end)
        first = e.start or early
        early = max(early, first + timedelta(1))
        e = replace(e, end_earliest=early, end=max(early, late))
    elif end == "unknown":
        e = replace(e, end_earliest=None, end=None, end_kind="unknown")
    elif end == "ongoing":
        e = replace(e, end_earliest=None, end=None, end_kind="ongoing")
    return e


def _around(c: Chooser, day: date) -> tuple[date, date]:
    early, late = c.choose(((1, 0), (0, 1), (10, 20), (3, 0), (0, 3), (90, 200)))
    return day - timedelta(early), day + timedelta(late)


def _episode(c: Chooser, m: Menu, exposures: list[Exposure], index: date) -> Episode | None:
    if c.choose((0,) * 9 + (1,)):
        return None
    severity = c.choose((None, "subsyndromal", "mild", "moderate", "severe", "severe"))
    psychotic = c.choose(("unknown", "no", "yes"))
    starts = [e.start for e in exposures if e.start]
    ends = [e.end for e in exposures if e.end]
    how = c.choose(("first", "first", "first", "some", "end", "months", "unknown"))
    if how == "unknown":
        return Episode(None, None, severity, psychotic)
    day = min([*starts, index])
    if how == "some" and starts:
        day = c.choose(starts) + timedelta(c.choose((-1, 0, 1, 10, 20)))
    elif how == "end" and ends:
        day = c.choose(ends) - timedelta(c.choose((-1, 0, 1, 28, 41, 42, 43)))
    elif how == "months":
        day = index - timedelta(c.choose(m.months))
    day = min(day, index)
    early, late = _around(c, day) if c.choose((0, 0, 0, 0, 1)) else (day, day)
    return Episode(min(early, index), late, severity, psychotic)


def _scores(c: Chooser, m: Menu, exposures: list[Exposure], index: date) -> tuple[Score, ...]:
    found: dict[tuple[str, date], Score] = {}
    for _ in range(c.choose((0, 0, 0, 0, 1, 2))):
        e = c.choose(exposures)
        start = e.start or index - timedelta(100)
        end = e.end or index
        scale = c.choose(m.scales)
        first = start + timedelta(c.choose(m.windows["before"] + m.windows["after"]))
        baseline = c.choose((20.0, 20.0, 8.0, 0.0))
        low = m.cutoffs.get(scale, 5.0)
        values = [baseline, *(baseline * x for x in (0.8, 0.75, 0.7, 0.5, 0.45)), *near(low)]
        later = end + timedelta(c.choose(m.windows["end"]))
        if c.choose((0, 0, 0, 1)):
            later = first + timedelta(c.choose(m.windows["least"]))
        days = [(first, baseline), (later, c.choose(values))]
        if c.choose((0, 0, 1)):
            days.append((later - timedelta(c.choose((1, 7, 20))), c.choose(values)))
        for day, value in days:
            imputed = c.choose((False,) * 9 + (True,))
            found.setdefault((scale, day), Score(scale, day, value, imputed))
    return tuple(found.values())


def _condition(c: Chooser, m: Menu, index: date) -> Condition:
    onset = c.choose((None, None, index - timedelta(300), index, index + timedelta(1)))
    status = c.choose(("suspected", "suspected", "active", "remission", "resolved", "refuted", None))
    return Condition(c.choose(m.conditions), status, onset)
