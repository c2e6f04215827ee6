"""FHIR dosage to mg a day: units, strength, timing. What is not stated stays unknown.

Follows the published CumulativeMedicationDuration logic, with two differences that keep a dose from being overstated:
of a range the lower end counts, and so does the lower number of times a day.
"""

from __future__ import annotations

from dataclasses import dataclass

from remit.flow.records.dates import Span
from remit.flow.records.dose_text import read_dose_text
from remit.flow.records.fhir_node import Node

_MG = {"mg": 1.0, "ug": 1e-3, "mcg": 1e-3, "µg": 1e-3, "g": 1e3, "gm": 1e3, "milligram": 1.0, "milligrams": 1.0}
_ML = {"ml": 1.0, "l": 1e3, "milliliter": 1.0, "millilitre": 1.0}
_SOLID = ("tab", "tbl", "cap", "pill", "patch", "each", "ea", "unit", "chew")
DAYS = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.0, "a": 365.0}
"""Length of UCUM time units in days, as the published logic takes them."""
_DAY_WORDS = {
    "day": "d",
    "days": "d",
    "week": "wk",
    "weeks": "wk",
    "month": "mo",
    "months": "mo",
    "hour": "h",
    "hours": "h",
}
_TIMING_CODES = {
    "qd": 1.0, "bid": 2.0, "tid": 3.0, "qid": 4.0, "q4h": 6.0, "q6h": 4.0, "q8h": 3.0, "q12h": 2.0, "q24h": 1.0,
    "qod": 0.5, "hs": 1.0, "am": 1.0, "pm": 1.0, "bed": 1.0,
}  # fmt: skip
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Strength:
    """How much is in one unit, one mL, or one patch a day of a product."""

    mg_per_unit: float | None = None
    mg_per_ml: float | None = None
    mg_per_24h: float | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity in mg, mL or units (tablets, capsules, patches)."""

    value: float
    kind: str  # mg, ml, unit

    def in_mg(self, strength: Strength) -> float | None:
        """The same in mg, if the strength says how much that is."""
        if self.kind == "mg":
            return self.value
        per = strength.mg_per_ml if self.kind == "ml" else strength.mg_per_unit
        return None if per is None else self.value * per


@dataclass(slots=True)
class DoseLine:
    """One dosage instruction."""

    mg_per_day: float | None
    per_day: Amount | None  # in whatever it is given, to tell how long a quantity lasts
    is_as_needed: bool
    sequence: int | None
    first: Span | None  # bounds, where they are dates
    last: Span | None
    days: float | None  # bounds, where they are a length
    slot: tuple[str, ...]  # times of day, to tell concurrent lines from alternatives
    is_range: bool = False
    is_once_assumed: bool = False


def amount_of(quantity: Node | None) -> Amount | None:
    """A Quantity in mg, mL or units; the code outranks the unit's text; None where it is none of these."""
    if quantity is None:
        return None
    value = quantity.number("value")
    unit = (quantity.text("code") or quantity.text("unit") or "").strip("{}[]() ").lower().removesuffix("(s)")
    if value is None or value <= 0:
        return None
    if unit in _MG:
        return Amount(value * _MG[unit], "mg")
    if unit in _ML:
        return Amount(value * _ML[unit], "ml")
    if unit in ("", "1") or unit.startswith(_SOLID) or unit.endswith(("tab", "cap")):
        return Amount(value, "unit")
    return None


def days_of(duration: Node | None) -> float | None:
    """A Duration in days; a bare number is days."""
    if duration is None:
        return None
    value = duration.number("value")
    unit = (duration.text("code") or duration.text("unit") or "d").strip("{}").lower()
    length = DAYS.get(_DAY_WORDS.get(unit, unit))
    return None if value is None or length is None or value <= 0 else value * length


