"""Runs the real entry point in this process, and says what came out of it."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from remit.surfaces.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def remit(*args: object, width: int = 100) -> Result:
    """`remit ARGS...` through `main`, with a page of `width` columns."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("COLUMNS", str(width))
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in args])
    assert isinstance(left.value.code, int)
    return Result(left.value.code, out.getvalue(), err.getvalue())


def write(folder: Path, history: Any, name: str = "history.yaml") -> Path:
    """A history as a file."""
    path = folder / name
    path.write_text(yaml.safe_dump(history, sort_keys=False), encoding="utf-8")
    return path


def python(code: str, **env: str) -> Result:
    """A script in a Python of its own."""
    import os
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=os.environ | env, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def failure(treatment: str, start: str, end: str, dose: float | None, **more: object) -> dict[str, object]:
    """A treatment that did not help."""
    row: dict[str, object] = {"treatment": treatment, "start": start, "end": end, "outcome": "none"}
    return row | ({} if dose is None else {"daily_dose_mg": dose}) | more


TWO_FAILURES: dict[str, Any] = {
    "person": {"id": "p1", "country": "US"},
    "index_date": "2026-11-01",
    "episode": {"start": "2024-02-01", "severity": "severe", "psychotic": False},
    "treatments": [
        failure("Zoloft", "2024-03-01", "2024-06-30", 100),
        failure("venlafaxine", "2024-07-01", "2025-01-31", 150),
    ],
}


def with_item_9(value: int | None, history: dict[str, Any] = TWO_FAILURES) -> dict[str, Any]:
    """A history with one sheet of PHQ-9 answers, the last of them as given."""
    sheet = {"instrument": "phq9", "date": "2026-10-30", "items": [1, 1, 1, 1, 1, 1, 1, 1, value]}
    return history | {"answers": [sheet]}
