"""Conditions over facts and the state of a check, one person at a time in plain Python, written from the text.

A fact is yes, no or unknown, or a pair of the least and the most that a number can be. Nothing of the engine is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

Answer = str | tuple[float, float]
Person = Mapping[str, Answer]
ORDER = ("no", "unknown", "yes")


def holds(when: dict[str, Any], person: Person) -> str:
    """Whether a condition, as it stands in the file, holds."""
    if "any" in when:
        return max((holds(part, person) for part in when["any"]), key=ORDER.index)
    if "all" in when:
        return min((holds(part, person) for part in when["all"]), key=ORDER.index)
    if "not" in when:
        return ORDER[2 - ORDER.index(holds(when["not"], person))]
    if "of" in when:
        said = [holds(part, person) for part in when["of"]]
        if said.count("yes") >= when["at_least"]:
            return "yes"
        return "no" if len(said) - said.count("no") < when["at_least"] else "unknown"
    answer = person.get(when["fact"], "unknown")
    bounds: dict[str, float] = {key: when[key] for key in ("above", "at_least", "at_most", "below") if key in when}
    if bounds:
        low, high = answer if isinstance(answer, tuple) else (-inf, inf)
        at_low, at_high = inside(low, bounds), inside(high, bounds)
        if at_low and at_high:
            return "yes"
        # Bounds make one interval: where it lies between the ends, some value in between may be inside.
        return "unknown" if may_be(low, high, bounds) else "no"
    assert isinstance(answer, str)
    return answer if when.get("is", True) else ORDER[2 - ORDER.index(answer)]


def inside(value: float, bounds: dict[str, float]) -> bool:
    """Whether one number is within bounds."""
    kept = [value > bounds["above"]] if "above" in bounds else []
    kept += [value >= bounds["at_least"]] if "at_least" in bounds else []
    kept += [value <= bounds["at_most"]] if "at_most" in bounds else []
    kept += [value < bounds["below"]] if "below" in bounds else []
    return all(kept)


def may_be(low: float, high: float, bounds: dict[str, float]) -> bool:
    """Whether some number from `low` to `high` is within bounds."""
    floor = max(low, bounds.get("above", -inf), bounds.get("at_least", -inf))
    ceiling = min(high, bounds.get("below", inf), bounds.get("at_most", inf))
    if floor < ceiling:
        return True
    return floor == ceiling and inside(floor, bounds)


def considered(check: dict[str, Any], person: Person) -> tuple[str, str | None]:
    """State and level of a check, as it stands in its file."""
    said = [(clue, holds(clue["when"], person)) for clue in check["raised_by"]]
    strong = [s for clue, s in said if clue.get("strength", "strong") == "strong"]
    counted = [s for clue, s in said if clue.get("strength", "strong") != "weak"]
    enough = check["raised_together"]["value"] if "raised_together" in check else inf
    if "yes" in strong or counted.count("yes") >= enough:
        levels = ("ask", "next_step", "same_day")
        wanted = "strong" if "yes" in strong else "moderate"
        speaking = [c for c, s in said if s == "yes" and c.get("strength", "strong") == wanted]
        return "raised", max((c.get("level", check["level"]) for c in speaking), key=levels.index)
    for clue in check.get("against", ()):
        if clue.get("strength", "strong") == "strong" and holds(clue["when"], person) == "yes":
            return "spoken_against", None
    if "unknown" in strong or len(counted) - counted.count("no") >= enough:
        return "open", "ask"
    return "not_raised", None


def held(check: dict[str, Any], person: Person) -> set[str]:
    """Ids of the clues that hold, for it or against."""
    return {c["id"] for c in (*check["raised_by"], *check.get("against", ())) if holds(c["when"], person) == "yes"}
