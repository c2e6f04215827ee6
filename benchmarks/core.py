"""The core at scale, beside DuckDB's scan and sort of the same columns in the same run: `just bench-core`.

Each measurement is a fresh process; figures are CPU seconds (user and system) from the first read to the last result,
imports left out, and the peak memory of the process.

`stitch`: unsorted Parquet to the columns of the trial table.
`flow`: the same Parquet through every transform with every definition that judges trials; with `--patterns`, the
treatment patterns too, which read every date of supply again and are no part of the limit.
`--each`: what each of all definitions adds after all others.

DuckDB scans the same columns and sorts them by person, treatment and start; the sorted stream is dropped. That both
did the same work is checked by a DuckDB query that stitches with a running maximum: the same number of trials, days
from start to end, and exposures.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
COLUMNS = ("person_id", "treatment_key", "start_date", "end_date", "daily_dose_mg")
GAP_DAYS = 30
ROW_GROUP = 1_000_000  # as `generate.py` writes them
WARM_ROWS = 1_000
LIMITS = {"stitch": (0.5, 500), "flow": (1.5, 1500)}
"""CPU seconds as a multiple of DuckDB's scan and sort; peak memory in MB."""

NS_PER_TRIAL = 30
"""What a further definition may cost."""

CHECK = f"""
WITH reached AS (
  SELECT *, max(end_date) OVER (PARTITION BY person_id, treatment_key ORDER BY start_date, end_date
                                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach FROM '{{path}}'
), numbered AS (
  SELECT *, sum((reach IS NULL OR start_date > reach + {GAP_DAYS})::INT)
    OVER (PARTITION BY person_id, treatment_key ORDER BY start_date, end_date ROWS UNBOUNDED PRECEDING) AS trial
  FROM reached
)
SELECT count(*), sum(days), sum(n) FROM (
  SELECT max(end_date) - min(start_date) AS days, count(*) AS n FROM numbered GROUP BY person_id, treatment_key, trial)
"""


def scan_and_sort(path: Path) -> Any:
    """DuckDB: scan the columns, sort, drop the stream."""
    import duckdb

    connection = duckdb.connect()

    def run() -> dict[str, int]:
        query = f"SELECT {', '.join(COLUMNS)} FROM '{path}' ORDER BY person_id, treatment_key, start_date"
        reader = connection.sql(query).to_arrow_reader(1_000_000)
        return {"rows": sum(batch.num_rows for batch in reader)}

    return run


def check(path: Path) -> Any:
    """DuckDB: the trials by plain SQL, to compare with."""
    import duckdb

    connection = duckdb.connect()

    def run() -> dict[str, int]:
        (found,) = connection.sql(CHECK.format(path=path)).fetchall()
        trials, days, exposures = found
        return {"trials": trials, "days": int(days), "exposures": int(exposures)}

    return run


def stitch(path: Path) -> Any:
    """Remit: unsorted Parquet to trials, row group by row group."""
    import numpy as np
    import polars as pl

    from remit.engine.columns import days, values
    from remit.engine.intervals import Measure
    from remit.engine.packing import Rows
    from remit.engine.stitching import stitch as fold

    gaps = np.full(40, GAP_DAYS, np.int32)
    measure = Measure(gaps, gaps, np.empty((40, 0)))  # no dose table: the runs above a dose are not part of a trial
    columns = pl.scan_parquet(path).select(COLUMNS)
    n_rows = columns.select(pl.len()).collect().item()

    def arrays(frame: pl.DataFrame) -> Rows:
        person, treatment = frame["person_id"].to_numpy(), frame["treatment_key"].to_numpy()
        dose = values(frame["daily_dose_mg"], np.nan)
        return Rows(person, treatment, days(frame["start_date"]), days(frame["end_date"]), dose)

    def rows(n: int) -> Iterator[Rows]:
        for at in range(0, n, ROW_GROUP):  # no name for a frame: it is let go of before the next one is read
            yield arrays(columns.slice(at, min(ROW_GROUP, n - at)).collect())

    def run(n: int = n_rows) -> dict[str, int]:
        folded = fold(lambda: rows(n), n, measure).folded
        total = int((folded.reach.astype(np.int64) - folded.start).sum())
        return {"trials": len(folded.start), "days": total, "exposures": int(folded.n_rows.sum())}

    _warm(run)
    return run


