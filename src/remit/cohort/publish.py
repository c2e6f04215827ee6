"""All results of a run: tables with small cells suppressed, a summary, and what is needed to repeat it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.measures import summed
from remit.cohort.raw import COUNT, COUNTS
from remit.cohort.results.cells import complementary, differing, few_left, merged_steps, suppressed
from remit.cohort.results.prevalence import agreement, prevalence
from remit.cohort.results.survival import curves, incidence
from remit.cohort.results.treatments import adequacy_by_treatment, durations, paths, persistence
from remit.cohort.run import Run, knowledge_digest
from remit.knowledge import Knowledge
from remit.version import VERSION

SHARES = ("share", "share_low", "share_high", "share_possible", "share_possible_low", "share_possible_high")
STATUS = ("met", "undetermined", "not_met", "not_applicable")
PAIR = ("n_both", "n_only_definition", "n_only_other", "n_neither")
EVER = ("n_ever_dose", "n_ever_dose_unknown", "n_ever_adequate")
TRIALS = ("n_dose_met", "n_dose_unknown", "n_adequate", "n_adequate_unknown")
PERSON_COUNTS = ("n_persons", "n_persons_antidepressant", "n_persons_depression", "n_died")
RATES = ("rate", "rate_low", "rate_high")
_DIGITS = 3
STAGES = ("persons_read", "kept", "with_a_trial", "with_an_antidepressant", "with_a_line")
"""Rows of `attrition` that count persons who came so far."""

STRATA: dict[str, list[str]] = {"overall": [], "year": ["year"], "age": ["age_band"], "sex": ["sex"],
                                "year_age_sex": ["year", "age_band", "sex"]}  # fmt: skip


def results_of(run: Run, least: int) -> dict[str, pl.DataFrame]:
    """Published tables by name; cells of fewer than `least` persons are empty."""

    def total(name: str) -> pl.DataFrame:
        return summed(run.work.parts(name, run.n_buckets))

    knowledge = run.knowledge
    follow_up, rates, trials = total("follow_up"), total("incidence"), total("adequacy_by_treatment")
    persons = dict(trials.select("treatment", "n_persons").iter_rows())
    found = {
        "prevalence": _prevalence(prevalence(total("status")), least),
        "agreement": suppressed(agreement(total("pair")), least, PAIR, (*PAIR, "overlap", "agreement", "kappa")),
        "time_to_resistance": _steps(follow_up, knowledge, least),
        "adequacy_by_treatment": _adequacy(adequacy_by_treatment(trials, knowledge), least),
        "duration": durations(total("duration")).filter(
            pl.col("treatment").is_in([t for t, n in persons.items() if n >= least])
        ),
        "persistence": _persistence(persistence(total("persistence"), knowledge), least),
        "pathways": few_left(paths(total("path")), least, "n_persons"),
    }
    for name, by in STRATA.items():
        table = incidence(rates, knowledge, by)
        table = suppressed(table, least, ("n_events",), RATES)
        totals = [["definition"], *(["definition", one] for one in by if len(by) > 1)]
        found[f"incidence_{name}"] = complementary(table, totals, "n_events", RATES) if by else table
    return found


def _prevalence(table: pl.DataFrame, least: int) -> pl.DataFrame:
    """Populations lie within one another, so that two rows of a definition tell their difference."""
    table = differing(table, least, "definition", ("n", *STATUS), SHARES)
    table = suppressed(table, least, STATUS, (*STATUS, *SHARES))
    return table.with_columns(pl.col("suppressed") | pl.col("differs")).drop("differs")


def _steps(follow_up: pl.DataFrame, knowledge: Knowledge, least: int) -> pl.DataFrame:
    """Steps of the curves, less the last of a curve that goes on beyond the longest follow-up for a few."""
    steps = curves(follow_up, knowledge.cohort.longest_follow_up_years.value)
    shown = merged_steps(steps, "definition", max(least, 1), "events", ("deaths", "censored"))
    if least > 1:  # from more digits the numbers at risk could be told
        shown = shown.with_columns(pl.selectors.float().round(_DIGITS))
    events = follow_up.filter(pl.col("kind") == "event").group_by("definition").agg(pl.col("n_persons").sum())
    total = dict(events.iter_rows())
    parts = []
    for (definition,), rows in shown.group_by("definition", maintain_order=True):
        while rows.height and 0 < total[definition] - int(rows["events"].sum()) < least:
            rows = rows.head(rows.height - 1)
        parts.append(rows)
    return pl.concat([shown.clear(), *parts])


def _adequacy(table: pl.DataFrame, least: int) -> pl.DataFrame:
    shares = [name for name in table.columns if name.startswith("share_")]
    never = pl.col("n_persons") - pl.col("n_ever_dose") - pl.col("n_ever_dose_unknown")
    rest = (never, pl.col("n_persons") - pl.col("n_ever_adequate"))
    shown = table.filter(pl.col("n_persons") >= least)
    return suppressed(shown, least, (*EVER, *TRIALS), (*EVER, *TRIALS, *shares), rest)


def _persistence(table: pl.DataFrame, least: int) -> pl.DataFrame:
    """Without the share of those who persist where that share would be of a few, or of all but a few."""
    many = (pl.col("share_persistent") * pl.col("n_persons")).round()
    shown = table.filter(pl.col("n_persons") >= least)
    return suppressed(shown, least, (), ("share_persistent",), (many, pl.col("n_persons") - many))


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
        "source": {"kind": type(run.source).__name__.lower(), "rows_kept": run.work.state["n_rows"]},
        "counts": _shown_counts(sizes, least),
        "definitions": definition_hashes(run),
        "prevalence": results["prevalence"].to_dicts(),
        "attrition": steps.to_dicts(),
    }


def _shown_counts(sizes: dict[str, int], least: int) -> dict[str, int | None]:
    """Counts of the run; those of a few persons, or of all but a few, are empty."""
    persons = sizes["n_persons"]
    found: dict[str, int | None] = {}
    for name, n in sizes.items():
        is_of_persons = name in PERSON_COUNTS
        few = is_of_persons and (0 < n < least or 0 < persons - n < least)
        found[name.removeprefix("n_")] = None if few else n
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
    """Table `attrition` with small numbers of persons empty."""
    rows = attrition(run).to_dicts()
    stages: list[int] = []
    for row in rows:
        n = row["persons"]
        if row["reason"] not in STAGES or n is None:
            continue
        if any(0 < abs(n - other) < least for other in stages):  # few did not come so far
            row["persons"] = None
        else:
            stages.append(n)
    table = pl.DataFrame(rows, schema=COUNTS)
    return suppressed(table, least, ("persons",), ("persons", "records")).drop("suppressed")
