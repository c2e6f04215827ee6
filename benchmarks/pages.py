"""Times of the web app's pages with 200 trials and 2,000 scores in the file, over HTTP, in this process.

Each page is asked for after an edit, so that nothing is remembered from the page before: the worst a person meets.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from remit.knowledge import load_knowledge
from remit.surfaces.web.record import Record
from remit.surfaces.web.store import open_store
from web.visitor import Visitor

N_TRIALS, N_SCORES, ROUNDS = 200, 2000, 5
PATHS = ("", "/history", "/history/t1", "/scores", "/about", "/checks", "/standing", "/options", "/report")


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


def main() -> None:
    """Print the median and the 95th percentile of each page, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        visitor = Visitor(store, load_knowledge()).begin("visit")
        made = record()
        home = f"/p/{store.add(made.document())}"
        every: list[float] = []
        for path in PATHS:
            cold, warm = [], []
            for n in range(ROUNDS):
                made.notes, made.clues = str(n), {"medicine_list_complete": n % 2 == 0}
                store.save(home.removeprefix("/p/"), made.document(), f"round{path}{n}")
                for times in (cold, warm):
                    before = time.perf_counter()
                    assert visitor.client.get(home + path).status_code == 200
                    times.append((time.perf_counter() - before) * 1000)
            every += warm
            print(
                f"{path or '/':12} after an edit {statistics.median(cold):7.0f}   again {statistics.median(warm):7.0f}"
            )
        print(f"p95 of pages asked for again: {statistics.quantiles(every, n=20)[-1]:.0f} ms")
        store.engine.dispose()


if __name__ == "__main__":
    main()
