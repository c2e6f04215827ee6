"""The evidence base: which rows may be pooled, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import UsageError
from remit.evidence.trd import files
from remit.evidence.trd.frames import frames

LABEL = "evidence set v1, not a systematic review"
"""Must stand beside every number that comes from the base."""

WINDOWS = {
    "h24": (0, 1, "up to 24 hours"),
    "d2_4": (2, 4, "day 2 to 4"),
    "wk1": (5, 9, "week 1"),
    "acute": (10, 105, "week 2 to 14"),
    "endpoint": (5, 105, "each trial's own end of acute treatment, week 1 to 14"),
    "wk15_30": (106, 213, "week 15 to 30"),
    "wk31_60": (214, 423, "week 31 to 60"),
}
"""Days from the start, both ends included; one time point per trial is taken from a window."""

NEAR = 3
"""Days by which a visit may differ from a trial's end of acute treatment and still be that visit."""

NODE_LEVELS = ("fine", "lumped", "broad_a", "broad_b")
BROAD_WARNING = {
    "broad_a": "all inert controls are taken as one treatment, which is an assumption: placebo with a newly started"
    " antidepressant differs from placebo beside the failing one",
    "broad_b": "inert controls, active placebo and usual care are taken as one treatment, which is a strong assumption",
}
REASONS = {
    "pooled_check": "totals pooled by others, kept for checks only",
    "not_eligible": "the study does not belong into this comparison; its network note says why",
    "no_counts": "no count with its denominator was published where it was looked for",
    "imputed": "counts were computed by others from means and standard deviations",
    "unverified": "the number was not read in a source",
    "not_primary": "a further scale, time point or definition of the same arm, or a check",
    "other_timepoint": "another time point or scale of the trial was taken",
    "one_treatment": "fewer than two of the study's treatments remain",
}
PREFERRED = ("MADRS", "HRSD-17", "HAMD-17", "HRSD", "HAMD", "HDRS", "QIDS", "IDS", "BDI")


@dataclass(frozen=True, slots=True)
class Selection:
    """What enters an analysis, and what does not.

    Attributes
    ----------
    rows : polars.DataFrame
        One row per arm that enters, with everything that is known of it; `treatment` is its node.
    left_out : polars.DataFrame
        `study, reason, detail, rows`: how many rows of a study are set aside, and why.
    warnings : tuple of str
        What must be said beside the numbers.
    """

    rows: pl.DataFrame
    left_out: pl.DataFrame
    warnings: tuple[str, ...]

    def arms(self) -> pl.DataFrame:
        """Arm-level table for `remit.evidence.network`; arms of one treatment in a study are summed."""
        keys = ["study", "treatment"]
        counts = self.rows.group_by(keys).agg(pl.col("events").sum(), pl.col("n").sum())
        return counts.with_columns(pl.col("events", "n").cast(pl.Float64)).sort(keys)


@dataclass(frozen=True)
class EvidenceBase:
    """Studies with their rows; see `evidence_base`.

    Attributes
    ----------
    studies : polars.DataFrame
        One row a study.
    rows : polars.DataFrame
        One row per arm, outcome, scale and time point, with the study's columns.
    relapse : polars.DataFrame
        Relapse and durability after a response.
    nodes : dict
        Fine node to its names at coarser levels.
    """

    studies: pl.DataFrame
    rows: pl.DataFrame
    relapse: pl.DataFrame
    nodes: dict[str, dict[str, str]]
    label: str = LABEL

    def select(
        self,
        outcome: str = "response",
        window: str = "acute",
        nodes: str = "lumped",
        *,
        unverified: bool = False,
        sensitivity: bool = False,
    ) -> Selection:
        """Choose the rows that may be pooled.

        Parameters
        ----------
        outcome : str
            ``response`` or ``remission``, or another outcome with counts.
        window : str
            A key of `WINDOWS`.
        nodes : {"lumped", "fine", "broad_a", "broad_b"}
            How far treatments are merged; the broad ones merge controls and carry a warning.
        unverified : bool
            Let rows in that were not read in a source.
        sensitivity : bool
            Let in studies and rows that are marked for sensitivity analyses.
        """
        if outcome not in files.COUNTS:
            raise UsageError(f"unknown outcome {outcome!r}: choose one of {', '.join(sorted(files.COUNTS))}")
        if window not in WINDOWS:
            raise UsageError(f"unknown window {window!r}: choose one of {', '.join(WINDOWS)}")
        if nodes not in NODE_LEVELS:
            raise UsageError(f"unknown level of nodes {nodes!r}: choose one of {', '.join(NODE_LEVELS)}")
        low, high, _ = WINDOWS[window]
        asked = self.rows.filter((pl.col("outcome") == outcome) & pl.col("days").is_between(low, high))
        if window == "endpoint":
            asked = asked.filter((pl.col("days") - pl.col("acute_days")).abs() <= NEAR)
        named = pl.col("node").replace_strict({k: v[nodes] for k, v in self.nodes.items()}, return_dtype=pl.String)
        asked = asked.with_columns(named.alias("treatment"), _reason(unverified, sensitivity).alias("reason"))
        usable = asked.filter(pl.col("reason").is_null())
        chosen, spare = _one_timepoint(usable)
        left = pl.concat([asked.filter(pl.col("reason").is_not_null()), spare], how="diagonal")
        counts = left.group_by("study", "reason").agg(pl.len().alias("rows")).sort("study", "reason")
        detail = pl.col("reason").replace_strict(REASONS, return_dtype=pl.String).alias("detail")
        warnings = [self.label]
        if nodes in BROAD_WARNING:
            warnings.append(BROAD_WARNING[nodes])
        if unverified:
            warnings.append("numbers that were not read in a source are included")
        if sensitivity:
            warnings.append("studies and rows marked for sensitivity analyses are included")
        return Selection(
            chosen.drop("reason"),
            counts.with_columns(detail).select("study", "reason", "detail", "rows"),
            tuple(warnings),
        )

    def without_counts(self, selection: Selection, nodes: str = "lumped") -> list[str]:
        """Treatments of the base that have no row in a selection: "no verified counts yet", not "no evidence"."""
        everything = {v[nodes] for v in self.nodes.values()}
        return sorted(everything - set(selection.rows["treatment"]))


