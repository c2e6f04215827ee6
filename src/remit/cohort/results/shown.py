"""Results as they are shown: without counts of few, and without what would tell them by subtraction."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from remit.cohort.measures.profile import POPULATIONS
from remit.cohort.results.cells import (
    complementary,
    differing,
    few_left,
    is_small,
    merged_steps,
    paired,
    suppressed,
)
from remit.cohort.results.survival import curves
from remit.knowledge import Knowledge

SHARES = ("share", "share_low", "share_high", "share_possible", "share_possible_low", "share_possible_high")
STATUS = ("met", "undetermined", "not_met", "not_applicable")
PAIR = ("n_both", "n_only_definition", "n_only_other", "n_neither")
EVER = ("n_ever_dose", "n_ever_dose_unknown", "n_ever_adequate")
TRIALS = ("n_dose_met", "n_dose_unknown", "n_adequate", "n_adequate_unknown")
RATES = ("rate", "rate_low", "rate_high")
_DIGITS = 3


def shown_prevalence(table: pl.DataFrame, least: int) -> pl.DataFrame:
    """Populations lie within one another, so that two rows of a definition tell their difference.

    `n` goes where it, or the persons of the population to whom the definition does not apply, are few.
    """
    table = differing(table, least, "definition", ("n", *STATUS), SHARES)
    tells = is_small(pl.col("n"), least) | is_small(pl.col("not_applicable"), least)
    table = table.with_columns(pl.when(~tells).then(pl.col("n")).alias("n"))
    table = suppressed(table, least, STATUS, (*STATUS, *SHARES))
    return table.with_columns(pl.col("suppressed") | pl.col("differs")).drop("differs")


def shown_agreement(pairs: pl.DataFrame, whole: pl.DataFrame, least: int) -> pl.DataFrame:
    """Without pairs of which a cell is of few, counting as a third answer that there is none: totals are shown."""
    everyone = whole.filter(pl.col("population") == POPULATIONS[0])
    size = pl.sum_horizontal(*STATUS).alias("size")
    one = everyone.select("definition", pl.col("met").alias("met_1"), pl.col("not_met").alias("not_1"), size)
    two = everyone.select(pl.col("definition").alias("other"), pl.col("met").alias("met_2"),
                          pl.col("not_met").alias("not_2"))  # fmt: skip
    both, first, second, neither = (pl.col(name) for name in PAIR)
    open_one = pl.col("met_2") - both - second, pl.col("not_2") - first - neither
    open_two = pl.col("met_1") - both - first, pl.col("not_1") - second - neither
    open_both = pl.col("size") - pl.sum_horizontal(*PAIR, *open_one, *open_two)
    table = pairs.join(one, on="definition", how="left", maintain_order="left")
    table = table.join(two, on="other", how="left", maintain_order="left")
    also = (*PAIR, "n", "overlap", "agreement", "kappa")
    return suppressed(table, least, PAIR, also, (*open_one, *open_two, open_both)).select(*pairs.columns, "suppressed")


def told_definitions(shares: pl.DataFrame, follow_up: pl.DataFrame, least: int) -> list[str]:
    """Definitions whose events may be shown: those that differ by few from who meets them are not."""
    events = follow_up.group_by("definition").agg(pl.col("n_persons").filter(pl.col("kind") == "event").sum())
    both = shares.join(events, on="definition").with_columns(
        is_small((pl.col("met") - pl.col("n_persons")).abs(), least).alias("near")
    )
    near = set(both.filter(pl.col("near"))["definition"])
    return [name for name in events["definition"].unique().sort() if name not in near]


def shown_rates(table: pl.DataFrame, by: list[str], told: list[str], least: int) -> pl.DataFrame:
    """Strata of few persons are not shown, not even that nobody met a definition in them."""
    is_told = pl.col("definition").is_in(told)
    table = suppressed(table, least, ("n_events",), ("n_events", *RATES), (pl.col("n_persons"),))
    table = table.with_columns(
        pl.when(~is_small(pl.col("n_persons"), least)).then(pl.col("person_years")).alias("person_years"),
        *(pl.when(is_told).then(pl.col(name)).alias(name) for name in ("n_events", *RATES)),
        (pl.col("suppressed") | ~is_told).alias("suppressed"),
    ).drop("n_persons")
    if not by:
        return table
    totals = [["definition"], *(["definition", one] for one in by if len(by) > 1)]
    return paired(complementary(table, totals, "n_events", RATES), totals, "person_years", RATES)


def shown_steps(follow_up: pl.DataFrame, shares: pl.DataFrame, knowledge: Knowledge, least: int) -> pl.DataFrame:
    """Steps of the curves, less the last of a curve that goes on beyond the longest follow-up for a few."""
    steps = curves(follow_up, knowledge.cohort.longest_follow_up_years.value)
    shown = merged_steps(steps, "definition", max(least, 1), "events", ("deaths", "censored"))
    if least > 1:  # from more digits the numbers at risk could be told
        shown = shown.with_columns(pl.selectors.float().round(_DIGITS))
    events = follow_up.filter(pl.col("kind") == "event").group_by("definition").agg(pl.col("n_persons").sum())
    total = dict(events.iter_rows())
    settled = pl.col("met") + pl.col("not_met")
    known = shares.select("definition", pl.concat_list("n", settled).alias("known"))
    near: dict[str, list[int]] = {}
    for definition, counts in known.iter_rows():
        near.setdefault(definition, []).extend(n for n in counts if n is not None)
    parts = []
    for (definition,), rows in shown.group_by("definition", maintain_order=True):
        while rows.height and 0 < total[definition] - int(rows["events"].sum()) < least:
            rows = rows.head(rows.height - 1)
        first = rows["at_risk"].head(1).to_list()
        if any(0 < abs(n - at_risk) < least for n in near.get(str(definition), []) for at_risk in first):
            rows = rows.with_columns(pl.lit(None, pl.Int64).alias("at_risk"))
        parts.append(rows)
    return pl.concat([shown.clear(), *parts])


def shown_adequacy(table: pl.DataFrame, least: int) -> pl.DataFrame:
    """Without treatments of few persons, and rows of which a count of persons or trials, or what is left, is of few."""
    shares = [name for name in table.columns if name.startswith("share_")]
    never = pl.col("n_persons") - pl.col("n_ever_dose") - pl.col("n_ever_dose_unknown")
    trials = (pl.col("n_trials") - pl.col(met) - pl.col(open_) for met, open_ in (TRIALS[:2], TRIALS[2:]))
    rest = (never, pl.col("n_persons") - pl.col("n_ever_adequate"), *trials)
    shown = table.filter(pl.col("n_persons") >= least)
    return suppressed(shown, least, (*EVER, *TRIALS), (*EVER, *TRIALS, *shares), rest)


def shown_durations(table: pl.DataFrame, trials: pl.DataFrame, least: int) -> pl.DataFrame:
    """Without treatments of few persons or trials, or with few trials of which the duration is not known."""
    every = trials.select("treatment", "n_persons", pl.col("n_trials").alias("n_all")).unique("treatment")
    known = table.join(every, on="treatment", how="left", maintain_order="left")
    is_shown = (pl.min_horizontal("n_persons", "n_trials") >= least) & ~is_small(
        pl.col("n_all") - pl.col("n_trials"), least
    )
    return known.filter(is_shown).select(table.columns)


def shown_persistence(table: pl.DataFrame, trials: pl.DataFrame, least: int) -> pl.DataFrame:
    """Without the share of those who persist where that share would be of a few, or of all but a few.

    Nothing is shown of a treatment that few took without being observed long enough.
    """
    every = trials.select("treatment", pl.col("n_persons").alias("n_all")).unique("treatment")
    table = table.filter(pl.col("n_persons") >= least).join(every, on="treatment", how="left", maintain_order="left")
    many = (pl.col("share_persistent") * pl.col("n_persons")).round()
    shown = suppressed(table, least, (), ("share_persistent",), (many, pl.col("n_persons") - many))
    few = is_small(pl.col("n_all") - pl.col("n_persons"), least)
    names = ("n_persons", "mean_share_covered", "share_persistent")
    emptied = [pl.when(~few).then(pl.col(name)).alias(name) for name in names]
    return shown.with_columns(*emptied, (pl.col("suppressed") | few).alias("suppressed")).drop("n_all")


def shown_paths(table: pl.DataFrame, totals: Iterable[int], least: int) -> pl.DataFrame:
    """Without rare pathways, and without shares where few of a total that is shown elsewhere have none.

    Parameters
    ----------
    table : DataFrame
        As `remit.cohort.results.treatments.paths` gives it.
    totals : iterable of int
        Persons of the populations whose sizes are shown.
    least : int
    """
    whole = int(table["n_persons"].sum())
    shown = few_left(table, least, "n_persons")
    if any(0 < abs(total - whole) < least for total in totals):
        return shown.with_columns(pl.lit(None, pl.Float64).alias("share"))
    return shown
