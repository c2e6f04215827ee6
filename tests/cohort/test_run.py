"""A run over a population: the same rows however it is cut, whole or not at all, and nothing wrong in silence."""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from weakref import ref

import numpy as np
import polars as pl
import pytest

from cohort.making import DAY0, TABLES, as_parquet, day, knowledge, run, same, some_exposures, table, write_csv
from remit.cohort.stays import merged, prolonged
from remit.cohort.workspace import Workspace
from remit.errors import SourceError, UsageError
from remit.flow.records import read_records
from remit.knowledge import Knowledge
from remit.pipeline import Assessed, assess
from remit.tables import Tables
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


def test_a_bucket_is_let_go_of_before_the_next(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is that of a bucket, whether the collector of circles comes round or not."""
    before: list[ref[Assessed]] = []

    class Watched(Assessed):
        def __init__(self, records: Tables, knowledge: Knowledge) -> None:
            assert not any(run() for run in before), "a bucket before this one is still held"
            super().__init__(records, knowledge)
            before.append(ref(self))

    monkeypatch.setattr("remit.cohort.judge.Assessed", Watched)
    gc.disable()
    try:
        run(source, tmp_path / "out", n_buckets=3, with_course=True)
    finally:
        gc.enable()
    assert len(before) == 3


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
    out = run(folder, tmp_path / "out", "fda", small_cell=0)
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


def test_a_file_that_may_not_grow_is_said_and_can_be_mended(source: Path, out: Path, tmp_path: Path) -> None:
    """As under a quota: whichever file is cut off, nothing stands in the output, and the same command goes on."""
    line = [*REMIT, "cohort", "run", str(source), "--out", str(tmp_path / "out")]
    for most in (2_000, 20_000, 60_000):

        def limit(most: int = most) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        done = subprocess.run(line, capture_output=True, text=True, check=False, preexec_fn=limit)
        assert done.returncode == 2, done.stderr[-2000:]
        assert "No space is left" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()
    subprocess.run(line, check=True, capture_output=True)
    same(tmp_path / "out", out)


def test_one_person_with_a_million_exposures(tmp_path: Path) -> None:
    """A slip of an export, not a person: no crash, no quadratic time, nothing lost."""
    n = 1_000_000
    drugs = pl.Series("treatment", ["sertraline", "lithium"] * (n // 2))
    one = (pl.lit(1).alias("person_id"), pl.lit(30).alias("days_supply"), pl.lit(50.0).alias("daily_dose_mg"))
    start = pl.Series("start_date", [DAY0 + timedelta(i % 3000) for i in range(n)])
    frame = drugs.to_frame().with_columns(*one, start)
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=1 << 17)
    line = ["cohort", "run", tmp_path / "a.parquet", "--out", tmp_path / "out", "-d", "fda", "-d", "fabbri_2021"]
    subprocess.run([*REMIT, *line], check=True, capture_output=True, cwd=tmp_path)
    trial = table(tmp_path / "out", "trial")
    assert trial["n_exposures"].to_list() == [n // 2, n // 2]
    assert trial["covered_days"].to_list() == [
        3028,
        3028,
    ]  # every other day from 0 or 1 on; the last supply begins 2,998 days later


def test_the_folder_of_a_cdm_is_told_by_itself(tmp_path: Path) -> None:
    assert remit("cohort", "run", as_parquet(tmp_path / "cdm"), "--out", tmp_path / "out").code == 0


def test_nothing_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="known"):
        run(write_csv(tmp_path / "a.csv",
            [{"person_id": 1, "treatment": "x", "start_date": "2020-01-01", "days_supply": 3}]),
            tmp_path / "out")  # fmt: skip


# --- what more an exposures table may say
def test_evidence_tells_how_far_a_gap_may_be(tmp_path: Path) -> None:
    """20 days apart: one course of dispensings (30 days), two of orders or reports (14 days); other words are none."""
    rows = [
        {"person_id": p, "treatment": "sertraline", "start_date": day(n), "days_supply": 30, "evidence": e}
        for p, e in enumerate(("fill", "", "order", "report", "administration", "unknown"))
        for n in (0, 50)
    ]
    found = table(run(write_csv(tmp_path / "a.csv", rows), tmp_path / "out", "fda"), "trial")
    assert dict(found.group_by("person_id").len().iter_rows()) == {0: 1, 1: 1, 2: 2, 3: 2, 4: 2, 5: 1}
    rows[0]["evidence"] = "hearsay"
    refused(write_csv(tmp_path / "b.csv", rows), tmp_path / "no", "evidence", "row 1", "order, fill, report")


def test_sessions_and_adherence_are_used_and_checked(tmp_path: Path) -> None:
    columns = ("person_id", "treatment", "start_date", "end_date", "sessions", "adherence", "stopped_because")
    rows = [
        (1, "ect", day(0), day(20), 8, "", ""),
        (2, "ect", day(0), day(20), -8, "", ""),
        (3, "sertraline", day(0), day(90), "", 0.2, "no_effect"),
        (4, "sertraline", day(0), day(90), "", 7, ""),
    ]
    source = write_csv(tmp_path / "a.csv", [dict(zip(columns, row, strict=True)) for row in rows])
    out = run(source, tmp_path / "out", "maudsley", small_cell=0)
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert counts["sessions_implausible"] == (1, 1)
    assert counts["adherence_implausible"] == (1, 1)
    adequacy = table(out, "adequacy").rows_by_key("person_id", named=True, unique=True)
    assert (adequacy[3]["adherence_met"], adequacy[4]["adherence_met"]) == ("no", "unknown")
    assert (adequacy[1]["dose_met"], adequacy[2]["dose_met"]) == ("yes", "unknown")


# --- enrolment and days in hospital
def as_folder(folder: Path, **tables: list[dict[str, object]]) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    return folder


def fills(*starts: tuple[str, int]) -> list[dict[str, object]]:
    return [
        {"person_id": p, "treatment": "sertraline", "start_date": day(n), "days_supply": 30, "daily_dose_mg": 50}
        for p, n in starts
    ]


def stretch(person: str, first: int, end: int) -> dict[str, object]:
    return {"person_id": person, "start_date": day(first), "end_date": day(end)}


def test_what_nobody_was_enrolled_for_is_left_out(tmp_path: Path) -> None:
    source = as_folder(
        tmp_path / "in", exposures=fills(("a", 0), ("a", 100), ("a", 300), ("b", 0)),
        observation=[stretch("a", -10, 400), stretch("b", -10, 400)],
        enrolment=[stretch("a", 0, 60), stretch("a", 50, 150)],
    )  # fmt: skip
    out = run(source, tmp_path / "out", "fda", small_cell=0)
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert counts["outside_enrolment"] == (2, 2)
    assert table(out, "trial")["start_date"].to_list() == [day(0), day(100)]
    for n in (2, 7):
        same(run(source, tmp_path / f"out{n}", "fda", small_cell=0, n_buckets=n), out)


def test_a_supply_is_not_used_up_in_hospital(tmp_path: Path) -> None:
    """30 days from day 0; in hospital from day 20 to 60: the supply lasts to day 70, and the fill of day 95 goes on."""
    source = as_folder(
        tmp_path / "in", exposures=fills(("a", 0), ("a", 95), ("b", 0), ("b", 95)), stay=[stretch("a", 20, 60)]
    )
    out = run(source, tmp_path / "out", "fda", small_cell=0)
    found = table(out, "trial").filter(person_id="a")
    assert (found["covered_days"].to_list(), found["end_date"].to_list()) == ([70 + 30], [day(125)])
    assert table(out, "trial").filter(person_id="b")["covered_days"].to_list() == [30, 30]
    counts = {r["reason"]: (r["persons"], r["records"]) for r in table(out, "attrition").to_dicts()}
    assert counts["prolonged_in_hospital"] == (1, 1)
    plain = run(source, tmp_path / "plain", "fda", in_hospital=False)
    assert table(plain, "trial").filter(person_id="a")["covered_days"].to_list() == [30, 30]


def test_days_in_hospital_as_one_counts_them_on_a_calendar() -> None:
    """Against a calendar that is walked day by day."""
    rng = random.Random(5)
    for _ in range(400):
        stays = [(rng.randrange(4), a := rng.randrange(60), a + rng.randrange(20)) for _ in range(rng.randrange(8))]
        supplies = [(rng.randrange(4), a := rng.randrange(60), a + rng.randrange(1, 30)) for _ in range(6)]
        columns = [np.array(c, np.int64) for c in (zip(*stays, strict=True) if stays else ((), (), ()))]
        found = prolonged(*(np.array(c, np.int64) for c in zip(*supplies, strict=True)), merged(*columns))
        assert found.tolist() == [walked(*supply, stays) for supply in supplies]


def walked(person: int, start: int, end: int, stays: list[tuple[int, int, int]]) -> int:
    left, today = end - start, start
    while left:
        left -= not any(p == person and a <= today < b for p, a, b in stays)
        today += 1
    return today
