"""Persons on record twice, and files beside the tables that nobody reads: counted and told, in whatever order."""

from __future__ import annotations

import json
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import remit
from cohort.making import as_csv, knowledge, run, table
from remit.cohort.bucket import Bucket, records_of
from remit.cohort.quality.reading import read_fhir
from remit.cohort.quality.run import Asked, run_measures
from remit.cohort.raw import RAW
from remit.cohort.seen import Cut
from remit.errors import SourceError
from remit.tables import TRI
from surfaces.running import remit as command

DAY = date(2020, 1, 1)
BORN, OTHER = date(1980, 5, 6), date(1960, 5, 6)


def bucket(order: tuple[int, ...], name: str, **columns: list[Any]) -> Bucket:
    """One person with a fill, and the rows of a table in this order."""
    fill = {"person_id": [1], "treatment_key": [knowledge().treatment_key("sertraline")], "start_date": [DAY],
            "end_date": [date(2020, 1, 31)], "daily_dose_mg": [50.0], "flags": [0]}  # fmt: skip
    rows = pl.DataFrame({"person_id": [1] * len(order), **columns}, schema={"person_id": pl.Int64, **RAW[name]})
    raw = {"exposure": pl.DataFrame(fill, schema={"person_id": pl.Int64, **RAW["exposure"]}), name: rows[list(order)]}
    return records_of(raw, Cut(date(2020, 6, 1)))


