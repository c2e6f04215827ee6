"""Times of the web app with 200 trials and 2,000 scores: pages over HTTP in this process, and the first page.

Each page is asked for over HTTP in this process right after an edit, so that nothing is remembered from the page
before, and then again. CPU time is given beside the time on the clock, for other work on the machine changes it less.
The first page is that of `remit serve` in a process of its own.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from remit.knowledge import load_knowledge
from remit.surfaces.web.record import Record
from remit.surfaces.web.store import open_store
from web.visitor import Visitor

N_TRIALS, N_SCORES = 200, 2000
ROUNDS, AGAIN = 5, 4
PATHS = ("", "/history", "/history/t1", "/scores", "/about", "/checks", "/standing", "/options", "/course", "/report")


def record() -> Record:
    """A long life with the illness: a course a month, a score every few days."""
    knowledge = load_knowledge()
    drugs = [t.id for t in knowledge.treatments if t.role == "antidepressant" and t.given_as == "daily"]
    made = Record(person={"id": "long"}, index_date="2026-11-01", episode={"start": "2010-01-01"})
    for n in range(N_TRIALS):
        start = date(2010, 1, 1) + timedelta(days=30 * n)
        content = {"treatment": drugs[n % len(drugs)], "start": start.isoformat(), "outcome": "none"}
        made.add(content | {"end": (start + timedelta(days=50)).isoformat()})
    for n in range(N_SCORES):
        day = date(2010, 1, 1) + timedelta(days=3 * n)
        made.measurements.append({"code": "phq9", "value": 5 + n % 20, "date": day.isoformat()})
    return made


def edit(visitor: Visitor, home: str, made: Record, n: int) -> None:
    """Another state of the record, which was not there before."""
    made.measurements[0]["value"] = 1 + n % 27
    made.entries[0].content["improvement_percent"] = n
    visitor.store.save(home.removeprefix("/p/"), made.document(), f"edit{n}")


def asked(visitor: Visitor, path: str) -> tuple[float, float]:
    """Milliseconds on the clock and of the CPU until a page is there."""
    clock, cpu = time.perf_counter(), time.process_time()
    assert visitor.client.get(path).status_code == 200
    return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000


def pages() -> None:
    """Print medians of each page and the 95th percentile of all, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        visitor = Visitor(store, load_knowledge()).begin("visit")
        made = record()
        home = f"/p/{store.add(made.document())}"
        for path in PATHS:
            asked(visitor, home + path)  # templates are read once
        after: list[tuple[float, float]] = []
        again: list[tuple[float, float]] = []
        for number, path in enumerate(PATHS):
            cold, warm = [], []
            for n in range(ROUNDS):
                edit(visitor, home, made, number * ROUNDS + n)
                cold.append(asked(visitor, home + path))
                warm += [asked(visitor, home + path) for _ in range(AGAIN)]
            after, again = after + cold, again + warm
            print(f"{path or '/':12} after an edit {said(cold)}   again {said(warm)}")
        for name, times in (("after an edit", after), ("asked for again", again)):
            clock, cpu = (statistics.quantiles(t, n=20)[-1] for t in zip(*times, strict=True))
            print(f"p95 of pages {name}: {clock:.0f} ms, CPU {cpu:.0f} ms")
        store.close()


def said(times: list[tuple[float, float]]) -> str:
    """Medians on the clock and of the CPU."""
    clock, cpu = (statistics.median(t) for t in zip(*times, strict=True))
    return f"{clock:5.0f} ms, CPU {cpu:4.0f} ms"


def first_page() -> None:
    """Print how long after the command the first page is there, the first time and once the file exists."""
    command = [str(Path(sys.executable).with_name("remit")), "serve", "--port", "0", "--data"]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a new folder", "a folder in use"):
            begun, before = time.perf_counter(), os.times()
            with subprocess.Popen([*command, folder], stdout=subprocess.PIPE, text=True) as server:
                assert server.stdout
                found = re.search(r"http://\S+", server.stdout.readline())
                assert found
                with urlopen(found[0]) as page:
                    assert page.status == 200
                taken = time.perf_counter() - begun
                server.terminate()
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            print(f"first page, {name}: {taken:.2f} s after the command, CPU {cpu:.2f} s")


if __name__ == "__main__":
    first_page()
    pages()
