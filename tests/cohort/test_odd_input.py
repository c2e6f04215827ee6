"""Input as it comes: kinds of columns, ends that never come, tables that lack something; nothing wrong in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import remit
from cohort.making import SERTRALINE, as_duckdb, day, knowledge, omop_frames, run, table
from remit.cohort.bucket import records_of
from remit.cohort.measures.profile import whole_years
from remit.cohort.seen import Cut
from remit.cohort.sources.files import read_chunks
from remit.errors import SourceError, UsageError

FILLS = {
    "person_id": [1, 1, 2, 3],
    "treatment": ["sertraline", "sertraline", "venlafaxine", "mirtazapine"],
    "start_date": [date(2020, 1, 1), date(2020, 2, 1), date(2020, 1, 1), date(2020, 3, 1)],
    "days_supply": [30, 30, 30, 30],
}


def written(folder: Path, **columns: Any) -> Path:
    folder.mkdir(exist_ok=True)
    pl.DataFrame(FILLS | columns).write_parquet(folder / "exposures.parquet")
    return folder


def starts(out: Path) -> list[date]:
    return table(out, "trial").sort("person_id")["start_date"].to_list()


EXPECTED = [date(2020, 1, 1), date(2020, 1, 1), date(2020, 3, 1)]


# --- columns
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/New_York", "UTC"])
def test_midnight_of_a_zone_is_the_day_there(zone: str, tmp_path: Path) -> None:
    moments = pl.Series(FILLS["start_date"]).cast(pl.Datetime).dt.replace_time_zone(zone)
    assert starts(run(written(tmp_path / "in", start_date=moments), tmp_path / "out", "fda")) == EXPECTED


@pytest.mark.parametrize(
    "ids",
    [
        [1.5, 1.0, 2.0, 3.0],
        [Decimal("1.5"), Decimal(1), Decimal(2), Decimal(3)],
        [2.0**53, 2.0**53 + 2, 2.0, 3.0],
        pl.Series([1, 1, 2, 2**63 + 5], dtype=pl.UInt64),
    ],
)
def test_ids_that_are_not_whole_are_no_other_person(ids: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="person_id: is not whole"):
        run(written(tmp_path / "in", person_id=ids), tmp_path / "out", "fda")


@pytest.mark.parametrize("ids", [["", "  ", "a", "b"], [float("nan"), 1.0, 2.0, 3.0], [None, 1, 2, 3]])
def test_an_empty_id_is_nobody(ids: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="person_id: is empty"):
        run(written(tmp_path / "in", person_id=ids), tmp_path / "out", "fda")


def test_ids_with_a_decimal_point_are_the_same_persons(tmp_path: Path) -> None:
    """As pandas writes them when a cell of the column was empty once."""
    (tmp_path / "in").mkdir()
    text = "person_id,treatment,start_date,days_supply\n7.0,sertraline,2020-01-01,30\n"
    (tmp_path / "in" / "exposures.csv").write_text(text)
    (tmp_path / "in" / "death.csv").write_text("person_id,date\n7,2020-01-11\n")
    found = table(run(tmp_path / "in", tmp_path / "out", "fda"), "trial")
    assert found.select("person_id", "covered_days").row(0) == (7, 10)


def test_a_date_with_more_behind_it_is_none(tmp_path: Path) -> None:
    days = ["2020-01-01T10:00:00Z", "2020-02-01 23:00", "2020-01-01xyz", "2020-03-01"]
    with pytest.raises(SourceError, match="start_date: is not a date in row 3"):
        run(written(tmp_path / "in", start_date=days), tmp_path / "out", "fda")


@pytest.mark.parametrize("treatment", [[["a"]] * 4, [{"a": 1}] * 4])
def test_a_column_of_lists_is_refused(treatment: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="treatment: holds"):
        run(written(tmp_path / "in", treatment=treatment), tmp_path / "out", "fda")


def test_a_column_there_twice_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "in", PERSON_ID=[9, 9, 9, 9])
    with pytest.raises(SourceError, match="has the column person_id twice"):
        run(source, tmp_path / "out", "fda")


def test_words_as_categories_are_read(tmp_path: Path) -> None:
    text = {
        name: pl.Series([str(v) for v in FILLS[name]], dtype=pl.Categorical) for name in ("treatment", "start_date")
    }
    assert starts(run(written(tmp_path / "in", **text), tmp_path / "out", "fda")) == EXPECTED


def test_quotes_of_a_vocabulary_swallow_no_rows(tmp_path: Path) -> None:
    """OHDSI's vocabulary files stand between tabs, and their quotes are letters."""
    names = ['"unbalanced', "MDD", '5" needle', 'another "', '"whole"']
    rows = "".join(f"{i}\t{name}\tSNOMED\n" for i, name in enumerate(names))
    (tmp_path / "CONCEPT.csv").write_text(f"concept_id\tconcept_name\tvocabulary_id\n{rows}")
    found = pl.concat(read_chunks(tmp_path / "CONCEPT.csv", ("concept_id", "concept_name", "vocabulary_id")))
    assert found["concept_id"].to_list() == ["0", "1", "2", "3", "4"]
    assert found["concept_name"].to_list()[-1] == "whole"


