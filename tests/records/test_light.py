"""Reading is quick, and asks for nothing heavy."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

HEAVY = ("pyarrow", "numba", "pandas", "duckdb", "fhir", "scipy")


def test_reading_imports_nothing_heavy():
    code = f"import sys, remit.flow.records; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_history_takes_milliseconds(read):
    entries = [{"treatment": "sertraline", "start": f"20{y}-01-01", "end": f"20{y}-06-30"} for y in range(10, 20)]
    read({"treatments": entries})
    times = []
    for _ in range(15):
        start = time.perf_counter()
        read({"treatments": entries})
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.05  # 3 ms on a quiet machine
