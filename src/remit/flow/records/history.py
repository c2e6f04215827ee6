"""A treatment history that a person or clinic wrote (`remit-history/1`), in JSON or YAML."""

from __future__ import annotations

import json
from typing import Any

from remit.flow.records.book import Book, ConditionRow, EpisodeRow, Part, PersonRow, Scope
from remit.flow.records.courses import (
    Course,
    Step,
    check_dose,
    check_order,
    resolve,
    write_course,
)
from remit.flow.records.dates import UNKNOWN_DATE
from remit.flow.records.fields import ID, Fields, Written, kind_of
from remit.flow.records.history_scores import read_answers, read_measurements
from remit.flow.records.place import Path, Where
from remit.flow.records.sentences import either
from remit.tables.records import CONDITION_STATUS, OUTCOMES, SEVERITIES, STOP_REASONS

SCHEMA = "remit-history/1"
TOP_KEYS = (
    "treatments", "person", "index_date", "episode", "measurements", "answers", "conditions", "clues", "preferences",
    "schema",
)  # fmt: skip
PERSON_KEYS = ("id", "birth_date", "sex", "weight_kg", "country")
TREATMENT_KEYS = (
    "treatment", "start", "end", "daily_dose_mg", "doses", "sessions", "outcome", "improvement_percent",
    "stopped_because", "adherence", "augments", "details",
)  # fmt: skip
ONLY_PERSON = "p1"  # id of a person who has none, where there is but one
MAX_PERCENT = 100.0
_spelled = json.JSONEncoder(sort_keys=True, default=str).encode
"""An entry as text, the same for entries that say the same."""
HISTORY_RANK = 1  # an episode that a history states outranks one read off diagnosis codes


def read_histories(book: Book, data: Any, where: Where) -> None:
    """Read one history, or a list of them."""
    scope = Scope("history")
    if not isinstance(data, list):
        read_history(book, data, where, (), scope, is_only=True)
        return
    if not data:
        book.fault(where.file, "history.no_entry")
    for i, entry in enumerate(data):
        read_history(book, entry, where, (i,), scope, is_only=len(data) == 1)


def read_history(book: Book, data: Any, where: Where, path: Path, scope: Scope, *, is_only: bool) -> None:
    """Read one history into the book."""
    top = Fields(book, where, path, data, TOP_KEYS)
    if not top.is_object:
        return
    if top.data.get("schema", SCHEMA) != SCHEMA:
        top.fault(("schema",), "history.schema", schema=SCHEMA)
    if top.data.get("treatments") is None:
        top.fault(("treatments",), "history.no_treatments")
    person = _person(book, top, scope, is_only=is_only)
    _index_date(top, person, scope)
    _treatments(book, top, person, scope)
    _episode(book, top, person, scope)
    read_measurements(book, top, person, scope)
    for i, entry in enumerate(top.listed("answers")):
        read_answers(book, Fields(book, where, (*path, "answers", i), entry, ANSWER_KEYS), person, scope)
    for i, entry in enumerate(top.listed("conditions")):
        _condition(book, Fields(book, where, (*path, "conditions", i), entry, CONDITION_KEYS), person, scope)
    _clues(book, top, person)
    _preferences(book, top, person)


ANSWER_KEYS = ("instrument", "date", "items", "rater", "mode")
CONDITION_KEYS = ("condition", "start", "status")


def _person(book: Book, top: Fields, scope: Scope, *, is_only: bool) -> PersonRow:
    fields = Fields(book, top.where, (*top.path, "person"), top.data.get("person") or {}, PERSON_KEYS)
    raw = fields.data.get("id")
    if isinstance(raw, int) and not isinstance(raw, bool):
        fields.data = {**fields.data, "id": str(raw)}
    person_id = fields.text("id")
    if person_id is None and not is_only:
        fields.fault(("id",), "history.no_id")
    place = fields.place("id") if fields.has("id") else top.place() if top.path else top.where.file
    fallback = ONLY_PERSON if is_only else f"?{top.path}"
    person = book.person(person_id or fallback, place, scope)
    birth = fields.date("birth_date")
    person.birth_date = birth.first if birth and birth.is_exact else person.birth_date
    person.sex = fields.text("sex") or person.sex
    person.country = fields.text("country") or person.country
    person.weight_kg = fields.number("weight_kg", above=0) or person.weight_kg
    return person


def _index_date(top: Fields, person: PersonRow, scope: Scope) -> None:
    span = top.date("index_date")
    if span and span.is_known:
        person.index_date = span.last
        scope.saw(span.last)


def _treatments(book: Book, top: Fields, person: PersonRow, scope: Scope) -> None:
    entries = top.listed("treatments")

    def read(entry_: Written) -> tuple[str | None, Part]:
        entry, own, alone = entries[entry_.i], Scope(scope.kind), Book(book.knowledge)
        fields = Fields(alone, top.where, (*top.path, "treatments", entry_.i), entry, TREATMENT_KEYS)
        course = _course(alone, fields, person) if fields.is_object else None
        if course is not None:
            write_course(alone, person.key, course, own)
        return _spelled(entry) if fields.is_object else None, alone.part(own)

    seen: dict[str, int] = {}
    keys = [top.written(entry, i) for i, entry in enumerate(entries)]
    for i, (spelled, part) in enumerate(top.carried.each(top.named("treatments", person), keys, read)):
        twin = i if spelled is None else seen.setdefault(spelled, i)
        if twin == i:
            book.take(part, scope)
        else:
            book.fault(top.place("treatments", i), "history.duplicate", remedy="take_one_away", i=twin)


