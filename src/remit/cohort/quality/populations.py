"""From persons and events to who is counted by a measure: whole frames, person by person only in the joins.

A person is in the initial population, the denominator, the exclusions or the numerator of a result; who is excluded is
in no numerator.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from remit.engine.columns import days
from remit.engine.grouping import covered_days
from remit.engine.shares import wilson
from remit.knowledge.measures import DayOfYear, Exclusion, Near, Score, ScoreMeasure, Supply, SupplyMeasure
from remit.tables import Tables

MEMBERS = pl.Schema(
    {
        "person_id": pl.String,
        "measure": pl.String,
        "result": pl.String,
        "index_date": pl.Date,
        "initial_population": pl.Boolean,
        "denominator": pl.Boolean,
        "denominator_exclusion": pl.Boolean,
        "numerator": pl.Boolean,
        "value": pl.Float64,  # days covered, or the last score
    }
)
"""One row per person and result of a measure."""

POPULATIONS = ("initial_population", "denominator", "denominator_exclusion", "numerator")

_FAR = date(9999, 12, 31)
_PERSON = "person_id"


def members(tables: Tables, measure: SupplyMeasure | ScoreMeasure, period_start: date) -> pl.DataFrame:
    """Who is counted by a measure.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `person` and `event` (`remit.cohort.quality.reading`).
    measure : SupplyMeasure or ScoreMeasure
    period_start : date
        First day of the measurement period, which lasts a year.

    Returns
    -------
    DataFrame
        `MEMBERS`, in order of person and result.
    """
    counted = _Supplied if isinstance(measure, SupplyMeasure) else _Scored
    return counted(tables, measure, period_start).table()


class _Counted:
    """What both shapes share; `index` holds the index day of each person who has one."""

    def __init__(self, tables: Tables, measure: Any, period_start: date) -> None:
        self.person, self.measure, self.start = tables["person"], measure, period_start
        self.end = period_start.replace(year=period_start.year + 1) - timedelta(1)
        prefix = f"{measure.id}."
        own = tables["event"].filter(pl.col("event").str.starts_with(prefix))
        self._events = own.with_columns(
            pl.col("event").str.strip_prefix(prefix), pl.col("last_date").fill_null(pl.lit(_FAR))
        )
        self.index = self._indexed()

    def _indexed(self) -> pl.DataFrame:
        """`person_id` and `index_date`."""
        raise NotImplementedError

    def _in_population(self) -> pl.Series:
        """By person of `index`: what is asked beside the age."""
        return pl.repeat(True, self.index.height, eager=True)

    def _results(self) -> dict[str, tuple[pl.DataFrame, pl.Expr]]:
        """By result: `person_id` and `value`, and when that is enough."""
        raise NotImplementedError

    def _points(self) -> dict[str, pl.Expr]:
        """What a window may be counted from."""
        return {"period_start": pl.lit(self.start), "period_end": pl.lit(self.end), "index": pl.col("index_date")}

    def of(self, *names: str) -> pl.DataFrame:
        """Events of these names."""
        return self._events.filter(pl.col("event").is_in(names))

    def table(self) -> pl.DataFrame:
        """`MEMBERS`."""
        whole = self.index.with_columns(self._in_population().alias("asked"))
        whole = self.person.join(whole, on=_PERSON, how="left", maintain_order="left")
        is_old = _age(pl.col("birth_date"), pl.col("index_date")) >= self.measure.age_at_least.value
        excluded = self._excluded().select(_PERSON, pl.lit(True).alias("excluded"))
        whole = whole.with_columns((is_old & pl.col("asked")).fill_null(False).alias("initial_population"))
        whole = whole.join(excluded, on=_PERSON, how="left", maintain_order="left").with_columns(
            (pl.col("initial_population") & pl.col("excluded").fill_null(False)).alias("denominator_exclusion"),
            pl.col("initial_population").alias("denominator"),
        )
        parts = []
        for result, (values, is_enough) in self._results().items():
            found = whole.join(values, on=_PERSON, how="left", maintain_order="left").with_columns(
                pl.lit(self.measure.id).alias("measure"),
                pl.lit(result).alias("result"),
                (pl.col("denominator") & ~pl.col("denominator_exclusion") & is_enough.fill_null(False)).alias(
                    "numerator"
                ),
            )
            parts.append(found.select(MEMBERS.names()).cast(MEMBERS))
        return pl.concat(parts).sort(_PERSON, maintain_order=True)

    def _excluded(self) -> pl.DataFrame:
        found = [self._left_out(exclusion) for exclusion in self.measure.exclusions]
        return pl.concat([pl.DataFrame(schema={_PERSON: pl.String}), *found]).unique()

    def _left_out(self, exclusion: Exclusion) -> pl.DataFrame:
        points = self._points()
        until = points[exclusion.until] + pl.duration(days=exclusion.until_days)
        since = pl.lit(date.min) if exclusion.since is None else points[exclusion.since]
        since = since + pl.duration(days=exclusion.since_days) if exclusion.since_days else since
        begin, last = pl.col("start_date"), pl.col("last_date")
        inside = {
            "overlaps": (begin <= until) & (last >= since),
            "begins": begin.is_between(since, until),
            "ends": last.is_between(since, until),
        }[exclusion.how]
        rows = self.of(*exclusion.events).join(self.index, on=_PERSON).filter(inside).select(_PERSON)
        if exclusion.also_death:
            died = self.person.join(self.index, on=_PERSON).filter(pl.col("death_date") <= until)
            rows = pl.concat([rows, died.select(_PERSON)])
        return rows


class _Supplied(_Counted):
    """Days covered after the first dispensing."""

    measure: SupplyMeasure

    def _indexed(self) -> pl.DataFrame:
        since, until = (self._day(d) for d in (self.measure.intake_from, self.measure.intake_to))
        first = self.of(self.measure.first).filter(pl.col("start_date").is_between(since, until))
        return first.group_by(_PERSON).agg(pl.col("start_date").min().alias("index_date")).sort(_PERSON)

    def _day(self, day: DayOfYear) -> date:
        return date(self.start.year - day.years_before, day.month, day.day)

    def _in_population(self) -> pl.Series:
        is_asked = pl.repeat(True, self.index.height, eager=True)
        for near in self.measure.requires:
            is_asked = is_asked & self.index[_PERSON].is_in(self._near(near)[_PERSON].implode())
        return is_asked

    def _near(self, near: Near) -> pl.DataFrame:
        apart = (pl.col("start_date") - pl.col("index_date")).dt.total_days().abs()
        return self.of(*near.events).join(self.index, on=_PERSON).filter(apart <= near.within_days)

    def _results(self) -> dict[str, tuple[pl.DataFrame, pl.Expr]]:
        number = self.index.with_row_index("group")
        rows = self.of(self.measure.first).join(number, on=_PERSON)
        first, begin, last = (days(rows[name]).astype(np.int64) for name in ("index_date", "start_date", "last_date"))
        return {r.id: self._covered(r, number, rows["group"], first, begin, last) for r in self.measure.results}

    def _covered(
        self, result: Supply, number: pl.DataFrame, group: pl.Series, first: Any, begin: Any, last: Any
    ) -> tuple[pl.DataFrame, pl.Expr]:
        end = np.minimum(last, first + int(result.within_days)) + 1
        found = covered_days(group.to_numpy().astype(np.int64), np.maximum(begin, first), end, number.height)
        values = number.select(_PERSON).with_columns(pl.Series("value", found, pl.Float64))
        return values, pl.col("value") >= result.at_least_days


class _Scored(_Counted):
    """The last score about a year after the first high one."""

    measure: ScoreMeasure

    def _indexed(self) -> pl.DataFrame:
        since, until = (self._months_before(n) for n in self.measure.identification_months)
        visits = self.of(self.measure.visits).filter((pl.col("last_date") >= since) & (pl.col("last_date") < until))
        diagnosed = self.of(self.measure.diagnoses).select(
            _PERSON, pl.col("start_date").alias("onset"), pl.col("last_date").alias("over")
        )
        during = (pl.col("start_date") <= pl.col("over")) & (pl.col("last_date") >= pl.col("onset"))
        visits = visits.join(diagnosed, on=_PERSON).filter(during)
        visits = visits.select(_PERSON, pl.col("start_date").alias("visit"), pl.col("last_date").alias("left"))
        early = pl.col("visit") - pl.duration(days=self.measure.days_before_visit)
        high = self.of(self.measure.scores).filter(pl.col("value") > self.measure.more_than)
        near = high.join(visits, on=_PERSON).filter(pl.col("start_date").is_between(early, pl.col("left")))
        return near.group_by(_PERSON).agg(pl.col("start_date").min().alias("index_date")).sort(_PERSON)

    def _months_before(self, months: int) -> date:
        return self._shifted(pl.lit(self.start), f"-{months}mo")

    @staticmethod
    def _shifted(day: pl.Expr, by: str) -> date:
        found: date = pl.select(day.dt.offset_by(by)).item()
        return found

    @property
    def _assessed(self) -> pl.Expr:
        return pl.col("index_date").dt.offset_by(f"{self.measure.assessed_after_months}mo")

    def _points(self) -> dict[str, pl.Expr]:
        within = pl.duration(days=self.measure.assessed_within_days)
        first = pl.lit(self._months_before(self.measure.identification_months[0]))
        return super()._points() | {"identification_start": first, "assessment_end": self._assessed + within}

    def _results(self) -> dict[str, tuple[pl.DataFrame, pl.Expr]]:
        within = pl.duration(days=self.measure.assessed_within_days)
        rows = self.of(self.measure.scores).join(self.index, on=_PERSON)
        inside = pl.col("start_date").is_between(self._assessed - within, self._assessed + within)
        last = rows.filter(inside).sort("at").group_by(_PERSON, maintain_order=True).agg(pl.col("value").last())
        return {result.id: _below(last, result) for result in self.measure.results}


def _below(last: pl.DataFrame, result: Score) -> tuple[pl.DataFrame, pl.Expr]:
    return last, pl.col("value") < result.below


def _age(born: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Whole years of age."""
    is_before = (day.dt.month() < born.dt.month()) | (
        (day.dt.month() == born.dt.month()) & (day.dt.day() < born.dt.day())
    )
    return day.dt.year() - born.dt.year() - is_before.cast(pl.Int32)


def totals(table: pl.DataFrame) -> pl.DataFrame:
    """Counts of each population by measure and result, and the share who meet it with Wilson's interval."""
    counts = table.group_by("measure", "result", maintain_order=True).agg(pl.col(POPULATIONS).sum().cast(pl.Int64))
    left = counts["denominator"] - counts["denominator_exclusion"]
    met = counts["numerator"]
    low, high = wilson(met.to_numpy(), left.to_numpy())
    return counts.with_columns(
        (left - met).alias("not_met"),
        (met / pl.when(left > 0).then(left)).alias("share"),
        pl.Series("share_low", low, nan_to_null=True),
        pl.Series("share_high", high, nan_to_null=True),
    )
