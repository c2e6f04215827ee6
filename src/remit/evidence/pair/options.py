"""Options of a pairwise analysis, and what they may be."""

from __future__ import annotations

from dataclasses import dataclass

from remit.errors import UsageError
from remit.evidence.arms import BINARY

METHODS = ("iv", "mh", "peto", "glmm")


@dataclass(frozen=True, slots=True)
class Options:
    """Checked options of an analysis; see `pairwise`."""

    measure: str
    method: str = "iv"
    model: str = "random"
    tau2: str = "reml"
    test: str = "z"
    level: float = 0.95
    prediction: str = "test"
    zero_cells: str = "only0"
    double_zero: str = "drop"
    increment: float = 0.5
    rd_shift: str = "effect"
    smd: str = "hedges"


def one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return an option in lower case, or say which values there are."""
    if value.lower() not in allowed:
        raise UsageError(f"unknown {what} {value!r}: choose one of {', '.join(allowed)}")
    return value.lower()


def check_method(options: Options) -> None:
    """Refuse a method that does not pool the measure."""
    if options.method == "mh" and options.measure not in BINARY:
        raise UsageError("Mantel-Haenszel pools or, rr and rd")
    if options.method in ("peto", "glmm") and options.measure != "or":
        raise UsageError(f"{options.method} pools or")
