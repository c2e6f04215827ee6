"""What transforms share is found once a run, and is let go of with the run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from remit.flow.once import once
from remit.flow.records import read_records
from remit.knowledge import load_knowledge
from remit.pipeline import FLOW, Assessed
from remit.tables import Tables

EXAMPLE = Path(__file__).parents[2] / "examples" / "history.yaml"


def run() -> Assessed:
    knowledge = load_knowledge()
    return Assessed(read_records([EXAMPLE], knowledge), knowledge)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_found_once_a_run() -> None:
    calls = []

    @once
    def height(tables: Tables, name: str) -> int:
        calls.append(name)
        return tables[name].height

    first, second = run(), run()
    assert [height(first, "trial"), height(first, "trial"), height(first, "person")] == [first["trial"].height] * 2 + [
        1
    ]
    assert calls == ["trial", "person"]
    height(second, "trial")
    height(dict(first), "trial")
    height(dict(first), "trial")  # a bare mapping remembers nothing
    assert calls == ["trial", "person", "trial", "trial", "trial"]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("step", FLOW, ids=lambda step: str(step.writes[0]))
def test_a_run_is_let_go_of_with_its_last_use(step: tuple[object, tuple[str, ...]]) -> None:
    """Buckets of millions follow each other faster than the collector of circles comes round."""
    assessed = run()
    for name in step[1]:
        assessed[name]
    gone = ref(assessed)
    del assessed
    assert gone() is None
