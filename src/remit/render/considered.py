"""What else could explain it, as plain objects: checks with their clues, and what a guideline says by genotype.

Made from the tables of `remit.flow.differential` and `remit.flow.pharmacogenetics` by following keys; nothing here
judges. A run without these tables has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from remit.knowledge import Knowledge, Treatment
from remit.knowledge.differential import Check, Clue, CounterClue
from remit.knowledge.facts import FactDefinition
from remit.knowledge.pharmacogenetics import Conversion, DrugGuidance, Enzyme, Guidance, Phenotype
from remit.render.phrases import Phrases, number
from remit.tables import Tables

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClueView:
    """A clue that holds: for the check, or against it."""

    clue: Clue | CounterClue
    direction: str  # for, against
    text: str
    facts: tuple[tuple[str, str | None], ...]  # id of the fact, and where in the record it stands


@dataclass(frozen=True, slots=True)
class ConsiderationView:
    """One check of one person."""

    check: Check
    state: str  # not_raised, spoken_against, open, raised
    level: str | None  # ask, next_step, same_day: when to check
    name: str
    reasons: tuple[ClueView, ...]
    unknown: tuple[FactDefinition, ...]  # facts that are not known and matter, in order
    asks: tuple[str, ...]  # the same as plain questions, as far as a person can answer them
    tests: tuple[str, ...]
    changes: str


@dataclass(frozen=True, slots=True)
class GeneView:
    """What a guideline says of one drug for a person's phenotypes."""

    treatment: Treatment
    relation: str  # current, tried, not_tried
    guidance: Guidance
    phenotypes: tuple[str, ...]
    text: str
    cautions: tuple[str, ...]  # what changes the enzyme today
    drug: DrugGuidance


class Considered:
    """Views of the considerations and gene guidance of every person of a run."""

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases = knowledge, phrases
        self._reasons: dict[tuple[int, int], list[Row]] = defaultdict(list)
        for row in _rows(tables, "consideration_reason"):
            self._reasons[row["person_key"], row["check_key"]].append(row)
        self._considered = _by_person(_rows(tables, "consideration"))
        self._genes = _by_person(_rows(tables, "gene_guidance"))
        self._yes: dict[int, set[int]] = defaultdict(set)
        if self._genes:
            holds = tables["fact"].filter(pl.col("state") == "yes")
            for person, fact in holds.select("person_key", "fact_key").iter_rows():
                self._yes[person].add(fact)

    def of(self, person_key: int) -> tuple[ConsiderationView, ...]:
        """Checks of a person, in the order in which they are gone through."""
        rows = sorted(self._considered.get(person_key, ()), key=lambda row: row["check_key"])
        return tuple(self._view(row) for row in rows)

    def _view(self, row: Row) -> ConsiderationView:
        check = self.knowledge.checks[row["check_key"]]
        reasons = self._reasons.get((row["person_key"], row["check_key"]), [])
        is_visit = self.phrases.is_visit
        unknown = self._unknown(check, reasons)
        is_live = row["state"] in ("raised", "open")
        tests = [t.plain if is_visit else t.text for t in check.tells]
        return ConsiderationView(
            check=check,
            state=row["state"],
            level=row["level"],
            name=check.plain_name if is_visit else check.name,
            reasons=tuple(self._clues(check, reasons)),
            unknown=unknown,
            asks=tuple(fact.ask for fact in unknown if fact.ask) if is_live else (),
            tests=tuple(text for text in tests if text) if is_live else (),
            changes=check.changes_plain if is_visit else check.changes,
        )

    def _clues(self, check: Check, reasons: list[Row]) -> Iterable[ClueView]:
        for clue in check.clues():
            rows = [r for r in reasons if r["clue"] == clue.id and r["direction"] != "unknown"]
            if rows:
                facts = tuple((self.knowledge.facts[r["fact_key"]].id, r["record_ref"]) for r in rows)
                text = clue.plain if self.phrases.is_visit else clue.text
                yield ClueView(clue, rows[0]["direction"], text, facts)

    def _unknown(self, check: Check, reasons: list[Row]) -> tuple[FactDefinition, ...]:
        keys = {r["fact_key"] for r in reasons if r["direction"] == "unknown"}
        order = {fact: i for i, fact in enumerate(check.facts())}
        facts = (self.knowledge.facts[key] for key in keys)
        return tuple(sorted(facts, key=lambda fact: order[fact.id]))

    def genes(self, person_key: int) -> tuple[GeneView, ...]:
        """What a guideline says of each drug for a person's phenotypes, drugs by name."""
        views = [self._gene(row) for row in self._genes.get(person_key, ())]
        return tuple(sorted(views, key=lambda view: view.treatment.name))

    def _gene(self, row: Row) -> GeneView:
        treatment = self.knowledge.treatments[row["treatment_key"]]
        drug = self.knowledge.pharmacogenetics[treatment.id]
        guidance = drug.rows[row["row"]]
        enzymes = [self.knowledge.enzymes[e] for e in drug.enzymes]
        yes = self._yes[row["person_key"]]
        stated = [(e, p) for e in enzymes for p in e.phenotypes if self.knowledge.fact_key(p.fact) in yes]
        names = tuple(self._phenotype(enzyme, phenotype) for enzyme, phenotype in stated)
        changed = (c for e in enzymes for c in e.conversions if self.knowledge.fact_key(c.fact) in yes)
        cautions = (*(self._moded(c) for c in changed), *(self._caution(e) for e in enzymes))
        text = guidance_text(guidance, treatment, enzymes, self.phrases)
        unique = tuple(dict.fromkeys(cautions))
        return GeneView(treatment, row["relation"], guidance, names, text, unique, drug)

    def _phenotype(self, enzyme: Enzyme, phenotype: Phenotype) -> str:
        word = phenotype.plain if self.phrases.is_visit else phenotype.name
        return self.phrases.say("consider.phenotype", enzyme=enzyme.name, phenotype=word)

    def _moded(self, conversion: Conversion) -> str:
        return conversion.plain if self.phrases.is_visit else conversion.text

    def _caution(self, enzyme: Enzyme) -> str:
        return enzyme.caution_plain if self.phrases.is_visit else enzyme.caution


