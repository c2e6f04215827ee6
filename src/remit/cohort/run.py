"""A run over a population: the source into buckets, each bucket through the flow, the results side by side.

Memory holds one bucket; the number of buckets follows from the budget. What is finished survives a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from remit.cohort.judge import judge
from remit.cohort.raw import RECORD, Source
from remit.cohort.seen import Cut
from remit.cohort.shelf import Shelf, keep_bucket, read_bucket
from remit.cohort.sources.fhir import LINES, FhirBulk
from remit.cohort.workspace import Workspace, explained
from remit.errors import Fault, RemitError, SourceError, UsageError
from remit.knowledge import Knowledge
from remit.version import VERSION

GIB = 1 << 30
BASE_BYTES = 500 << 20
"""Program, libraries and knowledge."""

ROW_BYTES = 320
"""Memory that one exposure takes at most on its way through the flow and the counts, its person's verdicts included."""

DEFINITION_BYTES = 4
"""What a definition adds to that."""

ROWS_PER_BUCKET = 8_000_000
"""A larger bucket is no faster, and a crash costs more."""

MAX_BUCKETS = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """How to run.

    Attributes
    ----------
    memory_gb : float
        Most memory that a run may take.
    index_date : date, optional
        The day for which the question is asked; by default the newest date on record, and nobody is followed beyond the
        days on which they were observed.
    small_cell : int, optional
        Counts of persons below this are not shown; by default the knowledge's.
    n_buckets : int, optional
        By default as many as the memory asks for.
    carry_over : bool
        Whether a supply waits until the one before it of the same treatment is used up.
    in_hospital : bool
        Whether a supply lasts longer by the days in hospital, where these are on record.
    with_course : bool
        Whether the course is followed too: `course_event`, `due` and `caseload`.
    """

    memory_gb: float = 4.0
    index_date: date | None = None
    small_cell: int | None = None
    n_buckets: int | None = None
    carry_over: bool = False
    in_hospital: bool = True
    with_course: bool = False


class Progress(Protocol):
    """Is told how far a run has come."""

    def stage(self, name: str, total: float) -> None:
        """A stage begins, of so many units."""

    def advance(self, units: float, rows: int = 0) -> None:
        """Units are done, with so many rows."""


class Quiet:
    """Says nothing."""

    def stage(self, name: str, total: float) -> None:
        """A stage begins."""

    def advance(self, units: float, rows: int = 0) -> None:
        """Units are done."""


@dataclass(slots=True)
class Run:
    """A run that is under way.

    Attributes
    ----------
    source : Source
    knowledge : Knowledge
        Narrowed to the definitions that are asked for.
    options : Options
    work : Workspace
    progress : Progress
    """

    source: Source
    knowledge: Knowledge
    options: Options
    work: Workspace
    progress: Progress = field(default_factory=Quiet)

    @property
    def n_buckets(self) -> int:
        """Buckets of this run, once the source is read."""
        return int(self.work.state["n_buckets"])

    @property
    def newest(self) -> date:
        """Index date of those for whom nothing else says when they were last seen."""
        return date.fromisoformat(self.work.state["newest"])

    @property
    def cut(self) -> Cut:
        """How records are cut and joined before the flow."""
        options = self.options
        tables = tuple(self.work.state["tables"])
        is_asked, is_text = options.index_date is not None, bool(self.work.state["is_text"])
        return Cut(self.newest, is_asked, options.carry_over, options.in_hospital, tables, is_text, options.with_course)

    def identity(self) -> Mapping[str, Any]:
        """What tells this run from another."""
        return {
            "source": dict(self.source.fingerprint()),
            "kind": type(self.source).__name__,
            "definitions": [d.id for d in self.knowledge.definitions],
            "knowledge": knowledge_digest(self.knowledge),
            "index_date": str(self.options.index_date),
            "n_buckets": self.options.n_buckets,
            "carry_over": self.options.carry_over,
            "in_hospital": self.options.in_hospital,
            "with_course": self.options.with_course,
            "program": VERSION,
        }


Engine = Callable[[Run], None]
"""Fills the shelf and judges the buckets of a run."""


def run_cohort(run: Run, engine: Engine, report: Callable[[Run, Path], None]) -> None:
    """Do a run, or what is left of it, and move the whole output into place.

    Raises
    ------
    SourceError
        If the source cannot be used.
    UsageError
        If the output cannot be written.
    """
    try:
        with explained(run.work.out):
            run.work.open(run.identity())
            engine(run)
            folder = run.work.fresh("out")
            run.progress.stage("write", 1)
            report(run, folder)
            run.work.finish(folder)
    except RemitError:
        if "n_buckets" not in run.work.state:  # nothing to go on with
            run.work.discard()
        raise
    finally:
        run.work.close()


