"""Generated exposures of a stated shape for the benchmarks: no person, no clinical meaning.

Shape: about 17.9 exposures a person; a person takes one to six treatments in turn (Zipf shares over 40 ingredients),
each a course of fills of 28, 30, 84 or 90 days, one length a course; refills come 3 days early to 25 days late, one
in fifty after a gap of 40 to 120 days; the next course starts 20 days before to 60 days after the last one ends
(cross-tapers, gaps); doses step up within a course; one dose in a hundred is unknown. Rows are shuffled, or stand by
person and start.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

N_INGREDIENTS = 40
EPOCH_2010 = 14610  # days from 1970-01-01 to 2010-01-01


def generate(n_rows: int, seed: int = 1, *, shuffled: bool = True) -> dict[str, np.ndarray]:
    """Columns person_id, treatment_key, start_date, end_date (days, exclusive) and daily_dose_mg (nan: unknown)."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, N_INGREDIENTS + 1)
    n_courses = int(n_rows / 6.65 * 1.02)
    courses_of = rng.choice(6, n_courses // 2, p=[0.3, 0.22, 0.2, 0.14, 0.09, 0.05]) + 1
    courses_of = courses_of[: np.searchsorted(np.cumsum(courses_of), n_courses)]
    person = np.repeat(np.arange(len(courses_of)), courses_of)
    n_courses = len(person)
    treatment = rng.choice(N_INGREDIENTS, n_courses, p=share / share.sum())
    n_fills = rng.geometric(1 / 6.65, n_courses).clip(1, 80)
    days = rng.choice([28, 30, 84, 90], n_courses, p=[0.35, 0.35, 0.1, 0.2])
    course = np.repeat(np.arange(n_courses), n_fills)
    n = len(course)
    step = rng.integers(-3, 26, n)
    step[rng.random(n) < 0.02] = rng.integers(40, 121)
    first = np.concatenate(([0], np.cumsum(n_fills)[:-1]))
    advance = days[course] + step
    advance[first] = 0
    offset = np.cumsum(advance)
    offset -= offset[first][course]
    length = offset[first + n_fills - 1] + days
    follow = length + rng.integers(-20, 61, n_courses)
    begins = np.concatenate(([0], np.cumsum(follow)[:-1]))
    first_course = np.concatenate(([0], np.cumsum(courses_of)[:-1]))
    begins = begins - begins[first_course][person] + rng.integers(0, 3000, len(courses_of))[person]
    base = rng.choice([20, 30, 40, 50, 60, 75, 100, 150], n_courses)
    level = np.minimum((np.arange(n) - first[course]) // 3, 2) + 1
    dose = base[course] * level.astype(np.float64)
    dose[rng.random(n) < 0.01] = np.nan
    start = (EPOCH_2010 + begins[course] + offset).astype(np.int32)
    columns = {
        "person_id": person[course].astype(np.int64),
        "treatment_key": treatment[course].astype(np.int16),
        "start_date": start,
        "end_date": (start + days[course]).astype(np.int32),
        "daily_dose_mg": dose,
    }
    columns = {name: values[:n_rows] for name, values in columns.items()}
    key = columns["person_id"] * 100_000 + columns["start_date"]
    order = rng.permutation(len(key)) if shuffled else np.argsort(key, kind="stable")
    return {name: values[order] for name, values in columns.items()}


def write(path: Path, n_rows: int, seed: int = 1, *, shuffled: bool = True) -> None:
    """`generate` as Parquet with dates as dates and unknown doses as nulls."""
    columns = generate(n_rows, seed, shuffled=shuffled)
    table = pa.table(
        {
            "person_id": columns["person_id"],
            "treatment_key": columns["treatment_key"],
            "start_date": pa.array(columns["start_date"]).cast(pa.date32()),
            "end_date": pa.array(columns["end_date"]).cast(pa.date32()),
            "daily_dose_mg": pa.array(columns["daily_dose_mg"], from_pandas=True),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=1_000_000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=float)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sorted", action="store_true")
    options = parser.parse_args()
    write(options.path, int(options.rows), options.seed, shuffled=not options.sorted)
