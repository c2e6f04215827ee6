"""A population from file to results, beside DuckDB's scan and sort of the same columns: `just bench-cohort`.

Every measurement is a process of its own; figures are CPU seconds (user and system) and the peak memory. `whole` is
`remit cohort run` with every definition, from unsorted Parquet to the report; `judge` leaves out counting and writing:
unsorted Parquet to buckets, and these through trials, adequacy and all definitions. `flow` is the part of it after the
buckets are read.

`--ordered`: exposures that stand in order of persons already (their dates in any order would do), with numbers in place
of names. `scan` is DuckDB reading the same columns (the sum of each, so that all values are decoded), `stitch` Remit
reading them, seeing that they are in order, and stitching trials of batch after batch, which are counted and dropped.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
ORDERED = ("person_id", "treatment_key", "start_date", "end_date", "daily_dose_mg")
BLOCK = 10_000_000
ROW_GROUP = 1_000_000
LIMITS = {"CPU": 2.0, "MB": 500.0}
"""Of stitching what is in order: CPU seconds as a multiple of the scan, and peak memory."""
ROUNDS = 5
"""Of scan and stitch in turn; the least of each is compared, for the speed of a shared machine swings."""

COLUMNS = ("person_id", "treatment", "start_date", "end_date", "daily_dose_mg")


def source(rows: int) -> Path:
    """Generated exposures with names of treatments."""
    path = DATA / f"cohort_{rows}.parquet"
    if not path.exists():
        import polars as pl
        from generate import generate

        from remit.knowledge import load_knowledge

        known = load_knowledge()
        drugs = list(known.doses_of(known.rules[known.rule_key("remit_default")]))[:40]
        columns = generate(rows)
        names = (
            pl.Series(columns["treatment_key"]).cast(pl.UInt32).replace_strict(range(40), drugs, return_dtype=pl.String)
        )
        path.parent.mkdir(exist_ok=True)
        pl.DataFrame(
            {
                "person_id": columns["person_id"],
                "treatment": names,
                "start_date": pl.Series(columns["start_date"]).cast(pl.Date),
                "end_date": pl.Series(columns["end_date"]).cast(pl.Date),
                "daily_dose_mg": pl.Series(columns["daily_dose_mg"], nan_to_null=True),
            }
        ).write_parquet(path, row_group_size=1_000_000)
    return path


def sort(path: Path, memory: float) -> dict[str, Any]:
    """DuckDB: scan, sort, drop the stream."""
    import duckdb

    query = f"SELECT {', '.join(COLUMNS)} FROM '{path}' ORDER BY person_id, treatment, start_date"
    reader = duckdb.connect().sql(query).to_arrow_reader(1_000_000)
    return {"rows": sum(batch.num_rows for batch in reader)}


def whole(path: Path, memory: float) -> dict[str, Any]:
    """Remit: everything."""
    from remit.cohort.door import open_run
    from remit.cohort.run import Options
    from remit.knowledge import load_knowledge

    out = DATA / "out"
    shutil.rmtree(out, ignore_errors=True)
    try:
        return open_run(str(path), out, load_knowledge(), Options(memory_gb=memory)).do()
    finally:
        shutil.rmtree(out, ignore_errors=True)


def judge(path: Path, memory: float) -> dict[str, Any]:
    """Remit: from unsorted Parquet through trials, adequacy and all definitions; `flow_s` without reading."""
    from remit.cohort.bucket import records_of
    from remit.cohort.run import Options, Run, fill_shelf
    from remit.cohort.seen import Cut
    from remit.cohort.shelf import read_bucket
    from remit.cohort.sources.exposures import Exposures
    from remit.cohort.workspace import Workspace
    from remit.knowledge import load_knowledge
    from remit.pipeline import Assessed

    known = load_knowledge()
    run = Run(Exposures(path, known), known, Options(memory_gb=memory), Workspace(DATA / "judged"))
    run.work.open(run.identity())
    fill_shelf(run)
    cpu, verdicts = 0.0, 0
    for bucket in range(run.n_buckets):
        records = records_of(read_bucket(run.work.shelf, bucket), Cut(run.newest)).tables
        begin = time.process_time()
        verdicts += Assessed(records, known)["verdict"].height
        cpu += time.process_time() - begin
    run.work.close()
    shutil.rmtree(run.work.root)
    return {"verdicts": verdicts, "flow_s": cpu, "buckets": run.n_buckets}


def ordered(rows: int) -> Path:
    """Generated exposures in order of person and start, made in blocks of persons."""
    path = DATA / f"ordered_{rows}.parquet"
    if not path.exists():
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq
        from generate import generate

        path.parent.mkdir(exist_ok=True)
        writer, persons = None, 0
        for seed, begin in enumerate(range(0, rows, BLOCK)):
            columns = generate(min(BLOCK, rows - begin), seed, shuffled=False)
            columns["person_id"] += persons
            persons = int(columns["person_id"].max()) + 1
            data = pa.table(
                {
                    **{name: columns[name] for name in ("person_id", "treatment_key")},
                    **{name: pa.array(columns[name]).cast(pa.date32()) for name in ("start_date", "end_date")},
                    "daily_dose_mg": pa.array(columns["daily_dose_mg"], mask=np.isnan(columns["daily_dose_mg"])),
                }
            )
            writer = writer or pq.ParquetWriter(path, data.schema)
            writer.write_table(data, row_group_size=ROW_GROUP)
        assert writer is not None
        writer.close()
    return path


def scan(path: Path, memory: float) -> dict[str, Any]:
    """DuckDB: read the columns."""
    import duckdb

    sums = "sum(person_id), sum(treatment_key), sum(start_date - DATE '1970-01-01'), sum(end_date - DATE '1970-01-01')"
    database = duckdb.connect()
    cpu = time.process_time()
    (found,) = database.sql(f"SELECT count(*), {sums}, sum(daily_dose_mg) FROM '{path}'").fetchall()
    return {"rows": found[0], "cpu_s": time.process_time() - cpu}


def stitch(path: Path, memory: float) -> dict[str, Any]:
    """Remit: read the columns, stitch trials person by person, count and drop them.

    The clock starts once libraries and compiled functions are loaded, as for the scan.
    """
    from collections.abc import Iterator

    import numpy as np
    import polars as pl

    from remit.engine.columns import days, values
    from remit.engine.intervals import Measure
    from remit.engine.ordering import ordered_blocks
    from remit.engine.packing import Rows
    from remit.engine.stitching import stitched

    columns = pl.scan_parquet(path).select(ORDERED)

    def arrays(frame: pl.DataFrame) -> Rows:
        person, treatment = frame["person_id"].to_numpy(), frame["treatment_key"].to_numpy()
        dose = values(frame["daily_dose_mg"], np.nan)
        return Rows(person, treatment, days(frame["start_date"]), days(frame["end_date"]), dose)

    def rows(n_rows: int) -> Iterator[Rows]:
        for at in range(0, n_rows, ROW_GROUP):  # no name for a frame: it is let go of before the next one is read
            yield arrays(columns.slice(at, ROW_GROUP).collect())

    gaps = np.full(40, 30, np.int32)
    measure = Measure(gaps, gaps, np.empty((40, 0)))

    def count(n_rows: int) -> tuple[int, int]:
        trials = exposures = 0
        for part in stitched(ordered_blocks(rows(n_rows), is_many=True), measure, is_many=True):
            trials += len(part.person)
            exposures += int(part.folded.n_rows.sum())
        return trials, exposures

    n_rows = columns.select(pl.len()).collect().item()
    count(1)
    cpu = time.process_time()
    trials, exposures = count(n_rows)
    return {"rows": exposures, "trials": trials, "cpu_s": time.process_time() - cpu}


def compare_ordered(rows: int) -> None:
    """Scan and stitch in turn, each in a process of its own, and say whether the limits hold for the least of each."""
    subprocess.run([sys.executable, __file__, "--one", "ordered", str(rows)], check=True)
    path = str(DATA / f"ordered_{rows}.parquet")
    runs: list[dict[str, Any]] = [
        {name: json.loads(_run(name, path, 4.0)) for name in ("scan", "stitch")} for _ in range(ROUNDS)
    ]
    found = {name: min((each[name] for each in runs), key=lambda figures: figures["cpu_s"]) for name in runs[0]}
    assert found["stitch"]["rows"] == found["scan"]["rows"] == rows
    for name, figures in found.items():
        print(f"{rows:14,} {name:8} {figures['cpu_s']:8.2f} s {figures['wall_s']:8.2f} s {figures['peak_mb']:8.0f} MB")
    ratio = found["stitch"]["cpu_s"] / found["scan"]["cpu_s"]
    peak = max(each["stitch"]["peak_mb"] for each in runs)
    singly = sorted(each["stitch"]["cpu_s"] / each["scan"]["cpu_s"] for each in runs)
    print(f"{found['stitch']['trials']:,} trials; {ratio:.2f} times the scan ({singly[0]:.2f} to {singly[-1]:.2f})")
    sys.exit(ratio > LIMITS["CPU"] or peak > LIMITS["MB"])


def _run(name: str, path: str, memory: float) -> str:
    """What a measurement in a process of its own prints last."""
    line = [sys.executable, __file__, "--one", name, path, "--memory", str(memory)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.splitlines()[-1]


def one(name: str, path: Path, memory: float) -> None:
    """Measure here and print JSON."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = WAYS[name](path, memory)
    figures = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({**figures, **found, "peak_mb": peak}))


