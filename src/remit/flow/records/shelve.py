"""Turns what was read into tables: index dates, what lies after them, one strength of evidence, keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any

import polars as pl

from remit.flow.records.book import Book, EpisodeRow, MeasurementRow, PersonRow, Stretch
from remit.flow.records.reconcile import reconcile
from remit.flow.records.scores import flag_safety, settle
from remit.flow.records.sentences import say
from remit.tables.base import Table
from remit.tables.records import (
    RECORDS,
    Answer,
    Clue,
    Condition,
    Episode,
    Exposure,
    ExposureDetail,
    ExposureNote,
    Measurement,
    Notice,
    Outcome,
    Person,
    Preference,
)

_EPOCH = date(1970, 1, 1).toordinal()

Rows = dict[type[Table], list[tuple[Any, ...]]]


def set_index_dates(book: Book) -> None:
    """Give every person an index date: the option, else the file's, else the newest date on record, with a notice."""
    assumed: list[PersonRow] = []
    undated: list[PersonRow] = []
    for person in book.persons.values():
        if book.index_date is not None:
            person.index_date = book.index_date
        elif person.index_date is None:
            newest = [scope.newest for scope in person.scopes if scope.newest]
            if not newest and book.today is not None:
                person.index_date = book.today
                undated.append(person)
                continue
            if not newest:
                book.fault(person.place, "input.no_date")
                continue
            person.index_date = max(newest)
            assumed.append(person)
    if assumed:
        book.notice(_only(assumed), "assumed", "index_date_assumed.newest")
    if undated:
        book.notice(_only(undated), "assumed", "index_date_assumed.today")


def _only(persons: list[PersonRow]) -> int | None:
    """Key of the one person; None where there are several."""
    return persons[0].key if len(persons) == 1 else None


def shelve(book: Book) -> dict[str, pl.DataFrame]:
    """All tables of `RECORDS`, conforming to their contracts. The book holds no faults and every index date."""
    index = {p.key: p.index_date for p in book.persons.values() if p.index_date}
    rows: Rows = {table: [] for table in RECORDS}
    _episode_option(book, index)
    stretches = reconcile(book)
    measurements = settle(book)
    late: Counter[int] = Counter()
    _persons(book, rows)
    _exposures([s for s in stretches if not _is_late(s.person_key, s.start, index, late)], rows)
    scores = [m for m in measurements if m.date <= index[m.person_key]]
    if len(scores) < len(measurements):
        late.update(m.person_key for m in measurements if m.date > index[m.person_key])
    for sheet in book.sheets:
        if sheet.date > index[sheet.person_key]:
            instrument = book.knowledge.instruments[sheet.instrument_id]
            flag_safety(book, sheet.person_key, instrument, sheet.items, sheet.record_ref)
        else:
            rows[Answer].extend(
                (sheet.person_key, sheet.instrument_id, sheet.date, item, value, sheet.record_ref)
                for item, value in sorted(sheet.items.items())
            )
    for c in book.conditions:
        if not _is_late(c.person_key, c.onset.first, index, late):
            rows[Condition].append((c.person_key, c.condition_id, c.status, c.onset.first, c.record_ref))
    for key, e in book.episodes.items():
        if not _is_late(key, e.start.first, index, late):
            rows[Episode].append((key, e.start.first, e.start.last, e.severity, e.psychotic, e.record_ref))
    for (key, clue), (answer, ref) in book.clues.items():
        rows[Clue].append((key, clue, answer, ref))
    rows[Preference] = [(key, name, wanted) for (key, name), wanted in book.preferences.items()]
    for key, n in late.items():
        book.notice(key, "left_out", "after_index_date", n=n)
    rows[Notice] = _notices(book)
    made = {table.table_name(): frame(table, rows[table]) for table in RECORDS}
    return made | {"measurement": _measurements(scores)} if scores else made


def _notices(book: Book) -> list[tuple[Any, ...]]:
    """Each notice once, in words."""
    rows: list[tuple[Any, ...]] = []
    for (person, kind, key, place, values), n in book.notices.items():
        text = say(f"notice.{key}", **{"n": n, **dict(values)})
        rows.append((person, kind, key.partition(".")[0], text, place))
    return rows


def _episode_option(book: Book, index: dict[int, date]) -> None:
    """The start of the episode from the call, for persons without one."""
    start = book.episode_start
    if start is None:
        return
    for key in index:
        known = book.episodes.get(key)
        if known is None:
            book.episodes[key] = EpisodeRow(start, None, "unknown", "option")
        elif not known.start.is_known:
            known.start = start


def _is_late(person: int, day: date | None, index: dict[int, date], late: Counter[int]) -> bool:
    if day is None or day <= index[person]:
        return False
    late[person] += 1
    return True


def _persons(book: Book, rows: Rows) -> None:
    rows[Person] = [
        (p.key, p.person_id, p.index_date, p.birth_date, p.sex, p.weight_kg, p.country) for p in book.persons.values()
    ]


def _exposures(stretches: list[Stretch], rows: Rows) -> None:
    stretches.sort(key=lambda s: s.person_key)
    exposure, note, outcome = rows[Exposure], rows[ExposureNote], rows[Outcome]
    for key, s in enumerate(stretches):
        exposure.append((key, s.person_key, s.treatment_key, s.start, s.end, s.dose))
        note.append(
            (
                key, s.start_latest, s.end_earliest, s.end_kind, s.sessions, s.adherence, s.stop_reason,
                s.augments_key, s.evidence, s.record_ref,
            )
        )  # fmt: skip
        if s.outcome is not None or s.improvement is not None:
            outcome.append((key, s.outcome, s.improvement, s.record_ref))
        if s.details:
            rows[ExposureDetail].extend((key, name, value) for name, value in s.details.items())


def _measurements(measurements: list[MeasurementRow]) -> pl.DataFrame:
    """Table `measurement`, a column at a time: a long course has thousands of rows."""
    measurements.sort(key=itemgetter(0))
    person, measure, day, value, unit, is_imputed, ref, _, rater, mode = zip(*measurements, strict=True)
    key = range(len(measurements))
    return _framed(Measurement, (key, person, measure, day, value, unit, is_imputed, ref, rater, mode))


@cache
def _schema(table: type[Table]) -> dict[str, pl.DataType]:
    return table.dtypes()


@cache
def _empty(table: type[Table]) -> pl.DataFrame:
    return table.empty()


def frame(table: type[Table], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """A table from rows in the order of its columns."""
    return _framed(table, zip(*rows, strict=True)) if rows else _empty(table)


def _framed(table: type[Table], columns: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """A table from its columns."""
    return pl.DataFrame([_series(n, t, c) for (n, t), c in zip(_schema(table).items(), columns, strict=True)])


def _series(name: str, kind: pl.DataType, column: Sequence[Any]) -> pl.Series:
    if not isinstance(kind, pl.Date):
        return pl.Series(name, list(column), dtype=kind)
    days = [None if day is None else day.toordinal() - _EPOCH for day in column]  # in a third of the time
    return pl.Series(name, days, dtype=pl.Int32).cast(kind)