# --- tables beside
@pytest.mark.parametrize(
    ("name", "columns", "lacks"),
    [
        ("death", {"death_date": [date(2020, 1, 5)]}, "date"),
        ("observation", {"start_date": [date(2020, 1, 5)]}, "end_date"),
        ("condition", {"code": ["mdd_single"]}, "condition"),
        ("measurement", {"code": ["phq9"], "date": [date(2020, 1, 5)]}, "value"),
    ],
)
def test_a_table_without_what_it_is_for_is_refused(
    name: str, columns: dict[str, Any], lacks: str, tmp_path: Path
) -> None:
    """A misnamed column of deaths would let the dead live on."""
    source = written(tmp_path / "in")
    pl.DataFrame({"person_id": [1], **columns}).write_parquet(source / f"{name}.parquet")
    with pytest.raises(SourceError, match=f"{name}.parquet: lacks the column {lacks}"):
        run(source, tmp_path / "out", "fda")


def test_a_word_that_is_not_known_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "in")
    row = {"person_id": [1], "treatment": ["sertraline"], "start_date": [date(2020, 1, 1)], "outcome": ["so so"]}
    pl.DataFrame(row).write_parquet(source / "outcome.parquet")
    with pytest.raises(SourceError, match="outcome: is not a word that is known in row 1"):
        run(source, tmp_path / "out", "fda")


@pytest.mark.parametrize("name", ["observation", "enrolment"])
def test_an_end_that_says_there_is_none_is_none(name: str, tmp_path: Path) -> None:
    """Nobody is followed to the year 9999: without an end the newest date on record is it."""
    source = written(tmp_path / "in")
    ends = [date(9999, 12, 31), date(2999, 1, 1), None]
    frame = pl.DataFrame({"person_id": [1, 2, 3], "start_date": [date(2019, 1, 1)] * 3, "end_date": ends})
    frame.write_parquet(source / f"{name}.parquet")
    out = run(source, tmp_path / "out", "fabbri_2021", small_cell=0)
    years = pl.read_parquet(out / "results" / "incidence_overall.parquet")["person_years"].item()
    days = [(date(2020, 3, 30) - first).days + 1 for first in EXPECTED]  # the newest day of supply: 30 March
    assert years == pytest.approx(sum(days) / 365.25)


def test_a_stay_that_has_not_ended_lasts_to_the_newest_date() -> None:
    exposure = pl.DataFrame(
        {"person_id": [1], "treatment_key": [knowledge().treatment_key("sertraline")], "start_date": [day(0)],
         "end_date": [day(30)], "daily_dose_mg": [50.0], "flags": [0]},
        schema_overrides={"treatment_key": pl.UInt16, "flags": pl.UInt8},
    )  # fmt: skip
    stay = pl.DataFrame({"person_id": [1], "start_date": [day(10)], "end_date": [date(9999, 12, 31)]})
    found = records_of({"exposure": exposure, "stay": stay}, Cut(day(50))).tables["exposure"]
    assert found["end_date"].to_list() == [day(10 + 20 + 40)]


