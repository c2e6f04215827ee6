"""The sentences of an assessment, in the order in which they are to be read, each with its sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from remit.knowledge import AdequacyRule, Knowledge
from remit.render.crisis import zero_sentences
from remit.render.phrases import Phrases, number, sources_of, weakest
from remit.render.reasons import Reasons, is_long_at_a_low_dose
from remit.render.views import AdequacyView, PersonView, Statement, TrialView, VerdictView


def leading_rule(knowledge: Knowledge) -> AdequacyRule:
    """The adequacy rule that most of the asked definitions use; of several, the one named first."""
    counts = Counter(d.adequacy for d in knowledge.definitions)
    return knowledge.library.rules[max(counts, key=counts.__getitem__)]


def statements(person: PersonView, phrases: Phrases, reasons: Reasons, knowledge: Knowledge) -> Iterator[Statement]:
    """Trials, verdicts, what was assumed, what is asked about safety."""
    for sentence in zero_sentences(person.signs, phrases, knowledge):
        yield Statement(sentence, "safety")
    rule = leading_rule(knowledge)
    for row in person.adequacy:
        if row.rule.id == rule.id:
            facts = reasons.facts(row)
            yield Statement(tried(row, phrases), f"trial:{row.trial.id}", sources_of(facts), weakest(facts))
    yield Statement(severity(person, phrases), "severity")
    for verdict in person.verdicts:
        definition = verdict.definition
        about = f"verdict:{definition.id}"
        yield Statement(verdict_sentence(verdict, phrases), about, definition.sources, definition.verified)
    for assumed in person.assumptions:
        yield Statement(assumed, "assumption")


def tried(row: AdequacyView, phrases: Phrases) -> str:
    """One trial, whether it was a fair try, and what came of it."""
    trial = row.trial
    return phrases.moded(
        f"statement.trial.{row.fair_try}",
        named=phrases.named(trial),
        treatment=trial.treatment.name,
        rule=row.rule.id,
        why=why_not(row, phrases),
        outcome=outcome(trial, phrases),
    )


def why_not(row: AdequacyView, phrases: Phrases) -> str:
    """What keeps a trial from being a fair try, in a few words; empty where nothing does."""
    duration = "yes" if is_long_at_a_low_dose(row) else row.duration_met
    parts = {"dose": row.dose_met, "duration": duration, "adherence": row.adherence_met}
    found = [phrases.moded(f"why.{part}.no") for part, met in parts.items() if met == "no"]
    if row.fair_try == "unknown":
        # Time at an unknown dose is unknown because of the dose; to name both would be to name one thing twice.
        part = "dose" if row.dose_met == "unknown" else "duration"
        found.append(phrases.moded("why.silent" if row.is_rule_silent else f"why.{part}.unknown"))
    if row.intolerant == "yes":
        found.append(phrases.moded("why.intolerant"))
    return phrases.listed(found)


def outcome(trial: TrialView, phrases: Phrases) -> str:
    """What came of a trial, with the percentage where there is one."""
    if trial.outcome is None and trial.basis != "none":
        return phrases.moded("outcome.open")
    said = phrases.moded(f"outcome.{trial.outcome or 'unknown'}")
    return said if trial.improvement_percent is None else improved(said, trial.improvement_percent, phrases)


def improved(told: str, percent: float, phrases: Phrases) -> str:
    """An outcome with how much better or worse it was."""
    n = round(percent)
    way = "better" if n > 0 else "worse" if n else "same"
    return phrases.moded(f"statement.percent.{way}", outcome=told, percent=number(abs(n)))


def severity(person: PersonView, phrases: Phrases) -> str:
    """How severe the episode is, apart from how resistant."""
    word = phrases.say(f"words.severity.{person.severity or 'unknown'}")
    return phrases.moded("statement.severity", severity=word)


def result(verdict: VerdictView, phrases: Phrases) -> str:
    """Value or stage of a verdict, with its published name; the range where it is open."""
    if verdict.status == "not_applicable" or verdict.high is None:
        return phrases.say("words.no_result")
    known = verdict.value if verdict.low == verdict.high else None
    if known is not None:
        label = verdict.definition.label_of(known)
        return phrases.say("words.labelled", value=number(known), label=label) if label else number(known)
    low = phrases.say("words.no_result") if verdict.low is None else _labelled(verdict, verdict.low, phrases)
    return phrases.say("words.range", low=low, high=_labelled(verdict, verdict.high, phrases))


def _labelled(verdict: VerdictView, value: float, phrases: Phrases) -> str:
    label = verdict.definition.label_of(value)
    return phrases.say("words.labelled", value=number(value), label=label) if label else number(value)


def verdict_sentence(verdict: VerdictView, phrases: Phrases) -> str:
    """A verdict as one sentence."""
    definition = verdict.definition
    lacks = "; ".join(lack.text for lack in verdict.missing)
    shape = "pattern" if definition.family == "pattern" else definition.shape
    key = f"statement.verdict.{shape}.{verdict.status}"
    if verdict.status in ("not_applicable", "undetermined"):
        key = f"statement.verdict.{verdict.status}"
    elif verdict.high is None:
        key = "statement.verdict.no_score"
    sentence = phrases.moded(
        key,
        name=definition.name,
        result=result(verdict, phrases),
        day=phrases.day(verdict.first_met_date) if verdict.first_met_date else "",
        conditions=phrases.listed(verdict.excluded_by),
        missing=lacks or phrases.say("words.unknown"),
        plain=definition.plain,
    )
    if definition.label:
        sentence = phrases.say("statement.labelled", sentence=sentence, label=definition.label)
    return sentence
