"""The numbers that definitions look at: counts over trials, weeks, facts of the episode. Used by `resistance`."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remit.engine.columns import NO_DAYS
from remit.engine.counting import caps, covered, earliest, nth, tally
from remit.engine.criteria import Bounds
from remit.engine.grouping import Grouping
from remit.engine.intervals import FAR
from remit.engine.logic import Tri, between, every, known, negate
from remit.engine.written import columns_of
from remit.flow.episodes import Episodes
from remit.flow.joined import Joined, kept_to
from remit.flow.once import once
from remit.flow.patterns import Patterns
from remit.flow.response import improvement_of
from remit.flow.scope import person_days, ran_in_episode, spans
from remit.flow.selection import Selection
from remit.flow.settle import LONG_AGO
from remit.knowledge import AdequacyRule, Definition, Knowledge
from remit.knowledge.definition import EpisodeFeature, Feature, SpanFeature, TrialFeature
from remit.knowledge.pattern import PatternFeature
from remit.knowledge.schema import Response as Threshold
from remit.knowledge.select import Select
from remit.tables import UNKNOWN, YES, Adequacy, Response, Tables, Trial, TrialNote, TrialRun

DAYS_PER_WEEK = 7


class Units(NamedTuple):
    """A feature's bounds by person, and what it counted: none of it for a fact of the episode."""

    bounds: Bounds
    trials: Tri | None = None  # by trial: whether it counts
    counted: Literal["ingredient", "class", "trial", "pattern"] | None = None
    certain_trials: NDArray[np.bool_] | None = None  # of units that are certain; None: there is none
    certain_days: tuple[NDArray[np.integer[Any]], NDArray[np.int64]] | None = (
        None  # of a pattern: person and day of each unit
    )


@once
def features_of(tables: Tables, knowledge: Knowledge) -> Features:
    """The features of a run, which verdicts, their reasons, facts and options share."""
    return Features(tables, knowledge)


