"""The specification of the course: small tables in, events out."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.build import events_of, followed, one
from oracle.course import Person
from spec.parse import Spec, read_chapter

SPECS = read_chapter(Path(__file__).parent / "spec" / "course.md")


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.title)
def test_spec(spec: Spec) -> None:
    scores = [(r["instrument"], int(r["day"]), float(r["value"]), False) for r in spec.tables["score"]]
    trials = [one(r["treatment"], int(r["start"]), int(r["end"])) for r in spec.tables.get("trial", ())]
    found = [
        (f"{e.kind}: {e.reason}" if e.reason else e.kind, e.certainty or "-", e.day)
        for e in events_of(followed(Person(scores, trials, 400)))
    ]
    assert sorted(found) == sorted((r["kind"], r["certainty"], int(r["day"])) for r in spec.tables["event"])
