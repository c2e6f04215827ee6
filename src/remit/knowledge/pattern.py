"""What a treatment-pattern definition looks at: which treatments were supplied, and when; see `remit.engine.chains`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from remit.knowledge.base import Cited, KnowledgeModel, Number
from remit.knowledge.select import Select


class DrugsFeature(KnowledgeModel):
    """How many distinct ingredients are on record, whatever came of them."""

    drugs: Select
    at_dose: bool = False  # only those of which the adequacy rule's minimum dose was reached


class SwitchFeature(KnowledgeModel):
    """Distinct ingredients from which a person went on to another, read off the dates of prescriptions alone."""

    switches: Select
    course_gap_days: Number  # dates of one ingredient further apart than this belong to two courses
    course_days: Number  # least from the first date of a course to its last; a lone date counts up to the next one
    gap_days: Number  # most from the last date of a course to the next ingredient; on the same day is no switch
    at_dose: bool = False


class ChainFeature(KnowledgeModel):
    """1 where a course of one ingredient is followed by one of another that was not on record during the first.

    A course is two dates of an ingredient so far apart; read off the dates of prescriptions alone.
    """

    chain: Select
    course_days: Number  # least, counting first and last
    at_dose: bool = False


class Window(Cited):
    """One kind of event: a course begins when enough distinct others were there."""

    begins: Select
    others: Select
    at_least: float
    started_days_before: float = 0  # the others, at least so long before
    within_days: float  # and with their end, or start, at most so long before
    by: Literal["start", "end"] = "end"


class WindowFeature(KnowledgeModel):
    """1 where any of the windows holds at the beginning of a trial."""

    any_window: tuple[Window, ...]
    at_dose: bool = False


class StepFeature(KnowledgeModel):
    """1 where a further course begins after two fair tries of different ingredients, whatever came of them."""

    after_two: Select
    next: Select
    gap_days: Number  # most from the end of one course to the beginning of the next
    within_days: Number  # from the beginning of the first to that of the further one
    dose_blind: bool = False  # the first two need only have lasted for the rule's weeks


PatternFeature = DrugsFeature | SwitchFeature | ChainFeature | WindowFeature | StepFeature
"""Read off what was supplied and when. No outcome is looked at: failure is inferred, and the verdict says so."""


def selects(feature: KnowledgeModel) -> Iterator[Select]:
    """Every choice of trials in a feature."""
    for _, value in feature:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Select):
                yield part
            elif isinstance(part, Window):
                yield from selects(part)
