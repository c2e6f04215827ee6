"""`explain` goes from the statement to the source record and the citation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remit.knowledge import load_knowledge
from surfaces.running import TWO_FAILURES, remit, write


def explained(folder: Path, definition: str, history: Any = TWO_FAILURES) -> dict[str, Any]:
    done = remit("explain", write(folder, history), "--definition", definition, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = done.json["persons"][0]["statement"]
    return found


def below(node: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    for child in node["because"]:
        if child["kind"] == kind:
            yield child
        yield from below(child, kind)


def test_from_the_statement_to_the_record(tmp_path: Path) -> None:
    statement = explained(tmp_path, "fda")
    assert statement["text"].startswith("FDA: met, with 2 failed adequate trials")
    (finding,) = below(statement, "finding")
    assert "2 observed, at least 2 asked; met: yes" in finding["text"]
    trials = list(below(finding, "trial"))
    assert [t["refs"] for t in trials] == [["sertraline-2024-03-01"], ["venlafaxine-2024-07-01"]]
    exposures = [list(below(t, "exposure")) for t in trials]
    lines = (tmp_path / "history.yaml").read_text().splitlines()
    at = [1 + next(i for i, line in enumerate(lines) if name in line) for name in ("Zoloft", "venlafaxine")]
    assert [[e["refs"] for e in group] for group in exposures] == [
        [[f"history.yaml:{at[0]} treatments[0]"]],
        [[f"history.yaml:{at[1]} treatments[1]"]],
    ]
    assert "daily dose 100 mg" in exposures[0][0]["text"]


def test_every_citation_is_in_the_knowledge(tmp_path: Path) -> None:
    sources = load_knowledge().sources
    cited = list(below(explained(tmp_path, "maudsley"), "citation"))
    assert cited
    for node in cited:
        assert sources[node["refs"][0]].citation in node["text"]


def test_points_of_a_score_add_up_to_it(tmp_path: Path) -> None:
    # More than 24 months: 3; severe: 4; two drugs: 1; no augmentation, no ECT: 0 and 0.
    statement = explained(tmp_path, "maudsley")
    assert "8 (moderate)" in statement["text"]
    points = [
        n["text"].split("gives ")[1].split(" points")[0] for n in below(statement, "finding") if "gives" in n["text"]
    ]
    assert sorted(points) == ["0", "0", "1", "3", "4"]


def test_the_page_shows_a_trial_in_full_once(tmp_path: Path) -> None:
    done = remit("explain", write(tmp_path, TWO_FAILURES), "--definition", "thase_rush", width=120)
    assert done.code == 0, done.err
    assert len(re.findall(r"on record at history.yaml:\d+ treatments\[0\]", done.out)) == 1
    assert "as shown above" in done.out
    assert "Mode: clinician" in done.out
