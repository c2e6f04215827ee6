"""How long a practice of 5,000 persons with 200 scores each takes from records to the list view. CPU seconds.

just bench-caseload                     # 5,000 persons, 200 scores, 4 treatments each
just bench-caseload --persons 1000
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from remit.flow.course import course
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import follow
from remit.tables import Exposure, Measurement, Person

FIRST = np.datetime64("2022-01-01")
SPAN, LENGTH = 1700, 180
TREATMENTS = ("sertraline", "venlafaxine", "lithium", "aripiprazole", "esketamine", "ect", "bupropion", "mirtazapine")
LIMIT = 3.0


def practice(n: int, n_scores: int, n_treatments: int, knowledge: Knowledge) -> dict[str, pl.DataFrame]:
    """Random persons: scores that wander, treatments one after the other, the last one ongoing."""
    draw = np.random.default_rng(1)
    day = np.sort(draw.integers(0, SPAN, (n, n_scores)), axis=1).ravel()
    value = np.clip(np.cumsum(draw.normal(0, 2, (n, n_scores)), axis=1) + 14, 0, 24).round().ravel()
    start = np.tile(np.arange(n_treatments) * (SPAN // n_treatments), (n, 1)).ravel()
    key = [knowledge.treatment_key(t) for t in TREATMENTS[:n_treatments]]
    who = np.arange(n, dtype=np.uint32)
    rows = n * n_scores
    ends = FIRST + (start + LENGTH).astype("timedelta64[D]")
    is_last = np.tile(np.arange(n_treatments) == n_treatments - 1, n)
    exposure = pl.DataFrame(
        {
            "exposure_key": np.arange(n * n_treatments, dtype=np.uint32),
            "person_key": np.repeat(who, n_treatments),
            "treatment_key": np.tile(np.array(key, np.uint16), n),
            "start_date": FIRST + start.astype("timedelta64[D]"),
            "end_date": pl.Series(ends).zip_with(pl.Series(~is_last), pl.Series([None], dtype=pl.Datetime("ms"))),
            "daily_dose_mg": np.full(n * n_treatments, 100.0),
        }
    )
    measurement = pl.DataFrame(
        {
            "measurement_key": np.arange(rows, dtype=np.uint32),
            "person_key": np.repeat(who, n_scores),
            "measure_id": pl.Series(["phq9"]).new_from_index(0, rows),
            "date": FIRST + day.astype("timedelta64[D]"),
            "value": value,
            "is_imputed": np.zeros(rows, np.bool_),
            "record_ref": pl.Series(["score"]).new_from_index(0, rows),
        }
    )
    person = pl.DataFrame({"person_key": who, "person_id": who.astype(str), "index_date": [date(2026, 11, 1)] * n})
    return {
        "person": Person.conform(person),
        "exposure": Exposure.conform(exposure),
        "measurement": Measurement.conform(measurement),
    }


def cpu(work: Callable[[], object], times: int = 3) -> float:
    """Least CPU seconds of a few runs."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def main() -> None:
    """Print CPU seconds from records to the list view, and of the transform alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=5_000)
    parser.add_argument("--scores", type=int, default=200)
    parser.add_argument("--treatments", type=int, default=4, choices=range(1, len(TREATMENTS) + 1))
    asked = parser.parse_args()
    knowledge = load_knowledge()
    records = practice(asked.persons, asked.scores, asked.treatments, knowledge)
    tables = follow(records, knowledge)
    whole = cpu(lambda: follow(records, knowledge)["caseload_line"])

    alone = cpu(lambda: course(tables, knowledge))
    n = {name: tables[name].height for name in ("measurement", "trial", "course_event", "due", "caseload_line")}
    print(", ".join(f"{rows:,} {name}" for name, rows in n.items()))
    print(f"records to list view {whole:.2f} CPU s (limit {LIMIT:g}); the transform `course` alone {alone:.2f} CPU s")


if __name__ == "__main__":
    main()
