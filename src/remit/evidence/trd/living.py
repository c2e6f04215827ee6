"""What new studies change, before they are let in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remit.errors import UsageError
from remit.evidence.pair.results import plain
from remit.evidence.trd import files
from remit.evidence.trd.base import EvidenceBase, from_records
from remit.evidence.trd.findings import Finding, base_network, findings


@dataclass(frozen=True)
class Update:
    """The base before and after.

    Attributes
    ----------
    added, replaced : tuple of str
        Studies that are new, and studies whose record is replaced.
    changed : tuple of dict
        Comparisons whose numbers differ: `treatment, control, before, after`; either side may be None.
    unchanged : int
        Comparisons that stay as they are.
    pieces_before, pieces_after : tuple of tuple of str
        Connected parts of the network.
    left_out : tuple of dict
        Rows of the new studies that do not enter, with the reason.
    """

    outcome: str
    window: str
    nodes: str
    added: tuple[str, ...]
    replaced: tuple[str, ...]
    changed: tuple[dict[str, Any], ...]
    unchanged: int
    pieces_before: tuple[tuple[str, ...], ...]
    pieces_after: tuple[tuple[str, ...], ...]
    left_out: tuple[dict[str, Any], ...]
    label: str

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a plain dictionary."""
        return {"schema": "remit-evidence-update/1", **plain(self)}


def with_studies(base_folder: Path, paths: Sequence[Path]) -> tuple[EvidenceBase, EvidenceBase, list[str], list[str]]:
    """Load the base without and with new studies; a study whose id is known is replaced.

    Raises
    ------
    EvidenceError
        With every fault of every new file.
    """
    nodes = files.read_nodes(base_folder / "nodes.yaml")
    old = {r["id"]: r for r in files.read_studies((base_folder / "studies").glob("*.yaml"), nodes)}
    new = {r["id"]: r for r in files.read_studies(_expanded(paths), nodes)}
    added, replaced = sorted(set(new) - set(old)), sorted(set(new) & set(old))
    return from_records(old.values(), nodes), from_records({**old, **new}.values(), nodes), added, replaced


def _expanded(paths: Sequence[Path]) -> list[Path]:
    out: list[Path] = []
    for path in paths:
        out += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not out:
        raise UsageError("there is no study file to add")
    return out


def compare_bases(
    paths: Sequence[Path],
    *,
    outcome: str = "response",
    window: str = "acute",
    nodes: str = "lumped",
    unverified: bool = False,
    folder: Path | None = None,
) -> Update:
    """Pool again with new studies and say what differs.

    Parameters
    ----------
    paths : sequence of Path
        Study files, or folders of them.
    outcome, window, nodes, unverified
        See `EvidenceBase.select`.
    folder : Path, optional
        The base to start from; the one that Remit carries if not given.
    """
    before, after, added, replaced = with_studies(files.home() if folder is None else folder, paths)
    asked = (outcome, window, nodes)
    old = {(f.treatment, f.control): f for f in findings(before, *asked, unverified=unverified)}
    new = {(f.treatment, f.control): f for f in findings(after, *asked, unverified=unverified)}
    changed = []
    for pair in sorted(set(old) | set(new)):
        one, two = _summary(old.get(pair)), _summary(new.get(pair))
        if one != two:
            changed.append({"treatment": pair[0], "control": pair[1], "before": one, "after": two})
    touched = set(added) | set(replaced)
    left = after.select(outcome, window, nodes, unverified=unverified).left_out.to_dicts()
    return Update(
        outcome,
        window,
        nodes,
        tuple(added),
        tuple(replaced),
        tuple(changed),
        len(set(old) | set(new)) - len(changed),
        _pieces(before, asked, unverified),
        _pieces(after, asked, unverified),
        tuple(row for row in left if row["study"] in touched),
        after.label,
    )


def _pieces(base: EvidenceBase, asked: tuple[str, str, str], unverified: bool) -> tuple[tuple[str, ...], ...]:
    if base.select(*asked, unverified=unverified).rows.is_empty():
        return ()
    return tuple(p.treatments for p in base_network(base, *asked, unverified=unverified).pieces)


def _summary(finding: Finding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    whole = finding.to_dict()
    keys = ("k", "n", "events_treatment", "n_treatment", "events_control", "n_control", "odds_ratio", "lower", "upper")
    out = {key: whole[key] for key in (*keys, "prediction_lower", "prediction_upper", "tau2", "words")}
    return {**out, "certainty": finding.certainty.word, "reasons": finding.certainty.reasons()}


def update_text(update: Update) -> str:
    """Say an update as text."""
    lines = [f"New studies: {', '.join(update.added) or 'none'}; replaced: {', '.join(update.replaced) or 'none'}"]
    lines.append(f"Outcome {update.outcome}, window {update.window}, nodes {update.nodes} ({update.label})")
    for change in update.changed:
        lines += ["", f"{change['treatment']} against {change['control']}"]
        for side in ("before", "after"):
            lines.append(f"  {side:<7}{_line(change[side])}")
    if not update.changed:
        lines += ["", "No pooled effect changes."]
    lines += ["", f"Comparisons unchanged: {update.unchanged}"]
    if update.pieces_before != update.pieces_after:
        lines.append(f"Network pieces: {len(update.pieces_before)} before, {len(update.pieces_after)} after")
    for row in update.left_out:
        lines.append(f"Left out of {row['study']}: {row['rows']} rows, {row['detail']}")
    return "\n".join(lines)


def _line(side: dict[str, Any] | None) -> str:
    if side is None:
        return "no verified counts yet"
    interval = f"OR {side['odds_ratio']:.2f} ({side['lower']:.2f} to {side['upper']:.2f})"
    new_study = ""
    if side["prediction_lower"] is not None and math.isfinite(side["prediction_lower"]):
        new_study = f", in a new study {side['prediction_lower']:.2f} to {side['prediction_upper']:.2f}"
    counts = f"{side['events_treatment']}/{side['n_treatment']} against {side['events_control']}/{side['n_control']}"
    return f"{interval}{new_study}; {counts}, {side['k']} studies; certainty {side['certainty']}"
