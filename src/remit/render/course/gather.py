"""From the tables of a run to `CourseView`: follows keys, judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.tasks import EARLY, EARLY_RANK, LAST_RANK
from remit.render.course.events import Events, Score, moved
from remit.render.course.views import CourseView, DueView, LineView, PastView
from remit.render.crisis import zero_sentences
from remit.render.expected import Expectations
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
    return _Gatherer(tables, knowledge, phrases).all(view)


class _Gatherer:
    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self.keys = {r["person_id"]: r["person_key"] for r in tables["person"].iter_rows(named=True)}
        self.events, self.due = Events(tables, knowledge, phrases), by(tables["due"], "person_key")
        self.by_person = self.events.by_person()
        self.responses = first(tables["response"], "trial_key")
        self.told = _reported(tables)
        self.lines = {line.person_id: line for line in lines(tables, knowledge)}
        self.expectations = Expectations(knowledge)

    def all(self, view: AssessmentView) -> list[CourseView]:
        return [self._person(person) for person in view.persons]

    def _person(self, person: PersonView) -> CourseView:
        key = self.keys[person.id]
        trials = {t.key: t for t in person.trials}
        self.events.trials |= trials
        events = self.by_person.get(key, [])
        due = [self._due(row, trials, person) for row in self.due.get(key, ())]
        topics = self.knowledge.course.caseload.topics
        due.sort(key=lambda d: (_rank(d), _NEEDS_WORK.index(d.state), topics.index(d.rule.topic), d.day or date.max))
        return CourseView(
            person,
            tuple(e for e in events if e.kind != "unknown"),
            tuple(e for e in events if e.kind == "unknown"),
            tuple(due),
            tuple(self._past(t) for t in person.trials),
            self.lines[person.id],
            tuple(zero_sentences(person.signs, self.phrases, self.knowledge)),
            tuple(x for t in person.trials if (x := self.expectations.of(t))),
            tuple(self._unrecorded(key)),
        )

    def _unrecorded(self, person_key: int) -> Iterator[str]:
        """What scores cannot tell: one alone on an instrument; and how many do not say who rated, or how."""
        asked = self.knowledge.course.measures
        own = [s for s in self.events.scores.values() if s.person_key == person_key and s.measure_id in asked]
        for measure, day in _only_ones(own):
            name = self.knowledge.instruments[measure].name
            yield self.say("course.lack.only_one", instrument=name, day=self.phrases.day(day))
        if n := sum(score.rater is None or score.mode is None for score in own):
            yield self.say("course.rater", n=n)

    def _due(self, row: Row, trials: dict[int, TrialView], person: PersonView) -> DueView:
        rule = self.knowledge.course.tasks[row["rule_key"]]
        day, is_late = row["due_date"], row["state"] == "overdue"
        return DueView(
            rule=rule,
            trial=trials.get(row["trial_key"]),
            day=day,
            overdue_day=row["overdue_date"],
            state=row["state"],
            reason=row["reason"],
            done_day=row["done_date"],
            branch=row["branch"],
            number=row["number"],
            advice=self._advice(row["branch"], rule.advice),
            days_late=(person.index_date - day).days if is_late and day else None,
        )

    def _advice(self, branch: str | None, advice: Any) -> str | None:
        if branch is None:
            return None
        if advice is not None and branch in ("then", "otherwise"):
            return self.say("course.branch.published", text=getattr(advice, branch))
        told = self.say(f"course.branch.{branch}")
        return self.say("course.branch.published", text=told) if branch in BRANCHES else told

    def _past(self, trial: TrialView) -> PastView:
        """Measured beside reported; table `response` says which stands."""
        row = self.responses[trial.key]
        measured = None
        if row["basis"] == "measured":
            before, after = (number(self.events.scores[row[k]].value) for k in ("baseline_key", "endpoint_key"))
            measured = self.say(
                "course.past_measured", before=before, after=after,
                percent=moved(row["improvement_percent"], self.phrases),
                instrument=self.knowledge.instruments[row["measure_id"]].name,
            )  # fmt: skip
        told = self.told.get(trial.key)
        words = None if told is None else self.phrases.listed(dict.fromkeys(self._told(t) for t in told))
        return PastView(trial, measured, words, row["basis"], row["disagrees"])

    def _told(self, row: Row) -> str:
        if row["improvement_percent"] is not None:
            return f"{number(row['improvement_percent'])} %"
        return self.phrases.outcome(row["outcome"])


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
