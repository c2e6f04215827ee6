"""A run over a population: the same rows however it is cut, whole or not at all, and nothing wrong in silence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from cohort.making import TABLES, as_parquet, day, knowledge, run, same, some_exposures, table, write_csv
from remit.cohort.workspace import Workspace
from remit.errors import SourceError, UsageError
from remit.flow.records import read_records
from remit.pipeline import assess
from surfaces.running import remit

REMIT = [sys.executable, "-c", "from remit.surfaces.cli import main; main()"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "exposures.parquet"
    some_exposures().write_parquet(path, row_group_size=500)
    return path


@pytest.fixture(scope="module")
def out(source: Path) -> Path:
    return run(source, source.parent / "out")


def test_the_folder_holds_what_it_should(out: Path) -> None:
    assert {p.name for p in out.iterdir()} == {
        *(f"{t}.parquet" for t in TABLES),
        "summary.json",
        "report.html",
        "results",
    }
    assert table(out, "verdict").columns == [
        "person_id",
        "definition",
        "status",
        "value",
        "low",
        "high",
        "first_met_date",
    ]
    persons = table(out, "verdict")["person_id"].n_unique()
    assert table(out, "verdict").height == persons * len(knowledge().definitions)
    assert persons == 300
    assert list(out.parent.glob(".out*")) == []


@pytest.mark.parametrize("n_buckets", [2, 17])
def test_the_number_of_buckets_is_nothing(n_buckets: int, source: Path, out: Path, tmp_path: Path) -> None:
    same(run(source, tmp_path / "out", n_buckets=n_buckets), out)


def test_the_order_of_rows_and_files_is_nothing(out: Path, tmp_path: Path) -> None:
    frame = some_exposures().sample(fraction=1, shuffle=True, seed=9)
    folder = tmp_path / "parts"
    folder.mkdir()
    for i in range(3):
        frame[i::3].write_parquet(folder / f"part-{2 - i}.parquet")
    same(run(folder, tmp_path / "out", n_buckets=3), out)


def test_one_thread_gives_the_same(source: Path, out: Path, tmp_path: Path) -> None:
    line = [*REMIT, "cohort", "run", source, "--out", tmp_path / "out"]
    subprocess.run(
        line, check=True, capture_output=True, env=os.environ | {"POLARS_MAX_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    )
    same(tmp_path / "out", out)


def test_csv_and_days_of_supply_give_the_same(out: Path, tmp_path: Path) -> None:
    frame = some_exposures().with_columns(
        (pl.col("end_date") - pl.col("start_date")).dt.total_days().alias("days_supply")
    )
    frame.drop("end_date").write_csv(tmp_path / "fills.csv")
    same(run(tmp_path / "fills.csv", tmp_path / "out"), out)


def test_ids_come_out_as_they_went_in(tmp_path: Path) -> None:
    frame = some_exposures(20).with_columns(pl.format("person {}", "person_id").alias("person_id"))
    frame.write_parquet(tmp_path / "a.parquet")
    found = table(run(tmp_path / "a.parquet", tmp_path / "out", "fda", n_buckets=4), "verdict")
    assert set(found["person_id"]) == set(frame["person_id"])


# --- a cohort of one is what assess says
HISTORY = """\
person: {id: p1, birth_date: 1980-05-02, sex: female}
index_date: 2021-06-01
treatments:
  - {treatment: sertraline, start: 2020-01-01, end: 2020-03-31, daily_dose_mg: 100, outcome: none}
  - {treatment: venlafaxine, start: 2020-04-01, end: 2020-08-31, daily_dose_mg: 150, outcome: minimal}
  - {treatment: mirtazapine, start: 2020-09-01, end: 2020-12-31, outcome: partial}
  - {treatment: bupropion, start: 2021-01-01, daily_dose_mg: 300}
