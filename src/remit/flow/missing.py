"""Which unknown facts leave a verdict open: what to ask for next. Used by `reasons`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.logic import Tri, every, negate
from remit.flow.features import Features, Units
from remit.knowledge import AdequacyRule, Definition
from remit.knowledge.definition import EpisodeFeature, SpanFeature, TrialFeature
from remit.knowledge.pattern import PatternFeature, StepFeature
from remit.tables import NO, UNKNOWN, Missing

Flags = NDArray[np.bool_]

EPISODE_START = "episode_start"


class MissingFacts:
    """Collects the rows of `missing` of every definition, each fact once, in the order they are found."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self.key = 0
        self._person: list[int] = features.person.tolist()
        self._rows: dict[tuple[int, int, str, int | None], None] = {}
        self._open: dict[tuple[Any, ...], dict[str, list[bool]]] = {}

    def add(
        self, key: int, definition: Definition, values: dict[str, Units], is_open: Flags, excluded: Tri | None
    ) -> None:
        """Enter one definition.

        Parameters
        ----------
        key : int
            Key of the definition.
        values : dict of Units
            Its features.
        is_open : array of bool
            By person: whether the verdict is undetermined.
        excluded : Tri, optional
            By person: whether a condition takes them out of the definition; None: nobody.
        """
        if not is_open.any():
            return
        self.key = key
        if excluded is not None:
            self.of_persons(is_open & (excluded == UNKNOWN), "condition_status")
        for name, units in values.items():
            differs = is_open & (units.bounds.low != units.bounds.high)
            feature = definition.features[name]
            if not differs.any():
                continue
            if isinstance(feature, EpisodeFeature):
                _of_episode(self, feature, differs)
            elif isinstance(feature, PatternFeature):
                _of_pattern(self, definition, feature, units, differs)
            else:
                _of_trials(self, definition, feature, units, differs)

    def of_persons(self, persons: Flags, fact: str) -> None:
        """Enter a fact of persons."""
        for person in persons.nonzero()[0].tolist():
            self._rows[person, self.key, fact, None] = None

    def of_open(self, trials: list[int], facts: dict[str, list[bool]]) -> None:
        """Enter the facts that are open of some trials; the start of an episode is a fact of the person."""
        for fact, is_open in facts.items():
            for trial in trials:
                if is_open[trial]:
                    self._rows[self._person[trial], self.key, fact, None if fact == EPISODE_START else trial] = None

    def shared(self, find: Callable[..., dict[str, Flags]], *key: str | bool) -> dict[str, list[bool]]:
        """By fact, then trial: what `find` says is open; found once for definitions that ask alike."""
        if (find, *key) not in self._open:
            found = find(self.features, *key)
            self._open[find, *key] = {fact: flags.tolist() for fact, flags in found.items() if flags.any()}
        return self._open[find, *key]

    def frame(self) -> pl.DataFrame:
        """Table `missing`."""
        if not self._rows:
            return Missing.empty()
        person, key, fact, trial = zip(*self._rows, strict=True)
        columns = [
            pl.Series("person_key", self.features.tables["person"]["person_key"].to_numpy()[list(person)]),
            *(
                pl.Series(name, values, dtype=Missing.dtypes()[name])
                for name, values in (("definition_key", key), ("fact", fact), ("trial_key", trial))
            ),
        ]
        return pl.DataFrame(columns)


def _of_episode(gather: MissingFacts, feature: EpisodeFeature, differs: Flags) -> None:
    features = gather.features
    if feature.episode == "months":
        gather.of_persons(differs, EPISODE_START)
        return
    gather.of_persons(differs & ~features.episodes.is_severity_known, "episode_severity")
    if feature.episode == "severity_psychotic":
        gather.of_persons(differs & (features.episodes.psychotic == UNKNOWN), "episode_psychotic")


def _of_pattern(
    gather: MissingFacts, definition: Definition, feature: PatternFeature, units: Units, differs: Flags
) -> None:
    assert units.trials is not None
    trials = ((units.trials == UNKNOWN) & differs[gather.features.person]).nonzero()[0].tolist()
    asks_dose = getattr(feature, "at_dose", False) or (isinstance(feature, StepFeature) and not feature.dose_blind)
    gather.of_open(trials, gather.shared(_open_pattern, definition.adequacy, asks_dose))


