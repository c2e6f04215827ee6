"""OMOP in every place it may lie: the same rows, and doses as worked by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from cohort import making
from cohort.making import DOSES, run, same, table
from remit.cohort.sources.stores import UrlStore
from remit.errors import SourceError
from surfaces.running import remit


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


def test_what_was_left_out_is_counted(tmp_path: Path) -> None:
    out = run(making.as_parquet(tmp_path / "cdm"), tmp_path / "out", "fda", small_cell=0)
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


def test_only_rows_of_known_concepts_leave_a_database(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter is the database's work: nine of ten exposures come over, and no column that is not used."""
    seen: dict[str, int] = {}
    real = UrlStore._batches

    def counting(self: UrlStore, query: str) -> Iterator[pl.DataFrame]:
        for frame in real(self, query):
            seen[query] = seen.get(query, 0) + frame.height
            yield frame

    monkeypatch.setattr(UrlStore, "_batches", counting)
    run(database, tmp_path / "out", kind="omop", schema="cdm")
    queries = {q: n for q, n in seen.items() if "FROM cdm.drug_exposure " in q and "count(*)" not in q}
    ((query, n),) = queries.items()
    assert n == 9
    assert " WHERE drug_concept_id IN (" in query
    assert "drug_exposure_id" not in query


def test_a_database_that_does_not_answer_is_a_fault_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        run("postgresql://u:secret@127.0.0.1:1/x", tmp_path / "out")
    assert "secret" not in str(error.value)


# --- procedures, hospital, enrolment, kinds of record
ECT, ECT_ABOVE, PSYCHOTHERAPY_CODE = 2795842, 4030840, 900_001


def with_tables(folder: Path, **tables: list[dict[str, object]]) -> Path:
    """The usual CDM with further tables, or rows of its own."""
    folder.mkdir()
    frames = making.omop_frames()
    for name, rows in tables.items():
        new = pl.DataFrame(rows, infer_schema_length=None)
        frames[name] = pl.concat([frames[name], new], how="diagonal_relaxed") if name in frames else new
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def procedure(person: int, concept: int, at: int, source: int = 0, quantity: int = 1) -> dict[str, object]:
    return {
        "procedure_occurrence_id": at, "person_id": person, "procedure_concept_id": concept, "quantity": quantity,
        "procedure_date": making.day(at), "procedure_source_concept_id": source,
    }  # fmt: skip


def test_sessions_come_from_procedures(tmp_path: Path) -> None:
    """Six days of ECT: by our concept, a descendant, the source's code; a second row of a day is no second one."""
    child, by_code = 900_002, 900_003
    rows = [procedure(1, ECT, 100 + 3 * n) for n in range(3)] + [procedure(1, child, 109), procedure(1, child, 109)]
    rows += [procedure(1, 0, 112, by_code), procedure(1, ECT, 115, by_code, quantity=30), procedure(2, 77, 5)]
    cdm = with_tables(
        tmp_path / "cdm", procedure_occurrence=rows,
        concept=[{"concept_id": by_code, "vocabulary_id": "ICD10PCS", "concept_code": "GZB2ZZZ"}],
        concept_ancestor=[{"ancestor_concept_id": ECT_ABOVE, "descendant_concept_id": child}],
    )  # fmt: skip
    out = run(cdm, tmp_path / "out", "maudsley", small_cell=0)
    ect = table(out, "trial").filter(pl.col("treatment").cast(pl.String) == "ect")
    assert ect.select("person_id", "n_exposures", "start_date", "end_date").rows() == [
        (1, 6, making.day(100), making.day(116))
    ]
    same(run(cdm, tmp_path / "more", "maudsley", small_cell=0, n_buckets=5), out)


def test_days_in_hospital_and_enrolment_are_read(tmp_path: Path) -> None:
    """Person 2 has 30 days from day 0 and lies in hospital from day 10 to 20; person 4 was enrolled from day 10 on."""
    visits = [
        {"person_id": p, "visit_concept_id": c, "visit_start_date": making.day(10), "visit_end_date": making.day(20)}
        for p, c in ((2, 9201), (4, 9202))
    ]
    plans = [
        {"person_id": p, "payer_plan_period_start_date": making.day(10 if p == 4 else -400),
         "payer_plan_period_end_date": making.day(800)}
        for p in range(1, 9)
    ]  # fmt: skip
    cdm = with_tables(tmp_path / "cdm", visit_occurrence=visits, payer_plan_period=plans)
    out = run(cdm, tmp_path / "out", "fda", small_cell=0)
    days = dict(table(out, "trial").select("person_id", "covered_days").iter_rows())
    assert days == {1: 90, 2: 40, 3: 28, 5: 30, 7: 30}
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert counts["outside_enrolment"] == (1, 1)
    assert counts["prolonged_in_hospital"] == (1, 1)
    assert counts["persons_read"] == (8, 0)


def test_the_type_of_a_record_is_its_evidence(tmp_path: Path) -> None:
    """20 days between two supplies: one course as a claim, two as a prescription."""
    rows = [
        {"drug_exposure_id": 100 + n, "person_id": 8, "drug_concept_id": making.TABLET_50,
         "drug_exposure_start_date": making.day(n), "days_supply": 30, "quantity": 30, "drug_type_concept_id": 32838}
        for n in (0, 50)
    ]  # fmt: skip
    cdm = with_tables(tmp_path / "cdm", drug_exposure=rows)
    assert table(run(cdm, tmp_path / "out", "fda"), "trial").filter(person_id=8).height == 2
    for row in rows:
        row["drug_type_concept_id"] = 32869
    cdm = with_tables(tmp_path / "claims", drug_exposure=rows)
    assert table(run(cdm, tmp_path / "out2", "fda"), "trial").filter(person_id=8).height == 1


def test_nobody_treated_is_a_result_with_its_reason(tmp_path: Path) -> None:
    """A count of zero is an answer: the persons are counted, and the report says why there is nothing to see."""
    cdm = making.as_parquet(tmp_path / "cdm")
    path = cdm / "drug_exposure.parquet"
    pl.read_parquet(path).with_columns(pl.lit(999).cast(pl.Int64).alias("drug_concept_id")).write_parquet(path)
    for n in (1, 4):
        done = remit("cohort", "run", cdm, "--out", tmp_path / f"out{n}", "--buckets", n)
        assert done.code == 0, done.err
        assert "no exposure to a treatment" in done.err
    out = tmp_path / "out1"
    same(tmp_path / "out4", out)
    counts = json.loads((out / "summary.json").read_text())["counts"]
    assert (counts["persons"], counts["trials"]) == (0, 0)
    assert {name: table(out, name).height for name in ("trial", "adequacy", "verdict", "pathway")} == dict.fromkeys(
        ("trial", "adequacy", "verdict", "pathway"), 0
    )
    attrition = {r["reason"]: r["persons"] for r in table(out, "attrition").to_dicts()}
    assert attrition["persons_read"] == 8
    assert "no exposure to a treatment" in (out / "report.html").read_text()
