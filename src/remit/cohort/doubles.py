"""Persons who are on record twice: one row each, whatever the order of the rows.

What the rows agree on stays; where they differ it is unknown, but the earlier of two days of death or index dates
counts, and the latest episode. An empty cell says nothing, so that it agrees with everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from remit.cohort.raw import PERSON
from remit.cohort.seen import Raw, own_rows
from remit.tables import TRI

_KEYS: dict[str, tuple[str, ...]] = {
    "person": (PERSON,),
    "death": (PERSON,),
    "episode": (PERSON,),
    "outcome": (PERSON, "treatment_key", "start_date"),
}
"""Tables of which one row is wanted, and of what."""

_EARLIEST = ("index_date", "date")
_LATEST = ("start_latest_date",)


def single_rows(raw: Raw, ids: pl.Series) -> tuple[dict[str, pl.DataFrame], list[tuple[str, int, int, bool]]]:
    """Tables of a bucket with one row where one is wanted, and of how many persons rows differ, by table and column.

    Parameters
    ----------
    raw : mapping of str to DataFrame
        Tables of `remit.cohort.raw.RAW`.
    ids : Series
        Persons who count; rows of others are left out of tables with doubles.
    """
    found, counts = dict(raw), []
    for name, key in _KEYS.items():
        if name not in raw or not raw[name].select(key).is_duplicated().any():
            continue
        _, own = own_rows(raw[name], ids)
        found[name], differing = one_each(_latest(own) if name == "episode" else own, key, _EARLIEST, _LATEST)
        counts += [(f"{name}_{column}_differs", n, 0, True) for column, n in differing.items()]
    return found, counts


def _latest(episode: pl.DataFrame) -> pl.DataFrame:
    """Rows of each person's latest episode."""
    last = pl.col("start_date").max().over(PERSON)
    known = pl.when(pl.col("psychotic") != TRI[1]).then(pl.col("psychotic"))
    return episode.filter(pl.col("start_date").eq_missing(last)).with_columns(known.alias("psychotic"))


def one_each(
    frame: pl.DataFrame, key: Sequence[str], earliest: Collection[str] = (), latest: Collection[str] = ()
) -> tuple[pl.DataFrame, dict[str, int]]:
    """One row per key: what its rows agree on, and unknown where they differ; capitals make no difference.

    Parameters
    ----------
    frame : DataFrame
        With `person_id`.
    key : sequence of str
    earliest, latest : collections of str
        Columns of which the least, or the greatest, counts where they differ.

    Returns
    -------
    DataFrame
        With the columns of `frame`; rows of keys that are there once come first.
    dict of str to int
        By column in which rows differ: of how many persons.
    """
    is_double = frame.select(key).is_duplicated()
    columns = [name for name in frame.columns if name not in key]
    kinds = frame.schema
    said = {c: pl.col(c).str.to_lowercase() if kinds[c] == pl.String else pl.col(c) for c in columns}
    differ = [(said[name].drop_nulls().n_unique() > 1).alias(f"{name}?") for name in columns]
    values = [pl.col(name).max() if name in latest else pl.col(name).min() for name in columns]
    merged = frame.filter(is_double).group_by(key, maintain_order=True).agg(*values, *differ)
    counts = {name: merged.filter(pl.col(f"{name}?"))[PERSON].n_unique() for name in columns}
    unknown = [
        pl.when(~pl.col(f"{name}?")).then(pl.col(name)).alias(name)
        for name in columns
        if name not in (*earliest, *latest)
    ]
    single = pl.concat([frame.filter(~is_double), merged.with_columns(unknown).select(frame.columns)])
    return single, {name: n for name, n in counts.items() if n}
