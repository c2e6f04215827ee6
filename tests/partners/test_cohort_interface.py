"""What others rely on of `remit cohort run`: what it reads, the output folder, columns, exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from surfaces.running import remit

FILES = {"trial.parquet", "adequacy.parquet", "verdict.parquet", "pathway.parquet", "attrition.parquet",
         "summary.json", "report.html"}  # fmt: skip
STATUS = {"met", "not_met", "undetermined", "not_applicable"}

FILLS: list[dict[str, Any]] = [
    {"person_id": p, "treatment": t, "start_date": s, "end_date": e, "daily_dose_mg": mg}
    for p in ("a", "b")
    for t, s, e, mg in (
        ("sertraline", "2024-01-01", "2024-03-25", 100), ("venlafaxine", "2024-03-25", "2024-06-17", ""),
        ("mirtazapine", "2024-06-17", "2024-09-09", 30),
    )
]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def assessed(source: Path, out: Path, *options: str) -> pl.DataFrame:
    done = remit("cohort", "run", source, "--out", out, *options)
    assert done.code == 0, done.err
    assert done.out == ""  # progress and messages go to standard error
    assert {p.name for p in out.iterdir()} >= FILES
    assert not list(out.parent.glob(f".{out.name}*"))
    return pl.read_parquet(out / "verdict.parquet")


def test_the_output_folder_and_its_verdicts(tmp_path: Path) -> None:
    verdict = assessed(write(tmp_path / "fills.csv", FILLS), tmp_path / "out", "--definition", "fabbri_2021")
    names = ["person_id", "definition", "status", "value", "low", "high", "first_met_date"]
    assert verdict.columns[: len(names)] == names
    assert set(verdict["status"].cast(pl.String)) <= STATUS
    assert sorted(verdict.select("person_id", pl.col("status").cast(pl.String)).rows()) == [("a", "met"), ("b", "met")]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["schema"] == "remit-cohort/1"
    assert len(summary["definitions"][0]["sha256"]) == 64


@pytest.mark.parametrize("form", ["parquet", "days_supply", "drug_concept_id", "numbers", "text dates"])
def test_every_form_of_an_exposures_table(form: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(FILLS, infer_schema_length=None).with_columns(
        pl.col("start_date", "end_date").str.to_date(), pl.col("daily_dose_mg").cast(pl.Float64, strict=False)
    )
    if form == "days_supply":
        days = (pl.col("end_date") - pl.col("start_date")).dt.total_days()
        frame = frame.with_columns(days.alias("days_supply")).drop("end_date")
    elif form == "drug_concept_id":
        concept = {"sertraline": 739138, "venlafaxine": 743670, "mirtazapine": 725131}
        frame = frame.with_columns(pl.col("treatment").replace_strict(concept).alias("drug_concept_id")).drop(
            "treatment"
        )
    elif form == "numbers":
        frame = frame.with_columns(pl.col("person_id").replace_strict({"a": 1, "b": 2}))
    elif form == "text dates":
        frame = frame.with_columns(pl.col("start_date", "end_date").cast(pl.String))
    path = tmp_path / "exposures.parquet"
    frame.write_parquet(path)
    verdict = assessed(path, tmp_path / "out", "--definition", "fabbri_2021", "--format", "exposures")
    assert set(verdict["status"].cast(pl.String)) == {"met"}
    assert verdict["person_id"].dtype == (pl.Int64 if form == "numbers" else pl.String)


def test_sibling_tables_are_read(tmp_path: Path) -> None:
    """With outcomes and an episode the same courses are failures for certain."""
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "exposures.csv", FILLS)
    write(folder / "person.csv", [{"person_id": "a", "birth_date": "1980-01-01", "sex": "female"}])
    write(folder / "episode.csv", [{"person_id": "a", "start_date": "2023-12-01", "severity": "severe"}])
    write(folder / "condition.csv", [{"person_id": "a", "condition": "mdd_single", "onset_date": "2023-12-01"}])
    write(folder / "measurement.csv", [{"person_id": "a", "code": "phq9", "date": "2024-09-01", "value": 20}])
    outcomes = [{k: r[k] for k in ("person_id", "treatment", "start_date")} | {"outcome": "none"} for r in FILLS[:3]]
    write(folder / "outcome.csv", outcomes)
    verdict = assessed(folder, tmp_path / "out", "--definition", "fda")
    status = dict(verdict.select("person_id", pl.col("status").cast(pl.String)).iter_rows())
    assert status == {"a": "met", "b": "undetermined"}


def test_exit_codes(tmp_path: Path) -> None:
    source = write(tmp_path / "fills.csv", FILLS)
    assert remit("cohort", "run", source, "--out", tmp_path / "o1", "--definition", "nobody_2030").code == 2
    assert remit("cohort", "run", tmp_path / "nowhere.csv", "--out", tmp_path / "o2").code == 3
    bad = write(tmp_path / "bad.csv", [{**FILLS[0], "start_date": "yesterday"}, {**FILLS[1], "end_date": "soon"}])
    done = remit("cohort", "run", bad, "--out", tmp_path / "o3")
    assert done.code == 3
    assert "start_date" in done.err and "end_date" in done.err  # every fault, not the first
    assert not [p for p in tmp_path.iterdir() if p.name.startswith((".o", "o"))]
