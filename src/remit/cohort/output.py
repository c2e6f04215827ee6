"""Writes the output folder: row tables as Parquet, results, the summary and the report."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as papq

from remit.cohort.following import ROWS as COURSE_ROWS
from remit.cohort.judge import ROWS
from remit.cohort.publish import results_of, steps_of, summary, write_tables
from remit.cohort.report import report_html
from remit.cohort.run import Run


def write_output(run: Run, folder: Path) -> None:
    """Everything that a run hands over.

    Parameters
    ----------
    run : Run
        With all buckets judged.
    folder : Path
        Exists and is empty.
    """
    least = int(run.options.small_cell if run.options.small_cell is not None else run.knowledge.cohort.small_cell.value)
    for name in (*ROWS, *(COURSE_ROWS if run.options.with_course else ())):
        _join(run, name, folder / f"{name}.parquet")
    results = results_of(run, least)
    steps = steps_of(run, least)
    steps.write_parquet(folder / "attrition.parquet")
    write_tables(results, folder / "results")
    found = summary(run, results, steps, least)
    text = json.dumps(found, ensure_ascii=False, indent=1, default=str, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(report_html(found, results, steps, run.knowledge), encoding="utf-8")


def _join(run: Run, name: str, path: Path) -> None:
    """A table of all buckets as one file."""
    writer = None
    try:
        for frame in run.work.parts(name, run.n_buckets):
            data = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = papq.ParquetWriter(path, data.schema, compression="zstd")
            writer.write_table(data, row_group_size=1 << 20)
    finally:
        if writer is not None:
            writer.close()
