"""Stretches of one treatment, as recorded, cut into pieces on which the same doses run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple


class Stretch(NamedTuple):
    """Days that an exposure surely covers, with its daily dose. `end` is the day after the last; null goes on."""

    start: date
    end: date | None
    dose: float | None


def pieces(stretches: Sequence[Stretch], last: date) -> Iterator[tuple[date, date, tuple[float | None, ...]]]:
    """First day, day after the last, and the doses that run: each strength once, so that a refill adds nothing.

    Parameters
    ----------
    stretches : sequence of Stretch
    last : date
        Where the picture ends; nothing goes beyond it.
    """
    spans = [(s.start, min(s.end or last, last), s.dose) for s in stretches]
    spans = [span for span in spans if span[0] < span[1]]
    if len(spans) == 1:
        start, end, dose = spans[0]
        yield start, end, (dose,)
        return
    cuts = sorted({day for start, end, _ in spans for day in (start, end)})
    kept: tuple[date, date, tuple[float | None, ...]] | None = None
    for start, end in pairwise(cuts):
        running = {dose for first, stop, dose in spans if first <= start and end <= stop}
        if not running:
            continue
        doses = tuple(sorted(running, key=lambda d: (d is None, d or 0.0)))
        if kept and kept[1] == start and kept[2] == doses:
            kept = (kept[0], end, doses)
            continue
        if kept:
            yield kept
        kept = (start, end, doses)
    if kept:
        yield kept
