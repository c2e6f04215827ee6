"""The real command in a process of its own: start-up, exit codes, pipes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from surfaces.running import EXAMPLES, ROOT, python

REMIT = Path(sys.executable).parent / "remit"
# Pydantic is not among them: Typer itself loads it to read the options of a command.
HEAVY = ("polars", "numpy", "dataframely", "yaml", "rapidfuzz", "remit.knowledge", "remit.evidence")

HELP = """
import sys
from remit.surfaces.cli import main
try:
    main({args!r})
except SystemExit as left:
    code = left.code
print("LOADED", *[m for m in {heavy!r} if m in sys.modules])
sys.exit(code)
"""


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["assess", "--help"], ["knowledge", "--help"]])
def test_what_needs_no_data_loads_nothing_heavy(args: list[str]) -> None:
    done = python(HELP.format(args=args, heavy=HEAVY))
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].strip() == "LOADED"


def test_the_main_job_on_the_example() -> None:
    done = subprocess.run(
        [REMIT, "assess", "examples/history.yaml"], capture_output=True, cwd=ROOT, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    assert "What the published definitions say" in done.stdout
    assert "\x1b[" not in done.stdout  # no colour codes into a pipe


def test_the_main_job_loads_nothing_that_it_does_not_need() -> None:
    """No reader of another format, no search for misspelt names, no document, no server, no database."""
    others = (
        "remit.flow.records.csv_history", "remit.flow.records.fhir_medication", "remit.render.document",
        "remit.surfaces.web", "rapidfuzz", "scipy", "numba", "pyarrow", "jinja2", "typst", "starlette", "uvicorn",
        "sqlite3",
    )  # fmt: skip
    done = python(HELP.format(args=["assess", str(EXAMPLES / "history.yaml")], heavy=others))
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].strip() == "LOADED"


GARBAGE = """
import gc, sys
from remit.surfaces.cli import garbage, main
usual = gc.get_threshold()
sys.argv = ["remit", {command!r}, "--help"]
try:
    main()
except SystemExit:
    pass
print("SPARED", gc.get_threshold() != usual, gc.get_freeze_count() > 0)
"""


@pytest.mark.parametrize(("command", "said"), [("assess", "SPARED True False"), ("cohort", "SPARED False True")])
def test_only_short_commands_spare_the_search_for_garbage(command: str, said: str) -> None:
    done = python(GARBAGE.format(command=command))
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == said


SERVING = """
import gc
from remit.surfaces.cli.garbage import SERVED, resume, spare
spare()
resume(SERVED)
resume()
print("SERVED", gc.get_threshold()[0] == SERVED, gc.get_freeze_count() > 0)
"""


def test_a_server_looks_for_garbage_seldom_from_when_it_resumes() -> None:
    done = python(SERVING)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "SERVED True True"


THREADED = """
import os, sys
from pathlib import Path
from remit.errors import UsageError
from remit.surfaces.cli.serve import serve
def told(event, about):
    if event == "import" and about[0] == "polars":
        print("THREADS", os.environ.get("POLARS_MAX_THREADS"))
sys.addaudithook(told)
try:
    serve(0, Path(os.devnull) / "no folder", None, None)
except UsageError:
    pass
"""


def test_a_server_says_how_many_threads_before_frames_are_loaded() -> None:
    """Polars reads it once, when it is loaded."""
    done = python(THREADED)
    assert done.code == 0, done.err
    assert done.out.split() == ["THREADS", "1"]


def test_a_refused_file_says_so_without_a_traceback(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("treatments: [{treatment: sertralin3x, start: 2024-03-01, end: 2023-01-01}]")
    done = subprocess.run([REMIT, "assess", bad], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "bad.yaml" in done.stderr


def test_a_closed_pipe_is_no_traceback() -> None:
    command = f"{REMIT} assess {EXAMPLES / 'history.csv'} --format json | head -c 20"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.startswith('{\n  "schema"')
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_terminal_that_knows_only_ascii() -> None:
    code = HELP.format(args=["assess", str(EXAMPLES / "safety.yaml")], heavy=())
    done = python(code, PYTHONIOENCODING="ascii", COLUMNS="80")
    assert done.code == 0, done.err
    assert done.out.isascii()
    assert "####" in done.out  # the bars of the timeline
