"""One person as plain objects, from rows of the tables: follows keys, judges nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import polars as pl

from remit.knowledge import Definition
from remit.render.lacks import Lacks, Told
from remit.render.phrases import finite, number
from remit.render.rows import Judged, Responded, Row, Rows, Tried
from remit.render.statements import statements
from remit.render.views import (
    AdequacyView,
    NoticeView,
    PersonView,
    Sign,
    Statement,
    TrialView,
    VerdictView,
)

if TYPE_CHECKING:
    from remit.knowledge.ordering import SpecialGroup
    from remit.render.considered import ConsiderationView, GeneView
    from remit.render.optioned import MechanismView, OptionView

NAMED = 7
"""Trials that a sentence names; of more it says the number where it is all of them."""


class Person(PersonView):
    """One person of a run: each part is made when it is first asked for, so that a page costs what it shows.

    Parameters
    ----------
    rows : Rows
        Of the whole run.
    row : dict
        Of table `person`.
    """

    def __init__(self, rows: Rows, row: Row) -> None:
        self._all, self._key = rows, row["person_key"]
        self.knowledge, self.phrases = rows.knowledge, rows.phrases
        self._under: dict[str, tuple[AdequacyView, ...]] = {}
        episode = rows.one("episode", "person_key").get(self._key, {})
        self.id, self.index_date, self.country = row["person_id"], row["index_date"], row["country"]
        self.severity, self.psychotic = episode.get("severity"), episode.get("psychotic", "unknown")
        self.episode_start = episode.get("start_date")
        self.episode_start_latest = episode.get("start_latest_date")

    def _rows(self, name: str) -> Sequence[Row]:
        return self._all.of(name).get(self._key, ())

    @cached_property
    def adequacy(self) -> tuple[AdequacyView, ...]:
        """Trials, each under every rule of the definitions."""
        shown = self.knowledge.rules_of_definitions  # facts may need trials judged by further rules
        by_rule = [self.under(self.knowledge.rules[key].id) for key in shown]
        return tuple(chain.from_iterable(zip(*by_rule, strict=True)))

    def under(self, rule_id: str) -> tuple[AdequacyView, ...]:
        """Trials under one rule of the definitions."""
        if rule_id not in self._under:
            rows, make = self._all.judged(self.knowledge.rule_key(rule_id)), self._adequacy
            # A view of a trial is made for one mode, so what is made of it is too.
            self._under[rule_id] = tuple([t.made.of(rule_id, make, t, rows[t.key]) for t in self.trials])
        return self._under[rule_id]

    @cached_property
    def verdicts(self) -> tuple[VerdictView, ...]:
        """In the order of the definitions."""
        told, trials = Told(), {t.key: t for t in self.trials}
        return tuple(self._verdict(row, told, trials) for row in self._rows("verdict"))

    @cached_property
    def notices(self) -> tuple[NoticeView, ...]:
        """What a reader should know about the record."""
        return (*notices_of(self._rows("notice")), *self._disputed())

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        """Signs of suicidality on record."""
        return tuple(Sign(s["kind"], s["about"], s["item"], s["record_ref"]) for s in self._rows("crisis"))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Sentences in the order in which they are to be read."""
        return tuple(statements(self, self.phrases, self._all.reasons, self.knowledge))

    @cached_property
    def considerations(self) -> tuple[ConsiderationView, ...]:
        """What else could explain it."""
        return self._all.considered.of(self._key)

    @cached_property
    def genes(self) -> tuple[GeneView, ...]:
        """What a guideline says by genotype."""
        return self._all.considered.genes(self._key)

    @cached_property
    def options(self) -> tuple[OptionView, ...]:
        """In their order; none for a visit."""
        return () if self.phrases.is_visit else self._all.optioned.of(self._key, self.trials)

    @cached_property
    def groups(self) -> tuple[SpecialGroup, ...]:
        """That need a specialist."""
        return self._all.optioned.groups(self._key)

    @cached_property
    def mechanisms(self) -> tuple[MechanismView, ...]:
        """What was tried of each system."""
        return self._all.optioned.mechanisms(self._key)

    @cached_property
    def trials(self) -> tuple[TrialView, ...]:
        """By start, each with an id that does not hang on the order of the input."""
        name = "trials", self.phrases.mode
        views = self._all.carried.each(name, self._all.tried.get(self._key, ()), self._trial)
        views.sort(key=lambda trial: trial.made.of("order", _order, trial))
        seen: Counter[str] = Counter()
        named = []
        for view in views:
            seen[view.id] += 1
            n = seen[view.id]
            named.append(view if n == 1 else replace(view, id=f"{view.id}-{n}"))
        return tuple(named)

    def _trial(self, tried: Tried) -> TrialView:
        ran, noted, responded = tried
        treatment = self.knowledge.treatments[ran.treatment_key]
        start = ran.start_date
        return TrialView(
            key=ran.trial_key,
            id=f"{treatment.id}-{start.isoformat() if start else 'unknown'}",
            treatment=treatment,
            class_name=self.knowledge.classes[treatment.klass].name,
            start=start,
            start_latest=noted.start_latest_date if noted else start,
            end=ran.end_date,
            end_earliest=noted.end_earliest_date if noted else ran.end_date,
            is_ongoing=ran.is_ongoing,
            covered_days=ran.covered_days,
            covered_days_low=ran.covered_days_low,
            max_dose_mg=ran.max_dose_mg,
            is_dose_complete=ran.is_dose_complete,
            sessions=noted and noted.sessions,
            adherence=noted and noted.adherence,
            stop_reason=noted and noted.stop_reason,
            added_to=self._added_to(noted and noted.augments_key),
            outcome=responded.outcome,
            improvement_percent=responded.improvement_percent,
            basis=responded.basis,
            measured=self._measured(responded),
            disagrees=responded.disagrees,
        )

    def _added_to(self, key: int | None) -> str | None:
        return None if key is None else self.knowledge.treatments[key].name

    def _measured(self, responded: Responded) -> str | None:
        """Instrument, first and last score behind a measured response."""
        if responded.basis != "measured" or responded.measure_id is None or responded.scores is None:
            return None
        before, after = (number(score) for score in responded.scores)
        name = self.knowledge.instruments[responded.measure_id].name
        return self.phrases.say("reason.measured", instrument=name, before=before, after=after)

    def _adequacy(self, trial: TrialView, row: Judged) -> AdequacyView:
        rule = self.knowledge.rules[row.rule_key]
        doses, sessions = self.knowledge.doses_of(rule), self.knowledge.sessions_of(rule)
        is_silent = trial.treatment.id not in doses and trial.treatment.id not in sessions
        return AdequacyView(trial, rule, *row[1:], is_rule_silent=is_silent, why=self._all.reasons.of)

    def _verdict(self, row: Row, told: Told, trials: dict[int, TrialView]) -> VerdictView:
        key = self._key, row["definition_key"]
        definition = self.knowledge.definitions[row["definition_key"]]
        counted, lacking = self._all.counted.get(key, set()), self._all.lacking.get(key, ())
        suspected = self._excluding(definition, ("suspected",))
        lacks = Lacks(self.phrases, trials, definition, suspected, told)
        value = finite(row["value"])
        return VerdictView(
            definition=definition,
            status=row["status"],
            value=value,
            low=finite(row["low"]),
            high=finite(row["high"]),
            first_met_date=row["first_met_date"],
            label=definition.label_of(value) or definition.label,
            missing=tuple([lacks.of(fact, trial) for fact, trial in dict.fromkeys(lacking)]),
            trial_ids=tuple([t.id for t in trials.values() if t.key in counted]) if counted else (),
            excluded_by=self._excluding(definition, (None, "active", "remission", "resolved"))
            if row["status"] == "not_applicable"
            else (),
        )

    def _excluding(self, definition: Definition, status: tuple[str | None, ...]) -> tuple[str, ...]:
        """Names of recorded conditions that a definition excludes."""
        rows = [c for c in self._rows("condition") if c["status"] in status]
        ids = {c["condition_id"] for c in rows}
        known = sorted(i for i in ids if self.knowledge.condition_closure(i) & set(definition.excludes))
        return tuple(self.knowledge.conditions[i].name for i in known)

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What was not recorded and is taken as ordinary."""
        return tuple(self._assumed())

    def _assumed(self) -> Iterable[str]:
        """What was not recorded and is taken as ordinary."""
        silent = [self.phrases.named(t) for t in self.trials if t.adherence is None]
        if len(silent) > NAMED and len(silent) == len(self.trials):
            yield self.phrases.moded("assumed.adherence_all", n=len(silent))
        elif silent:
            yield self.phrases.moded("assumed.adherence", trials="; ".join(silent))
        recorded = [c["condition_id"] for c in self._rows("condition")]
        covered = {wider for i in recorded for wider in self.knowledge.condition_closure(i)}
        asked = dict.fromkeys(e for d in self.knowledge.definitions for e in d.excludes)
        names = [self.knowledge.conditions[c].name for c in asked if c not in covered]
        if names:
            yield self.phrases.moded("assumed.conditions", conditions="; ".join(names))

    @cached_property
    def score(self) -> str | None:
        """The newest total of an instrument of severity, with the published name of its range."""
        severe = [name for name, known in self.knowledge.instruments.items() if known.is_depression_severity]
        is_own = (pl.col("person_key") == self._key) & pl.col("measure_id").is_in(severe)
        rows = self._all.tables["measurement"].filter(is_own)
        if rows.is_empty():
            return None
        # Of several of an instrument and a day the first on record.
        row = rows.sort("date", "measure_id", descending=True, maintain_order=True).row(0, named=True)
        instrument = self.knowledge.instruments[row["measure_id"]]
        bands = instrument.bands.bands if instrument.bands else ()
        band = next((b.label for b in bands if b.low <= row["value"] <= b.high), None)
        key = "words.score" if band else "words.score_bare"
        day = self.phrases.day(row["date"])
        return self.phrases.say(key, instrument=instrument.name, value=number(row["value"]), day=day, band=band)

    def _disputed(self) -> Iterator[NoticeView]:
        if not self._rows("clue"):
            return  # nobody was asked directly
        disputed = self._all.tables["fact"].filter(pl.col("is_disputed") & (pl.col("person_key") == self._key))
        for row in disputed.iter_rows(named=True):
            name = self.knowledge.facts[row["fact_key"]].name
            text = self.phrases.say("consider.disputed", fact=name)
            yield NoticeView("flag", "answer_disputed", text, row["record_ref"])


def notices_of(rows: Iterable[Row]) -> tuple[NoticeView, ...]:
    """Views of rows of table `notice`."""
    return tuple(NoticeView(r["kind"], r["code"], r["text"], r["record_ref"]) for r in rows)


def _order(trial: TrialView) -> tuple[Any, ...]:
    """By start, unknown ones last; ties by all that is known, so that the order of the input does not matter."""
    dates = (trial.start, trial.start_latest, trial.end, trial.end_earliest)
    known = [(True, 0) if d is None else (False, d.toordinal()) for d in dates]
    numbers = (trial.covered_days, trial.max_dose_mg, trial.sessions, trial.adherence, trial.improvement_percent)
    rest = [(n is None, n or 0.0) for n in numbers]
    return (known[0], trial.treatment.id, *known[1:], *rest, trial.stop_reason or "", trial.outcome or "", trial.key)
