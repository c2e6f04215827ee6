"""Scores of a run in order of person, instrument and time, cut into years: of a long course most years stay as they
are from one score to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import days
from remit.render.views import TrialView

_EPOCH = date(1970, 1, 1).toordinal()


class Note(NamedTuple):
    """What is to be said of a score beside its value."""

    at: int  # its place in the year
    trial: TrialView | None  # that it ends
    event: str | None  # on it, such as a response


class YearOfScores(NamedTuple):
    """Scores of one person and instrument in one year, by all that their points are drawn from."""

    instrument: str
    days: bytes  # int32 from 1970-01-01
    values: bytes  # float64
    are_imputed: bytes  # bool
    notes: tuple[Note, ...]

    def scores(self) -> Iterator[tuple[date, float, bool]]:
        """Day, value, and whether part of it was filled in, in order of time."""
        day = [date.fromordinal(_EPOCH + n) for n in np.frombuffer(self.days, np.int32).tolist()]
        value, imputed = np.frombuffer(self.values, np.float64), np.frombuffer(self.are_imputed, np.bool_)
        return zip(day, value.tolist(), imputed.tolist(), strict=True)


class Line(NamedTuple):
    """Scores of one person on one instrument, in order of time and key."""

    day: NDArray[np.int32]
    value: NDArray[np.float64]
    is_imputed: NDArray[np.bool_]
    key: NDArray[np.uint32]  # measurement_key

    def upto(self, last: date) -> Line:
        """The scores up to and including a day."""
        n = int(np.searchsorted(self.day, last.toordinal() - _EPOCH, side="right"))
        return self if n == len(self.day) else Line._make(column[:n] for column in self)

    def years(self, instrument: str, noted: Mapping[int, tuple[TrialView | None, str | None]]) -> list[YearOfScores]:
        """The same by calendar year.

        Parameters
        ----------
        instrument : str
        noted : mapping
            By key of a score, the trial that it ends and the event on it.
        """
        at = np.flatnonzero(np.isin(self.key, np.fromiter(noted, np.uint32, len(noted))))
        keys, year = self.key[at].tolist(), self.day.astype("datetime64[D]").astype("datetime64[Y]")
        cuts = [0, *(np.flatnonzero(year[1:] != year[:-1]) + 1).tolist(), len(year)]
        begins = np.searchsorted(at, cuts).tolist()
        places = at.tolist()
        return [
            YearOfScores(
                instrument,
                self.day[low:high].tobytes(),
                self.value[low:high].tobytes(),
                self.is_imputed[low:high].tobytes(),
                tuple([Note(places[n] - low, *noted[keys[n]]) for n in range(begins[i], begins[i + 1])]),
            )
            for i, (low, high) in enumerate(pairwise(cuts))
        ]


class Lines:
    """Scores of a run.

    Parameters
    ----------
    measurement : DataFrame
        The table.
    asked : collection of str
        Ids of the instruments that are drawn.
    """

    def __init__(self, measurement: pl.DataFrame, asked: Collection[str]) -> None:
        table = measurement.filter(pl.col("measure_id").is_in(list(asked)))
        self._names = sorted(table["measure_id"].unique().to_list())
        person, key, day = (table[c].to_numpy() for c in ("person_key", "measurement_key", "date"))
        code = np.searchsorted(np.array(self._names), table["measure_id"].to_list()) if self._names else key
        order = np.lexsort((key, day, code, person))
        self._line = person[order].astype(np.int64) * len(self._names) + code[order]
        value, is_imputed = table["value"].to_numpy()[order], table["is_imputed"].to_numpy()[order]
        self._columns = Line(days(table["date"])[order], value, is_imputed, key[order])

    def of(self, person_key: int) -> dict[str, Line]:
        """Scores of a person by instrument."""
        first = person_key * len(self._names)
        cuts = np.searchsorted(self._line, range(first, first + len(self._names) + 1)).tolist()
        ends = zip(self._names, cuts[:-1], cuts[1:], strict=True)
        return {name: Line._make(c[low:high] for c in self._columns) for name, low, high in ends if low < high}
