"""Tables that transforms write as arrays say the same as their frames."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

from generative.people import RandomChooser, draw_person
from generative.records import to_records
from remit.engine.columns import HANDFUL, NO_CODE, NO_DAY, NO_DAYS
from remit.engine.written import Columns, Pending, Written, columns_of
from remit.flow.records import read_records
from remit.knowledge import load_knowledge
from remit.pipeline import assess
from remit.tables import (
    RECORDS,
    Adequacy,
    Response,
    Table,
    Tables,
    Trial,
    TrialExposure,
    TrialNote,
    TrialOverlap,
    TrialRun,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "history.yaml"
MANY = 600
WRITTEN = (Trial, TrialNote, TrialExposure, TrialRun, TrialOverlap, Response, Adequacy)


def drawn(n: int) -> Tables:
    chooser = RandomChooser(Random("written"))
    return to_records([draw_person(chooser) for _ in range(n)], load_knowledge())


@pytest.mark.parametrize("n_persons", [0, 1, MANY])
@pytest.mark.parametrize("table", WRITTEN)
def test_arrays_say_what_the_frame_says(table: type[Table], n_persons: int) -> None:
    knowledge = load_knowledge()
    records = drawn(n_persons) if n_persons else read_records([EXAMPLE], knowledge)
    assessed = assess(records, knowledge)
    kept = columns_of(assessed, table)
    arrays = {name: kept[name] for name in table.dtypes() if name != "measure_id"}
    frame = assessed[table.table_name()]
    assert frame.schema == table.dtypes()
    assert kept.height == frame.height
    assert (len(assessed["trial"]) > HANDFUL) == (n_persons == MANY)
    read = columns_of({table.table_name(): frame}, table)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array, err_msg=name)


def test_what_is_written_stays_as_it_is() -> None:
    knowledge = load_knowledge()
    columns = columns_of(assess(read_records([EXAMPLE], knowledge), knowledge), Adequacy)
    with pytest.raises(ValueError, match="read-only"):
        columns["dose_met"][0] = 0


def test_stand_ins_become_null() -> None:
    columns: dict[str, Any] = {
        "trial_key": np.arange(2, dtype=np.uint32),
        "start_latest_date": np.array([0, NO_DAY], np.int32),
        "sessions": np.array([3.0, np.nan]),
        "stop_reason": np.array([0, NO_CODE], np.uint8),
        "augments_key": np.array([7.0, np.nan]),
    }
    frame = Columns(TrialNote, 2, columns).frame()
    assert [frame[name].is_null().to_list() for name in columns] == [[False, False]] + [[False, True]] * 4
    assert frame["start_latest_date"].dtype == pl.Date
    assert frame["augments_key"].to_list() == [7, None]
    assert frame["stop_reason"].to_list() == ["no_effect", None]
    days = Columns(TrialRun, 2, {"days": np.array([5, NO_DAYS], np.int32)}).frame()
    assert days["days"].to_list() == [5, None]


def test_a_table_is_made_when_it_is_asked_for_and_once() -> None:
    calls = []

    def make() -> pl.DataFrame:
        calls.append(1)
        return pl.DataFrame({"a": [1]})

    tables = Written({"one": Pending(make)})
    assert not calls
    assert list(tables) == ["one"]
    assert tables["one"] is tables["one"]
    assert calls == [1]


def test_what_is_pending_does_not_outlive_its_run() -> None:
    knowledge = load_knowledge()
    records = read_records([EXAMPLE], knowledge)
    first = assess(records, knowledge)
    finding, missing = first["finding"], assess(records, knowledge)["missing"]
    joined = first | {"plan": pl.DataFrame()}
    del first
    assert joined["finding"].equals(finding)
    assert joined["missing"].equals(missing)


def test_records_are_read_alike() -> None:
    knowledge = load_knowledge()
    records = read_records([EXAMPLE], knowledge)
    for table in RECORDS:
        columns = columns_of(records, table)
        assert columns.height == records[table.table_name()].height
