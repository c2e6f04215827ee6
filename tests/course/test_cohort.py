"""A population takes the same transform: `cohort run --course` gives each person the rows of `remit course`."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from surfaces.running import remit, write

DAY = date(2024, 1, 1)
INDEX = date(2024, 12, 31)
TREATED = {
    "one": [("sertraline", 0, 200, 100.0), ("lithium", 150, 366, 800.0)],
    "two": [("phenelzine", 0, 360, 45.0), ("nortriptyline", 358, 366, 75.0)],
    "three": [("escitalopram", 10, 366, 20.0)],
}
SCORES = {
    "one": [(0, 20.0), (14, 17.0), (28, 11.0), (42, 8.0), (56, 4.0), (70, 4.0), (200, 12.0), (207, 13.0)],
    "two": [(0, 22.0), (30, 21.0), (60, 22.0)],
    "three": [(300, 9.0)],
}


def at(n: int) -> date:
    return DAY + timedelta(days=n)


def day(n: int) -> str:
    return at(n).isoformat()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("population")
    exposures = [
        {"person_id": p, "treatment": t, "start_date": at(a), "end_date": at(b), "daily_dose_mg": dose}
        for p, rows in TREATED.items()
        for t, a, b, dose in rows
    ]
    scores = [
        {"person_id": p, "measure_id": "phq9", "date": day(d), "value": v}
        for p, rows in SCORES.items()
        for d, v in rows
    ]
    source = folder / "source"
    source.mkdir()
    pl.DataFrame(exposures).write_parquet(source / "exposures.parquet")
    pl.DataFrame(scores).write_parquet(source / "measurement.parquet")
    out = folder / "out"
    done = remit("cohort", "run", source, "--out", out, "--course", "--index-date", INDEX.isoformat(), "--buckets", "2")
    assert done.code == 0, done.err
    return out


def alone(person: str, folder: Path) -> dict[str, Any]:
    """The same person as a history; the last day of a history is the day before the end of an exposure."""
    treatments = [
        {"treatment": t, "start": day(a), "daily_dose_mg": dose} | ({} if b > 365 else {"end": day(b - 1)})
        for t, a, b, dose in TREATED[person]
    ]
    history = {
        "person": {"id": person}, "index_date": INDEX.isoformat(), "treatments": treatments,
        "measurements": [{"code": "phq9", "value": v, "date": day(d)} for d, v in SCORES[person]],
    }  # fmt: skip
    document: dict[str, Any] = remit("course", write(folder, history), "--format", "json").json["persons"][0]
    return document


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("person", sorted(TREATED))
def test_events_and_tasks_are_those_of_the_person(run: Path, person: str, tmp_path: Path) -> None:
    expected = alone(person, tmp_path)
    events = pl.read_parquet(run / "course_event.parquet").filter(pl.col("person_id") == person)
    got = sorted([str(x) for x in row] for row in events.select("kind", "certainty", "date", "score", "reason").rows())
    keys = ("kind", "certainty", "date", "score", "reason")
    assert got == sorted([str(e[k]) for k in keys] for e in expected["course_events"])
    due = pl.read_parquet(run / "due.parquet").filter(pl.col("person_id") == person)
    keys = ("rule", "state", "due_date", "done_date", "branch")
    assert sorted([str(x) for x in row] for row in due.select(keys).rows()) == sorted(
        [str(d[k]) for k in keys] for d in expected["due"]
    )


@pytest.mark.parametrize("person", sorted(TREATED))
def test_the_line_is_that_of_the_list_view(run: Path, person: str, tmp_path: Path) -> None:
    line = alone(person, tmp_path)["line"]
    row = pl.read_parquet(run / "caseload.parquet").row(by_predicate=pl.col("person_id") == person, named=True)
    for name in ("instrument", "last_score", "trend", "event", "days_without_improvement", "n_due", "next_rule"):
        assert row[name] == line[name], name
    assert str(row["last_date"]) == line["last_date"]


def test_trials_are_numbered_as_in_their_table(run: Path) -> None:
    due = pl.read_parquet(run / "due.parquet").drop_nulls("trial")
    trial = pl.read_parquet(run / "trial.parquet").select("person_id", "trial", pl.col("treatment").alias("of"))
    joined = due.join(trial, on=["person_id", "trial"])
    assert joined.height == due.height > 0
    assert (joined["treatment"].cast(pl.String) == joined["of"].cast(pl.String)).all()


def test_without_the_switch_nothing_is_followed(run: Path, tmp_path: Path) -> None:
    source = run.parent / "source"
    assert remit("cohort", "run", source, "--out", tmp_path / "out").code == 0
    assert not (tmp_path / "out" / "due.parquet").exists()
