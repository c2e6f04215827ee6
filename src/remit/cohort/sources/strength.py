"""The daily dose of OMOP exposures from the strength of the product, as the field derives it.

`drug_strength` says how much of an ingredient is in what was counted. Four shapes, each with its formula (after
DrugUtilisation, an R package of DARWIN EU): a fixed amount, amount x quantity / days; a concentration, here divided by
its denominator where the quantity is a volume; per hour (patches), 24 hours of it, whatever the quantity. No row is an
unknown dose, never none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from remit.knowledge import Knowledge
from remit.knowledge.codes import read_map

HOUR = "h"
TO_MG = {"mg": 1.0, "ug": 1e-3, "g": 1e3}
TO_ML = {"mL": 1.0, "L": 1e3}
"""Units by their UCUM codes."""

HOURS_PER_DAY = 24.0

COLUMNS = (
    "drug_concept_id", "ingredient_concept_id", "amount_value", "amount_unit_concept_id", "numerator_value",
    "numerator_unit_concept_id", "denominator_value", "denominator_unit_concept_id",
)  # fmt: skip
SHAPES = ("amount", "per_volume", "per_hour")

_WEEKLY = "weekly_dosing"


def strengths(rows: pl.DataFrame, unit_of: Mapping[int, str]) -> pl.DataFrame:
    """By product and ingredient: `shape` and `mg` per counted unit, per mL, or per day; other units are left out.

    Parameters
    ----------
    rows : DataFrame
        `COLUMNS` of `drug_strength`.
    unit_of : mapping of int to str
        UCUM code of a unit by its concept.
    """

    def factor(unit: str, factors: Mapping[str, float]) -> pl.Expr:
        by_concept = {concept: factors[code] for concept, code in unit_of.items() if code in factors}
        return pl.col(unit).replace_strict(by_concept, default=None, return_dtype=pl.Float64)

    def mg(value: str, unit: str) -> pl.Expr:
        return pl.when(pl.col(value) > 0).then(pl.col(value) * factor(unit, TO_MG))

    below = pl.when(pl.col("denominator_value") > 0).then(pl.col("denominator_value"))
    in_ml = factor("denominator_unit_concept_id", TO_ML)
    is_hour = factor("denominator_unit_concept_id", {HOUR: 1.0}).is_not_null()
    amount, above = mg("amount_value", "amount_unit_concept_id"), mg("numerator_value", "numerator_unit_concept_id")
    # Per hour: over more hours than a day has, a day's share; over a day or less, what is written is one day's.
    hourly = pl.when(below > HOURS_PER_DAY).then(above * HOURS_PER_DAY / below).when(below.is_null()).then(
        above * HOURS_PER_DAY
    ).otherwise(above)  # fmt: skip
    shape = (
        pl.when(amount.is_not_null()).then(pl.lit(SHAPES[0]))
        .when(above.is_not_null() & is_hour).then(pl.lit(SHAPES[2]))
        .when(above.is_not_null() & in_ml.is_not_null()).then(pl.lit(SHAPES[1]))
        .when(above.is_not_null()).then(pl.lit(SHAPES[0]))
    )  # fmt: skip
    per_unit = (
        pl.when(is_hour)
        .then(hourly)
        .when(in_ml.is_not_null())
        .then(above / (below.fill_null(1) * in_ml))
        .otherwise(above)
    )
    found = rows.with_columns(shape.alias("shape"), pl.coalesce(amount, per_unit).alias("mg"))
    return found.drop_nulls(["shape", "mg"]).select("drug_concept_id", "ingredient_concept_id", "shape", "mg")


def daily_dose(frame: pl.DataFrame, days: pl.Expr) -> pl.Expr:
    """The daily dose in mg of exposures with `shape`, `mg` and `quantity`.

    Parameters
    ----------
    frame : DataFrame
        May lack `quantity`; then only what is given per hour has a dose.
    days : expression
        Days that the supply lasts.
    """
    quantity = pl.col("quantity") if "quantity" in frame.columns else pl.lit(None, pl.Float64)
    counted = pl.when((quantity > 0) & (days > 0)).then(pl.col("mg") * quantity / days)
    return pl.when(pl.col("shape") == SHAPES[2]).then(pl.col("mg")).otherwise(counted)


def listed_products(knowledge: Knowledge) -> Iterator[tuple[int, str, float]]:
    """Products of our own list by concept: shape and mg, for a source without a table of strengths."""
    for root in knowledge.roots:
        path = root / "codes" / "rxnorm_products.csv"
        for row in read_map(path, ("omop_concept_id", "mg_per_unit")) if path.is_file() else ():
            if row["omop_concept_id"].isdecimal():
                if row.get("mg_per_24h"):
                    yield int(row["omop_concept_id"]), SHAPES[2], float(row["mg_per_24h"])
                elif row["mg_per_unit"] and not row.get("flag"):
                    yield int(row["omop_concept_id"]), SHAPES[0], float(row["mg_per_unit"])


def weekly_products(knowledge: Knowledge) -> set[tuple[str, float]]:
    """Treatment and mg per unit of products taken once a week: a day's share of one is not the dose that works."""
    found = set()
    for root in knowledge.roots:
        path = root / "codes" / "rxnorm_products.csv"
        for row in read_map(path, ("treatment_id", "mg_per_unit", "flag")) if path.is_file() else ():
            if row["flag"] == _WEEKLY and row["mg_per_unit"]:
                found.add((row["treatment_id"], float(row["mg_per_unit"])))
    return found
