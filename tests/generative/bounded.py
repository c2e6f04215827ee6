"""Every kernel of the house compiled with bounds checked: `python tests/generative/bounded.py PERSONS`.

Compiled indices have no sign (`remit.engine.places`): one below 0 or beyond the end would reach memory that is not the
array's. Here it raises, and a kernel that nothing has called is an error too. In a process of its own, for the compiler
reads the environment when it is imported, and keeps what it compiles in a folder.
"""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
OF_KERNELS = ("unit/test_chains.py", "unit/test_counting.py", "unit/test_intervals.py", "unit/test_packing.py")
OF_PEERS = ("cohort/test_results.py",)
sys.path.insert(0, str(TESTS))


def kernels() -> set[str]:
    """Names of the functions that the house hands to `remit.engine.compiled.run`."""
    found = set()
    for path in (ROOT / "src/remit").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "remit.engine.compiled import" in text:
            calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args)
            found |= {call.args[0].id for call in calls if getattr(call.func, "id", None) == "run"}
    return found


def main(n_persons: int, folder: Path) -> str:
    """What is wrong; nothing where all holds."""
    import polars as pl
    import pytest

    from cohort.making import run, some_exposures
    from generative.people import RandomChooser, draw_person
    from generative.run import disagreements, report
    from remit.engine import compiled

    called = set()
    compiled.COMPILE_FROM = 1
    compile_one = compiled._compiled

    def compile_and_note(function):
        called.add(function.__name__)
        return compile_one(function)

    compiled._compiled = compile_and_note
    chooser = RandomChooser(Random(n_persons))
    persons = [draw_person(chooser) for _ in range(n_persons)]
    if wrong := disagreements(persons):
        return report(persons[min(wrong)])
    named = some_exposures().with_columns(pl.format("person {}", "person_id").alias("person_id"))
    named.write_parquet(folder / "named.parquet")
    run(folder / "named.parquet", folder / "out")
    if pytest.main(["-q", "-p", "no:cacheprovider", *(str(TESTS / name) for name in (*OF_KERNELS, *OF_PEERS))]):
        return "a test of the kernels does not hold"
    left = sorted(kernels() - called)
    return f"not called: {', '.join(left)}" if left else ""


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        os.environ |= {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": folder}
        sys.exit(main(int(sys.argv[1]), Path(folder)) or 0)
