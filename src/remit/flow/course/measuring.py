"""When to measure next: by phase of the course, from the newest score of any depression scale."""

from __future__ import annotations

import numpy as np

from remit.engine.columns import NO_DAY
from remit.flow.course.found import Happened, of_kinds
from remit.flow.course.series import Flags, Ints
from remit.flow.course.setting import Setting
from remit.flow.course.tasks import OPEN, OVERDUE, PLANNED, Tasks, reason
from remit.knowledge.tasks import TaskRule
from remit.tables.course import CERTAINTIES

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
    courses, record, knowledge = setting.courses, setting.record, setting.knowledge
    measuring = knowledge.course.policy.measuring
    well, unwell, recovered = phase_days(setting.happened, setting.rules.is_severity, record.n)
    rapid = np.zeros(record.n, np.bool_)
    rapid[courses.person[courses.may_run & courses.of(measuring.rapid, knowledge)]] = True
    return np.select(
        [(recovered > unwell), (well > unwell), rapid],
        [int(n.value) for n in (measuring.maintenance_days, measuring.continuation_days, measuring.rapid_days)],
        int(measuring.acute_days.value),
    )


def phase_days(happened: Happened, is_severity: Flags, n: int) -> tuple[Ints, Ints, Ints]:
    """By person: newest day of a confirmed improvement, of a return or worsening, and of a recovery; NO_DAY if none.

    Parameters
    ----------
    happened : Happened
    is_severity : array of bool
        By code of an instrument: it is a depression scale.
    n : int
        Persons.
    """
    person, measure, kind, certainty, day = happened
    is_severe = is_severity[measure] & (measure >= 0)
    is_sure = certainty == CERTAINTIES.index("confirmed")

    def newest(kinds: tuple[str, ...], which: Flags) -> Ints:
        at = is_severe & which & of_kinds(kinds)[kind]
        found = np.full(n, NO_DAY, np.int64)
        np.maximum.at(found, person[at], day[at])
        return found

    return newest(_WELL, is_sure), newest(_UNWELL, np.ones(len(day), np.bool_)), newest(("recovery",), is_sure)
