"""Was it a fair try? Did it work?

Judges every trial under every adequacy rule that a definition names: dose, weeks, adherence and outcome, each yes, no
or unknown. docs/explanation/semantics.md, *Adequacy of a trial under a rule*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import codes, repeated, values, with_enums
from remit.engine.logic import Tri, between, every, known, negate
from remit.flow.joined import Joined, kept_to
from remit.flow.response import improvement_of, responses
from remit.flow.scope import began_in_episode, ran_in_episode, spans
from remit.knowledge import AdequacyRule, Knowledge
from remit.tables import UNKNOWN, YES, Adequacy, Tables, TrialNote

Int = NDArray[np.int32]

DAYS_PER_WEEK = 7


class _Trials(NamedTuple):
    """Columns of trials that all rules share."""

    treatment: NDArray[np.uint16]
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
    """Longest runs of the trials in one dose table; -1: no bound."""

    days: Int
    low: Int
    episode_days: Int
    episode_low: Int


def adequacy(tables: Tables, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Judge trials under the adequacy rules in use.

    Reads `person`, `episode`, `trial`, `trial_note`, `trial_exposure`, `trial_run`, `outcome`, `measurement`.
    Writes `response`, `adequacy` (in order of rule, then trial).
    """
    response = responses(tables, knowledge)
    improvement = improvement_of(response)
    trials = _columns(tables)
    n = len(trials.treatment)
    run_of = {rule: _runs(tables["trial_run"], i, n) for i, rule in enumerate(knowledge.dose_rules_in_use)}
    judged: dict[str, NDArray[np.uint8]] = {}
    doses: dict[tuple[int, int], Tri] = {}
    for place, rule_key in enumerate(knowledge.rules_in_use):
        rule = knowledge.rules[rule_key]
        runs = run_of[knowledge.dose_rule_key(rule_key)]
        lender = knowledge.dose_rule_key(rule_key), knowledge.sessions_rule_key(rule_key)
        if lender not in doses:  # rules that borrow a table share what it says
            doses[lender] = _dose(rule_key, trials, knowledge)
        unhelped = trials.joined.agreed(improvement.nonresponse(rule.nonresponse))
        for name, value in _judge(rule_key, rule, trials, runs, doses[lender], unhelped, knowledge).items():
            if name not in judged:  # by rule, then trial
                judged[name] = np.empty((len(knowledge.rules_in_use), n), np.uint8)
            judged[name][place] = value
    return {"response": response, "adequacy": _table(judged, knowledge.rules_in_use, n)}


def _judge(
    rule_key: int,
    rule: AdequacyRule,
    trials: _Trials,
    runs: _Runs,
    dose_met: Tri,
    unhelped: Tri,
    knowledge: Knowledge,
) -> dict[str, Tri]:
    """Three-valued columns of table `adequacy` for one rule, as codes."""
    needed = rule.min_weeks.value * DAYS_PER_WEEK
    duration_met = _duration(rule_key, between(runs.low >= needed, _reaches(runs.days, needed)), trials, knowledge)
    by_days = between(runs.episode_low >= needed, _reaches(runs.episode_days, needed))
    in_episode = _duration(rule_key, by_days, trials, knowledge, within=trials.began_in_episode)
    adherence = np.where(np.isnan(trials.adherence), UNKNOWN, known(trials.adherence >= rule.adherence_at_least.value))
    adherence_met = adherence.astype(np.uint8)
    helped_not = every(kept_to(adherence_met, trials.joined), unhelped)
    return {
        "dose_met": dose_met,
        "duration_met": duration_met,
        "adherence_met": adherence_met,
        "failed_adequate": every(dose_met, duration_met, helped_not),
        "intolerant": every(trials.for_side_effects, negate(duration_met)),
        "episode_duration_met": in_episode,
        "failed_in_episode": every(dose_met, in_episode, helped_not),
        "intolerant_in_episode": every(trials.for_side_effects, negate(in_episode), trials.ran_in_episode),
    }


