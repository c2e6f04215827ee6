"""For notebooks: scan a source, assess it, and have the tables as frames."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import polars as pl

from remit.cohort import needs
from remit.errors import UsageError
from remit.flow.records import read_records
from remit.knowledge import Knowledge, load_knowledge
from remit.pipeline import assess as assess_records


class Scratch:
    """A temporary folder that goes when nothing holds it any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="remit-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


Kind = Literal["exposures", "omop", "fhir"]
RESULTS = "results"


@dataclass(frozen=True)
class Population:
    """A source of many persons that has not been read yet.

    Attributes
    ----------
    place : str
        A file, a folder, or the address of a database.
    kind : {"exposures", "omop", "fhir"}
    knowledge : Knowledge
    schema : str, optional
        Of the tables of a database.
    keeps : object, optional
        What must live as long as this does, such as a temporary folder.
    """

    place: str
    kind: Kind
    knowledge: Knowledge
    schema: str | None = None
    keeps: Any = field(default=None, repr=False, compare=False)


class Assessment:
    """What came of an assessment, as frames.

    `tables` are `trial`, `adequacy`, `verdict` and, for a population, `pathway` and `attrition`; `results` what people
    publish (prevalence, agreement, incidence ...), with small cells empty.
    """

    def __init__(
        self, folder: Path | None = None, frames: dict[str, pl.DataFrame] | None = None, keeps: Any = None
    ) -> None:
        self.folder = folder
        self._frames = frames or {}
        self._keeps = keeps

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables."""
        found = [path.stem for path in sorted(self.folder.glob("*.parquet"))] if self.folder else []
        return tuple(dict.fromkeys([*self._frames, *found]))

    def scan(self, name: str) -> pl.LazyFrame:
        """A table without reading it; for what does not fit into memory."""
        if name in self._frames:
            return self._frames[name].lazy()
        if name not in self.tables or self.folder is None:
            raise UsageError(f"There is no table {name}. There are: {', '.join(self.tables)}.")
        return pl.scan_parquet(self.folder / f"{name}.parquet")

    def table(self, name: str) -> pl.DataFrame:
        """A table as a Polars frame; `.to_arrow()` and `.to_pandas()` turn it into others."""
        return self.scan(name).collect()

    @property
    def trial(self) -> pl.DataFrame:
        """What was tried."""
        return self.table("trial")

    @property
    def adequacy(self) -> pl.DataFrame:
        """Whether it was a fair try, by rule."""
        return self.table("adequacy")

    @property
    def verdict(self) -> pl.DataFrame:
        """Which definitions are met."""
        return self.table("verdict")

    @cached_property
    def results(self) -> dict[str, pl.DataFrame]:
        """What people publish, by name; none for single records."""
        files = sorted((self.folder / RESULTS).glob("*.parquet")) if self.folder else []
        return {path.stem: pl.read_parquet(path) for path in files}


def scan_exposures(source: Any, *, knowledge: str | Path | None = None, codes: str | Path | None = None) -> Population:
    """A population from exposures.

    Parameters
    ----------
    source : path or frame
        Parquet, CSV or a folder; or a Polars (lazy too), Arrow or pandas frame with the same columns.
    knowledge, codes : path, optional
        A site's own knowledge and code maps.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if isinstance(source, (str, Path)):
        return _population(str(source), "exposures", knowledge, codes)
    folder = Scratch()
    path = folder.path / "exposures.parquet"
    _frame(source).write_parquet(path)
    return _population(str(path), "exposures", knowledge, codes, keeps=folder)


def _frame(source: Any) -> pl.DataFrame:
    """Columns of a frame that an exposures table may have; others may be of any kind."""
    needs()
    from remit.cohort.sources.exposures import ALSO, COLUMNS

    try:
        frame = source.collect() if isinstance(source, pl.LazyFrame) else pl.DataFrame(source)
    except Exception as error:
        problem = f"No table of exposures can be made of {type(source).__name__} ({type(error).__name__})."
        raise UsageError(f"{problem} Give a path, or a Polars, Arrow or pandas frame.") from error
    return frame.select(name for name in frame.columns if name.strip().lower() in (*COLUMNS, *ALSO))


def scan_omop(
    place: str | Path,
    *,
    schema: str | None = None,
    knowledge: str | Path | None = None,
    codes: str | Path | None = None,
) -> Population:
    """A population from OMOP CDM 5.3 or 5.4: a folder, a DuckDB or SQLite file, or the address of a database."""
    return _population(str(place), "omop", knowledge, codes, schema=schema)


