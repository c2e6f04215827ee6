"""What the tests of the readers share: the knowledge, and a call that writes a file and reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from remit.errors import SourceError
from remit.flow.records import read_records
from remit.knowledge.load import load_knowledge

Records = dict[str, pl.DataFrame]


@pytest.fixture(scope="session")
def knowledge():
    return load_knowledge()


@pytest.fixture
def read(tmp_path: Path, knowledge) -> Callable[..., Records]:
    """Write `content` (text, bytes, or anything that JSON can hold) to a file and read it."""

    def run(content: Any, name: str = "in.json", **options: Any) -> Records:
        path = tmp_path / name
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_records([path], knowledge, **options)

    return run


@pytest.fixture
def faults(read) -> Callable[..., list[str]]:
    """The faults of a file, each as one line."""

    def run(content: Any, name: str = "in.json", **options: Any) -> list[str]:
        with pytest.raises(SourceError) as caught:
            read(content, name, **options)
        return [str(fault) for fault in caught.value.faults]

    return run


@pytest.fixture
def exposures(knowledge):
    """Exposures as tuples of plain values: treatment id, then the named columns of exposure and exposure_note."""

    def run(records: Records, *columns: str) -> list[tuple[Any, ...]]:
        both = records["exposure"].join(records["exposure_note"], on="exposure_key").sort("exposure_key")
        rows = both.select("treatment_key", *columns).rows()
        return [
            (knowledge.treatments[row[0]].id, *(str(v) if v is not None else None for v in row[1:])) for row in rows
        ]

    return run


@pytest.fixture
def codes(read):
    """Codes of the notices, sorted."""
    return lambda records: sorted(records["notice"]["code"].to_list())
