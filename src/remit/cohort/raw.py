"""What a source hands over, chunk by chunk: tables as in the records, but keyed by the person's own id.

A chunk has the column `person_id` (whole numbers or text, the same kind throughout a source) and those of `RAW`; what a
source does not know it may leave out. Treatments, conditions and measures are already resolved. Ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import polars as pl

from remit.tables import Condition, Episode, ExposureNote, Measurement, Outcome, Person

PERSON = "person_id"

RAW: dict[str, dict[str, Any]] = {
    "exposure": {
        "treatment_key": pl.UInt16,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "daily_dose_mg": pl.Float64,
        "flags": pl.UInt8,  # bits of FLAGS
    },
    "person": {name: Person.dtypes()[name] for name in ("birth_date", "sex", "country", "index_date")},
    "observation": {"start_date": pl.Date, "end_date": pl.Date},  # days on which records would have been seen
    "enrolment": {"start_date": pl.Date, "end_date": pl.Date},  # days on which somebody would have paid for them
    "death": {"date": pl.Date},
    "stay": {"start_date": pl.Date, "end_date": pl.Date},  # days in hospital, where supplies are not used up
    "condition": {name: Condition.dtypes()[name] for name in ("condition_id", "status", "onset_date")},
    "measurement": {name: Measurement.dtypes()[name] for name in ("measure_id", "date", "value", "unit")},
    "outcome": {
        "treatment_key": pl.UInt16,
        "start_date": pl.Date,  # of the exposure that it is the outcome of
        **{name: Outcome.dtypes()[name] for name in ("outcome", "improvement_percent")},
    },
    "episode": {name: Episode.dtypes()[name] for name in ("start_date", "start_latest_date", "severity", "psychotic")},
    "fhir": {"file": pl.String, "line": pl.UInt32, "text": pl.String},  # a resource that is read later
}
"""Tables that a source may hand over, with their columns besides `person_id`."""

NOTED = {name: ExposureNote.dtypes()[name] for name in ("evidence", "sessions", "adherence", "stop_reason")}
"""Columns that exposures may have besides; a source that has one has it in every chunk."""

RECORD = "record_"
"""Begins the names of tables of a bucket that are records already."""

FLAGS = ("ongoing", "start_implausible", "end_implausible", "end_unknown", "dose_implausible", "dose_unknown",
         "sessions_implausible", "adherence_implausible")  # fmt: skip
"""What was found about an exposure, by bit: an end that is empty because the treatment goes on; values no record can
have and that became unknown; values that were empty from the start."""

COUNT = "attrition"
"""Name under which a source hands over what it left out: `COUNTS`."""

COUNTS = pl.Schema(
    {"transform": pl.String, "reason": pl.String, "persons": pl.Int64, "records": pl.Int64, "kept": pl.Boolean}
)
"""Persons is null where it was not counted; `kept`: the record stays, with the value set to unknown."""

Chunk = tuple[str, pl.DataFrame]


class Task(NamedTuple):
    """A part of a source that can be read by itself, on this machine or another."""

    name: str
    what: Any
    weight: float = 1.0


class Source(Protocol):
    """Where records of many persons come from.

    `is_named`: treatments go by names that people wrote, so that none that is known is a slip, and no result.
    """

    is_named: bool

    @property
    def not_read(self) -> Sequence[str]:
        """Names of files or tables that lie beside it and are not read, though they may be meant to be."""

    def tasks(self) -> list[Task]:
        """Its parts; together they are the whole, and their order means nothing."""

    def read(self, task: Task) -> Iterator[Chunk]:
        """Chunks of a part, and counts of what was left out."""

    def rows(self) -> int:
        """About how many exposures there are."""

    def fingerprint(self) -> Mapping[str, Any]:
        """What tells this source from another, and from itself after a change."""


def counted(reason: str, records: int, *, transform: str = "records", persons: int | None = None, kept: bool = False,
            ) -> Chunk:  # fmt: skip
    """A count of records left out, or kept without a value, for a reason."""
    row = {"transform": transform, "reason": reason, "persons": persons, "records": records, "kept": kept}
    return COUNT, pl.DataFrame([row], schema=COUNTS)
