"""Where the verdicts come from: definitions and rules in use, facts that no source was read for, citations."""

from __future__ import annotations

from collections.abc import Iterable

from remit.knowledge import AdequacyRule, Definition, Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.checks import sources_of
from remit.knowledge.definition import Criterion, Item
from remit.render.optioned import told_reasons
from remit.render.phrases import Phrases, number
from remit.render.reasons import PERCENT
from remit.render.views import AdequacyView, AssessmentView


def in_use(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> list[tuple[str, Cited]]:
    """Names of the definitions and rules in use, each with what it cites."""
    found: list[tuple[str, Cited]] = [(d.name, d) for d in view.definitions]
    rules = [knowledge.rules[key] for key in knowledge.rules_of_definitions]
    return found + [(phrases.say("page.rule_name", id=r.id, name=r.name), r) for r in rules]


def cited(view: AssessmentView, knowledge: Knowledge) -> tuple[str, ...]:
    """Source ids of the definitions and rules in use, and of what else is considered, each once, in order."""
    rules: list[Definition | AdequacyRule] = [
        *view.definitions,
        *(knowledge.rules[k] for k in knowledge.rules_of_definitions),
    ]
    named = [source for entry in rules for source in entry.sources]
    for person in view.persons:
        named += [s for c in person.considerations if c.state == "raised" for s in sources_of(c.check)]
        named += [s for c in person.considerations if c.state != "raised" for r in c.reasons for s in r.clue.sources]
        named += [source for gene in person.genes for source in gene.drug.sources]
        named += [source for reason in told_reasons(person.options) for source in reason.sources]
        named += [source for mechanism in person.mechanisms for source in mechanism.group.sources]
    return tuple(dict.fromkeys(named))


def unverified(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> list[tuple[str, tuple[str, ...]]]:
    """Numbers from background knowledge only that the trials were held against, each with the ids of its sources."""
    found: dict[str, tuple[list[str], dict[str, None]]] = {}
    for row in (a for person in view.persons for a in person.adequacy):
        for told, fact in _unread(row, knowledge, phrases):
            rules, sources = found.setdefault(told, ([], {}))
            if row.rule.id not in rules:
                rules.append(row.rule.id)
            sources.update(dict.fromkeys(fact.sources))
    listed = [
        (phrases.say("page.unverified_fact", what=what, by=phrases.listed(rules)), tuple(sources))
        for what, (rules, sources) in found.items()
    ]
    for definition in view.definitions:
        parts: Iterable[Criterion | Item] = (*definition.all_criteria(), *definition.items)
        listed += [(_criterion(definition, part, phrases), part.sources) for part in parts if part.verified == "no"]
    return listed


def _criterion(definition: Definition, part: Criterion | Item, phrases: Phrases) -> str:
    return phrases.say("page.fact_criterion", definition=definition.name, criterion=part.id.replace("_", " "))


def _unread(row: AdequacyView, knowledge: Knowledge, phrases: Phrases) -> Iterable[tuple[str, Cited]]:
    """Facts of a rule that a trial was held against and that no source was read for, in words."""
    rule, treatment = row.rule, row.trial.treatment
    if rule.adherence_at_least.verified == "no" and row.adherence_met != "unknown":
        share = number(rule.adherence_at_least.value * PERCENT)
        yield phrases.say("page.fact_adherence", share=share), rule.adherence_at_least
    sessions = knowledge.sessions_of(rule).get(treatment.id)
    dose = knowledge.doses_of(rule).get(treatment.id)
    if sessions and sessions.verified == "no":
        n = number(sessions.sessions)
        yield phrases.say("page.fact_sessions", sessions=n, treatment=treatment.name), sessions
    elif not sessions and dose and dose.verified == "no":
        yield phrases.say("page.fact_dose", dose=number(dose.mg), treatment=treatment.name), dose
    if rule.min_weeks.verified == "no" and not sessions:
        yield phrases.say("page.fact_weeks", n=number(rule.min_weeks.value)), rule.min_weeks
