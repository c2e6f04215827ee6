"""Whom a definition's authors looked at: counted by the codes on record, and never for one person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from cohort.making import day, run, same, table, write_csv
from remit.cohort.measures.course import settled
from remit.engine.columns import NO_DAY
from remit.tables.resistance import STATUS


def source(folder: Path, conditions: list[tuple[str, int | None, str]]) -> Path:
    """Four persons with three drugs one after the other: each meets Fabbri 2021, and OHDSI 1009 on day 160."""
    folder.mkdir()
    rows = [
        {"person_id": p, "treatment": t, "start_date": day(80 * k + 30 * n), "days_supply": 30, "daily_dose_mg": 150}
        for p in "abcd"
        for k, t in enumerate(("sertraline", "venlafaxine", "bupropion"))
        for n in range(3)
    ]
    write_csv(folder / "exposures.csv", rows)
    if conditions:
        found = [
            {"person_id": p, "condition": c, "onset_date": "" if n is None else day(n).isoformat()}
            for p, n, c in conditions
        ]
        write_csv(folder / "condition.csv", found)
    return folder


CODES = [
    ("a", 0, "mdd_single"), ("a", 0, "mdd_recurrent"),  # two codes of one day are one
    ("b", -300, "mdd_single"), ("b", -299, "mdd_single"),  # two, both more than a year before the event of day 160
    ("c", 100, "mdd_single"), ("c", 100, "hypothyroidism"), ("c", 5000, "mdd_recurrent"),  # one, and one of the future
    ("d", None, "mdd_single"), ("d", -400, "mdd_recurrent"),  # two, of which one may be near
]  # fmt: skip


def status(out: Path, definition: str, population: str = "published") -> dict[str, int]:
    row = pl.read_parquet(out / "results" / "prevalence.parquet").filter(definition=definition, population=population)
    return row.select("n", "met", "undetermined", "not_met").row(0, named=True)


def test_persons_are_counted_by_their_codes(tmp_path: Path) -> None:
    out = run(source(tmp_path / "in", CODES), tmp_path / "out", "fabbri_2021", "ohdsi_1009", small_cell=0,
              index_date=day(400))  # fmt: skip
    everyone = {"n": 4, "met": 4, "undetermined": 0, "not_met": 0}
    assert status(out, "fabbri_2021", "all") == everyone
    assert status(out, "ohdsi_1009", "all") == everyone
    assert status(out, "fabbri_2021") == {"n": 2, "met": 2, "undetermined": 0, "not_met": 0}
    assert status(out, "ohdsi_1009") == {"n": 4, "met": 2, "undetermined": 1, "not_met": 1}
    found = {r["reason"]: r["persons"] for r in table(out, "attrition").filter(transform="population").to_dicts()}
    assert found == {
        "too_few_codes:fabbri_2021": 2, "no_code_near:fabbri_2021": 0,
        "too_few_codes:ohdsi_1009": 0, "no_code_near:ohdsi_1009": 2,
    }  # fmt: skip
    assert "would not have looked at" in (out / "report.html").read_text()
    same(run(source(tmp_path / "again", CODES), tmp_path / "out3", "fabbri_2021", "ohdsi_1009", small_cell=0,
             index_date=day(400), n_buckets=5), out)  # fmt: skip


def test_verdicts_are_those_of_one_person(tmp_path: Path) -> None:
    """Who is counted is another question than who meets it."""
    out = run(source(tmp_path / "in", CODES), tmp_path / "out", "fabbri_2021")
    assert set(table(out, "verdict")["status"].cast(pl.String)) == {"met"}


def test_without_diagnoses_nobody_is_counted_by_them(tmp_path: Path) -> None:
    out = run(source(tmp_path / "in", []), tmp_path / "out", "fabbri_2021", small_cell=0)
    prevalence = pl.read_parquet(out / "results" / "prevalence.parquet")
    assert set(prevalence["population"]) == {"all", "antidepressant", "depression"}
    assert table(out, "attrition").filter(transform="population").is_empty()


def test_time_is_followed_in_the_published_population(tmp_path: Path) -> None:
    out = run(source(tmp_path / "in", CODES), tmp_path / "out", "fabbri_2021", small_cell=0)
    assert pl.read_parquet(out / "results" / "time_to_resistance.parquet")["at_risk"].max() == 2
    rates = pl.read_parquet(out / "results" / "incidence_overall.parquet")
    assert rates["n_events"].to_list() == [2]


def test_met_on_an_unknown_day_is_neither_an_event_nor_its_absence() -> None:
    """Met on a day; met, nobody knows when; not met; undetermined; met in the verdict's eyes only."""
    status = np.array([STATUS.index(s) for s in ("met", "met", "not_met", "undetermined", "not_met")], np.uint8)
    is_met, is_known = settled(status, np.array([100, NO_DAY, NO_DAY, NO_DAY, 100], np.int32))
    assert is_met.tolist() == [True, False, False, False, False]
    assert is_known.tolist() == [True, False, True, False, True]