def _course(book: Book, fields: Fields, person: PersonRow) -> Course | None:
    name = fields.text("treatment")
    if not fields.has("treatment"):
        fields.fault(("treatment",), "history.no_treatment", remedy="name_treatment")
    elif name is None and fields.get("treatment") is None:
        fields.fault(("treatment",), "history.unknown_treatment")
    key = resolve(book, name, fields.place("treatment"), person.key) if name else None
    course = Course(
        treatment_key=key if key is not None else 0,
        start=fields.date("start"),
        end=fields.date("end"),
        record_ref=fields.place(),
        dose=fields.number("daily_dose_mg", above=0),
        sessions=fields.number("sessions", above=0),
        outcome=fields.choice("outcome", OUTCOMES),
        improvement=fields.number("improvement_percent", high=MAX_PERCENT),
        stop_reason=fields.choice("stopped_because", STOP_REASONS),
        adherence=fields.number("adherence", low=0, high=1),
        augments_key=_augments(book, fields, person),
        details=_details(fields),
    )
    places = _steps(book, fields, course)
    check_order(book, course, fields.place("end"), places)
    if key is None:
        return None
    course.dose = check_dose(book, key, course.dose, fields.place("daily_dose_mg"))
    for step, place in zip(course.steps, places, strict=True):
        step.dose = check_dose(book, key, step.dose, place)
    return course


def _steps(book: Book, fields: Fields, course: Course) -> list[str]:
    """Read the dose steps into the course; their places."""
    listed = fields.listed("doses")
    places: list[str] = []
    if listed and (fields.has("daily_dose_mg") or fields.has("sessions")):
        fields.fault(("doses",), "history.steps_and_dose")
    for i, entry in enumerate(listed):
        step = Fields(book, fields.where, (*fields.path, "doses", i), entry, ("start", "daily_dose_mg"))
        start = step.date("start")
        if start is None and i:
            step.fault(("start",), "history.step_start")
        dose = step.number("daily_dose_mg", above=0)
        course.steps.append(Step(start or (UNKNOWN_DATE if i else course.start or UNKNOWN_DATE), dose, step.place()))
        places.append(step.place())
    if course.steps and course.start is None:
        course.start = course.steps[0].start
    return places


def _augments(book: Book, fields: Fields, person: PersonRow) -> int | None:
    name = fields.text("augments")
    return resolve(book, name, fields.place("augments"), person.key, "augments") if name else None


def _details(fields: Fields) -> dict[str, str]:
    raw = fields.data.get("details")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        fields.fault(("details",), "history.details", kind=kind_of(raw))
        return {}
    found: dict[str, str] = {}
    for name, value in raw.items():
        plain = str(name).strip().lower()
        if value is None or isinstance(value, (list, dict)) or plain in found or not plain:
            fields.fault(("details", str(name)), "history.detail")
        elif value != "unknown":
            found[plain] = str(value).strip().lower()
    return found


def _episode(book: Book, top: Fields, person: PersonRow, scope: Scope) -> None:
    if top.data.get("episode") is None:
        return
    fields = Fields(book, top.where, (*top.path, "episode"), top.data["episode"], ("start", "severity", "psychotic"))
    start = fields.date("start") or UNKNOWN_DATE
    scope.saw(start.last)
    book.episodes[person.key] = EpisodeRow(
        start, fields.choice("severity", SEVERITIES), fields.tri("psychotic"), fields.place(), HISTORY_RANK
    )


def _condition(book: Book, fields: Fields, person: PersonRow, scope: Scope) -> None:
    name = fields.text("condition")
    status = fields.choice("status", CONDITION_STATUS)
    start = fields.date("start") or UNKNOWN_DATE
    if name is None:
        if fields.is_object and fields.get("condition") is None:
            fields.fault(("condition",), "history.no_condition")
        return
    scope.saw(start.last)
    match = book.names.conditions.find(name)
    place = fields.place("condition")
    if match.ids:
        if match.how in ("spelling", "words"):
            known = book.knowledge.conditions[match.ids[0]].name
            book.notice(person.key, "flag", "name_read_as", place, name=name[:60], known=known)
        book.conditions.append(ConditionRow(person.key, match.ids[0], status, start, fields.place()))
    elif match.candidates:
        names = either(book.knowledge.conditions[i].name for i in match.candidates)
        book.fault(place, "history.condition_near", name=repr(name[:60]), names=names)
    elif ID.match(name) and "_" in name:
        book.fault(place, "history.condition", name=repr(name[:60]))
    else:
        book.notice(person.key, "left_out", "condition_not_known", place, name=name[:60])


def _clues(book: Book, top: Fields, person: PersonRow) -> None:
    raw = top.data.get("clues")
    if raw is None:
        return
    if not isinstance(raw, dict):
        top.fault(("clues",), "history.clues", kind=kind_of(raw))
        return
    for name, value in raw.items():
        if not ID.match(str(name)):
            top.fault(("clues", str(name)[:60]), "history.clue", remedy="small_letters")
            continue
        answer = top.checked_tri(value, ("clues", str(name)))
        book.clues[person.key, str(name)] = (answer, top.place("clues", str(name)))


def _preferences(book: Book, top: Fields, person: PersonRow) -> None:
    raw = top.data.get("preferences")
    if raw is None:
        return
    fields = Fields(book, top.where, (*top.path, "preferences"), raw, ("avoid", "wants"))
    for key, is_wanted in (("avoid", False), ("wants", True)):
        for i, name in enumerate(fields.listed(key)):
            if not isinstance(name, str) or not ID.match(name):
                fields.fault((key, i), "history.preference", remedy="small_letters")
            elif book.preferences.setdefault((person.key, name), is_wanted) != is_wanted:
                fields.fault((key, i), "history.both_ways", remedy="keep_one")
