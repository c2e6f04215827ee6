"""When to measure next: by phase of the course, from the newest score of any depression scale."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.engine.columns import NO_DAY, codes, days
from remit.flow.course.record import Record
from remit.flow.course.series import Flags, Ints
from remit.flow.course.setting import Setting
from remit.flow.course.tasks import OPEN, OVERDUE, PLANNED, Tasks, reason
from remit.flow.settle import person_rows
from remit.knowledge import Knowledge
from remit.knowledge.tasks import TaskRule
from remit.tables import Tables
from remit.tables.course import CERTAINTIES, EVENT_KINDS, CourseEvent

_WELL = ("response", "remission", "sustained_remission")
_UNWELL = ("relapse", "recurrence", "worsening")


def add_measuring(key: int, rule: TaskRule, setting: Setting, tasks: Tasks) -> None:
    """Add the next measurement of every person; without any score it is due at once."""
    record, policy = setting.record, setting.knowledge.course.policy
    newest = record.newest(rule.measures, any_severity=rule.any_severity)
    interval = _intervals(setting)
    person = np.arange(record.n)
    has = newest != NO_DAY
    day = np.where(has, newest + interval, NO_DAY)
    late = (interval * policy.overdue_share.value).astype(np.int64)
    state = np.select([~has, record.index > day + late, record.index >= day], [OPEN, OVERDUE, OPEN], PLANNED)
    why = np.where(has, -1, reason("no_score"))
    tasks.add(key, person, state=state, day=day, overdue=np.where(has, day + late + 1, NO_DAY), reason=why, done=newest)


def _intervals(setting: Setting) -> Ints:
    """By person: days between measurements."""
    tables, event, _, courses, record, knowledge = setting
    measuring = knowledge.course.policy.measuring
    well, unwell, recovered = phase_days(tables, event, record, knowledge)
    rapid = np.zeros(record.n, np.bool_)
    rapid[courses.person[courses.may_run & courses.of(measuring.rapid, knowledge)]] = True
    return np.select(
        [(recovered > unwell), (well > unwell), rapid],
        [int(n.value) for n in (measuring.maintenance_days, measuring.continuation_days, measuring.rapid_days)],
        int(measuring.acute_days.value),
    )


def phase_days(tables: Tables, event: pl.DataFrame, record: Record, knowledge: Knowledge) -> tuple[Ints, Ints, Ints]:
    """By person: newest day of a confirmed improvement, of a return or worsening, and of a recovery; NO_DAY if none."""
    severity = [m for m, x in knowledge.instruments.items() if x.is_depression_severity]
    is_severity = event["measure_id"].is_in(severity).fill_null(False).to_numpy()
    kind, certainty = codes(event, CourseEvent, "kind", "certainty")
    person = person_rows(tables, event["person_key"].to_numpy())
    day = days(event["date"]).astype(np.int64)
    is_sure = certainty == CERTAINTIES.index("confirmed")

    def newest(kinds: tuple[str, ...], which: Flags) -> Ints:
        at = is_severity & which & np.isin(kind, [EVENT_KINDS.index(k) for k in kinds])
        found = np.full(record.n, NO_DAY, np.int64)
        np.maximum.at(found, person[at], day[at])
        return found

    return newest(_WELL, is_sure), newest(_UNWELL, np.ones(len(day), np.bool_)), newest(("recovery",), is_sure)
