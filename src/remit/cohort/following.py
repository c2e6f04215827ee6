"""The course of the persons of a bucket as rows that are written: events, tasks, and where everyone stands."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged, treatment_names
from remit.cohort.raw import PERSON

ROWS = ("course_event", "due", "caseload")
"""Tables that are written where the course is asked for."""

_EVENT = (
    "certainty", "date", "score", "earlier_score", "improvement_percent", "standard_error", "weeks", "result", "reason",
)  # fmt: skip
_DUE = ("due_date", "overdue_date", "state", "reason", "done_date", "branch", "number")
_LINE = (
    "last_date", "last_score", "first_date", "first_score", "trend", "event", "event_certainty", "event_date",
    "days_without_improvement", "improved_date", "n_overdue", "n_due", "next_date", "next_state", "has_sign",
    "is_item_unanswered",
)  # fmt: skip


def course_rows(judged: Judged) -> dict[str, pl.DataFrame]:
    """Tables `course_event`, `due` and `caseload`, keyed by the person's own id.

    Parameters
    ----------
    judged : Judged
        What `remit.pipeline.assess` made; the course is the same transform as for one person.
    """
    event, due, line = (judged.tables[name] for name in ("course_event", "due", "caseload_line"))
    return {
        "course_event": pl.DataFrame(
            [_person(event, judged), _instrument(event), event["kind"], *_trial(event, judged), *_taken(event, _EVENT)]
        ),
        "due": pl.DataFrame(
            [
                _person(due, judged),
                _rule(due["rule_key"], "rule", judged),
                *_trial(due, judged),
                _instrument(due),
                *_taken(due, _DUE),
            ]
        ),
        "caseload": pl.DataFrame(
            [
                _person(line, judged),
                _instrument(line),
                *_taken(line, _LINE),
                _rule(line["next_rule_key"], "next_rule", judged),
            ]
        ),
    }


def _taken(table: pl.DataFrame, names: tuple[str, ...]) -> list[pl.Series]:
    return [table[name] for name in names]


def _person(table: pl.DataFrame, judged: Judged) -> pl.Series:
    return judged.bucket.ids.gather(table["person_key"].to_numpy()).alias(PERSON)


def _instrument(table: pl.DataFrame) -> pl.Series:
    return table["measure_id"].alias("instrument")


def _rule(keys: pl.Series, name: str, judged: Judged) -> pl.Series:
    """Ids of tasks."""
    ids = [task.id for task in judged.knowledge.course.tasks]
    return pl.Series(ids, dtype=pl.Enum(ids)).gather(keys.cast(pl.UInt32)).alias(name)


def _trial(table: pl.DataFrame, judged: Judged) -> list[pl.Series]:
    """Number of the trial among the person's, as in table `trial`, and its treatment; null where there is none."""
    trial = judged.tables["trial"]
    rows = _rows_of(trial["trial_key"].to_numpy(), table["trial_key"])
    person = trial["person_key"].to_numpy()
    first = np.searchsorted(person, person) if len(person) else person
    numbers = pl.Series("trial", np.arange(1, len(person) + 1, dtype=np.uint32) - first.astype(np.uint32))
    names = treatment_names(judged.knowledge)
    treatments = pl.Series("treatment", names, dtype=pl.Enum(names)).gather(trial["treatment_key"].cast(pl.UInt32))
    return [numbers.gather(rows), treatments.gather(rows)]


def _rows_of(keys: NDArray[np.uint32], asked: pl.Series) -> pl.Series:
    """Row of each key; null where there is none."""
    order = np.argsort(keys)
    known = asked.fill_null(keys[0] if len(keys) else 0).to_numpy()
    rows = order[np.searchsorted(keys[order], known)] if len(keys) else np.zeros(len(known), np.intp)
    has = asked.is_not_null()
    return pl.select(pl.when(has).then(pl.Series(rows.astype(np.uint32)))).to_series()
