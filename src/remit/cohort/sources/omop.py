"""OMOP CDM 5.3 and 5.4: drug exposures of known treatments with their daily dose, and what else the flow can use.

The concepts of a treatment are its ingredient's, those of our list of products, and what the source's own vocabulary
(`concept_ancestor`, or else `drug_strength`) says descends from them. Only rows of these concepts are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import polars as pl

from remit.cohort.raw import NOTED, PERSON, Chunk, Task, counted
from remit.cohort.sources.cells import Reader
from remit.cohort.sources.concepts import combinations, concept_treatments, ingredient_concepts, listed
from remit.cohort.sources.omop_others import OTHERS, read_other
from remit.cohort.sources.omop_procedures import NEEDED as SESSION_COLUMNS
from remit.cohort.sources.omop_procedures import TABLE as PROCEDURES
from remit.cohort.sources.omop_procedures import read_sessions
from remit.cohort.sources.stores import FolderStore, Store, open_store
from remit.cohort.sources.strength import (
    COLUMNS as STRENGTH_COLUMNS,
)
from remit.cohort.sources.strength import (
    daily_dose,
    listed_products,
    strengths,
    weekly_products,
)
from remit.cohort.supply import tidy
from remit.errors import Fault, SourceError
from remit.knowledge import Knowledge

NEEDED = {
    "drug_exposure": (PERSON, "drug_concept_id", "drug_exposure_start_date"),
    "person": (PERSON, "gender_concept_id", "year_of_birth"),
}
"""Tables and columns without which there is nothing to read."""

IF_THERE: dict[str, tuple[str, ...]] = {
    "observation_period": (PERSON, "observation_period_start_date", "observation_period_end_date"),
    "payer_plan_period": (PERSON, "payer_plan_period_start_date", "payer_plan_period_end_date"),
    "visit_occurrence": (PERSON, "visit_concept_id", "visit_start_date", "visit_end_date"),
    "death": (PERSON, "death_date"),
    "condition_occurrence": (PERSON, "condition_concept_id", "condition_start_date"),
    "measurement": (PERSON, "measurement_concept_id", "measurement_date"),
    "observation": (PERSON, "observation_concept_id", "observation_date"),
    PROCEDURES: SESSION_COLUMNS,
    "concept": ("concept_id", "vocabulary_id", "concept_code"),
    "concept_ancestor": ("ancestor_concept_id", "descendant_concept_id"),
    "drug_strength": STRENGTH_COLUMNS,
}
"""Tables that there may be, with the columns that they then need."""

COLUMNS = (*NEEDED["drug_exposure"], "drug_exposure_end_date", "days_supply", "quantity", "drug_type_concept_id")


class Omop:
    """An OMOP database.

    Parameters
    ----------
    store : Store
    place : str
        What faults name.
    knowledge : Knowledge

    Raises
    ------
    SourceError
        With every table and column that is missing.
    """

    is_named = False

    def __init__(self, store: Store, place: str, knowledge: Knowledge) -> None:
        self.store, self.place, self.knowledge = store, place, knowledge
        faults = list(_lacks(store, place))
        if faults:
            raise SourceError(faults)

    @property
    def not_read(self) -> list[str]:
        """Tables of a folder that are named much like one that is read, and are not."""
        return self.store.unused((*NEEDED, *IF_THERE)) if isinstance(self.store, FolderStore) else []

    @classmethod
    def at(cls, place: str, knowledge: Knowledge, schema: str | None = None) -> Omop:
        """The OMOP database at a folder, file or URL."""
        shown = place.rsplit("@", 1)[-1] if "://" in place else place  # never a password
        return cls(open_store(place, schema), shown, knowledge)

    def tasks(self) -> list[Task]:
        """The exposures, and every other table that is there."""
        found = [Task("drug_exposure", "drug_exposure", 4.0)]
        return found + [Task(name, name) for name in (*OTHERS, PROCEDURES) if self.store.has(name)]

    def read(self, task: Task) -> Iterator[Chunk]:
        """Chunks of a table."""
        if task.what == "drug_exposure":
            yield from self._exposures()
        elif task.what == PROCEDURES:
            yield from read_sessions(self.store, self.knowledge)
        else:
            yield from read_other(task.what, self.store, self.knowledge)

    def rows(self) -> int:
        """Exposures of known concepts."""
        return self.store.count("drug_exposure", self._keep)

    def fingerprint(self) -> Mapping[str, Any]:
        """That of the store."""
        return self.store.fingerprint()

    @property
    def _keep(self) -> dict[str, list[int]]:
        return {"drug_concept_id": sorted(self._concepts)}

    @cached_property
    def _concepts(self) -> dict[int, int | None]:
        """Key of the treatment by concept of a product; None for a combination that has no entry."""
        of_ingredient = ingredient_concepts(self.knowledge)
        parts: dict[int, set[int]] = {}
        for frame in self._descendants(sorted(of_ingredient)):
            for product, ingredient in frame.iter_rows():
                parts.setdefault(product, set()).add(ingredient)
        for product, ingredient in self._ingredients().iter_rows():
            if product in parts or ingredient in of_ingredient:
                parts.setdefault(product, set()).add(ingredient)
        fixed = combinations(self.knowledge)
        found: dict[int, int | None] = {}
        for product, ingredients in parts.items():
            key = (
                of_ingredient.get(next(iter(ingredients)))
                if len(ingredients) == 1
                else fixed.get(frozenset(ingredients))
            )
            found[product] = key
        return found | concept_treatments(self.knowledge)

    def _descendants(self, ingredients: list[int]) -> Iterator[pl.DataFrame]:
        if self.store.has("concept_ancestor"):
            names = ("descendant_concept_id", "ancestor_concept_id")
            reader = Reader("concept_ancestor")
            for chunk in self.store.read("concept_ancestor", names, {"ancestor_concept_id": ingredients}):
                yield pl.DataFrame([reader.whole(chunk, name) for name in names]).drop_nulls()

    def _ingredients(self) -> pl.DataFrame:
        pairs = self._strength_rows.select("drug_concept_id", "ingredient_concept_id")
        return pairs.drop_nulls("drug_concept_id").unique(maintain_order=True)

    @cached_property
    def _strength_rows(self) -> pl.DataFrame:
        """`drug_strength` of products that hold one of our ingredients, typed."""
        if not self.store.has("drug_strength"):
            return pl.DataFrame(schema={n: pl.Float64 if n.endswith("value") else pl.Int64 for n in STRENGTH_COLUMNS})
        of_ingredient = sorted(ingredient_concepts(self.knowledge))
        first = self._strength({"ingredient_concept_id": of_ingredient})
        whole = (
            self._strength({"drug_concept_id": first["drug_concept_id"].unique().to_list()}) if first.height else first
        )
        return whole

    def _strength(self, keep: dict[str, list[int]]) -> pl.DataFrame:
        reader = Reader("drug_strength")
        frames = []
        for chunk in self.store.read("drug_strength", STRENGTH_COLUMNS, keep):
            columns = (
                reader.number(chunk, name) if name.endswith("value") else reader.whole(chunk, name)
                for name in STRENGTH_COLUMNS
            )
            frames.append(pl.DataFrame([c.alias(n) for c, n in zip(columns, STRENGTH_COLUMNS, strict=True)]))
            reader.advance(chunk)
        reader.raise_faults()
        schema = {n: pl.Float64 if n.endswith("value") else pl.Int64 for n in STRENGTH_COLUMNS}
        return pl.concat([pl.DataFrame(schema=schema), *frames])

    @cached_property
    def _doses(self) -> pl.DataFrame:
        """By concept of a product with one ingredient: `shape` and `mg`."""
        known = strengths(self._strength_rows, listed(self.knowledge, "unit"))
        single = known.filter(pl.len().over("drug_concept_id") == 1).drop("ingredient_concept_id")
        ours = pl.DataFrame(list(listed_products(self.knowledge)), schema=single.schema, orient="row")
        return pl.concat([single, ours]).unique("drug_concept_id", keep="first", maintain_order=True)

    def _exposures(self) -> Iterator[Chunk]:
        reader = Reader(f"{self.place}: drug_exposure")
        concepts, types = self._concepts, listed(self.knowledge, "drug_type")
        keys = pl.DataFrame(
            {"concept": list(concepts), "treatment_key": list(concepts.values())},
            schema={"concept": pl.Int64, "treatment_key": pl.UInt16},
        )
        weekly = {(self.knowledge.treatment_key(t), mg) for t, mg in weekly_products(self.knowledge)}
        for chunk in self.store.read("drug_exposure", COLUMNS, self._keep):
            frame = _typed(reader, chunk, types).join(keys, on="concept", how="left", maintain_order="left")
            reader.advance(chunk)
            yield counted("records_read", frame.height, kept=True)
            if n := frame["treatment_key"].null_count():
                yield counted("combination_without_entry", n)
                frame = frame.filter(pl.col("treatment_key").is_not_null())
            if not reader.faults:
                yield from self._dosed(frame, weekly)
        reader.raise_faults()

    def _dosed(self, frame: pl.DataFrame, weekly: set[tuple[int, float]]) -> Iterator[Chunk]:
        longest = self.knowledge.cohort.longest_supply_days.value
        doses = self._doses.rename({"drug_concept_id": "concept"})
        frame = frame.join(doses, on="concept", how="left", maintain_order="left")
        has_supply = (pl.col("days_supply") >= 1) & (pl.col("days_supply") <= longest)
        by_end = (pl.col("end_date") - pl.col("start_date")).dt.total_days()
        days = pl.when(has_supply.fill_null(False)).then(pl.col("days_supply")).otherwise(by_end)
        is_session = pl.Series(self.knowledge.is_sessions[frame["treatment_key"].to_numpy()])
        is_weekly = pl.Series(
            [(k, mg) in weekly for k, mg in frame.select("treatment_key", "mg").iter_rows()] if weekly else [],
            dtype=pl.Boolean,
        )
        for reason, out in (("session_dose", is_session), ("weekly_dose", is_weekly)):
            if n := int(out.sum() or 0):
                yield counted(reason, n, kept=True)
        if n := frame["shape"].null_count():
            yield counted("no_strength", n, kept=True)
        frame = frame.with_columns((is_session | is_weekly).alias("no_dose"), daily_dose(frame, days).alias("dose"))
        frame = frame.with_columns(
            pl.when(~pl.col("no_dose")).then(pl.col("dose")).alias("daily_dose_mg"),
            pl.when(~has_supply.fill_null(False)).then(pl.col("end_date")).alias("end_date"),
            # What is given as sessions and lasts a day was given once.
            pl.when(is_session & (days <= 1)).then(1.0).alias("sessions"),
        )
        columns = (PERSON, "treatment_key", "start_date", "end_date", "days_supply", "daily_dose_mg", "evidence",
                   "sessions")  # fmt: skip
        yield tidy(frame.select(columns), self.knowledge, open_ends=False)


def _typed(reader: Reader, chunk: pl.DataFrame, types: Mapping[int, str]) -> pl.DataFrame:
    """Typed columns of exposures; the end becomes the day after the last.

    Of records of other types than those listed nothing is known, and they are taken as dispensings.
    """
    has = set(chunk.columns)
    columns = [
        reader.person(chunk, is_text=False).alias(PERSON),
        reader.whole(chunk, "drug_concept_id").alias("concept"),
        reader.day(chunk, "drug_exposure_start_date").alias("start_date"),
        (reader.day(chunk, "drug_exposure_end_date").dt.offset_by("1d") if "drug_exposure_end_date" in has
         else pl.Series([None] * chunk.height, dtype=pl.Date)).alias("end_date"),
        *((reader.number(chunk, name)
           if name in has else pl.Series([None] * chunk.height, dtype=pl.Float64)).alias(name)
          for name in ("days_supply", "quantity")),
        (reader.whole(chunk, "drug_type_concept_id").replace_strict(types, default=None, return_dtype=NOTED["evidence"])
         if "drug_type_concept_id" in has else pl.Series([None] * chunk.height, dtype=NOTED["evidence"])
         ).alias("evidence"),
    ]  # fmt: skip
    return pl.DataFrame(columns)


def _lacks(store: Store, place: str) -> Iterator[Fault]:
    for table, columns in NEEDED.items():
        if not store.has(table):
            yield Fault(place, f"lacks the table {table}", "Export it, or name the schema with --schema.")
        elif missing := sorted(set(columns) - store.columns(table)):
            yield Fault(f"{place}: {table}", f"lacks the column {', '.join(missing)}", "Export the whole table.")
    for table, needed in IF_THERE.items():
        if store.has(table) and (missing := sorted(set(needed) - store.columns(table))):
            yield Fault(f"{place}: {table}", f"lacks the column {', '.join(missing)}", "Export the whole table.")
