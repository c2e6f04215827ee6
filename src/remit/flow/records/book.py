"""What the adapters have read so far: plain rows in lists, faults and notices, turned into tables once at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from remit.errors import Fault
from remit.flow.carried import Carried
from remit.flow.records.dates import LATEST_YEAR, Span
from remit.flow.records.sentences import fault
from remit.knowledge.library import Knowledge
from remit.knowledge.names import Names, names_of

NoticeKey = tuple[int | None, str, str, str | None, tuple[tuple[str, object], ...]]
"""Person, kind, key of the sentence, place in the record, and what the sentence names."""

MAX_FAULTS = 10_000  # listed one by one; a file with more is of another kind than it was taken for


@dataclass(slots=True)
class Scope:
    """Files that belong together: one history or table, or all files of one export. Holds their newest date."""

    kind: str
    newest: date | None = None

    def saw(self, day: date | None) -> None:
        """Take note of a date on record."""
        if day is not None and (self.newest is None or day > self.newest):
            self.newest = day


@dataclass(slots=True)
class PersonRow:
    """A person as read."""

    key: int
    person_id: str
    place: str
    scopes: list[Scope]
    index_date: date | None = None
    birth_date: date | None = None
    sex: str | None = None
    weight_kg: float | None = None
    country: str | None = None


@dataclass(slots=True)
class Stretch:
    """A recorded stretch of one treatment at one dose, on its way into `exposure` and its sister tables.

    `end` and `end_earliest` are exclusive; see `remit.tables.records` for the meaning of nulls.
    """

    person_key: int
    treatment_key: int
    start: date | None
    start_latest: date | None
    end: date | None
    end_earliest: date | None
    end_kind: str
    evidence: str
    record_ref: str
    dose: float | None = None
    sessions: float | None = None
    adherence: float | None = None
    stop_reason: str | None = None
    augments_key: int | None = None
    details: dict[str, str] = field(default_factory=dict)
    outcome: str | None = None
    improvement: float | None = None


class Part(NamedTuple):
    """What was read of some entries by themselves: it never changes, and any book may take it over."""

    stretches: tuple[tuple[Any, ...], ...]  # fields of each
    measurements: tuple[MeasurementRow, ...]
    faults: tuple[Fault, ...]
    unlisted: int  # faults that are only counted
    notices: tuple[tuple[NoticeKey, int], ...]
    newest: date | None


_FIELDS = attrgetter(*Stretch.__slots__)


@dataclass(slots=True)
class EpisodeRow:
    """The current episode as read."""

    start: Span
    severity: str | None
    psychotic: str
    record_ref: str
    rank: int = 0  # of two sources the one with the higher rank stands


class MeasurementRow(NamedTuple):
    """A score or laboratory value; a long course has thousands."""

    person_key: int
    measure_id: str
    date: date
    value: float
    unit: str | None
    is_imputed: bool
    record_ref: str
    stamp: str = ""  # time of day as written, to order two scores of one day
    rater: str | None = None
    mode: str | None = None


@dataclass(slots=True)
class AnswerSheet:
    """Answers to the items of one instrument on one occasion."""

    person_key: int
    instrument_id: str
    date: date
    items: dict[int, float]
    record_ref: str
    stamp: str = ""
    rater: str | None = None
    mode: str | None = None


@dataclass(slots=True)
class ConditionRow:
    """A recorded condition."""

    person_key: int
    condition_id: str
    status: str | None
    onset: Span
    record_ref: str


@dataclass
class Book:
    """Everything read so far.

    Parameters
    ----------
    knowledge : Knowledge
    index_date, episode_start : optional
        Options of the call; they outrank the files.
    today : date, optional
        Index date of persons with no date at all.
    carried : Carried
        What was read of entries before, with the same knowledge.
    """

    knowledge: Knowledge
    index_date: date | None = None
    episode_start: Span | None = None
    today: date | None = None
    persons: dict[str, PersonRow] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    episodes: dict[int, EpisodeRow] = field(default_factory=dict)
    measurements: list[MeasurementRow] = field(default_factory=list)
    sheets: list[AnswerSheet] = field(default_factory=list)
    sheet_places: dict[tuple[int, str, date], str] = field(default_factory=dict)  # of the sheets of histories
    conditions: list[ConditionRow] = field(default_factory=list)
    clues: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    preferences: dict[tuple[int, str], bool] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unlisted: int = 0
    stopped_at: str = ""
    notices: Counter[NoticeKey] = field(default_factory=Counter)
    carried: Carried = field(default_factory=Carried)

    def __post_init__(self) -> None:
        self.names: Names = names_of(self.knowledge)
        self.earliest_year = int(self.knowledge.policy.earliest_year.value)

    def fault(self, place: str, key: str, /, remedy: str = "", **values: object) -> None:
        """Something is wrong, said as `sentences.fault` says it; beyond `MAX_FAULTS` it is only counted."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault(place, key, remedy, **values))
        else:
            self.unlisted += 1

    def part(self, scope: Scope) -> Part:
        """All that a book of some entries, which are courses or scores, holds."""
        stretches, notices = tuple([_FIELDS(stretch) for stretch in self.stretches]), tuple(self.notices.items())
        return Part(stretches, tuple(self.measurements), tuple(self.faults), self.unlisted, notices, scope.newest)

    def take(self, part: Part, scope: Scope) -> None:
        """Take over what was read of some entries."""
        self.stretches += [Stretch(*fields) for fields in part.stretches]
        self.measurements += part.measurements
        room = max(0, MAX_FAULTS - len(self.faults))
        self.faults += part.faults[:room]
        self.unlisted += len(part.faults[room:]) + part.unlisted
        for notice, n in part.notices:
            self.notices[notice] += n
        scope.saw(part.newest)

    def stops_at(self, place: str) -> bool:
        """Whether there are so many faults that reading on makes no sense."""
        if self.unlisted and not self.stopped_at:
            self.stopped_at = place
        return bool(self.unlisted)

    def notice(self, person: int | None, kind: str, key: str, ref: str | None = None, /, **values: object) -> None:
        """Something a reader should know: the sentence ``notice.<key>``; its code is the key up to a dot.

        The same one twice is counted; the sentence names the count as ``{n}``, unless it is given here.
        """
        self.notices[person, kind, key, ref, tuple(values.items())] += 1

    def is_in_years(self, span: Span) -> bool:
        """Whether a date lies in the years that a record can be about; an unknown one does."""
        if span.first is None or span.last is None:
            return True
        return self.earliest_year <= span.first.year and span.last.year <= LATEST_YEAR

    def is_plausible(self, span: Span, place: str) -> bool:
        """Whether a date lies in the years that a record can be about; else a fault."""
        if self.is_in_years(span):
            return True
        self.fault(place, "input.year", first=self.earliest_year, last=LATEST_YEAR)
        return False

    def person(self, person_id: str, place: str, scope: Scope) -> PersonRow:
        """The person of that id; the same one from a second source of another kind is one person.

        A second one from a source of the same kind is a fault.
        """
        known = self.persons.get(person_id)
        if known is None:
            known = self.persons[person_id] = PersonRow(len(self.persons), person_id, place, [scope])
            return known
        if any(s is scope for s in known.scopes) or any(s.kind == scope.kind for s in known.scopes):
            self.fault(place, "input.same_person", other=known.place)
        else:
            known.scopes.append(scope)
        return known
