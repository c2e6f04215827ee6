"""What was tried, how long, at what dose?

One trial is a person, a treatment and one unbroken course. Exposures are sorted and folded once; what is known beyond
bare dates is taken care of in `remit.flow.noted`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import as_dates, days, nullable_days, nullable_numbers, repeated
from remit.engine.compiled import pays
from remit.engine.intervals import Measure
from remit.engine.packing import BLOCK, Rows
from remit.engine.stitching import Courses, stitch
from remit.flow.noted import Noted, Runs, noted_trials
from remit.flow.overlap import overlaps
from remit.flow.settle import exact_rows, index_days, person_rows
from remit.flow.trial_notes import may_end_trial, trial_details, trial_notes
from remit.knowledge import Knowledge
from remit.tables import Tables, TrialDetail, TrialExposure, TrialNote
from remit.tables.records import EVIDENCE

BARE: Literal["fill"] = "fill"
"""An exposure without a note is a dispensing."""


def trials(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Stitch exposures into trials.

    Reads `person`, `episode`, `exposure`, `exposure_note`, `exposure_detail`.
    Writes `trial`, `trial_note`, `trial_detail`, `trial_exposure`, `trial_run`, `trial_overlap`.
    """
    starts = tables["episode"]["start_latest_date"]
    has_episode_start = starts.null_count() < len(starts)
    is_bare = not has_episode_start and all(
        tables[name].is_empty() for name in ("exposure_note", "exposure_detail", "outcome")
    )
    stitched = _bare if is_bare and pays(tables["exposure"].height) else _noted
    written = stitched(tables, knowledge)
    written["trial_overlap"] = overlaps(written["trial"], written["trial_note"], knowledge)
    return written


def _measure(knowledge: Knowledge, gap_days: float) -> Measure:
    """By treatment: the gap, which is the course gap for what is given as sessions, and the minimum doses in use."""
    gaps = np.where(knowledge.is_sessions, knowledge.policy.course_gap_days.value, gap_days).astype(np.int32)
    minima = [knowledge.minimum_doses(rule) for rule in knowledge.dose_rules_in_use]
    return Measure(gaps, gaps, np.stack(minima, axis=1) if minima else np.empty((len(gaps), 0)))


def _bare(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Very many exposures without notes, such as dispensings: streamed through the sort, without rows that explain."""
    exposure = tables["exposure"]

    def slices() -> Iterator[Rows]:
        for part in exposure.iter_slices(BLOCK):
            yield exact_rows(part, index_days(tables, part))

    courses = stitch(slices, exposure.height, _measure(knowledge, knowledge.policy.gap_days[BARE].value))
    folded = courses.folded
    index = days(tables["person"]["index_date"])[person_rows(tables, courses.person)]
    runs = Runs(folded.high, folded.low, folded.high, np.zeros_like(folded.low))
    return {
        "trial": _trial_table(courses, folded.covered, folded.covered, folded.reach == index),
        "trial_note": TrialNote.empty(),
        "trial_detail": TrialDetail.empty(),
        "trial_exposure": TrialExposure.empty(),
        "trial_run": _run_table(knowledge, runs),
    }


def _noted(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    policy = knowledge.policy
    by_kind = {str(kind): number.value for kind, number in policy.gap_days.items()}
    gap_of = np.array([by_kind[kind] for kind in EVIDENCE])
    gaps = np.unique(gap_of)
    measures = [_measure(knowledge, gap) for gap in gaps]
    found = noted_trials(tables, measures, np.searchsorted(gaps, gap_of), EVIDENCE.index(BARE))
    may_end = may_end_trial(found.settled, found.trial_of)
    link = _links(tables, found, may_end)
    return {
        "trial": _trial_table(found.courses, found.covered, found.covered_low, found.is_ongoing),
        "trial_note": trial_notes(found.trial_of, found.settled, found.aligned, found.may_be_one, may_end),
        "trial_detail": trial_details(link, tables["exposure_detail"]),
        "trial_exposure": link,
        "trial_run": _run_table(knowledge, found.runs),
    }


def _links(tables: Tables, found: Noted, may_end: NDArray[np.bool_]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series("exposure_key", found.settled.key),
            pl.Series("trial_key", found.trial_of.astype(np.uint32)),
            pl.Series("may_end_trial", may_end),
        ]
    )


def _trial_table(
    courses: Courses, covered: NDArray[np.int32], covered_low: NDArray[np.int32], is_ongoing: NDArray[np.bool_]
) -> pl.DataFrame:
    folded = courses.folded
    return pl.DataFrame(
        [
            pl.Series("trial_key", np.arange(len(courses.person), dtype=np.uint32)),
            pl.Series("person_key", courses.person),
            pl.Series("treatment_key", courses.treatment),
            as_dates("start_date", folded.start),
            as_dates("end_date", folded.reach),
            pl.Series("is_ongoing", is_ongoing),
            nullable_days("covered_days", covered),
            pl.Series("covered_days_low", covered_low),
            nullable_numbers("max_dose_mg", folded.max_dose),
            pl.Series("is_dose_complete", folded.is_dose_complete & ~(folded.most_dose > folded.max_dose)),
            pl.Series("n_exposures", folded.n_rows.astype(np.uint32)),
        ]
    )


def _run_table(knowledge: Knowledge, runs: Runs) -> pl.DataFrame:
    n_tables, n = runs.low.shape
    days_run = nullable_days("days", runs.days.ravel())
    return pl.DataFrame(
        [
            pl.Series("dose_rule_key", np.repeat(np.array(knowledge.dose_rules_in_use, np.uint8), n)),
            repeated(pl.Series("trial_key", np.arange(n, dtype=np.uint32)), n_tables),
            days_run,
            pl.Series("days_low", runs.low.ravel()),
            days_run.rename("episode_days")
            if runs.episode_days is runs.days
            else nullable_days("episode_days", runs.episode_days.ravel()),
            pl.Series("episode_days_low", runs.episode_low.ravel()),
        ]
    )
