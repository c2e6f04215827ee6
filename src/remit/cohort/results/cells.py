"""Counts of few persons are not shown, nor anything from which they could be told: totals, shares, other tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
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


def paired(frame: pl.DataFrame, groups: Sequence[list[str]], column: str, also: Iterable[str]) -> pl.DataFrame:
    """Where one value of a group is empty the smallest other is emptied too: alone it would be the total less the rest.

    Parameters
    ----------
    frame : DataFrame
        With `suppressed`.
    groups : sequence of list of str
        Columns of each total that is shown elsewhere.
    column : str
        What adds up to the totals.
    also : iterable of str
        Columns that are emptied with it.
    """
    names, table = (column, *also), frame
    n_empty = -1
    while n_empty != (n_empty := table[column].null_count()):
        for group in groups:
            is_alone = pl.col(column).is_null().sum().over(group) == 1
            more = (is_alone & (pl.col(column) == pl.col(column).min().over(group))).fill_null(False)
            emptied = [pl.when(~more).then(pl.col(name)).alias(name) for name in names]
            table = table.with_columns(*emptied, (pl.col("suppressed") | more).alias("suppressed"))
    return table


def merged_steps(frame: pl.DataFrame, group: str, least: int, event: str, left: Iterable[str]) -> pl.DataFrame:
    """Steps of curves, with so many days joined that each holds at least `least` events.

    What is left over at the end joins the last step, so that the events that are shown add up to the total. A step
    stands at its last event. At risk are those just before its first event; who left is counted from then until just
    before the next step's. How many were at risk is shown where since then nobody left, or so many did.

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
        begun = rows.filter(pl.col(event).cum_sum() > 0)
        numbered = begun.with_columns(pl.Series("step", _step_numbers(begun[event].to_list(), least), pl.Int64))
        rest = pl.exclude([event, *left, "at_risk", "step"]).filter(pl.col(event) > 0).last()
        sums = pl.col([event, *left]).sum()
        joined = numbered.group_by("step", maintain_order=True).agg(sums, pl.col("at_risk").first(), rest)
        joined = joined.filter(pl.col(event) >= least)
        parts.append(_few_who_left(joined, least, left).select(frame.columns))
    return pl.concat(parts) if parts else frame


def _step_numbers(events: list[int], least: int) -> list[int]:
    """Number of the step of each day: one begins with an event when the one before is whole; the last one is whole."""
    step, held, found = 0, 0, []
    for event in events:
        if event and held >= least:
            step, held = step + 1, 0
        held += event
        found.append(step)
    last = step if held >= least else max(step - 1, 0)
    return [min(number, last) for number in found]


def _few_who_left(steps: pl.DataFrame, least: int, left: list[str]) -> pl.DataFrame:
    """Without numbers at risk that differ from the last one shown by the events and a few who left.

    Between two numbers that are shown, the sum of all who left can be told: with a few of one kind the others go too.
    """
    if not left or steps.is_empty():
        return steps
    rows = [list(row) for row in steps.select(left).iter_rows()]
    spans = _spans([sum(row) for row in rows], least)
    shown: list[list[int | None]] = []
    for begin, end in spans:
        few = any(0 < n < least for row in rows[begin:end] for n in row)
        shown += [[None if few and n else n for n in row] for row in rows[begin:end]]
    told = pl.Series("told", np.isin(np.arange(len(rows)), [begin for begin, _ in spans]))
    at_risk = pl.when(told).then(pl.col("at_risk")).alias("at_risk")
    return steps.with_columns(at_risk, *(pl.Series(n, [row[k] for row in shown], pl.Int64) for k, n in enumerate(left)))


def _spans(gone: list[int], least: int) -> list[tuple[int, int]]:
    """Stretches of steps, first and end, in each of which nobody left or many did; the last one may be otherwise."""
    begins, held = [0], 0
    for i, n in enumerate(gone[:-1]):
        held += n
        if held == 0 or held >= least:
            begins.append(i + 1)
            held = 0
    return list(zip(begins, [*begins[1:], len(gone)], strict=True))
