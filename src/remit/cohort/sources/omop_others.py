"""What the flow can use of an OMOP database beside exposures: persons, observation, death, conditions, scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from remit.cohort.raw import PERSON, Chunk, counted
from remit.cohort.sources.cells import Reader, plausible
from remit.cohort.sources.concepts import listed
from remit.cohort.sources.stores import Store
from remit.flow.records.dates import LATEST_YEAR
from remit.knowledge import Knowledge
from remit.knowledge.codes import CodeMaps, read_map, short_system

INPATIENT = "inpatient"
INCLUDED = "include"
_MIDDLE_MONTH = 7
_VOCABULARIES = ("ICD10CM", "ICD10", "ICD10GM", "ICD9CM", "SNOMED")


def read_other(table: str, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    """Chunks of one of `OTHERS`."""
    reader = Reader(table)
    yield from OTHERS[table](reader, store, knowledge)
    reader.raise_faults()


def _persons(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    """Sex, and date of birth: where the day or month is not on record the middle of the year stands for it."""
    parts = ("year_of_birth", "month_of_birth", "day_of_birth")
    sexes = listed(knowledge, "gender")
    for chunk in store.read("person", (PERSON, "gender_concept_id", *parts)):
        year, month, day = (
            reader.whole(chunk, name) if name in chunk.columns else pl.Series([None] * chunk.height, dtype=pl.Int64)
            for name in parts
        )
        person = reader.person(chunk, is_text=False)
        gender = reader.whole(chunk, "gender_concept_id").replace_strict(sexes, default=None, return_dtype=pl.String)
        frame = pl.DataFrame(
            [person.alias(PERSON), gender.alias("sex"), year.alias("y"), month.alias("m"), day.alias("d")]
        )
        whole = frame.with_columns(_born(int(knowledge.policy.earliest_year.value)).alias("birth_date"))
        reader.advance(chunk)
        yield counted("persons_read", 0, persons=chunk.height, kept=True)
        yield "person", whole.select(PERSON, "birth_date", "sex")


def _born(earliest_year: int) -> pl.Expr:
    """The date of birth; a day that the calendar does not have is as one that is not on record."""
    written = pl.format("{}-{}-{}", "y", pl.col("m").fill_null(_MIDDLE_MONTH), pl.col("d").fill_null(1))
    middle = pl.format("{}-{}-1", "y", pl.lit(_MIDDLE_MONTH))
    day = pl.coalesce(text.str.to_date("%Y-%m-%d", strict=False) for text in (written, middle))
    return plausible(day, earliest_year, LATEST_YEAR)


def _observation(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    names = (PERSON, "observation_period_start_date", "observation_period_end_date")
    for chunk in store.read("observation_period", names):
        yield "observation", _period(reader, chunk, names)


def _enrolment(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    names = (PERSON, "payer_plan_period_start_date", "payer_plan_period_end_date")
    for chunk in store.read("payer_plan_period", names):
        yield "enrolment", _period(reader, chunk, names)


def _stays(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    """Days as an inpatient; the day of discharge is not one of them."""
    names = (PERSON, "visit_start_date", "visit_end_date")
    stays = [concept for concept, what in listed(knowledge, "visit").items() if what == INPATIENT]
    for chunk in store.read("visit_occurrence", (*names, "visit_concept_id"), {"visit_concept_id": stays}):
        frame = _period(reader, chunk, names)
        yield "stay", frame.with_columns(pl.col("end_date").dt.offset_by("-1d"))


def _period(reader: Reader, chunk: pl.DataFrame, names: tuple[str, str, str]) -> pl.DataFrame:
    """First day, and the day after the last."""
    columns = [
        reader.person(chunk, is_text=False).alias(PERSON),
        reader.day(chunk, names[1]).alias("start_date"),
        reader.day(chunk, names[2]).dt.offset_by("1d").alias("end_date"),
    ]
    reader.advance(chunk)
    return pl.DataFrame(columns)


def _death(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    for chunk in store.read("death", (PERSON, "death_date")):
        columns = [reader.person(chunk, is_text=False).alias(PERSON), reader.day(chunk, "death_date").alias("date")]
        reader.advance(chunk)
        yield "death", pl.DataFrame(columns)


def _conditions(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    known = condition_concepts(store, knowledge)
    if not known:
        return
    for column in ("condition_source_concept_id", "condition_concept_id"):
        if column not in store.columns("condition_occurrence"):
            continue
        names = (PERSON, column, "condition_start_date")
        for chunk in store.read("condition_occurrence", names, {column: sorted(known)}):
            frame = pl.DataFrame(
                [
                    reader.person(chunk, is_text=False).alias(PERSON),
                    reader.whole(chunk, column).alias("concept"),
                    reader.day(chunk, "condition_start_date").alias("onset_date"),
                ]
            )
            reader.advance(chunk)
            pairs = pl.DataFrame(
                [(c, i) for c, ids in known.items() for i in ids],
                schema={"concept": pl.Int64, "condition_id": pl.String}, orient="row",
            )  # fmt: skip
            yield "condition", frame.join(pairs, on="concept").drop("concept")


def condition_concepts(store: Store, knowledge: Knowledge) -> dict[int, list[str]]:
    """Conditions by concept: of our list, and of codes that the source's vocabulary and the code maps know."""
    codes = CodeMaps(knowledge.roots, knowledge.codes_dir)
    found: dict[int, list[str]] = {}
    for root in knowledge.roots:
        path = root / "codes" / "conditions.csv"
        for row in read_map(path, ("condition_id", "role", "omop_concept_id")) if path.is_file() else ():
            if row["omop_concept_id"].isdecimal() and row["role"] == INCLUDED and row["condition_id"]:
                found.setdefault(int(row["omop_concept_id"]), []).append(row["condition_id"])
    if store.has("concept"):
        reader = Reader("concept")
        for chunk in store.read("concept", ("concept_id", "vocabulary_id", "concept_code")):
            wanted = chunk.filter(pl.col("vocabulary_id").is_in(_VOCABULARIES))
            for concept, system, code in zip(
                reader.whole(wanted, "concept_id"), wanted["vocabulary_id"], wanted["concept_code"], strict=True
            ):
                ids = [r.our_id for r in codes.condition(short_system(system), str(code)) if r.our_id]
                if ids:
                    found[concept] = sorted({*found.get(concept, []), *ids})
    return {concept: sorted(set(ids)) for concept, ids in found.items()}


