"""What every kind of task is dated from."""

from __future__ import annotations

from typing import NamedTuple

from remit.flow.course.anchors import Courses
from remit.flow.course.found import Happened
from remit.flow.course.record import Record
from remit.flow.course.rules import Rules
from remit.flow.course.series import Series
from remit.knowledge import Knowledge
from remit.tables import Tables


class Setting(NamedTuple):
    """The run, read once for all tasks."""

    tables: Tables
    happened: Happened
    series: Series
    rules: Rules
    courses: Courses
    record: Record
    knowledge: Knowledge
