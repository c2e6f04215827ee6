"""The engine's tables and the oracle's judgements as sets of rows; where the sets differ, somebody is wrong.

A trial is named by the lowest exposure key in it, so that the two sides need not number trials alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from oracle import Judgement, Person
from oracle.adequacy import LIFETIME, Course
from oracle.facts import Facts
from oracle.model import UNKNOWN, WORDS, YES
from remit.knowledge import Knowledge
from remit.tables.records import EVIDENCE

Row = tuple[Any, ...]
Rows = dict[str, set[Row]]

DAYS_BEFORE_1970 = 719163
DIGITS = 6


def number(x: float | None, digits: int = DIGITS) -> float | None:
    """A number fit for comparison; without limit is null."""
    return None if x is None or math.isinf(x) else round(float(x), digits)


def single(x: float | None) -> float | None:
    """The same, for what is stored with single precision."""
    return number(x, 3)


# the oracle's side


def oracle_rows(persons: Sequence[Person], judgements: Sequence[Judgement], facts: Facts) -> Rows:
    """Everything that the oracle says of a batch; the first field of every row is the person."""
    out: Rows = {name: set() for name in (*TABLES, "bare")}
    first = 0
    for key, (person, judgement) in enumerate(zip(persons, judgements, strict=True)):
        _add_person(out, key, first, judgement, facts)
        first += len(person.exposures)
    return out


def _add_person(out: Rows, key: int, first: int, judgement: Judgement, facts: Facts) -> None:
    for course in judgement.courses:
        trial_id = first + min(course.trial.rows)
        out["trial_exposure"] |= {(key, first + row, trial_id) for row in course.trial.rows}
        out["trial"].add((key, trial_id, *_trial(course)))
        note = (key, trial_id, *_note(course))
        out["trial_note"].add(note)
        if not any(p.source.noted for p in course.trial.pieces):  # nothing more is known than dates and dose
            out["bare"].add(note)
        out["response"].add((key, trial_id, *_response(course)))
        for rule in facts.rules.values():
            out["adequacy"].add((key, trial_id, rule.id, *_adequacy(course, rule, judgement.span)))
    for o in judgement.overlaps:
        pair = (first + min(o.base.rows), first + min(o.added.rows))
        out["trial_overlap"].add((key, *pair, int(o.days), o.kind, o.declared))
    for definition, v in zip(facts.definitions, judgement.verdicts, strict=True):
        out["verdict"].add((key, definition.id, v.status, single(v.value), single(v.low), single(v.high), v.first_met))
        for fact, rows in v.missing:
            out["missing"].add((key, definition.id, fact, None if rows is None else first + min(rows)))
        for name, (low, high) in v.features.items():
            out["tally"].add((key, definition.id, name, number(low), number(high)))


def _trial(course: Course) -> Row:
    t = course.trial
    covered = sum(b - a for a, b in course.covered_high)
    certain = sum(b - a for a, b in course.covered_low)
    start = int(t.start) if t.start_known else None
    end = int(t.end) if t.end_known else None
    dose = number(course.max_dose)
    return (start, end, t.is_ongoing, number(covered), int(certain), dose, course.dose_complete, len(t.rows))


def _note(course: Course) -> Row:
    t = course.trial
    strongest = max((p.evidence for p in t.pieces), key=EVIDENCE.index)
    start = number(min((p.start_latest for p in t.pieces if p.start_known), default=None))
    end = number(t.end_earliest)
    last = max(t.pieces, key=lambda p: (p.end, p.row)).source.stop_reason
    return (start, end, t.sessions, number(t.adherence), last, t.augments, strongest, t.unsettled)


def _response(course: Course) -> Row:
    r = course.own
    percents = [p for p in r.parts if not (p.is_band and p.remission == YES)]  # the word remission names no percentage
    low = number(min((p.low for p in percents), default=None))
    high = number(max((p.high for p in percents), default=None))
    one = number(r.number) if r.remission != UNKNOWN else None  # several parts may name one number by chance
    return (low, high, one, WORDS[r.remission], r.basis if r.parts else "none")


def _adequacy(course: Course, rule: Any, span: Any) -> Row:
    low, high = course.adequate_days(rule, LIFETIME)
    episode_low, episode_high = course.adequate_days(rule, span)
    return (
        WORDS[course.dose_met(rule)],
        WORDS[course.duration_met(rule, LIFETIME)],
        WORDS[course.adherence_met(rule)],
        number(high),
        int(low),
        WORDS[course.state("failed", rule, LIFETIME)],
        WORDS[course.state("intolerant", rule, LIFETIME)],
        WORDS[course.duration_met(rule, span)],
        number(episode_high),
        int(episode_low),
        WORDS[course.state("failed", rule, span)],
        WORDS[course.state("intolerant", rule, span)],
    )


# the engine's side

TABLES: dict[str, tuple[str, ...]] = {
    "trial_exposure": ("exposure_key", "trial"),
    "trial": (
        "trial", "start_date", "end_date", "is_ongoing", "covered_days", "covered_days_low", "max_dose_mg",
        "is_dose_complete", "n_exposures",
    ),
    "trial_note": (
        "trial", "start_latest_date", "end_earliest_date", "sessions", "adherence", "stop_reason", "augments_key",
        "evidence", "may_be_one",
    ),
    "trial_overlap": ("trial", "added_trial", "overlap_days", "kind", "is_declared"),
    "response": ("trial", "improvement_low", "improvement_high", "improvement_percent", "is_remission", "basis"),
    "adequacy": (
        "trial", "rule_key", "dose_met", "duration_met", "adherence_met", "adequate_days", "adequate_days_low",
        "failed_adequate", "intolerant", "episode_duration_met", "episode_days", "episode_days_low",
        "failed_in_episode", "intolerant_in_episode",
    ),
    "verdict": ("definition_key", "status", "value", "low", "high", "first_met_date"),
    "missing": ("definition_key", "fact", "trial"),
    "tally": ("definition_key", "feature", "low", "high"),
}  # fmt: skip


def engine_rows(tables: Mapping[str, pl.DataFrame], records: Mapping[str, pl.DataFrame], knowledge: Knowledge) -> Rows:
    """The same rows from the tables of an assessment."""
    names = tables["trial_exposure"].group_by("trial_key").agg(trial=pl.col("exposure_key").min().cast(pl.Int64))
    owner = tables["trial"].select("trial_key", "person_key").join(names, on="trial_key")
    ids = {
        "rule_key": [r.id for r in knowledge.rules],
        "definition_key": [d.id for d in knowledge.definitions],
        "augments_key": [t.id for t in knowledge.treatments],
    }
    used = [knowledge.rule_key(r) for r in sorted({d.adequacy for d in knowledge.definitions})]
    out: Rows = {}
    for table, columns in TABLES.items():
        frame = tables[table]
        if table == "adequacy":
            frame = frame.filter(pl.col("rule_key").is_in(used))
        if "person_key" not in frame.columns:
            frame = frame.join(owner, on="trial_key", how="left")
        elif "trial_key" in frame.columns:
            frame = frame.join(owner.drop("person_key"), on="trial_key", how="left")
        if "added_trial_key" in frame.columns:
            frame = frame.join(names.rename({"trial": "added_trial"}), left_on="added_trial_key", right_on="trial_key")
        if table == "response":
            sure = pl.col("is_remission") != "unknown"
            frame = frame.with_columns(pl.when(sure).then("improvement_percent").alias("improvement_percent"))
        out[table] = set(_plain(frame.select("person_key", *columns), ids).rows())
    return out


def _plain(frame: pl.DataFrame, ids: Mapping[str, list[str]]) -> pl.DataFrame:
    """Dates as day numbers, keys as ids, floats rounded, words as text."""
    steps = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if name == "is_declared":
            steps.append(column == "yes")
        elif name in ids:
            steps.append(column.cast(pl.Int64).replace_strict(dict(enumerate(ids[name])), return_dtype=pl.String))
        elif dtype == pl.Date:
            steps.append(column.cast(pl.Int32) + DAYS_BEFORE_1970)
        elif dtype in (pl.Float32, pl.Float64):
            value = column.cast(pl.Float64)
            digits = 3 if dtype == pl.Float32 else DIGITS
            steps.append(pl.when(value.is_finite()).then(value.round(digits)).alias(name))
        elif isinstance(dtype, pl.Enum):
            steps.append(column.cast(pl.String))
    return frame.with_columns(steps)


NOTHING = (None, None, None, "unknown", "none")
"""A response of which nothing is known; such a row may be left out."""


def differences(engine: Rows, oracle: Rows) -> dict[int, list[str]]:
    """By person: every row that one side has and the other has not."""
    out: dict[int, list[str]] = {}
    for rows in (engine, oracle):
        rows["response"] = {row for row in rows["response"] if row[2:] != NOTHING}
    noted = {row[:2] for row in engine["trial_note"]}
    oracle["trial_note"] = {row for row in oracle["trial_note"] if row[:2] in noted or row not in oracle["bare"]}
    for table in TABLES:
        for side, rows in (("engine", engine[table] - oracle[table]), ("oracle", oracle[table] - engine[table])):
            for row in sorted(rows, key=str):
                out.setdefault(row[0], []).append(f"{table:14} {side}: {_named(table, row)}")
    return {person: sorted(lines) for person, lines in out.items()}


def _named(table: str, row: Row) -> str:
    return ", ".join(f"{n}={v}" for n, v in zip(("person", *TABLES[table]), row, strict=True))


def tables_of(lines: Iterable[str]) -> set[str]:
    """Which tables differ."""
    return {line.split()[0] for line in lines}
