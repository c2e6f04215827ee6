"""How a run begins: which kind of source a place is, and what does the work."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from remit.cohort import needs
from remit.cohort.output import write_output
from remit.cohort.raw import Source
from remit.cohort.run import Options, Progress, Quiet, Run, run_cohort, run_local
from remit.cohort.sources.exposures import Exposures
from remit.cohort.workspace import MANIFEST, Workspace
from remit.errors import Fault, SourceError
from remit.knowledge import Knowledge

OMOP_TABLE = "drug_exposure"
_DATABASES = (".duckdb", ".db", ".ddb", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that is ready to begin."""

    run: Run

    def finished(self) -> tuple[int, int] | None:
        """Buckets that an unfinished run of the same identity left, of how many; None if there is none."""
        work = self.run.work
        n = int(work.unfinished(self.run.identity()).get("n_buckets", 0))
        done = sum(work.has_part(bucket) for bucket in range(n))
        return (done, n) if done else None

    def do(self, engine: str = "local", master: str | None = None) -> dict[str, int | None]:
        """Do it; the counts of the summary."""
        if engine == "spark":
            needs("pyspark")
            from remit.cohort.spark import spark_engine

            run_cohort(self.run, spark_engine(master), write_output)
        else:
            run_cohort(self.run, run_local, write_output)
        found = json.loads((self.run.work.out / "summary.json").read_text(encoding="utf-8"))
        return dict(found["counts"])


def open_run(
    place: str,
    out: Path,
    knowledge: Knowledge,
    options: Options,
    *,
    kind: str | None = None,
    schema: str | None = None,
    progress: Progress | None = None,
) -> Opened:
    """A run over a place.

    Raises
    ------
    SourceError
        If the place is no source.
    UsageError
        If the output is there already.
    """
    work = Workspace(out)
    try:
        source = open_source(place, knowledge, kind=kind, schema=schema)
    except BaseException:
        if not (work.root / MANIFEST).is_file():
            shutil.rmtree(work.root, ignore_errors=True)
        raise
    return Opened(Run(source, knowledge, options, work, progress or Quiet()))


def open_source(place: str, knowledge: Knowledge, *, kind: str | None = None, schema: str | None = None) -> Source:
    """The source at a place; its kind is told by what is there, if it is not given.

    Raises
    ------
    SourceError
        If there is nothing, or it lacks a table or column.
    """
    kind = kind or kind_of(place)
    if kind == "omop":
        from remit.cohort.sources.omop import Omop

        return Omop.at(place, knowledge, schema)
    if kind == "fhir":
        from remit.cohort.sources.fhir import FhirBulk

        return FhirBulk(Path(place), knowledge)
    return Exposures(Path(place), knowledge)


def kind_of(place: str) -> str:
    """What a place holds: omop, fhir or exposures."""
    path = Path(place)
    if "://" in place or path.suffix.lower() in _DATABASES:
        return "omop"
    if not path.exists():
        raise SourceError([Fault(place, "is not there", "Check the name and the folder.")])
    if path.suffix.lower() == ".ndjson":
        return "fhir"
    if path.is_dir():
        names = [p.stem.lower() for p in path.iterdir()]
        if OMOP_TABLE in names:
            return "omop"
        if any(p.suffix.lower() == ".ndjson" for p in path.iterdir()):
            return "fhir"
    return "exposures"