def _open_pattern(features: Features, rule: str, asks_dose: bool) -> dict[str, Flags]:
    """Dates first: a pattern of vague dates is open; then the doses, where they are asked for."""
    spans = features.spans
    is_end_open = spans.end != spans.early_end
    found = {}
    is_dose_open = np.zeros(len(is_end_open), np.bool_)
    if asks_dose:
        rule_key = features.knowledge.rule_key(rule)
        has_none = np.isnan(features.knowledge.minimum_doses(rule_key)[features.treatment])
        found = {"adequacy_rule": has_none, "daily_dose_mg": features.is_dose_open & ~has_none}
        is_dose_open = has_none | features.is_dose_open
    # A prescription within a trial may be vague although the trial's own dates are not.
    is_start_open = (spans.start != spans.late_start) | (~is_end_open & ~is_dose_open)
    return found | {"end_date": is_end_open, "start_date": is_start_open}


def _of_trials(
    gather: MissingFacts, definition: Definition, feature: TrialFeature | SpanFeature, units: Units, differs: Flags
) -> None:
    features = gather.features
    assert units.trials is not None
    concerned = units.trials == UNKNOWN
    if isinstance(feature, TrialFeature) and feature.count != "trial":
        success = every(features.ran(definition.scope), negate(features.unhelped(features.rule(definition.adequacy))))
        may_count = features.spread(features.by_ingredient.greatest(units.trials) > NO)
        concerned = concerned | (may_count & (success == UNKNOWN))
    trials = (concerned & differs[features.person]).nonzero()[0].tolist()
    state = feature.state if isinstance(feature, TrialFeature) else feature.weeks
    asks = (state != "unsuccessful", feature.select.added is not None)
    gather.of_open(trials, gather.shared(_open_trial, definition.adequacy, definition.scope, *asks))
    for name, value in feature.select.detail.items():
        gather.of_open(trials, {"detail": (features.selection.detail(name, value) == UNKNOWN).tolist()})


def _open_trial(features: Features, adequacy: str, scope: str, asks_trial: bool, asks_added: bool) -> dict[str, Flags]:
    """What is open of a trial in a definition's scope, in the order in which to ask."""
    rule, spans = features.rule(adequacy), features.spans
    in_episode = scope == "episode"
    column = "episode_duration_met" if in_episode else "duration_met"
    in_time = features.judged(rule, column) if asks_trial else features.ran(scope)
    found = {"outcome": features.unhelped(rule) == UNKNOWN}
    if asks_trial:
        found |= _open_adequacy(features, rule, in_time)
    is_dated_open = in_time == UNKNOWN
    if in_episode:
        may_precede = (spans.start < spans.episode_late_start) & (spans.episode_start != spans.episode_late_start)
        is_episode_open = is_dated_open & may_precede
    if asks_added:
        is_dated_open = is_dated_open | (features.selection.added == UNKNOWN)
    found["start_date"] = is_dated_open & (spans.start != spans.late_start)
    found["end_date"] = is_dated_open & (spans.end != spans.early_end)
    return found | ({EPISODE_START: is_episode_open} if in_episode else {})


def _open_adequacy(features: Features, rule: AdequacyRule, in_time: Tri) -> dict[str, Flags]:
    rule_key = features.knowledge.rule_key(rule.id)
    has_no_dose = np.isnan(features.knowledge.minimum_doses(rule_key)[features.treatment])
    by_sessions = ~np.isnan(features.knowledge.minimum_sessions(rule_key)[features.treatment])
    dose_met = features.judged(rule, "dose_met")
    is_dose_open = (dose_met == UNKNOWN) | (in_time == UNKNOWN)
    return {
        "adequacy_rule": ~by_sessions & has_no_dose,
        "sessions": by_sessions & (dose_met == UNKNOWN) & features.lacks_sessions,
        "daily_dose_mg": ~by_sessions & ~has_no_dose & features.is_dose_open & is_dose_open,
    }
