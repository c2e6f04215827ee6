"""CPU seconds to lay out a report of 40 trials and 200 scores: HTML below 1 s, PDF below 2 s. `just bench-report`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from remit.render.document.build import build
from remit.render.html.page import html
from remit.render.pdf.typeset import pdf
from remit.surfaces.cli.assess import Request, run
from reports.made import many
from surfaces.running import write

LIMITS = {"html": 1.0, "pdf": 2.0}


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads of this process for one call."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> int:
    """Print both times; 1 where one is over its limit."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), many())
        done = run(Request([path], None, None, None, "clinician", None, None, None))
        writers = {"html": html, "pdf": pdf}
        over = 0
        for form, lay_out in writers.items():

            def work(lay_out: Callable[..., object] = lay_out) -> object:
                return lay_out(build(done.view, done.tables, done.knowledge, done.phrases, "full"))

            first, second = cpu(work), cpu(work)
            print(f"{form}: first {first:.2f} s, then {second:.2f} s of CPU (limit {LIMITS[form]:.0f} s)")
            over += first > LIMITS[form]
    return int(over > 0)


if __name__ == "__main__":
    raise SystemExit(main())
