"""Reads study tables and refuses what cannot be right, listing every fault at once.

A table is arm-level (one row per study and treatment) or contrast-level (one row per study and pair of treatments).
Nothing here changes a number: rows are either usable, refused, or left out with a stated reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from remit.errors import Fault, SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

Table = Any
"""A `polars.DataFrame`, a `pandas.DataFrame`, a mapping of columns, a list of records, or the path of a CSV file."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "study": ("study", "studlab", "study_id", "trial", "id"),
    "treatment": ("treatment", "treat", "trt", "arm", "node", "t"),
    "treat1": ("treat1", "t1", "treatment1"),
    "treat2": ("treat2", "t2", "treatment2"),
    "n": ("n", "total", "ni", "sample_size"),
    "events": ("events", "event", "r", "responders", "xi"),
    "mean": ("mean", "mi", "y"),
    "sd": ("sd", "sdi", "std"),
    "te": ("te", "effect", "yi", "estimate"),
    "se_te": ("se_te", "sete", "se", "sei"),
}
"""Column names that are understood, first the name that the documentation uses."""

EMPTY = "it is empty"
NUMBERS = ("n", "events", "mean", "sd", "te", "se_te")


class EvidenceError(SourceError):
    """A table of studies cannot be used; `faults` lists all that is wrong with it."""

    what = "studies"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A study that is in the table and not in the estimate.

    Attributes
    ----------
    study : str
        The study's label as given.
    reason : str
        A short code, one of `LeftOut.REASONS`.
    detail : str
        The same in words.
    """

    study: str
    reason: str
    detail: str

    REASONS: ClassVar[Mapping[str, str]] = {
        "one_arm": "only one of the compared treatments is in the study",
        "no_events": "no event in any arm: the study says nothing about a ratio",
        "all_events": "an event in everybody: the study says nothing about a ratio",
        "no_variance": "the standard error of the effect is zero or cannot be computed",
        "other_treatments": "neither of the compared treatments, or only one of them, is in the study",
        "single_treatment_design": "after empty arms were set aside fewer than two treatments remain",
    }

    def to_dict(self) -> dict[str, str]:
        """Return the record as a plain dictionary."""
        return asdict(self)


def left_out(study: str, reason: str) -> LeftOut:
    """Make the record of a study that is left out for a known `reason`."""
    return LeftOut(study, reason, LeftOut.REASONS[reason])


@dataclass(frozen=True, slots=True)
class Reading:
    """A table as read, before its rows are judged.

    Attributes
    ----------
    frame : polars.DataFrame
        With `study`, `treatment`, `treat1`, `treat2` as text (outer blanks removed) and numbers as floats.
    name : str
        The file's name, or ``"table"``, for messages.
    faults : tuple of Fault
        Cells that should be numbers and are not; they are null in `frame`.
    """

    frame: pl.DataFrame
    name: str
    faults: tuple[Fault, ...]


def read_raw(source: Table) -> Reading:
    """Bring any accepted source into one Polars frame with the documented column names.

    Parameters
    ----------
    source : Table
        See `Table`. CSV cells that are empty or ``NA`` are missing.

    Raises
    ------
    UsageError
        The source is of a kind that is not understood.
    EvidenceError
        The file is missing, empty or no CSV.
    """
    if isinstance(source, Reading):
        return source
    name = Path(source).name if isinstance(source, str | Path) else "table"
    renamed = _rename(_frame(source, name), name)
    if renamed.height == 0:
        raise EvidenceError([Fault(name, "there is no row", "Give one row per study and treatment")])
    frame, faults = _typed(renamed, name)
    return Reading(frame, name, tuple(faults))


def read_table(source: Table) -> tuple[pl.DataFrame, str]:
    """Read a table whose numbers must all be numbers; see `read_raw`.

    Raises
    ------
    EvidenceError
        Also for cells that should be numbers and are not.
    """
    reading = read_raw(source)
    if reading.faults:
        raise EvidenceError(reading.faults)
    return reading.frame, reading.name


def refuse(reading: Reading, faults: Sequence[Fault]) -> None:
    """Raise all faults of a table, each place once; do nothing if there is none."""
    everything: dict[str, Fault] = {}
    for fault in (*reading.faults, *faults):
        if fault.problem == EMPTY and fault.place in everything:
            continue
        everything.setdefault(f"{fault.place} {fault.problem}" if fault.place in everything else fault.place, fault)
    if everything:
        raise EvidenceError(everything.values())


def _frame(source: Table, name: str) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if isinstance(source, str | Path):
        return _csv(Path(source), name)
    if isinstance(source, Mapping):
        return pl.DataFrame({str(k): list(v) for k, v in source.items()}, strict=False)
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        # A pandas frame, without importing pandas: missing values of any of its kinds compare unequal to themselves.
        return pl.DataFrame({str(c): [_plain(v) for v in source[c].tolist()] for c in source.columns}, strict=False)
    if isinstance(source, Sequence):
        return pl.DataFrame([dict(row) for row in source], infer_schema_length=None, strict=False)
    raise UsageError(f"cannot read studies from {type(source).__name__}: give a frame, records or a CSV path")


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value) or type(value).__name__ == "NAType":
        return None
    return value


def _csv(path: Path, name: str) -> pl.DataFrame:
    if not path.is_file():
        raise EvidenceError([Fault(name, "there is no such file", "Check the path")])
    try:
        return pl.read_csv(path, infer_schema=False, null_values=["", "NA", "NaN"], encoding="utf8-lossy")
    except pl.exceptions.PolarsError as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EvidenceError(
            [Fault(name, f"it is not a CSV table ({problem})", "Give comma-separated values")]
        ) from None


def _rename(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    by_lower: dict[str, str] = {}
    for column in frame.columns:
        by_lower.setdefault(column.strip().lower().replace(".", "_"), column)
    if len(by_lower) < len(frame.columns):
        raise EvidenceError([Fault(name, "two columns differ only in case or blanks", "Rename one of them")])
    chosen: dict[str, str] = {}
    for canonical, aliases in ALIASES.items():
        hit = next((by_lower[a] for a in aliases if a in by_lower), None)
        if hit is not None and hit not in chosen:
            chosen[hit] = canonical
    clash = [c for c in frame.columns if c not in chosen and c in chosen.values()]
    return frame.drop(clash).rename(chosen)


def _typed(frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, list[Fault]]:
    faults: list[Fault] = []
    out = frame
    for column in frame.columns:
        if column in ("study", "treatment", "treat1", "treat2"):
            out = out.with_columns(_text(frame[column]))
        elif column in NUMBERS or column.rstrip("12") in ("events", "n", "mean", "sd"):
            numbers = frame[column].cast(pl.Float64, strict=False)
            bad = (numbers.is_null() & frame[column].is_not_null()) | numbers.is_infinite() | numbers.is_nan()
            bad = bad.fill_null(value=False)
            faults += [
                Fault(
                    f"{name}: row {i + 1}, column {column}",
                    "it is not a finite number",
                    "Give a number or leave it empty",
                )
                for i in bad.arg_true()
            ]
            out = out.with_columns(pl.when(~bad).then(numbers).alias(column))
    return out, faults


def _text(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        # Labels such as 1, 2, 3 arrive from pandas as 1.0: the label is the integer.
        whole = column.drop_nulls().drop_nans()
        if whole.len() and bool((whole == whole.round(0)).all()):
            column = column.fill_nan(None).cast(pl.Int64)
    text = column.cast(pl.String).str.strip_chars()
    return text.replace("", None)


def check_columns(reading: Reading, needed: Iterable[str]) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    EvidenceError
        With one fault for each missing column, and those of the cells.
    """
    missing = [c for c in needed if c not in reading.frame.columns]
    if missing:
        gaps = [
            Fault(reading.name, f"column {c} is missing", f"Name it {' or '.join(ALIASES.get(c, (c,))[:3])}")
            for c in missing
        ]
        raise EvidenceError([*gaps, *reading.faults])


