"""Which trials ran together: cross-taper, combination or augmentation. Used by `trials`."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY
from remit.engine.logic import known
from remit.engine.written import Columns
from remit.knowledge import Knowledge
from remit.tables import TrialOverlap

LEADING = ("antidepressant", "rapid_acting")
TOGETHER = (*LEADING, "augmentation", "herbal", "investigational")

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


def overlaps(trial: Columns, note: Columns, knowledge: Knowledge) -> pl.DataFrame | Columns:
    """Table `trial_overlap`: pairs of a person's trials that share days, the one that was added second."""
    if trial.height <= 1:
        return TrialOverlap.empty()
    treatment = trial["treatment_key"]
    start, end = trial["start_date"].astype(np.int64), trial["end_date"].astype(np.int64)
    takes_part = knowledge.in_roles(*TOGETHER)[treatment] & (start != NO_DAY) & (end != NO_DAY)
    first, second = pairs(trial["person_key"].astype(np.int64), start, end, takes_part)
    if not len(first):
        return TrialOverlap.empty()
    shared = np.minimum(end[first], end[second]) - np.maximum(start[first], start[second])

    leads = knowledge.in_roles(*LEADING)[treatment]
    # Two that start on one day: the augmenting one was added; else the later by id, which is the later row.
    swap = (start[first] == start[second]) & leads[second] & ~leads[first]
    augments = declared(trial.height, note)
    says_first, says_second = augments[first] == treatment[second], augments[second] == treatment[first]
    swap = np.where(says_first, True, np.where(says_second, False, swap))
    is_declared = says_first | says_second
    is_mixed = leads[first] != leads[second]
    kind = np.where(~is_declared & (shared <= knowledge.policy.cross_taper_days.value), 0, np.where(is_mixed, 2, 1))
    base, added = np.where(swap, second, first), np.where(swap, first, second)
    columns: dict[str, NDArray[Any]] = {
        "trial_key": base.astype(np.uint32),
        "added_trial_key": added.astype(np.uint32),
        "overlap_days": shared.astype(np.int32),
        "kind": kind.astype(np.uint8),
        "is_declared": known(is_declared),
    }
    order = np.lexsort((added, base))
    return Columns(TrialOverlap, len(order), {name: column[order] for name, column in columns.items()})


def declared(n: int, note: Columns) -> NDArray[np.int64]:
    """By trial: the treatment that the record says it was added to; -1 where it says nothing."""
    augments = np.full(n, -1, np.int64)
    if note.height:
        key = note["augments_key"]
        augments[note["trial_key"]] = np.where(np.isnan(key), -1, key)
    return augments


def pairs(
    person: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64], takes_part: NDArray[np.bool_]
) -> Pairs:
    """All pairs of rows of one person that share a day, the earlier start first.

    Rows sorted by person and start are compared with their next, second next ... neighbour until no row has one that
    begins before the latest end so far among its person's rows.
    """
    rows = takes_part.nonzero()[0]
    rows = rows[np.argsort((person[rows] << 32) + start[rows], kind="stable")]
    firsts, seconds = [], []
    ahead = np.arange(len(rows))
    step = 0
    while len(ahead):
        step += 1
        ahead = ahead[ahead + step < len(rows)]
        a, b = rows[ahead], rows[ahead + step]
        is_near = (person[a] == person[b]) & (start[b] < end[a])
        shares = is_near & (end[b] > start[b])
        firsts.append(a[shares])
        seconds.append(b[shares])
        ahead = ahead[is_near]
    if not firsts:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    return np.concatenate(firsts), np.concatenate(seconds)
