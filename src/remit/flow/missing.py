"""Which unknown facts leave a verdict open: what to ask for next. Used by `resistance` for persons."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.logic import every, negate
from remit.flow.features import Features, Units
from remit.knowledge import Definition
from remit.knowledge.definition import EpisodeFeature, SpanFeature, TrialFeature
from remit.knowledge.pattern import PatternFeature, StepFeature
from remit.tables import NO, UNKNOWN, Missing

Flags = NDArray[np.bool_]


class MissingFacts:
    """Collects the rows of `missing` of every definition, each fact once, in the order they are found."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self.key = 0
        self._rows: dict[tuple[int, int, str, int | None], None] = {}

    def add(
        self, key: int, definition: Definition, values: dict[str, Units], is_open: Flags, is_suspected: Flags
    ) -> None:
        """Enter one definition.

        Parameters
        ----------
        key : int
            Key of the definition.
        values : dict of Units
            Its features.
        is_open, is_suspected : array of bool
            By person: whether the verdict is undetermined, and whether an excluding condition is suspected only.
        """
        self.key = key
        self.of_persons(is_open & is_suspected, "condition_status")
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

    def of_trials(self, trials: Flags, fact: str) -> None:
        """Enter a fact of trials."""
        for trial in np.flatnonzero(trials).tolist():
            self._rows[int(self.features.person[trial]), self.key, fact, trial] = None

    def of_persons(self, persons: Flags, fact: str) -> None:
        """Enter a fact of persons."""
        for person in np.flatnonzero(persons).tolist():
            self._rows[person, self.key, fact, None] = None

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
        gather.of_persons(differs, "episode_start")
        return
    gather.of_persons(differs & ~features.is_severity_known, "episode_severity")
    if feature.episode == "severity_psychotic":
        gather.of_persons(differs & (features.psychotic == UNKNOWN), "episode_psychotic")


def _of_pattern(
    gather: MissingFacts, definition: Definition, feature: PatternFeature, units: Units, differs: Flags
) -> None:
    """Dates first: a pattern of vague dates is open; then the doses, where they are asked for."""
    features = gather.features
    assert units.trials is not None
    concerned = (units.trials == UNKNOWN) & differs[features.person]
    spans = features.spans
    is_end_open = spans.end != spans.early_end
    is_dose_open = np.zeros(len(concerned), np.bool_)
    if getattr(feature, "at_dose", False) or (isinstance(feature, StepFeature) and not feature.dose_blind):
        is_incomplete = ~features.tables["trial"]["is_dose_complete"].to_numpy()
        rule_key = features.knowledge.rule_key(definition.adequacy)
        has_none = np.isnan(features.knowledge.minimum_doses(rule_key)[features.treatment])
        gather.of_trials(concerned & has_none, "adequacy_rule")
        gather.of_trials(concerned & is_incomplete & ~has_none, "daily_dose_mg")
        is_dose_open = has_none | is_incomplete
    gather.of_trials(concerned & is_end_open, "end_date")
    # A prescription within a trial may be vague although the trial's own dates are not.
    gather.of_trials(concerned & ((spans.start != spans.late_start) | (~is_end_open & ~is_dose_open)), "start_date")


def _of_trials(
    gather: MissingFacts, definition: Definition, feature: TrialFeature | SpanFeature, units: Units, differs: Flags
) -> None:
    features = gather.features
    assert units.trials is not None
    rule = features.rule(definition)
    unhelped, ran = features.unhelped(rule), features.ran(definition)
    concerned = units.trials == UNKNOWN
    if isinstance(feature, TrialFeature) and feature.count != "trial":
        success = every(ran, negate(unhelped))
        may_count = features.spread(features.by_ingredient.greatest(units.trials) > NO)
        concerned = concerned | (may_count & (success == UNKNOWN))
    concerned = concerned & differs[features.person]
    state = feature.state if isinstance(feature, TrialFeature) else feature.weeks
    asks_trial = state != "unsuccessful"
    column = "episode_duration_met" if definition.scope == "episode" else "duration_met"
    in_time = features.judged(rule, column) if asks_trial else ran

    gather.of_trials(concerned & (unhelped == UNKNOWN), "outcome")
    if asks_trial:
        _of_adequacy(gather, definition, concerned, in_time)
    is_added_open = feature.select.added is not None and features.selection.added == UNKNOWN
    is_dated_open = concerned & ((in_time == UNKNOWN) | is_added_open)
    spans = features.spans
    gather.of_trials(is_dated_open & (spans.start != spans.late_start), "start_date")
    gather.of_trials(is_dated_open & (spans.end != spans.early_end), "end_date")
    if definition.scope == "episode":
        may_precede = (spans.start < spans.episode_late_start) & (spans.episode_start != spans.episode_late_start)
        is_episode_open = concerned & (in_time == UNKNOWN) & may_precede
        gather.of_persons(
            np.bincount(features.person, weights=is_episode_open, minlength=features.n) > 0, "episode_start"
        )
    for name, value in feature.select.detail.items():
        gather.of_trials(concerned & (features.selection.detail(name, value) == UNKNOWN), "detail")


def _of_adequacy(gather: MissingFacts, definition: Definition, concerned: Flags, in_time: NDArray[np.uint8]) -> None:
    features = gather.features
    rule = features.rule(definition)
    rule_key = features.knowledge.rule_key(rule.id)
    minimum = features.knowledge.minimum_doses(rule_key)[features.treatment]
    sessions = features.knowledge.minimum_sessions(rule_key)[features.treatment]
    dose_met = features.judged(rule, "dose_met")
    by_sessions = ~np.isnan(sessions)
    by_dose = ~by_sessions & ~np.isnan(minimum)
    is_incomplete = ~features.tables["trial"]["is_dose_complete"].to_numpy()
    is_dose_open = (dose_met == UNKNOWN) | (in_time == UNKNOWN)
    gather.of_trials(concerned & ~by_sessions & np.isnan(minimum), "adequacy_rule")
    gather.of_trials(concerned & by_sessions & (dose_met == UNKNOWN) & features.lacks_sessions, "sessions")
    gather.of_trials(concerned & by_dose & is_incomplete & is_dose_open, "daily_dose_mg")
