"""Several requests about one state of a record at once: each page is as if it had been asked for alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import polars as pl
import pytest

from remit.knowledge import Knowledge
from remit.knowledge.text import load_text
from remit.pipeline import FLOW, Assessed
from remit.surfaces.web.record import Record, read_history
from remit.surfaces.web.workbench import Workbench
from web.test_workbench import HISTORY, RECORD_TABLES
from web.visitor import TODAY, Visitor

PATHS = ("/standing", "/history", "/course", "/scores", "/checks", "/options", "/report/assessment.json", "")
TOGETHER, ROUNDS = 16, 2


@pytest.fixture
def _often() -> Iterator[None]:
    """Threads take turns some thousand times a second more often than they would."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def assessed(knowledge: Knowledge, n: int) -> Assessed:
    return Workbench(knowledge, load_text()).assess(state(n), TODAY, None).tables


def state(n: int) -> Record:
    """Another record, of which nothing was asked before."""
    return read_history(HISTORY | {"index_date": f"2026-11-{n + 1:02}"})


@pytest.mark.usefixtures("_often")
@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_pages_of_one_state_may_be_made_at_once(visitor: Visitor, knowledge: Knowledge, mode: str) -> None:
    visitor.store.set("mode", mode)
    home = f"/p/{visitor.store.add(state(0).document())}"
    for n in range(ROUNDS):
        visitor.store.save(home.removeprefix("/p/"), state(n).document(), f"edit{n}")
        begin = Barrier(TOGETHER)

        def ask(path: str, begin: Barrier = begin) -> str:
            begin.wait()
            answer = visitor.client.get(home + path)
            assert answer.status_code == 200, path
            return answer.text

        with ThreadPoolExecutor(TOGETHER) as pool:
            asked = [*PATHS, *PATHS]  # each page twice
            together = list(pool.map(ask, asked))
        visitor.app.state.services.bench._kept.clear()
        for path, found in zip(asked, together, strict=True):
            assert found == visitor.client.get(home + path).text, path


@pytest.mark.usefixtures("_often")
def test_tables_of_one_run_may_be_asked_for_at_once(knowledge: Knowledge) -> None:
    names = [name for step in FLOW for name in step.writes]
    for n in range(ROUNDS):
        records = {name: assessed(knowledge, n)[name] for name in RECORD_TABLES}
        alone, shared, begin = Assessed(records, knowledge), Assessed(records, knowledge), Barrier(len(names))

        def ask(name: str, shared: Assessed = shared, begin: Barrier = begin) -> pl.DataFrame:
            begin.wait()
            return shared[name]

        with ThreadPoolExecutor(len(names)) as pool:
            together = list(pool.map(ask, names))
        for name, found in zip(names, together, strict=True):
            assert found.equals(alone[name]), name
