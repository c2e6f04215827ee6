"""From a table of studies to the two arms of one comparison, study by study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.arms import BINARY, is_contrast, read_arms, read_contrasts, value_faults
from remit.evidence.data import (
    EMPTY,
    EvidenceError,
    LeftOut,
    Reading,
    Table,
    check_columns,
    label_faults,
    left_out,
    number_faults,
    read_raw,
    refuse,
)
from remit.evidence.types import Floats

COMPARATOR_WORDS = frozenset(
    {
        "control",
        "controls",
        "placebo",
        "sham",
        "usual care",
        "no treatment",
        "untreated",
        "standard care",
        "waitlist",
        "ctl",
    }
)
"""Labels that name a comparator wherever they occur: the effect is then that of the other treatment against it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The studies of one comparison.

    Attributes
    ----------
    treat1, treat2 : str or None
        Effects are of `treat1` against `treat2`; None if the table names no treatments.
    frame : polars.DataFrame
        Arm-level: `study, events1, n1, events2, n2` or `study, n1, mean1, sd1, n2, mean2, sd2`.
        Contrast-level: `study, te, se_te`.
    excluded : tuple of LeftOut
        Studies without both treatments.
    """

    treat1: str | None
    treat2: str | None
    frame: pl.DataFrame
    excluded: tuple[LeftOut, ...]

    def column(self, name: str) -> Floats:
        """Return a numeric column as an array."""
        return self.frame[name].to_numpy().astype(np.float64)

    def counts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return events and people of the first arm, then of the second."""
        return self.column("events1"), self.column("n1"), self.column("events2"), self.column("n2")


def read_comparison(
    source: Table, measure: str, treat1: str | None, treat2: str | None, duplicate_arms: str
) -> Comparison:
    """Read one comparison from an arm-level, wide or contrast-level table.

    Parameters
    ----------
    source : Table
        Arm-level rows (`study, treatment, ...`), one row a study with the arms side by side (`events1, n1, ...`), or
        effects (`te, se_te`, with or without `treat1, treat2`).
    treat1, treat2 : str, optional
        Which treatments to compare; needed if the table holds more than two.

    Raises
    ------
    EvidenceError
        With every fault of the table.
    UsageError
        The treatments asked for are not in the table, or it holds more than two and none was named.
    """
    reading = read_raw(source)
    if is_contrast(reading.frame):
        return _contrasts(reading, treat1, treat2)
    if "treatment" not in reading.frame.columns and "n1" in reading.frame.columns:
        return _wide(reading, measure)
    arms, _ = read_arms(reading, measure, duplicate_arms)
    first, second = choose(arms["treatment"].unique().to_list(), treat1, treat2)
    return _join(arms, measure, first, second)


def choose(present: list[str], treat1: str | None, treat2: str | None) -> tuple[str, str]:
    """Decide which two treatments are compared, and in which direction, from their names alone.

    The order of rows has no say. A name that always means a comparator comes second, else the order is alphabetical.
    """
    labels = sorted(present)
    for asked in (treat1, treat2):
        if asked is not None and asked not in labels:
            raise UsageError(f"there is no treatment {asked!r}: the table holds {', '.join(labels)}")
    if treat1 is not None and treat1 == treat2:
        raise UsageError("a treatment cannot be compared with itself")
    if treat1 is not None and treat2 is not None:
        return treat1, treat2
    named = treat1 or treat2
    rest = [label for label in labels if label != named]
    if len(labels) == 1:
        raise EvidenceError(
            [Fault("table: column treatment", "there is only one treatment", "Give both arms of each study")]
        )
    if len(labels) > 2:
        raise UsageError(f"the table holds {len(labels)} treatments ({', '.join(labels)}): name the two to compare")
    if named is not None:
        return (named, rest[0]) if treat1 is not None else (rest[0], named)
    if rest[0].casefold() in COMPARATOR_WORDS and rest[1].casefold() not in COMPARATOR_WORDS:
        return rest[1], rest[0]
    return rest[0], rest[1]


