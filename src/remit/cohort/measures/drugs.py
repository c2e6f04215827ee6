"""Counts by treatment: dose and duration of trials under each rule, days on treatment, and days covered early on."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged
from remit.engine.columns import codes, days
from remit.engine.grouping import Grouping, covered_days
from remit.flow.settle import exact_rows, index_days
from remit.tables import UNKNOWN, YES, Adequacy

_TRIAL_BITS = 16


def adequacy_counts(judged: Judged) -> pl.DataFrame:
    """Trials and courses of persons by treatment and rule: dose reached, long enough at it, both.

    A person is counted once for each treatment: `n_ever_dose` by the best of their trials.
    """
    tables, knowledge = judged.tables, judged.knowledge
    trial = tables["trial"]
    treatment = trial["treatment_key"].to_numpy().astype(np.int64)
    person = trial["person_key"].to_numpy().astype(np.int64)
    by_person = Grouping((person << _TRIAL_BITS) | treatment)
    owner = by_person.first(treatment)
    judgement = codes(tables["adequacy"], Adequacy, "dose_met", "duration_met")
    n = trial.height
    size = len(knowledge.treatments)
    parts = []
    for block, rule_key in enumerate(knowledge.rules_in_use):
        dose, duration = (column[block * n : (block + 1) * n] for column in judgement)
        both = np.minimum(dose, duration)
        ever = by_person.greatest(dose), by_person.greatest(both)
        columns = {
            "rule": [knowledge.rules[rule_key].id] * size,
            "treatment": [t.id for t in knowledge.treatments],
            "n_trials": np.bincount(treatment, minlength=size),
            "n_dose_met": np.bincount(treatment[dose == YES], minlength=size),
            "n_dose_unknown": np.bincount(treatment[dose == UNKNOWN], minlength=size),
            "n_adequate": np.bincount(treatment[both == YES], minlength=size),
            "n_adequate_unknown": np.bincount(treatment[both == UNKNOWN], minlength=size),
            "n_persons": np.bincount(owner, minlength=size),
            "n_ever_dose": np.bincount(owner[ever[0] == YES], minlength=size),
            "n_ever_dose_unknown": np.bincount(owner[ever[0] == UNKNOWN], minlength=size),
            "n_ever_adequate": np.bincount(owner[ever[1] == YES], minlength=size),
        }
        parts.append(pl.DataFrame(columns))
    schema = {"rule": pl.String, "treatment": pl.String}
    whole = pl.concat(parts) if parts else pl.DataFrame(schema=schema | {"n_trials": pl.Int64})
    return whole.filter(pl.col("n_trials") > 0)


def duration_counts(judged: Judged) -> pl.DataFrame:
    """Trials by treatment and covered days, where these are known."""
    trial = judged.tables["trial"].filter(pl.col("covered_days").is_not_null())
    return _histogram(judged, trial["treatment_key"].to_numpy(), trial["covered_days"].to_numpy(), "n_trials")


def persistence_counts(judged: Judged) -> pl.DataFrame:
    """Persons by treatment and days covered within the window that begins with the treatment's first day.

    Only those who were observed to the end of the window. Days covered twice count once; stock is not carried over.
    """
    window = int(judged.knowledge.cohort.persistence_days.value)
    tables = judged.tables
    rows = exact_rows(tables["exposure"], index_days(tables, tables["exposure"]))
    if not len(rows.start):
        return _histogram(judged, np.empty(0, np.int64), np.empty(0, np.int64), "n_persons")
    course = (rows.person.astype(np.int64) << _TRIAL_BITS) | rows.treatment
    grouping = Grouping(course)
    first = grouping.least(rows.start)
    begin = first[grouping.of_row]
    end = np.minimum(rows.end, begin + window)
    keep = rows.start < begin + window
    covered = covered_days(
        grouping.of_row[keep], rows.start[keep].astype(np.int64), end[keep].astype(np.int64), len(first)
    )
    index = days(tables["person"]["index_date"])[(grouping.key >> _TRIAL_BITS)]
    whole = first + window <= index + 1
    treatment = grouping.key & ((1 << _TRIAL_BITS) - 1)
    return _histogram(judged, treatment[whole], covered[whole], "n_persons")


def _histogram(judged: Judged, treatment: NDArray[np.integer], value: NDArray[np.integer], name: str) -> pl.DataFrame:
    key, n = np.unique((treatment.astype(np.int64) << 32) | value.astype(np.int64), return_counts=True)
    names = pl.Series([t.id for t in judged.knowledge.treatments], dtype=pl.String)
    return pl.DataFrame(
        {"treatment": names.gather(key >> 32), "days": key & 0xFFFFFFFF, name: n},
        schema_overrides={"treatment": pl.String, "days": pl.Int64, name: pl.Int64},
    )
