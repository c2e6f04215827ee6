"""Dosage lines of one medication record, laid out in time as stretches of one dose each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from remit.flow.records.book import Stretch
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.fhir_dose import DoseLine

MAX_DAYS = 36525  # a course of a hundred years is a slip of a unit


@dataclass(slots=True)
class Frame:
    """When a record says that something was taken.

    Attributes
    ----------
    start : Span
    stop : Span
        Day after the last; unknown where it is not told.
    end_kind : str
        What an unknown stop means: ongoing or unknown.
    was_cut : bool
        Stopped at some unknown day before the stop.
    """

    start: Span
    stop: Span
    end_kind: str
    was_cut: bool = False


def shift(span: Span, days: float) -> Span:
    """A date so many whole days later; unknown where that is beyond all dates."""
    if span.first is None or span.last is None or not 0 <= days <= MAX_DAYS:
        return UNKNOWN_DATE
    try:
        by = timedelta(days=round(days))
        return Span(span.first + by, span.last + by)
    except OverflowError:
        return UNKNOWN_DATE


def is_sequence(lines: list[DoseLine]) -> bool:
    """Whether lines follow one another: by different sequence numbers, or by bounds that start on different days."""
    numbers = [line.sequence for line in lines]
    if None not in numbers and len(set(numbers)) == len(numbers):
        return True
    starts = [line.first.first for line in lines if line.first]
    return len(starts) == len(lines) and len(set(starts)) == len(starts)


def is_concurrent(lines: list[DoseLine]) -> bool:
    """Whether lines are taken beside one another: the same sequence number, or each at its own time of day."""
    numbers = {line.sequence for line in lines}
    slots = [line.slot for line in lines]
    return (None not in numbers and len(numbers) == 1) or (all(slots) and len(set(slots)) == len(slots))


def ordered(lines: list[DoseLine]) -> list[DoseLine]:
    """Lines in the order in which they are taken."""
    if all(line.first for line in lines):
        return sorted(lines, key=lambda line: str(line.first.first if line.first else ""))
    return sorted(lines, key=lambda line: line.sequence or 0)


def total_dose(lines: list[DoseLine]) -> float | None:
    """Daily dose of lines that are taken beside one another; None where one is not known."""
    doses = [line.mg_per_day for line in lines]
    known = [dose for dose in doses if dose is not None]
    return sum(known) if known and len(known) == len(doses) else None


def lay_out(base: Stretch, frame: Frame, lines: list[DoseLine]) -> tuple[list[Stretch], bool]:
    """Stretches of a record, and whether its steps could be dated.

    Parameters
    ----------
    base : Stretch
        What all stretches share.
    frame : Frame
    lines : list of DoseLine
        In no particular order; those to be taken as needed are left out already.
    """
    if len(lines) < 2 or not is_sequence(lines):  # noqa: PLR2004
        together = len(lines) < 2 or is_concurrent(lines)  # noqa: PLR2004
        return [_place(base, frame, total_dose(lines) if together else None)], together
    steps = _steps(frame, ordered(lines))
    if steps is None:
        return [_place(base, frame, None)], False
    return [_place(base, part, dose) for part, dose in steps], True


def _steps(frame: Frame, lines: list[DoseLine]) -> list[tuple[Frame, float | None]] | None:
    """Consecutive parts of a course; None where one that is not the last has no end."""
    parts: list[tuple[Frame, float | None]] = []
    start = frame.start
    for i, line in enumerate(lines):
        is_last = i == len(lines) - 1
        start = line.first or start
        following = None if is_last else lines[i + 1].first
        stop = _stop(line, start, following)
        if is_last:
            own = stop if stop.is_known and not frame.stop.is_known else frame.stop
            parts.append((Frame(start, own, frame.end_kind, frame.was_cut), line.mg_per_day))
        elif not stop.is_known or not start.is_known:
            return None
        else:
            if frame.stop.last and stop.last and stop.last >= frame.stop.last:
                parts.append((Frame(start, frame.stop, "ended", frame.was_cut), line.mg_per_day))
                return parts
            parts.append((Frame(start, stop, "ended", frame.was_cut), line.mg_per_day))
            start = stop
    return parts


def _stop(line: DoseLine, start: Span, following: Span | None) -> Span:
    if following is not None:
        return following
    if line.last is not None:
        return line.last.next_day()
    return shift(start, line.days) if line.days is not None else UNKNOWN_DATE


def _place(base: Stretch, frame: Frame, dose: float | None) -> Stretch:
    """The stretch of a frame at a dose."""
    first_end, last_end = frame.stop.first, frame.stop.last
    if frame.was_cut and frame.start.first is not None:
        first_end = min(frame.start.first, first_end) if first_end else None
    return Stretch(
        base.person_key, base.treatment_key, frame.start.first, frame.start.last, last_end, first_end,
        "ended" if frame.stop.is_known else frame.end_kind, base.evidence, base.record_ref, dose=dose,
    )  # fmt: skip
