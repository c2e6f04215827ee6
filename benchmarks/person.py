"""One person: from parsed history to assessment in a warm process, and whole commands, cold: `just bench-person`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from remit.flow.records import read_records
from remit.knowledge import load_knowledge
from remit.pipeline import assess

EXAMPLE = Path(__file__).parents[1] / "examples" / "history.yaml"
WARM_MS, COLD_S, HELP_S = 15, 1.0, 0.5


def median(function: Callable[[], object], runs: int) -> float:
    """Median wall seconds of a call, after one that is not counted."""
    function()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def command(*words: str) -> Callable[[], object]:
    """A whole process of the command line."""
    line = [str(Path(sys.executable).with_name("remit")), *words]
    return lambda: subprocess.run(line, capture_output=True, check=True)


def main() -> None:
    """Measure, and print beside what is aimed at."""
    knowledge = load_knowledge()
    records = read_records([EXAMPLE], knowledge)
    rows = (
        ("read the history, warm", median(lambda: read_records([EXAMPLE], knowledge), 50) * 1000, "ms", None),
        ("history to verdicts, warm", median(lambda: assess(records, knowledge), 200) * 1000, "ms", WARM_MS),
        ("remit assess, cold", median(command("assess", str(EXAMPLE)), 9), "s", COLD_S),
        ("remit --help, cold", median(command("--help"), 9), "s", HELP_S),
    )
    for what, figure, unit, aim in rows:
        print(f"{what:28}{figure:8.2f} {unit:3}" + (f"aim {aim} {unit}" if aim else ""))


if __name__ == "__main__":
    main()