# --- OMOP
def omop(folder: Path, change: Callable[[dict[str, pl.DataFrame]], None], *, csv: bool = False) -> Path:
    frames = omop_frames()
    change(frames)
    folder.mkdir()
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv") if csv else frame.write_parquet(folder / f"{name}.parquet")
    return folder


def as_floats(frames: dict[str, pl.DataFrame]) -> None:
    """As pandas writes a column in which a cell is empty."""
    for name, frame in frames.items():
        frames[name] = frame.with_columns(pl.selectors.contains("concept_id").cast(pl.Float64))


def with_nan(frames: dict[str, pl.DataFrame]) -> None:
    as_floats(frames)
    for name, column in (("drug_exposure", "drug_concept_id"), ("condition_occurrence", "condition_source_concept_id")):
        more = frames[name].head(1).with_columns(pl.lit(float("nan")).alias(column))
        frames[name] = pl.concat([frames[name], more])


@pytest.mark.parametrize(("change", "csv"), [(as_floats, True), (as_floats, False), (with_nan, False)])
def test_concepts_with_a_decimal_point_are_concepts(change: Any, csv: bool, tmp_path: Path) -> None:
    plain = run(omop(tmp_path / "plain", lambda _: None), tmp_path / "out0", "fda", small_cell=0)
    found = run(omop(tmp_path / "in", change, csv=csv), tmp_path / "out1", "fda", small_cell=0)
    assert table(found, "trial").equals(table(plain, "trial"))
    counts = [json.loads((out / "summary.json").read_text())["counts"] for out in (found, plain)]
    assert counts[0] == counts[1]
    assert counts[0]["persons_depression"] == 1


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("observation_period", "observation_period_end_date"),
        ("death", "death_date"),
        ("condition_occurrence", "person_id"),
        ("drug_strength", "amount_unit_concept_id"),
        ("concept_ancestor", "ancestor_concept_id"),
        ("measurement", "measurement_date"),
    ],
)
def test_a_column_that_a_cdm_lacks_is_named(name: str, column: str, tmp_path: Path) -> None:
    def without(frames: dict[str, pl.DataFrame]) -> None:
        frames[name] = frames[name].drop(column)

    with pytest.raises(SourceError, match=f"{name}: lacks the column {column}"):
        run(omop(tmp_path / "in", without), tmp_path / "out", "fda")


def test_a_part_of_a_table_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    source = omop(tmp_path / "in", lambda _: None)
    frame = pl.read_parquet(source / "drug_exposure.parquet")
    (source / "drug_exposure.parquet").unlink()
    (source / "drug_exposure").mkdir()
    frame.write_parquet(source / "drug_exposure" / "a.parquet")
    frame.drop("drug_concept_id").write_parquet(source / "drug_exposure" / "b.parquet")
    with pytest.raises(SourceError, match=r"b\.parquet: lacks the column drug_concept_id"):
        run(source, tmp_path / "out", "fda")


def test_a_table_there_twice_is_not_read_twice(tmp_path: Path) -> None:
    source = omop(tmp_path / "in", lambda _: None)
    omop_frames()["drug_exposure"].write_csv(source / "DRUG_EXPOSURE.csv")
    with pytest.raises(SourceError, match="holds the table drug_exposure twice"):
        run(source, tmp_path / "out", "fda")


@pytest.mark.parametrize(("month", "born"), [(13, date(1955, 7, 1)), (2, date(1955, 7, 1)), (4, date(1955, 4, 30))])
def test_a_birthday_that_no_calendar_has_is_the_middle_of_the_year(month: int, born: date, tmp_path: Path) -> None:
    def change(frames: dict[str, pl.DataFrame]) -> None:
        frames["person"] = frames["person"].with_columns(
            pl.lit(month).alias("month_of_birth"), pl.lit(30).alias("day_of_birth")
        )

    from remit.cohort.sources.omop import Omop

    source = Omop.at(str(omop(tmp_path / "in", change)), knowledge())
    frames = [frame for task in source.tasks() for name, frame in source.read(task) if name == "person"]
    assert pl.concat(frames).filter(person_id=1)["birth_date"].item() == born