class Features:
    """Features of definitions over the trials of a run; what several definitions share is computed once."""

    def __init__(self, tables: Tables, knowledge: Knowledge) -> None:
        self.tables, self.knowledge = tables, knowledge
        self.n = tables["person"].height
        self._n_units = max(len(knowledge.treatments), len(knowledge.class_ids))
        self._trial = columns_of(tables, Trial)
        self.person = np.searchsorted(tables["person"]["person_key"].to_numpy(), self._trial["person_key"])
        self.treatment = self._trial["treatment_key"].astype(np.intp)  # what arrays are indexed by
        self.joined = Joined(tables)
        self.spans = spans(tables)
        self.selection = Selection(tables, knowledge, self.spans, self.joined)
        self._improvement = improvement_of(columns_of(tables, Response))
        self._last_match: tuple[str, Tri] = ("", np.empty(0, np.uint8))
        self._unhelped: dict[str, Tri] = {}
        self._units: dict[tuple[str, str, str], Units] = {}
        self._caps: dict[tuple[Threshold, str], Tri] = {}

    def of(self, definition: Definition) -> dict[str, Units]:
        """Every feature that a definition declares; what several declare alike is counted once."""
        found = {}
        for name, feature in definition.features.items():
            key = (definition.adequacy, definition.scope, self.knowledge.feature_text(feature))
            if key not in self._units:
                self._units[key] = self._feature(definition, feature)
            found[name] = self._units[key]
        return found

    def _feature(self, definition: Definition, feature: Feature) -> Units:
        if isinstance(feature, EpisodeFeature):
            return Units(self.episodes.bounds(feature.episode))
        if isinstance(feature, PatternFeature):
            rule = self.rule(definition.adequacy)
            fair = every(self.judged(rule, "dose_met"), self.judged(rule, "duration_met"))
            bounds, certain, counts = self._patterns.of(definition, feature, fair)
            return Units(bounds, counts, "pattern", None, certain)
        state = feature.state if isinstance(feature, TrialFeature) else feature.weeks
        counts = every(self.state(definition, state), self._matched(feature.select))
        if isinstance(feature, SpanFeature):
            return Units(self._weeks(definition, counts), counts)
        return self._count(definition, feature, counts)

    def _matched(self, select: Select) -> Tri:
        """Which trials are selected; what was asked for last is kept, for features of a definition often share it."""
        text = self.knowledge.feature_text(select)
        if text != self._last_match[0]:
            self._last_match = text, self.selection.match(select)
        return self._last_match[1]

    def state(self, definition: Definition, state: str) -> Tri:
        """Whether each trial is in a state, in the definition's scope."""
        rule = self.rule(definition.adequacy)
        in_episode = definition.scope == "episode"
        if state == "unsuccessful":
            return every(self.ran(definition.scope), self.unhelped(rule), self._kept_to(rule))
        failed = self.judged(rule, "failed_in_episode" if in_episode else "failed_adequate")
        if state == "failed":
            return failed
        if state == "failed_or_intolerant":
            return np.maximum(failed, self.judged(rule, "intolerant_in_episode" if in_episode else "intolerant"))
        optimised = self._dose_optimised(rule) if state == "dose_optimised" else self._long_enough(rule, in_episode)
        # What is given as sessions has neither an optimised dose nor an optimised time.
        return every(failed, optimised, self._is_drug)

    @cached_property
    def _is_drug(self) -> Tri:
        return known(~self.knowledge.is_sessions[self.treatment])

    def nth_date(self, units: Units, n: int, asked: NDArray[np.bool_]) -> NDArray[np.int64]:
        """By person asked for: the day by which the n-th unit was established for certain; FAR: there are fewer."""
        if units.certain_days is not None:
            return nth(*units.certain_days, n, asked, FAR)
        if units.certain_trials is None:
            return np.full(self.n, FAR, np.int64)
        if units.counted == "trial":
            at = np.flatnonzero(units.certain_trials)
            return nth(self.person[at], self._established[at], n, asked, FAR)
        unit = self._counted_by(units.counted)
        found = earliest(self.person, unit, self._established, units.certain_trials, self._n_units)
        return nth(*found, n, asked, FAR)

    @cached_property
    def _patterns(self) -> Patterns:
        exact = self.spans.is_exact.copy()
        exact[self.joined.trials] = False
        doses = self.max_dose, self.is_dose_open
        return Patterns(self.tables, self.knowledge, self.spans, self.person, exact, doses)

    @cached_property
    def _established(self) -> NDArray[np.int64]:
        """By trial: its end, the index date if it is ongoing."""
        index = person_days(self.tables)[0][self.person]
        return np.where(self._trial["is_ongoing"], index, self.spans.end).astype(np.int64)

    @cached_property
    def ran_in_episode(self) -> Tri:
        """By trial: whether it ran on for at least a day of the episode."""
        return ran_in_episode(self.spans)

    def ran(self, scope: str) -> Tri:
        """By trial: whether it ran in the scope of a definition."""
        return self.ran_in_episode if scope == "episode" else self._always

    @cached_property
    def _always(self) -> Tri:
        return np.full(len(self.person), YES, np.uint8)

    @cached_property
    def by_ingredient(self) -> Grouping:
        """Trials by person and ingredient."""
        n_keys = len(self.knowledge.ingredient_keys)
        return Grouping(self.person.astype(np.int64) * n_keys + self._ingredient)

    @cached_property
    def lacks_sessions(self) -> NDArray[np.bool_]:
        """By trial: whether no number of sessions is on record."""
        note = columns_of(self.tables, TrialNote)
        result = np.ones(len(self.person), np.bool_)
        result[note["trial_key"]] = np.isnan(note["sessions"])
        return result

    def spread(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Flags by ingredient of a person, by trial."""
        return np.asarray(flags[self.by_ingredient.of_row])

    @cached_property
    def _ingredient(self) -> NDArray[np.int32]:
        return np.asarray(self.knowledge.ingredient_keys[self.treatment])

    @cached_property
    def _class(self) -> NDArray[np.int32]:
        return np.asarray(self.knowledge.class_keys[self._ingredient])

    def _counted_by(self, counted: str | None) -> NDArray[np.int32]:
        """By trial: its ingredient, or the class of it."""
        return self._class if counted == "class" else self._ingredient

    def _count(self, definition: Definition, feature: TrialFeature, counts: Tri) -> Units:
        if feature.count == "trial":
            high = low = self._tally(self.person, counts)
            if len(self.joined.trials):
                once = Grouping(self.joined.units())  # what may be one course is, for certain, no more than one
                low = self._tally(once.first(self.person), once.greatest(counts))
            certain = counts == YES
            return Units(Bounds(low.low, high.high), counts, "trial", certain if certain.any() else None)
        counts_for = self._counted_by(feature.count)
        capped = every(counts, self._cap(definition, self.rule(definition.adequacy)))
        bounds = Bounds(*tally(self.person, counts_for, capped, self._n_units, self.n))
        return Units(bounds, counts, feature.count, capped == YES if bounds.low.any() else None)

    def _cap(self, definition: Definition, rule: AdequacyRule) -> Tri:
        """By trial: no trial of its ingredient in scope helped. The best outcome of re-trials stands."""
        key = (rule.nonresponse, definition.scope)
        if key not in self._caps:
            success = every(self.ran(definition.scope), negate(self.unhelped(rule)))
            self._caps[key] = caps(self.person, self._ingredient, success, self._n_units)
        return self._caps[key]

    def _tally(self, owner: NDArray[np.int64], value: Tri) -> Bounds:
        """By person: how many units are yes, and how many are not no."""
        counts = []
        for least in (YES, UNKNOWN):
            reached = value >= least
            which = owner if reached.all() else owner[reached]
            counts.append(np.bincount(which, minlength=self.n).astype(np.float32))
        return Bounds(*counts)

    def _weeks(self, definition: Definition, counts: Tri) -> Bounds:
        s = self.spans
        in_episode = definition.scope == "episode"
        late = np.maximum(s.late_start, s.episode_late_start) if in_episode else s.late_start
        early = np.maximum(s.start, s.episode_start) if in_episode else s.start
        days = []
        for start, end, include in ((late, s.early_end, counts == YES), (early, s.end, counts >= UNKNOWN)):
            days.append(covered(self.person, start, end, include, self.n) / DAYS_PER_WEEK)
        boundless = np.zeros(self.n, bool)
        boundless[self.person[(counts >= UNKNOWN) & (early <= LONG_AGO)]] = True
        return Bounds(days[0], np.where(boundless, np.inf, days[1]))

    @cached_property
    def episodes(self) -> Episodes:
        """What is known of the persons' episodes."""
        return Episodes(self.tables, self.knowledge)

    def rule(self, adequacy: str) -> AdequacyRule:
        """The adequacy rule that a definition names."""
        return self.knowledge.rules[self.knowledge.rule_key(adequacy)]

    def judged(self, rule: AdequacyRule, column: str) -> Tri:
        """By trial: a column of table `adequacy` under a rule; the table stands in order of rule, then trial."""
        first = self._places[rule.id] * len(self.person)
        return self._judged[column][first : first + len(self.person)]

    @cached_property
    def _judged(self) -> dict[str, Tri]:
        columns = columns_of(self.tables, Adequacy)
        return {name: columns[name] for name in Adequacy.words()}  # a frame is translated once

    @cached_property
    def _places(self) -> dict[str, int]:
        """By rule: which block of table `adequacy` is its own."""
        return {self.knowledge.rules[key].id: place for place, key in enumerate(self.knowledge.rules_in_use)}

    def unhelped(self, rule: AdequacyRule) -> Tri:
        """By trial: nonresponse under a rule."""
        if rule.id not in self._unhelped:
            self._unhelped[rule.id] = self.joined.agreed(self._improvement.nonresponse(rule.nonresponse))
        return self._unhelped[rule.id]

    def _kept_to(self, rule: AdequacyRule) -> Tri:
        """No where adherence is known to be low, else yes."""
        return kept_to(self.judged(rule, "adherence_met"), self.joined)

    def _dose_optimised(self, rule: AdequacyRule) -> Tri:
        assert rule.dose_optimised_ratio is not None
        level = self.knowledge.minimum_doses(self.knowledge.rule_key(rule.id)) * rule.dose_optimised_ratio.value
        level = level[self.treatment]
        reached = self.max_dose >= level
        return between(reached, reached | self.is_dose_open | np.isnan(level))

    @cached_property
    def max_dose(self) -> NDArray[np.float64]:
        """By trial: the highest known daily dose; nan where there is none."""
        return self._trial["max_dose_mg"]

    @cached_property
    def is_dose_open(self) -> NDArray[np.bool_]:
        """By trial: whether the dose may have been higher than what is known."""
        return ~self._trial["is_dose_complete"]

    def _long_enough(self, rule: AdequacyRule, in_episode: bool) -> Tri:
        assert rule.duration_optimised_weeks is not None
        needed = rule.duration_optimised_weeks.value * DAYS_PER_WEEK
        names = ("episode_days_low", "episode_days") if in_episode else ("days_low", "days")
        n = len(self.person)
        place = self.knowledge.dose_rules_in_use.index(self.knowledge.dose_rule_key(self.knowledge.rule_key(rule.id)))
        runs = columns_of(self.tables, TrialRun)  # in order of dose table, then trial
        low, high = (runs[name][place * n : (place + 1) * n] for name in names)
        return between(low >= needed, (high >= needed) | (high == NO_DAYS))
