"""Doses on days and the longest adequate run. An interval is (first day, day after the last day)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from oracle.model import ALWAYS
from oracle.trials import Piece

Interval = tuple[float, float]
Level = tuple[float, float, float]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same days as disjoint intervals in order."""
    out: list[Interval] = []
    for a, b in sorted(intervals):
        if b <= a:
            continue
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def length(intervals: Iterable[Interval]) -> float:
    """Days in a union."""
    return sum(b - a for a, b in intervals)


def since(intervals: Iterable[Interval], first: float) -> list[Interval]:
    """The part on or after a day."""
    return [(max(a, first), b) for a, b in intervals if b > first]


def supplies(pieces: list[Piece]) -> list[Interval]:
    """Exact exposures of one strength, as supplies that add to one another.

    One that starts while an earlier-started one still runs prolongs the one that would have ended first.
    """
    out: list[list[float]] = []
    for piece in sorted(pieces, key=lambda p: (p.start, p.end)):
        running = [s for s in out if s[0] < piece.start < s[1]]
        if running:
            first = min(running, key=lambda s: s[1])
            first[1] = max(first[1], piece.end)
        elif piece.end > piece.start:
            out.append([piece.start, piece.end])
    return [(a, b) for a, b in out]


def _amounts(pieces: list[Piece], certain: bool, hidden: bool) -> list[Level]:
    """Intervals and the dose that each adds."""
    out: list[Level] = []
    strengths: dict[float | None, list[Piece]] = {}
    for piece in pieces:
        strengths.setdefault(piece.dose, []).append(piece)
    for dose, group in strengths.items():
        if dose is None:
            out += [] if certain else [(p.start, p.end, ALWAYS) for p in group]
        elif not hidden:
            out += [(a, b, dose) for a, b in supplies(group)]
        elif certain:
            out += [(a, b, dose) for a, b in union(p.certain for p in group)]
        else:
            out += [(p.start, p.end, dose) for p in group]
    return [x for x in out if x[1] > x[0]]


def levels(pieces: list[Piece], certain: bool, hidden: bool) -> list[Level]:
    """Stretches of days with the dose on them: the least it was for certain, or the most it can have been.

    `hidden`: it is not certain which exposures are refills; those of one strength then count once for certain, and each
    for itself at most.
    """
    amounts = _amounts(pieces, certain, hidden)
    if len(amounts) <= 1:
        return amounts
    edges = sorted({x for a, b, _ in amounts for x in (a, b)})
    out = []
    for a, b in pairwise(edges):
        on = [dose for start, end, dose in amounts if start <= a and end >= b]
        if on:
            out.append((a, b, sum(on)))
    return out


def longest_run(good: Iterable[Interval], gap: float) -> float:
    """Most days of a stretch whose holes are no longer than the gap; holes add nothing."""
    best = run = 0.0
    last: float | None = None
    for a, b in good:
        run = run + (b - a) if last is not None and a - last <= gap else b - a
        best, last = max(best, run), b
    return best
