"""Treatment patterns beside the programs that published them."""

from __future__ import annotations

import csv
import gzip
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from remit.engine.chains import chains
from remit.engine.dates import dates
from remit.knowledge import load_knowledge
from remit.pipeline import assess

DATA = Path(__file__).parent / "data"
EPOCH = date(1970, 1, 1)
KNOWLEDGE = load_knowledge()


def fills() -> tuple[pl.DataFrame, pl.DataFrame, list[int]]:
    """Persons and dispensings; each coded ingredient stands for an antidepressant of its own."""
    with gzip.open(DATA / "fills_1000.csv.gz", "rt") as file:
        rows = [tuple(int(v) for v in row.values()) for row in csv.DictReader(file)]
    drugs = [i for i, t in enumerate(KNOWLEDGE.treatments) if t.role == "antidepressant" and not t.ingredient]
    persons = sorted({row[0] for row in rows})
    key = {p: i for i, p in enumerate(persons)}
    person = pl.DataFrame(
        {
            "person_key": list(range(len(persons))),
            "person_id": [str(p) for p in persons],
            "index_date": [date(2030, 1, 1)] * len(persons),
        }
    )
    exposure = pl.DataFrame(
        {
            "exposure_key": list(range(len(rows))),
            "person_key": [key[p] for p, *_ in rows],
            "treatment_key": [drugs[i - 1] for _, i, *_ in rows],
            "start_date": [EPOCH + timedelta(s) for *_, s, _ in rows],
            "end_date": [EPOCH + timedelta(e) for *_, e in rows],
        }
    )
    return person, exposure, persons


def expected() -> dict[int, dict[str, int]]:
    with (DATA / "fabbri_1000_out.csv").open() as file:
        return {int(row["eid"]): {k: int(v) for k, v in row.items()} for row in csv.DictReader(file)}


def test_fabbri() -> None:
    person, exposure, ids = fills()
    tables = assess({"person": person, "exposure": exposure}, KNOWLEDGE, ["fabbri_2021"])
    met = {p for p, status in zip(ids, tables["verdict"]["status"], strict=True) if status == "met"}
    called = {p for p, row in expected().items() if row["trd"]}
    assert len(called) == 62
    assert met == called


def test_fabbri_counts_the_same_drugs() -> None:
    person, exposure, ids = fills()
    tally = assess({"person": person, "exposure": exposure}, KNOWLEDGE, ["fabbri_2021"])["tally"]
    drugs = tally.filter(pl.col("feature") == "drugs").sort("person_key")["low"]
    assert dict(zip(ids, drugs, strict=True)) == {p: row["drugs"] for p, row in expected().items()}


# The cases that cardinal_pythonlib's own test prints: days from 2018-01-01, c citalopram, f fluoxetine, m mirtazapine,
# s sertraline, v venlafaxine; and which second course completes the pattern.
CARDINAL = {
    "consecutive switches": ("c0 c31 f59 f90 m120 m151", 90),
    "a mixture": ("v0 m0 v31 m31 v59 s60 v90 s120 s151", 120),
    "courses too short": ("f0 f26 v31 v26", None),
    "courses just long enough": ("f0 f27 v31 v58", 58),
}


@pytest.mark.parametrize("name", CARDINAL)
def test_cardinal(name: str) -> None:
    written, day = CARDINAL[name]
    kind = np.array([ord(x[0]) for x in written.split()])
    days = np.array([int(x[1:]) for x in written.split()])
    every = np.ones(128, np.bool_)
    rows = dates(np.zeros_like(kind), kind, days, np.ones(len(kind)), np.arange(128), np.zeros(128), np.inf)
    assert chains(rows, every, 28, 1, at_dose=False)[1].tolist() == ([] if day is None else [day])