def test_a_database_that_cannot_convert_is_refused_without_a_value(tmp_path: Path) -> None:
    import duckdb

    path = as_duckdb(tmp_path / "cdm.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE drug_exposure ALTER drug_concept_id TYPE VARCHAR")
        connection.execute("UPDATE drug_exposure SET drug_concept_id = 'secret' WHERE drug_concept_id = '999'")
    with pytest.raises(SourceError, match="table drug_exposure: cannot be read") as refused:
        run(path, tmp_path / "out", "fda")
    assert "secret" not in str(refused.value)
    assert str(SERTRALINE) not in str(refused.value)


# --- who persons are
def test_age_is_a_year_more_on_the_birthday() -> None:
    days = [
        (date(2000, 3, 1), date(2018, 3, 1), 18),  # 6,574 days, less than 18 x 365.25
        (date(2000, 3, 1), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(1936, 2, 29), date(2020, 2, 29), 84),
        (date(1950, 12, 31), date(2015, 12, 31), 65),
    ]
    epoch = date(1970, 1, 1)
    born, on = (np.array([(row[i] - epoch).days for row in days]) for i in (0, 1))
    assert whole_years(born, on).tolist() == [age for _, _, age in days]


def test_a_depression_after_the_index_date_is_not_known_yet(tmp_path: Path) -> None:
    source = written(tmp_path / "in")
    onset = [date(2020, 3, 1), date(2020, 6, 1), None]
    frame = pl.DataFrame({"person_id": [1, 2, 3], "condition": ["mdd_single"] * 3, "onset_date": onset})
    frame.write_parquet(source / "condition.parquet")
    out = run(source, tmp_path / "out", "fda", index_date=date(2020, 4, 1), small_cell=0)
    assert json.loads((out / "summary.json").read_text())["counts"]["persons_depression"] == 2


def test_the_index_date_is_a_day_of_the_window(tmp_path: Path) -> None:
    """180 days on sertraline, observed on just these: all of them are covered."""
    source = tmp_path / "in"
    source.mkdir()
    row = {"person_id": [1], "treatment": ["sertraline"], "start_date": [day(0)], "days_supply": [300]}
    pl.DataFrame(row).write_parquet(source / "exposures.parquet")
    pl.DataFrame({"person_id": [1], "start_date": [day(0)], "end_date": [day(180)]}).write_parquet(
        source / "observation.parquet"
    )
    found = pl.read_parquet(run(source, tmp_path / "out", "fda", small_cell=0) / "results" / "persistence.parquet")
    assert found.row(0)[:4] == ("sertraline", 1, 1.0, 1.0)


# --- notebooks
@pytest.mark.parametrize("as_source", [pl.DataFrame.lazy, pl.DataFrame.to_arrow, pl.DataFrame.to_pandas, lambda f: f])
def test_frames_of_every_kind(as_source: Callable[[pl.DataFrame], Any]) -> None:
    frame = pl.DataFrame(FILLS).select(*reversed(list(FILLS)), pl.lit(None).alias("more"))
    assert remit.assess(remit.scan_exposures(as_source(frame)), "fda").trial.height == 3


def test_columns_of_no_use_may_hold_anything() -> None:
    frame = pl.DataFrame(FILLS).with_columns(pl.Series("more", [object()] * 4, dtype=pl.Object))
    assert remit.assess(frame, ("fda",), carry_over=True).trial.height == 3


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"definitions": []}, "no definition"),
        ({"index_date": "2020-06-01"}, "index_date is not a day"),
        ({"engine": "dask"}, "engine"),
        ({"small_cell": -1}, "small_cell"),
        ({"small_cell": 2.5}, "small_cell"),
    ],
)
def test_what_cannot_be_asked_is_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        remit.assess(pl.DataFrame(FILLS), **values)


def test_a_thing_that_is_no_frame_is_refused() -> None:
    with pytest.raises(UsageError, match="int"):
        remit.scan_exposures(5)


def test_a_moment_is_its_day() -> None:
    found = remit.assess(pl.DataFrame(FILLS), ["fda"], index_date=datetime(2020, 2, 15, tzinfo=UTC))
    assert found.trial["start_date"].max() == date(2020, 1, 1)
