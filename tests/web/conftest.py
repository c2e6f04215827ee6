"""The app over a data folder of its own, and a visitor who reads pages and sends their forms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from remit.knowledge import Knowledge, load_knowledge
from remit.surfaces.web.store import open_store
from web.visitor import Visitor


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def visitor(folder: Path, knowledge: Knowledge) -> Iterator[Visitor]:
    """A person who prepares a visit."""
    store = open_store(folder)
    yield Visitor(store, knowledge).begin("visit")
    store.close()


@pytest.fixture
def clinician(folder: Path, knowledge: Knowledge) -> Iterator[Visitor]:
    store = open_store(folder)
    yield Visitor(store, knowledge).begin("clinician")
    store.close()
