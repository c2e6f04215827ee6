"""Certainty of a pooled effect in the words of GRADE, with a reason for every step down.

The steps are rules, written here so that anybody can read them. They are no substitute for the judgement of a panel:
judgements of bias in the base are provisional, and what cannot be judged from numbers is said to be so.
Wording follows Santesso 2020 (DOI 10.1016/j.jclinepi.2019.10.014).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from remit.evidence.pair.regression import MINIMUM_STUDIES, egger
from remit.evidence.pair.results import PairwiseResult

WORDS = ("very low", "low", "moderate", "high")
HALF = 0.5
FEW_EVENTS = 300
SMALL_BENEFIT, SMALL_HARM = math.log(1.25), math.log(0.8)


@dataclass(frozen=True, slots=True)
class Step:
    """One domain of GRADE.

    Attributes
    ----------
    domain : str
        ``risk of bias``, ``inconsistency``, ``indirectness``, ``imprecision`` or ``reporting bias``.
    down : int
        Levels down: 0, 1 or 2.
    reason : str
        Why, or why not, or why it cannot be judged.
    """

    domain: str
    down: int
    reason: str


@dataclass(frozen=True, slots=True)
class Certainty:
    """Certainty of an effect.

    Attributes
    ----------
    word : str
        ``high``, ``moderate``, ``low`` or ``very low``.
    steps : tuple of Step
        The five domains.
    """

    word: str
    steps: tuple[Step, ...]

    def reasons(self) -> list[str]:
        """Why certainty is not high."""
        return [f"{s.domain}: {s.reason}" for s in self.steps if s.down]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        return {"word": self.word, "steps": [asdict(s) for s in self.steps], "provisional": True}


def certainty(result: PairwiseResult, features: Mapping[str, Mapping[str, str | None]]) -> Certainty:
    """Rate one comparison of randomised trials.

    Parameters
    ----------
    result : PairwiseResult
        Of odds ratios.
    features : mapping
        Per study its `rob` (``low``, ``low_to_some``, ``some_concerns``, ``high``) and `level` (``L0`` to ``L3``).
    """
    weights = _weights(result)
    steps = (
        _bias(weights, features),
        _inconsistency(result),
        _indirectness(weights, features),
        _imprecision(result),
        _reporting(result),
    )
    level = max(0, len(WORDS) - 1 - sum(s.down for s in steps))
    return Certainty(WORDS[level], steps)


def _weights(result: PairwiseResult) -> dict[str, float]:
    column = "weight_common" if result.model == "common" else "weight_random"
    total = sum(result.studies[column]) or 1.0
    return {s: w / total for s, w in zip(result.studies["study"], result.studies[column], strict=True)}


def _share(
    weights: Mapping[str, float], features: Mapping[str, Mapping[str, str | None]], key: str, *is_in: str
) -> float:
    return sum(w for study, w in weights.items() if features.get(study, {}).get(key) in is_in)


def _bias(weights: Mapping[str, float], features: Mapping[str, Mapping[str, str | None]]) -> Step:
    high = _share(weights, features, "rob", "high")
    some = _share(weights, features, "rob", "some_concerns", "low_to_some")
    text = f"{high:.0%} of the weight from studies judged to be biased, {some:.0%} with some concerns (provisional)"
    return Step("risk of bias", 2 if high >= HALF else int(high + some >= HALF), text)


def _inconsistency(result: PairwiseResult) -> Step:
    spread, lead = result.heterogeneity, result.estimate
    if result.k < 2:
        return Step("inconsistency", 0, "one study: it cannot be judged")
    text = f"I2 {spread.i2_q:.0%}, p of Q {spread.p_q:.2g}"
    clear = lead.lower > 0 or lead.upper < 0
    wide = clear and result.prediction_lower < 0 < result.prediction_upper and result.k > 2
    if wide and spread.i2_q > 0:
        text += "; the interval for a new study includes no effect"
    return Step("inconsistency", int(spread.i2_q >= HALF or (wide and spread.i2_q > 0)), text)


def _indirectness(weights: Mapping[str, float], features: Mapping[str, Mapping[str, str | None]]) -> Step:
    none = _share(weights, features, "level", "L0")
    one = _share(weights, features, "level", "L1")
    text = f"{none:.0%} of the weight from people not defined as resistant, {one:.0%} after one failed treatment"
    return Step("indirectness", 2 if none >= HALF else int(none + one >= HALF), text)


def _imprecision(result: PairwiseResult) -> Step:
    lead = result.estimate
    down, parts = 0, []
    if lead.lower <= 0 <= lead.upper:
        down += 1
        parts.append("the interval includes no effect")
        if lead.lower < SMALL_HARM and lead.upper > SMALL_BENEFIT:
            down += 1
            parts.append("and both clear benefit and clear harm")
    if result.events is not None and result.events < FEW_EVENTS and down < 2:
        down += 1
        parts.append(f"{result.events} events, fewer than {FEW_EVENTS}")
    return Step("imprecision", down, "; ".join(parts) or "the interval is narrow and there are events enough")


def _reporting(result: PairwiseResult) -> Step:
    if result.k < MINIMUM_STUDIES:
        return Step("reporting bias", 0, f"{result.k} studies: fewer than {MINIMUM_STUDIES}, it cannot be judged")
    found = egger(result)
    return Step("reporting bias", int(found.p < 0.1), f"Egger's test p {found.p:.2g}")


def statement(word: str, treatment: str, control: str, outcome: str, log_effect: float, crosses: bool) -> str:
    """Say an effect in words that carry its certainty.

    Parameters
    ----------
    crosses : bool
        The interval includes no effect.
    """
    against = f"compared with {control}"
    if word == "very low":
        return f"It is very uncertain whether {treatment} changes {outcome} {against}."
    is_name = " " in treatment and not any(c.isupper() for c in treatment.split(" ", 1)[0])
    first = treatment[:1].upper() + treatment[1:] if is_name else treatment
    how, ending = {"high": ("", "s"), "moderate": ("probably ", "s"), "low": ("may ", "")}[word]
    if crosses and abs(log_effect) < SMALL_BENEFIT:
        return f"{first} {how}make{ending} little to no difference to {outcome} {against}."
    verb = "increase" if log_effect > 0 else "reduce"
    doubt = ", but the interval includes no effect" if crosses else ""
    return f"{first} {how}{verb}{ending} {outcome} {against}{doubt}."