def run_local(run: Run) -> None:
    """Read and judge on this machine, one bucket after another."""
    if "n_buckets" not in run.work.state:
        fill_shelf(run)
    run.progress.stage("judge", run.n_buckets)
    for bucket in range(run.n_buckets):
        rows = 0
        if not run.work.has_part(bucket):
            raw = read_bucket(run.work.shelf, bucket)
            rows = max((raw[name].height for name in ("exposure", f"{RECORD}exposure") if name in raw), default=0)
            run.work.keep_part(bucket, judge(raw, run.cut, run.knowledge))
        run.progress.advance(1, rows)


def fill_shelf(run: Run) -> None:
    """Sort the source into buckets on disk.

    Raises
    ------
    SourceError
        With the faults of all parts of the source.
    """
    n_buckets = buckets_needed(run)
    tasks = run.source.tasks()
    faults: list[Fault] = []
    run.progress.stage("read", sum(task.weight for task in tasks))
    with Shelf(run.work.fresh("shelf"), n_buckets) as shelf:
        for task in tasks:
            before = shelf.n_rows
            try:
                for table, chunk in run.source.read(task):
                    if not faults:
                        shelf.put(table, chunk)
            except SourceError as error:
                faults += error.faults
            run.progress.advance(task.weight, shelf.n_rows - before)
    if faults:
        raise SourceError(faults)
    n_rows, newest, tables = shelf.n_rows, shelf.newest, shelf.tables
    if isinstance(run.source, FhirBulk):
        n_rows, newest, tables = _prepare(run, run.source, n_buckets)
    keep_shelf(run, ReadSoFar(n_rows, newest or shelf.last_seen, shelf.counts, n_buckets, tables, shelf.is_text))


class ReadSoFar(NamedTuple):
    """What was read: exposures, the newest date, counts of what was left out, buckets, tables that have rows, ids."""

    n_rows: int
    newest: date | None
    counts: pl.DataFrame
    n_buckets: int
    tables: Iterable[str]
    is_text: bool


def _prepare(run: Run, source: FhirBulk, n_buckets: int) -> tuple[int, date | None, set[str]]:
    """Turn lines into records, bucket by bucket; how many exposures there are, the newest date, tables with rows."""
    faults: list[Fault] = []
    found: set[str] = set()
    n_rows, newest = 0, None
    run.progress.stage("prepare", n_buckets)
    for bucket in range(n_buckets):
        raw = read_bucket(run.work.shelf, bucket)
        if LINES in raw:
            try:
                tables = source.prepare(raw, run.options.index_date)
            except SourceError as error:
                faults += error.faults
                continue
            n_rows += tables["exposure"].height
            found |= {name for name, frame in tables.items() if frame.height}
            last = tables["person"]["index_date"].max()
            newest = max(filter(None, (newest, last)), default=None)  # type: ignore[type-var]
            keep_bucket(run.work.shelf, bucket, {RECORD + name: frame for name, frame in tables.items()})
        run.progress.advance(1)
    if faults:
        raise SourceError(faults)
    return n_rows, newest, found  # type: ignore[return-value]


def keep_shelf(run: Run, read: ReadSoFar) -> None:
    """Note what was read.

    Raises
    ------
    SourceError
        If no treatment was known by its name, or there is no date.
    """
    index = run.options.index_date or read.newest
    if not read.n_rows and run.source.is_named:
        problem = "holds no exposure to a treatment that is known"
        raise SourceError([Fault("source", problem, "Check the names or codes of treatments, and the folder.")])
    if index is None:
        raise SourceError([Fault("source", "holds no date", "Give --index-date.")])
    run.work.save(
        n_buckets=read.n_buckets, n_rows=read.n_rows, newest=index.isoformat(), read=read.counts.to_dicts(),
        tables=sorted(read.tables), is_text=read.is_text,
    )  # fmt: skip


def buckets_needed(run: Run) -> int:
    """Buckets that keep a run within its memory."""
    if run.options.n_buckets:
        return run.options.n_buckets
    room = run.options.memory_gb * GIB - BASE_BYTES
    if room <= 0:
        raise UsageError(f"--memory is too little: give more than {BASE_BYTES / GIB:.1f}.")
    each = ROW_BYTES + DEFINITION_BYTES * len(run.knowledge.definitions)
    most = min(ROWS_PER_BUCKET, max(1, int(room / each)))
    return min(MAX_BUCKETS, max(1, -(-run.source.rows() // most)))


def knowledge_digest(knowledge: Knowledge) -> str:
    """A digest of all that the asked definitions rest on."""
    return hashlib.sha256(knowledge.library.model_dump_json(by_alias=True).encode()).hexdigest()