episode: {start: 2019-12-01, severity: severe, psychotic: false}
measurements: [{code: phq9, value: 18, date: 2020-12-30}]
"""


def test_a_cohort_of_one_is_what_assess_says(tmp_path: Path) -> None:
    path = tmp_path / "history.yaml"
    path.write_text(HISTORY, encoding="utf-8")
    records = read_records(path, knowledge())
    del records["exposure_note"]  # exact dates, dispensed rather than reported
    expected = assess(records, knowledge())["verdict"].drop("person_key", "definition_key")
    folder = tmp_path / "one"
    folder.mkdir()
    rows = [
        ("sertraline", date(2020, 1, 1), date(2020, 4, 1), 100.0, "none"),
        ("venlafaxine", date(2020, 4, 1), date(2020, 9, 1), 150.0, "minimal"),
        ("mirtazapine", date(2020, 9, 1), date(2021, 1, 1), None, "partial"),
        ("bupropion", date(2021, 1, 1), None, 300.0, None),
    ]
    names = ["treatment", "start_date", "end_date", "daily_dose_mg", "outcome"]
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None).with_columns(
        pl.lit("p1").alias("person_id")
    )
    frame.drop("outcome").write_parquet(folder / "exposures.parquet")
    frame.drop_nulls("outcome").select("person_id", "treatment", "start_date", "outcome").write_csv(
        folder / "outcome.csv"
    )
    write_csv(
        folder / "person.csv",
        [{"person_id": "p1", "birth_date": "1980-05-02", "sex": "female", "index_date": "2021-06-01"}],
    )
    write_csv(
        folder / "episode.csv",
        [{"person_id": "p1", "start_date": "2019-12-01", "severity": "severe", "psychotic": "false"}],
    )
    write_csv(folder / "measurement.csv", [{"person_id": "p1", "code": "phq9", "date": "2020-12-30", "value": "18"}])
    found = table(run(folder, tmp_path / "out"), "verdict")
    assert found.drop("person_id", "definition").equals(expected)
    assert "met" in set(found["status"].cast(pl.String))


# --- what is filtered and counted
def test_observation_death_and_index_date_cut_the_record(tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    fills = [("a", -50), ("a", 0), ("a", 100), ("a", 500), ("b", 0), ("b", 90), ("c", 10)]
    write_csv(folder / "exposures.csv", [
        {"person_id": p, "treatment": "sertraline", "start_date": day(n), "days_supply": 30, "daily_dose_mg": 50}
        for p, n in fills
    ])  # fmt: skip
    observed = {"a": (-10, 400), "b": (-10, 400), "c": (-10, 5)}
    write_csv(folder / "observation.csv", [
        {"person_id": p, "start_date": day(a), "end_date": day(b)} for p, (a, b) in observed.items()
    ])  # fmt: skip
    write_csv(folder / "death.csv", [{"person_id": "b", "date": day(60)}])
    out = run(folder, tmp_path / "out", "fda")
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert json.loads((out / "summary.json").read_text())["counts"]["persons"] == 2
    assert [counts[k][1] for k in ("outside_observation", "after_death", "no_exposure_left")] == [3, 1, 0]
    trial = table(out, "trial")
    assert dict(trial.group_by("person_id").len().iter_rows()) == {"a": 2, "b": 1}


def test_what_no_record_can_have_becomes_unknown_and_is_counted(tmp_path: Path) -> None:
    rows = [
        {"person_id": p, "treatment": t, "start_date": s, "days_supply": d, "daily_dose_mg": m}
        for p, t, s, d, m in [
            (1, "sertraline", "2020-01-01", 999, 50), (2, "sertraline", "2020-01-01", 30, -5), (3, "sertraline",
            "2020-01-01", 30, 1e7),
            (4, "sertraline", "1066-10-14", 30, 50), (5, "no such drug", "2020-01-01", 30, 50), (6, "Zoloft",
            "2020-01-01", 0, 50),
        ]
    ]  # fmt: skip
    out = run(write_csv(tmp_path / "a.csv", rows), tmp_path / "out", small_cell=0)
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert counts["end_implausible"] == (2, 2)
    assert counts["dose_implausible"] == (2, 2)
    assert counts["start_implausible"] == (1, 1)
    assert counts["unknown_treatment"] == (None, 1)
    trial = {r["person_id"]: r for r in table(out, "trial").to_dicts()}
    assert set(trial) == {1, 2, 3, 4, 6}
    assert trial[1]["end_date"] is None
    assert trial[2]["max_dose_mg"] is None
    assert trial[4]["start_date"] is None


def test_few_persons_are_not_shown(out: Path) -> None:
    """No count of one to four stands anywhere in the results, and a row with one gives nothing away."""
    counts = ("n", "met", "undetermined", "not_met", "not_applicable", "n_both", "n_only_definition", "n_only_other",
              "n_neither", "n_events", "events", "n_ever_dose", "n_ever_dose_unknown", "n_ever_adequate",
              "n_persons")  # fmt: skip
    for path in (out / "results").glob("*.parquet"):
        frame = pl.read_parquet(path)
        for name in set(counts) & set(frame.columns):
            assert not frame[name].is_between(1, 4).any(), (path.stem, name)
    prevalence = pl.read_parquet(out / "results" / "prevalence.parquet").filter(pl.col("suppressed"))
    assert prevalence["met"].null_count() == prevalence.height
    assert prevalence["share"].null_count() == prevalence.height


# --- refusals
def refused(path: Path, tmp_path: Path, *words: str) -> None:
    done = remit("cohort", "run", path, "--out", tmp_path / "out")
    assert done.code == 3, done.err
    for word in words:
        assert word in done.err
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_is_refused(source: Path, tmp_path: Path) -> None:
    data = source.read_bytes()
    for i, part in enumerate((data[: len(data) // 2], b"", data[:200] + b"\0" * 3000 + data[3200:])):
        path = tmp_path / f"damaged{i}.parquet"
        path.write_bytes(part)
        refused(path, tmp_path, path.name)


def test_every_wrong_cell_is_named_without_its_value(tmp_path: Path) -> None:
    rows = [
        {"person_id": i, "treatment": "sertraline", "start_date": "2020-01-01", "days_supply": 30} for i in range(9)
    ]
    rows[2]["start_date"] = "01.02.2020"
    rows[5]["days_supply"] = "thirty"
    refused(write_csv(tmp_path / "a.csv", rows), tmp_path, "start_date", "row 3", "days_supply", "row 6")
    done = remit("cohort", "run", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert "01.02.2020" not in done.err
    assert "thirty" not in done.err


def test_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    frame = some_exposures(5).with_columns(pl.col("start_date").cast(pl.Int32))
    frame.write_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", tmp_path, "start_date", "Int32")


def test_rows_of_uneven_length_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "person_id,treatment,start_date,days_supply\n1,sertraline,2020-01-01,30\n2,sertraline\n"
    )
    refused(tmp_path / "a.csv", tmp_path, "another number of cells")


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    pl.DataFrame({"person_id": [1]}).write_parquet(tmp_path / "a.parquet")
    refused(tmp_path / "a.parquet", tmp_path, "treatment or drug_concept_id", "start_date", "end_date or days_supply")


def test_ids_of_two_kinds_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    some_exposures(5).write_parquet(folder / "a.parquet")
    some_exposures(5).with_columns(pl.lit("x").alias("person_id")).write_parquet(folder / "b.parquet")
    out = run(folder, tmp_path / "out", "fda")  # read as text throughout: nothing is lost
    assert table(out, "verdict")["person_id"].dtype == pl.String


def test_an_output_that_is_there_is_never_touched(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    done = remit("cohort", "run", source, "--out", tmp_path / "out")
    assert done.code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


# --- crashes
def test_killed_in_the_middle_it_goes_on_and_ends_the_same(source: Path, out: Path, tmp_path: Path) -> None:
    line = [*REMIT, "cohort", "run", str(source), "--out", str(tmp_path / "out"), "--buckets", "40"]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = tmp_path / ".out.unfinished" / "parts"
    until = time.monotonic() + 120
    while (
        not (parts.is_dir() and len(list(parts.iterdir())) > 3) and time.monotonic() < until and process.poll() is None
    ):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out").exists()
    finished = {p.name: p.stat().st_mtime_ns for p in parts.iterdir() if p.suffix != ".new"}
    assert finished
    done = subprocess.run(line, capture_output=True, check=True, text=True)
    assert "unfinished run" in done.stderr
    same(tmp_path / "out", out)
    assert list(tmp_path.glob(".out*")) == []


def test_another_run_does_not_take_up_what_is_there(source: Path, tmp_path: Path) -> None:
    work = Workspace(tmp_path / "out")
    work.open({"a": 1})
    work.close()
    work.save(n_buckets=1)
    work.keep_part(0, {"trial": pl.DataFrame({"a": [1]})})
    assert work.unfinished({"a": 1})
    assert not work.unfinished({"a": 2})


def test_two_runs_do_not_share_an_output(source: Path, tmp_path: Path) -> None:
    first = Workspace(tmp_path / "out")
    first.open({"a": 1})
    with pytest.raises(UsageError, match="Another run"):
        Workspace(tmp_path / "out").open({"a": 1})
    first.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_and_can_be_mended(source: Path, out: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], check=False, capture_output=True)
    if mount.returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        done = remit("cohort", "run", source, "--out", disk / "out")
        assert done.code == 2, done.err
        assert "No space is left" in done.err
        assert not (disk / "out").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        same(run(source, disk / "out"), out)
    finally:
        subprocess.run(["umount", disk], check=False)


def test_one_person_with_very_many_rows(tmp_path: Path) -> None:
    n = 200_000
    drugs = pl.Series("treatment", ["sertraline", "lithium"] * (n // 2))
    one = (pl.lit(1).alias("person_id"), pl.lit(date(2020, 1, 1)).alias("start_date"), pl.lit(30).alias("days_supply"))
    frame = drugs.to_frame().with_columns(*one, pl.lit(50.0).alias("daily_dose_mg"))
    frame.write_parquet(tmp_path / "a.parquet")
    line = ["cohort", "run", tmp_path / "a.parquet", "--out", tmp_path / "out", "-d", "fda"]
    subprocess.run([*REMIT, *line], check=True, capture_output=True, cwd=tmp_path)
    out = tmp_path / "out"
    assert table(out, "trial")["n_exposures"].to_list() == [n // 2, n // 2]


def test_the_folder_of_a_cdm_is_told_by_itself(tmp_path: Path) -> None:
    assert remit("cohort", "run", as_parquet(tmp_path / "cdm"), "--out", tmp_path / "out").code == 0


def test_nothing_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="known"):
        run(write_csv(tmp_path / "a.csv",
            [{"person_id": 1, "treatment": "x", "start_date": "2020-01-01", "days_supply": 3}]),
            tmp_path / "out")  # fmt: skip
