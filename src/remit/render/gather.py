"""From the tables of a run to `AssessmentView`: follows keys, judges nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from remit.flow.adequacy import adequacy_with_days
from remit.knowledge import Definition, Knowledge
from remit.knowledge.text import Text
from remit.render.considered import Considered
from remit.render.lacks import Lacks
from remit.render.optioned import Optioned
from remit.render.phrases import Phrases, finite, number
from remit.render.reasons import Reasons
from remit.render.statements import statements
from remit.render.views import AdequacyView, AssessmentView, NoticeView, PersonView, Sign, TrialView, VerdictView
from remit.tables import Tables

Row = dict[str, Any]

_COPIED = (
    "dose_met", "duration_met", "adherence_met", "adequate_days", "adequate_days_low", "failed_adequate", "intolerant",
    "episode_duration_met", "episode_days", "episode_days_low", "failed_in_episode",
)  # fmt: skip

NAMED = 7
"""Trials that a sentence names; of more it says the number where it is all of them."""


def by(frame: pl.DataFrame, column: str) -> Mapping[Any, list[Row]]:
    """Rows of a table by a key."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in frame.iter_rows(named=True):
        found[row[column]].append(row)
    return found


def first(frame: pl.DataFrame, column: str) -> dict[Any, Row]:
    """The row of each key, where it is unique."""
    return {row[column]: row for row in frame.iter_rows(named=True)}


def gather(tables: Tables, knowledge: Knowledge, text: Text, mode: str) -> AssessmentView:
    """Everything that is to be said about the persons of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned, with table `crisis`.
    knowledge : Knowledge
        The same, narrowed to the same definitions, that the tables were made with.
    text : Text
    mode : str
        clinician or visit.
    """
    return _Gatherer(tables, knowledge, Phrases(text, mode)).all()


