"""What was tried, how long, at what dose?

One trial is a person, a treatment and one unbroken course. Exposures are sorted and folded once; what is known beyond
bare dates is taken care of in `remit.flow.noted`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import days, each, repeated
from remit.engine.compiled import pays
from remit.engine.intervals import Measure
from remit.engine.packing import BLOCK, Rows
from remit.engine.stitching import Courses, stitch
from remit.engine.written import Column, Columns, Written, columns_of
from remit.flow.noted import Runs, noted_trials
from remit.flow.overlap import overlaps
from remit.flow.settle import exact_rows, index_days, person_rows
from remit.flow.trial_notes import may_end_trial, trial_details, trial_notes
from remit.knowledge import Knowledge
from remit.tables import Tables, Trial, TrialDetail, TrialExposure, TrialNote, TrialRun
from remit.tables.records import EVIDENCE

BARE: Literal["fill"] = "fill"
"""An exposure without a note is a dispensing."""


def trials(tables: Tables, knowledge: Knowledge) -> Written:
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
    overlap = overlaps(columns_of(written, Trial), columns_of(written, TrialNote), knowledge)
    return Written(written.kept | {"trial_overlap": overlap})


def _measure(knowledge: Knowledge, treatment: NDArray[np.uint16], gap_days: NDArray[np.int32]) -> Measure:
    """Of treatments: the gap, which is the course gap for what is given as sessions, and the minimum doses in use."""
    gaps = np.where(knowledge.is_sessions[treatment], np.int32(knowledge.policy.course_gap_days.value), gap_days)
    minimum = np.empty((len(treatment), len(knowledge.dose_rules_in_use)))
    for place, rule in enumerate(knowledge.dose_rules_in_use):
        minimum[:, place] = knowledge.minimum_doses(rule)[treatment]
    return Measure(gaps, gaps, minimum)


def _bare(tables: Tables, knowledge: Knowledge) -> Written:
    """Very many exposures without notes, such as dispensings: streamed through the sort, without rows that explain."""
    exposure = tables["exposure"]

    def slices() -> Iterator[Rows]:
        for part in exposure.iter_slices(BLOCK):
            yield exact_rows(part, index_days(tables, part))

    all_treatments = np.arange(len(knowledge.treatments), dtype=np.uint16)
    gap = np.full(len(all_treatments), knowledge.policy.gap_days[BARE].value, np.int32)
    courses = stitch(slices, exposure.height, _measure(knowledge, all_treatments, gap))
    folded = courses.folded
    index = days(tables["person"]["index_date"])[person_rows(tables, courses.person)]
    runs = Runs(folded.high, folded.low, folded.high, np.zeros_like(folded.low))
    return Written(
        {
            "trial": _trial_table(courses, folded.covered, folded.covered, folded.reach == index),
            "trial_note": TrialNote.empty(),
            "trial_detail": TrialDetail.empty(),
            "trial_exposure": TrialExposure.empty(),
            "trial_run": _run_table(knowledge, runs),
        }
    )


def _noted(tables: Tables, knowledge: Knowledge) -> Written:
    by_kind = {str(kind): number.value for kind, number in knowledge.policy.gap_days.items()}
    gap_of = np.array([by_kind[kind] for kind in EVIDENCE], np.int32)
    found = noted_trials(tables, gap_of, EVIDENCE.index(BARE), partial(_measure, knowledge))
    may_end = may_end_trial(found.settled, found.trial_of)
    columns: dict[str, Column] = {
        "exposure_key": found.settled.key,
        "trial_key": found.trial_of.astype(np.uint32),
        "may_end_trial": may_end,
    }
    link = Columns(TrialExposure, len(may_end), columns)
    return Written(
        {
            "trial": _trial_table(found.courses, found.covered, found.covered_low, found.is_ongoing),
            "trial_note": trial_notes(found.trial_of, found.settled, found.aligned, found.may_be_one, may_end),
            "trial_detail": trial_details(link, tables["exposure_detail"]),
            "trial_exposure": link,
            "trial_run": _run_table(knowledge, found.runs),
        }
    )


def _trial_table(
    courses: Courses, covered: NDArray[np.int32], covered_low: NDArray[np.int32], is_ongoing: NDArray[np.bool_]
) -> Columns:
    folded = courses.folded
    columns: dict[str, Column] = {
        "trial_key": np.arange(len(courses.person), dtype=np.uint32),
        "person_key": courses.person,
        "treatment_key": courses.treatment,
        "start_date": folded.start,
        "end_date": folded.reach,
        "is_ongoing": is_ongoing,
        "covered_days": covered,
        "covered_days_low": covered_low,
        "max_dose_mg": folded.max_dose,
        "is_dose_complete": folded.is_dose_complete & ~(folded.most_dose > folded.max_dose),
        "n_exposures": folded.n_rows.astype(np.uint32),
    }
    return Columns(Trial, len(courses.person), columns)


def _run_table(knowledge: Knowledge, runs: Runs) -> Columns:
    n_tables, n = runs.low.shape
    columns: dict[str, Column] = {
        "dose_rule_key": lambda: each("dose_rule_key", np.array(knowledge.dose_rules_in_use, np.uint8), n),
        "trial_key": lambda: repeated(pl.Series("trial_key", np.arange(n, dtype=np.uint32)), n_tables),
        "days": runs.days.ravel(),
        "days_low": runs.low.ravel(),
        "episode_days": runs.episode_days.ravel(),
        "episode_days_low": runs.episode_low.ravel(),
    }
    return Columns(TrialRun, n_tables * n, columns)
