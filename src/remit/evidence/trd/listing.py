"""What the base holds: its studies as a table, and one study in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from remit.errors import UsageError
from remit.evidence.trd import files
from remit.evidence.trd.base import EvidenceBase

LEVELS = {
    "L0": "not resistant by definition",
    "L1": "one or more adequate treatments failed",
    "L2": "two or more failed",
    "L3": "three or more failed, or markedly resistant",
}
MOST_HINTS = 8
COLUMNS = ("study", "label", "year", "level", "treatments", "funding", "rob", "eligible", "verified_rows", "rows")


def list_studies(
    base: EvidenceBase,
    *,
    treatment: str | None = None,
    level: str | None = None,
    outcome: str | None = None,
    verified: bool = False,
    pooled: bool = False,
) -> pl.DataFrame:
    """The studies of the base, narrowed where it is asked for.

    Parameters
    ----------
    base : EvidenceBase
    treatment : str, optional
        A node, fine or lumped, its class, or an entry of the catalogue: studies with such an arm.
    level : {"L0", "L1", "L2", "L3"}, optional
        How resistant people had to be.
    outcome : str, optional
        Studies with a row of this outcome.
    verified : bool
        Only studies with a row that was read in a source.
    pooled : bool
        Only studies with a row that may be pooled.

    Returns
    -------
    polars.DataFrame
        `study, label, year, level, treatments, funding, rob, eligible, verified_rows, rows`; `treatments` are lumped
        nodes, separated by semicolons.

    Raises
    ------
    UsageError
        A treatment, level or outcome that the base does not know.
    """
    rows = base.rows
    if treatment is not None:
        rows = rows.filter(pl.col("node").is_in(_nodes(base, treatment)))
    if level is not None and level not in LEVELS:
        raise UsageError(f"unknown level {level!r}: choose one of {', '.join(LEVELS)}")
    if outcome is not None:
        if outcome not in files.OUTCOMES:
            raise UsageError(f"unknown outcome {outcome!r}: choose one of {', '.join(files.OUTCOMES)}")
        rows = rows.filter(pl.col("outcome") == outcome)
    if pooled:
        rows = rows.filter(
            (pl.col("eligible") == "yes") & (pl.col("use") == "primary") & pl.col("verified") & ~pl.col("imputed")
        )
    found = base.studies if level is None else base.studies.filter(pl.col("level") == level)
    if treatment is not None or outcome is not None or pooled:
        found = found.filter(pl.col("study").is_in(rows["study"].unique().to_list()))
    table = found.join(_counts(base), on="study", how="left").with_columns(
        pl.col("verified_rows", "rows").fill_null(0), pl.col("treatments").fill_null("")
    )
    return (table.filter(pl.col("verified_rows") > 0) if verified else table).select(COLUMNS).sort("study")


def _nodes(base: EvidenceBase, name: str) -> list[str]:
    found = [
        fine
        for fine, names in base.nodes.items()
        if name in (fine, names["lumped"], names["class"], *names["options"].split())
    ]
    if not found:
        known = sorted({names["lumped"] for names in base.nodes.values()})
        near = _near(name, known)
        hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(known)}."
        raise UsageError(f"no treatment {name!r} in the base. {hint}")
    return found


def _near(name: str, known: Sequence[str]) -> list[str]:
    """What an unknown name may have meant: names that hold it, else names that are spelt much like it."""
    inside = [k for k in known if name.casefold() in k.casefold()]
    return inside[:MOST_HINTS] or get_close_matches(name, known, n=3)


def _counts(base: EvidenceBase) -> pl.DataFrame:
    lumped = pl.col("node").replace_strict({k: v["lumped"] for k, v in base.nodes.items()}, return_dtype=pl.String)
    return base.rows.group_by("study").agg(
        lumped.unique().sort().str.join("; ").alias("treatments"),
        pl.col("verified").sum().cast(pl.Int64).alias("verified_rows"),
        pl.len().cast(pl.Int64).alias("rows"),
    )


def find_study(name: str, folder: Path | None = None) -> dict[str, Any]:
    """The record of a study, as its file holds it.

    Raises
    ------
    UsageError
        There is no such study; says which come near.
    """
    home = files.home() if folder is None else folder
    paths = {path.stem: path for path in (home / "studies").glob("*.yaml")}
    by_case = {stem.casefold(): stem for stem in paths}
    stem = by_case.get(name.casefold())
    if stem is None:
        near = _near(name, sorted(paths))
        hint = f" Did you mean {', '.join(near)}?" if near else " `remit evidence list` names them all."
        raise UsageError(f"there is no study {name!r}.{hint}")
    record: dict[str, Any] = files.read_yaml(paths[stem])
    return record


def study_text(record: Mapping[str, Any]) -> str:
    """A study in full: who was studied, who paid, how it was judged, every number with where it was read."""
    ids = {k: v for k, v in (record.get("identifiers") or {}).items() if k != "seen_in_source"}
    trd, bias = record.get("trd_definition") or {}, record.get("risk_of_bias") or {}
    network = record.get("network") or {}
    lines = [
        f"{record['id']}: {record['label']}, {record['year']}",
        f"  identifiers: {', '.join(f'{k} {v}' for k, v in ids.items() if v) or 'none seen'}",
        f"  design: {record.get('design')}, {record.get('blinding') or 'blinding not stated'};"
        f" randomised {record.get('randomised') or 'not stated'}",
        f"  resistance: {trd.get('level')}, {LEVELS.get(str(trd.get('level')), '')}; {trd.get('text') or 'not stated'}",
        f"  funder: {record.get('funding')}",
        f"  risk of bias: {bias.get('judgement')} (provisional); {bias.get('note') or 'no note'}",
        f"  in networks: {network.get('eligible')}{'; ' + network['note'] if network.get('note') else ''}",
        f"  record {'read in a source' if record.get('verified') else 'not read in a source'}:"
        f" {record.get('seen_where')}",
    ]
    if record.get("doubts"):
        lines.append(f"  doubts: {record['doubts']}")
    for arm in record.get("arms") or []:
        lines += ["", f"  {arm['label']} ({arm['node']}, {arm['role']})"]
        lines += [f"    {_row_text(row)}" for row in arm.get("outcomes") or []]
    for row in record.get("relapse") or []:
        lines += ["", f"  relapse, {row.get('arm')}: {_relapse_text(row)}"]
    return "\n".join(lines)


def _row_text(row: Mapping[str, Any]) -> str:
    if row.get("events") is not None:
        value = f"{row['events']} of {row.get('n', 'an unknown number')}"
    elif row.get("mean") is not None:
        value = f"mean {row['mean']}" + (f" (SD {row['sd']})" if row.get("sd") is not None else "")
        value += f", n {row['n']}" if row.get("n") is not None else ""
    else:
        value = f"{row['reported_pct']} %" if row.get("reported_pct") is not None else "no count"
    scale = f", {row['scale']}" if row.get("scale") else ""
    read = "read in" if row.get("verified") else "NOT read in a source;"
    return (
        f"{row['outcome']}{scale}, {row.get('timepoint')}: {value}; {row.get('definition') or 'no definition'};"
        f" {row['basis']}, {row['use']}; {read} {row['seen_where']} ({row['source']})"
    )


def _relapse_text(row: Mapping[str, Any]) -> str:
    parts = [str(row.get("at_risk_population") or "people at risk not stated")]
    if row.get("n_relapsed") is not None:
        parts.append(f"{row['n_relapsed']} of {row.get('n_at_risk')}")
    if row.get("hazard_ratio") is not None:
        has_limits = row.get("hr_lower") is not None
        limits = f" ({row['hr_lower']} to {row['hr_upper']})" if has_limits else ", no interval given"
        parts.append(f"hazard ratio {row['hazard_ratio']}{limits} against {row.get('hr_versus')}")
    if row.get("km_pct") is not None:
        parts.append(f"Kaplan-Meier {row['km_pct']} %")
    return (
        f"{'; '.join(parts)}; {'read in' if row.get('verified') else 'NOT read in a source;'} {row.get('seen_where')}"
    )