def _reason(unverified: bool, sensitivity: bool) -> pl.Expr:
    """Why a row may not be pooled; null if it may. The first reason that holds is the one given."""
    eligible = ["yes", "sensitivity"] if sensitivity else ["yes"]
    used = pl.col("use").is_in(["primary", "sensitivity"] if sensitivity else ["primary"])
    if unverified:
        # What was not read in a source is marked for sensitivity analyses as well.
        used = used | ((pl.col("use") == "sensitivity") & ~pl.col("verified"))
    never = pl.lit(value=False)
    return (
        pl.when(pl.col("kind") == "pooled_check")
        .then(pl.lit("pooled_check"))
        .when(~pl.col("eligible").is_in(eligible))
        .then(pl.lit("not_eligible"))
        .when(pl.col("events").is_null() | pl.col("n").is_null())
        .then(pl.lit("no_counts"))
        .when(never if sensitivity else pl.col("imputed"))
        .then(pl.lit("imputed"))
        .when(never if unverified else ~pl.col("verified"))
        .then(pl.lit("unverified"))
        .when(~used)
        .then(pl.lit("not_primary"))
        .otherwise(pl.lit(None, pl.String))
    )


def _one_timepoint(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep, per study, the time point, scale and definition nearest to its primary one that has two treatments."""
    kept, spare = [rows.clear()], [rows.clear()]
    for group in rows.partition_by("study", maintain_order=True):
        options = [
            part
            for part in group.partition_by("days", "scale", "definition", maintain_order=True)
            if part["treatment"].n_unique() > 1
        ]
        if not options:
            spare.append(group.with_columns(pl.lit("one_treatment").alias("reason")))
            continue
        best = min(options, key=_distance)
        kept.append(best)
        rest = group.join(best, on=["arm_id", "days", "scale", "definition"], how="anti", nulls_equal=True)
        spare.append(rest.with_columns(pl.lit("other_timepoint").alias("reason")))
    return pl.concat(kept), pl.concat(spare)


def _distance(part: pl.DataFrame) -> tuple[Any, ...]:
    first = part.row(0, named=True)
    target = first["acute_days"] or 42
    scale = first["scale"] or ""
    rank = next((i for i, name in enumerate(PREFERRED) if scale.startswith(name)), len(PREFERRED))
    return (
        -part["treatment"].n_unique(),
        abs(first["days"] - target),
        rank,
        -first["days"],
        scale,
        first["definition"],
    )


def from_records(records: Iterable[dict[str, Any]], nodes: dict[str, dict[str, str]]) -> EvidenceBase:
    """Make a base from checked study records."""
    return EvidenceBase(*frames(records), nodes)


@lru_cache(maxsize=4)
def _load(folder: Path) -> EvidenceBase:
    nodes = files.read_nodes(folder / "nodes.yaml")
    return from_records(files.read_studies((folder / "studies").glob("*.yaml"), nodes), nodes)


def evidence_base(folder: Path | str | None = None) -> EvidenceBase:
    """Load the evidence that Remit carries, or another folder of the same shape.

    Returns
    -------
    EvidenceBase
        Must not be changed: it is shared between calls.

    Raises
    ------
    EvidenceError
        With every fault of every file.
    """
    return _load(files.home() if folder is None else Path(folder))
