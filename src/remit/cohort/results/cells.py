"""Counts of few persons are not shown, nor anything from which they could be told: totals, shares, other tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl


def is_small(count: pl.Expr, least: int) -> pl.Expr:
    """Whether a count is of someone, but of fewer than `least`."""
    return ((count > 0) & (count < least)).fill_null(False)


def suppressed(
    frame: pl.DataFrame, least: int, counts: Iterable[str], also: Iterable[str] = (), rest: Iterable[pl.Expr] = ()
) -> pl.DataFrame:
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
    rest : iterable of expression
        Counts that are not shown, but could be told from others of the row, such as a total less the rest.

    Returns
    -------
    DataFrame
        With a column `suppressed`.
    """
    counts, also = list(counts), list(also)
    small = {name: is_small(pl.col(name), least) for name in counts}
    is_any = pl.any_horizontal([*small.values(), *(is_small(count, least) for count in rest)])
    emptied = [pl.when(~few).then(pl.col(name)).alias(name) for name, few in small.items() if name not in also]
    emptied += [pl.when(~is_any).then(pl.col(name)).alias(name) for name in also]
    return frame.with_columns(*emptied, is_any.alias("suppressed"))


def complementary(frame: pl.DataFrame, groups: Sequence[list[str]], count: str, also: Iterable[str]) -> pl.DataFrame:
    """Where something of a group is not shown, one more at least: alone it would be the total less the rest.

    Parameters
    ----------
    frame : DataFrame
        With `suppressed`.
    groups : sequence of list of str
        Columns of each total that is shown elsewhere.
    count : str
        What adds up to the totals. Rows that count nobody are no help, and stay.
    also : iterable of str
        Columns that are emptied with the count.
    """
    also = list(also)
    table = frame.with_row_index("_row").with_columns(pl.col("suppressed").alias("_was"))
    n_hidden = -1
    while n_hidden != (n_hidden := int(table["suppressed"].sum())):
        for group in groups:
            table = _one_more(table, group, count)
    emptied = [pl.when(~pl.col("suppressed")).then(pl.col(name)).alias(name) for name in (count, *also)]
    return table.with_columns(emptied).drop("_row", "_was")


def _one_more(table: pl.DataFrame, group: list[str], count: str) -> pl.DataFrame:
    """Hide the smallest that is shown of each group in which something is hidden, but nothing that may be large."""
    is_shown = ~pl.col("suppressed") & (pl.col(count) > 0)
    hidden, large = pl.col("suppressed").sum().over(group), (pl.col("suppressed") & ~pl.col("_was")).sum().over(group)
    lacks = (hidden > 0) & ((large == 0) | (hidden == 1))
    key = pl.when(is_shown).then(pl.struct(count, "_row"))
    smallest = pl.col("_row") == pl.when(is_shown).then(pl.col("_row")).sort_by(key, nulls_last=True).first().over(
        group
    )
    more = (lacks & is_shown & smallest).fill_null(False)
    return table.with_columns((pl.col("suppressed") | more).alias("suppressed"))


def differing(frame: pl.DataFrame, least: int, by: str, counts: Sequence[str], also: Sequence[str]) -> pl.DataFrame:
    """Rows of one group that differ from an earlier one by few persons are emptied: the difference would be shown.

    Parameters
    ----------
    frame : DataFrame
        Rows of a group in the order in which they are to be kept, before anything is emptied.
    by : str
        Column of the group.
    counts, also : sequences of str
        Counts to compare, and what is emptied with them.

    Returns
    -------
    DataFrame
        With a column `differs`.
    """
    names = list(dict.fromkeys((*counts, *also)))
    shown: dict[object, list[tuple[int, ...]]] = {}
    differs = []
    for group, *row in frame.select(by, *counts).iter_rows():
        earlier = shown.setdefault(group, [])
        is_near = any(0 < abs(a - b) < least for other in earlier for a, b in zip(row, other, strict=True))
        differs.append(is_near)
        if not is_near:
            earlier.append(tuple(row))
    table = frame.with_columns(pl.Series("differs", differs, pl.Boolean))
    return table.with_columns(pl.when(~pl.col("differs")).then(pl.col(name)).alias(name) for name in names)


def few_left(frame: pl.DataFrame, least: int, count: str) -> pl.DataFrame:
    """Rows of at least `least` persons, largest first, less the last ones where few would be left over."""
    total = int(frame[count].sum())
    shown = frame.filter(pl.col(count) >= least)
    while shown.height and 0 < total - int(shown[count].sum()) < least:
        shown = shown.head(shown.height - 1)
    return shown


def merged_steps(frame: pl.DataFrame, group: str, least: int, event: str, left: Iterable[str]) -> pl.DataFrame:
    """Steps of curves, with so many days joined that each holds at least `least` events.

    What is left over at the end joins the last step, so that the events that are shown add up to the total. A step
    stands at its last event. How many were at risk is shown where since then nobody left, or so many did.

    Parameters
    ----------
    frame : DataFrame
        One row per day, with `day`, `at_risk`, the events and those who left.
    group : str
        Column of the curve.
    least : int
    event : str
        Column of events.
    left : iterable of str
        Columns of those who left without one.
    """
    left = list(left)
    parts = []
    for _, rows in frame.group_by(group, maintain_order=True):
        numbered = rows.with_columns(pl.Series("step", _step_numbers(rows[event].to_list(), least)))
        rest = pl.exclude([event, *left, "at_risk", "step"]).filter(pl.col(event) > 0).last()
        sums = pl.col([event, *left]).sum()
        joined = numbered.group_by("step", maintain_order=True).agg(sums, pl.col("at_risk").first(), rest)
        joined = joined.filter(pl.col(event) >= least)
        parts.append(_few_who_left(joined, least, left).select(frame.columns))
    return pl.concat(parts) if parts else frame


def _step_numbers(events: list[int], least: int) -> list[int]:
    """Number of the step of each day; days after the last whole step belong to it."""
    step, held, found = 0, 0, []
    for event in events:
        found.append(step)
        held += event
        if held >= least:
            step, held = step + 1, 0
    return [min(number, max(step - 1, 0)) for number in found]


def _few_who_left(steps: pl.DataFrame, least: int, left: list[str]) -> pl.DataFrame:
    """Without numbers at risk that differ from the last one shown by the events and a few who left."""
    if not left:
        return steps
    gone, is_told = 0, []
    for leaves in steps.select(pl.sum_horizontal(left)).to_series().to_list():
        is_told.append(gone == 0 or gone >= least)
        gone = leaves if is_told[-1] else gone + leaves
    told = pl.Series("told", is_told, dtype=pl.Boolean)
    shown = [pl.when(~is_small(pl.col(name), least)).then(pl.col(name)).alias(name) for name in left]
    at_risk = pl.when(pl.col("told")).then(pl.col("at_risk")).alias("at_risk")
    return steps.with_columns(told).with_columns(at_risk, *shown).drop("told")