def _join(arms: pl.DataFrame, measure: str, first: str, second: str) -> Comparison:
    numbers = ["n", "events"] if measure in BINARY else ["n", "mean", "sd"]
    sides = [
        arms.filter(pl.col("treatment") == label).select("study", *[pl.col(c).alias(f"{c}{i}") for c in numbers])
        for i, label in ((1, first), (2, second))
    ]
    joined = sides[0].join(sides[1], on="study", how="inner").sort("study")
    excluded = []
    for study, n_arms in arms.group_by("study").agg(pl.len()).sort("study").iter_rows():
        if study not in set(joined["study"]):
            excluded.append(left_out(study, "one_arm" if n_arms == 1 else "other_treatments"))
    if joined.height == 0:
        raise EvidenceError(
            [Fault("table", f"no study compares {first} with {second}", "Give both arms of each study")]
        )
    return Comparison(first, second, joined, tuple(excluded))


def _wide(reading: Reading, measure: str) -> Comparison:
    frame, name = reading.frame, reading.name
    stems = ("events", "n") if measure in BINARY else ("n", "mean", "sd")
    numbers = [f"{stem}{i}" for i in (1, 2) for stem in stems]
    check_columns(reading, ("study", *numbers))
    faults = label_faults(frame, name, ("study",))
    faults += _repeated_study(frame, name)
    for i in ("1", "2"):
        side = frame.select(*[pl.col(f"{s}{i}").alias(s) for s in stems])
        for fault in value_faults(side, name, measure):
            faults.append(Fault(f"{fault.place}{i}", fault.problem, fault.remedy))
    refuse(reading, faults)
    labels = [_single(frame, c) for c in ("treat1", "treat2")]
    return Comparison(labels[0], labels[1], frame.select("study", *numbers).sort("study"), ())


def _repeated_study(frame: pl.DataFrame, name: str) -> list[Fault]:
    rows = frame.with_row_index("row").group_by("study", maintain_order=True).agg("row")
    return [
        Fault(
            f"{name}: rows {', '.join(str(i + 1) for i in group)}", "one study appears more than once", "Keep one row"
        )
        for study, group in rows.iter_rows()
        if len(group) > 1 and study is not None
    ]


def _single(frame: pl.DataFrame, column: str) -> str | None:
    if column not in frame.columns:
        return None
    labels = frame[column].drop_nulls().unique().to_list()
    return str(labels[0]) if len(labels) == 1 else None


def _contrasts(reading: Reading, treat1: str | None, treat2: str | None) -> Comparison:
    frame, name = reading.frame, reading.name
    if "treat1" in frame.columns and "treat2" in frame.columns:
        checked, _ = read_contrasts(reading)
        first, second = choose(sorted({*checked["treat1"], *checked["treat2"]}), treat1, treat2)
        forward = (pl.col("treat1") == first) & (pl.col("treat2") == second)
        backward = (pl.col("treat1") == second) & (pl.col("treat2") == first)
        kept = checked.filter(forward | backward).with_columns(
            pl.when(backward).then(-pl.col("te")).otherwise(pl.col("te")).alias("te")
        )
        if kept.height == 0:
            raise EvidenceError([Fault(name, f"no study compares {first} with {second}", "Check the treatments")])
        missing = sorted(set(checked["study"]) - set(kept["study"]))
        excluded = tuple(left_out(s, "other_treatments") for s in missing)
        return Comparison(first, second, kept.select("study", "te", "se_te").sort("study"), excluded)
    check_columns(reading, ("study",))
    faults = label_faults(frame, name, ("study",)) + _repeated_study(frame, name)
    faults += number_faults(
        frame,
        name,
        [
            ("te", lambda f: f["te"].is_null(), EMPTY, "Give the effect, or remove the row"),
            ("se_te", lambda f: f["se_te"].is_null(), EMPTY, "Give the standard error, or remove the row"),
            ("se_te", lambda f: f["se_te"] <= 0, "a standard error is not above zero", "Check the column"),
        ],
    )
    refuse(reading, faults)
    return Comparison(None, None, frame.select("study", "te", "se_te").sort("study"), ())
