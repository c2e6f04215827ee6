"""One bucket of persons: from what the source handed over to the tables of the records, with the same filters for all.

Left out, and counted by person: exposures outside the days on which records would have been seen, after death, and
after
the index date; persons without any exposure that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.doubles import single_rows
from remit.cohort.raw import COUNTS, FLAGS, NOTED, PERSON, RAW, RECORD
from remit.cohort.seen import LAST_END, Cut, Raw, Seen, keys_of, own_rows, persons_of
from remit.cohort.stays import merged, prolonged
from remit.cohort.stock import carried_over
from remit.engine.columns import NO_DAY, as_dates, days
from remit.tables import TRI, Condition, Episode, ExposureNote, Measurement, Outcome, Person, Tables
from remit.tables.records import END_KINDS, EVIDENCE


class Bucket(NamedTuple):
    """Persons ready for the flow.

    `tables` are records; `ids` the person's own id by `person_key`; `counts` what was left out; `died` by person.
    """

    tables: Tables
    ids: pl.Series
    counts: pl.DataFrame
    died: NDArray[np.bool_]


def records_of(raw: Raw, cut: Cut) -> Bucket:
    """Records of a bucket.

    Parameters
    ----------
    raw : mapping of str to DataFrame
        Tables of `remit.cohort.raw.RAW`.
    cut : Cut
    """
    if f"{RECORD}person" in raw:
        return _prepared({name.removeprefix(RECORD): frame for name, frame in raw.items()}, cut.newest)
    raw = _complete(raw, cut)
    exposure = raw["exposure"]
    ids = persons_of(exposure[PERSON])
    key = keys_of(exposure[PERSON], ids)
    raw, doubles = single_rows(raw, ids)
    seen = Seen(raw, ids, cut)
    keep, counts = seen.kept(key, days(exposure["start_date"]))
    counts += doubles
    counts += _flagged(exposure["flags"].to_numpy(), key)
    if not keep.all():
        exposure, key = exposure.filter(keep), key[keep]
        left = np.flatnonzero(np.bincount(key, minlength=len(ids)))
        counts.append(("no_exposure_left", len(ids) - len(left), 0, False))
        renumbered = np.full(len(ids), -1, np.int64)
        renumbered[left] = np.arange(len(left))
        ids, key = ids.gather(left), renumbered[key]
        seen = Seen(raw, ids, cut)
    if "stay" in raw and cut.in_hospital:
        exposure, count = _prolonged(exposure, key, own_rows(raw["stay"], ids), cut)
        counts.append(count)
    if cut.carry_over:
        exposure, key = _carried(exposure, key)
    tables = _tables(raw, exposure, key, ids, seen)
    rows = [
        {"transform": "records", "reason": r, "persons": p, "records": n, "kept": k} for r, p, n, k in counts if n or p
    ]
    return Bucket(tables, ids, pl.DataFrame(rows, schema=COUNTS), seen.died)


def _complete(raw: Raw, cut: Cut) -> dict[str, pl.DataFrame]:
    """The bucket with every table that the source has for anyone: one without rows of these persons is empty."""
    empty = {
        name: pl.DataFrame(schema={PERSON: pl.String if cut.is_text else pl.Int64, **RAW[name]})
        for name in ("exposure", *cut.tables)
        if name in RAW
    }
    return {**empty, **raw}


def _prolonged(
    exposure: pl.DataFrame, key: NDArray[np.int64], stays: tuple[NDArray[np.int64], pl.DataFrame], cut: Cut
) -> tuple[pl.DataFrame, tuple[str, int, int, bool]]:
    """Supplies that were not used in hospital; what was given there, session by session or dose by dose, stays."""
    owner, frame = stays
    frame = frame.with_columns(pl.Series("key", owner)).drop_nulls("start_date")
    begin = days(frame["start_date"]).astype(np.int64)
    until = days(frame["end_date"]).astype(np.int64)
    until = np.where((until == NO_DAY) | (until > LAST_END), (cut.newest - date(1970, 1, 1)).days, until)
    start, end = days(exposure["start_date"]).astype(np.int64), days(exposure["end_date"]).astype(np.int64)
    is_supply = (start != NO_DAY) & (end != NO_DAY)
    if "evidence" in exposure.columns:
        is_supply &= (exposure["evidence"].cast(pl.String) != EVIDENCE[-1]).fill_null(True).to_numpy()
    later = prolonged(key, start, end, merged(frame["key"].to_numpy(), begin, until))
    is_longer = is_supply & (later > end)
    moved = exposure.with_columns(as_dates("end_date", np.where(is_longer, later, end)))
    return moved, ("prolonged_in_hospital", len(np.unique(key[is_longer])), int(is_longer.sum()), True)


def _prepared(tables: dict[str, pl.DataFrame], newest: date) -> Bucket:
    """Records that are records already: persons without an exposure are left out."""
    person = tables["person"]
    left = person["person_key"].is_in(tables["exposure"]["person_key"].implode())
    kept = person.filter(left)
    renumbered = np.zeros(person.height, np.uint32)
    renumbered[kept["person_key"].to_numpy()] = np.arange(kept.height)
    for name, frame in tables.items():
        if "person_key" in frame.columns and name != "notice":
            own = frame.filter(pl.col("person_key").is_in(kept["person_key"].implode()))
            tables[name] = own.with_columns(pl.Series("person_key", renumbered[own["person_key"].to_numpy()]))
    rows = (
        [("records", "no_exposure_left", person.height - kept.height, 0, False)] if kept.height < person.height else []
    )
    notices = tables["notice"].filter(pl.col("kind") == "left_out").group_by("code", maintain_order=True)
    for code, persons, records in notices.agg(pl.col("person_key").n_unique(), pl.len()).iter_rows():
        rows.append(("records", f"notice_{code}", persons, records, False))
    ids = kept["person_id"].alias(PERSON)
    index = pl.lit(newest).alias("index_date")
    tables["person"] = tables["person"].with_columns(pl.lit("").alias("person_id"), index)
    return Bucket(tables, ids, pl.DataFrame(rows, schema=COUNTS, orient="row"), np.zeros(kept.height, np.bool_))


def _carried(exposure: pl.DataFrame, key: NDArray[np.int64]) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Exposures with what is left of a supply carried to the next; those without both dates stay as they are."""
    exposure = exposure.with_columns(pl.Series("key", key)).sort("key", "treatment_key", "start_date", "end_date")
    dated = exposure["start_date"].is_not_null() & exposure["end_date"].is_not_null()
    own, rest = exposure.filter(dated), exposure.filter(~dated)
    start, end = days(own["start_date"]).astype(np.int64), days(own["end_date"]).astype(np.int64)
    group = (own["key"].to_numpy() << _TREATMENT_BITS) | own["treatment_key"].to_numpy()
    begin, until = carried_over(group, start, end - start)
    moved = own.with_columns(as_dates("start_date", begin), as_dates("end_date", until))
    whole = pl.concat([moved, rest])
    return whole.drop("key"), whole["key"].to_numpy()


