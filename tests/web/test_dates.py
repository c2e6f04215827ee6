"""Dates as people say them: what each may mean, told by hand; a reading is never narrower than what was said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.flow.records.dates import Span, read_interval
from remit.knowledge.text import load_text
from remit.surfaces.web.fuzzy import DateReader
from remit.surfaces.web.spans import Unreadable, written

TODAY = date(2026, 11, 22)
READER = DateReader(load_text(), TODAY, "GB")

SAID = {
    "2023-03-14": "2023-03-14",
    "2023-03": "2023-03",
    "2023": "2023",
    "March 2023": "2023-03",
    "mar 2023": "2023-03",
    "in March of 2023": "2023-03",
    "3/2023": "2023-03",
    "14 March 2023": "2023-03-14",
    "March 14, 2023": "2023-03-14",
    "14th of March 2023": "2023-03-14",
    "14.3.2023": "2023-03-14",
    "14/03/2023": "2023-03-14",
    "spring 2023": "2023-03/2023-05",
    "summer of 2021": "2021-06/2021-08",
    "autumn 2020": "2020-09/2020-11",
    "fall 2020": "2020-09/2020-11",
    "winter 2022": "2021-12/2023-02",  # either winter of that year
    "Christmas 2022": "2022-12",
    "early 2023": "2023-01/2023-04",
    "mid 2023": "2023-05/2023-08",
    "end of 2023": "2023-09/2023-12",
    "early March 2023": "2023-03-01/2023-03-10",
    "end of March 2023": "2023-03-21/2023-03-31",
    "about 2019": "2018/2020",
    "around March 2020": "2020-02/2020-04",
    "2010s": "2010/2019",
    "March to May 2023": "2023-03/2023-05",
    "between March 2022 and June 2023": "2022-03/2023-06",
    "2021 or 2022": "2021/2022",
    "late 2021 to early 2022": "2021-09/2022-04",
    "today": "2026-11-22",
    "yesterday": "2026-11-21",
    "last month": "2026-10",
    "last year": "2025",
    "this year": "2026",
    "2 years ago": "2024-05/2025-05",
    "about two years ago": "2023-05/2026-05",
    "three months ago": "2026-07/2026-09",
    "don't know": "unknown",
    "?": "unknown",
    "I don\u2019t know": "unknown",
    "not sure?": "unknown",
    "14/03/22": "2022-03-14",  # as on a box
    "14.3.98": "1998-03-14",
    "'22": "2022",
    "Sept \u201922": "2022-09",
    "spring of '23": "2023-03/2023-05",
    "2023-3-1": "2023-03-01",
    "2023.03.14": "2023-03-14",
    "2019-2020": "2019/2020",
    "2019 \u2013 2020": "2019/2020",
    "2019?": "2018/2020",
    "March 2020?": "2020-02/2020-04",
    "3 yrs ago": "2023-05/2024-05",
    "3 mos ago": "2026-07/2026-09",
    "end 2021": "2021-09/2021-12",
    "during 2020": "2020",
    "over Christmas 2020": "2020-12",
    "last Christmas": "2025-12",
    "this spring": "2026-03/2026-05",
    "this November": "2026-11",
    "last part of 2022": "2022-09/2022-12",
    "last spring 2023": "2023-03/2023-05",
    "": "unknown",
}


@pytest.mark.parametrize(("said", "meant"), SAID.items())
def test_what_is_said_is_what_is_meant(said: str, meant: str) -> None:
    assert written(READER.read(said)) == meant


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("some time", "not_a_date"),
        ("13/2023", "not_a_date"),
        ("30 February 2023", "not_a_date"),
        ("2023-02-30", "not_a_date"),
        ("March", "no_year"),
        ("spring", "no_year"),
        ("May 2023 to March 2022", "order"),
        ("99999", "not_a_date"),
        ("March April 2023", "not_a_date"),
        ("last summer", "no_year"),  # in November: of this year, or the one before
        ("last May", "no_year"),
        ("31/02/22", "not_a_date"),
        ("'22 '23", "not_a_date"),
    ],
)
def test_what_cannot_be_read_says_why(said: str, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        READER.read(said)
    assert raised.value.reason == reason


def test_the_order_of_day_and_month_hangs_on_the_country() -> None:
    def read(country: str | None) -> str:
        return written(DateReader(load_text(), TODAY, country).read("3/4/2023"))

    assert (read("US"), read("GB")) == ("2023-03-04", "2023-04-03")
    with pytest.raises(Unreadable) as raised:
        read(None)
    assert raised.value.reason == "ambiguous"


def test_last_summer_is_one_summer_once_the_year_has_turned() -> None:
    assert written(DateReader(load_text(), date(2027, 2, 1), "GB").read("last summer")) == "2026-06/2026-08"


def test_a_short_year_is_ambiguous_where_a_long_one_is() -> None:
    with pytest.raises(Unreadable) as raised:
        DateReader(load_text(), TODAY).read("03/04/22")
    assert raised.value.reason == "ambiguous"


def test_seasons_hang_on_the_half_of_the_world() -> None:
    south = DateReader(load_text(), TODAY, "AU")
    assert written(south.read("spring 2023")) == "2023-09/2023-11"
    assert written(south.read("winter 2023")) == "2023-06/2023-08"


DAYS = st.dates(date(1950, 1, 1), date(2099, 12, 31))


@given(DAYS, st.integers(0, 2000))
def test_what_is_written_is_read_as_the_same(first: date, n: int) -> None:
    span = Span(first, min(first + timedelta(days=n), date(2100, 1, 1)))
    assert read_interval(written(span)) == span
    assert READER.read(written(span)) == span


@given(DAYS)
def test_about_is_wider(day: date) -> None:
    for said in (day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}"):
        exact, about = READER.read(said), READER.read(f"about {said}")
        assert about.first and about.last and exact.first and exact.last
        assert about.first < exact.first
        assert exact.last < about.last


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(said: str) -> None:
    try:
        span = READER.read(said)
    except Unreadable:
        return
    assert read_interval(written(span)) == span


@pytest.mark.parametrize("wrong", ["2023-05/2023-03", "2023-03/", "/2023", "2023/unknown", "2023/2024/2025", "spring"])
def test_intervals_of_a_history_are_strict(wrong: str) -> None:
    with pytest.raises(ValueError):
        read_interval(wrong)


def test_an_interval_covers_both_ends() -> None:
    assert read_interval("2023-03/2023-05") == Span(date(2023, 3, 1), date(2023, 5, 31))
    assert read_interval("2023-03-14") == Span(date(2023, 3, 14), date(2023, 3, 14))
