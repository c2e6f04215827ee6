"""What is known of a trial beyond dates and dose, gathered from its exposures. Used by `trials`."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import (
    NO_CODE,
    NO_DAY,
    codes,
    values,
)
from remit.engine.intervals import FAR
from remit.engine.logic import Tri, between
from remit.engine.written import Column, Columns
from remit.flow.settle import Settled
from remit.tables import ExposureNote, TrialDetail, TrialNote
from remit.tables.records import EVIDENCE, STOP_REASONS


def may_end_trial(settled: Settled, trial_of: NDArray[np.int32]) -> NDArray[np.bool_]:
    """By exposure: whether it may be the one that ends its trial, and so says how the trial turned out.

    Those whose latest end is not before the latest of the trial's earliest ends; where two end on one exact day, the
    later in the record.
    """
    n = int(trial_of.max(initial=-1)) + 1
    surely = np.full(n, NO_DAY, np.int32)
    np.maximum.at(surely, trial_of, settled.early_end)
    may: NDArray[np.bool_] = settled.possible[1] >= surely[trial_of]
    is_exact = may & (settled.early_end == settled.possible[1])
    last = np.full(n, -1, np.int64)
    np.maximum.at(last, trial_of[is_exact], settled.key[is_exact])
    return np.asarray(may & (~is_exact | (last[trial_of] == settled.key)))


def trial_notes(
    trial_of: NDArray[np.int32],
    settled: Settled,
    note: pl.DataFrame,
    may_be_one: NDArray[np.bool_],
    may_end: NDArray[np.bool_],
) -> Columns:
    """Table `trial_note`, one row per trial.

    Parameters
    ----------
    trial_of : array of int
        The trial of each exposure, in the order of `settled`.
    settled : Settled
    note : table `exposure_note`, aligned to the exposures, null where there is none
    may_be_one : array of bool, by trial
    may_end : array of bool
        By exposure: whether it may have ended its trial.
    """
    n = len(may_be_one)
    stop_reason, evidence = (
        column[settled.position] for column in codes(note, ExposureNote, "stop_reason", "evidence")
    )
    evidence = np.where(evidence == NO_CODE, np.uint8(EVIDENCE.index("fill")), evidence)
    sessions, adherence = (values(note[name], np.nan)[settled.position] for name in ("sessions", "adherence"))
    augments = values(note["augments_key"], FAR).astype(np.int64)[settled.position]
    # In the order of their latest ends, so that the last reason to stop is the trial's.
    order = np.lexsort((settled.key, settled.possible[1], trial_of))
    last = order[np.searchsorted(trial_of[order], np.arange(n), side="right") - 1]
    columns: dict[str, Column] = {
        "trial_key": np.arange(n, dtype=np.uint32),
        "start_latest_date": _least(trial_of, settled.late_start, n),
        "end_earliest_date": _reduce(np.maximum, trial_of, settled.early_end, n, NO_DAY),
        "sessions": np.bincount(trial_of, weights=sessions, minlength=n),
        "adherence": _reduce(np.fmin, trial_of, adherence, n, np.nan),
        "stop_reason": stop_reason[last],
        "augments_key": _first(trial_of, augments, settled.key, n),
        "evidence": _reduce(np.maximum, trial_of, evidence, n, 0),
        "may_be_one": may_be_one,
        "for_side_effects": _for_side_effects(trial_of, stop_reason, may_end, n),
    }
    return Columns(TrialNote, n, columns)


def _for_side_effects(
    trial_of: NDArray[np.int32], stop_reason: NDArray[np.uint8], may_end: NDArray[np.bool_], n: int
) -> Tri:
    """By trial: whether it was stopped for side effects; unknown where those that may have ended it differ."""
    says_so = stop_reason == STOP_REASONS.index("side_effects")
    yes = np.bincount(trial_of[may_end & says_so], minlength=n)
    return between(yes == np.bincount(trial_of[may_end], minlength=n), yes > 0)


def _reduce(
    function: np.ufunc, trial_of: NDArray[np.int32], column: NDArray[np.generic], n: int, start: float
) -> NDArray[np.generic]:
    result = np.full(n, start, column.dtype)
    function.at(result, trial_of, column)
    return result


def _least(trial_of: NDArray[np.int32], column: NDArray[np.int32], n: int) -> NDArray[np.generic]:
    """By trial: the least of the days that are known; NO_DAY if none is."""
    least = _reduce(np.minimum, trial_of, np.where(column == NO_DAY, FAR, column), n, FAR)
    return np.where(least == FAR, NO_DAY, least)


def _first(
    trial_of: NDArray[np.int32], key: NDArray[np.int64], record: NDArray[np.uint32], n: int
) -> NDArray[np.float64]:
    """By trial: the key of the first exposure in the record that has one; nan if none has. FAR stands for no key."""
    result = np.full(n, np.nan)
    has = np.flatnonzero(key != FAR)
    has = has[np.argsort(record[has])[::-1]]
    result[trial_of[has]] = key[has]
    return result


def trial_details(links: Columns, detail: pl.DataFrame) -> pl.DataFrame:
    """Table `trial_detail`: a value is settled if every exposure of the trial has it."""
    if detail.is_empty():
        return TrialDetail.empty()
    link = links.frame()
    size = link.group_by("trial_key").len("n_exposures")
    found = detail.join(link, on="exposure_key").group_by("trial_key", "name", "value").len("n")
    settled = found.join(size, on="trial_key").with_columns((pl.col("n") == pl.col("n_exposures")).alias("is_settled"))
    return TrialDetail.conform(settled.sort("trial_key", "name", "value"))