def label_faults(frame: pl.DataFrame, name: str, columns: Sequence[str]) -> list[Fault]:
    """Find missing labels, and labels that differ only in case or inner blanks."""
    faults: list[Fault] = []
    for column in columns:
        empty = frame[column].is_null().arg_true()
        faults += [Fault(f"{name}: row {i + 1}, column {column}", EMPTY, "Fill it in") for i in empty]
    for group in ([c for c in columns if c == "study"], [c for c in columns if c != "study"]):
        faults += _spelling_faults(frame, name, group)
    return faults


def _spelling_faults(frame: pl.DataFrame, name: str, columns: Sequence[str]) -> list[Fault]:
    spellings: dict[str, set[str]] = {}
    for column in columns:
        for label in frame[column].drop_nulls().unique():
            spellings.setdefault(" ".join(str(label).casefold().split()), set()).add(str(label))
    return [
        Fault(
            f"{name}: column {' and '.join(columns)}",
            f"one label is spelt in {len(ways)} ways: {', '.join(sorted(ways))}",
            "Use one spelling, or names that differ in more than case and blanks",
        )
        for ways in spellings.values()
        if len(ways) > 1
    ]


def number_faults(
    frame: pl.DataFrame,
    name: str,
    rules: Sequence[tuple[str, Callable[[pl.DataFrame], pl.Series], str, str]],
) -> list[Fault]:
    """Apply row rules; each is (column, function that marks bad rows, problem, remedy)."""
    faults: list[Fault] = []
    for column, rule, problem, remedy in rules:
        marked = rule(frame).fill_null(value=False).arg_true()
        faults += [Fault(f"{name}: row {i + 1}, column {column}", problem, remedy) for i in marked]
    return faults