def _table(judged: dict[str, NDArray[np.uint8]], rule_keys: Sequence[int], n: int) -> pl.DataFrame:
    if not judged:
        return Adequacy.empty()
    columns = [
        repeated(pl.Series("trial_key", np.arange(n, dtype=np.uint32)), len(rule_keys)),
        pl.Series("rule_key", np.repeat(np.array(rule_keys, np.uint8), n)),
        *(pl.Series(name, codes_of.ravel()) for name, codes_of in judged.items()),
    ]
    return with_enums(columns, Adequacy.words())


def adequacy_with_days(tables: Tables, knowledge: Knowledge) -> pl.DataFrame:
    """Table `adequacy` with the days that it judged: `adequate_days` and `episode_days`, each with a low bound."""
    rules = knowledge.rules_in_use
    lenders = pl.DataFrame(
        {"rule_key": rules, "dose_rule_key": [knowledge.dose_rule_key(rule) for rule in rules]},
        schema={"rule_key": pl.UInt8, "dose_rule_key": pl.UInt8},
    )
    runs = tables["trial_run"].rename({"days": "adequate_days", "days_low": "adequate_days_low"})
    judged = tables["adequacy"].join(lenders, on="rule_key", how="left", maintain_order="left")
    joined = judged.join(runs, on=["dose_rule_key", "trial_key"], how="left", maintain_order="left")
    return joined.drop("dose_rule_key")


def _dose(rule_key: int, trials: _Trials, knowledge: Knowledge) -> Tri:
    """Whether the minimum dose, or the number of sessions, was reached; unknown where the rule has neither."""
    minimum = knowledge.minimum_doses(rule_key)[trials.treatment]
    sessions = knowledge.minimum_sessions(rule_key)[trials.treatment]
    by_dose = between(trials.max_dose >= minimum, (trials.max_dose >= minimum) | ~trials.is_dose_complete)
    enough = trials.sessions >= sessions
    by_sessions = between(enough, enough | ~trials.are_sessions_complete)
    is_silent = np.isnan(minimum) & np.isnan(sessions)
    return np.where(is_silent, np.uint8(UNKNOWN), np.where(np.isnan(sessions), by_dose, by_sessions))


def _reaches(days: Int, needed: float) -> NDArray[np.bool_]:
    return (days >= needed) | (days < 0)


def _duration(rule_key: int, by_days: Tri, trials: _Trials, knowledge: Knowledge, within: Tri | None = None) -> Tri:
    """Whether the time was long enough, within the episode if asked.

    A treatment given as sessions is not judged by days: its number of sessions decides, where the rule has one.
    """
    is_course = knowledge.is_sessions[trials.treatment]
    if not is_course.any():
        return by_days
    has_number = ~np.isnan(knowledge.minimum_sessions(rule_key))[trials.treatment]
    by_course = np.where(has_number, np.uint8(YES), np.uint8(UNKNOWN))
    if within is not None:
        by_course = every(by_course, within)
    return np.where(has_number | is_course, by_course, by_days)


def _runs(run: pl.DataFrame, place: int, n: int) -> _Runs:
    """The block of one dose table; the table stands in order of dose table, then trial."""
    block = run.slice(place * n, n)
    columns = ("days", "days_low", "episode_days", "episode_days_low")
    return _Runs(*(values(block[name], -1) for name in columns))


def _columns(tables: Tables) -> _Trials:
    trial, note = tables["trial"], tables["trial_note"]
    joined, dates = Joined(tables), spans(tables)
    n = trial.height
    sessions, adherence = np.full(n, np.nan), np.full(n, np.nan)
    for_side_effects, may_be_one = np.zeros(n, np.uint8), np.zeros(n, bool)
    if not note.is_empty():
        at = note["trial_key"].to_numpy()
        sessions[at] = values(note["sessions"], np.nan)
        adherence[at] = values(note["adherence"], np.nan)
        may_be_one[at] = note["may_be_one"].to_numpy()
        for_side_effects[at] = codes(note, TrialNote, "for_side_effects")[0]
    return _Trials(
        trial["treatment_key"].to_numpy(),
        values(trial["max_dose_mg"], np.nan),
        trial["is_dose_complete"].to_numpy(),
        joined.blanked(sessions),
        ~np.isnan(sessions) & ~may_be_one,
        adherence,
        for_side_effects,
        joined.agreed(began_in_episode(dates)),
        ran_in_episode(dates),
        joined,
    )