def _measurements(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    yield from _values(reader, store, knowledge, "measurement")


def _observations(reader: Reader, store: Store, knowledge: Knowledge) -> Iterator[Chunk]:
    yield from _values(reader, store, knowledge, "observation")


def _values(reader: Reader, store: Store, knowledge: Knowledge, table: str) -> Iterator[Chunk]:
    """Totals of instruments; scores lie among the measurements of one source and the observations of another."""
    known = measure_concepts(knowledge)
    concept, day = f"{table}_concept_id", f"{table}_date"
    names = (PERSON, concept, day, "value_as_number")
    for chunk in store.read(table, names, {concept: sorted(known)}):
        if "value_as_number" not in chunk.columns:
            return
        columns = [
            reader.person(chunk, is_text=False).alias(PERSON),
            reader.whole(chunk, concept)
            .replace_strict(known, default=None, return_dtype=pl.String)
            .alias("measure_id"),
            reader.day(chunk, day).alias("date"),
            reader.number(chunk, "value_as_number").alias("value"),
        ]
        reader.advance(chunk)
        yield "measurement", in_range(pl.DataFrame(columns).drop_nulls(["measure_id", "date", "value"]), knowledge)


def in_range(frame: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """Totals that their instrument can give; another number under the same code is another thing."""
    ranges = {i: x.scoring for i, x in knowledge.instruments.items()}
    low = pl.col("measure_id").replace_strict(
        {i: s.low for i, s in ranges.items()}, default=None, return_dtype=pl.Float64
    )
    high = pl.col("measure_id").replace_strict(
        {i: s.high for i, s in ranges.items()}, default=None, return_dtype=pl.Float64
    )
    return frame.filter((pl.col("value") >= low) & (pl.col("value") <= high))


def measure_concepts(knowledge: Knowledge) -> dict[int, str]:
    """Instrument by concept of its total."""
    found = {}
    for root in knowledge.roots:
        path = root / "codes" / "observations.csv"
        for row in read_map(path, ("measure_id", "part", "omop_concept_id")) if path.is_file() else ():
            if (
                row["part"] == "total"
                and row["omop_concept_id"].isdecimal()
                and row["measure_id"] in knowledge.instruments
            ):
                found[int(row["omop_concept_id"])] = row["measure_id"]
    return found


OTHERS: dict[str, Callable[[Reader, Store, Knowledge], Iterator[Chunk]]] = {
    "person": _persons,
    "observation_period": _observation,
    "death": _death,
    "payer_plan_period": _enrolment,
    "visit_occurrence": _stays,
    "condition_occurrence": _conditions,
    "measurement": _measurements,
    "observation": _observations,
}
"""Readers by table."""
