"""The command `cohort run`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from remit.errors import UsageError
from remit.surfaces.cli.options import Codes, Definitions, IndexDate, KnowledgeDir
from remit.surfaces.cli.output import to_error

app = typer.Typer(help="The same flow over a population: exposures, OMOP, FHIR bulk files.", no_args_is_help=True)


class Kind(StrEnum):
    """What a source is."""

    EXPOSURES = "exposures"
    OMOP = "omop"
    FHIR = "fhir"


class Engine(StrEnum):
    """Where a run is done."""

    LOCAL = "local"
    SPARK = "spark"


Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", show_default=False,
        help="Exposures (Parquet, CSV, a folder), OMOP (folder, DuckDB or SQLite file, database URL), or FHIR NDJSON.",
    ),
]  # fmt: skip
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder; not there yet.", show_default=False)
]
KindOption = Annotated[
    Kind | None,
    typer.Option("--format", "-f", help="What SOURCE is; by default told by what it holds.", show_default=False),
]
EngineOption = Annotated[Engine, typer.Option("--engine", help="This machine, or an Apache Spark cluster.")]
Memory = Annotated[
    float | None, typer.Option("--memory", metavar="GB", help="Most memory to take; default 4.", show_default=False)
]
SmallCell = Annotated[
    int | None,
    typer.Option("--small-cell", metavar="N", min=0, help="Do not show counts of fewer persons.", show_default=False),
]
CarryOver = Annotated[
    bool, typer.Option("--carry-over", help="A supply waits until the one before it of the same treatment is used up.")
]
IgnoreStays = Annotated[
    bool,
    typer.Option(
        "--ignore-stays", help="Let supplies run out in hospital too; by default they last longer by the stay."
    ),
]
WithCourse = Annotated[
    bool, typer.Option("--course", help="Follow the course too: events, tasks, and a line per person.")
]
Buckets = Annotated[int | None, typer.Option("--buckets", min=1, max=4096, hidden=True)]
Master = Annotated[
    str | None, typer.Option("--master", metavar="URL", help="Spark master; default local[*].", show_default=False)
]
Schema = Annotated[
    str | None, typer.Option("--schema", metavar="NAME", help="Schema of the OMOP tables.", show_default=False)
]


class Bar:
    """Progress on standard error: stage, share, rows per second, time left."""

    def __init__(self, says: Any) -> None:
        self._says = says
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
                   TextColumn("{task.fields[rate]}"), TimeRemainingColumn())  # fmt: skip
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
        self._task: TaskID | None = None
        self._rows = 0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: float) -> None:
        """A stage begins, of so many units."""
        if self._task is not None:
            self._progress.update(self._task, visible=False)
        self._rows = 0
        self._task = self._progress.add_task(self._says(f"command.stage.{name}"), total=total, rate="")

    def advance(self, units: float, rows: int = 0) -> None:
        """Units are done, with so many rows."""
        if self._task is None:
            return
        self._rows += rows
        elapsed = self._progress.tasks[-1].elapsed or 0
        rate = self._says("command.rate", rate=f"{self._rows / elapsed:,.0f}") if elapsed and self._rows else ""
        self._progress.update(self._task, advance=units, rate=rate)


@app.callback()
def options() -> None:
    """The same flow over a population."""


@app.command()
def run(
    source: Source,
    out: Out,
    kind: KindOption = None,
    definition: Definitions = None,
    engine: EngineOption = Engine.LOCAL,
    memory: Memory = None,
    index_date: IndexDate = None,
    small_cell: SmallCell = None,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
    master: Master = None,
    schema: Schema = None,
    carry_over: CarryOver = False,
    ignore_stays: IgnoreStays = False,
    course: WithCourse = False,
    buckets: Buckets = None,
) -> None:
    """Judge a whole population, and write rows, results and a report to a folder."""
    from remit.cohort import needs

    needs()
    from remit.cohort.door import open_run
    from remit.cohort.page import Says, amount_of
    from remit.cohort.run import Options
    from remit.knowledge import load_knowledge
    from remit.knowledge.text import load_text

    if memory is not None and not (math.isfinite(memory) and memory > 0):
        raise UsageError("--memory is not a number above 0. Give it in GB, such as 4.")
    known = load_knowledge(knowledge, codes_dir=codes).only(definition or None)
    says = Says(load_text())
    chosen = Options(memory or 4.0, _day(index_date), small_cell, buckets, carry_over, not ignore_stays, course)
    with Bar(says) as bar:
        opened = open_run(source, out, known, chosen, kind=kind.value if kind else None, schema=schema, progress=bar)
        if opened.run.source.not_read:
            to_error([says("command.not_read", names=_some(opened.run.source.not_read))])
        finished = opened.finished()
        if finished:
            to_error([says("command.resumed", done=finished[0], n=finished[1])])
        counts = opened.do(engine.value, master)
    if counts["persons"] == 0:
        to_error([says("nobody")])
    least = int(known.cohort.small_cell.value if small_cell is None else small_cell)
    if counts["persons"] is None:
        to_error([says("command.done_few", least=least, out=out)])
        return
    done = {name: amount_of(counts[name], least) for name in ("persons", "trials", "verdicts")}
    to_error([says("command.done", out=out, **done)])


@app.command()
def measure(
    source: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...", show_default=False, help="FHIR Bundles or NDJSON files, or folders of them."
        ),
    ],
    out: Out,
    year: Annotated[int, typer.Option("--year", metavar="YEAR", min=1, max=9998, help="Year of measurement.")],
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="ID", help="A measure; all by default.", show_default=False),
    ] = None,
    small_cell: SmallCell = None,
    codes: Codes = None,
    knowledge: KnowledgeDir = None,
) -> None:
    """Count quality measures of depression care (CMS128, CMS159), and write who is counted to a folder."""
    from remit.cohort import needs

    needs()
    from remit.cohort.page import Says
    from remit.cohort.quality.run import Asked, run_measures
    from remit.knowledge import load_knowledge
    from remit.knowledge.text import load_text

    known = load_knowledge(knowledge, codes_dir=codes)
    says = Says(load_text())
    found = run_measures(source, out, known, Asked(date(year, 1, 1), measure or (), small_cell))
    if found["sets_without_codes"]:
        to_error([says("command.sets_without_codes", sets=", ".join(found["sets_without_codes"]))])
    if found["differing"]:
        to_error([says("command.differing", columns=", ".join(found["differing"]))])
    if found["persons"] is None:
        to_error([says("command.measured_few", n=len(found["measures"]), out=out)])
        return
    to_error([says("command.measured", persons=f"{found['persons']:,}", n=len(found["measures"]), out=out)])


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = [f"+{len(names) - _MOST_NAMES}"] if len(names) > _MOST_NAMES else []
    return ", ".join([*names[:_MOST_NAMES], *more])


_MOST_NAMES = 12


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("--index-date is not a day. Write it as 2026-11-01.") from error
