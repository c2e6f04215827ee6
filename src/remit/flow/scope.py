"""Where trials lie against the current episode, three-valued. Used by `adequacy` and `resistance`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAY, days
from remit.engine.intervals import FAR
from remit.engine.logic import Tri, between
from remit.engine.written import columns_of
from remit.flow.once import once
from remit.flow.settle import LONG_AGO, person_rows
from remit.tables import Tables, Trial, TrialNote

Int = NDArray[np.int32]


class Spans(NamedTuple):
    """Trials as days, with bounds in place of unknown dates, beside their person's episode."""

    start: Int  # earliest
    late_start: Int
    early_end: Int
    end: Int  # latest
    episode_start: Int  # earliest
    episode_late_start: Int
    is_exact: NDArray[np.bool_]  # both dates are known to the day


@once
def spans(tables: Tables) -> Spans:
    """The dates of every trial and of the episode it may lie in."""
    trial, note = columns_of(tables, Trial), columns_of(tables, TrialNote)
    index, episode_start, episode_late_start = person_days(tables)
    at = person_rows(tables, trial["person_key"])
    start, end = trial["start_date"], trial["end_date"]
    late_start = np.where(start == NO_DAY, FAR, start)
    early_end = np.where(end == NO_DAY, LONG_AGO, end)
    if note.height:
        where, latest, earliest = note["trial_key"], note["start_latest_date"], note["end_earliest_date"]
        late_start[where] = np.where(latest == NO_DAY, FAR, latest)
        early_end[where] = np.where(earliest == NO_DAY, LONG_AGO, earliest)
        early_end = np.minimum(early_end, index[at] + 1)
    is_exact = (start != NO_DAY) & (end != NO_DAY) & (start == late_start) & (end == early_end)
    return Spans(
        np.where(start == NO_DAY, LONG_AGO, start),
        late_start,
        early_end,
        np.where(end == NO_DAY, index[at] + 1, end),
        episode_start[at],
        episode_late_start[at],
        is_exact,
    )


@once
def person_days(tables: Tables) -> tuple[Int, Int, Int]:
    """By person: index date, earliest and latest start of the episode (long ago and far ahead where unknown)."""
    person, episode = tables["person"], tables["episode"]
    n = person.height
    earliest, latest = np.full(n, LONG_AGO, np.int32), np.full(n, FAR, np.int32)
    if not episode.is_empty():
        at = person_rows(tables, episode["person_key"].to_numpy())
        earliest[at] = days(episode["start_date"], LONG_AGO)
        latest[at] = days(episode["start_latest_date"], FAR)
    index = days(person["index_date"])
    return index, earliest, np.where(latest == FAR, FAR, np.minimum(latest, index))


def ran_in_episode(spans: Spans) -> Tri:
    """Whether a trial ran on for at least a day of the episode."""
    return between(spans.early_end > spans.episode_late_start, spans.end > spans.episode_start)


def began_in_episode(spans: Spans) -> Tri:
    """Whether a course that counts by sessions lies in the episode as a whole; unknown where it may straddle."""
    return between(spans.start >= spans.episode_late_start, spans.end > spans.episode_start)
