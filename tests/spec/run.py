"""Runs a specification: tables in, the real transforms, rows out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from remit.flow.adequacy import adequacy_with_days
from remit.knowledge import Knowledge
from remit.pipeline import assess
from remit.tables import Condition, Episode, Exposure, ExposureDetail, ExposureNote, Measurement, Outcome, Person
from spec.parse import Row, Spec

DAY_0 = date(2024, 1, 1)
INPUTS = ("person", "exposure", "score", "condition")
OUTPUTS = ("trial", "overlap", "response", "adequacy", "feature", "verdict", "missing")
DEFAULT_INDEX = "400"


def day(text: str) -> date:
    """The date of a day number."""
    return DAY_0 + timedelta(days=int(text))


def span(text: str) -> tuple[date | None, date | None]:
    """Earliest and latest day of a cell."""
    if text in ("?", "-"):
        return None, None
    first, _, last = text.partition("..")
    return day(first), day(last or first)


def known(text: str | None) -> str | None:
    """The word of a cell; None where it is unknown or not there."""
    return None if text in (None, "?", "-", "") else text


def number(text: str | None) -> float | None:
    """The number of a cell."""
    word = known(text)
    return None if word is None else float(word)


def records(spec: Spec, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """The record tables of a specification's one person."""
    if unknown := set(spec.tables) - {*INPUTS, *OUTPUTS}:
        raise ValueError(f"{spec.title}: tables {unknown} are not known")
    person = (spec.tables.get("person") or [{}])[0]
    first, last = span(person.get("episode", "0"))
    rows: dict[Any, list[dict[str, Any]]] = {
        Person: [{"person_key": 0, "person_id": "p", "index_date": day(person.get("index", DEFAULT_INDEX))}],
        Episode: [
            {
                "person_key": 0, "start_date": first, "start_latest_date": last,
                "severity": known(person.get("severity")), "psychotic": known(person.get("psychotic")) or "unknown",
            }
        ],
        Exposure: [], ExposureNote: [], ExposureDetail: [], Outcome: [],
        Measurement: [
            {
                "measurement_key": i, "person_key": 0, "measure_id": s["instrument"], "date": day(s["day"]),
                "value": float(s["value"]), "is_imputed": s.get("imputed") == "yes", "record_ref": f"score {i}",
            }
            for i, s in enumerate(spec.tables.get("score", ()))
        ],
        Condition: [
            {"person_key": 0, "condition_id": c["condition"], "status": known(c["status"]), "record_ref": "condition"}
            for c in spec.tables.get("condition", ())
        ],
    }  # fmt: skip
    for i, exposure in enumerate(spec.tables.get("exposure", ())):
        _expose(rows, i, exposure, knowledge)
    return {table.table_name(): table.of(content) for table, content in rows.items()}


def _expose(rows: dict[Any, list[dict[str, Any]]], key: int, row: Row, knowledge: Knowledge) -> None:
    (start, start_latest), (end_earliest, end) = span(row["start"]), span(row["end"])
    augments, detail = known(row.get("augments")), known(row.get("detail"))
    rows[Exposure].append(
        {
            "exposure_key": key, "person_key": 0, "treatment_key": knowledge.treatment_key(row["treatment"]),
            "start_date": start, "end_date": end, "daily_dose_mg": number(row.get("dose")),
        }
    )  # fmt: skip
    rows[ExposureNote].append(
        {
            "exposure_key": key, "start_latest_date": start_latest, "end_earliest_date": end_earliest,
            "end_kind": {"?": "unknown", "-": "ongoing"}.get(row["end"], "ended"),
            "sessions": number(row.get("sessions")), "adherence": number(row.get("adherence")),
            "stop_reason": known(row.get("stopped")),
            "augments_key": knowledge.treatment_key(augments) if augments else None,
            "evidence": known(row.get("evidence")) or "report", "record_ref": f"exposure {key}",
        }
    )  # fmt: skip
    outcome, improvement = known(row.get("outcome")), number(row.get("improvement"))
    if outcome or improvement is not None:
        rows[Outcome].append(
            {"exposure_key": key, "outcome": outcome, "improvement_percent": improvement, "record_ref": "outcome"}
        )
    if detail:
        name, _, value = detail.partition("=")
        rows[ExposureDetail].append({"exposure_key": key, "name": name, "value": value})


def outcome_of(spec: Spec, knowledge: Knowledge) -> dict[str, tuple[list[Row], list[Row]]]:
    """By table that the specification expects: its rows, and the rows that the transforms gave; in one order."""
    tables = assess(records(spec, knowledge), knowledge)
    results = {}
    for name in OUTPUTS:
        if name not in spec.tables:
            continue
        expected = spec.tables[name]
        columns = list(expected[0]) if expected else []
        actual = [{c: row[c] for c in columns} for row in globals()[f"_{name}"](tables, knowledge, expected)]
        expected = [row for row in expected if not all(cell == "-" for cell in list(row.values())[-2:])]
        results[name] = (_ordered(map(_plain, expected)), _ordered(map(_plain, actual)))
    return results


