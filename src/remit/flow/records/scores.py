"""Scores: items are added up again, missing ones filled only as the instrument allows, disagreements flagged."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from remit.flow.records.book import AnswerSheet, Book, MeasurementRow
from remit.flow.records.sentences import Refuse
from remit.knowledge.instrument import Instrument, Question
from remit.knowledge.schema import Observable
from remit.knowledge.units import is_same_unit
from remit.tables.crisis import SAFETY_NOTICE


@dataclass(frozen=True, slots=True)
class Total:
    """A total out of items; `value` is None where too much is missing."""

    value: float | None
    is_imputed: bool
    least: float  # what the answered items alone come to


def scored(instrument: Instrument) -> list[Question]:
    """Items that count, in order."""
    return [q for q in instrument.questions if q.is_scored]


def allowed_values(instrument: Instrument, question: Question) -> tuple[float, ...]:
    """Values that an item may have; empty where the instrument does not list them."""
    return tuple(option.value for option in question.options or instrument.options)


def add_up(instrument: Instrument, items: Mapping[int, float]) -> Total:
    """The total of answered items.

    Parameters
    ----------
    instrument : Instrument
    items : mapping of int to float
        Value by item number; an item that is absent was not answered. An item about suicide is never filled in.
    """
    numbers = [q.n for q in scored(instrument)]
    groups = [tuple(g) for g in instrument.scoring.groups] or [(n,) for n in numbers]
    parts = [max((items[n] for n in group if n in items), default=None) for group in groups]
    known = [part for part in parts if part is not None]
    missing = len(parts) - len(known)
    least = math.fsum(known)
    if not missing:
        return Total(least, False, least)
    fillable = instrument.scoring.prorate_missing_up_to
    safety = {s.item for s in instrument.safety_items}
    is_safety_missing = any(
        part is None and safety.intersection(group) for group, part in zip(groups, parts, strict=True)
    )
    if not known or fillable is None or missing > fillable.value or is_safety_missing:
        return Total(None, False, least)
    return Total(math.floor(least / len(known) * len(parts) + 0.5), True, least)


def flag_safety(book: Book, person_key: int, instrument: Instrument, items: Mapping[int, float], ref: str) -> None:
    """Say that answers which are left out otherwise hold a sign of suicidality: it must not go unseen."""
    if any(items.get(s.item, s.at_least - 1) >= s.at_least for s in instrument.safety_items):
        book.notice(person_key, "flag", SAFETY_NOTICE, ref, instrument=instrument.name)


def is_possible(measure: Instrument | Observable, value: float, unit: str | None, refuse: Refuse) -> bool:
    """Whether a total or a laboratory value can be; else a fault, to which the caller gives the remedy."""
    if isinstance(measure, Instrument):
        low, high = measure.scoring.low, measure.scoring.high
        if low <= value <= high:
            return True
        refuse("score.outside_scale", instrument=measure.name, low=f"{low:g}", high=f"{high:g}")
        return False
    if unit is not None and not is_same_unit(unit, measure.unit):
        return True
    too_low = measure.low is not None and value < measure.low
    too_high = measure.high is not None and value > measure.high
    if too_low or too_high:
        refuse("score.impossible", measure=measure.name)
    return not (too_low or too_high)


def settle(book: Book) -> list[MeasurementRow]:
    """All measurements, with the totals of the answers in place of stated totals; `book.sheets` keeps one a day."""
    if not book.sheets and len(set(map(itemgetter(0, 1, 2), book.measurements))) == len(book.measurements):
        return list(book.measurements)  # one of a person, measure and day, as nearly always
    stated: dict[tuple[int, str, date], dict[tuple[float, str | None], MeasurementRow]] = {}
    for row in book.measurements:
        day = stated.setdefault((row.person_key, row.measure_id, row.date), {})
        if day.setdefault((row.value, row.unit), row) is not row:
            book.notice(row.person_key, "left_out", "duplicate_score")
    kept, totals = _one_sheet_a_day(book)
    for key, sheet in kept.items():
        instrument = book.knowledge.instruments[sheet.instrument_id]
        rest = _merge(book, instrument, sheet, list(stated.get(key, {}).values()), totals[key])
        stated[key] = {(row.value, row.unit): row for row in rest}
    book.sheets = list(kept.values())
    return [row for day in stated.values() for row in day.values()]


def _one_sheet_a_day(
    book: Book,
) -> tuple[dict[tuple[int, str, date], AnswerSheet], dict[tuple[int, str, date], set[float | None]]]:
    """The last sheet of each day, and the totals of all sheets of the day."""
    kept: dict[tuple[int, str, date], AnswerSheet] = {}
    totals: dict[tuple[int, str, date], set[float | None]] = defaultdict(set)
    for sheet in book.sheets:
        key = (sheet.person_key, sheet.instrument_id, sheet.date)
        instrument = book.knowledge.instruments[sheet.instrument_id]
        totals[key].add(add_up(instrument, sheet.items).value)
        other = kept.get(key)
        if other is not None and other.items != sheet.items:
            book.notice(sheet.person_key, "left_out", "same_day_answers", instrument=instrument.name)
            earlier = other if sheet.stamp >= other.stamp else sheet
            flag_safety(book, sheet.person_key, instrument, earlier.items, earlier.record_ref)
        if other is None or sheet.stamp >= other.stamp:
            kept[key] = sheet
    return kept, totals


def _merge(
    book: Book, instrument: Instrument, sheet: AnswerSheet, day: list[MeasurementRow], totals: set[float | None]
) -> list[MeasurementRow]:
    """The day's totals, given the answers."""
    total = add_up(instrument, sheet.items)
    name = instrument.name
    differing = [r for r in day if r.value != total.value and r.value not in totals]
    if total.value is None or total.is_imputed:
        if any(r.value < total.least for r in day):
            _flag_total(book, sheet, name)
        elif day:
            return day
    elif differing:
        _flag_total(book, sheet, name)
    if total.value is None:
        book.notice(sheet.person_key, "left_out", "total_not_possible", sheet.record_ref, instrument=name)
        return []
    if total.is_imputed:
        book.notice(sheet.person_key, "assumed", "total_prorated", sheet.record_ref, instrument=name)
    row = MeasurementRow(
        sheet.person_key, instrument.id, sheet.date, total.value, None, total.is_imputed, sheet.record_ref,
        sheet.stamp, sheet.rater, sheet.mode,
    )  # fmt: skip
    return [row]


def _flag_total(book: Book, sheet: AnswerSheet, name: str) -> None:
    book.notice(sheet.person_key, "flag", "total_disagrees", sheet.record_ref, instrument=name)
