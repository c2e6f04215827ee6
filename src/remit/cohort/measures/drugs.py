"""Counts by treatment: dose and duration of trials under each rule, days on treatment, and days covered early on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged
from remit.engine.columns import codes, days
from remit.engine.compiled import pays, run
from remit.engine.grouping import Grouping
from remit.engine.packing import BLOCK, Rows, sorted_blocks
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
    exposure = tables["exposure"]

    def slices() -> Iterator[Rows]:
        for part in exposure.iter_slices(BLOCK):
            yield exact_rows(part, index_days(tables, part) + 1)  # the index date is a day of the window too

    index = days(tables["person"]["index_date"])
    key = tables["person"]["person_key"].to_numpy()
    treatments, covered = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for rows in sorted_blocks(slices, exposure.height):
        found = [np.empty(len(rows.person), np.int64) for _ in range(3)]
        n = run(covered_early, [*rows[:4]], [window], found, is_many=pays(exposure.height))
        at, first, covers = (column[:n] for column in found)
        until = index[np.searchsorted(key, rows.person[at])]
        is_whole = first + window <= until + 1
        treatments.append(rows.treatment[at[is_whole]].astype(np.int64))
        covered.append(covers[is_whole])
    return _histogram(judged, np.concatenate(treatments), np.concatenate(covered), "n_persons")


def covered_early(
    person: Sequence[int], treatment: Sequence[int], start: Sequence[int], end: Sequence[int], window: int, at: Any,
    first: Any, covers: Any,
) -> int:  # fmt: skip
    """By person and treatment: a row of them, the first day, and days covered in the window that begins with it.

    Rows stand in order of person, treatment and start. Returns how many entries were written.
    """
    n, reach = -1, 0
    for i in range(len(person)):
        if n < 0 or person[i] != person[i - 1] or treatment[i] != treatment[i - 1]:
            n += 1
            at[n], first[n], covers[n] = i, start[i], 0
            reach = start[i]
        begin, until = max(start[i], reach), min(end[i], first[n] + window)
        if until > begin:
            covers[n] += until - begin
            reach = until
    return n + 1


def _histogram(judged: Judged, treatment: NDArray[np.integer], value: NDArray[np.integer], name: str) -> pl.DataFrame:
    key, n = np.unique((treatment.astype(np.int64) << 32) | value.astype(np.int64), return_counts=True)
    names = pl.Series([t.id for t in judged.knowledge.treatments], dtype=pl.String)
    return pl.DataFrame(
        {"treatment": names.gather(key >> 32), "days": key & 0xFFFFFFFF, name: n},
        schema_overrides={"treatment": pl.String, "days": pl.Int64, name: pl.Int64},
    )
