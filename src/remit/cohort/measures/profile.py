"""Who the persons of a bucket are: age, sex, when treatment began, and to which populations they belong."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.cohort.outcome import Judged
from remit.engine.columns import NO_DAY, days
from remit.engine.intervals import FAR
from remit.flow.settle import person_rows

POPULATIONS = ("all", "antidepressant", "depression")
"""Everyone with a treatment on record; those with an antidepressant; those who also have a recorded depression."""

PUBLISHED = "published"
"""Those at whom a definition's authors looked (`remit.cohort.measures.published`)."""

DEPRESSION = "depression"
MAIN_ROLES = ("antidepressant", "rapid_acting")
UNKNOWN = "unknown"


class Profile:
    """Persons of a bucket as arrays of one length.

    Parameters
    ----------
    judged : Judged
    """

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self.n = judged.n_persons
        tables, knowledge = judged.tables, judged.knowledge
        self.index: NDArray[np.int32] = days(tables["person"]["index_date"])
        trial = tables["trial"]
        self.trial_person = person_rows(tables, trial["person_key"].to_numpy())
        is_main = knowledge.in_roles(*MAIN_ROLES)[trial["treatment_key"].to_numpy()]
        start = days(trial["start_date"]).astype(np.int64)
        first = np.full(self.n, FAR, np.int64)
        is_dated = is_main & (start != NO_DAY)
        np.minimum.at(first, self.trial_person[is_dated], start[is_dated])
        self.first = first
        self.has_main = np.zeros(self.n, np.bool_)
        self.has_main[self.trial_person[is_main]] = True
        self.died = judged.bucket.died

    @cached_property
    def has_depression(self) -> NDArray[np.bool_]:
        """Whether a depression is on record by the index date, and not refuted; one without a day is."""
        tables, knowledge = self.judged.tables, self.judged.knowledge
        condition = tables["condition"].filter(pl.col("status").fill_null("active") != "refuted")
        found = np.zeros(self.n, np.bool_)
        if not condition.is_empty():
            wanted = [c for c in condition["condition_id"].unique() if DEPRESSION in knowledge.condition_closure(c)]
            own = condition.filter(pl.col("condition_id").is_in(wanted))
            person = person_rows(tables, own["person_key"].to_numpy())
            found[person[days(own["onset_date"]) <= self.index[person]]] = True
        return found

    def population(self, name: str) -> NDArray[np.bool_]:
        """By person: whether they belong to a population."""
        if name == POPULATIONS[0]:
            return np.ones(self.n, np.bool_)
        return self.has_main if name == POPULATIONS[1] else self.has_main & self.has_depression

    @cached_property
    def age_band(self) -> NDArray[np.int64]:
        """Number of the age band on the first day of the first antidepressant; -1 where it is unknown."""
        born = days(self.judged.tables["person"]["birth_date"]).astype(np.int64)
        bands = np.array(self.judged.knowledge.cohort.age_bands.values)
        years = whole_years(born, self.first)
        is_known = (born != NO_DAY) & (self.first != FAR) & (years >= bands[0])
        return np.where(is_known, np.searchsorted(bands, years, side="right") - 1, -1)

    @cached_property
    def sex(self) -> NDArray[np.int64]:
        """Number of the sex among `sexes`."""
        return self._sex.to_physical().to_numpy().astype(np.int64)

    @cached_property
    def sexes(self) -> list[str]:
        """Sexes on record in the bucket, and unknown."""
        return list(self._sex.dtype.categories)  # type: ignore[attr-defined]

    @cached_property
    def _sex(self) -> pl.Series:
        column = self.judged.tables["person"]["sex"].str.to_lowercase().fill_null(UNKNOWN)
        names = sorted({*column.unique().to_list(), UNKNOWN})
        return column.cast(pl.Enum(names))


def whole_years(born: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Age in whole years: a year older on the birthday, and on the first of March who was born on a leap day."""
    dates = [at.astype("datetime64[D]") for at in (born, day)]
    years, months = ([at.astype(f"datetime64[{unit}]") for at in dates] for unit in ("Y", "M"))
    in_year = [_MONTH_DAYS * (m - y.astype("datetime64[M]")).astype(np.int64) + (d - m.astype("datetime64[D]")).astype(
        np.int64) for d, m, y in zip(dates, months, years, strict=True)]  # fmt: skip
    return np.asarray((years[1] - years[0]).astype(np.int64) - (in_year[1] < in_year[0]))


_MONTH_DAYS = 31


def band_names(bounds: tuple[int, ...]) -> list[str]:
    """Names of age bands: 18-24, 85+."""
    inner = [f"{a}-{b - 1}" for a, b in pairwise(bounds)]
    return [*inner, f"{bounds[-1]}+"]
