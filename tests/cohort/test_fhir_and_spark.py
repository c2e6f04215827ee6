"""FHIR bulk files, and the same runs on Spark: the rows of a run on this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import remit
from cohort.making import as_parquet, day, knowledge, run, same, some_exposures, table
from remit.cohort.door import open_run
from remit.cohort.run import Options
from remit.flow.records import read_records
from remit.pipeline import assess
from surfaces.running import remit as command

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def resources(n_persons: int = 12) -> list[dict[str, Any]]:
    """Dispensings of two drugs for each person, one after the other."""
    found: list[dict[str, Any]] = []
    for p in range(n_persons):
        found.append({"resourceType": "Patient", "id": f"p{p}", "birthDate": "1980-01-01", "gender": "female"})
        for k, (code, drug) in enumerate((("36437", "sertraline"), ("39786", "venlafaxine"))):
            for n in range(1 + p % 4):
                coding = [{"system": RXNORM, "code": code}]
                found.append(
                    {
                        "resourceType": "MedicationDispense", "id": f"d{p}-{k}-{n}", "status": "completed",
                        "medicationCodeableConcept": {"coding": coding, "text": drug},
                        "subject": {"reference": f"Patient/p{p}"},
                        "whenHandedOver": day(200 * k + 30 * n + p).isoformat(),
                        "daysSupply": {"value": 30, "unit": "d"},
                    }
                )  # fmt: skip
    return found


def as_bulk(folder: Path, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for kind in {row["resourceType"] for row in rows}:
        lines = [json.dumps(row) for row in rows if row["resourceType"] == kind]
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_bulk_files_give_what_assess_says_whatever_the_buckets(tmp_path: Path) -> None:
    bulk = as_bulk(tmp_path / "bulk", resources())
    out = run(bulk, tmp_path / "out", kind="fhir")
    records = read_records(sorted(bulk.iterdir()), knowledge())
    verdict = assess(records, knowledge())["verdict"]
    ids = records["person"]["person_id"]
    names = [d.id for d in knowledge().definitions]
    columns = ("status", "value", "low", "high", "first_met_date")
    expected = {(ids[r["person_key"]], names[r["definition_key"]]): [r[c] for c in columns] for r in verdict.to_dicts()}
    found = {(r["person_id"], r["definition"]): [r[c] for c in columns] for r in table(out, "verdict").to_dicts()}
    assert found == expected
    same(run(bulk, tmp_path / "more", kind="fhir", n_buckets=5), out)


def test_a_fault_is_named_at_its_own_file_and_line(tmp_path: Path) -> None:
    rows = resources(3)
    rows[-1]["whenHandedOver"] = "yesterday"
    bulk = as_bulk(tmp_path / "bulk", rows)
    n = sum(row["resourceType"] == "MedicationDispense" for row in rows)
    done = command("cohort", "run", bulk, "--out", tmp_path / "out")
    assert done.code == 3
    assert f"MedicationDispense.ndjson: line {n}" in done.err
    assert "yesterday" not in done.err
    assert not (tmp_path / "out").exists()


# --- Spark
@pytest.fixture(scope="module")
def spark_ready() -> None:
    pytest.importorskip("pyspark")
    if not any(
        (Path(p) / "java").is_file() for p in [*os.environ["PATH"].split(":"), f"{os.environ.get('JAVA_HOME')}/bin"]
    ):
        pytest.skip("Spark needs Java (Debian: apt-get install default-jre-headless)")


def on_spark(source: Path, out: Path, master: str, n_buckets: int, **options: Any) -> Path:
    """A run on Spark in a process of its own, so that no session is left behind."""
    start = "from remit.surfaces.cli import main; main()"
    line = [sys.executable, "-W", "ignore", "-c", start, "cohort", "run", str(source),
            "--out", str(out), "--engine", "spark", "--master", master, "--buckets", str(n_buckets)]  # fmt: skip
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=out.parent)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("local")
    some_exposures().write_parquet(folder / "exposures.parquet", row_group_size=500)
    return run(folder / "exposures.parquet", folder / "out").parent


def test_spark_on_two_threads_gives_the_same_rows(spark_ready: None, local: Path, tmp_path: Path) -> None:
    same(on_spark(local / "exposures.parquet", tmp_path / "out", "local[2]", 3), local / "out")


def test_spark_reads_a_cdm_too(spark_ready: None, tmp_path: Path) -> None:
    cdm = as_parquet(tmp_path / "cdm")
    same(on_spark(cdm, tmp_path / "spark", "local[1]", 2), run(cdm, tmp_path / "out"))


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.2)
    return False


def test_a_cluster_with_two_workers_gives_the_same_rows(spark_ready: None, local: Path, tmp_path: Path) -> None:
    import pyspark

    home = Path(pyspark.__file__).parent
    port = _port()
    own = {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(home)}
    env = os.environ | own | {"SPARK_WORKER_DIR": str(tmp_path / "work")}
    classes = "org.apache.spark.deploy"
    master = f"spark://127.0.0.1:{port}"
    lines = [[f"{classes}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]]
    lines += [[f"{classes}.worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0", master]] * 2
    processes = []
    try:
        for line in lines:
            command_line = [str(home / "bin" / "spark-class"), *line]
            processes.append(
                subprocess.Popen(command_line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            assert _listens(port)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in own.items():
                patch.setenv(name, value)
            same(on_spark(local / "exposures.parquet", tmp_path / "out", master, 4), local / "out")
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


# --- notebooks
def test_frames_in_and_out() -> None:
    found = remit.assess(remit.scan_exposures(some_exposures(40)), ["fda", "fabbri_2021"], index_date=date(2026, 1, 1))
    assert found.verdict.height == 80
    assert set(found.tables) == {"trial", "adequacy", "verdict", "pathway", "attrition"}
    assert found.results["prevalence"].height == 6
    assert found.scan("trial").select("person_id").collect().height == found.trial.height
    again = remit.assess(some_exposures(40).to_arrow(), ["fda", "fabbri_2021"], index_date=date(2026, 1, 1))
    assert again.verdict.equals(found.verdict)
    assert len(remit.__all__) <= 15


def test_pandas_frames_on_request() -> None:
    pandas = pytest.importorskip("pandas")
    frame = some_exposures(40)
    found = remit.assess(remit.scan_exposures(frame.to_pandas()), ["fda"], index_date=date(2026, 1, 1))
    expected = remit.assess(frame, ["fda"], index_date=date(2026, 1, 1))
    assert found.verdict.equals(expected.verdict)
    assert isinstance(found.trial.to_pandas(), pandas.DataFrame)


def test_a_history_is_assessed_as_on_the_command_line() -> None:
    example = Path(__file__).parents[2] / "examples" / "history.yaml"
    found = remit.assess(example)
    shown = command("assess", example, "--format", "json").json["persons"][0]["verdicts"]
    assert [(r["definition"], r["status"]) for r in found.verdict.to_dicts()] == [
        (v["definition"], v["status"]) for v in shown
    ]


def test_a_run_may_not_take_less_memory_than_there_must_be(tmp_path: Path) -> None:
    some_exposures(5).write_parquet(tmp_path / "a.parquet")
    done = command("cohort", "run", tmp_path / "a.parquet", "--out", tmp_path / "out", "--memory", "0.1")
    assert done.code == 2
    assert not list(tmp_path.glob(".out*"))


def test_more_memory_means_fewer_buckets(tmp_path: Path) -> None:
    some_exposures(5).write_parquet(tmp_path / "a.parquet")

    class Many:
        def __init__(self, real: Any) -> None:
            self.real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

        def rows(self) -> int:
            return 100_000_000

    from remit.cohort.run import buckets_needed

    opened = open_run(str(tmp_path / "a.parquet"), tmp_path / "out", knowledge(), Options(memory_gb=4)).run
    opened.source = Many(opened.source)
    at_four = buckets_needed(opened)
    opened.options = Options(memory_gb=2)
    assert 10 <= at_four < buckets_needed(opened)