def counts(found: Bucket) -> dict[str, int]:
    return dict(found.counts.select("reason", "persons").iter_rows())


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_what_rows_of_a_person_agree_on_stays_and_the_rest_is_unknown(order: tuple[int, ...]) -> None:
    found = bucket(
        order, "person", birth_date=[BORN, OTHER, None], sex=["F", "f", None], country=["DE", None, None],
        index_date=[date(2020, 5, 1), date(2020, 4, 1), None],
    )  # fmt: skip
    person = found.tables["person"].row(0, named=True)
    assert (person["birth_date"], person["sex"].lower(), person["country"]) == (None, "f", "DE")
    assert person["index_date"] == date(2020, 4, 1)
    assert counts(found) == {"person_birth_date_differs": 1, "person_index_date_differs": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_days_of_death_the_earlier_counts(order: tuple[int, ...]) -> None:
    found = bucket(order, "death", date=[date(2020, 3, 1), date(2020, 2, 1)])
    assert found.tables["person"]["index_date"].item() == date(2020, 2, 1)
    assert counts(found) == {"death_date_differs": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_latest_episode_counts_and_what_is_said_twice_of_it_is_unknown(order: tuple[int, ...]) -> None:
    found = bucket(
        order, "episode", start_date=[date(2019, 1, 1), DAY, DAY], start_latest_date=[None] * 3,
        severity=["mild", "severe", "moderate"], psychotic=[TRI[0], TRI[-1], TRI[1]],
    )  # fmt: skip
    episode = found.tables["episode"].row(0, named=True)
    assert (episode["start_date"], episode["severity"], episode["psychotic"]) == (DAY, None, TRI[-1])
    assert counts(found) == {"episode_severity_differs": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_outcomes_of_one_treatment_are_none(order: tuple[int, ...]) -> None:
    key = knowledge().treatment_key("sertraline")
    found = bucket(
        order, "outcome", treatment_key=[key, key], start_date=[DAY, DAY], outcome=["remission", "none"],
        improvement_percent=[30.0, 30.0],
    )  # fmt: skip
    outcome = found.tables["outcome"].row(0, named=True)
    assert (outcome["outcome"], outcome["improvement_percent"]) == (None, 30.0)
    assert counts(found) == {"outcome_outcome_differs": 1}


def test_the_same_row_twice_is_one_row() -> None:
    once = bucket((0,), "person", birth_date=[BORN], sex=["f"], country=["DE"], index_date=[date(2020, 5, 1)])
    twice = bucket(
        (0, 1), "person", birth_date=[BORN] * 2, sex=["f"] * 2, country=["DE"] * 2, index_date=[date(2020, 5, 1)] * 2
    )
    assert twice.tables["person"].equals(once.tables["person"])
    assert counts(twice) == {}


def exposures(folder: Path) -> Path:
    folder.mkdir()
    rows = {"person_id": range(1, 9), "treatment": ["sertraline"] * 8, "start_date": [DAY] * 8, "days_supply": [90] * 8}
    pl.DataFrame(rows).write_parquet(folder / "exposures.parquet")
    return folder


@pytest.mark.parametrize("n_buckets", [1, 3])
def test_a_population_with_doubles_is_the_same_in_any_order(n_buckets: int, tmp_path: Path) -> None:
    """Two of eight have two sexes, six two dates of birth: both numbers would tell of two persons."""
    frame = pl.DataFrame(
        {"person_id": [*range(1, 9), *range(1, 7), 1, 2], "sex": ["f"] * 14 + ["m"] * 2,
         "birth_date": [BORN] * 8 + [OTHER] * 6 + [BORN] * 2}
    )  # fmt: skip
    shown = []
    for name, rows in (("a", frame), ("b", frame.reverse())):
        rows.write_parquet(exposures(tmp_path / name) / "person.parquet")
        out = run(tmp_path / name, tmp_path / f"out_{name}", "fda", n_buckets=n_buckets)
        shown.append(table(out, "attrition"))
        assert "several dates of birth" in (out / "report.html").read_text()
    assert shown[0].equals(shown[1])
    told = dict(shown[0].select("reason", "persons").iter_rows())
    assert told["person_sex_differs"] is None
    assert told["person_birth_date_differs"] is None  # all but two: the rest would be told
    exact = run(tmp_path / "a", tmp_path / "out_exact", "fda", n_buckets=n_buckets, small_cell=0)
    told = dict(table(exact, "attrition").select("reason", "persons").iter_rows())
    assert (told["person_sex_differs"], told["person_birth_date_differs"]) == (2, 6)


# --- measures
def patients(path: Path, *rows: tuple[str, str | None, str | None]) -> Path:
    resources = [
        {"resourceType": "Patient", "id": i, "birthDate": born, "deceasedDateTime": died} for i, born, died in rows
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in resources))
    return path


TWICE = [("p1", "1980-01-01", "2026-03-01"), ("p1", "1970-01-01", "2026-02-01"), ("p2", "1980-01-01", None)]


@pytest.mark.parametrize("rows", [TWICE, TWICE[::-1]])
def test_a_patient_twice_has_no_date_of_birth_and_died_once(rows: Any, tmp_path: Path) -> None:
    record = read_fhir([patients(tmp_path / "a.ndjson", *rows, rows[-1])], knowledge(), [])
    person = record.tables()["person"]
    assert person.rows() == [("p1", None, date(2026, 2, 1)), ("p2", date(1980, 1, 1), None)]
    assert record.differing == {"birth_date": 1, "death_date": 1}


def test_a_measure_of_few_says_so(tmp_path: Path) -> None:
    """Two persons, one resource without one, one with two dates of birth: none of the numbers is told."""
    source = patients(tmp_path / "a.ndjson", *TWICE)
    stray = {"resourceType": "Encounter", "status": "finished"}
    source.write_text(source.read_text() + json.dumps(stray) + "\n")
    done = command("cohort", "measure", source, "--out", tmp_path / "few", "--year", "2026")
    assert done.code == 0
    assert "several times" in done.err
    assert "2 persons" not in done.err
    found = json.loads((tmp_path / "few" / "measures.json").read_text())
    assert found["persons"] is None
    assert found["left_out"] == {"without_person": None}
    assert found["differing"] == {"birth_date": None, "death_date": None}
    shown = run_measures([source], tmp_path / "all", knowledge(), Asked(date(2026, 1, 1), small_cell=0))
    assert (shown["persons"], shown["left_out"]) == (2, {"without_person": 1})
    assert shown["differing"] == {"birth_date": 1, "death_date": 1}


# --- files that are not read
def test_files_of_the_folder_that_are_not_read_are_named(tmp_path: Path) -> None:
    source = exposures(tmp_path / "in")
    pl.DataFrame({"person_id": [1], "sex": ["f"]}).write_parquet(source / "persons.parquet")
    (source / "death.csv.gz").write_bytes(b"")
    (source / "_SUCCESS").touch()
    done = command("cohort", "run", source, "--out", tmp_path / "out", "--definition", "fda")
    assert done.code == 0
    assert "death.csv.gz, persons.parquet" in done.err
    assert "_SUCCESS" not in done.err
    with pytest.warns(UserWarning, match="persons.parquet"):
        remit.assess(remit.scan_exposures(source), ["fda"])


def test_nothing_is_said_where_all_is_read(tmp_path: Path) -> None:
    done = command("cohort", "run", exposures(tmp_path / "in"), "--out", tmp_path / "out", "--definition", "fda")
    assert "Not read" not in done.err


def test_a_sibling_there_twice_is_refused(tmp_path: Path) -> None:
    """One of them would be passed over."""
    source = exposures(tmp_path / "in")
    pl.DataFrame({"person_id": [1], "sex": ["f"]}).write_parquet(source / "person.parquet")
    (source / "person.csv").write_text("person_id,sex\n1,m\n")
    with pytest.raises(SourceError, match="holds the table person twice"):
        run(source, tmp_path / "out", "fda")


def test_a_cdm_table_with_a_slip_in_its_name_is_named(tmp_path: Path) -> None:
    """Tables that are not used are many; named are those that look like one that is missing."""
    source = as_csv(tmp_path / "in")
    (source / "OBSERVATION_PERIOD.csv").rename(source / "OBSERVATION_PERIODS.csv")
    (source / "CARE_SITE.csv").write_text("care_site_id\n1\n")
    done = command("cohort", "run", source, "--out", tmp_path / "out", "--definition", "fda")
    assert done.code == 0
    assert "observation_periods" in done.err
    assert "care_site" not in done.err
