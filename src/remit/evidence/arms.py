"""Arm-level tables: what each must hold, and the faults that refuse one."""

from __future__ import annotations

import polars as pl

from remit.errors import Fault, UsageError
from remit.evidence.data import EMPTY, Table, check_columns, label_faults, number_faults, read_raw, refuse

BINARY = frozenset({"or", "rr", "rd"})
CONTINUOUS = frozenset({"md", "smd"})
GENERIC = frozenset({"te", "hr"})
RATIOS = frozenset({"or", "rr", "hr"})
MEASURES = ("or", "rr", "rd", "md", "smd", "hr", "te")


def check_measure(measure: str, allowed: tuple[str, ...] = MEASURES) -> str:
    """Return the measure in lower case, or say which ones there are.

    Raises
    ------
    UsageError
        The measure is not known.
    """
    lower = measure.lower()
    if lower not in allowed:
        raise UsageError(f"unknown measure {measure!r}: choose one of {', '.join(allowed)}")
    return lower


def is_contrast(frame: pl.DataFrame) -> bool:
    """Say whether a table holds effects and standard errors, not arms."""
    return "te" in frame.columns and "se_te" in frame.columns


def read_arms(source: Table, measure: str, duplicate_arms: str = "refuse") -> tuple[pl.DataFrame, str]:
    """Read an arm-level table for a binary or continuous measure.

    Parameters
    ----------
    source : Table
        Columns `study`, `treatment`, `n` and `events`, or `n`, `mean` and `sd`.
    measure : str
        Decides which columns are needed.
    duplicate_arms : {"refuse", "sum"}
        ``"sum"`` adds up arms of one study that bear one treatment (two doses lumped into one node): counts are
        added; means and standard deviations are pooled exactly, as if the people had been one arm.

    Returns
    -------
    frame : polars.DataFrame
        Sorted by study and treatment; one row per study and treatment.
    name : str
        The source's name for messages.

    Raises
    ------
    EvidenceError
        With every fault of the table.
    """
    if duplicate_arms not in ("refuse", "sum"):
        raise UsageError("duplicate_arms is 'refuse' or 'sum'")
    reading = read_raw(source)
    frame, name = reading.frame, reading.name
    numbers = ("n", "events") if measure in BINARY else ("n", "mean", "sd")
    check_columns(reading, ("study", "treatment", *numbers))
    faults = label_faults(frame, name, ("study", "treatment"))
    faults += value_faults(frame, name, measure)
    faults += _duplicates(frame, name) if duplicate_arms == "refuse" else []
    if faults or reading.faults:
        refuse(reading, faults + _one_arm_faults(frame, name))
    kept = frame.select("study", "treatment", *numbers)
    if duplicate_arms == "sum":
        kept = _sum_arms(kept, measure)
    return kept.sort("study", "treatment"), name


def value_faults(frame: pl.DataFrame, name: str, measure: str) -> list[Fault]:
    """Find numbers that no arm can have."""
    faults = number_faults(
        frame,
        name,
        [
            ("n", lambda f: f["n"].is_null(), EMPTY, "Give the number analysed"),
            ("n", lambda f: f["n"] <= 0, "the number analysed is not above zero", "Give the number analysed"),
        ],
    )
    if measure in CONTINUOUS or measure == "mean":
        return faults + number_faults(
            frame,
            name,
            [
                ("mean", lambda f: f["mean"].is_null(), EMPTY, "Give the mean, or remove the arm"),
                ("sd", lambda f: f["sd"].is_null(), EMPTY, "Give the standard deviation, or remove the arm"),
                ("sd", lambda f: f["sd"] < 0, "a standard deviation is negative", "Check the column"),
                ("sd", lambda f: f["sd"] == 0, "a standard deviation is zero", "Check the column"),
                ("n", lambda f: f["n"] == 1, "one person has no standard deviation", "Check the number analysed"),
            ],
        )
    return faults + number_faults(
        frame,
        name,
        [
            ("events", lambda f: f["events"].is_null(), EMPTY, "Give the count, or remove the arm"),
            ("events", lambda f: f["events"] < 0, "a count is negative", "Check the column"),
            ("events", lambda f: f["events"] > f["n"], "more events than people", "Check both columns"),
        ],
    )


