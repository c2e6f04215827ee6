"""A person as the oracle sees one: plain records with dates, and a JSON form in which a person can be kept."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

NO, UNKNOWN, YES = 0, 1, 2
WORDS = ("no", "unknown", "yes")
NEVER, ALWAYS = float("-inf"), float("inf")


@dataclass(frozen=True)
class Exposure:
    """One recorded stretch of one treatment. `noted` is false where the record holds dates and dose only."""

    treatment: str
    start: date | None = None
    start_latest: date | None = None
    end_earliest: date | None = None
    end: date | None = None
    end_kind: str = "ended"
    dose: float | None = None
    noted: bool = True
    sessions: float | None = None
    adherence: float | None = None
    stop_reason: str | None = None
    augments: str | None = None
    evidence: str = "report"
    detail: dict[str, str] = field(default_factory=dict)
    outcome: str | None = None
    improvement: float | None = None


@dataclass(frozen=True)
class Score:
    """One score of an instrument on a day."""

    measure: str
    day: date
    value: float
    imputed: bool = False


@dataclass(frozen=True)
class Condition:
    """One recorded condition."""

    condition: str
    status: str | None = None
    onset: date | None = None


@dataclass(frozen=True)
class Episode:
    """The current depressive episode, as far as it is known."""

    start: date | None = None
    start_latest: date | None = None
    severity: str | None = None
    psychotic: str = "unknown"


@dataclass(frozen=True)
class Person:
    """Everything on record about one person."""

    index_date: date
    exposures: tuple[Exposure, ...] = ()
    episode: Episode | None = None
    scores: tuple[Score, ...] = ()
    conditions: tuple[Condition, ...] = ()


def to_json(person: Person) -> dict[str, Any]:
    """The person as JSON, without what is at its default."""
    return _plain(person)


def _plain(thing: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for f in fields(thing):
        value = getattr(thing, f.name)
        if isinstance(value, tuple):
            value = [_plain(v) for v in value]
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, Episode):
            value = _plain(value)
        if value not in (None, [], {}) and (value != f.default or f.name == "index_date"):
            out[f.name] = value
    return out


def from_json(data: dict[str, Any]) -> Person:
    """The person that `to_json` wrote."""
    episode = data.get("episode")
    return Person(
        index_date=date.fromisoformat(data["index_date"]),
        exposures=tuple(Exposure(**_dated(e, ("start", "start_latest", "end_earliest", "end")))
                        for e in data.get("exposures", ())),
        episode=None if episode is None else Episode(**_dated(episode, ("start", "start_latest"))),
        scores=tuple(Score(**_dated(s, ("day",))) for s in data.get("scores", ())),
        conditions=tuple(Condition(**_dated(c, ("onset",))) for c in data.get("conditions", ())),
    )  # fmt: skip


def _dated(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {k: date.fromisoformat(v) if k in names and v is not None else v for k, v in data.items()}
