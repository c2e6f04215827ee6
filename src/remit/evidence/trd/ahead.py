"""Pools the base ahead of time: the table that options, reports and pages read.

Reading a table takes a moment; pooling takes seconds and needs scipy. So the pooled effects are written once, as
`remit.knowledge.pooled` describes them, and a test makes them anew.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from remit.engine.shares import wilson
from remit.evidence.trd import files
from remit.evidence.trd.base import LABEL, WINDOWS, EvidenceBase, evidence_base
from remit.evidence.trd.findings import Finding, findings, relapse_ratios
from remit.knowledge.pooled import SCHEMA, PooledTable

OUTCOMES = ("response", "remission", "dropout_ae", "dropout_any")
AHEAD = tuple(name for name in WINDOWS if name != "endpoint")
"""Windows that are pooled ahead; each trial's own end of acute treatment lies in one of them."""

DIGITS = 6
"""Significant digits that are kept: what two builds of a linear algebra library agree on, and more than is shown."""

UNKNOWN = "not stated"


def pooled_table(folder: Path | None = None) -> PooledTable:
    """Pool everything that may be pooled.

    Parameters
    ----------
    folder : Path, optional
        A folder of evidence; the one that Remit carries if not given.

    Raises
    ------
    EvidenceError
        With every fault of every study file.
    """
    home = files.home() if folder is None else folder
    base = evidence_base(home)
    found = list(_findings(base))
    relapse = list(_relapse(base))
    names = _names(home / "nodes.yaml")
    used = {f.treatment for f in found} | {f.control for f in found} | {r["treatment"] for r in relapse}
    studies = {s for f in found for s in f.result.studies["study"]} | {r["study"] for r in relapse}
    table = {
        "schema_id": SCHEMA,
        "label": LABEL,
        "inputs": digest(home),
        "nodes": {node: names[node] for node in sorted(used)},
        "studies": {row["study"]: _study(row, base) for row in base.studies.to_dicts() if row["study"] in studies},
        "effects": [_effect(f, names) for f in found],
        "relapse": relapse,
    }
    return PooledTable.model_validate(table)


def write_table(table: PooledTable) -> str:
    """The table as text, one effect a line so that a change shows as a line."""
    data = table.model_dump(mode="json", exclude_defaults=True)
    head = {key: value for key, value in data.items() if not isinstance(value, dict | list)}
    lines = [f"{json.dumps(key)}: {_line(value)}" for key, value in head.items()]
    for key in ("nodes", "studies"):
        rows = ",\n".join(f"{json.dumps(name)}: {_line(value)}" for name, value in data[key].items())
        lines.append(f"{json.dumps(key)}: {{\n{rows}\n}}")
    for key in ("effects", "relapse"):
        rows = ",\n".join(_line(value) for value in data.get(key, []))
        lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
    return "{" + ",\n".join(lines) + "}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def digest(folder: Path) -> str:
    """What the table was made from: a hash of the node file and of every study file."""
    found = hashlib.blake2b(digest_size=16)
    for path in [folder / "nodes.yaml", *sorted((folder / "studies").glob("*.yaml"))]:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _findings(base: EvidenceBase) -> Iterator[Finding]:
    every = [f for outcome in OUTCOMES for window in AHEAD for f in findings(base, outcome, window)]
    places = {name: i for i, name in enumerate((*OUTCOMES, *AHEAD))}
    yield from sorted(every, key=lambda f: (f.treatment, f.control, places[f.outcome], places[f.window]))


def _names(path: Path) -> dict[str, dict[str, Any]]:
    return {
        node["id"]: {
            "name": node.get("name", node["id"]),
            "plain": node.get("plain", node.get("name", node["id"])),
            "options": node.get("options", ()),
        }
        for node in files.read_yaml(path)["nodes"]
    }


def _study(row: Mapping[str, Any], base: EvidenceBase) -> dict[str, Any]:
    own = base.rows.filter(pl.col("study") == row["study"])
    told = pl.concat([own.select("source", "seen_where"), _relapse_places(base, row["study"])])
    source = row["doi"] or row["pmid"] or row["registry"] or told["source"].drop_nulls().first() or UNKNOWN
    return {
        "label": row["label"],
        "year": row["year"],
        "source": source,
        "seen_where": told["seen_where"].drop_nulls().first() or UNKNOWN,
        "funding": row["funding"] or UNKNOWN,
        "risk_of_bias": row["rob"] or UNKNOWN,
        "trd_level": row["level"] or UNKNOWN,
        "trd_definition": row["trd_definition"] or UNKNOWN,
    }


def _relapse_places(base: EvidenceBase, study: str) -> pl.DataFrame:
    return base.relapse.filter(pl.col("study") == study).select("source", "seen_where")


def _effect(finding: Finding, names: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    lead, spread = finding.result.estimate, finding.result.heterogeneity
    several = finding.result.k > 1
    told = {
        "treatment": finding.treatment,
        "control": finding.control,
        "outcome": finding.outcome,
        "window": finding.window,
        "window_text": WINDOWS[finding.window][-1],
        "k": finding.result.k,
        "events": finding.events1,
        "n": finding.n1,
        "events_control": finding.events2,
        "n_control": finding.n2,
        "odds_ratio": _kept(math.exp(lead.te)),
        "lower": _kept(math.exp(lead.lower)),
        "upper": _kept(math.exp(lead.upper)),
        "prediction_lower": _ratio(finding.result.prediction_lower) if several else None,
        "prediction_upper": _ratio(finding.result.prediction_upper) if several else None,
        "model": finding.result.model,
        "tau2": _kept(spread.tau2),
        "i2": _kept(spread.i2_q) if several else None,
        "certainty": finding.certainty.word,
        "reasons": finding.certainty.reasons(),
        "words": finding.words(names[finding.treatment]["name"], names[finding.control]["name"]),
        "studies": sorted(finding.result.studies["study"].to_list()),
        "left_out": [f"{e.study}: {e.detail}" for e in finding.result.excluded],
        "warnings": finding.warnings,
    }
    return told | _shares(finding)


def _shares(finding: Finding) -> dict[str, Any]:
    """People of 100: of the controls as counted, of the treated as the pooled odds ratio has it at that share."""
    risk, lead = finding.control_risk, finding.result.estimate
    if not 0 < risk < 1:
        return {"share": None, "share_control": None}
    low, high = (float(limit) for limit in wilson(finding.events2, finding.n2))
    odds = risk / (1 - risk)
    treated = [odds * math.exp(x) / (1 + odds * math.exp(x)) for x in (lead.te, lead.lower, lead.upper)]
    return {"share": _of_100(*treated), "share_control": _of_100(risk, low, high)}


def _of_100(value: float, low: float, high: float) -> dict[str, float]:
    return {"of_100": _kept(100 * value), "low": _kept(100 * low), "high": _kept(100 * high)}


def _kept(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _ratio(log: float) -> float | None:
    return _kept(math.exp(log)) if math.isfinite(log) else None


def _relapse(base: EvidenceBase) -> Iterator[dict[str, Any]]:
    """Hazard ratios that were read in a source; the treatment is named at the level of the pooled effects."""
    for row in relapse_ratios(base).iter_rows(named=True):
        yield {
            "study": row["study"],
            "treatment": base.nodes[row["node"]]["lumped"],
            "people": row["at_risk_population"] or UNKNOWN,
            "against": row["hr_versus"] or UNKNOWN,
            "hazard_ratio": row["hazard_ratio"],
            "lower": row["hr_lower"],
            "upper": row["hr_upper"],
        }
