"""All results of a run: tables with small cells suppressed, a summary, and what is needed to repeat it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.measures import summed
from remit.cohort.results.cells import complementary, merged_steps, suppressed
from remit.cohort.results.prevalence import agreement, prevalence
from remit.cohort.results.survival import curves, incidence
from remit.cohort.results.treatments import adequacy_by_treatment, durations, paths, persistence
from remit.cohort.run import Run, attrition, knowledge_digest
from remit.version import VERSION

SHARES = ("share", "share_low", "share_high", "share_possible", "share_possible_low", "share_possible_high")
STATUS = ("met", "undetermined", "not_met", "not_applicable")
PAIR = ("n_both", "n_only_definition", "n_only_other", "n_neither")
EVER = ("n_ever_dose", "n_ever_dose_unknown", "n_ever_adequate")
TRIALS = ("n_dose_met", "n_dose_unknown", "n_adequate", "n_adequate_unknown")
RATES = ("rate", "rate_low", "rate_high")
STRATA: dict[str, list[str]] = {"overall": [], "year": ["year"], "age": ["age_band"], "sex": ["sex"],
                                "year_age_sex": ["year", "age_band", "sex"]}  # fmt: skip


def results_of(run: Run, least: int) -> dict[str, pl.DataFrame]:
    """Published tables by name; cells of fewer than `least` persons are empty."""

    def total(name: str) -> pl.DataFrame:
        return summed(run.work.parts(name, run.n_buckets))

    knowledge = run.knowledge
    follow_up, rates = total("follow_up"), total("incidence")
    steps = curves(follow_up, knowledge.cohort.longest_follow_up_years.value)
    found = {
        "prevalence": suppressed(prevalence(total("status")), least, STATUS, (*STATUS, *SHARES)),
        "agreement": suppressed(agreement(total("pair")), least, PAIR, (*PAIR, "overlap", "agreement", "kappa")),
        "time_to_resistance": _steps(steps, least),
        "adequacy_by_treatment": _adequacy(adequacy_by_treatment(total("adequacy_by_treatment"), knowledge), least),
        "duration": durations(total("duration")).filter(pl.col("n_trials") >= least),
        "persistence": persistence(total("persistence"), knowledge).filter(pl.col("n_persons") >= least),
        "pathways": paths(total("path")).filter(pl.col("n_persons") >= least),
    }
    for name, by in STRATA.items():
        table = incidence(rates, knowledge, by)
        table = suppressed(table, least, ("n_events",), RATES)
        group = ["definition", *by[:-1]]
        found[f"incidence_{name}"] = complementary(table, group, "n_events", RATES) if by else table
    return found


def _steps(steps: pl.DataFrame, least: int) -> pl.DataFrame:
    return merged_steps(steps, "definition", max(least, 1), "events", ("events", "deaths", "censored"))


def _adequacy(table: pl.DataFrame, least: int) -> pl.DataFrame:
    shares = [name for name in table.columns if name.startswith("share_")]
    return suppressed(table.filter(pl.col("n_persons") >= least), least, EVER, (*EVER, *TRIALS, *shares))


def write_tables(results: dict[str, pl.DataFrame], folder: Path) -> None:
    """Every result as Parquet and CSV."""
    folder.mkdir()
    for name, frame in results.items():
        frame.write_parquet(folder / f"{name}.parquet")
        frame.write_csv(folder / f"{name}.csv")


def summary(run: Run, results: dict[str, pl.DataFrame], steps: pl.DataFrame, least: int) -> dict[str, Any]:
    """What `summary.json` holds."""
    sizes = summed(run.work.parts("size", run.n_buckets)).to_dicts()[0]
    return {
        "schema": "remit-cohort/1",
        "program": VERSION,
        "knowledge_version": run.knowledge.version,
        "knowledge_sha256": knowledge_digest(run.knowledge),
        "index_date": run.newest.isoformat(),
        "index_date_given": run.options.index_date is not None,
        "small_cell": least,
        "source": {"kind": type(run.source).__name__.lower(), "rows_kept": run.work.state["n_rows"]},
        "counts": {name.removeprefix("n_"): n for name, n in sizes.items()},
        "definitions": definition_hashes(run),
        "prevalence": results["prevalence"].to_dicts(),
        "attrition": steps.to_dicts(),
    }


def definition_hashes(run: Run) -> list[dict[str, str | None]]:
    """Every definition with the hashes of its file and of its adequacy rule's, so that a result can be repeated."""
    knowledge = run.knowledge
    return [
        {
            "id": definition.id,
            "name": definition.name,
            "family": definition.family,
            "label": definition.label,
            "reviewed": definition.reviewed.isoformat(),
            "verified": definition.verified,
            "adequacy_rule": definition.adequacy,
            "sha256": _file_hash(run, "definitions", definition.id),
            "adequacy_sha256": _file_hash(run, "adequacy", definition.adequacy),
        }
        for definition in knowledge.definitions
    ]


def _file_hash(run: Run, section: str, entry: str) -> str | None:
    for root in run.knowledge.roots:
        for path in (root / section / f"{entry}.yaml", root / f"{entry}.yaml"):
            if path.is_file():
                return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def steps_of(run: Run, least: int) -> pl.DataFrame:
    """Table `attrition` with small numbers of persons empty."""
    table = attrition(run)
    return suppressed(table, least, ("persons",)).drop("suppressed")