def records(path: Path, keys: Any, n: int | None = None) -> dict[str, Any]:
    """The exposures as tables of records; `keys` are those of the treatments that the numbers of the file stand for."""
    import numpy as np
    import polars as pl

    from remit.tables import Exposure

    exposure = pl.read_parquet(path, columns=list(COLUMNS), n_rows=n).rename({"person_id": "person_key"})
    exposure = exposure.with_row_index("exposure_key").with_columns(
        pl.Series("treatment_key", keys[exposure["treatment_key"].to_numpy()]), pl.col("person_key").cast(pl.UInt32)
    )
    exposure = exposure.select(Exposure.dtypes().names())
    n_persons = int(exposure["person_key"].max() or 0) + 1  # type: ignore[arg-type]
    person = pl.DataFrame({"person_key": np.arange(n_persons, dtype=np.uint32)}).with_columns(
        pl.lit(exposure["end_date"].max()).alias("index_date"), pl.lit("").alias("person_id")
    )
    return {"person": person, "exposure": exposure}


def treatment_keys(knowledge: Any) -> Any:
    """By number of a treatment in the file: its key."""
    import numpy as np

    drugs = list(knowledge.doses_of(knowledge.rules[knowledge.rule_key("remit_default")]))[:40]
    return np.array([knowledge.treatment_key(drug) for drug in drugs], np.uint16)


def flow(path: Path, *, patterns: bool = False) -> Any:
    """Remit: unsorted Parquet through every transform with every definition, of patterns only if asked."""
    import polars as pl

    from remit.knowledge import load_knowledge
    from remit.pipeline import Assessed

    knowledge = load_knowledge()
    if not patterns:
        knowledge = knowledge.only([d.id for d in knowledge.definitions if d.family != "pattern"])
    keys = treatment_keys(knowledge)

    def run(n: int | None = None) -> dict[str, int]:
        tables = Assessed(records(path, keys, n), knowledge)
        trial = tables["trial"]
        span = trial.select((pl.col("end_date") - pl.col("start_date")).dt.total_days().sum()).item()
        return {
            "trials": trial.height,
            "days": int(span),
            "exposures": int(trial["n_exposures"].sum()),
            "definitions": len(knowledge.definitions),
            "verdicts": tables["verdict"].height,
        }

    _warm(run)
    return run


def with_patterns(path: Path) -> Any:
    """`flow` with the treatment patterns."""
    return flow(path, patterns=True)


def each(path: Path, runs: int) -> Any:
    """Remit: what each definition adds after all others, in nanoseconds of CPU a trial; least of `runs`.

    What it shares with others is there: trials judged under its adequacy rule, dates in order. A difference of two
    whole runs says less: it is far smaller than what a run differs from the next.
    """
    from remit.engine.criteria import evaluate
    from remit.flow.features import Features
    from remit.flow.resistance import _first_met, resistance
    from remit.knowledge import load_knowledge
    from remit.pipeline import Assessed

    known = load_knowledge()
    keys = treatment_keys(known)

    def run(n: int | None = None) -> dict[str, Any]:
        tables = Assessed(records(path, keys, n), known)
        trials = tables["trial"].height
        least: dict[str, float] = {}
        for _ in range(runs if n is None else 1):
            afresh = tables | {}  # nothing is remembered from before
            begin = time.process_time()
            resistance(afresh, known)
            took = {"all": time.process_time() - begin}
            for last in known.definitions:
                features = Features(tables | {}, known)
                for definition in known.definitions:
                    if definition is not last:
                        features.of(definition)
                begin = time.process_time()
                values = features.of(last)
                result = evaluate(last, {name: value.bounds for name, value in values.items()})
                _first_met(last, values, result.status, features)
                took[last.id] = time.process_time() - begin
            least = {name: min(seconds, least.get(name, seconds)) for name, seconds in took.items()}
        whole = least.pop("all")
        return {"trials": trials, "resistance_s": whole, "ns": {i: s / trials * 1e9 for i, s in least.items()}}

    _warm(run)
    return run


