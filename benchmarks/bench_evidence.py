"""The evidence engine at scale, beside other Python packages in the same run.

`python benchmarks/bench_evidence.py [--peer-python PATH]`

Each measurement is a fresh process; figures are seconds of wall clock and of CPU (user and system) without imports, and
the peak memory of the process. The large network has 200 treatments and 2,000 studies, one in seven with three or four
arms. Peers are measured where they overlap, on the same effects and standard errors: statsmodels and PyMARE on a
pairwise pool of 2,000 studies, pimeta on a network; each is skipped if the interpreter lacks it. Results are compared:
common effects and DerSimonian-Laird variances must agree to 1e-6.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

LIMITS = {"network_reml": (5.0, 1000), "network_split": (20.0, 1000)}
"""Seconds of CPU, which on an idle machine are those of the clock (one thread); peak memory in MB."""
SMALL = (30, 300)
LARGE = (200, 2000)


def arms(n_treatments: int, n_studies: int) -> list[dict[str, Any]]:
    """Make a connected network of binary arms from a fixed seed."""
    import numpy as np

    rng = np.random.default_rng(20261122)
    truth = rng.normal(0, 0.5, n_treatments)
    rows = []
    for s in range(n_studies):
        size = 2 if rng.random() < 0.85 else int(rng.integers(3, 5))
        others = [int(t) for t in rng.choice(n_treatments, size, replace=False) if t != s % n_treatments]
        chosen = [s % n_treatments, *others][:size]
        for t in chosen:
            n = int(rng.integers(30, 300))
            p = 1 / (1 + np.exp(0.5 - truth[t] - rng.normal(0, 0.2)))
            events = min(n - 1, max(1, int(rng.binomial(n, p))))
            rows.append({"study": f"s{s:04d}", "treatment": f"t{t:03d}", "events": events, "n": n})
    return rows


def contrasts(n_treatments: int, n_studies: int) -> list[tuple[str, str, str, float, float]]:
    """All comparisons of every study as log odds ratios."""
    import math

    by_study: dict[str, list[dict[str, Any]]] = {}
    for row in arms(n_treatments, n_studies):
        by_study.setdefault(row["study"], []).append(row)
    out = []
    for study, group in by_study.items():
        for i, a in enumerate(group):
            for b in group[i + 1 :]:
                cells = (a["events"], a["n"] - a["events"], b["events"], b["n"] - b["events"])
                te = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
                out.append((study, a["treatment"], b["treatment"], te, math.sqrt(sum(1 / c for c in cells))))
    return out


def effects(k: int) -> tuple[Any, Any]:
    """Effects and variances of a pairwise pool."""
    import numpy as np

    rng = np.random.default_rng(20261123)
    v = rng.uniform(0.01, 0.3, k)
    return rng.normal(0.3, np.sqrt(v + 0.05)), v


def network_reml() -> Callable[[], dict[str, float]]:
    """Remit: read, REML, effects against a reference, as a dictionary for JSON."""
    import polars as pl

    from remit.evidence import network

    table = pl.DataFrame(arms(*LARGE))
    network(pl.DataFrame(arms(5, 20))).to_dict()
    return lambda: {"tau2": network(table, reference="t000").to_dict()["tau2"]}


def network_split() -> Callable[[], dict[str, float]]:
    """Remit: direct against indirect evidence of all comparisons, fit included."""
    import polars as pl

    from remit.evidence import network

    table = pl.DataFrame(arms(*LARGE))
    network(pl.DataFrame(arms(5, 20))).pieces[0].split()

    def run() -> dict[str, float]:
        found = network(table).pieces[0].split()
        return {"comparisons": found.height, "with both": found["p"].drop_nulls().len()}

    return run


def network_dl(package: str) -> Callable[[], dict[str, float]]:
    """A network that the peer can carry too, by DerSimonian-Laird."""
    rows = contrasts(*SMALL)
    if package == "remit":
        import polars as pl

        from remit.evidence import network

        table = pl.DataFrame(rows, schema=["study", "treat1", "treat2", "te", "se_te"], orient="row")
        network(table.head(0).vstack(table), measure="te", tau2="dl")

        def ours() -> dict[str, float]:
            piece = network(table, measure="te", tau2="dl").pieces[0]
            return {"tau2": piece.tau2, "q": piece.q, "te": float(piece.random.te()[0, 1])}

        return ours
    from pimeta import netmeta

    study, first, second, te, se = (list(column) for column in zip(*rows, strict=True))

    def theirs() -> dict[str, float]:
        found = netmeta(te, se, first, second, study)
        return {"tau2": float(found.tau2), "q": float(found.Q)}

    return theirs


def pool(package: str) -> Callable[[], dict[str, float]]:
    """A pairwise pool of 2,000 studies by DerSimonian-Laird."""
    y, v = effects(2000)
    if package == "remit":
        import polars as pl

        from remit.evidence import pairwise

        table = pl.DataFrame({"study": [f"s{i}" for i in range(len(y))], "te": y, "se_te": v**0.5})

        def ours() -> dict[str, float]:
            found = pairwise(table, measure="te", tau2="dl")
            return {"tau2": found.heterogeneity.tau2, "te": found.random.te, "common": found.common.te}

        return ours
    if package == "statsmodels":
        from statsmodels.stats.meta_analysis import combine_effects

        def statsmodels() -> dict[str, float]:
            found = combine_effects(y, v, method_re="dl")
            return {"tau2": float(found.tau2), "te": float(found.mean_effect_re), "common": float(found.mean_effect_fe)}

        return statsmodels
    from pymare import Dataset
    from pymare.estimators import DerSimonianLaird

    def pymare() -> dict[str, float]:
        found = DerSimonianLaird().fit_dataset(Dataset(y=y, v=v, add_intercept=True)).summary()
        return {"tau2": float(found.tau2.ravel()[0]), "te": float(found.get_fe_stats()["est"].ravel()[0])}

    return pymare


TASKS: dict[str, Callable[[], Callable[[], dict[str, float]]]] = {
    "network_reml": network_reml,
    "network_split": network_split,
    "network_dl:remit": lambda: network_dl("remit"),
    "network_dl:pimeta": lambda: network_dl("pimeta"),
    "pool:remit": lambda: pool("remit"),
    "pool:statsmodels": lambda: pool("statsmodels"),
    "pool:pymare": lambda: pool("pymare"),
}


def measure(task: str) -> dict[str, Any]:
    """Run one task in this process and measure it."""
    run = TASKS[task]()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = run()
    return {
        "task": task,
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "answer": answer,
    }


def main() -> int:
    """Measure everything, print one JSON line per task, and fail if a limit is broken or an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that holds the peers")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task:
        print(json.dumps(measure(asked.task)))
        return 0
    print(json.dumps({"python": platform.python_version(), "machine": platform.machine()}))
    found: dict[str, dict[str, Any]] = {}
    for task in TASKS:
        peer = task.partition(":")[2]
        python = sys.executable if peer in ("", "remit") else asked.peer_python
        done = subprocess.run([python, __file__, "--task", task], capture_output=True, text=True, check=False)
        if done.returncode:
            print(json.dumps({"task": task, "skipped": done.stderr.strip().splitlines()[-1][:120]}))
            continue
        found[task] = json.loads(done.stdout.splitlines()[-1])
        print(json.dumps(found[task]))
    return int(not _within_limits(found) or not _agree(found))


def _within_limits(found: dict[str, dict[str, Any]]) -> bool:
    good = True
    for task, (seconds, memory) in LIMITS.items():
        if task not in found or found[task]["cpu_seconds"] > seconds or found[task]["peak_mb"] > memory:
            print(f"{task}: over {seconds} s of CPU or {memory} MB")
            good = False
    return good


def _agree(found: dict[str, dict[str, Any]]) -> bool:
    good = True
    for task, row in found.items():
        ours = found.get(f"{task.partition(':')[0]}:remit")
        if ours is None:
            continue
        for key, value in row["answer"].items():
            if abs(value - ours["answer"][key]) > 1e-6 * max(1.0, abs(value)):
                print(f"{task}: {key} is {value}, Remit says {ours['answer'][key]}")
                good = False
    return good


if __name__ == "__main__":
    sys.exit(main())