def scan_fhir(place: str | Path, *, knowledge: str | Path | None = None, codes: str | Path | None = None) -> Population:
    """A population from a FHIR R4 bulk export (NDJSON)."""
    return _population(str(place), "fhir", knowledge, codes)


def _population(
    place: str, kind: Kind, knowledge: str | Path | None, codes: str | Path | None, **more: Any
) -> Population:
    known = load_knowledge(Path(knowledge) if knowledge else None, codes_dir=Path(codes) if codes else None)
    return Population(place, kind, known, **more)


def assess(
    source: Any,
    definitions: Sequence[str] | None = None,
    *,
    index_date: date | None = None,
    out: str | Path | None = None,
    memory_gb: float = 4.0,
    small_cell: int | None = None,
    engine: Literal["local", "spark"] = "local",
    master: str | None = None,
    carry_over: bool = False,
    in_hospital: bool = True,
    with_course: bool = False,
) -> Assessment:
    """Judge a population, a frame of exposures, or the records of single persons.

    Parameters
    ----------
    source : Population, frame, path, or list of path
        A path is a history or FHIR export, as `remit assess` reads it; for a population scan it first.
    definitions : sequence of str, or str, optional
        All by default.
    index_date : date, optional
        The day for which the question is asked.
    out : path, optional
        Folder for the output of a population, which must not be there yet; a temporary one by default.
    memory_gb, small_cell, engine, master, carry_over, in_hospital, with_course
        Of a population: see `remit cohort run`, where the last two are `--ignore-stays` and `--course`.

    Raises
    ------
    SourceError
        If the source cannot be used.
    UsageError
        If a definition is not known, a value is none that can be asked for, or the output cannot be written.
    """
    definitions, index_date = _asked(definitions, index_date)
    if isinstance(source, (str, Path)) or (
        isinstance(source, list) and all(isinstance(s, (str, Path)) for s in source)
    ):
        return _single(source, definitions, index_date)
    needs()
    from remit.cohort.door import open_run
    from remit.cohort.page import Says
    from remit.cohort.run import Options
    from remit.knowledge.text import load_text

    if engine not in ("local", "spark"):
        raise UsageError('engine is none that is known. Give "local" or "spark".')
    if small_cell is not None and (not isinstance(small_cell, int) or small_cell < 0):
        raise UsageError("small_cell is no count of persons. Give a whole number from 0 on.")
    population = source if isinstance(source, Population) else scan_exposures(source)
    keeps = None
    if out is None:
        keeps = Scratch()
        out = keeps.path / "cohort"
    known = population.knowledge.only(definitions)
    options = Options(memory_gb, index_date, small_cell, None, carry_over, in_hospital, with_course)
    run = open_run(population.place, Path(out), known, options, kind=population.kind, schema=population.schema)
    if names := run.run.source.not_read:
        warnings.warn(Says(load_text())("command.not_read", names=", ".join(names)), stacklevel=2)
    run.do(engine, master)
    return Assessment(Path(out), keeps=keeps)


def _asked(definitions: Sequence[str] | None, index_date: date | None) -> tuple[list[str] | None, date | None]:
    """Definitions as a list, and the day of a moment."""
    names = [definitions] if isinstance(definitions, str) else None if definitions is None else list(definitions)
    if names == []:
        raise UsageError("There is no definition among those that are asked for. Leave them out for all.")
    day = index_date.date() if isinstance(index_date, datetime) else index_date
    if day is not None and not isinstance(day, date):
        raise UsageError("index_date is not a day. Give one such as datetime.date(2026, 11, 1).")
    return names, day


def _single(source: Any, definitions: Sequence[str] | None, index_date: date | None) -> Assessment:
    from remit.cohort.bucket import Bucket
    from remit.cohort.outcome import Judged, written
    from remit.cohort.raw import COUNTS

    knowledge = load_knowledge().only(definitions)
    today = None if index_date else date.today()  # noqa: DTZ011 - the day where the reader is
    records = read_records(source, knowledge, index_date=index_date, today=today)
    tables = assess_records(records, knowledge)
    ids = tables["person"]["person_id"]
    bucket = Bucket(tables, ids, pl.DataFrame(schema=COUNTS), pl.Series([False] * len(ids)).to_numpy())
    return Assessment(frames=written(Judged(bucket, tables, knowledge)))
