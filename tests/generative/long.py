"""The long run: millions of drawn persons through the engine and the oracle, until the first disagreement.

``python tests/generative/long.py --persons 1000000 --seed N --processes 2``
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # the processes are the threads

from generative.people import RandomChooser, draw_person
from generative.run import disagreements, report

BATCH = 2500


def batch(seed: int, number: int, size: int) -> str | None:
    """Draws and compares one batch; a report where engine and oracle disagree."""
    gc.set_threshold(200_000)
    chooser = RandomChooser(Random(f"{seed}/{number}"))
    persons = [draw_person(chooser) for _ in range(size)]
    wrong = disagreements(persons)
    return report(persons[min(wrong)]) if wrong else None


def sizes(persons: int) -> Iterator[tuple[int, int]]:
    """Number and size of each batch."""
    for number, start in enumerate(range(0, persons, BATCH)):
        yield number, min(BATCH, persons - start)


def run(persons: int, seed: int, processes: int) -> int:
    """Exit code: 0 where all agree, 1 at the first disagreement."""
    began, done = time.monotonic(), 0
    todo = sizes(persons)
    with ProcessPoolExecutor(processes) as pool:
        running: dict[Future[str | None], int] = {}
        while True:
            for number, size in todo:
                running[pool.submit(batch, seed, number, size)] = size
                if len(running) >= 2 * processes:
                    break
            if not running:
                break
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done += running.pop(future)
                if found := future.result():
                    pool.shutdown(cancel_futures=True)
                    print(f"\nseed {seed}, after {done:,} persons\n{found}", flush=True)
                    return 1
            rate = done / (time.monotonic() - began)
            left = (persons - done) / rate
            print(f"\r{done:>12,} of {persons:,} persons, {rate:,.0f} a second, {left:,.0f} s left", end="", flush=True)
    print(f"\nengine and oracle agree on {done:,} persons (seed {seed})")
    return 0


def main() -> int:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description="Engine against oracle on drawn persons.")
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    return run(given.persons, given.seed, given.processes)


if __name__ == "__main__":
    sys.exit(main())
