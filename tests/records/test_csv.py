"""Tables: one row per treatment, however a spreadsheet saved them."""

from __future__ import annotations

from datetime import date

import pytest

HEADER = (
    "person_id,treatment,start,end,daily_dose_mg,sessions,outcome,improvement_percent,"
    "stopped_because,adherence,augments"
)


def test_rows_become_exposures(read, exposures):
    text = f"""{HEADER}
a,Zoloft,2024-03-01,2024-06-30,100,,none,,no_effect,0.9,
a,lithium,2024-05,unknown,,,,,,,sertraline
b,ECT,2025-01-01,2025-01-28,,8,unknown,10,,,
"""
    records = read(text, "t.csv")
    assert records["person"]["person_id"].to_list() == ["a", "b"]
    assert exposures(records, "start_date", "end_date", "end_kind", "daily_dose_mg", "sessions", "adherence") == [
        ("sertraline", "2024-03-01", "2024-07-01", "ended", "100.0", None, "0.9"),
        ("lithium", "2024-05-01", None, "unknown", None, None, None),
        ("ect", "2025-01-01", "2025-01-29", "ended", None, "8.0", None),
    ]
    assert records["outcome"].select("exposure_key", "outcome", "improvement_percent").rows() == [
        (0, "none", None),
        (2, None, 10.0),
    ]
    assert records["exposure_note"]["record_ref"].to_list() == ["t.csv: row 2", "t.csv: row 3", "t.csv: row 4"]
    assert records["person"]["index_date"].to_list() == [date(2025, 1, 28)] * 2


@pytest.mark.parametrize(
    "text",
    [
        "treatment,start,daily_dose_mg\nsertraline,2024-03-01,12.5\n",
        "Treatment ; START ; Daily dose mg\nsertraline;2024-03-01;12,5\n",
        "\ufefftreatment\tstart\tdaily_dose_mg\r\nsertraline\t2024-03-01\t12.5\r\n\r\n",
        '"treatment","start","daily_dose_mg"\n"sertraline","2024-03-01","12.5"\n,,\n',
    ],
)
def test_separators_case_and_line_ends(read, exposures, text):
    records = read(text, "t.csv")
    assert exposures(records, "start_date", "daily_dose_mg") == [("sertraline", "2024-03-01", "12.5")]
    assert records["person"]["person_id"].to_list() == ["p1"]


def test_a_table_is_known_by_its_header_whatever_its_name(read, exposures):
    assert exposures(read("treatment,start\nsertraline,2024\n", "export.txt")) == [("sertraline",)]


def test_episode_start_column_and_option(read):
    text = "person_id,treatment,start,episode_start\na,sertraline,2024,2023-05\nb,sertraline,2024,\n"
    rows = read(text, "t.csv", episode_start=date(2022, 1, 1))["episode"].sort("person_key").rows()
    assert [row[1:3] for row in rows] == [
        (date(2023, 5, 1), date(2023, 5, 31)),
        (date(2022, 1, 1), date(2022, 1, 1)),
    ]


def test_extra_columns_are_told(read, codes):
    records = read("treatment,start,colour\nsertraline,2024,red\n", "t.csv", index_date=date(2025, 1, 1))
    assert codes(records) == ["columns_not_read"]


BAD = {
    "unknown drug": ("treatment\nzzyzxine\n", "t.csv: row 2, column treatment"),
    "no drug": ("treatment,start\n,2024\n", "t.csv: row 2, column treatment"),
    "date": ("treatment,start\nsertraline,03/2024\n", "t.csv: row 2, column start: is not a date"),
    "end before start": ("treatment,start,end\nsertraline,2024,2023\n", "column end: ends before it starts"),
    "dose": ("treatment,daily_dose_mg\nsertraline,many\n", "column daily_dose_mg: is not a number"),
    "NaN": ("treatment,daily_dose_mg\nsertraline,NaN\n", "column daily_dose_mg: is not a number"),
    "thousands": ("treatment;daily_dose_mg\nsertraline;1,000\n", "column daily_dose_mg: is not a number"),
    "negative": ("treatment,daily_dose_mg\nsertraline,-5\n", "column daily_dose_mg: must be above 0"),
    "100-fold": ("treatment,daily_dose_mg\nsertraline,10000\n", "column daily_dose_mg: is far above"),
    "outcome": ("treatment,outcome\nsertraline,fine\n", "column outcome: is not one of"),
    "adherence": ("treatment,adherence\nsertraline,80\n", "column adherence: must be at most 1"),
    "duplicate rows": (
        "treatment,start\nsertraline,2024\nlithium,2024\nsertraline,2024\n",
        "t.csv: row 4: is a duplicate of row 2",
    ),
    "some persons": ("person_id,treatment,start\na,sertraline,2024\n,lithium,2024\n", "rows without person_id"),
    "column twice": ("treatment,treatment\nsertraline,x\n", "names the column treatment twice"),
    "column nearly right": ("treatment,daily_dos_mg\nsertraline,5\n", "Did you mean daily_dose_mg?"),
    "two episodes": (
        "person_id,treatment,episode_start\na,sertraline,2024\na,lithium,2023\n",
        "row 3, column episode_start: differs",
    ),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_faults_name_row_and_column(faults, case):
    text, words = BAD[case]
    listed = faults(text, "t.csv")
    assert any(words in line for line in listed), listed


def test_two_files_may_not_share_a_person(tmp_path, knowledge):
    from remit.errors import SourceError
    from remit.flow.records import read_records

    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("person_id,treatment,start\nx,sertraline,2024\n")
    with pytest.raises(SourceError, match=r"b.csv: row 2, column person_id: gives the same person id as a.csv"):
        read_records([tmp_path / "a.csv", tmp_path / "b.csv"], knowledge)
