"""All results of a run: tables with small cells suppressed, a summary, and what is needed to repeat it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.measures import summed
from remit.cohort.raw import COUNT, COUNTS
from remit.cohort.results.cells import suppressed
from remit.cohort.results.prevalence import agreement, prevalence
from remit.cohort.results.shown import (
    shown_adequacy,
    shown_agreement,
    shown_durations,
    shown_paths,
    shown_persistence,
    shown_prevalence,
    shown_rates,
    shown_steps,
    told_definitions,
)
from remit.cohort.results.survival import incidence
from remit.cohort.results.treatments import adequacy_by_treatment, durations, paths, persistence
from remit.cohort.run import Run, knowledge_digest
from remit.knowledge import Knowledge
from remit.version import VERSION

PERSON_COUNTS = ("n_persons", "n_persons_antidepressant", "n_persons_depression", "n_died")
STAGES = ("kept", "persons_read", "with_a_trial", "with_an_antidepressant", "with_a_line")
"""Rows of `attrition` that count persons who came so far; the first is shown elsewhere too."""

STRATA: dict[str, list[str]] = {"overall": [], "year": ["year"], "age": ["age_band"], "sex": ["sex"],
                                "year_age_sex": ["year", "age_band", "sex"]}  # fmt: skip


def results_of(run: Run, least: int) -> dict[str, pl.DataFrame]:
    """Published tables by name; cells of fewer than `least` persons are empty."""

    def total(name: str) -> pl.DataFrame:
        return summed(run.work.parts(name, run.n_buckets))

    knowledge = run.knowledge
    follow_up, rates, trials = total("follow_up"), total("incidence"), total("adequacy_by_treatment")
    whole = prevalence(total("status"))
    shares = shown_prevalence(whole, least)
    told = told_definitions(shares, follow_up, least)
    found = {
        "prevalence": shares,
        "agreement": shown_agreement(agreement(total("pair")), whole, least),
        "time_to_resistance": shown_steps(follow_up.filter(pl.col("definition").is_in(told)), shares, knowledge, least),
        "adequacy_by_treatment": shown_adequacy(adequacy_by_treatment(trials, knowledge), least),
        "duration": shown_durations(durations(total("duration")), trials, least),
        "persistence": shown_persistence(persistence(total("persistence"), knowledge), trials, least),
        "pathways": shown_paths(paths(total("path")), total("size").row(0)[: len(PERSON_COUNTS) - 1], least),
    }
    for name, by in STRATA.items():
        found[f"incidence_{name}"] = shown_rates(incidence(rates, knowledge, by), by, told, least)
    return found


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
        "carry_over": run.options.carry_over,
        "in_hospital": run.options.in_hospital,
        "source": {
            "kind": type(run.source).__name__.lower(),
            "rows_kept": None if _few_left_out(attrition(run).to_dicts(), least) else run.work.state["n_rows"],
        },
        "counts": _shown_counts(sizes, least),
        "definitions": definition_hashes(run),
        "prevalence": results["prevalence"].to_dicts(),
        "attrition": steps.to_dicts(),
    }


def _shown_counts(sizes: dict[str, int], least: int) -> dict[str, int | None]:
    """Counts of the run; those of a few persons, or of all of a larger population but a few, are empty."""
    totals: list[int] = []
    found: dict[str, int | None] = {name.removeprefix("n_"): n for name, n in sizes.items()}
    for name in PERSON_COUNTS:
        n = sizes[name]
        if 0 < n < least or any(0 < total - n < least for total in totals):
            found[name.removeprefix("n_")] = None
        elif name != PERSON_COUNTS[-1]:
            totals.append(n)
    if found["persons"] is None:
        found["verdicts"] = None  # so many for each person
    return found


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
            "sha256": file_hash(knowledge, "definitions", definition.id),
            "adequacy_sha256": file_hash(knowledge, "adequacy", definition.adequacy),
        }
        for definition in knowledge.definitions
    ]


def file_hash(knowledge: Knowledge, section: str, entry: str) -> str | None:
    """SHA-256 of the file of an entry; None where it has no file of its own."""
    for root in knowledge.roots:
        for path in (root / section / f"{entry}.yaml", root / f"{entry}.yaml"):
            if path.is_file():
                return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def attrition(run: Run) -> pl.DataFrame:
    """Table `attrition`: persons and records by transform and reason, from the source to the pathways."""
    frames = [pl.DataFrame(run.work.state["read"], schema=COUNTS), *run.work.parts(COUNT, run.n_buckets)]
    keys = ["transform", "reason", "kept"]
    whole = pl.concat(frames).group_by(keys, maintain_order=True)
    found = whole.agg(
        pl.when(pl.col("persons").is_not_null().any()).then(pl.col("persons").sum()).alias("persons"),
        pl.when(pl.col("records").is_not_null().any()).then(pl.col("records").sum()).alias("records"),
    )
    rank = {"records": 0, "trials": 1, "pathways": 2, "population": 3}
    order = found.with_columns(
        pl.col("transform").replace_strict(rank, default=len(rank)).alias("rank"),
        (pl.col("reason") == "kept").alias("last"),
    )
    return order.sort("rank", "last", "kept", "reason").select(*COUNTS)


def steps_of(run: Run, least: int) -> pl.DataFrame:
    """Table `attrition` with small numbers of persons empty, and numbers of all but a few."""
    rows = attrition(run).to_dicts()
    found = {row["reason"]: row for row in rows}
    if _few_left_out(rows, least) and "records_read" in found:
        found["records_read"]["records"] = None
    kept = found["kept"]["persons"]
    read = kept + (found["no_exposure_left"]["persons"] if "no_exposure_left" in found else 0)
    for row in rows:
        n = row["persons"]
        if row["reason"] not in STAGES and n is not None and any(0 < whole - n < least for whole in (kept, read)):
            row["persons"] = None
    stages: list[int] = []
    for row in (found[name] for name in STAGES if name in found):
        n = row["persons"]
        if any(0 < abs(n - other) < least for other in stages):  # few did not come so far
            row["persons"] = None
        else:
            stages.append(n)
    table = pl.DataFrame(rows, schema=COUNTS)
    return suppressed(table, least, ("persons", "records"), ("persons", "records")).drop("suppressed")


def _few_left_out(rows: list[dict[str, Any]], least: int) -> bool:
    """Whether the records of persons of whom few were left out are so few that their number tells of few persons."""
    few = sum(int(row["records"]) for row in rows if not row["kept"] and 0 < (row["persons"] or 0) < least)
    return 0 < few < least