def _ordered(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: [str(v) for v in row.values()])


def _plain(row: Mapping[str, str]) -> Row:
    return {name: _number_or_word(value) for name, value in row.items()}


def _number_or_word(value: str) -> str:
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def _cell(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return str((value - DAY_0).days)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _renamed(row: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    return {short: _cell(row[long]) for short, long in names.items()}


def _trial_names(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge) -> dict[int, Row]:
    return {
        t["trial_key"]: {
            "treatment": knowledge.treatments[t["treatment_key"]].id, "start": _cell(t["start_date"])
        }
        for t in tables["trial"].iter_rows(named=True)
    }  # fmt: skip


def _trial(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, _: list[Row]) -> list[Row]:
    names = {
        "end": "end_date", "covered": "covered_days", "certain": "covered_days_low", "dose": "max_dose_mg",
        "complete": "is_dose_complete", "ongoing": "is_ongoing",
    }  # fmt: skip
    trial = _trial_names(tables, knowledge)
    return [trial[t["trial_key"]] | _renamed(t, names) for t in tables["trial"].iter_rows(named=True)]


def _overlap(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, _: list[Row]) -> list[Row]:
    trial = _trial_names(tables, knowledge)
    return [
        {"first": trial[o["trial_key"]]["treatment"], "added": trial[o["added_trial_key"]]["treatment"]}
        | _renamed(o, {"days": "overlap_days", "kind": "kind", "declared": "is_declared"})
        for o in tables["trial_overlap"].iter_rows(named=True)
    ]


def _response(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, _: list[Row]) -> list[Row]:
    names = {
        "basis": "basis", "outcome": "outcome", "improvement": "improvement_percent", "low": "improvement_low",
        "high": "improvement_high", "remission": "is_remission", "disagrees": "disagrees", "scale": "measure_id",
    }  # fmt: skip
    trial = _trial_names(tables, knowledge)
    return [trial[r["trial_key"]] | _renamed(r, names) for r in tables["response"].iter_rows(named=True)]


def _adequacy(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, expected: list[Row]) -> list[Row]:
    names = {
        "dose_met": "dose_met", "duration_met": "duration_met", "adherence_met": "adherence_met",
        "days": "adequate_days", "certain": "adequate_days_low", "failed": "failed_adequate",
        "intolerant": "intolerant", "long_in_episode": "episode_duration_met", "episode_days": "episode_days",
        "certain_in_episode": "episode_days_low", "failed_in_episode": "failed_in_episode",
        "intolerant_in_episode": "intolerant_in_episode",
    }  # fmt: skip
    trial = _trial_names(tables, knowledge)
    asked = {row.get("rule", "remit_default") for row in expected}
    rows = [
        trial[a["trial_key"]] | {"rule": knowledge.rules[a["rule_key"]].id} | _renamed(a, names)
        for a in adequacy_with_days(tables, knowledge).iter_rows(named=True)
    ]
    return [row for row in rows if row["rule"] in asked]


def _feature(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, expected: list[Row]) -> list[Row]:
    asked = {(row["definition"], row["feature"]) for row in expected}
    rows = [
        {"definition": knowledge.definitions[t["definition_key"]].id}
        | _renamed(t, {"feature": "feature", "low": "low", "high": "high"})
        for t in tables["tally"].iter_rows(named=True)
    ]
    return [row for row in rows if (row["definition"], row["feature"]) in asked]


def _verdict(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, expected: list[Row]) -> list[Row]:
    names = {"status": "status", "value": "value", "low": "low", "high": "high", "first_met": "first_met_date"}
    rows = []
    for v in tables["verdict"].iter_rows(named=True):
        definition = knowledge.definitions[v["definition_key"]]
        label = {"definition": definition.id, "label": _cell(definition.label_of(v["value"]))}
        rows.append(label | _renamed(v, names))
    asked = {row["definition"] for row in expected}
    return [row for row in rows if row["definition"] in asked]


def _missing(tables: Mapping[str, pl.DataFrame], knowledge: Knowledge, expected: list[Row]) -> list[Row]:
    trial = _trial_names(tables, knowledge)
    asked = {row["definition"] for row in expected}
    rows = []
    for m in tables["missing"].iter_rows(named=True):
        of = "person" if m["trial_key"] is None else trial[m["trial_key"]]["treatment"]
        rows.append({"definition": knowledge.definitions[m["definition_key"]].id, "of": of, "fact": m["fact"]})
    return [row for row in rows if row["definition"] in asked]
