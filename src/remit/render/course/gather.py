"""From the tables of a run to `CourseView`: follows keys, judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.tasks import EARLY, EARLY_RANK, LAST_RANK
from remit.render.course.views import CourseView, DueView, EventView, LineView, PastView
from remit.render.crisis import zero_sentences
from remit.render.expected import expected_of
from remit.render.gather import by, first
from remit.render.phrases import Phrases, number
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
        self.scores = first(tables["measurement"], "measurement_key")
        self.events, self.due = by(tables["course_event"], "person_key"), by(tables["due"], "person_key")
        self.by_person = by(tables["measurement"], "person_key")
        self.responses = first(tables["response"], "trial_key")
        self.told = _reported(tables)
        self.lines = {line.person_id: line for line in lines(tables, knowledge)}

    def all(self, view: AssessmentView) -> list[CourseView]:
        return [self._person(person) for person in view.persons]

    def _person(self, person: PersonView) -> CourseView:
        key = self.keys[person.id]
        trials = {t.key: t for t in person.trials}
        rows = sorted(self.events.get(key, ()), key=lambda r: (r["date"] is not None, r["date"]))
        events = [self._event(row, trials) for row in rows]
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
            tuple(x for t in person.trials if (x := expected_of(t, self.knowledge))),
            tuple(self._unrecorded(key)),
        )

    def _unrecorded(self, person_key: int) -> Iterator[str]:
        """What scores cannot tell: one alone on an instrument; and how many do not say who rated, or how."""
        own = [r for r in self.by_person.get(person_key, ()) if r["measure_id"] in self.knowledge.course.measures]
        for measure, day in _only_ones(own):
            name = self.knowledge.instruments[measure].name
            yield self.say("course.lack.only_one", instrument=name, day=self.phrases.day(day))
        if n := sum(row["rater"] is None or row["mode"] is None for row in own):
            yield self.say("course.rater", n=n)

    def _event(self, row: Row, trials: dict[int, TrialView]) -> EventView:
        measure = row["measure_id"]
        used = [self.scores[k] for k in (row["earlier_key"], row["measurement_key"]) if k is not None]
        earlier = self.scores.get(row["earlier_key"])
        view = EventView(
            kind=row["kind"],
            certainty=row["certainty"],
            day=row["date"],
            measure_id=measure,
            instrument=self.knowledge.instruments[measure].name if measure else "",
            trial=trials.get(row["trial_key"]),
            score=row["score"],
            earlier_score=row["earlier_score"],
            earlier_day=earlier["date"] if earlier else None,
            improvement_percent=row["improvement_percent"],
            standard_error=row["standard_error"],
            weeks=row["weeks"],
            result=row["result"],
            reason=row["reason"],
            record_refs=tuple(r["record_ref"] for r in used),
            basis=tuple(basis(row["kind"], measure, self.knowledge)),
            text="",
        )
        return replace(view, text=self._text(view))

    def _text(self, view: EventView) -> str:
        say, phrases = self.say, self.phrases
        error = (
            say("course.error_unknown")
            if view.standard_error is None
            else say("course.error", error=number(round(view.standard_error, 1)))
        )
        parts = {
            "instrument": view.instrument,
            "trial": phrases.named(view.trial) if view.trial else "",
            "weeks": view.weeks,
            "day": phrases.day(view.day) if view.day else "",
            "score": "" if view.score is None else number(view.score),
            "earlier": "" if view.earlier_score is None else number(view.earlier_score),
            "earlier_day": phrases.day(view.earlier_day) if view.earlier_day else "",
            "percent": "" if view.improvement_percent is None else self._percent(view.improvement_percent),
            "result": say(f"course.result.{view.result}") if view.result else "",
            "error": error,
        }
        if view.kind == "unknown":
            return say(f"course.lack.{view.reason}", **parts)
        text = say(f"course.event.{view.kind}", **parts)
        if view.trial is not None:
            text = say("course.under", text=text, trial=parts["trial"])
        if view.certainty is None:
            return text
        return say("course.event_certainty", text=text, certainty=say(f"course.certainty.{view.certainty}"))

    def _percent(self, improvement: float) -> str:
        """So many percent better or worse."""
        return self.say("course.better" if improvement >= 0 else "course.worse", n=f"{abs(improvement):.0f}")

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
            before, after = (number(self.scores[row[k]]["value"]) for k in ("baseline_key", "endpoint_key"))
            measured = self.say(
                "course.past_measured", before=before, after=after, percent=self._percent(row["improvement_percent"]),
                instrument=self.knowledge.instruments[row["measure_id"]].name,
            )  # fmt: skip
        told = self.told.get(trial.key)
        words = None if told is None else self.phrases.listed(dict.fromkeys(self._told(t) for t in told))
        return PastView(trial, measured, words, row["basis"], row["disagrees"])

    def _told(self, row: Row) -> str:
        if row["improvement_percent"] is not None:
            return f"{number(row['improvement_percent'])} %"
        return self.phrases.outcome(row["outcome"])


def _only_ones(scores: Sequence[Row]) -> Iterator[tuple[str, date]]:
    """Instruments with scores of one day only, and that day."""
    for measure in dict.fromkeys(row["measure_id"] for row in scores):
        days = {row["date"] for row in scores if row["measure_id"] == measure}
        if len(days) == 1:
            yield measure, days.pop()


def _rank(due: DueView) -> int:
    """What a sign asks comes before all else, then what an event asks, as in the list view."""
    if due.state not in OPEN_STATES and not (due.state == "not_assessable" and due.rule.event):
        return LAST_RANK
    return min(due.rule.rank, EARLY_RANK) if due.branch == EARLY else due.rule.rank


def _reported(tables: Tables) -> dict[int, list[Row]]:
    """By trial: what was reported of the exposures that may have ended it."""
    last = {
        r["exposure_key"]: r["trial_key"] for r in tables["trial_exposure"].iter_rows(named=True) if r["may_end_trial"]
    }
    found: dict[int, list[Row]] = {}
    for row in tables["outcome"].iter_rows(named=True):
        if row["exposure_key"] in last:
            found.setdefault(last[row["exposure_key"]], []).append(row)
    return found


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
