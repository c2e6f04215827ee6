"""Is it working, is it holding, what is due?

Events are judged per instrument and never across; each looks back only, so that a later score changes none. Tasks are
dated from what a person is on and from the newest events. docs/explanation/course.md is the letter.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.flow.course.anchors import Courses, lay, read_courses
from remit.flow.course.caseload import Found, caseload
from remit.flow.course.due import dues
from remit.flow.course.found import Events, Happened
from remit.flow.course.levels import level_events
from remit.flow.course.responses import Under
from remit.flow.course.rules import Rules, read_rules
from remit.flow.course.runs import NOWHERE, last_before
from remit.flow.course.series import UNNAMED, Series, read_series
from remit.knowledge import Knowledge
from remit.tables import Tables

__all__ = ["course"]


def course(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Events, tasks, and where every person stands on the index date.

    Reads `person`, `measurement`, `exposure`, `exposure_note`, `trial`, `trial_note`, `trial_exposure`, `crisis`.
    Writes `course_event`, `due` and `caseload_line`.
    """
    series, courses = read_series(tables, knowledge), read_courses(tables)
    rules = read_rules(series.measures, knowledge)
    table, happened, is_better = _events(tables, series, rules, courses, knowledge)
    due, dated = dues(tables, happened, series, rules, courses, knowledge)
    line = caseload(tables, Found(series, rules, happened, dated, is_better), courses, knowledge)
    return {"course_event": table, "due": due, "caseload_line": line}


def _events(
    tables: Tables, series: Series, rules: Rules, courses: Courses, knowledge: Knowledge
) -> tuple[pl.DataFrame, Happened, NDArray[np.bool_]]:
    """Table `course_event`, also as arrays; and by score whether it shows a remission, or a response under a trial."""
    policy, events = knowledge.course.policy, Events(series)
    trial_key = tables["trial"]["trial_key"].to_numpy()
    is_judged = courses.of(policy.judged, knowledge)
    anchors = lay(courses, series, np.flatnonzero(is_judged & courses.is_dated), knowledge)
    responded = Under(series, rules, courses, anchors, knowledge, trial_key).events(events)
    level_events(series, rules, policy, responded.is_confirmed, events)
    has_scores = np.zeros(tables["person"].height, np.bool_)
    has_scores[series.person] = True
    undated = np.flatnonzero(is_judged & ~courses.is_dated & has_scores[courses.person])
    events.lacks(
        "start_unknown", len(undated), person=courses.person[undated], trial=trial_key[undated].astype(np.int64)
    )
    _unusable(series, events)
    for reason, column in (("changed_rater", series.rater), ("changed_mode", series.mode)):
        _changed(reason, column, series, events)
    is_better = responded.holds | (series.value <= rules.remission[series.measure])
    return *events.table(tables["person"]["person_key"].to_numpy()), is_better


def _changed(reason: str, column: NDArray[np.int64], series: Series, events: Events) -> None:
    """Scores that were rated by someone else, or asked in another way, than the last of which that is recorded."""
    is_known = column != UNNAMED
    before = last_before(is_known, series.is_first)
    at = np.flatnonzero(is_known & (before != NOWHERE))
    at = at[column[at] != column[before[at]]]
    events.lacks(
        reason, len(at), person=series.person[at], measure=series.measure[at], day=series.day[at], at=at,
        earlier=before[at],
    )  # fmt: skip


def _unusable(series: Series, events: Events) -> None:
    """Scores that were set aside."""
    aside = series.unusable
    for reason, which in (("imputed", aside.is_imputed), ("conflicting", ~aside.is_imputed)):
        events.lacks(
            reason, int(which.sum()), person=aside.person[which], measure=aside.measure[which], day=aside.day[which],
            key=aside.key[which].astype(np.int64),
        )  # fmt: skip
