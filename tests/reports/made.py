"""Documents as the command writes them, read back as a reader would."""

from __future__ import annotations

import random
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from surfaces.running import TWO_FAILURES, remit, with_item_9

KINDS = [("clinician", "full"), ("clinician", "letter"), ("clinician", "options"), ("visit", "visit"),
         ("visit", "options")]  # fmt: skip
"""Every document with the mode that it is for."""


def document(path: Path, folder: Path, form: str, mode: str = "clinician", kind: str | None = None) -> bytes:
    """What `remit assess` writes into a file."""
    out = folder / f"out.{form}"
    chosen = ["--document", kind] if kind else []
    done = remit("assess", path, "--format", form, "--mode", mode, *chosen, "-o", out)
    assert done.code == 0, done.err
    return out.read_bytes()


def poppler(tool: str, content: bytes, folder: Path, *options: str) -> str:
    """What a tool of poppler says about a PDF."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = folder / "read.pdf"
    path.write_bytes(content)
    ends = ["-"] if tool == "pdftotext" else []
    return subprocess.run([tool, *options, path, *ends], capture_output=True, text=True, check=True).stdout


def text_of(content: bytes, form: str, folder: Path) -> str:
    """The words of a document in reading order, single-spaced."""
    if form == "pdf":
        return " ".join(poppler("pdftotext", content, folder).split())
    return " ".join(" ".join(main(content).itertext()).split())


def tree(content: bytes) -> Any:
    """HTML parsed strictly: a fault of syntax is an error."""
    import html5lib

    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(content.decode())


def main(content: bytes) -> Any:
    """The main landmark of a page."""
    (found,) = tree(content).iter("main")
    return found


def many(n_trials: int = 40, n_scores: int = 200) -> dict[str, Any]:
    """A long history, the same each time."""
    chance = random.Random(7)
    names = ("sertraline", "venlafaxine", "mirtazapine", "bupropion", "duloxetine", "nortriptyline", "lithium")
    day, treatments = date(2006, 1, 10), []
    for i in range(n_trials):
        days = chance.choice([20, 60, 90, 150])
        row = {"treatment": names[i % len(names)], "start": day.isoformat(), "outcome": "none"}
        row["end"] = (day + timedelta(days)).isoformat()
        treatments.append(row | ({"daily_dose_mg": 100} if i % 5 else {}))
        day += timedelta(days + chance.choice([5, 40]))
    scores = [
        {"code": "phq9", "value": chance.randint(4, 24), "date": (date(2006, 1, 5) + timedelta(30 * i)).isoformat()}
        for i in range(n_scores)
    ]
    return with_item_9(1, TWO_FAILURES | {"treatments": treatments, "measurements": scores, "index_date": "2026-11-01"})
