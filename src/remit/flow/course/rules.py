"""The numbers of the course as arrays by instrument code: the course's own where the instrument's file has none."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from remit.flow.course.series import by_code
from remit.knowledge import Knowledge
from remit.knowledge.base import Number

Numbers = NDArray[np.float64]


class Rules(NamedTuple):
    """By instrument code; nan where there is none."""

    response: Numbers  # percent
    remission: Numbers
    baseline: Numbers
    relapse: Numbers
    worsening_points: Numbers
    worsening_at_least: Numbers
    reliable: Numbers
    matters: Numbers  # smallest change that matters
    standard_error: Numbers  # of the difference of two scores
    decision_remission: Numbers
    decision_partial: Numbers
    is_severity: NDArray[np.bool_]


def read_rules(measures: tuple[str, ...], knowledge: Knowledge) -> Rules:
    """Rules of the instruments in the order of their codes; read once for each knowledge."""
    read = _READ.setdefault(knowledge, {})
    if measures not in read:
        read[measures] = _rules(measures, knowledge)
    return read[measures]


_READ: WeakKeyDictionary[Knowledge, dict[tuple[str, ...], Rules]] = WeakKeyDictionary()


def _rules(measures: tuple[str, ...], knowledge: Knowledge) -> Rules:
    own, instruments = knowledge.course.measures, knowledge.instruments

    def numbers(*names: str) -> Numbers:
        """The first of some numbers: the instrument's, then the course's."""
        found = {}
        for m in measures:
            change = instruments[m].change
            known = [getattr(change, n, None) or getattr(own[m], n, None) for n in names]
            found[m] = next((_value(k) for k in known if k is not None), None)
        return by_code(measures, found)

    decisions = {m: own[m].decision for m in measures}
    error = numbers("standard_error")
    return Rules(
        response=numbers("response_percent"),
        remission=numbers("remission_at_most"),
        baseline=numbers("baseline_at_least"),
        relapse=numbers("relapse_at_least"),
        worsening_points=numbers("worsening_points"),
        worsening_at_least=numbers("worsening_at_least"),
        reliable=numbers("reliable"),
        matters=numbers("minimal_important"),
        standard_error=np.sqrt(2 * error**2),
        decision_remission=by_code(measures, {m: d.remission_at_most if d else None for m, d in decisions.items()}),
        decision_partial=by_code(measures, {m: d.partial_at_most if d else None for m, d in decisions.items()}),
        is_severity=np.array([instruments[m].is_depression_severity for m in measures], np.bool_),
    )


def _value(number: Number) -> float:
    return number.value
