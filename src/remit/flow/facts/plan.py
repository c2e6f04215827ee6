"""The readers of the knowledge in the order in which records are gone through; made once for each knowledge."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from remit.flow.meant import looker
from remit.knowledge import Knowledge
from remit.knowledge.definition import Definition
from remit.knowledge.facts import DRUGS, Drugs, Reader


class Asked(NamedTuple):
    """A reader and the fact that it answers."""

    fact: int
    reader: Reader


class Counted(NamedTuple):
    """Readers that count the same state of trials, and the rule and scope of it as a definition."""

    what: str
    definition: Definition
    readers: tuple[Asked, ...]


class DrugColumns(NamedTuple):
    """Drug readers as arrays of one length."""

    fact: NDArray[np.intp]
    window: NDArray[np.float64]  # days before the index date
    is_last: NDArray[np.bool_]  # last_taken
    is_tried: NDArray[np.bool_]
    is_history: NDArray[np.bool_]  # the recorded history counts as the whole history
    may_yes: NDArray[np.bool_]
    may_no: NDArray[np.bool_]


class Plan(NamedTuple):
    """Readers by kind.

    `drugs_of` says by drug reader and treatment_key whether the reader looks at the treatment; `recorded` and
    `refuting` by recorded condition which condition readers it speaks to: as an instance of what is asked, or as that
    itself or something wider; `closed` by closing fact which drug readers it closes;
    `counts` the readers of trials by what they count.
    """

    kinds: dict[str, list[Asked]]
    drugs: list[Asked]
    drugs_of: NDArray[np.bool_]
    drug_columns: DrugColumns
    conditions: list[Asked]
    recorded: dict[str, list[int]]
    refuting: dict[str, list[tuple[int, str]]]
    measures: dict[str, list[Asked]]
    measured: dict[str, list[Asked]]
    closed: dict[int, list[int]]
    counts: list[Counted]


_PLANS: WeakKeyDictionary[Knowledge, Plan] = WeakKeyDictionary()


def plan_of(knowledge: Knowledge) -> Plan:
    """The plan of a knowledge."""
    plan = _PLANS.get(knowledge)
    if plan is None:
        plan = _PLANS[knowledge] = _plan(knowledge)
    return plan


def _plan(knowledge: Knowledge) -> Plan:
    kinds: dict[str, list[Asked]] = defaultdict(list)
    for fact, definition in enumerate(knowledge.facts):
        for reader in definition.read:
            kinds[reader.kind].append(Asked(fact, reader))
    drugs = [asked for kind in DRUGS for asked in kinds[kind]]
    looked_at = [_drugs(asked.reader) for asked in drugs]
    shape = (len(drugs), len(knowledge.treatments))
    drugs_of = np.array([_row(selection, knowledge) for selection in looked_at]).reshape(shape)
    columns = _drug_columns(drugs, drugs_of, knowledge)
    recorded, refuting = _conditions(kinds["condition"], knowledge)
    measures: dict[str, list[Asked]] = defaultdict(list)
    for asked in kinds["measure"]:
        measures[str(asked.reader.measure)].append(asked)
    measured: dict[str, list[Asked]] = defaultdict(list)
    for asked in kinds["measured"]:
        for measure in asked.reader.measured or ():
            measured[measure].append(asked)
    closed: dict[int, list[int]] = defaultdict(list)
    for i, asked in enumerate(drugs):
        if closer := knowledge.facts[asked.fact].closed_by:
            closed[knowledge.fact_key(closer)].append(i)
    conditions = kinds["condition"]
    counts = _counted(kinds["trials"])
    return Plan(
        dict(kinds), drugs, drugs_of, columns, conditions, recorded, refuting, measures, measured, closed, counts
    )


def _drug_columns(drugs: list[Asked], drugs_of: NDArray[np.bool_], knowledge: Knowledge) -> DrugColumns:
    readers = [asked.reader for asked in drugs]
    is_tried = np.array([r.tried is not None for r in readers], np.bool_)
    is_other = (drugs_of & (knowledge.roles == "other")).any(axis=1)
    return DrugColumns(
        np.array([asked.fact for asked in drugs], np.intp),
        np.array([r.within_days or 0.0 for r in readers]),
        np.array([r.last_taken is not None for r in readers], np.bool_),
        is_tried,
        is_tried & ~is_other,
        np.array([r.may_say != "no" for r in readers], np.bool_),
        np.array([r.may_say != "yes" for r in readers], np.bool_),
    )


def _counted(readers: list[Asked]) -> list[Counted]:
    """Readers of trials by what they count."""
    found: dict[tuple[str, str, str], list[Asked]] = defaultdict(list)
    for asked in readers:
        count = asked.reader.trials
        assert count is not None
        found[count.count, count.rule, count.scope].append(asked)
    return [
        Counted(count, Definition.model_construct(adequacy=rule, scope=scope), tuple(group))
        for (count, rule, scope), group in found.items()
    ]


def _drugs(reader: Reader) -> Drugs:
    drugs = reader.taking or reader.last_taken or reader.tried
    assert drugs is not None
    return drugs


def _row(drugs: Drugs, knowledge: Knowledge) -> list[bool]:
    return list(map(looker(drugs, knowledge), knowledge.treatments))


def _conditions(
    readers: list[Asked], knowledge: Knowledge
) -> tuple[dict[str, list[int]], dict[str, list[tuple[int, str]]]]:
    recorded: dict[str, list[int]] = defaultdict(list)
    refuting: dict[str, list[tuple[int, str]]] = defaultdict(list)
    closure = {c: knowledge.condition_closure(c) for c in knowledge.conditions}
    for i, asked in enumerate(readers):
        wanted = asked.reader.condition or ()
        for condition, wider in closure.items():
            if wider & set(wanted):
                recorded[condition].append(i)
        for condition in wanted:
            for wider_one in closure[condition]:
                refuting[wider_one].append((i, condition))
    return recorded, refuting
