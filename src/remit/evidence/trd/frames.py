"""Turns study records into tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

STUDY_SCHEMA: dict[str, Any] = {
    "study": pl.String,
    "label": pl.String,
    "year": pl.Int64,
    "kind": pl.String,
    "registry": pl.String,
    "pmid": pl.String,
    "doi": pl.String,
    "population": pl.String,
    "level": pl.String,
    "trd_definition": pl.String,
    "design": pl.String,
    "blinding": pl.String,
    "acute_days": pl.Float64,
    "funding": pl.String,
    "eligible": pl.String,
    "network_note": pl.String,
    "rob": pl.String,
    "rob_note": pl.String,
    "study_verified": pl.Boolean,
    "doubts": pl.String,
}
ROW_SCHEMA: dict[str, Any] = {
    "study": pl.String,
    "arm_id": pl.String,
    "arm": pl.String,
    "node": pl.String,
    "role": pl.String,
    "outcome": pl.String,
    "definition": pl.String,
    "scale": pl.String,
    "timepoint": pl.String,
    "days": pl.Float64,
    "events": pl.Int64,
    "n": pl.Int64,
    "denominator": pl.String,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "se": pl.Float64,
    "imputed": pl.Boolean,
    "basis": pl.String,
    "verified": pl.Boolean,
    "use": pl.String,
    "source": pl.String,
    "seen_where": pl.String,
}
RELAPSE_SCHEMA: dict[str, Any] = {
    "study": pl.String,
    "arm": pl.String,
    "node": pl.String,
    "at_risk_population": pl.String,
    "n_at_risk": pl.Int64,
    "n_relapsed": pl.Int64,
    "definition": pl.String,
    "followup_weeks": pl.String,
    "hazard_ratio": pl.Float64,
    "hr_lower": pl.Float64,
    "hr_upper": pl.Float64,
    "hr_versus": pl.String,
    "km_pct": pl.Float64,
    "verified": pl.Boolean,
    "verified_hr": pl.Boolean,
    "source": pl.String,
    "seen_where": pl.String,
    "note": pl.String,
}


def frames(records: Iterable[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Turn study records into a table of studies, one of outcome rows with the study's columns, and one of relapse."""
    studies, rows, relapse = [], [], []
    for record in sorted(records, key=lambda r: str(r["id"])):
        studies.append(_study(record))
        for arm in record.get("arms") or []:
            known = {"study": record["id"], "arm_id": arm["id"], "arm": arm["label"], **arm}
            rows += [{**known, "imputed": False, **row} for row in arm.get("outcomes") or []]
        relapse += [{"study": record["id"], "verified_hr": False, **row} for row in record.get("relapse") or []]
    study_frame = _frame(studies, STUDY_SCHEMA)
    row_frame = _frame(rows, ROW_SCHEMA).join(study_frame, on="study", how="left")
    return study_frame, row_frame, _frame(relapse, RELAPSE_SCHEMA)


def _frame(records: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    columns = {name: [record.get(name) for record in records] for name in schema}
    return pl.DataFrame(
        {
            name: [None if v is None else str(v) for v in values] if schema[name] == pl.String else values
            for name, values in columns.items()
        },
        schema=schema,
        strict=False,
    )


def _study(record: dict[str, Any]) -> dict[str, Any]:
    ids, bias = record.get("identifiers") or {}, record.get("risk_of_bias") or {}
    trd, net = record.get("trd_definition") or {}, record.get("network") or {}
    eligible = net.get("eligible")
    days = record.get("acute_days")
    return {
        **record,
        "study": record["id"],
        "registry": ids.get("registry"),
        "pmid": ids.get("pmid"),
        "doi": ids.get("doi"),
        "level": trd.get("level"),
        "trd_definition": trd.get("text"),
        "acute_days": float(days) if isinstance(days, int | float) else None,
        "eligible": {True: "yes", False: "no"}.get(eligible, eligible) if isinstance(eligible, bool) else eligible,
        "network_note": net.get("note"),
        "rob": bias.get("judgement"),
        "rob_note": bias.get("note"),
        "study_verified": record.get("verified"),
    }
