"""One course, several kinds of record: an order, a fill, a report and an administration must not add up.

Per person and treatment the strongest kind of record that knows a dose (or a number of sessions) leads. Records of the
other kinds stand only for stretches that it does not touch, holes up to its gap included; what they know of outcome,
adherence and the reason for stopping passes to the leading record that they lie within.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from remit.flow.records.book import Book, Stretch
from remit.flow.records.sentences import say

Interval = tuple[date, date]

STRENGTH = {"order": 0, "fill": 1, "report": 2, "administration": 3}
"""How sure a kind of record makes it that the treatment was taken, weakest first."""

_DAY = timedelta(days=1)


def reconcile(book: Book) -> list[Stretch]:
    """The stretches that count, in their order; what is left out is counted in notices."""
    sessions = {i for i, t in enumerate(book.knowledge.treatments) if t.given_as == "sessions"}
    groups: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for stretch in book.stretches:
        groups[stretch.person_key, stretch.treatment_key].append(stretch)
    kept: list[Stretch] = []
    for (person, treatment), found in groups.items():
        group = _one_a_day(found) if treatment in sessions else found
        if len({s.evidence for s in group}) > 1:
            group = _lead(book, person, treatment, group, is_sessions=treatment in sessions)
        kept.extend(group)
    return kept


def _one_a_day(group: list[Stretch]) -> list[Stretch]:
    """Sessions on record twice on one day (the visit and the drug) count once, with the greater number."""
    by_day: dict[date, Stretch] = {}
    rest: list[Stretch] = []
    for stretch in group:
        is_day = stretch.evidence == "administration" and stretch.start is not None
        if not is_day or stretch.start is None or stretch.end != stretch.start + _DAY:
            rest.append(stretch)
        elif stretch.start not in by_day:
            by_day[stretch.start] = stretch
            rest.append(stretch)
        else:
            first = by_day[stretch.start]
            first.sessions = max(first.sessions or 0, stretch.sessions or 0) or None
            first.details = {**stretch.details, **first.details}
    return rest


def _lead(book: Book, person: int, treatment: int, group: list[Stretch], *, is_sessions: bool) -> list[Stretch]:
    """The leading kind whole, the others where it is silent."""
    policy = book.knowledge.policy
    knows = {s.evidence for s in group if s.start is not None and (s.dose is not None or s.sessions is not None)}
    order = sorted(group, key=lambda s: (s.evidence in knows, STRENGTH[s.evidence]), reverse=True)
    kept: list[Stretch] = []
    taken: list[Interval] = []
    left_out: Counter[tuple[str, str]] = Counter()
    leader = order[0].evidence
    bridged = timedelta()  # holes that the stronger kinds reach across
    for kind, stretches in groupby(order, key=lambda s: s.evidence):
        gap = policy.course_gap_days if is_sessions else policy.gap_days[kind]
        mine: list[Stretch] = []
        for stretch in stretches:
            pieces = [stretch] if kind == leader else _outside(stretch, taken, bridged)
            if pieces != [stretch]:
                left_out[kind, leader] += 1
                _pass_on(stretch, pieces, kept)
            mine.extend(pieces)
        kept.extend(mine)
        bridged = max(bridged, timedelta(days=gap.value))
        taken = _joined([*taken, *(i for s in mine if (i := _interval(s)))], bridged)
    name = book.knowledge.treatments[treatment].name
    for (weaker, stronger), n in left_out.items():
        less, more = say(f"notice.evidence.{weaker}"), say(f"notice.evidence.{stronger}")
        book.notice(person, "left_out", "weaker_evidence", treatment=name, n=n, weaker=less, stronger=more)
    return kept


def _interval(stretch: Stretch) -> Interval | None:
    """The days a stretch may have covered; one whose start or end is unknown is a point, one without either nothing."""
    if stretch.start is None:
        return (stretch.end - _DAY, stretch.end) if stretch.end else None
    if stretch.end is None:
        return (stretch.start, date.max if stretch.end_kind == "ongoing" else stretch.start + _DAY)
    return (stretch.start, max(stretch.end, stretch.start + _DAY))


def _joined(intervals: list[Interval], gap: timedelta) -> list[Interval]:
    """The union, holes up to the gap closed."""
    union: list[Interval] = []
    for low, high in sorted(intervals):
        if union and low - union[-1][1] <= gap:
            union[-1] = (union[-1][0], max(union[-1][1], high))
        else:
            union.append((low, high))
    return union


def _outside(stretch: Stretch, taken: list[Interval], gap: timedelta) -> list[Stretch]:
    """Parts of a stretch outside of `taken` that are longer than the gap; the stretch itself if nothing touches it."""
    interval = _interval(stretch)
    if interval is None:
        return []
    low, high = interval
    parts: list[Interval] = []
    at = low
    for a, b in taken:
        if b <= at or a >= high:
            continue
        parts.append((at, a))
        at = max(at, b)
    if at == low and not parts:
        return [stretch]
    parts.append((at, high))
    return [_cut(stretch, part, interval) for part in parts if part[0] < part[1] and part[1] - part[0] > gap]


def _cut(stretch: Stretch, part: Interval, whole: Interval) -> Stretch:
    """A part of a stretch: a cut edge is exact, an own edge stays as it was; sessions cannot be shared out."""
    piece = replace(stretch, sessions=None, outcome=None, improvement=None)
    if part[0] != whole[0]:
        piece.start = piece.start_latest = part[0]
    if part[1] != whole[1]:
        piece.end = piece.end_earliest = part[1]
        piece.end_kind, piece.stop_reason = "ended", None
    return piece


def _pass_on(stretch: Stretch, pieces: list[Stretch], kept: list[Stretch]) -> None:
    """Give what only this record knows to its last piece, else to the last leading record that it touches."""
    target = pieces[-1] if pieces else _touching(stretch, kept)
    if target is None:
        return
    if target.outcome is None and target.improvement is None:
        target.outcome, target.improvement = stretch.outcome, stretch.improvement
    target.adherence = stretch.adherence if target.adherence is None else target.adherence
    target.stop_reason = target.stop_reason or (stretch.stop_reason if target.end_kind != "ongoing" else None)
    target.augments_key = stretch.augments_key if target.augments_key is None else target.augments_key
    target.details = {**stretch.details, **target.details}


def _touching(stretch: Stretch, kept: list[Stretch]) -> Stretch | None:
    interval = _interval(stretch)
    placed = [(i, s) for s in kept if (i := _interval(s))]
    if interval:
        placed = [(i, s) for i, s in placed if i[0] < interval[1] and interval[0] < i[1]] or placed
    return max(placed, key=lambda pair: pair[0][1])[1] if placed else None
