"""A daily dose out of a line of text, only where the line can mean one thing: ``take 1 tablet (50 mg) once daily``.

The whole line must fit one of the patterns; a range, "as needed", a taper or any word that is not understood makes
the dose unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBERS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "half a": 0.5, "a": 1.0}
_TIMES: tuple[tuple[str, float], ...] = (
    ("four times (?:a|per) day|four times daily|4 times (?:a|per) day|4 times daily|4x daily|qid|qds", 4),
    ("three times (?:a|per) day|three times daily|3 times (?:a|per) day|3 times daily|3x daily|tid|tds", 3),
    ("twice (?:a|per) day|twice daily|two times (?:a|per) day|2 times (?:a|per) day|2 times daily|2x daily|bid|bd", 2),
    (
        "once (?:a|per) day|once daily|one time daily|1 time daily|1x daily|a day|per day|daily|every day|each day"
        "|qd|od|nightly|every night|every morning|each morning|every evening|(?:once )?in the morning"
        "|(?:once )?at bedtime|at night|qhs|qam|(?:once )?daily (?:in the morning|at bedtime|at night|in the evening)",
        1,
    ),
)
_UNIT = r"(?:tablets?|tabs?|capsules?|caps?|pills?)"
_COUNT = r"(?P<count>\d+(?:\.\d+)?|one|two|three|four|half a|a)"
_MG = r"(?P<mg>\d+(?:\.\d+)?) ?mg"
_TIME = "|".join(f"(?P<t{i}>{pattern})" for i, (pattern, _) in enumerate(_TIMES))
_TAIL = r"(?: (?:by mouth|orally|oral|po))?"
_MEAL = "(?: (?:with|after|before) (?:food|meals?|breakfast))?"
_LINE = re.compile(
    rf"(?:(?:take|takes|taking|give|swallow) )?"
    rf"(?:{_MG}|{_COUNT} {_UNIT} \({_MG.replace('mg>', 'total>')}(?P<is_total> total)?\)"
    rf"|{_COUNT.replace('count>', 'n>')} (?:x )?{_MG.replace('mg>', 'each>')} {_UNIT}"
    rf"|{_COUNT.replace('count>', 'units>')} {_UNIT}){_TAIL} (?:{_TIME}){_TAIL}{_MEAL}"
)
_STRENGTH = re.compile(r"(\d+(?:\.\d+)?) ?mg(?![/a-z])", re.IGNORECASE)
_SOLID = re.compile(r"\b(?:tab|tabs|tablet|tablets|cap|caps|capsule|capsules)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextDose:
    """Either mg or units a day."""

    mg_per_day: float | None = None
    units_per_day: float | None = None


@lru_cache(maxsize=4096)
def read_dose_text(text: str) -> TextDose | None:
    """The daily dose of a line; None where it could mean more than one thing."""
    plain = " ".join(re.sub(r"[.,;]+(?=\s|$)", " ", text.lower()).split())
    found = _LINE.fullmatch(plain)
    if not found:
        return None
    parts = found.groupdict()
    times = next(n for i, (_, n) in enumerate(_TIMES) if parts[f"t{i}"])
    if parts["mg"]:
        return TextDose(mg_per_day=float(parts["mg"]) * times)
    if parts["each"]:
        return TextDose(mg_per_day=_count(parts["n"]) * float(parts["each"]) * times)
    if parts["units"]:
        return TextDose(units_per_day=_count(parts["units"]) * times)
    if _count(parts["count"]) != 1 and not parts["is_total"]:
        return None  # "2 tablets (50 mg)": of one, or of both?
    return TextDose(mg_per_day=float(parts["total"]) * times)


def read_strength(text: str) -> float | None:
    """mg in one tablet or capsule, from the name of a product with one strength; else None."""
    found = _STRENGTH.findall(text)
    return float(found[0]) if len(found) == 1 and "/" not in text and _SOLID.search(text) else None


def _count(text: str) -> float:
    return _NUMBERS[text] if text in _NUMBERS else float(text)