def _duplicates(frame: pl.DataFrame, name: str) -> list[Fault]:
    rows = frame.with_row_index("row").group_by("study", "treatment", maintain_order=True).agg("row")
    return [
        Fault(
            f"{name}: rows {', '.join(str(i + 1) for i in group)}",
            "one treatment appears more than once in a study",
            "Keep one arm, name the arms apart, or ask for duplicate arms to be summed",
        )
        for study, treatment, group in rows.iter_rows()
        if len(group) > 1 and study is not None and treatment is not None
    ]


def _one_arm_faults(frame: pl.DataFrame, name: str) -> list[Fault]:
    counts = (
        frame.drop_nulls(["study", "treatment"])
        .group_by("study", maintain_order=True)
        .agg(pl.col("treatment").n_unique().alias("arms"))
    )
    return [
        Fault(f"{name}: study {study}", "only one arm is in the table", "Add the other arm; alone it is left out")
        for study, arms in counts.iter_rows()
        if arms == 1
    ]


def _sum_arms(frame: pl.DataFrame, measure: str) -> pl.DataFrame:
    keys = ["study", "treatment"]
    if measure in BINARY:
        return frame.group_by(keys).agg(pl.col("n").sum(), pl.col("events").sum())
    n, mean, sd = pl.col("n"), pl.col("mean"), pl.col("sd")
    total, grand = n.sum(), (n * mean).sum() / n.sum()
    squares = ((n - 1) * sd**2).sum() + (n * mean**2).sum() - total * grand**2
    pooled = frame.group_by(keys).agg(
        total.alias("n"),
        grand.alias("mean"),
        (squares / (total - 1)).sqrt().alias("pooled"),
        sd.first(),
        n.len().alias("arms"),
    )
    one = pl.col("arms") == 1
    return pooled.select(*keys, "n", "mean", pl.when(one).then(sd).otherwise(pl.col("pooled")).alias("sd"))


def read_contrasts(source: Table) -> tuple[pl.DataFrame, str]:
    """Read a contrast-level table: `study, treat1, treat2, te, se_te`, the effect being treat1 against treat2.

    Raises
    ------
    EvidenceError
        With every fault of the table.
    """
    reading = read_raw(source)
    frame, name = reading.frame, reading.name
    check_columns(reading, ("study", "treat1", "treat2", "te", "se_te"))
    faults = label_faults(frame, name, ("study", "treat1", "treat2"))
    faults += number_faults(
        frame,
        name,
        [
            ("te", lambda f: f["te"].is_null(), EMPTY, "Give the effect, or remove the row"),
            ("se_te", lambda f: f["se_te"].is_null(), EMPTY, "Give the standard error, or remove the row"),
            ("se_te", lambda f: f["se_te"] <= 0, "a standard error is not above zero", "Check the column"),
            (
                "treat2",
                lambda f: f["treat1"] == f["treat2"],
                "a treatment is compared with itself",
                "Check both columns",
            ),
        ],
    )
    pairs = frame.with_row_index("row").with_columns(
        pl.min_horizontal("treat1", "treat2").alias("a"), pl.max_horizontal("treat1", "treat2").alias("b")
    )
    for *_, rows in pairs.group_by("study", "a", "b", maintain_order=True).agg("row").iter_rows():
        if len(rows) > 1:
            place = f"{name}: rows {', '.join(str(i + 1) for i in rows)}"
            faults.append(Fault(place, "one comparison appears more than once in a study", "Keep one row"))
    refuse(reading, faults)
    return frame.select("study", "treat1", "treat2", "te", "se_te"), name
