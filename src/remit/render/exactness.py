"""How exact a share is: the interval beside every number of the catalogue, or that its source gives none.

Wilson's interval is computed where a source says of how many people a percentage is; it is marked as derived. Where
no source says so there is no interval, and the reader is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from remit.engine.shares import wilson
from remit.knowledge.catalogue import Arm, PlainPoint
from remit.render.phrases import Phrases, number


def limits(percent: float, n: int | None) -> tuple[float, float] | None:
    """Limits of a 95 % interval in percent; None where it is not known of how many people the percentage is."""
    if n is None:
        return None
    low, high = wilson(percent / 100 * n, n)
    return 100 * float(low), 100 * float(high)


def said_of_arm(arm: Arm, phrases: Phrases) -> Iterator[str]:
    """What happened in an arm, each percentage with its interval."""
    for kind in ("response", "remission"):
        percent = getattr(arm, f"{kind}_percent")
        if percent is not None:
            yield with_interval(phrases.say(f"pooled.outcome.{kind}"), percent, arm.n, phrases)


def with_interval(name: str, percent: float, n: int | None, phrases: Phrases) -> str:
    """A percentage with its interval, or with the word that the source gives none."""
    found = limits(percent, n)
    if found is None:
        return phrases.say("exactness.bare", name=name, percent=number(percent))
    low, high = (f"{value:.1f}" for value in found)
    return phrases.say("exactness.interval", name=name, percent=number(percent), low=low, high=high, people=n)


def exact(point: PlainPoint, phrases: Phrases) -> str:
    """A plain sentence with a range behind each number of people of 100; where none is known, that is told after it."""
    text, at = point.text, 0
    for share in point.numbers:
        place = re.compile(rf"\b{number(share.of_100)}\b(?=,| and| to| in| of)").search(text, at)
        found = limits(share.of_100, share.n)
        if place is None or found is None:
            continue
        told = phrases.say("exactness.range", low=f"{found[0]:.0f}", high=f"{found[1]:.0f}")
        text, at = f"{text[: place.end()]} {told}{text[place.end() :]}", place.end() + len(told)
    if point.numbers and not any(share.n for share in point.numbers):
        return f"{text} {phrases.say('exactness.none')}"
    return text
