"""Small populations made by hand, in every form that a source may have."""

from __future__ import annotations

import csv
import sqlite3
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from remit.cohort.door import open_run
from remit.cohort.run import Options
from remit.knowledge import Knowledge, load_knowledge

DAY0 = date(2020, 1, 1)
TABLES = ("trial", "adequacy", "verdict", "pathway", "attrition")


@cache
def knowledge(*definitions: str) -> Knowledge:
    return load_knowledge().only(definitions or None)


def day(n: int) -> date:
    return DAY0 + timedelta(n)


def run(source: Any, out: Path, *definitions: str, kind: str | None = None, **options: Any) -> Path:
    """A whole run on this machine; the output folder."""
    schema = options.pop("schema", None)
    open_run(str(source), out, knowledge(*definitions), Options(**options), kind=kind, schema=schema).do()
    return out


def table(out: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(out / f"{name}.parquet")


def same(a: Path, b: Path) -> None:
    """Row for row, the summary and the report too."""
    for name in TABLES:
        assert table(a, name).equals(table(b, name)), name
    for path in sorted((a / "results").glob("*.parquet")):
        assert pl.read_parquet(path).equals(pl.read_parquet(b / "results" / path.name)), path.name


def some_exposures(n_persons: int = 300, seed: int = 3) -> pl.DataFrame:
    """Fills of several drugs with refills, gaps, overlaps, empty and wild doses."""
    from random import Random

    rng = Random(seed)
    drugs = ["sertraline", "venlafaxine", "mirtazapine", "lithium", "quetiapine", "bupropion"]
    rows = []
    for person in range(n_persons):
        at = rng.randrange(400)
        for drug in rng.sample(drugs, rng.randint(1, 4)):
            for _ in range(rng.randint(1, 9)):
                days = rng.choice([28, 30, 90])
                dose = rng.choice([None, 50.0, 75.0, 150.0, 300.0, 1e6])
                rows.append((person * 7 + 1, drug, day(at), day(at + days), dose))
                at += days + rng.choice([-5, 0, 3, 20, 29, 31, 80])
    columns = ["person_id", "treatment", "start_date", "end_date", "daily_dose_mg"]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


# --- OMOP
SERTRALINE, FLUOXETINE, BUPROPION, ESKETAMINE = 739138, 755695, 750982, 37002572
TABLET_50, SOLUTION, PATCH, WEEKLY, PACKAGE, NALTREXONE_BUPROPION = (
    1_000_001,
    1_000_002,
    1_000_003,
    1_000_004,
    1_000_005,
    1_000_006,
)
MG, MICROGRAM, ML, HOUR = 8576, 9655, 8587, 8505


def omop_tables() -> dict[str, list[dict[str, Any]]]:
    """A CDM of seven persons. Doses and days are worked by hand beside each row, in `DOSES`."""
    exposures = [
        # person, product, first day, last day, days of supply, quantity
        (1, TABLET_50, 0, 29, 30, 30),  # 50 mg x 30 / 30 = 50 mg
        (
            1,
            TABLET_50,
            30,
            30,
            60,
            120,
        ),  # the last day is the ETL's default: days of supply count; 50 x 120 / 60 = 100 mg
        (2, SOLUTION, 0, 29, None, 150),  # 4 mg/mL x 150 mL / 30 = 20 mg
        (3, WEEKLY, 0, 27, 28, 4),  # 90 mg a week: unknown, never 12.9
        (4, TABLET_50, 0, 29, 999, 30),  # 999 is a default value: 30 days by the last day
        (5, TABLET_50, 0, 29, 30, 0),  # no quantity: unknown dose
        (6, NALTREXONE_BUPROPION, 0, 29, 30, 60),  # for weight, no trial of bupropion
        (7, TABLET_50, 400, 429, 30, 30),  # after death
        (7, TABLET_50, 0, 29, 30, 30000),  # 50,000 mg a day: a slip
        (1, 999, 0, 10, 10, 10),  # another drug
    ]
    strength = [
        (TABLET_50, SERTRALINE, 50, MG, None, None, None, None),
        (SOLUTION, FLUOXETINE, None, None, 4, MG, 1, ML),
        (WEEKLY, FLUOXETINE, 90, MG, None, None, None, None),
        (NALTREXONE_BUPROPION, BUPROPION, 90, MG, None, None, None, None),
        (NALTREXONE_BUPROPION, 1714319, 8, MG, None, None, None, None),
    ]
    names = ("drug_concept_id", "ingredient_concept_id", "amount_value", "amount_unit_concept_id", "numerator_value",
             "numerator_unit_concept_id", "denominator_value", "denominator_unit_concept_id")  # fmt: skip
    return {
        "drug_exposure": [
            {
                "drug_exposure_id": i, "person_id": p, "drug_concept_id": c, "drug_exposure_start_date": day(a),
                "drug_exposure_end_date": day(b), "days_supply": s, "quantity": q,
            }
            for i, (p, c, a, b, s, q) in enumerate(exposures)
        ],
        "person": [
            {"person_id": p, "gender_concept_id": 8507 if p % 2 else 8532, "year_of_birth": 1950 + p * 5,
             "month_of_birth": 3, "day_of_birth": 4}
            for p in range(1, 9)
        ],
        "observation_period": [
            {"observation_period_id": p, "person_id": p, "observation_period_start_date": day(-400),
             "observation_period_end_date": day(800)}
            for p in range(1, 9)
        ],
        "death": [{"person_id": 7, "death_date": day(300)}],
        "drug_strength": [dict(zip(names, row, strict=True)) for row in strength],
        "concept_ancestor": [
            {"ancestor_concept_id": i, "descendant_concept_id": d}
            for i, d in ((SERTRALINE, TABLET_50), (FLUOXETINE, SOLUTION), (FLUOXETINE, WEEKLY), (BUPROPION,
            NALTREXONE_BUPROPION),
                         (1714319, NALTREXONE_BUPROPION), (SERTRALINE, SERTRALINE))
        ],
        "condition_occurrence": [
            {"condition_occurrence_id": 1, "person_id": 1, "condition_concept_id": 0, "condition_start_date": day(-5),
             "condition_source_concept_id": 35207150}
        ],
        "measurement": [
            {"measurement_id": 1, "person_id": 1, "measurement_concept_id": 3042932,
             "measurement_date": day(0), "value_as_number": 20},
            {"measurement_id": 2, "person_id": 1, "measurement_concept_id": 3042932,
             "measurement_date": day(88), "value_as_number": 18},
            {"measurement_id": 3, "person_id": 1, "measurement_concept_id": 3042932,
             "measurement_date": day(89), "value_as_number": 99},
        ],
    }  # fmt: skip


DOSES = {1: [100.0], 2: [20.0], 3: [None], 4: [50.0], 5: [None], 7: [None]}
"""Highest daily dose of each person's trials, worked by hand from the rows above."""


def omop_frames() -> dict[str, pl.DataFrame]:
    return {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in omop_tables().items()}


def as_parquet(folder: Path) -> Path:
    folder.mkdir()
    for name, frame in omop_frames().items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def as_csv(folder: Path) -> Path:
    """As exports often are: names in capitals."""
    folder.mkdir()
    for name, frame in omop_frames().items():
        frame.rename(str.upper).write_csv(folder / f"{name.upper()}.csv")
    return folder


def as_duckdb(path: Path) -> Path:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        for name, frame in omop_frames().items():
            connection.register("frame", frame.to_arrow())
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
    return path


def as_sqlite(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        for name, frame in omop_frames().items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {_kind(frame, c)}' for c in frame.columns)})")
            marks = ", ".join("?" * frame.width)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [_plain(row) for row in frame.iter_rows()])
    connection.close()
    return path


def _kind(frame: pl.DataFrame, column: str) -> str:
    if frame.schema[column] == pl.Date:
        return "DATE"
    return "REAL" if frame.schema[column].is_float() else "INTEGER"


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [value.isoformat() if isinstance(value, date) else value for value in row]


def statements() -> list[str]:
    """The CDM as SQL that any database takes."""
    found = []
    for name, frame in omop_frames().items():
        kinds = {"DATE": "date", "REAL": "double precision", "INTEGER": "bigint"}
        columns = ", ".join(f"{c} {kinds[_kind(frame, c)]}" for c in frame.columns)
        found.append(f"CREATE TABLE {name} ({columns})")
        for row in frame.iter_rows():
            values = ("NULL" if v is None else f"'{v}'" if isinstance(v, date) else str(v) for v in row)
            found.append(f"INSERT INTO {name} VALUES ({', '.join(values)})")
    return found


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
