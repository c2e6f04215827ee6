"""Why a verdict is what it is: statement, finding, trial, exposure, source record, citation, by following table keys.

Nothing is worked out again here: the numbers are those of tables `finding`, `finding_trial`, `trial_exposure`,
`exposure`, `exposure_note` and `adequacy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from remit.knowledge import Definition, Knowledge
from remit.knowledge.definition import Criterion, Item
from remit.render.phrases import Phrases, finite, number
from remit.render.rows import Row, by, first
from remit.render.views import AssessmentView, PersonView, TrialView
from remit.tables import Tables


@dataclass(frozen=True, slots=True)
class Node:
    """One step of an explanation and what it stands on."""

    kind: str  # statement, finding, trial, judgement, exposure, record, citation
    text: str
    children: tuple[Node, ...] = ()
    refs: tuple[str, ...] = field(default=())


def node_json(node: Node) -> dict[str, Any]:
    """A node and all below it as plain objects."""
    return {
        "kind": node.kind,
        "text": node.text,
        "refs": list(node.refs),
        "because": [node_json(child) for child in node.children],
    }


def explain(
    view: AssessmentView, tables: Tables, knowledge: Knowledge, definition: Definition, phrases: Phrases
) -> list[tuple[PersonView, Node]]:
    """The tree of reasons of one definition's verdict, per person.

    Parameters
    ----------
    view : AssessmentView
        Gathered from `tables` with `knowledge`.
    tables : mapping of str to DataFrame
    knowledge : Knowledge
    definition : Definition
        One of `knowledge.definitions`.
    phrases : Phrases
    """
    explainer = _Explainer(tables, knowledge, definition, phrases)
    keys = tables["person"]["person_key"].to_list()
    return [(person, explainer.statement(person, key)) for person, key in zip(view.persons, keys, strict=True)]


class _Explainer:
    def __init__(self, tables: Tables, knowledge: Knowledge, definition: Definition, phrases: Phrases) -> None:
        self.knowledge, self.definition, self.phrases = knowledge, definition, phrases
        self.say = phrases.say
        key = knowledge.definition_key(definition.id)
        self.findings = [r for r in tables["finding"].iter_rows(named=True) if r["definition_key"] == key]
        self.counted = [r for r in tables["finding_trial"].iter_rows(named=True) if r["definition_key"] == key]
        self.links = by(tables["trial_exposure"], "trial_key")
        self.exposures = first(tables["exposure"], "exposure_key")
        self.notes = first(tables["exposure_note"], "exposure_key")
        self.outcomes = first(tables["outcome"], "exposure_key")
        parts: tuple[Criterion | Item, ...] = (*definition.all_criteria(), *definition.items)
        self.rules = {part.id: part for part in parts}

    def statement(self, person: PersonView, person_key: int) -> Node:
        """The verdict's own sentence and the findings under it."""
        sentence = next(s for s in person.statements if s.about == f"verdict:{self.definition.id}")
        findings = [self._finding(person, row) for row in self.findings if row["person_key"] == person_key]
        return Node("statement", sentence.text, (*findings, *self._citations(self.definition.sources)))

    def _finding(self, person: PersonView, row: Row) -> Node:
        """One criterion: what was observed, what is asked, whether it is met."""
        rule = self.rules[row["criterion"]]
        observed = self._bounds(row["low"], row["high"])
        name = row["criterion"].replace("_", " ")
        mark = self.phrases.mark(rule.verified)
        if row["points_low"] is not None:
            points = self._bounds(row["points_low"], row["points_high"])
            text = self.say("explain.points", name=name, observed=observed, points=points, mark=mark)
        else:
            asked = self._asked(rule)
            met = self.say(f"words.tri.{row['met']}")
            text = self.say("explain.criterion", name=name, observed=observed, asked=asked, met=met, mark=mark)
        same = [c for c in self.counted if (c["person_key"], c["feature"]) == (row["person_key"], row["feature"])]
        counts = {c["trial_key"]: c["counts"] for c in same}
        trials = [self._trial(person, t, counts[t.key]) for t in person.trials if t.key in counts]
        return Node("finding", text, (*trials, *self._citations(rule.sources)))

    def _asked(self, rule: Any) -> str:
        if rule.at_least is not None:
            return self.say("explain.at_least", value=number(rule.at_least))
        return self.say("explain.more_than", value=number(rule.more_than))

    def _bounds(self, low: float | None, high: float | None) -> str:
        least, most = finite(low), finite(high)
        if least is not None and least == most:
            return number(least)
        ends = [self.say("words.unknown") if x is None else number(round(x, 1)) for x in (least, most)]
        return self.say("words.range", low=ends[0], high=ends[1])

    def _trial(self, person: PersonView, trial: TrialView, counts: str) -> Node:
        """A trial that counts or may count: its reasons under the definition's rule, then its records."""
        text = self.say(f"explain.trial.{counts}", named=self.phrases.named(trial))
        judged = next(a for a in person.adequacy if a.trial is trial and a.rule.id == self.definition.adequacy)
        reasons = [Node("judgement", reason) for reason in judged.reasons]
        records = [self._exposure(link["exposure_key"]) for link in self.links[trial.key]]
        return Node("trial", text, (*reasons, *records), (trial.id,))

    def _exposure(self, key: int) -> Node:
        """One recorded stretch, and where it stands in the record."""
        row, note = self.exposures[key], self.notes.get(key, {})
        name = self.knowledge.treatments[row["treatment_key"]].name
        start = self.phrases.span(row["start_date"], note.get("start_latest_date", row["start_date"]))
        if note.get("end_kind") == "ongoing":
            end = self.say("words.ongoing")
        else:
            end = self.phrases.last(note.get("end_earliest_date", row["end_date"]), row["end_date"])
        dose = row["daily_dose_mg"]
        dosed = self.say("words.unknown") if dose is None else self.say("explain.dose", dose=number(dose))
        kind = self.say(f"explain.evidence.{note.get('evidence', 'fill')}")
        text = self.say("explain.exposure", kind=kind, treatment=name, start=start, end=end, dose=dosed)
        places = [note.get("record_ref"), self.outcomes.get(key, {}).get("record_ref")]
        refs = tuple(dict.fromkeys(p for p in places if p))
        return Node("exposure", text, tuple(Node("record", self.say("explain.record", place=p)) for p in refs), refs)

    def _citations(self, ids: Iterable[str]) -> Iterator[Node]:
        for source_id in ids:
            source = self.knowledge.sources[source_id]
            text = self.say("explain.citation", id=source_id, citation=source.citation, seen=source.seen)
            yield Node("citation", text, (), (source_id,))
