"""Counts of few persons are not shown, and nothing from which they could be told."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def suppressed(frame: pl.DataFrame, least: int, counts: Iterable[str], also: Iterable[str] = ()) -> pl.DataFrame:
    """`frame` with counts of 1 to `least` - 1 persons empty, and with them what is computed from them.

    Parameters
    ----------
    frame : DataFrame
    least : int
        Least count that is shown; 0 and 1 show all.
    counts : iterable of str
        Columns that count persons or events of persons.
    also : iterable of str
        Columns that are emptied where any of the counts of their row is.

    Returns
    -------
    DataFrame
        With a column `suppressed`.
    """
    counts, also = list(counts), list(also)
    small = {name: (pl.col(name) > 0) & (pl.col(name) < least) for name in counts}
    is_any = pl.any_horizontal(list(small.values())).fill_null(False)
    emptied = [
        pl.when(~is_small.fill_null(False)).then(pl.col(name)).alias(name)
        for name, is_small in small.items()
        if name not in also
    ]
    emptied += [pl.when(~is_any).then(pl.col(name)).alias(name) for name in also]
    return frame.with_columns(*emptied, is_any.alias("suppressed"))


def complementary(frame: pl.DataFrame, group: list[str], count: str, also: Iterable[str]) -> pl.DataFrame:
    """Where one row alone of a group is suppressed, the next smallest too: it would be the total less the rest."""
    order = pl.col(count).rank("ordinal").over(group)
    alone = pl.col("suppressed").sum().over(group) == 1
    extra = alone & ~pl.col("suppressed") & (order == order.filter(pl.col(count) > 0).min().over(group))
    found = frame.with_columns(extra.fill_null(False).alias("extra"))
    emptied = [pl.when(~pl.col("extra")).then(pl.col(name)).alias(name) for name in (count, *also)]
    return found.with_columns(*emptied, (pl.col("suppressed") | pl.col("extra")).alias("suppressed")).drop("extra")


def merged_steps(frame: pl.DataFrame, group: str, least: int, event: str, sums: Iterable[str]) -> pl.DataFrame:
    """Steps of curves, with so many joined to the next that each that is shown holds at least `least` events."""
    sums = list(sums)
    parts = []
    for _, rows in frame.group_by(group, maintain_order=True):
        step, kept = 0, []
        held = 0
        for events in rows[event].to_list():
            kept.append(step)
            held += events
            if held >= least:
                step, held = step + 1, 0
        whole = pl.Series("step", kept)
        joined = rows.with_columns(whole).group_by("step", maintain_order=True).agg(
            pl.col(sums).sum(), pl.col("at_risk").first(), pl.exclude([*sums, "at_risk", "step"]).last()
        )  # fmt: skip
        parts.append(joined.filter(pl.col(event) >= least).select(frame.columns))
    return pl.concat(parts) if parts else frame