_TREATMENT_BITS = 16
_BARE = EVIDENCE[1]
"""What an exposure is where nothing says it: a dispensing."""


def _flagged(flags: NDArray[np.uint8], key: NDArray[np.int64]) -> list[tuple[str, int, int, bool]]:
    """Persons and records by what was found about the exposures."""
    found = []
    for i, name in enumerate(FLAGS):
        has = (flags >> i) & 1 == 1
        if n := int(has.sum()):
            found.append((name, len(np.unique(key[has])), n, True))
    return found


def _tables(
    raw: Raw, exposure: pl.DataFrame, key: NDArray[np.int64], ids: pl.Series, seen: Seen
) -> dict[str, pl.DataFrame]:
    if "outcome" in raw:  # of two that end on one day the later in the record counts: one order for all sources
        exposure = exposure.with_columns(pl.Series("key", key))
        exposure = exposure.sort("key", "start_date", "treatment_key", "end_date", "daily_dose_mg", nulls_last=True)
        key = exposure["key"].to_numpy()
    columns = [
        pl.Series("exposure_key", np.arange(len(key), dtype=np.uint32)),
        pl.Series("person_key", key.astype(np.uint32)),
        *(exposure[name] for name in ("treatment_key", "start_date", "end_date", "daily_dose_mg")),
    ]
    tables = {"exposure": pl.DataFrame(columns), "person": _person_table(raw, ids, seen)}
    is_ongoing = pl.Series(exposure["flags"].to_numpy() & 1 == 1)
    noted = [name for name in NOTED if name in exposure.columns]
    is_noted = exposure["start_date"].is_null() | (exposure["end_date"].is_null() & ~is_ongoing)
    for name in noted:
        is_noted |= exposure[name].is_not_null() & (exposure[name].cast(pl.String) != _BARE)
    if is_noted.any():
        said = tables["exposure"].with_columns(is_ongoing.alias("is_ongoing"), *(exposure[name] for name in noted))
        tables["exposure_note"] = _notes(said.filter(is_noted))
    for name, build in (("condition", _conditions), ("measurement", _measurements), ("episode", _episodes)):
        if name in raw:
            own, frame = own_rows(raw[name], ids)
            tables[name] = build(frame.with_columns(pl.Series("person_key", own.astype(np.uint32))))
    if "outcome" in raw:
        own, frame = own_rows(raw["outcome"], ids)
        tables["outcome"] = _outcomes(frame.with_columns(pl.Series("person_key", own.astype(np.uint32))), tables)
    return tables


