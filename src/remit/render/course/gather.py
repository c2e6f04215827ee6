"""From the tables of a run to `CourseView`: follows keys, judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.render.course.views import CourseView, DueView, EventView, LineView, PastView
from remit.render.gather import by, first
from remit.render.phrases import Phrases, number
from remit.render.views import AssessmentView, PersonView, TrialView
from remit.tables import Tables

Row = dict[str, Any]
_NEEDS_WORK = ("overdue", "due", "planned", "not_assessable", "done")


def lines(tables: Tables, knowledge: Knowledge) -> list[LineView]:
    """The list view, in the order of the persons."""
    ids = {r["person_key"]: r for r in tables["person"].iter_rows(named=True)}
    rules = knowledge.course.tasks

    def view(row: Row) -> LineView:
        person, measure, rule = ids[row["person_key"]], row["measure_id"], row["next_rule_key"]
        return LineView(
            person_id=person["person_id"],
            index_date=person["index_date"],
            measure_id=measure,
            instrument=None if measure is None else knowledge.instruments[measure].name,
            last_day=row["last_date"],
            last_score=row["last_score"],
            first_score=row["first_score"],
            trend=row["trend"],
            event=row["event"],
            event_certainty=row["event_certainty"],
            event_day=row["event_date"],
            days_without_improvement=row["days_without_improvement"],
            n_overdue=row["n_overdue"],
            n_due=row["n_due"],
            next_rule=None if rule is None else rules[rule],
            next_day=row["next_date"],
            next_state=row["next_state"],
            has_sign=row["has_sign"],
            is_item_unanswered=row["is_item_unanswered"],
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
        What `remit.pipeline.assess` returned with `with_course`.
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
        due.sort(
            key=lambda d: (_is_later(d), _NEEDS_WORK.index(d.state), topics.index(d.rule.topic), d.day or date.max)
        )
        return CourseView(
            person,
            tuple(e for e in events if e.kind != "unknown"),
            tuple(e for e in events if e.kind == "unknown"),
            tuple(due),
            tuple(self._past(t) for t in person.trials),
            self.lines[person.id],
        )

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
        return self.say(f"course.branch.{branch}")

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


def _is_later(due: DueView) -> bool:
    """What a sign asks comes before all else."""
    return not due.rule.sign


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