WAYS = {"sort": sort, "whole": whole, "judge": judge, "scan": scan, "stitch": stitch}


def main() -> None:
    """Generate, measure, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--memory", type=float, default=4.0)
    parser.add_argument("--ordered", action="store_true", help="only stitching of what stands in order of persons")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        if options.one[0] == "make":
            source(int(options.one[1]))
        elif options.one[0] == "ordered":
            ordered(int(options.one[1]))
        else:
            one(options.one[0], Path(options.one[1]), options.memory)
        return
    if options.ordered:
        compare_ordered(int(options.rows[-1]))
        return
    print(f"{'rows':>14} {'':8} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'x DuckDB':>9} {'M rows/CPU s':>13}")
    for rows in map(int, options.rows):
        # In a process of its own: a process inherits the peak memory of the one that starts it.
        subprocess.run([sys.executable, __file__, "--one", "make", str(rows)], check=True)
        path, base = DATA / f"cohort_{rows}.parquet", 0.0
        for name in ("sort", "judge", "whole"):
            found = json.loads(_run(name, str(path), options.memory))
            base = base or found["cpu_s"]
            parts = [(name, found["cpu_s"])] + ([("  flow", found["flow_s"])] if "flow_s" in found else [])
            for part, cpu in parts:
                print(f"{rows:14,} {part:8} {cpu:8.2f} {found['wall_s']:8.2f} {found['peak_mb']:8.0f} "
                      f"{cpu / base:9.2f} {rows / cpu / 1e6:13.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
