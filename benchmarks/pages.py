"""Times of the web app with 200 trials and 2,000 scores: pages over HTTP in this process, and the first page.

Each page is asked for over HTTP in this process right after an edit behind the app's back, so that nothing is
remembered from the page before, and then again. Then the way of a person: the form of a treatment is sent as it is
while one types, or a score is added, and a page is asked for after the answer. CPU time is given beside the time on
the clock, for other work on the machine changes it less. The first page is that of `remit serve` in a process of its
own. Python looks for garbage as seldom as in that process.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from urllib.request import urlopen

from remit.surfaces.cli.serve import THREADS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
os.environ.setdefault(*THREADS)

from httpx import Response

from remit.knowledge import load_knowledge
from remit.surfaces.cli.garbage import SERVED, resume, spare
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


def timed(ask: Callable[[], Response], status: int = 200) -> tuple[float, float]:
    """Milliseconds on the clock and of the CPU until an answer is there."""
    clock, cpu = time.perf_counter(), time.process_time()
    answer = ask()
    taken = (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000
    assert answer.status_code == status, answer.status_code
    return taken


def asked(visitor: Visitor, path: str) -> tuple[float, float]:
    """Milliseconds on the clock and of the CPU until a page is there."""
    return timed(lambda: visitor.client.get(path))


class Typist:
    """Edits the record as a person does: through the forms of the app."""

    def __init__(self, visitor: Visitor, home: str) -> None:
        self.visitor, self.home = visitor, home
        self.form = visitor.get(f"{home}/history/t1").form(f"{home}/history/t1")["fields"]
        self.token = {"token": self.form["token"]}

    def dose(self, n: int) -> tuple[float, float]:
        """Type another dose into the form of a treatment, which saves itself and shows what follows."""
        fields = self.form | {"step_dose_1": str(10 + n)}
        return self._sent("history/t1", fields, 200, {"hx-request": "true"})

    def score(self, n: int) -> tuple[float, float]:
        """Add a score; the answer sends one on to the page of scores."""
        day = date(2026, 9, 1) + timedelta(days=n)
        fields = {"code": "phq9", "value": str(1 + n % 27), "unit": "", "date": day.isoformat()}
        return self._sent("scores/total", fields, 303, {})

    def _sent(self, path: str, fields: dict[str, str], status: int, headers: dict[str, str]) -> tuple[float, float]:
        url, sent = f"{self.home}/{path}", fields | self.token
        client = self.visitor.client
        return timed(lambda: client.post(url, data=sent, headers=headers, follow_redirects=False), status)


def pages() -> None:
    """Print medians of each page, and the 95th percentile of all."""
    spare()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        visitor = Visitor(store, load_knowledge()).begin("visit")
        made = record()
        home = f"/p/{store.add(made.document())}"
        resume(SERVED)
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
        print(f"p95 of pages after an edit: {p95(after)}; asked for again: {p95(again)}")
        typed(visitor, home)
        store.close()


def typed(visitor: Visitor, home: str) -> None:
    """Print the same of edits through the app: of their answers, and of the page after each."""
    typist = Typist(visitor, home)
    for name, send in (("a dose that is typed", typist.dose), ("a new score", typist.score)):
        answers, after = [], []
        for number, path in enumerate(PATHS):
            times = []
            for n in range(ROUNDS):
                answers.append(send(number * ROUNDS + n))
                times.append(asked(visitor, home + path))
            after += times
            print(f"{path or '/':12} after {name} {said(times)}")
        print(f"p95 of answers to {name}: {p95(answers)}; of pages after it: {p95(after)}")


def p95(times: list[tuple[float, float]]) -> str:
    """95th percentiles on the clock and of the CPU."""
    clock, cpu = (statistics.quantiles(t, n=20)[-1] for t in zip(*times, strict=True))
    return f"{clock:.0f} ms, CPU {cpu:.0f} ms"


def said(times: list[tuple[float, float]]) -> str:
    """Medians on the clock and of the CPU, and the least of the CPU."""
    clock, cpu = (statistics.median(t) for t in zip(*times, strict=True))
    return f"{clock:5.0f} ms, CPU {cpu:4.0f} ms (least {min(t[1] for t in times):.0f})"


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
