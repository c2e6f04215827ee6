"""A population from file to results, beside DuckDB's scan and sort of the same columns: `just bench-cohort`.

Every measurement is a process of its own; figures are CPU seconds (user and system) and the peak memory. `whole` is
`remit cohort run` with every definition, from unsorted Parquet to the report; `judge` leaves out counting and writing:
unsorted Parquet to buckets, and these through trials, adequacy and all definitions. `flow` is the part of it after the
buckets are read.
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
    from remit.pipeline import assess

    known = load_knowledge()
    run = Run(Exposures(path, known), known, Options(memory_gb=memory), Workspace(DATA / "judged"))
    run.work.open(run.identity())
    fill_shelf(run)
    cpu, verdicts = 0.0, 0
    for bucket in range(run.n_buckets):
        records = records_of(read_bucket(run.work.shelf, bucket), Cut(run.newest)).tables
        begin = time.process_time()
        verdicts += assess(records, known, detail=False)["verdict"].height
        cpu += time.process_time() - begin
    run.work.close()
    shutil.rmtree(run.work.root)
    return {"verdicts": verdicts, "flow_s": cpu, "buckets": run.n_buckets}


def one(name: str, path: Path, memory: float) -> None:
    """Measure here and print JSON."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = {"sort": sort, "whole": whole, "judge": judge}[name](path, memory)
    figures = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({**figures, **found, "peak_mb": peak}))


def main() -> None:
    """Generate, measure, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--memory", type=float, default=4.0)
    parser.add_argument("--one", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        if options.one[0] == "make":
            source(int(options.one[1]))
        else:
            one(options.one[0], Path(options.one[1]), options.memory)
        return
    print(f"{'rows':>14} {'':8} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'x DuckDB':>9} {'M rows/CPU s':>13}")
    for rows in map(int, options.rows):
        # In a process of its own: a process inherits the peak memory of the one that starts it.
        subprocess.run([sys.executable, __file__, "--one", "make", str(rows)], check=True)
        path, base = DATA / f"cohort_{rows}.parquet", 0.0
        for name in ("sort", "judge", "whole"):
            line = [sys.executable, __file__, "--one", name, str(path), "--memory", str(options.memory)]
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(done.stderr)
            found = json.loads(done.stdout.splitlines()[-1])
            base = base or found["cpu_s"]
            parts = [(name, found["cpu_s"])] + [("  flow", found["flow_s"])] * ("flow_s" in found)
            for part, cpu in parts:
                print(f"{rows:14,} {part:8} {cpu:8.2f} {found['wall_s']:8.2f} {found['peak_mb']:8.0f} "
                      f"{cpu / base:9.2f} {rows / cpu / 1e6:13.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
