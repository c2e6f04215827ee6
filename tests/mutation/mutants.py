"""Mutants: one number of a definition, of an adequacy rule or of the policy in use, moved by one step, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from remit.knowledge import AdequacyRule, Definition, Knowledge
from remit.knowledge.definition import Criterion, EpisodeFeature, SpanFeature
from remit.knowledge.library import Library
from remit.knowledge.pattern import selects

DAY_IN_WEEKS = 1 / 7
PERCENT_STEP = 0.1
SHARE_STEP = 0.01
DOSE_STEP = 1.0
RATIO_STEP = 0.02
HALF_POINT = 0.5
DAY_IN_MONTHS = 1 / 30.4375
DAYS_PER_MONTH_STEP = 0.01


NO_DIFFERENCE = {
    "definitions/maudsley: items.failed_antidepressants.points of band 0 -1",
    "definitions/maudsley: items.failed_antidepressants.points of band 0 +1",
    "definitions/maudsley: items.failed_antidepressants.end of band 0 -1",
}
"""Mutants that no history can show: without a failed trial there is no score, so the points for none are never read."""


@dataclass(frozen=True)
class Mutant:
    """A number and the library in which it is moved; `definitions` are those that it can change."""

    name: str
    library: Callable[[], Library]
    definitions: tuple[str, ...]
    is_policy: bool = False


def mutants(knowledge: Knowledge, *, everything: bool = False) -> Iterator[Mutant]:
    """Every mutant that a history can show, or every mutant."""
    return (mutant for mutant in _all(knowledge) if everything or mutant.name not in NO_DIFFERENCE)


def _all(knowledge: Knowledge) -> Iterator[Mutant]:
    for definition in knowledge.definitions:
        for name, changed in _of_definition(definition):
            yield _mutant(knowledge, "definitions", definition.id, name, changed, (definition.id,))
    for key in knowledge.rules_in_use:
        rule = knowledge.rules[key]
        for name, changed in _of_rule(rule, knowledge):
            yield _mutant(knowledge, "rules", rule.id, name, changed, _definitions_of(rule, knowledge, doses=False))
    for key in knowledge.dose_rules_in_use:
        rule = knowledge.rules[key]
        for name, changed in _of_table(rule, knowledge):
            yield _mutant(knowledge, "rules", rule.id, name, changed, _definitions_of(rule, knowledge, doses=True))
    yield from _of_policy(knowledge)


def mutated(knowledge: Knowledge, mutant: Mutant) -> Knowledge:
    """The knowledge with the number moved, narrowed to the definitions that it can change."""
    return Knowledge(mutant.library(), knowledge.version, knowledge.roots).only(mutant.definitions)


def _mutant(
    knowledge: Knowledge, section: str, item: str, name: str, changed: Any, definitions: tuple[str, ...]
) -> Mutant:
    def library() -> Library:
        entries = {**getattr(knowledge.library, section), item: changed}
        return knowledge.library.model_copy(update={section: entries})

    return Mutant(f"{section}/{item}: {name}", library, definitions)


def _definitions_of(rule: AdequacyRule, knowledge: Knowledge, *, doses: bool) -> tuple[str, ...]:
    key = knowledge.rule_key(rule.id)
    return tuple(
        d.id for d in knowledge.definitions
        if (knowledge.dose_rule_key(knowledge.rule_key(d.adequacy)) if doses else knowledge.rule_key(d.adequacy)) == key
    )  # fmt: skip


# --- policy

READERS = {"dose_suspect_ratio", "earliest_year"}
"""Numbers that only the readers look at, when they refuse a slip of the pen; their own tests hold them."""


def _of_policy(knowledge: Knowledge) -> Iterator[Mutant]:
    policy = knowledge.policy
    everything = tuple(d.id for d in knowledge.definitions)

    def mutant(name: str, update: dict[str, Any]) -> Mutant:
        changed = policy.model_copy(update=update)
        return Mutant(
            f"policy: {name}",
            lambda: knowledge.library.model_copy(update={"policy": changed}),
            everything,
            is_policy=True,
        )

    for field in type(policy).model_fields:
        value = getattr(policy, field)
        if field in READERS:
            continue
        for move in (-1, 1):
            if field in ("gap_days", "outcome_bands"):
                for key, entry in value.items():
                    for name, moved in _moved(entry, move):
                        yield mutant(f"{field}.{key}.{name}", {field: {**value, key: moved}})
            else:
                step = DAYS_PER_MONTH_STEP if field == "days_per_month" else 1
                for name, moved in _moved(value, move * step):
                    yield mutant(f"{field}.{name}", {field: moved})


def _moved(entry: Any, move: float) -> Iterator[tuple[str, Any]]:
    for name in ("value", "low", "high"):
        number = getattr(entry, name, None)
        if number is not None:
            yield f"{name} {move:+g}", entry.model_copy(update={name: number + move})


# --- definitions


def _of_definition(definition: Definition) -> Iterator[tuple[str, Definition]]:
    for field in ("criteria", "scorable_if"):
        for i, criterion in enumerate(getattr(definition, field)):
            for name, moved in _criterion(criterion, _step(definition, criterion.feature)):
                yield f"{field}.{name}", definition.model_copy(update=_at(definition, field, i, moved))
    for i, rung in enumerate(definition.rungs):
        for j, criterion in enumerate(rung.all):
            for name, moved in _criterion(criterion, _step(definition, criterion.feature)):
                changed = rung.model_copy(update=_at(rung, "all", j, moved))
                yield f"rung {rung.value:g}.{name}", definition.model_copy(update=_at(definition, "rungs", i, changed))
    if definition.met:
        for name, moved in _criterion(definition.met, HALF_POINT if definition.id == "mgh_s" else 1):
            yield f"met.{name}", definition.model_copy(update={"met": moved})
    for i, item in enumerate(definition.items):
        for name, moved_item in _item(item, _step(definition, item.feature)):
            yield f"items.{item.id}.{name}", definition.model_copy(update=_at(definition, "items", i, moved_item))
    for i, label in enumerate(definition.labels[:-1]):
        for step in (-1, 1):
            moved_label = label.model_copy(update={"up_to": label.up_to + step})
            yield (
                f"label {label.label} {step:+g}",
                definition.model_copy(update=_at(definition, "labels", i, moved_label)),
            )


def _criterion(criterion: Criterion, step: float) -> Iterator[tuple[str, Criterion]]:
    field = "at_least" if criterion.at_least is not None else "more_than"
    for move in (-step, step):
        moved = getattr(criterion, field) + move
        yield f"{criterion.id} {move:+.3g}", criterion.model_copy(update={field: moved})


def _item(item: Any, step: float) -> Iterator[tuple[str, Any]]:
    if item.per is not None:
        for move in (-HALF_POINT / 2, HALF_POINT / 2):
            yield f"per {move:+g}", item.model_copy(update={"per": item.per + move})
    for i, band in enumerate(item.bands):
        for move in (-1, 1):
            points = band.model_copy(update={"points": band.points + move})
            yield f"points of band {i} {move:+g}", item.model_copy(update=_at(item, "bands", i, points))
            if band.up_to is not None:
                end = band.model_copy(update={"up_to": band.up_to + move * step})
                yield f"end of band {i} {move * step:+.3g}", item.model_copy(update=_at(item, "bands", i, end))


def _at(model: Any, field: str, i: int, changed: Any) -> dict[str, Any]:
    values = getattr(model, field)
    return {field: (*values[:i], changed, *values[i + 1 :])}


def _step(definition: Definition, feature: str) -> float:
    """One unit of a feature: a trial, a level, or a day where it is a time."""
    what = definition.features[feature]
    if isinstance(what, SpanFeature):
        return DAY_IN_WEEKS
    if isinstance(what, EpisodeFeature) and what.episode == "months":
        return DAY_IN_MONTHS
    return 1


# --- adequacy rules


def _of_rule(rule: AdequacyRule, knowledge: Knowledge) -> Iterator[tuple[str, AdequacyRule]]:
    states = {
        getattr(feature, "state", "")
        for d in knowledge.definitions if d.adequacy == rule.id for feature in d.features.values()
    }  # fmt: skip
    steps = {"min_weeks": DAY_IN_WEEKS, "adherence_at_least": SHARE_STEP}
    if "dose_optimised" in states:
        steps["dose_optimised_ratio"] = RATIO_STEP
    if "duration_optimised" in states:
        steps["duration_optimised_weeks"] = DAY_IN_WEEKS
    for field, step in steps.items():
        number = getattr(rule, field)
        for move in (-step, step):
            # A whisker more down and less up, so that the value a step below is let in and rounding decides nothing.
            moved = number.model_copy(update={"value": number.value + move * (0.999 if move > 0 else 1.001)})
            yield f"{field} {move:+.3g}", rule.model_copy(update={field: moved})
    for field in ("below_percent", "at_most_percent"):
        value = getattr(rule.nonresponse, field)
        if value is not None:
            for move in (-PERCENT_STEP, PERCENT_STEP):
                moved = rule.nonresponse.model_copy(update={field: value + move * 1.001})
                yield f"nonresponse.{field} {move:+g}", rule.model_copy(update={"nonresponse": moved})


def _of_table(rule: AdequacyRule, knowledge: Knowledge) -> Iterator[tuple[str, AdequacyRule]]:
    """Minimum doses and sessions of the treatments that occur in worked cases of definitions that use the table."""
    own = _definitions_of(rule, knowledge, doses=True)
    used = {t.treatment for d in knowledge.definitions if d.id in own for case in d.cases for t in case.trials}
    for treatment in sorted(used & set(rule.doses)):
        dose = rule.doses[treatment]
        for move in (-DOSE_STEP, DOSE_STEP):
            doses = {**rule.doses, treatment: dose.model_copy(update={"mg": dose.mg + move})}
            yield f"doses.{treatment} {move:+g}", rule.model_copy(update={"doses": doses})
    for treatment, sessions in rule.sessions.items():
        if not _sessions_matter(rule, treatment, knowledge):
            continue
        for move in (-1, 1):
            changed = sessions.model_copy(update={"sessions": sessions.sessions + move})
            table = {**rule.sessions, treatment: changed}
            yield f"sessions.{treatment} {move:+g}", rule.model_copy(update={"sessions": table})


def _sessions_matter(rule: AdequacyRule, treatment: str, knowledge: Knowledge) -> bool:
    """Whether a definition asks for an adequate trial of the treatment under the rule's table."""
    own = _definitions_of(rule, knowledge, doses=True)
    return any(
        treatment in select.treatments and getattr(feature, "state", "") == "failed"
        for d in knowledge.definitions if d.id in own
        for feature in d.features.values()
        for select in selects(feature)
    )  # fmt: skip
