"""Was it a fair try? Did it work?

Judges every trial under every adequacy rule that a definition names: dose, weeks, adherence and outcome, each yes, no
or unknown. docs/explanation/semantics.md, *Adequacy of a trial under a rule*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import each, repeated
from remit.engine.logic import Tri, between, every, known, negate
from remit.engine.written import Column, Columns, Written, columns_of
from remit.flow.joined import Joined, kept_to
from remit.flow.response import responses
from remit.flow.scope import began_in_episode, ran_in_episode, spans
from remit.knowledge import AdequacyRule, Knowledge
from remit.tables import UNKNOWN, YES, Adequacy, Tables, Trial, TrialNote, TrialRun

Int = NDArray[np.int32]

DAYS_PER_WEEK = 7

AT_ONCE = 1 << 16
"""Trials times rules that are judged in one step: all rules of a person, but one at a time of a population."""


class _Trials(NamedTuple):
    """Columns of trials that all rules share."""

    treatment: NDArray[np.uint16]
    is_course: NDArray[np.bool_]  # given as sessions
    max_dose: NDArray[np.float64]
    is_dose_complete: NDArray[np.bool_]
    sessions: NDArray[np.float64]  # nan: not recorded
    are_sessions_complete: NDArray[np.bool_]
    adherence: NDArray[np.float64]
    for_side_effects: Tri
    began_in_episode: Tri
    ran_in_episode: Tri
    joined: Joined


class _Runs(NamedTuple):
    """Longest runs by dose table and trial; -1: no bound."""

    days: Int
    low: Int
    episode_days: Int
    episode_low: Int


class _Asked(NamedTuple):
    """What some rules ask for, by rule; the arrays of shape (rules, 1)."""

    place: list[int]  # of the dose table among those in use
    days: Int
    adherence: NDArray[np.float64]


class _Lent(NamedTuple):
    """What the tables of doses and sessions say, by rule and trial."""

    dose_met: Tri
    has_number: NDArray[np.bool_]  # of sessions


def adequacy(tables: Tables, knowledge: Knowledge) -> Written:
    """Judge trials under the adequacy rules in use.

    Reads `person`, `episode`, `trial`, `trial_note`, `trial_exposure`, `trial_run`, `outcome`, `measurement`.
    Writes `response`, `adequacy` (in order of rule, then trial).
    """
    improvement, response = responses(tables, knowledge)
    trials, keys = _columns(tables, knowledge), knowledge.rules_in_use
    n = len(trials.treatment)
    runs = _runs(columns_of(tables, TrialRun), (len(knowledge.dose_rules_in_use), n))
    lent: dict[tuple[int, int], _Lent] = {}
    judged = {name: np.empty((len(keys), n), np.uint8) for name in Adequacy.words()}
    step = max(1, AT_ONCE // max(1, n))
    for first in range(0, len(keys), step):
        slab = slice(first, first + step)
        rules = [knowledge.rules[key] for key in keys[slab]]
        parts = [_lent(key, trials, knowledge, lent) for key in keys[slab]]
        doses, numbers = ([part[i] for part in parts] for i in range(2))
        unhelped = np.array([improvement.nonresponse(rule.nonresponse) for rule in rules])
        asked = _asked(keys[slab], rules, knowledge)
        for name, value in _judge(asked, trials, runs, _Lent(np.array(doses), np.array(numbers)), unhelped).items():
            judged[name][slab] = value
    return Written({"response": response, "adequacy": _table(judged, keys, n)})


def _judge(asked: _Asked, trials: _Trials, runs: _Runs, lent: _Lent, unhelped: Tri) -> dict[str, Tri]:
    """Three-valued columns of table `adequacy` by rule and trial, as codes."""
    by_days = _between(runs.low[asked.place], runs.days[asked.place], asked.days)
    duration_met = _duration(by_days, lent.has_number, trials)
    by_days = _between(runs.episode_low[asked.place], runs.episode_days[asked.place], asked.days)
    in_episode = _duration(by_days, lent.has_number, trials, within=trials.began_in_episode)
    is_kept = known(trials.adherence >= asked.adherence)
    adherence_met = np.where(np.isnan(trials.adherence), np.uint8(UNKNOWN), is_kept)
    helped_not = every(kept_to(adherence_met, trials.joined), trials.joined.agreed(unhelped))
    return {
        "dose_met": lent.dose_met,
        "duration_met": duration_met,
        "adherence_met": adherence_met,
        "failed_adequate": every(lent.dose_met, duration_met, helped_not),
        "intolerant": every(trials.for_side_effects, negate(duration_met)),
        "episode_duration_met": in_episode,
        "failed_in_episode": every(lent.dose_met, in_episode, helped_not),
        "intolerant_in_episode": every(trials.for_side_effects, negate(in_episode), trials.ran_in_episode),
    }


def _asked(keys: Sequence[int], rules: Sequence[AdequacyRule], knowledge: Knowledge) -> _Asked:
    days = [math.ceil(rule.min_weeks.value * DAYS_PER_WEEK) for rule in rules]
    adherence = [rule.adherence_at_least.value for rule in rules]
    place = [knowledge.dose_rules_in_use.index(knowledge.dose_rule_key(key)) for key in keys]
    return _Asked(place, np.array(days, np.int32)[:, None], np.array(adherence)[:, None])


def _table(judged: dict[str, NDArray[np.uint8]], rule_keys: Sequence[int], n: int) -> Columns:
    columns: dict[str, Column] = {
        "trial_key": lambda: repeated(pl.Series("trial_key", np.arange(n, dtype=np.uint32)), len(rule_keys)),
        "rule_key": lambda: each("rule_key", np.array(rule_keys, np.uint8), n),
    }
    columns |= {name: codes_of.ravel() for name, codes_of in judged.items()}
    return Columns(Adequacy, len(rule_keys) * n, columns)


def adequacy_with_days(tables: Tables, knowledge: Knowledge) -> pl.DataFrame:
    """Table `adequacy` with the days that it judged: `adequate_days` and `episode_days`, each with a low bound."""
    judged, run, n = tables["adequacy"], tables["trial_run"], tables["trial"].height
    # Both stand in order of trials, by rule and by the dose table that a rule uses.
    lenders = [knowledge.dose_rules_in_use.index(knowledge.dose_rule_key(rule)) for rule in knowledge.rules_in_use]
    days = run.drop("dose_rule_key", "trial_key").rename({"days": "adequate_days", "days_low": "adequate_days_low"})
    return judged.hstack(pl.concat([days.clear(), *(days.slice(place * n, n) for place in lenders)]))


def _lent(key: int, trials: _Trials, knowledge: Knowledge, found: dict[tuple[int, int], _Lent]) -> _Lent:
    """By trial, for one rule; rules that borrow a table share what it says."""
    lender = knowledge.dose_rule_key(key), knowledge.sessions_rule_key(key)
    if lender not in found:
        sessions = knowledge.minimum_sessions(key)[trials.treatment]
        found[lender] = _Lent(
            _dose(knowledge.minimum_doses(key)[trials.treatment], sessions, trials), ~np.isnan(sessions)
        )
    return found[lender]


def _dose(minimum: NDArray[np.float64], sessions: NDArray[np.float64], trials: _Trials) -> Tri:
    """Whether the minimum dose, or the number of sessions, was reached; unknown where the rule has neither."""
    is_reached = trials.max_dose >= minimum
    by_dose = between(is_reached, is_reached | ~trials.is_dose_complete)
    enough = trials.sessions >= sessions
    by_sessions = between(enough, enough | ~trials.are_sessions_complete)
    is_silent = np.isnan(minimum) & np.isnan(sessions)
    return np.where(is_silent, np.uint8(UNKNOWN), np.where(np.isnan(sessions), by_dose, by_sessions))


def _between(low: Int, high: Int, needed: Int) -> Tri:
    """Whether as many days are reached; -1: `high` has no bound."""
    return between(low >= needed, (high >= needed) | (high < 0))


def _duration(by_days: Tri, has_number: NDArray[np.bool_], trials: _Trials, within: Tri | None = None) -> Tri:
    """Whether the time was long enough, within the episode if asked.

    A treatment given as sessions is not judged by days: its number of sessions decides, where the rule has one.
    """
    if not np.count_nonzero(trials.is_course):
        return by_days
    by_course = np.where(has_number, np.uint8(YES), np.uint8(UNKNOWN))
    if within is not None:
        by_course = every(by_course, within)
    return np.where(has_number | trials.is_course, by_course, by_days)


def _runs(run: Columns, shape: tuple[int, int]) -> _Runs:
    """The table stands in order of dose table, then trial."""
    columns = ("days", "days_low", "episode_days", "episode_days_low")
    return _Runs(*(run[name].reshape(shape) for name in columns))


def _columns(tables: Tables, knowledge: Knowledge) -> _Trials:
    trial, note = columns_of(tables, Trial), columns_of(tables, TrialNote)
    joined, dates = Joined(tables), spans(tables)
    n = trial.height
    sessions, adherence = np.full(n, np.nan), np.full(n, np.nan)
    for_side_effects, may_be_one = np.zeros(n, np.uint8), np.zeros(n, bool)
    if note.height:
        at = note["trial_key"]
        sessions[at], adherence[at] = note["sessions"], note["adherence"]
        may_be_one[at], for_side_effects[at] = note["may_be_one"], note["for_side_effects"]
    treatment = trial["treatment_key"]
    return _Trials(
        treatment,
        knowledge.is_sessions[treatment],
        trial["max_dose_mg"],
        trial["is_dose_complete"],
        joined.blanked(sessions),
        ~np.isnan(sessions) & ~may_be_one,
        adherence,
        for_side_effects,
        joined.agreed(began_in_episode(dates)),
        ran_in_episode(dates),
        joined,
    )