def read_line(dosage: Node, strength: Strength) -> DoseLine:
    """One dosage instruction in mg a day."""
    timing = dosage.child("timing")
    repeat = timing.child("repeat") if timing else None
    bounds = repeat.child("boundsPeriod") if repeat else None
    sequence = dosage.number("sequence")
    line = DoseLine(
        mg_per_day=None,
        per_day=None,
        is_as_needed=dosage.flag("asNeededBoolean") or dosage.has("asNeededCodeableConcept"),
        sequence=None if sequence is None else int(sequence),
        first=bounds.span("start") if bounds else None,
        last=bounds.span("end") if bounds else None,
        days=days_of(repeat.child("boundsDuration")) if repeat else None,
        slot=_slot(repeat),
    )
    amount, line.is_range = _dose(dosage)
    text = dosage.text("text")
    if amount is None:
        _from_text(line, text, strength)
        return line
    times = per_day(timing, repeat)
    if times is None and timing is None and text is None:
        times, line.is_once_assumed = 1.0, True
    elif times is None and timing is None and text is not None:
        times = _times_of_text(text, amount, strength)
    if times is not None:
        line.per_day = Amount(amount.value * times, amount.kind)
        line.mg_per_day = _daily_mg(amount, times, strength)
    return line


def _daily_mg(amount: Amount, times: float, strength: Strength) -> float | None:
    if strength.mg_per_24h is not None and amount.kind == "unit":
        return amount.value * strength.mg_per_24h  # a patch gives this much a day, whenever it is changed
    mg = amount.in_mg(strength)
    return None if mg is None else mg * times


def _dose(dosage: Node) -> tuple[Amount | None, bool]:
    """The amount per intake; of a range the lower end."""
    places = dosage.children("doseAndRate") or [dosage]
    if len(places) > 1:
        return None, False
    if amount := amount_of(places[0].child("doseQuantity")):
        return amount, False
    spread = places[0].child("doseRange")
    if spread is None:
        return None, False
    low, high = spread.child("low"), spread.child("high")
    amount = amount_of(low)
    if amount is None and high is not None and low is not None and not low.has("unit") and not low.has("code"):
        value = low.number("value")
        other = amount_of(high)
        amount = Amount(value, other.kind) if other and value and value > 0 and other.kind != "mg" else None
    return amount, amount is not None


def per_day(timing: Node | None, repeat: Node | None) -> float | None:
    """Number of intakes a day; None where it is not stated."""
    if timing is None:
        return None
    if repeat is not None:
        times = repeat.number("frequency") or repeat.number("frequencyMax")
        period = repeat.number("period")
        unit = repeat.text("periodUnit")
        slots = len(_slot(repeat))
        length = DAYS.get((unit or "").lower())
        if period and length and period > 0:
            return (times or float(max(slots, 1))) / (period * length) * _days_a_week(repeat)
        if slots:
            return slots * _days_a_week(repeat)
    code = timing.code("code")
    return _TIMING_CODES.get(code) if code else None


def _days_a_week(repeat: Node) -> float:
    days = repeat.data.get("dayOfWeek")
    return len(set(map(str, days))) / _WEEK if isinstance(days, list) and days else 1.0


def _slot(repeat: Node | None) -> tuple[str, ...]:
    if repeat is None:
        return ()
    values = [repeat.data.get("timeOfDay"), repeat.data.get("when")]
    return tuple(str(v) for listed in values if isinstance(listed, list) for v in listed)


def _from_text(line: DoseLine, text: str | None, strength: Strength) -> None:
    found = read_dose_text(text) if text else None
    if found is None:
        return
    if found.units_per_day:
        line.per_day = Amount(found.units_per_day, "unit")
        line.mg_per_day = line.per_day.in_mg(strength)
    elif found.mg_per_day:
        line.per_day = Amount(found.mg_per_day, "mg")
        line.mg_per_day = found.mg_per_day


def _times_of_text(text: str, amount: Amount, strength: Strength) -> float | None:
    """Intakes a day that a line of text tells for a dose that is structured; None where the two do not fit."""
    found = read_dose_text(text)
    if found is None:
        return None
    each = amount.value if amount.kind == "unit" else amount.in_mg(strength)
    whole = found.units_per_day if amount.kind == "unit" else found.mg_per_day
    if not each or not whole or whole % each:
        return None
    return whole / each


def lasts(quantity: Amount | None, per_day_amount: Amount | None, strength: Strength) -> float | None:
    """Days that a dispensed quantity lasts."""
    if quantity is None or per_day_amount is None or per_day_amount.value <= 0:
        return None
    if quantity.kind == per_day_amount.kind:
        return quantity.value / per_day_amount.value
    whole, daily = quantity.in_mg(strength), per_day_amount.in_mg(strength)
    return whole / daily if whole and daily else None
