"""Events of a course: a row each, and what it leads to when somebody asks; most pages tell of a few of thousands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

import numpy as np
import polars as pl

from remit.engine.columns import days
from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.render.phrases import Phrases, number
from remit.render.rows import tuples
from remit.render.views import TrialView
from remit.tables import Tables


class Score(NamedTuple):
    """One row of table `measurement`, as far as the course tells of it."""

    person_key: int
    key: int
    measure_id: str
    day: date
    value: float
    record_ref: str
    rater: str | None
    mode: str | None


SCORED = ("person_key", "measurement_key", "measure_id", "date", "value", "record_ref", "rater", "mode")
"""Columns of table `measurement` in the order of a `Score`."""


class EventView(NamedTuple):
    """One row of table `course_event`, in the order of its columns."""

    person_key: int
    measure_id: str | None
    kind: str
    certainty: str | None
    day: date | None
    trial_key: int | None
    score_key: int | None
    earlier_key: int | None
    score: float | None
    earlier_score: float | None
    improvement_percent: float | None
    standard_error: float | None
    weeks: int | None
    result: str | None
    reason: str | None
    events: Events

    @property
    def instrument(self) -> str:
        """Its name; empty if it concerns no single one."""
        return self.events.knowledge.instruments[self.measure_id].name if self.measure_id else ""

    @property
    def trial(self) -> TrialView | None:
        """The trial from whose start it is judged."""
        return None if self.trial_key is None else self.events.trials.get(self.trial_key)

    @property
    def earlier_day(self) -> date | None:
        """Day of the score that it is compared with."""
        return None if self.earlier_key is None else self.events.scores[self.earlier_key].day

    @property
    def record_refs(self) -> tuple[str, ...]:
        """Records of the scores that it uses."""
        return tuple(self.events.scores[k].record_ref for k in (self.earlier_key, self.score_key) if k is not None)

    @property
    def basis(self) -> tuple[Cited, ...]:
        """The cited facts that it rests on."""
        return self.events.basis(self.kind, self.measure_id)

    @property
    def text(self) -> str:
        """It in a sentence."""
        return self.events.text(self)


class Events:
    """Events of all persons of a run, by date.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned.
    knowledge : Knowledge
    phrases : Phrases

    Attributes
    ----------
    trials : dict of int to TrialView
        By trial_key; filled by whoever gathers the persons.
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self._measured = tables["measurement"]
        self.trials: dict[int, TrialView] = {}
        self._table = tables["course_event"]
        self._bases: dict[tuple[str, str | None], tuple[Cited, ...]] = {}

    @cached_property
    def scores(self) -> dict[int, Score]:
        """By measurement_key; only words of single events ask for it."""
        return {row[1]: Score._make(row) for row in tuples(self._measured, *SCORED)}

    def by_person(self) -> dict[int, list[EventView]]:
        """Events of each person by date, those without one first."""
        found: dict[int, list[EventView]] = {}
        for event in self._all(self._table[np.argsort(days(self._table["date"]), kind="stable")]):
            found.setdefault(event.person_key, []).append(event)
        return found

    def newest(self, person_key: int) -> tuple[EventView, ...]:
        """The newest event of each kind of a person, newest first; those without a date last."""
        day, kind = days(self._table["date"]), self._table["kind"].to_physical().to_numpy()
        own = np.flatnonzero(self._table["person_key"].to_numpy() == person_key)
        latest_first = own[np.argsort(day[own], kind="stable")[::-1]]
        _, at = np.unique(kind[latest_first], return_index=True)
        return tuple(self._all(self._table[latest_first[np.sort(at)]]))

    def _all(self, table: pl.DataFrame) -> Iterator[EventView]:
        columns: Sequence[Sequence[object]] = [column.to_list() for column in table]
        return map(EventView._make, zip(*columns, repeat(self)))

    def basis(self, kind: str, measure_id: str | None) -> tuple[Cited, ...]:
        """What all events of a kind on an instrument rest on."""
        if (kind, measure_id) not in self._bases:
            self._bases[kind, measure_id] = tuple(basis(kind, measure_id, self.knowledge))
        return self._bases[kind, measure_id]

    def text(self, event: EventView) -> str:
        """An event in a sentence."""
        say, phrases = self.say, self.phrases
        trial, earlier_day, error = event.trial, event.earlier_day, event.standard_error
        parts = {
            "instrument": event.instrument,
            "trial": phrases.named(trial) if trial else "",
            "weeks": event.weeks,
            "day": phrases.day(event.day) if event.day else "",
            "score": "" if event.score is None else number(event.score),
            "earlier": "" if event.earlier_score is None else number(event.earlier_score),
            "earlier_day": phrases.day(earlier_day) if earlier_day else "",
            "percent": "" if event.improvement_percent is None else moved(event.improvement_percent, phrases),
            "result": say(f"course.result.{event.result}") if event.result else "",
            "error": say("course.error_unknown")
            if error is None
            else say("course.error", error=number(round(error, 1))),
        }
        if event.kind == "unknown":
            return say(f"course.lack.{event.reason}", **parts)
        text = say(f"course.event.{event.kind}", **parts)
        if trial is not None:
            text = say("course.under", text=text, trial=parts["trial"])
        if event.certainty is None:
            return text
        return say("course.event_certainty", text=text, certainty=say(f"course.certainty.{event.certainty}"))


def moved(improvement: float, phrases: Phrases) -> str:
    """So many percent better or worse."""
    return phrases.say("course.better" if improvement >= 0 else "course.worse", n=f"{abs(improvement):.0f}")


def basis(kind: str, measure_id: str | None, knowledge: Knowledge) -> Iterator[Cited]:
    """The cited facts that an event rests on."""
    policy = knowledge.course.policy
    if kind in ("early_improvement", "no_early_improvement"):
        yield policy.early_improvement.percent
        yield from policy.early_improvement.error_rates
        return
    own = knowledge.course.measures.get(measure_id or "")
    if own is None or measure_id is None:
        return
    change = knowledge.instruments[measure_id].change
    rests = {
        "response": (change.response_percent or own.response_percent,),
        "partial_response": (knowledge.policy.outcome_bands["partial"],),
        "remission": (change.remission_at_most or own.remission_at_most,),
        "sustained_remission": (policy.sustained_remission, change.remission_at_most or own.remission_at_most),
        "recovery": (policy.recovery, change.remission_at_most or own.remission_at_most),
        "relapse": (own.relapse_at_least, policy.relapse),
        "recurrence": (own.relapse_at_least, policy.relapse, policy.recovery),
        "reliable_improvement": (change.reliable, own.standard_error),
        "reliable_worsening": (change.reliable, own.standard_error),
        "worsening": (own.worsening_points, own.worsening_at_least),
        "plateau": (policy.plateau, change.minimal_important),
        "decision_point": (own.decision, policy.decision_points),
    }
    yield from (cited for cited in rests.get(kind, ()) if cited is not None)
