"""Where the verdicts come from: definitions and rules with marks, citations, facts that no source was read for."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from remit.knowledge import AdequacyRule, Knowledge
from remit.knowledge.base import Cited
from remit.knowledge.definition import Criterion, Item
from remit.render.phrases import Phrases, number
from remit.render.reasons import PERCENT
from remit.render.text.page import bullets, heading, paragraph
from remit.render.views import AssessmentView


def references(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """Definitions and rules in use with their marks; unverified facts; citations."""
    say = phrases.say
    rules = [knowledge.rules[key] for key in knowledge.rules_in_use]
    yield heading(say("page.sources"))
    used = [_used("page.used", d.name, d, phrases) for d in view.definitions]
    used += [_used("page.rule_used", f"{r.id}, {r.name}", r, phrases) for r in rules]
    yield bullets(used)
    unverified = _unverified(view, knowledge, phrases)
    if unverified:
        yield heading(say("page.unverified"))
        yield bullets(unverified)
        yield paragraph(say("page.marks"))
    else:
        yield paragraph(say("page.marks"))
    yield heading(say("page.citations"))
    ids = dict.fromkeys(s for cited in (*view.definitions, *rules) for s in cited.sources)
    yield bullets(
        say("page.source", id=i, citation=knowledge.sources[i].citation, seen=knowledge.sources[i].seen) for i in ids
    )


def _used(key: str, name: str, cited: Cited, phrases: Phrases) -> str:
    return phrases.say(key, mark=phrases.mark(cited.verified), name=name, sources=", ".join(cited.sources))


def _unverified(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> list[str]:
    """Numbers from background knowledge only, among those that the trials were held against."""
    found: dict[str, list[str]] = {}

    def note(told: str, rule: AdequacyRule) -> None:
        rules = found.setdefault(told, [])
        if rule.id not in rules:
            rules.append(rule.id)

    for row in (a for person in view.persons for a in person.adequacy):
        rule, treatment = row.rule, row.trial.treatment
        if rule.adherence_at_least.verified == "no" and row.adherence_met != "unknown":
            share = number(rule.adherence_at_least.value * PERCENT)
            note(phrases.say("page.fact_adherence", share=share), rule)
        sessions = knowledge.sessions_of(rule).get(treatment.id)
        dose = knowledge.doses_of(rule).get(treatment.id)
        if sessions and sessions.verified == "no":
            n = number(sessions.sessions)
            note(phrases.say("page.fact_sessions", sessions=n, treatment=treatment.name), rule)
        elif not sessions and dose and dose.verified == "no":
            note(phrases.say("page.fact_dose", dose=number(dose.mg), treatment=treatment.name), rule)
        if rule.min_weeks.verified == "no" and not sessions:
            note(phrases.say("page.fact_weeks", n=number(rule.min_weeks.value)), rule)
    told = [phrases.say("page.unverified_fact", what=what, by=phrases.listed(rules)) for what, rules in found.items()]
    for definition in view.definitions:
        parts: tuple[Criterion | Item, ...] = (*definition.all_criteria(), *definition.items)
        told += [
            phrases.say("page.fact_criterion", definition=definition.name, criterion=part.id.replace("_", " "))
            for part in parts
            if part.verified == "no"
        ]
    return told
