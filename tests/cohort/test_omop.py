"""OMOP in every place it may lie: the same rows, and doses as worked by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pytest

from cohort import making
from cohort.making import DOSES, run, same, table
from remit.errors import SourceError


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("omop")
    return run(making.as_parquet(folder / "cdm"), folder / "out")


def test_doses_are_those_worked_by_hand(out: Path) -> None:
    trial = table(out, "trial").sort("person_id", "start_date")
    found = {p: rows["max_dose_mg"].to_list() for (p,), rows in trial.group_by("person_id", maintain_order=True)}
    assert found == DOSES


def test_days_are_those_of_the_supply(out: Path) -> None:
    days = dict(table(out, "trial").select("person_id", "covered_days").iter_rows())
    assert days == {1: 90, 2: 30, 3: 28, 4: 30, 5: 30, 7: 30}


def test_what_was_left_out_is_counted(out: Path) -> None:
    counts = {r["reason"]: r["records"] for r in table(out, "attrition").to_dicts()}
    assert counts["combination_without_entry"] == 1
    assert counts["weekly_dose"] == 1
    assert counts["after_death"] == 1
    assert counts["dose_implausible"] == 1
    assert counts["dose_unknown"] == 2


def test_scores_make_an_outcome(out: Path) -> None:
    """PHQ-9 from 20 to 18 over the trial: 10 % better, which is next to nothing; 99 is no PHQ-9."""
    row = table(out, "trial").filter(person_id=1).row(0, named=True)
    assert row["improvement_percent"] == pytest.approx(10)


def test_age_sex_and_follow_up_reach_the_results(out: Path) -> None:
    rates = pl.read_parquet(out / "results" / "incidence_sex.parquet")
    assert set(rates["sex"]) == {"male", "female"}
    assert set(pl.read_parquet(out / "results" / "incidence_age.parquet")["age_band"]) <= {
        "25-34",
        "35-44",
        "45-54",
        "55-64",
        "65-74",
    }


@pytest.mark.parametrize("form", ["csv", "duckdb", "sqlite"])
def test_every_place_gives_the_same_rows(form: str, out: Path, tmp_path: Path) -> None:
    make = {"csv": making.as_csv, "duckdb": making.as_duckdb, "sqlite": making.as_sqlite}[form]
    same(run(make(tmp_path / f"cdm.{form}"), tmp_path / "out", kind="omop"), out)


def test_without_a_vocabulary_the_strengths_tell_the_products(out: Path, tmp_path: Path) -> None:
    cdm = making.as_parquet(tmp_path / "cdm")
    (cdm / "concept_ancestor.parquet").unlink()
    assert table(run(cdm, tmp_path / "out"), "trial").equals(table(out, "trial"))


def test_missing_tables_and_columns_are_all_named(tmp_path: Path) -> None:
    cdm = making.as_parquet(tmp_path / "cdm")
    (cdm / "person.parquet").unlink()
    path = cdm / "drug_exposure.parquet"
    pl.read_parquet(path).drop("drug_concept_id").write_parquet(path)
    with pytest.raises(SourceError) as error:
        run(cdm, tmp_path / "out")
    assert len(error.value.faults) == 2
    assert "person" in str(error.value)
    assert "drug_concept_id" in str(error.value)
    assert not list(tmp_path.glob(".out*"))


# --- PostgreSQL
def _binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory):
    """A PostgreSQL server of our own, on a socket of its own, with the CDM in it."""
    initdb, ctl, psql = (_binary(name) for name in ("initdb", "pg_ctl", "psql"))
    if not (initdb and ctl and psql):
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="remit-pg-", dir="/tmp"))
    as_other: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        subprocess.run(["chown", "postgres", folder], check=True)
        as_other = ["runuser", "-u", "postgres", "--"]
    data, socket = folder / "data", folder
    quiet = {"check": True, "capture_output": True, "cwd": "/"}
    subprocess.run([*as_other, initdb, "-D", data, "-U", "remit", "-A", "trust"], **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories='{socket}' -c fsync=off"
    subprocess.run([*as_other, ctl, "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], **quiet)
    try:
        script = ";\n".join(["CREATE SCHEMA cdm", "SET search_path TO cdm", *making.statements()]) + ";"
        subprocess.run([psql, "-h", socket, "-U", "remit", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1"],
                       input=script.encode(), **quiet)  # fmt: skip
        yield f"postgresql:///postgres?host={socket}&user=remit"
    finally:
        subprocess.run(
            [*as_other, ctl, "-D", data, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/"
        )
        shutil.rmtree(folder, ignore_errors=True)


def test_postgresql_gives_the_same_rows(database: str, out: Path, tmp_path: Path) -> None:
    same(run(database, tmp_path / "out", kind="omop", schema="cdm"), out)


def test_a_database_that_does_not_answer_is_a_fault_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        run("postgresql://u:secret@127.0.0.1:1/x", tmp_path / "out")
    assert "secret" not in str(error.value)
