"""Order and filters of the list view, and its lines as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from remit.errors import UsageError
from remit.knowledge.tasks import Caseload
from remit.render.course.json_document import line_json
from remit.render.course.views import LineView

_UNWELL = ("relapse", "recurrence", "worsening", "reliable_worsening")
_LATE = date.max.toordinal()


def _marks(caseload: Caseload) -> dict[str, Callable[[LineView], bool]]:
    least = caseload.no_improvement_days.value
    return {
        "sign": lambda line: line.has_sign,
        "worse": lambda line: line.trend == "worsening" or line.event in _UNWELL,
        "no_improvement": lambda line: (line.days_without_improvement or 0) >= least,
        "overdue": lambda line: line.n_overdue > 0,
        "stable": lambda line: True,
    }


SORTS: dict[str, Callable[[LineView], Any]] = {
    "person": lambda line: line.person_id,
    "score": lambda line: -(line.last_score if line.last_score is not None else -1),
    "date": lambda line: line.last_day.toordinal() if line.last_day else 0,
    "unimproved": lambda line: -(line.days_without_improvement if line.days_without_improvement is not None else -1),
    "overdue": lambda line: -line.n_overdue,
    "next": lambda line: line.next_day.toordinal() if line.next_day else _LATE,
}
"""Orders that may be asked for, besides `default`."""

FILTERS: dict[str, Callable[[LineView], bool]] = {
    "flagged": lambda line: line.has_sign,
    "overdue": lambda line: line.n_overdue > 0,
    "due": lambda line: line.n_due + line.n_overdue > 0,
    "worse": lambda line: line.trend == "worsening" or line.event in _UNWELL,
    "no-score": lambda line: line.last_day is None,
}
"""Filters by name; a line with a sign of suicidality passes all of them."""


def arranged(lines: Iterable[LineView], caseload: Caseload, sort: str, filters: Iterable[str]) -> list[LineView]:
    """Lines that pass every filter, in an order; ties by the person's id.

    A line with a sign of suicidality is never filtered away and always stands on top.

    Raises
    ------
    UsageError
        For an order or a filter that does not exist.
    """
    filters = list(filters)
    if unknown := [name for name in filters if name not in FILTERS]:
        raise UsageError(f"There is no filter {', '.join(unknown)}. Known: {', '.join(FILTERS)}.")
    if sort != "default" and sort not in SORTS:
        raise UsageError(f"There is no order {sort}. Known: default, {', '.join(SORTS)}.")
    marks = _marks(caseload)

    def default(line: LineView) -> int:
        return next(n for n, name in enumerate(caseload.order) if marks[name](line))

    key = default if sort == "default" else SORTS[sort]
    kept = [line for line in lines if line.has_sign or all(FILTERS[name](line) for name in filters)]
    return sorted(kept, key=lambda line: (not line.has_sign, key(line), line.person_id))


def caseload_csv(lines: Iterable[LineView]) -> str:
    """Lines as CSV, the columns of the JSON document."""
    buffer = io.StringIO()
    rows = [line_json(line) for line in lines]
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else ["person_id"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: _plain(v) for k, v in row.items()} for row in rows)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
