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
LOOPS, MS = 200_000, 1000


def timed(function: Callable[[], object], runs: int) -> tuple[float, float]:
    """Least and median wall seconds of a call, after one that is not counted."""
    function()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), statistics.median(seconds)


def loop() -> int:
    """Plain Python of about as long: how far its median lies above its least says how steady the machine is."""
    return sum(i & 1 for i in range(LOOPS))


def command(*words: str) -> Callable[[], object]:
    """A whole process of the command line."""
    line = [str(Path(sys.executable).with_name("remit")), *words]
    return lambda: subprocess.run(line, capture_output=True, check=True)


def main() -> None:
    """Measure, and print beside what is aimed at."""
    knowledge = load_knowledge()
    records = read_records([EXAMPLE], knowledge)
    rows = (
        ("a plain loop", timed(loop, 200), MS, None),
        ("read the history, warm", timed(lambda: read_records([EXAMPLE], knowledge), 50), MS, None),
        ("history to verdicts, warm", timed(lambda: assess(records, knowledge), 200), MS, WARM_MS),
        ("and their reasons", timed(lambda: assess(records, knowledge)["finding"], 200), MS, None),
        ("remit assess, cold", timed(command("assess", str(EXAMPLE)), 9), 1, COLD_S),
        ("remit --help, cold", timed(command("--help"), 9), 1, HELP_S),
    )
    print(f"{'':28}{'least':>8} {'median':>8}")
    for what, seconds, scale, aim in rows:
        least, median = (figure * scale for figure in seconds)
        unit = "ms" if scale == MS else "s"
        print(f"{what:28}{least:8.2f} {median:8.2f} {unit:3}" + (f"aim {aim} {unit}" if aim else ""))


if __name__ == "__main__":
    main()
