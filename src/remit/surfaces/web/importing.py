"""From files of any kind that Remit reads to records of the store.

A history is taken as it is. A table or a health record export is written out as a history: each course that the flow
joins from its records becomes one treatment with its dose steps. How many records became how many courses is said.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from remit.flow.records import read_records
from remit.flow.records.dates import Span
from remit.flow.records.history import ONLY_PERSON
from remit.flow.trials import trials
from remit.knowledge import Knowledge
from remit.surfaces.web.record import Record
from remit.surfaces.web.spans import written

_DAY = timedelta(days=1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """One person of a file; `is_named` where the file gives them an id."""

    record: Record
    is_named: bool
    n_records: int
    notices: tuple[str, ...]


def read_upload(files: list[tuple[str, bytes]], knowledge: Knowledge, today: date) -> list[Imported]:
    """The persons of uploaded files.

    The files stand in a folder of their own while they are read, and are gone afterwards; their names are only looked
    at for what kind they are.

    Raises
    ------
    SourceError
        With every fault of every file.
    """
    with tempfile.TemporaryDirectory(prefix="remit-") as folder:
        paths = []
        for n, (name, content) in enumerate(files, 1):
            suffix = Path(name).suffix.lower()
            path = Path(folder) / f"file-{n}{suffix if suffix.isascii() and suffix[1:].isalnum() else ''}"
            path.write_bytes(content)
            paths.append(path)
        tables = read_records(paths, knowledge, today=today)
    return [_person(row, tables, knowledge) for row in tables["person"].iter_rows(named=True)]


def _person(row: Row, tables: dict[str, pl.DataFrame], knowledge: Knowledge) -> Imported:
    key = row["person_key"]
    mine = {
        name: frame.filter(pl.col("person_key") == key)
        for name, frame in tables.items()
        if "person_key" in frame.columns
    }
    record = Record(
        person=_known(id=row["person_id"], sex=row["sex"], country=row["country"], weight_kg=row["weight_kg"])
    )
    if row["birth_date"]:
        record.person["birth_date"] = row["birth_date"].isoformat()
    for episode in mine["episode"].iter_rows(named=True):
        start = _written(episode["start_date"], episode["start_latest_date"])
        psychotic = {"yes": True, "no": False}.get(episode["psychotic"])
        record.episode = _known(start=start, severity=episode["severity"], psychotic=psychotic)
    for content in _treatments(key, tables, knowledge):
        record.add(content)
    record.answers = list(_answers(mine["answer"], knowledge))
    sheets = {(a["instrument"], a["date"]) for a in record.answers}
    for m in mine["measurement"].iter_rows(named=True):
        if (m["measure_id"], m["date"].isoformat()) not in sheets:
            record.measurements.append(
                _known(code=m["measure_id"], value=m["value"], unit=m["unit"], date=m["date"].isoformat())
            )
    for c in mine["condition"].iter_rows(named=True):
        start = c["onset_date"].isoformat() if c["onset_date"] else None
        record.conditions.append(_known(condition=c["condition_id"], status=c["status"], start=start))
    said = {"yes": True, "no": False, "unknown": "unknown"}
    record.clues = {c["clue_id"]: said[c["answer"]] for c in mine["clue"].iter_rows(named=True)}
    for wanted, name in ((True, "wants"), (False, "avoid")):
        listed = mine["preference"].filter(pl.col("is_wanted") == wanted)["preference_id"].to_list()
        if listed:
            record.preferences[name] = listed
    notices = tuple(n["text"] for n in mine["notice"].iter_rows(named=True) if n["kind"] != "assumed")
    return Imported(record, row["person_id"] != ONLY_PERSON, mine["exposure"].height, notices)


def _known(**values: Any) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _written(first: date | None, last: date | None) -> str | None:
    return None if first is None or last is None else written(Span(first, last))


def _answers(frame: pl.DataFrame, knowledge: Knowledge) -> Iterator[Row]:
    """Sheets, with a null for every item that was not answered."""
    sheets: dict[tuple[str, date], dict[int, float]] = defaultdict(dict)
    for row in frame.iter_rows(named=True):
        sheets[row["instrument_id"], row["date"]][row["item"]] = row["value"]
    for (instrument_id, day), values in sheets.items():
        numbers = [q.n for q in knowledge.instruments[instrument_id].questions]
        yield {"instrument": instrument_id, "date": day.isoformat(), "items": [values.get(n) for n in numbers]}


def _treatments(person_key: int, tables: dict[str, pl.DataFrame], knowledge: Knowledge) -> Iterator[Row]:
    """One entry for each course, in order of time; those without a date come last."""
    joined = trials(tables, knowledge)
    notes = {r["exposure_key"]: r for r in tables["exposure_note"].iter_rows(named=True)}
    outcomes = {r["exposure_key"]: r for r in tables["outcome"].iter_rows(named=True)}
    details: dict[int, dict[str, str]] = defaultdict(dict)
    for r in tables["exposure_detail"].iter_rows(named=True):
        details[r["exposure_key"]][r["name"]] = r["value"]
    links: dict[int, list[int]] = defaultdict(list)
    for r in joined["trial_exposure"].iter_rows(named=True):
        links[r["trial_key"]].append(r["exposure_key"])
    rows = {r["exposure_key"]: r for r in tables["exposure"].iter_rows(named=True)}
    courses = [links[t["trial_key"]] for t in joined["trial"].iter_rows(named=True) if t["person_key"] == person_key]
    entries = []
    for keys in courses:
        parts = [rows[k] | notes.get(k, {}) | {"told": outcomes.get(k, {}), "details": details[k]} for k in keys]
        parts.sort(key=lambda p: (p["start_date"] is None, p["start_date"] or date.min))
        entries.append(_entry(parts, knowledge))
    entries.sort(key=lambda e: (e.get("start", "unknown") == "unknown", e.get("start", "")))
    yield from entries


def _entry(parts: list[Row], knowledge: Knowledge) -> Row:
    first, last = parts[0], max(parts, key=_end)
    treatment = knowledge.treatments[first["treatment_key"]]
    content: Row = {"treatment": treatment.id}
    start = _written(first["start_date"], first.get("start_latest_date", first["start_date"]))
    content["start"] = start or "unknown"
    end_kind = last.get("end_kind") or ("ongoing" if last["end_date"] is None else "ended")
    if end_kind != "ongoing":
        stop: date | None = last["end_date"]
        earliest: date | None = last.get("end_earliest_date", stop)
        content["end"] = written(Span(earliest - _DAY, stop - _DAY)) if stop and earliest else "unknown"
    content |= _doses(parts)
    told = last["told"]
    augments = last.get("augments_key")
    sessions = [p["sessions"] for p in parts if p.get("sessions") is not None]
    shares = [p["adherence"] for p in parts if p.get("adherence") is not None]
    return content | _known(
        sessions=sum(sessions) if sessions and "doses" not in content else None,
        outcome=told.get("outcome"),
        improvement_percent=told.get("improvement_percent"),
        stopped_because=last.get("stop_reason"),
        adherence=min(shares) if len(shares) == len(parts) else None,
        augments=None if augments is None else knowledge.treatments[augments].id,
        details=last["details"] or None,
    )


def _end(part: Row) -> tuple[bool, date]:
    is_ongoing = part["end_date"] is None
    return is_ongoing, part["end_date"] or part["start_date"] or date.min


def _doses(parts: list[Row]) -> Row:
    """One dose, or the days from which each was taken; the same dose again is no step."""
    steps: list[Row] = []
    for part in parts:
        dose = part["daily_dose_mg"]
        if steps and steps[-1].get("daily_dose_mg") == dose:
            continue
        start = _written(part["start_date"], part.get("start_latest_date", part["start_date"]))
        if steps and steps[-1].get("start") == start:
            continue
        steps.append(_known(start=start, daily_dose_mg=dose))
    if len(steps) == 1:
        return {k: v for k, v in steps[0].items() if k == "daily_dose_mg"}
    return {"doses": [{"start": s.get("start", "unknown")} | s for s in steps]} if steps else {}
