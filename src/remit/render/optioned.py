"""What could come next, as plain objects: options in their order, each with its reasons.

Made from the tables of `remit.flow.options` by following keys; nothing here judges. A run without these tables has
none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.catalogue import CatalogueEntry
from remit.knowledge.eligibility import ANY, EligibilityRule
from remit.knowledge.facts import FactDefinition
from remit.knowledge.ordering import MechanismGroup, SpecialGroup
from remit.knowledge.when import When
from remit.render.phrases import Phrases
from remit.render.views import TrialView
from remit.tables import Tables

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One reason of one option."""

    id: str  # of the rule or the group; else the kind
    kind: str  # rule, population, trials_first, tried
    effect: str  # what it leads to where it bears
    state: str  # met, not_met, cannot_assess: of what the rule names
    bears: str  # yes, no, unknown: whether that speaks against the option
    is_hard: bool
    is_general: bool  # of every option
    text: str
    jurisdictions: tuple[str, ...]
    unknown: tuple[FactDefinition, ...]  # what would settle it
    sources: tuple[str, ...]
    verified: str
    trial_id: str | None = None


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option of one person."""

    entry: CatalogueEntry
    status: str
    place: int
    order: dict[str, int | str | None]  # the keys that the order follows
    tried_fairly: str
    reasons: tuple[ReasonView, ...]


@dataclass(frozen=True, slots=True)
class MechanismView:
    """One system that treatments act on, and whether one was tried."""

    group: MechanismGroup
    tried: str
    tried_fairly: str
    n_treatments: int


class Optioned:
    """Views of the options of every person of a run."""

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases = knowledge, phrases
        self._options = _by_person(tables, "option")
        self._reasons: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in _rows(tables, "option_reason"):
            self._reasons[row["person_key"], row["option_key"]].append(row)
        self._groups = _by_person(tables, "special_group")
        self._mechanisms = _by_person(tables, "mechanism_tried")
        self._unknown: dict[int, set[str]] = defaultdict(set)
        if self._options:
            self._unknown |= _unknown_facts(tables["fact"], knowledge)

    def of(self, person_key: int, trials: tuple[TrialView, ...]) -> tuple[OptionView, ...]:
        """Options of a person, in their order."""
        by_key = {trial.key: trial for trial in trials}
        rows = sorted(self._options.get(person_key, ()), key=lambda row: row["place"])
        return tuple(self._view(row, by_key) for row in rows)

    def _view(self, row: Row, trials: Mapping[int, TrialView]) -> OptionView:
        entry = self.knowledge.options[row["option_key"]]
        order = {
            "status": row["status"],
            "line": row["order_line"],
            "grade": entry.grade,
            "against": row["order_against"],
            "fits": row["order_fits"],
            "name": entry.name,
        }
        reasons = self._reasons.get((row["person_key"], row["option_key"]), ())
        views = tuple(self._reason(reason, entry, trials) for reason in reasons)
        return OptionView(entry, row["status"], row["place"], order, row["tried_fairly"], views)

    def _reason(self, row: Row, entry: CatalogueEntry, trials: Mapping[int, TrialView]) -> ReasonView:
        text, cited, when = self._said(row, entry, trials)
        rule = self.knowledge.eligibility[row["reason"]] if row["kind"] == "rule" else None
        unknown: tuple[FactDefinition, ...] = ()
        if row["state"] == "cannot_assess":
            unknown = self._lacking(row["person_key"], when, rule)
        trial = trials.get(row["trial_key"])
        return ReasonView(
            id=row["reason"],
            kind=row["kind"],
            effect=row["effect"],
            state=row["state"],
            bears=row["bears"],
            is_hard=row["is_hard"],
            is_general=rule is not None and ANY in rule.treatments,
            text=text,
            jurisdictions=rule.jurisdictions if rule else (ANY,),
            unknown=unknown,
            sources=cited.sources,
            verified=cited.verified,
            trial_id=trial.id if trial else None,
        )

    def _said(self, row: Row, entry: CatalogueEntry, trials: Mapping[int, TrialView]) -> tuple[str, Cited, When | None]:
        """What a reason says, what it cites, and the condition behind it."""
        ordering = self.knowledge.ordering
        if row["kind"] == "rule":
            rule = self.knowledge.eligibility[row["reason"]]
            return rule.text, rule, rule.when
        if row["kind"] == "population":
            group = ordering.groups[row["reason"]]
            assert group.in_catalogue is not None
            known = entry.population[group.in_catalogue]
            word = self.phrases.say(f"option.suitability.{known.value}")
            key = "option.population" if known.text else "option.population_bare"
            return self.phrases.say(key, group=group.name, word=word, text=known.text or ""), known, group.when
        if row["kind"] == "trials_first":
            n = entry.facets.failed_trials_at_least
            when = When(fact=ordering.failed_trials, at_least=n)
            return self.phrases.say("option.trials_first", n=n), entry.facets, when
        return self._tried(row, trials), self.knowledge.rules[self.knowledge.rule_key(ordering.fair_try)], None

    def _tried(self, row: Row, trials: Mapping[int, TrialView]) -> str:
        trial = trials[row["trial_key"]]
        fair = self.phrases.say(f"option.fair.{row['bears']}")
        named, outcome = self.phrases.named(trial), self.phrases.outcome(trial.outcome)
        return self.phrases.say("option.tried", trial=named, outcome=outcome, fair=fair)

    def _lacking(self, person_key: int, when: When | None, rule: EligibilityRule | None) -> tuple[FactDefinition, ...]:
        """Facts of a condition that are not known, and where the country matters, the country."""
        asked = list(when.facts()) if when else []
        regions = self.knowledge.ordering.regions
        for jurisdiction in rule.jurisdictions if rule else ():
            if jurisdiction != ANY:
                asked += regions[jurisdiction].facts()
        open_ones = (fact for fact in dict.fromkeys(asked) if fact in self._unknown[person_key])
        return tuple(self.knowledge.facts[self.knowledge.fact_key(fact)] for fact in open_ones)

    def groups(self, person_key: int) -> tuple[SpecialGroup, ...]:
        """Special groups that a person belongs to and that need a specialist."""
        rows = (row for row in self._groups.get(person_key, ()) if row["belongs"] == "yes")
        groups = (self.knowledge.ordering.groups[row["group"]] for row in rows)
        return tuple(group for group in groups if group.needs_specialist)

    def mechanisms(self, person_key: int) -> tuple[MechanismView, ...]:
        """What was tried of each system."""
        known = self.knowledge.mechanisms if self._mechanisms else {}
        return tuple(
            MechanismView(known[row["system"]], row["tried"], row["tried_fairly"], row["n_treatments"])
            for row in self._mechanisms.get(person_key, ())
            if row["system"] in known
        )


def told_reasons(options: Iterable[OptionView]) -> Iterator[ReasonView]:
    """Reasons that a page tells: those that bear on the person, and those of every option."""
    for option in options:
        yield from (reason for reason in option.reasons if reason.bears == "yes" or reason.is_general)


def general_mention(knowledge: Knowledge) -> Iterator[CatalogueEntry]:
    """The catalogue as a person sees it: by category, then name; nothing about the person."""
    yield from sorted(knowledge.options, key=lambda e: (e.category, e.name.casefold()))


def _unknown_facts(fact: pl.DataFrame, knowledge: Knowledge) -> dict[int, set[str]]:
    """Ids of facts that are unknown, by person; a number is known where both its bounds are."""
    is_open = pl.col("state").is_null() & (pl.col("low").is_null() | pl.col("high").is_null())
    rows = fact.filter((pl.col("state") == "unknown") | is_open).select("person_key", "fact_key")
    found: dict[int, set[str]] = defaultdict(set)
    for person, key in rows.iter_rows():
        found[person].add(knowledge.facts[key].id)
    return found


def _rows(tables: Tables, name: str) -> Iterator[Row]:
    return tables[name].iter_rows(named=True) if name in tables else iter(())


def _by_person(tables: Tables, name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in _rows(tables, name):
        found[row["person_key"]].append(row)
    return dict(found)
