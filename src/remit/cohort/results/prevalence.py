"""How many meet each definition, and how far definitions agree."""

from __future__ import annotations

import numpy as np
import polars as pl

from remit.engine.shares import wilson


def prevalence(status: pl.DataFrame) -> pl.DataFrame:
    """One row per population and definition.

    `n` are those to whom the definition applies; `share` those who meet it for certain, with Wilson's interval;
    `share_possible` adds those for whom it is undetermined.
    """
    wide = status.pivot("status", index=["population", "definition"], values="n_persons").fill_null(0)
    wide = wide.with_columns((pl.col("met") + pl.col("not_met") + pl.col("undetermined")).alias("n"))
    possible = wide["met"] + wide["undetermined"]
    columns: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = {}
    for name, events in (("share", wide["met"]), ("share_possible", possible)):
        low, high = wilson(events.to_numpy(), wide["n"].to_numpy())
        with np.errstate(invalid="ignore", divide="ignore"):
            columns |= {name: events.to_numpy() / wide["n"].to_numpy(), f"{name}_low": low, f"{name}_high": high}
    shares = pl.DataFrame([pl.Series(name, values, nan_to_null=True) for name, values in columns.items()])
    counts = wide.select("population", "definition", "n", "met", "undetermined", "not_met", "not_applicable")
    return pl.concat([counts, shares], how="horizontal")


def agreement(pair: pl.DataFrame) -> pl.DataFrame:
    """One row per two definitions, over persons for whom both give an answer: overlap and Cohen's kappa.

    `overlap` is the share of those who meet either that meet both.
    """
    both, first, second, neither = (pl.col(f"n_{name}").cast(pl.Float64) for name in _CELLS)
    n = both + first + second + neither
    seen = (both + neither) / n
    chance = ((both + first) * (both + second) + (neither + first) * (neither + second)) / n**2
    either = both + first + second
    # Where a definition gives everyone the same answer there is nothing to agree on.
    differ = (both + first > 0) & (both + second > 0) & (neither + first > 0) & (neither + second > 0)
    return pair.with_columns(
        n.cast(pl.Int64).alias("n"),
        pl.when(either > 0).then(both / either).alias("overlap"),
        pl.when(n > 0).then(seen).alias("agreement"),
        pl.when(differ).then((seen - chance) / (1 - chance)).alias("kappa"),
    )


_CELLS = ("both", "only_definition", "only_other", "neither")
