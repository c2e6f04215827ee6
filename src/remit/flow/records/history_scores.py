"""Measurements and answers of a history."""

from __future__ import annotations

from typing import Any

from remit.flow.records.book import AnswerSheet, Book, MeasurementRow, PersonRow, Scope
from remit.flow.records.dates import UNKNOWN_DATE, Span
from remit.flow.records.fields import Fields
from remit.flow.records.scores import allowed_values, flag_safety, score_problem, scored
from remit.knowledge.instrument import Instrument, Question
from remit.knowledge.lexicon import Match
from remit.knowledge.schema import Observable
from remit.knowledge.units import is_same_unit
from remit.tables.records import MEASURING_MODES


def read_measurement(book: Book, fields: Fields, person: PersonRow, scope: Scope) -> None:
    """One total or laboratory value."""
    name = fields.text("code")
    value = fields.number("value")
    unit = fields.text("unit")
    day = _day(book, fields, person, scope)
    rater, mode = fields.text("rater"), fields.choice("mode", MEASURING_MODES)
    if not fields.is_object:
        return
    for key in ("code", "value"):
        if not fields.has(key):
            fields.fault((key,), "is missing", "Give it, or leave the entry out.")
    found = book.names.measure(name) if name else None
    if found is None or name is None:
        return
    measure_id = _named(book, fields, person, "code", name, found)
    if measure_id is None or value is None:
        return
    measure = book.knowledge.instruments.get(measure_id) or book.knowledge.observables[measure_id]
    if problem := score_problem(measure, value, unit):
        fields.fault(("value",), problem, "Check the value and the unit.")
        return
    if day is None or day.first is None:
        return
    if isinstance(measure, Observable) and unit and measure.unit and not is_same_unit(unit, measure.unit):
        told = f"{measure.name} is not given in {measure.unit}; its plausibility was not checked."
        book.notice(person.key, "flag", "unit_differs", told, fields.place())
    row = MeasurementRow(person.key, measure_id, day.first, value, unit, False, fields.place(), rater=rater, mode=mode)
    book.measurements.append(row)


def read_answers(book: Book, fields: Fields, person: PersonRow, scope: Scope) -> None:
    """Answers to the items of an instrument."""
    name = fields.text("instrument")
    day = _day(book, fields, person, scope)
    rater, mode = fields.text("rater"), fields.choice("mode", MEASURING_MODES)
    if not fields.is_object:
        return
    for key in ("instrument", "items"):
        if not fields.has(key):
            fields.fault((key,), "is missing", "Give it, or leave the entry out.")
    items = fields.listed("items")
    if name is None or not items:
        return
    found = book.names.instruments.find(name)
    instrument_id = _named(book, fields, person, "instrument", name, found)
    if instrument_id is None:
        return
    instrument = book.knowledge.instruments[instrument_id]
    answers = _items(fields, instrument, items)
    if answers is None:
        return
    if day is None or day.first is None:
        flag_safety(book, person.key, instrument, answers, fields.place())
        return
    place = fields.place()
    first = book.sheet_places.setdefault((person.key, instrument_id, day.first), place)
    if first != place:
        fields.fault((), f"gives answers of a day that {first} gives already", "Keep one of the two.")
        return
    book.sheets.append(AnswerSheet(person.key, instrument_id, day.first, answers, place, rater=rater, mode=mode))


def _items(fields: Fields, instrument: Instrument, items: list[Any]) -> dict[int, float] | None:
    """Answers by item number; None, and faults, where they do not fit the instrument."""
    questions = _questions(instrument, len(items))
    if not questions:
        n = len(scored(instrument))
        problem = f"holds {len(items)} answers, but {instrument.name} has {n} items" if n else "cannot be added up"
        fields.fault(("items",), problem, "Give one answer per item (null: not answered), or the total as measurement.")
        return None
    answers: dict[int, float] = {}
    is_sound = True
    for i, (question, raw) in enumerate(zip(questions, items, strict=True)):
        if raw is None or raw == "unknown":
            continue
        value = fields.checked_number(raw, ("items", i))
        allowed = allowed_values(instrument, question)
        if value is not None and allowed and value not in allowed:
            span = f"{min(allowed):g} to {max(allowed):g}"
            fields.fault(
                ("items", i), f"is no answer of {instrument.name}", f"Write a whole number from {span}, or null."
            )
            value = None
        if value is None:
            is_sound = False
        else:
            answers[question.n] = value
    return answers if is_sound else None


def _questions(instrument: Instrument, n: int) -> list[Question]:
    """The items that so many answers belong to."""
    if instrument.scoring.method == "total_only":
        return []
    for listed in (scored(instrument), list(instrument.questions)):
        if len(listed) == n:
            return listed
    return []


def _named(book: Book, fields: Fields, person: PersonRow, key: str, name: str, found: Match) -> str | None:
    """The id that a name means; a fault where there is none, a flag where it was not named exactly."""
    known = {**book.knowledge.observables, **book.knowledge.instruments}
    if not found.ids:
        names = " or ".join(known[i].name for i in found.candidates)
        remedy = f"Did you mean {names}?" if names else "Use an id, a LOINC code or the usual name."
        fields.fault((key,), f"{key} {name[:60]!r} is not known", remedy)
        return None
    if found.how in ("spelling", "words"):
        told = f'Read "{name[:60]}" as {known[found.ids[0]].name}; correct it if that is wrong.'
        book.notice(person.key, "flag", "name_read_as", told, fields.place(key))
    return found.ids[0]


def _day(book: Book, fields: Fields, person: PersonRow, scope: Scope) -> Span | None:
    """The day of a score; one that is not exact leaves the score out, with a notice."""
    span = fields.date("date")
    if not fields.has("date") and fields.is_object:
        fields.fault(("date",), "is missing", "Give the day, or write unknown.")
        return None
    span = span or UNKNOWN_DATE
    scope.saw(span.last)
    if span.is_exact:
        return span
    text = "{n} scores without an exact day are left out."
    book.notice(person.key, "left_out", "score_without_day", text)
    return None
