"""One line per person: where everyone stands, for the list view of a practice. It grades nobody."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_CODE, NO_DAY, as_dates, nullable_codes, nullable_numbers, with_enums
from remit.flow.course.anchors import Courses
from remit.flow.course.found import Happened, of_kinds
from remit.flow.course.rules import Rules
from remit.flow.course.series import Flags, Ints, Numbers, Series
from remit.flow.course.tasks import Dated
from remit.flow.course.words import text_column
from remit.flow.scope import person_days
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.tasks import EARLY_RANK, LAST_RANK
from remit.tables import Tables
from remit.tables.course import DUE_STATES, EVENT_KINDS, TRENDS, CaseloadLine
from remit.tables.crisis import SIGNS

_BETTER = (
    "early_improvement", "partial_response", "response", "remission", "sustained_remission", "recovery",
    "reliable_improvement",
)  # fmt: skip
_URGENCY = ("overdue", "due", "planned", "not_assessable", "done")
"""Which state of a task makes it the next step, within its topic."""


class Found(NamedTuple):
    """What was found of the scores of a run."""

    series: Series
    rules: Rules
    happened: Happened
    dated: Dated
    is_better: Flags  # by score: it shows a remission, or a response under some trial


def caseload(tables: Tables, found: Found, courses: Courses, knowledge: Knowledge) -> pl.DataFrame:
    """Table `caseload_line`: where every person stands on the index date."""
    series, happened = found.series, found.happened
    person = tables["person"]
    index = person_days(tables)[0].astype(np.int64)
    n = len(index)
    last = _newest(series, found.rules, n)
    first, trend = _trend(series, found.rules, last, knowledge)
    event, day = _newest_event(happened, n)
    has = event >= 0
    signs, unanswered = _signs(tables, n)
    due = _next(found.dated, n, knowledge)
    has_score = last >= 0
    improved = _improved(found, last, index, knowledge)
    unimproved = _unimproved(courses, improved, has_score, index, knowledge)
    columns = [
        person["person_key"],
        text_column("measure_id", series.measures, _at(series.measure, last, -1)),
        as_dates("last_date", _at(series.day, last, NO_DAY)),
        nullable_numbers("last_score", _at(series.value, last, np.nan)),
        as_dates("first_date", np.where(has_score, _at(series.day, first, NO_DAY), NO_DAY)),
        nullable_numbers("first_score", np.where(has_score, _at(series.value, first, np.nan), np.nan)),
        pl.Series("trend", trend),
        nullable_codes("event", _at(happened.kind, np.where(has, event, -1), NO_CODE).astype(np.uint8)),
        nullable_codes("event_certainty", _at(happened.certainty, np.where(has, event, -1), NO_CODE).astype(np.uint8)),
        as_dates("event_date", day),
        nullable_numbers("days_without_improvement", unimproved).cast(pl.Int32),
        as_dates("improved_date", improved),
        *due,
        pl.Series("has_sign", signs),
        pl.Series("is_item_unanswered", unanswered),
    ]
    return CaseloadLine.conform(with_enums(columns, CaseloadLine.words()))


def _at(column: NDArray[np.generic], row: Ints, null: float) -> NDArray[np.generic]:
    """Values of rows; `null` where there is none."""
    if not len(column):
        return np.full(len(row), null)
    return np.where(row >= 0, column[np.maximum(row, 0)], null)


def _newest(series: Series, rules: Rules, n: int) -> Ints:
    """By person: row of the newest score of a depression scale, of one day the first instrument; -1: none."""
    at = np.flatnonzero(rules.is_severity[series.measure])
    at = at[np.lexsort((-series.measure[at], series.day[at], series.person[at]))]
    newest = np.full(n, -1, np.int64)
    newest[series.person[at]] = at
    return newest


def _trend(series: Series, rules: Rules, last: Ints, knowledge: Knowledge) -> tuple[Ints, NDArray[np.uint8]]:
    """The first score of the same line within the time looked at, and which way the last one lies from it."""
    policy = knowledge.course.policy
    has = np.flatnonzero(last >= 0)
    at = last[has]
    first = last.copy()
    since = series.spot(series.line[at], series.day[at] - int(policy.trend_days.value), after=False)
    first[has] = since
    matters = rules.matters[series.measure[at]]
    matters = np.where(np.isnan(matters), policy.trend_points.value, matters)
    change: Numbers = series.value[at] - series.value[since]
    words = [TRENDS.index(w) for w in ("unknown", "improving", "worsening")]
    told = np.select([since == at, change <= -matters, change >= matters], words, TRENDS.index("same"))
    trend = np.full(len(last), TRENDS.index("unknown"), np.uint8)
    trend[has] = told
    return first, trend


def _newest_event(happened: Happened, n: int) -> tuple[Ints, Ints]:
    """By person: row of the newest event that is no lack, of one day the last in the order of kinds; and its day."""
    person, _, kind, certainty, day = happened
    at = np.flatnonzero(kind != EVENT_KINDS.index("unknown"))
    at = at[np.lexsort((certainty[at], kind[at], day[at], person[at]))]
    newest, when = np.full(n, -1, np.int64), np.full(n, NO_DAY, np.int64)
    newest[person[at]], when[person[at]] = at, day[at]
    return newest, when


def _improved(found: Found, last: Ints, index: Ints, knowledge: Knowledge) -> Ints:
    """By person: the newest day on which a depression scale showed an improvement; NO_DAY if none.

    A newest score that shows one holds until the next score is overdue: a missing week never counts as improvement.
    """
    n, series, is_severity = len(index), found.series, found.rules.is_severity
    person, measure, kind, _, day = found.happened
    better = is_severity[measure] & (measure >= 0) & of_kinds(_BETTER)[kind]
    newest = np.full(n, NO_DAY, np.int64)
    np.maximum.at(newest, person[better], day[better])
    at = np.flatnonzero(found.is_better & is_severity[series.measure])
    np.maximum.at(newest, series.person[at], series.day[at])
    is_held = (last >= 0) & (_at(series.day, last, 0) == newest) & ~_is_unmeasured(found.dated, n, knowledge)
    return np.where(is_held, index, newest)


def _is_unmeasured(dated: Dated, n: int, knowledge: Knowledge) -> Flags:
    """By person: the next score is overdue."""
    rules = [key for key, rule in enumerate(knowledge.course.tasks) if rule.measuring]
    is_late = np.isin(dated.rule, rules) & (dated.state == DUE_STATES.index("overdue"))
    found = np.zeros(n, np.bool_)
    found[dated.person[is_late]] = True
    return found


def _unimproved(courses: Courses, improved: Ints, has_score: Flags, index: Ints, knowledge: Knowledge) -> Numbers:
    """By person: days since the newest improvement, or since the start of the first trial that runs; nan if unknown."""
    runs = courses.of(knowledge.course.policy.judged, knowledge) & courses.runs & courses.is_dated
    never = np.iinfo(np.int64).max
    start = np.full(len(index), never)
    np.minimum.at(start, courses.person[runs], courses.start[runs])
    since = np.where(improved != NO_DAY, improved, np.where(start != never, start, NO_DAY))
    return np.where(has_score & (since != NO_DAY), index - since, np.nan)


def _signs(tables: Tables, n: int) -> tuple[Flags, Flags]:
    """By person: a sign of suicidality is on record; an item about it was left out."""
    signs, unanswered = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    crisis = tables["crisis"]
    if not crisis.is_empty():
        person = person_rows(tables, crisis["person_key"].to_numpy())
        signs[person[crisis["kind"].is_in(SIGNS).to_numpy()]] = True
        unanswered[person[(crisis["kind"] == "unanswered").to_numpy()]] = True
    return signs, unanswered


def _next(dated: Dated, n: int, knowledge: Knowledge) -> list[pl.Series]:
    """How much is overdue and due, and the task that comes first: by cause, then state, topic and date."""
    course, (person, rule, state, due_day, is_early) = knowledge.course, dated
    counted = [np.bincount(person[state == DUE_STATES.index(s)], minlength=n) for s in ("overdue", "due")]
    rank = np.array([_URGENCY.index(s) for s in DUE_STATES])
    topic = np.array([course.caseload.topics.index(t.topic) for t in course.tasks])
    day = np.where(due_day == NO_DAY, np.iinfo(np.int32).max, due_day)
    cause = np.array([t.rank for t in course.tasks])[rule]
    is_after_event = np.array([t.event is not None for t in course.tasks])[rule]
    is_open = np.isin(state, [DUE_STATES.index(s) for s in ("overdue", "due")])
    is_open |= is_after_event & (state == DUE_STATES.index("not_assessable"))  # nothing shows that it was done
    is_later = np.where(is_open, np.where(is_early, np.minimum(cause, EARLY_RANK), cause), LAST_RANK)
    at = np.flatnonzero(state != DUE_STATES.index("done"))
    order = at[np.lexsort((rule[at], day[at], topic[rule[at]], rank[state[at]], is_later[at], person[at]))][::-1]
    first = np.full(n, -1, np.int64)
    first[person[order]] = order
    return [
        pl.Series("n_overdue", counted[0].astype(np.uint32)),
        pl.Series("n_due", counted[1].astype(np.uint32)),
        nullable_numbers("next_rule_key", _at(rule, first, np.nan).astype(np.float64)).cast(pl.UInt16),
        as_dates("next_date", _at(due_day, first, NO_DAY)),
        nullable_codes("next_state", _at(state, first, NO_CODE).astype(np.uint8)),
    ]
