"""Measurements and answers of a history."""

from __future__ import annotations

from functools import partial
from typing import Any

from remit.flow.records.book import AnswerSheet, Book, MeasurementRow, Part, PersonRow, Scope
from remit.flow.records.dates import UNKNOWN_DATE, Span, exact_day
from remit.flow.records.fields import MAX_TEXT, Fields, Written, is_unknown
from remit.flow.records.scores import allowed_values, flag_safety, is_possible, scored
from remit.flow.records.sentences import either
from remit.knowledge.instrument import Instrument, Question
from remit.knowledge.lexicon import Match
from remit.knowledge.schema import Observable
from remit.knowledge.units import is_same_unit
from remit.tables.records import MEASURING_MODES

MEASUREMENT_KEYS = ("code", "value", "unit", "date", "rater", "mode")
BLOCK = 128
"""Scores that are read together."""


def read_measurements(book: Book, top: Fields, person: PersonRow, scope: Scope) -> None:
    """All totals and laboratory values of a history, by blocks: of a long course most stay as they are."""
    entries, path = top.listed("measurements"), (*top.path, "measurements")
    place = top.where.at(path)

    def read(block: Written) -> Part:
        alone, own = Book(book.knowledge), Scope(scope.kind)
        plain = PlainScores(alone, person, own)
        for i, entry in enumerate(entries[block.i : block.i + BLOCK], block.i):
            here = f"{place}[{i}]" if not top.where.lines else top.where.at((*path, i))
            if not plain.take(entry, here):
                read_measurement(alone, Fields(alone, top.where, (*path, i), entry, MEASUREMENT_KEYS), person, own)
        return alone.part(own)

    blocks = [top.written(entries[i : i + BLOCK], i) for i in range(0, len(entries), BLOCK)]
    for part in top.carried.each(top.named("measurements", person), blocks, read):
        book.take(part, scope)


class PlainScores:
    """Takes the scores of which nothing is to be said as they stand; a long course has thousands of them.

    It refuses whatever is not the total of an instrument, within its scale, on one day, by an exact name, and nothing
    besides; that is read field by field.

    Parameters
    ----------
    book : Book
    person : PersonRow
    scope : Scope
    """

    def __init__(self, book: Book, person: PersonRow, scope: Scope) -> None:
        self.book, self.person, self.scope = book, person, scope
        self._known: dict[str, tuple[str, float, float] | None] = {}

    def take(self, entry: object, place: str) -> bool:
        """Write a plain score that stands in a place into the book; False where it is none."""
        if not isinstance(entry, dict) or len(entry) != N_PLAIN:
            return False
        value: Any = entry.get("value")
        code, written = entry.get("code"), entry.get("date")
        if type(code) is not str or type(value) not in (int, float) or type(written) is not str:
            return False
        known = self._known[code] if code in self._known else self._instrument(code)
        if known is None or not known[1] <= value <= known[2]:
            return False
        day = exact_day(written, self.book.earliest_year)
        if day is None:
            return False
        self.scope.saw(day)
        row = (self.person.key, known[0], day, float(value), None, False, place, "", None, None)
        self.book.measurements.append(MeasurementRow._make(row))
        return True

    def _instrument(self, code: str) -> tuple[str, float, float] | None:
        """The instrument of an exact name, and the ends of its scale."""
        is_name = len(code.strip()) > 0 and len(code) <= MAX_TEXT and not is_unknown(code)
        found = self.book.names.measure(code.strip()) if is_name else None
        is_exact = found is not None and bool(found.ids) and found.how not in ("spelling", "words")
        instrument = self.book.knowledge.instruments.get(found.ids[0]) if found and is_exact else None
        scale = instrument and (instrument.id, instrument.scoring.low, instrument.scoring.high)
        self._known[code] = scale
        return scale


N_PLAIN = 3
"""Fields of a plain score: its code, its value and its date."""


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
            fields.fault((key,), "score.missing")
    found = book.names.measure(name) if name else None
    if found is None or name is None:
        return
    measure_id = _named(book, fields, person, "code", name, found)
    if measure_id is None or value is None:
        return
    measure = book.knowledge.instruments.get(measure_id) or book.knowledge.observables[measure_id]
    if not is_possible(measure, value, unit, partial(fields.fault, ("value",), remedy="check_value")):
        return
    if day is None or day.first is None:
        return
    if isinstance(measure, Observable) and unit and measure.unit and not is_same_unit(unit, measure.unit):
        book.notice(person.key, "flag", "unit_differs", fields.place(), measure=measure.name, unit=measure.unit)
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
            fields.fault((key,), "score.missing")
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
        fields.fault((), "score.given_twice", remedy="keep_one", other=first)
        return
    book.sheets.append(AnswerSheet(person.key, instrument_id, day.first, answers, place, rater=rater, mode=mode))


def _items(fields: Fields, instrument: Instrument, items: list[Any]) -> dict[int, float] | None:
    """Answers by item number; None, and faults, where they do not fit the instrument."""
    questions = _questions(instrument, len(items))
    if not questions:
        if n := len(scored(instrument)):
            name = instrument.name
            fields.fault(("items",), "score.count", remedy="all_answers", given=len(items), instrument=name, n=n)
        else:
            fields.fault(("items",), "score.no_sum", remedy="all_answers")
        return None
    answers: dict[int, float] = {}
    is_sound = True
    for i, (question, raw) in enumerate(zip(questions, items, strict=True)):
        if raw is None or raw == "unknown":
            continue
        value = fields.checked_number(raw, ("items", i))
        allowed = allowed_values(instrument, question)
        if value is not None and allowed and value not in allowed:
            low, high = f"{min(allowed):g}", f"{max(allowed):g}"
            fields.fault(("items", i), "score.answer", instrument=instrument.name, low=low, high=high)
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
    if found.ids and found.how not in ("spelling", "words"):
        return found.ids[0]
    known = {**book.knowledge.observables, **book.knowledge.instruments}
    if not found.ids:
        if found.candidates:
            names = either(known[i].name for i in found.candidates)
            fields.fault((key,), "score.name_near", field=key, name=repr(name[:60]), names=names)
        else:
            fields.fault((key,), "score.name", field=key, name=repr(name[:60]))
        return None
    meant = known[found.ids[0]].name
    book.notice(person.key, "flag", "name_read_as", fields.place(key), name=name[:60], known=meant)
    return found.ids[0]


def _day(book: Book, fields: Fields, person: PersonRow, scope: Scope) -> Span | None:
    """The day of a score; one that is not exact leaves the score out, with a notice."""
    span = fields.date("date")
    if not fields.has("date") and fields.is_object:
        fields.fault(("date",), "score.no_day")
        return None
    span = span or UNKNOWN_DATE
    scope.saw(span.last)
    if span.is_exact:
        return span
    book.notice(person.key, "left_out", "score_without_day")
    return None