def _person_table(raw: Raw, ids: pl.Series, seen: Seen) -> pl.DataFrame:
    table = pl.DataFrame({"person_key": np.arange(len(ids), dtype=np.uint32)}).with_columns(
        pl.lit("").alias("person_id"), as_dates("index_date", seen.index)
    )
    if "person" in raw:
        key, frame = own_rows(raw["person"], ids)
        known = frame.select("birth_date", "sex", "country").with_columns(
            pl.Series("person_key", key.astype(np.uint32))
        )
        table = table.join(known, on="person_key", how="left", maintain_order="left")
    return Person.conform(table)


def _notes(exposure: pl.DataFrame) -> pl.DataFrame:
    is_ended, is_ongoing = pl.col("end_date").is_not_null(), pl.col("is_ongoing")
    ended, ongoing, unknown = (pl.lit(kind) for kind in END_KINDS)
    end_kind = pl.when(is_ended).then(ended).when(is_ongoing).then(ongoing).otherwise(unknown)
    evidence = pl.col("evidence").cast(pl.String) if "evidence" in exposure.columns else pl.lit(None, pl.String)
    return ExposureNote.conform(
        exposure.select(
            "exposure_key",
            pl.col("start_date").alias("start_latest_date"),
            pl.col("end_date").alias("end_earliest_date"),
            end_kind.alias("end_kind"),
            evidence.fill_null(_BARE).alias("evidence"),
            pl.lit("").alias("record_ref"),
            *(pl.col(name) for name in NOTED if name in exposure.columns and name != "evidence"),
        )
    )


def _conditions(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.drop_nulls("condition_id").unique(maintain_order=True)
    return Condition.conform(kept.with_columns(pl.lit("").alias("record_ref")))


def _measurements(frame: pl.DataFrame) -> pl.DataFrame:
    kept = frame.drop_nulls(["measure_id", "date", "value"]).sort("person_key", "date", "measure_id", "value")
    more = kept.with_columns(pl.lit(False).alias("is_imputed"), pl.lit("").alias("record_ref"))
    return Measurement.conform(more.with_row_index("measurement_key"))


def _episodes(frame: pl.DataFrame) -> pl.DataFrame:
    latest = pl.coalesce("start_latest_date", "start_date").alias("start_latest_date")
    return Episode.conform(frame.with_columns(latest, pl.col("psychotic").fill_null(TRI[1])).sort("person_key"))


def _outcomes(frame: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    key = ["person_key", "treatment_key", "start_date"]
    found = frame.join(tables["exposure"].select("exposure_key", *key), on=key, nulls_equal=True)
    return Outcome.conform(found.sort("exposure_key").with_columns(pl.lit("").alias("record_ref")))
