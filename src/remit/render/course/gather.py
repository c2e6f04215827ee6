"""From the tables of a run to `CourseView`: follows keys, judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.tasks import EARLY, EARLY_RANK, LAST_RANK
from remit.render.course.events import Events, EventView, Score, moved
from remit.render.course.views import CourseView, DueView, LineView, PastView
from remit.render.crisis import zero_sentences
from remit.render.expected import Expectations, Expected
from remit.render.phrases import Phrases, number
from remit.render.rows import by, dicts, first, tuples
from remit.render.views import AssessmentView, PersonView, TrialView
from remit.tables import Tables

Row = dict[str, Any]
BRANCHES = ("fixed", "zero", "one", "two", "stop")
"""Branches of a published algorithm."""
OPEN_STATES = ("overdue", "due")
_NEEDS_WORK = ("overdue", "due", "planned", "not_assessable", "done")


_COPIED = {
    "measure_id": "measure_id",
    "last_day": "last_date",
    "last_score": "last_score",
    "first_day": "first_date",
    "first_score": "first_score",
    "trend": "trend",
    "event": "event",
    "event_certainty": "event_certainty",
    "event_day": "event_date",
    "days_without_improvement": "days_without_improvement",
    "improved_day": "improved_date",
    "n_overdue": "n_overdue",
    "n_due": "n_due",
    "next_day": "next_date",
    "next_state": "next_state",
    "has_sign": "has_sign",
    "is_item_unanswered": "is_item_unanswered",
}
"""Fields of a `LineView` by the column of `caseload_line`."""


def lines(tables: Tables, knowledge: Knowledge) -> list[LineView]:
    """The list view, in the order of the persons."""
    persons = {r["person_key"]: r for r in tables["person"].iter_rows(named=True)}
    rules, instruments = knowledge.course.tasks, knowledge.instruments

    def view(row: Row) -> LineView:
        person, measure, rule = persons[row["person_key"]], row["measure_id"], row["next_rule_key"]
        return LineView(
            person_id=person["person_id"],
            index_date=person["index_date"],
            instrument=instruments[measure].name if measure else None,
            next_rule=None if rule is None else rules[rule],
            **{name: row[column] for name, column in _COPIED.items()},
        )

    return [view(row) for row in tables["caseload_line"].iter_rows(named=True)]


def reviewed(knowledge: Knowledge) -> date:
    """Up to which day sources were reviewed."""
    return max([*(d.reviewed for d in knowledge.definitions), *(r.reviewed for r in knowledge.rules)])


def gather_course(tables: Tables, view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> list[CourseView]:
    """The course of every person of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned.
    view : AssessmentView
        Of the same tables.
    knowledge : Knowledge
    phrases : Phrases
    """
    gathered = _Gathered(tables, knowledge, phrases)
    return [Course(gathered, person) for person in view.persons]


class _Gathered:
    """What the courses of a run are made from, by key."""

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.tables, self.knowledge, self.phrases, self.say = tables, knowledge, phrases, phrases.say
        self.keys = dict(tuples(tables["person"], "person_id", "person_key"))
        self.events, self.due = Events(tables, knowledge, phrases), by(tables["due"], "person_key")
        self.lines = {line.person_id: line for line in lines(tables, knowledge)}

    @cached_property
    def by_person(self) -> dict[int, list[EventView]]:
        """Events of each person by date."""
        return self.events.by_person()

    @cached_property
    def responses(self) -> dict[int, Row]:
        """Rows of table `response` by trial."""
        return first(self.tables["response"], "trial_key")

    @cached_property
    def told(self) -> dict[int, list[Row]]:
        """By trial: what was reported of the exposures that may have ended it."""
        return _reported(self.tables)

    @cached_property
    def expectations(self) -> Expectations:
        """What is to be expected of treatments."""
        return Expectations(self.knowledge)

    def measured(self, trial: TrialView) -> str | None:
        """What scores say of a trial."""
        row, scores = self.responses[trial.key], self.events.scores
        if row["basis"] != "measured":
            return None
        before, after = (number(scores[row[k]].value) for k in ("baseline_key", "endpoint_key"))
        return self.say(
            "course.past_measured", before=before, after=after,
            percent=moved(row["improvement_percent"], self.phrases),
            instrument=self.knowledge.instruments[row["measure_id"]].name,
        )  # fmt: skip

    def reported(self, trial: TrialView) -> str | None:
        """What was said of a trial."""
        told = self.told.get(trial.key)
        return None if told is None else self.phrases.listed(dict.fromkeys(self._told(t) for t in told))

    def _told(self, row: Row) -> str:
        if row["improvement_percent"] is not None:
            return f"{number(row['improvement_percent'])} %"
        return self.phrases.outcome(row["outcome"])


class Course(CourseView):
    """The course of one person of a run: each part is made when it is first asked for."""

    def __init__(self, gathered: _Gathered, person: PersonView) -> None:
        self._all, self._key = gathered, gathered.keys[person.id]
        self.person, self.line = person, gathered.lines[person.id]
        self.knowledge, self.phrases, self.say = gathered.knowledge, gathered.phrases, gathered.phrases.say
        self._trials = {t.key: t for t in person.trials}
        gathered.events.trials |= self._trials

    @cached_property
    def events(self) -> tuple[EventView, ...]:
        """By date, without what is unknown."""
        return tuple([e for e in self._all.by_person.get(self._key, ()) if e.kind != "unknown"])

    @cached_property
    def newest(self) -> tuple[EventView, ...]:
        """The newest event of each kind, without what is unknown, newest first."""
        return tuple([e for e in self._all.events.newest(self._key) if e.kind != "unknown"])

    @cached_property
    def lacks(self) -> tuple[EventView, ...]:
        """What is unknown."""
        return tuple([e for e in self._all.by_person.get(self._key, ()) if e.kind == "unknown"])

    @cached_property
    def due(self) -> tuple[DueView, ...]:
        """Tasks, the most pressing first."""
        found = [self._due(row) for row in self._all.due.get(self._key, ())]
        topics = self.knowledge.course.caseload.topics
        found.sort(key=lambda d: (_rank(d), _NEEDS_WORK.index(d.state), topics.index(d.rule.topic), d.day or date.max))
        return tuple(found)

    @cached_property
    def past(self) -> tuple[PastView, ...]:
        """What came of each trial; table `response` says what stands."""
        rows = self._all.responses
        return tuple(
            [
                PastView(t, rows[t.key]["basis"], rows[t.key]["disagrees"], self._all.measured, self._all.reported)
                for t in self.person.trials
            ]
        )

    @cached_property
    def zeros(self) -> tuple[str, ...]:
        """That a zero about suicide, or no answer, excludes nothing."""
        return tuple(zero_sentences(self.person.signs, self.phrases, self.knowledge))

    @cached_property
    def expected(self) -> tuple[Expected, ...]:
        """When an effect is to be expected."""
        return tuple(x for t in self.person.trials if (x := self._all.expectations.of(t)))

    @cached_property
    def unrecorded(self) -> tuple[str, ...]:
        """What scores cannot tell: one alone on an instrument; and how many do not say who rated, or how."""
        return tuple(self._unrecorded())

    def _unrecorded(self) -> Iterator[str]:
        asked = self.knowledge.course.measures
        own = [s for s in self._all.events.scores.values() if s.person_key == self._key and s.measure_id in asked]
        for measure, day in _only_ones(own):
            name = self.knowledge.instruments[measure].name
            yield self.say("course.lack.only_one", instrument=name, day=self.phrases.day(day))
        if n := sum(score.rater is None or score.mode is None for score in own):
            yield self.say("course.rater", n=n)

    def _due(self, row: Row) -> DueView:
        rule = self.knowledge.course.tasks[row["rule_key"]]
        day, is_late = row["due_date"], row["state"] == "overdue"
        return DueView(
            rule=rule,
            trial=self._trials.get(row["trial_key"]),
            day=day,
            overdue_day=row["overdue_date"],
            state=row["state"],
            reason=row["reason"],
            done_day=row["done_date"],
            branch=row["branch"],
            number=row["number"],
            advice=self._advice(row["branch"], rule.advice),
            days_late=(self.person.index_date - day).days if is_late and day else None,
        )

    def _advice(self, branch: str | None, advice: Any) -> str | None:
        if branch is None:
            return None
        if advice is not None and branch in ("then", "otherwise"):
            return self.say("course.branch.published", text=getattr(advice, branch))
        told = self.say(f"course.branch.{branch}")
        return self.say("course.branch.published", text=told) if branch in BRANCHES else told


def _only_ones(scores: Sequence[Score]) -> Iterator[tuple[str, date]]:
    """Instruments with scores of one day only, and that day."""
    days: dict[str, set[date]] = {}
    for score in scores:
        days.setdefault(score.measure_id, set()).add(score.day)
    for measure, found in days.items():
        if len(found) == 1:
            yield measure, found.pop()


def _rank(due: DueView) -> int:
    """What a sign asks comes before all else, then what an event asks, as in the list view."""
    if due.state not in OPEN_STATES and not (due.state == "not_assessable" and due.rule.event):
        return LAST_RANK
    return min(due.rule.rank, EARLY_RANK) if due.branch == EARLY else due.rule.rank


def _reported(tables: Tables) -> dict[int, list[Row]]:
    """By trial: what was reported of the exposures that may have ended it."""
    columns = ("exposure_key", "trial_key", "may_end_trial")
    last = {exposure: trial for exposure, trial, may_end in tuples(tables["trial_exposure"], *columns) if may_end}
    found: dict[int, list[Row]] = {}
    for row in dicts(tables["outcome"]):
        if row["exposure_key"] in last:
            found.setdefault(last[row["exposure_key"]], []).append(row)
    return found