class _Gatherer:
    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.tables, self.knowledge, self.phrases = tables, knowledge, phrases
        self.reasons = Reasons(phrases, knowledge)
        self.notes = first(tables["trial_note"], "trial_key")
        self.responses = first(tables["response"], "trial_key")
        self.scores = first(tables["measurement"], "measurement_key")
        self.trials = by(tables["trial"], "person_key")
        self.judged = by(adequacy_with_days(tables, knowledge), "trial_key")
        self.episodes = first(tables["episode"], "person_key")
        self.conditions = by(tables["condition"], "person_key")
        self.person_scores = by(tables["measurement"], "person_key")
        self.verdicts = by(tables["verdict"], "person_key")
        self.missing = by(tables["missing"], "person_key")
        self.counted = by(tables["finding_trial"], "person_key")
        self.signs = by(tables["crisis"], "person_key")
        self.notices = by(tables["notice"], "person_key")
        self.disputed = by(tables["fact"].filter("is_disputed"), "person_key")
        self.considered = Considered(tables, knowledge, phrases)
        self.optioned = Optioned(tables, knowledge, phrases)

    def all(self) -> AssessmentView:
        persons = tuple(self._person(row) for row in self.tables["person"].iter_rows(named=True))
        reviewed = [d.reviewed for d in self.knowledge.definitions]
        reviewed += [self.knowledge.rules[key].reviewed for key in self.knowledge.rules_of_definitions]
        return AssessmentView(
            self.phrases.mode,
            self.knowledge.version,
            max(reviewed),
            self.knowledge.definitions,
            persons,
            _notices(self.notices.get(None, ())),
        )

    def _person(self, row: Row) -> PersonView:
        key = row["person_key"]
        trials = self._trials(key)
        shown = self.knowledge.rules_of_definitions  # facts may need trials judged by further rules
        adequacy = tuple(
            self._adequacy(trial, judged)
            for trial in trials
            for judged in self.judged[trial.key]
            if judged["rule_key"] in shown
        )
        told: dict[int | None, dict[str, str]] = {}
        verdicts = tuple(self._verdict(key, v, trials, told) for v in self.verdicts[key])
        episode = self.episodes.get(key, {})
        view = PersonView(
            id=row["person_id"],
            index_date=row["index_date"],
            country=row["country"],
            severity=episode.get("severity"),
            psychotic=episode.get("psychotic", "unknown"),
            episode_start=episode.get("start_date"),
            episode_start_latest=episode.get("start_latest_date"),
            score=self._score(key),
            trials=trials,
            adequacy=adequacy,
            verdicts=verdicts,
            assumptions=tuple(self._assumptions(key, trials)),
            notices=(*_notices(self.notices.get(key, ())), *self._disputed(key)),
            signs=tuple(Sign(s["kind"], s["about"], s["item"], s["record_ref"]) for s in self.signs.get(key, ())),
            considerations=self.considered.of(key),
            genes=self.considered.genes(key),
            options=() if self.phrases.is_visit else self.optioned.of(key, trials),
            groups=self.optioned.groups(key),
            mechanisms=self.optioned.mechanisms(key),
        )
        return replace(view, statements=tuple(statements(view, self.phrases, self.reasons, self.knowledge)))

    def _trials(self, person_key: int) -> tuple[TrialView, ...]:
        """A person's trials by start, each with an id that does not hang on the order of the input."""
        views = [self._trial(row) for row in self.trials[person_key]]
        views.sort(key=_order)
        seen: Counter[str] = Counter()
        named = []
        for view in views:
            seen[view.id] += 1
            n = seen[view.id]
            named.append(view if n == 1 else replace(view, id=f"{view.id}-{n}"))
        return tuple(named)

    def _trial(self, row: Row) -> TrialView:
        treatment = self.knowledge.treatments[row["treatment_key"]]
        note: Row = self.notes.get(row["trial_key"], {})
        response = self.responses[row["trial_key"]]
        start = row["start_date"]
        added = note.get("augments_key")
        return TrialView(
            key=row["trial_key"],
            id=f"{treatment.id}-{start.isoformat() if start else 'unknown'}",
            treatment=treatment,
            class_name=self.knowledge.classes[treatment.klass].name,
            start=start,
            start_latest=note["start_latest_date"] if note else start,
            end=row["end_date"],
            end_earliest=note["end_earliest_date"] if note else row["end_date"],
            is_ongoing=row["is_ongoing"],
            covered_days=row["covered_days"],
            covered_days_low=row["covered_days_low"],
            max_dose_mg=row["max_dose_mg"],
            is_dose_complete=row["is_dose_complete"],
            sessions=note.get("sessions"),
            adherence=note.get("adherence"),
            stop_reason=note.get("stop_reason"),
            added_to=None if added is None else self.knowledge.treatments[added].name,
            outcome=response["outcome"],
            improvement_percent=response["improvement_percent"],
            basis=response["basis"],
            measured=self._measured(response),
            disagrees=response["disagrees"],
        )

    def _measured(self, response: Row) -> str | None:
        """Instrument, first and last score behind a measured response."""
        if response["basis"] != "measured":
            return None
        scores = (self.scores[response[end]]["value"] for end in ("baseline_key", "endpoint_key"))
        before, after = (number(score) for score in scores)
        name = self.knowledge.instruments[response["measure_id"]].name
        return self.phrases.say("reason.measured", instrument=name, before=before, after=after)

    def _adequacy(self, trial: TrialView, row: Row) -> AdequacyView:
        rule = self.knowledge.rules[row["rule_key"]]
        doses, sessions = self.knowledge.doses_of(rule), self.knowledge.sessions_of(rule)
        is_silent = trial.treatment.id not in doses and trial.treatment.id not in sessions
        view = AdequacyView(trial, rule, **{name: row[name] for name in _COPIED}, is_rule_silent=is_silent)
        return replace(view, reasons=self.reasons.of(view))

    def _verdict(
        self, person_key: int, row: Row, trials: Iterable[TrialView], told: dict[int | None, dict[str, str]]
    ) -> VerdictView:
        key = row["definition_key"]
        definition = self.knowledge.definitions[key]
        counted = {c["trial_key"] for c in self.counted.get(person_key, ()) if c["definition_key"] == key}
        lacking = [m for m in self.missing.get(person_key, ()) if m["definition_key"] == key]
        suspected = self._excluding(person_key, definition, ("suspected",))
        lacks = Lacks(self.phrases, {t.key: t for t in trials}, definition, suspected, told)
        value = finite(row["value"])
        return VerdictView(
            definition=definition,
            status=row["status"],
            value=value,
            low=finite(row["low"]),
            high=finite(row["high"]),
            first_met_date=row["first_met_date"],
            label=definition.label_of(value) or definition.label,
            missing=tuple(dict.fromkeys(lacks.of(m["fact"], m["trial_key"]) for m in lacking)),
            trial_ids=tuple(t.id for t in trials if t.key in counted),
            excluded_by=self._excluding(person_key, definition, (None, "active", "remission", "resolved"))
            if row["status"] == "not_applicable"
            else (),
        )

    def _excluding(self, person_key: int, definition: Definition, status: tuple[str | None, ...]) -> tuple[str, ...]:
        """Names of a person's recorded conditions that a definition excludes."""
        rows = [c for c in self.conditions.get(person_key, ()) if c["status"] in status]
        ids = {c["condition_id"] for c in rows}
        known = sorted(i for i in ids if self.knowledge.condition_closure(i) & set(definition.excludes))
        return tuple(self.knowledge.conditions[i].name for i in known)

    def _assumptions(self, person_key: int, trials: tuple[TrialView, ...]) -> Iterable[str]:
        """What was not recorded and is taken as ordinary."""
        silent = [self.phrases.named(t) for t in trials if t.adherence is None]
        if len(silent) > NAMED and len(silent) == len(trials):
            yield self.phrases.moded("assumed.adherence_all", n=len(silent))
        elif silent:
            yield self.phrases.moded("assumed.adherence", trials="; ".join(silent))
        recorded = [c["condition_id"] for c in self.conditions.get(person_key, ())]
        covered = {wider for i in recorded for wider in self.knowledge.condition_closure(i)}
        asked = dict.fromkeys(e for d in self.knowledge.definitions for e in d.excludes)
        names = [self.knowledge.conditions[c].name for c in asked if c not in covered]
        if names:
            yield self.phrases.moded("assumed.conditions", conditions="; ".join(names))

    def _score(self, person_key: int) -> str | None:
        """The newest total of an instrument of severity, with the published name of its range."""
        rows = [
            r
            for r in self.person_scores.get(person_key, ())
            if (known := self.knowledge.instruments.get(r["measure_id"])) and known.is_depression_severity
        ]
        if not rows:
            return None
        row = max(rows, key=lambda r: (r["date"], r["measure_id"]))
        instrument = self.knowledge.instruments[row["measure_id"]]
        bands = instrument.bands.bands if instrument.bands else ()
        band = next((b.label for b in bands if b.low <= row["value"] <= b.high), None)
        key = "words.score" if band else "words.score_bare"
        day = self.phrases.day(row["date"])
        return self.phrases.say(key, instrument=instrument.name, value=number(row["value"]), day=day, band=band)

    def _disputed(self, person_key: int) -> Iterator[NoticeView]:
        for row in self.disputed.get(person_key, ()):
            name = self.knowledge.facts[row["fact_key"]].name
            text = self.phrases.say("consider.disputed", fact=name)
            yield NoticeView("flag", "answer_disputed", text, row["record_ref"])


def _notices(rows: Iterable[Row]) -> tuple[NoticeView, ...]:
    return tuple(NoticeView(r["kind"], r["code"], r["text"], r["record_ref"]) for r in rows)


def _order(trial: TrialView) -> tuple[Any, ...]:
    """By start, unknown ones last; ties by all that is known, so that the order of the input does not matter."""
    dates = (trial.start, trial.start_latest, trial.end, trial.end_earliest)
    known = tuple((d is None, d.toordinal() if d else 0) for d in dates)
    numbers = (trial.covered_days, trial.max_dose_mg, trial.sessions, trial.adherence, trial.improvement_percent)
    rest = tuple((n is None, n or 0.0) for n in numbers)
    return (known[0], trial.treatment.id, *known[1:], *rest, trial.stop_reason or "", trial.outcome or "", trial.key)