def _warm(run: Callable[[int], object]) -> None:
    """Load the compiled functions from disk, or compile them; done once on a machine, it is not part of a run."""
    import importlib.util

    from remit.engine import compiled

    if importlib.util.find_spec("numba") is None:
        sys.exit("The benchmark needs numba: install the extra `cohort`.")
    whole, compiled.COMPILE_FROM = compiled.COMPILE_FROM, 0
    run(WARM_ROWS)
    compiled.COMPILE_FROM = whole


def measure(name: str, path: Path) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout))


def one(name: str, path: Path) -> None:
    """Measure here and print JSON."""
    ways = {"sort": scan_and_sort, "check": check, "stitch": stitch, "flow": flow, "patterns": with_patterns}
    run = ways[name](path)
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    figures = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps(result | figures | {"peak_mb": peak}))


def print_each(found: dict[str, Any]) -> None:
    """Print what `each` found, and say whether the limit holds."""
    trials, costs = found["trials"], found["ns"]
    for name, ns in sorted(costs.items(), key=lambda item: -item[1]):
        print(f"{name:30} {ns:7.1f} ns a trial{'  more than allowed' if ns > NS_PER_TRIAL else ''}")
    whole = found["resistance_s"]
    share = whole / trials / len(costs) * 1e9
    print(f"{trials:,} trials; all {len(costs)} definitions {whole:.2f} s, {share:.1f} ns each")
    sys.exit(any(ns > NS_PER_TRIAL for ns in costs.values()))


def main() -> None:
    """Generate, measure, compare, and say whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--patterns", action="store_true", help="measure the treatment patterns too, once")
    parser.add_argument("--each", action="store_true", help="only what each definition adds, in ns of CPU a trial")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return
    from generate import write

    path = DATA / f"fills_{int(options.rows)}.parquet"
    if not path.exists():
        write(path, int(options.rows))
    if options.each:
        print_each(each(path, options.runs)())
        return
    found = {name: [measure(name, path) for _ in range(options.runs)] for name in ("sort", "stitch", "flow")}
    best = {name: min(runs, key=lambda run: run["cpu_s"]) for name, runs in found.items()}
    if options.patterns:
        best["patterns"] = measure("patterns", path)
    expected = measure("check", path)
    print(f"{int(options.rows):,} exposures, unsorted; {platform.python_version()}; least of {options.runs} runs")
    print(f"{'':8} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'x DuckDB':>9}")
    failed = []
    for name, run in best.items():
        ratio = run["cpu_s"] / best["sort"]["cpu_s"]
        print(f"{name:8} {run['cpu_s']:8.2f} {run['wall_s']:8.2f} {run['peak_mb']:8.0f} {ratio:9.2f}")
        if name not in LIMITS:
            continue
        most, memory = LIMITS[name]
        failed += [f"{name}: {ratio:.2f} times DuckDB, at most {most} allowed"] if ratio > most else []
        failed += [f"{name}: {run['peak_mb']:.0f} MB, at most {memory} allowed"] if run["peak_mb"] > memory else []
        same = all(run[key] == expected[key] for key in ("trials", "days", "exposures"))
        failed += [] if same else [f"{name}: not the trials that DuckDB finds ({expected})"]
    flow_run = best["flow"]
    print(f"{flow_run['trials']:,} trials, {flow_run['definitions']} definitions, {flow_run['verdicts']:,} verdicts")
    print("\n".join(failed) or "limits hold; same trials as DuckDB's SQL")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
