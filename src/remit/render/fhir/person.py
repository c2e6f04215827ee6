"""FHIR resources about one person: scores, trials, verdicts, what to find out, and where each comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.base import Cited
from remit.render.cells import settling
from remit.render.fhir.parts import CATEGORY, LOINC, Ids, Json, code, instant, present, quantity, treatment
from remit.render.phrases import Phrases, plain, weakest
from remit.render.reasons import Reasons
from remit.render.statements import leading_rule
from remit.render.views import AdequacyView, PersonView, VerdictView
from remit.tables import Tables

Row = dict[str, Any]
_DAY = timedelta(days=1)
_PROVENANCE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


class PersonResources:
    """Writes the resources of one person.

    Parameters
    ----------
    person : PersonView
    key : int
        Its person_key.
    tables, knowledge, phrases
        Of the run.
    """

    def __init__(self, person: PersonView, key: int, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.person, self.key, self.tables, self.knowledge = person, key, tables, knowledge
        self.phrases, self.say = phrases, phrases.say
        self.ids = Ids(f"{person.id}|{person.index_date}")
        self.rule = leading_rule(knowledge)
        self.trials = [row for row in person.adequacy if row.rule.id == self.rule.id]
        self._refs = _refs(tables)

    def base(self, kind: str, name: str, resource_type: str) -> Json:
        """What every resource begins with."""
        return {"resourceType": resource_type, "id": self.ids.of(kind, name)}

    def patient(self) -> Json:
        """The person by the record's own id, and nothing more."""
        known = {"identifier": [{"system": "urn:x-remit:person", "value": self.person.id}]}
        return self.base("patient", "", "Patient") | known

    def observation(self, kind: str, name: str, category: str, about: Json) -> Json:
        """An observation of this person on the index date, made by this software."""
        return self.base(kind, name, "Observation") | {
            "status": "preliminary",
            "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
            "code": about,
            "subject": self.ids.reference("patient"),
            "effectiveDateTime": self.person.index_date.isoformat(),
            "device": self.ids.reference("device"),
        }

    # --- scores
    def scores(self) -> Iterator[Json]:
        """Totals of severity instruments up to the index date."""
        for row in self.score_rows():
            instrument = self.knowledge.instruments[row["measure_id"]]
            text = self.say("report.fhir.score", instrument=instrument.name)
            loinc = [{"system": LOINC, "code": c} for c in instrument.loinc_total]
            made = self.observation(
                "score", str(row["measurement_key"]), "survey", code("instrument", instrument.id, text, loinc)
            )
            note = [{"text": self.say("report.fhir.imputed")}] if row["is_imputed"] else []
            made |= {
                "effectiveDateTime": row["date"].isoformat(),
                "valueQuantity": quantity(plain(row["value"]), "score", "{score}"),
                "note": note,
            }
            yield present(made)

    def score_rows(self) -> list[Row]:
        """Rows of table `measurement` that are scores of severity, by date."""
        known = self.knowledge.instruments
        rows = [
            row
            for row in self.tables["measurement"].iter_rows(named=True)
            if row["person_key"] == self.key
            and row["measure_id"] in known
            and known[row["measure_id"]].is_depression_severity
            and row["date"] <= self.person.index_date
        ]
        return sorted(rows, key=lambda row: (row["date"], row["measure_id"], row["measurement_key"]))

    # --- trials
    def trial_observations(self) -> Iterator[Json]:
        """Each trial with whether it was a fair try by the leading rule."""
        reasons = Reasons(self.phrases, self.knowledge)
        for row in self.trials:
            trial = row.trial
            text = self.say("report.fhir.trial", treatment=trial.treatment.name)
            made = self.observation("trial", trial.id, "therapy", code("trial", "adequacy", text))
            told = self.say("report.fhir.rule", rule=self.rule.name, summary=self.rule.summary)
            if period := _period(trial.start, trial.end, is_ongoing=trial.is_ongoing):
                del made["effectiveDateTime"]
                made["effectivePeriod"] = period
            value = self.say(f"report.fhir.trial_value.{row.fair_try}")
            made |= {
                "valueCodeableConcept": code("three-valued", row.fair_try, value),
                "component": list(self._trial_components(row)),
                "note": [self._note(told, reasons.facts(row)), {"text": "; ".join(row.reasons)}],
            }
            yield present(made)

    def _trial_components(self, row: AdequacyView) -> Iterator[Json]:
        trial = row.trial
        yield self._component("treatment", valueCodeableConcept=treatment(trial.treatment))
        if trial.max_dose_mg is not None:
            yield self._component("dose", valueQuantity=quantity(plain(trial.max_dose_mg), "mg/d", "mg/d"))
        if trial.sessions is not None:
            yield self._component("sessions", valueQuantity=quantity(plain(trial.sessions), "sessions", "{session}"))
        ends = {"low": quantity(row.adequate_days_low, "d", "d")}
        if row.adequate_days is not None:
            ends["high"] = quantity(row.adequate_days, "d", "d")
        yield self._component("days", valueRange=ends)
        word = trial.outcome or "unknown"
        yield self._component("outcome", valueCodeableConcept=code("outcome", word, self.phrases.outcome(word)))
        failed = self.say(f"words.tri.{row.failed_adequate}")
        yield self._component("failed", valueCodeableConcept=code("three-valued", row.failed_adequate, failed))

    # --- verdicts
    def verdicts(self) -> Iterator[Json]:
        """Each definition with its status, result and bounds; derived from the trials that count."""
        known = {row.trial.id for row in self.trials}
        for verdict in self.person.verdicts:
            definition = verdict.definition
            text = self.say("report.fhir.verdict", name=definition.name)
            made = self.observation("verdict", definition.id, "survey", code("definition", definition.id, text))
            status = self.say(f"words.status.{verdict.status}")
            made |= {
                "valueCodeableConcept": code("status", verdict.status, status),
                "component": list(self._verdict_components(verdict)),
                "derivedFrom": [self.ids.reference("trial", t) for t in verdict.trial_ids if t in known],
                "note": [self._note(definition.plain, [definition])],
            }
            yield present(made)

    def _verdict_components(self, verdict: VerdictView) -> Iterator[Json]:
        for name in ("value", "low", "high"):
            number = getattr(verdict, name)
            if number is not None:
                yield self._component(name, valueQuantity=quantity(plain(number), "1", "1"))
        if verdict.first_met_date:
            yield self._component("met", valueDateTime=verdict.first_met_date.isoformat())

    # --- what to find out
    def tasks(self) -> Iterator[Json]:
        """A proposal for every missing fact: finding it out could settle a verdict."""
        for lack in settling(self.person.verdicts):
            name = f"{lack.fact}|{lack.trial_id or ''}"
            focus = self.ids.reference("trial", lack.trial_id) if lack.trial_id else None
            yield present(
                self.base("task", name, "Task")
                | {
                    "status": "draft",
                    "intent": "proposal",
                    "code": code("fact", lack.fact, self.say("report.fhir.task", fact=lack.text)),
                    "description": self.say("report.fhir.task", fact=lack.text),
                    "focus": focus,
                    "for": self.ids.reference("patient"),
                    "authoredOn": instant(self.person.index_date),
                    "requester": self.ids.reference("device"),
                }
            )

    # --- where it comes from
    def provenance(self) -> Iterator[Json]:
        """For trials and scores the records that they rest on; for verdicts the knowledge."""
        for row in self.trials:
            yield self._provenance("trial", row.trial.id, self._refs.get(row.trial.key, ()))
        for score in self.score_rows():
            yield self._provenance("score", str(score["measurement_key"]), (score["record_ref"],))
        for verdict in self.person.verdicts:
            yield self._provenance("verdict", verdict.definition.id, (), verdict.definition.sources)

    def _provenance(self, kind: str, name: str, refs: Iterable[str], sources: Iterable[str] = ()) -> Json:
        entities = [_entity("source", "urn:x-remit:record", ref, ref) for ref in refs]
        known = self.knowledge.sources
        entities += [_entity("quotation", "urn:x-remit:source", s, known[s].citation) for s in sources]
        author = {"coding": [{"system": _PROVENANCE, "code": "assembler"}]}
        return present(
            self.base("provenance", f"{kind}|{name}", "Provenance")
            | {
                "target": [self.ids.reference(kind, name)],
                "recorded": instant(self.person.index_date),
                "activity": {"text": self.say("report.fhir.activity")},
                "agent": [{"type": author, "who": self.ids.reference("device")}],
                "entity": entities,
            }
        )

    def _component(self, name: str, **value: Json | str) -> Json:
        return {"code": code("component", name, self.say(f"report.fhir.component.{name}")), **value}

    def _note(self, told: str, facts: Iterable[Cited]) -> Json:
        """What was applied, how well it was checked, and by which sources."""
        cited = list(facts)
        known = self.knowledge.sources
        sources = dict.fromkeys(s for fact in cited for s in fact.sources)
        named = "; ".join(f"{s}: {known[s].citation}" for s in sources)
        mark = self.phrases.mark(weakest(cited))
        return {"text": self.say("report.fhir.note", told=told, mark=mark, sources=named)}


def _entity(role: str, system: str, value: str, display: str) -> Json:
    return {"role": role, "what": {"identifier": {"system": system, "value": value}, "display": display}}


def _period(start: date | None, end: date | None, *, is_ongoing: bool) -> Json:
    """Earliest first and latest last day; an end that is not there goes on or is not known."""
    last = end - _DAY if end and not is_ongoing else None
    return present({"start": start.isoformat() if start else None, "end": last.isoformat() if last else None})


def _refs(tables: Tables) -> dict[int, tuple[str, ...]]:
    """By trial: places in the record of its exposures."""
    noted = dict(tables["exposure_note"].select("exposure_key", "record_ref").iter_rows())
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for exposure, trial in tables["trial_exposure"].select("exposure_key", "trial_key").iter_rows():
        if exposure in noted:
            found[trial][noted[exposure]] = None
    return {trial: tuple(refs) for trial, refs in found.items()}