def guidance_text(guidance: Guidance, treatment: Treatment, enzymes: list[Enzyme], phrases: Phrases) -> str:
    """What a guideline says of a drug: for a visit only what it could mean, never a dose."""
    say = phrases.say
    if phrases.is_visit:
        return say(f"consider.visit.pace.{guidance.pace}", drug=treatment.name)
    names = phrases.listed(enzyme.name for enzyme in enzymes)
    pace = say(f"consider.pace.{guidance.pace}")
    said = [pace, say(f"consider.advice.{guidance.advice}", enzymes=names)]
    if steps := _steps(guidance, phrases):
        said.append(say("consider.if_used", steps=phrases.listed(steps)))
    said.append(say(f"consider.strength.{guidance.strength}"))
    return " ".join(said)


def _steps(guidance: Guidance, phrases: Phrases) -> list[str]:
    say = phrases.say
    steps = []
    if guidance.start_percent_less:
        percent = phrases.say("consider.to").join(number(p) for p in guidance.start_percent_less)
        steps.append(say("consider.start_percent", percent=percent))
    elif guidance.is_start_lower:
        steps.append(say("consider.start_lower"))
    if guidance.is_titration_slower:
        steps.append(say("consider.slower"))
    if guidance.maintenance_percent_less:
        steps.append(say("consider.maintenance_percent", percent=number(guidance.maintenance_percent_less)))
    elif guidance.maintenance != "usual":
        steps.append(say(f"consider.maintenance.{guidance.maintenance}"))
    if guidance.level != "none":
        steps.append(say(f"consider.measure.{guidance.level}"))
    return steps


def _rows(tables: Tables, name: str) -> Iterable[Row]:
    return tables[name].iter_rows(named=True) if name in tables else ()


def _by_person(rows: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["person_key"]].append(row)
    return found
