"""What the readers have found so far, persons by facts. Used by the readers of `facts`."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from remit.engine.columns import nullable_codes, nullable_numbers
from remit.engine.expressions import within
from remit.engine.logic import TRI_ENUM, Tri
from remit.knowledge.facts import FactDefinition, Reader
from remit.tables import NO, UNKNOWN, YES, Fact

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
NO_REF = -1


class Sheet:
    """Answers of all persons to all facts.

    A certain yes of any reader wins, then a certain no, else the fact is unknown. Of a number the first reader that
    bounds it stands. A direct answer wins over the readers; a no against a reader's yes leaves the fact unknown.
    """

    def __init__(self, n: int, facts: tuple[FactDefinition, ...]) -> None:
        shape = (n, len(facts))
        self.n, self.facts = n, facts
        self.yes, self.no = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        self.low, self.high = np.full(shape, -np.inf), np.full(shape, np.inf)
        self.is_given, self.is_disputed = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        self._ref = np.full(shape, NO_REF, np.int32)
        self._refs: list[pl.Series] = []
        self._n_refs = 0

    def file(self, refs: pl.Series) -> int:
        """Take in the record_refs of a table; what is returned is added to a row of it to make a reference."""
        at = self._n_refs
        self._refs.append(refs)
        self._n_refs += len(refs)
        return at

    def say(self, fact: int, reader: Reader, state: Tri, rows: Rows | None = None, ref: Rows | None = None) -> None:
        """A three-valued answer of a reader for some persons (all by default), each at most once."""
        where = np.arange(self.n) if rows is None else rows
        for value, code, word in ((self.yes, YES, "yes"), (self.no, NO, "no")):
            if reader.may_say in ("both", word):
                hit = state == code
                value[where[hit], fact] = True
                if ref is not None:
                    self._refer(fact, where[hit], ref[hit], is_yes=code == YES)

    def settle(self, facts: Rows, yes: NDArray[np.bool_], no: NDArray[np.bool_], ref: Rows) -> None:
        """Answers of many readers at once: arrays by person and reader, `facts` by reader."""
        every = np.arange(self.n)[:, None]
        np.logical_or.at(self.yes, (every, facts), yes)
        np.logical_or.at(self.no, (every, facts), no)
        rows, columns = np.nonzero(yes)
        self._ref[rows, facts[columns]] = ref[rows, columns]

    def give(
        self, fact: int, reader: Reader, low: Floats, high: Floats, rows: Rows | None = None, ref: Rows | None = None
    ) -> None:
        """A number known as an interval, or what a bound makes of it."""
        if self.facts[fact].kind == "yes_no":
            self.say(fact, reader, within(low, high, *reader.bounds), rows, ref)
            return
        where = np.arange(self.n) if rows is None else rows
        is_open = np.isinf(self.low[where, fact]) & np.isinf(self.high[where, fact])
        where, low, high = where[is_open], low[is_open], high[is_open]
        self.low[where, fact], self.high[where, fact] = low, high
        if ref is not None:
            self._refer(fact, where, ref[is_open], is_yes=True)

    def _refer(self, fact: int, rows: Rows, ref: Rows, *, is_yes: bool) -> None:
        """The record behind a yes replaces the one behind a no; else the first stands."""
        first = np.ones(len(rows), np.bool_) if is_yes else self._ref[rows, fact] == NO_REF
        first &= ~(is_yes & self.yes[rows, fact] & (self._ref[rows, fact] != NO_REF))
        self._ref[rows[first], fact] = ref[first]

    def answer(self, fact: int, rows: Rows, state: Tri, ref: Rows) -> None:
        """Direct answers, each person at most once; call after all readers. An unknown is no answer."""
        says_yes, says_no = state == YES, state == NO
        disputed = says_no & self.yes[rows, fact]
        self.is_disputed[rows[disputed], fact] = True
        settled = (says_yes | says_no) & ~disputed
        self.yes[rows[disputed], fact] = False
        self.no[rows[disputed], fact] = False
        self.yes[rows[settled], fact] = says_yes[settled]
        self.no[rows[settled], fact] = says_no[settled]
        told = says_yes | says_no
        self.is_given[rows[told], fact] = True
        self._ref[rows[told], fact] = ref[told]

    @property
    def state(self) -> NDArray[np.uint8]:
        """Codes of the answers, persons by facts; unknown for numbers."""
        return np.where(self.yes, np.uint8(YES), np.where(self.no, np.uint8(NO), np.uint8(UNKNOWN)))

    def table(self, person_key: NDArray[np.uint32], no_code: int) -> pl.DataFrame:
        """Table `fact`, in order of person, then fact."""
        n_facts = len(self.facts)
        if not n_facts or not self.n:
            return Fact.empty()
        is_number = np.array([f.kind == "number" for f in self.facts])
        state = np.where(is_number, np.uint8(no_code), self.state).ravel()
        columns = [
            pl.Series("person_key", np.repeat(person_key, n_facts)),
            pl.Series("fact_key", np.tile(np.arange(n_facts, dtype=np.uint16), self.n)),
            nullable_codes("state", state),
            nullable_numbers("low", np.where(self.low == -np.inf, np.nan, self.low).ravel()),
            nullable_numbers("high", np.where(self.high == np.inf, np.nan, self.high).ravel()),
            self._reference(),
            pl.Series("is_given", self.is_given.ravel()),
            pl.Series("is_disputed", self.is_disputed.ravel()),
        ]
        return pl.DataFrame(columns).with_columns(pl.col("state").cat.to(TRI_ENUM))

    def _reference(self) -> pl.Series:
        ref = self._ref.ravel()
        refs = pl.concat([s.cast(pl.String) for s in self._refs]) if self._refs else pl.Series(dtype=pl.String)
        column = pl.Series("record_ref", [None], dtype=pl.String).new_from_index(0, len(ref))
        at = np.flatnonzero(ref != NO_REF)
        if not len(at):
            return column
        return column.scatter(at, refs.gather(ref[at])).alias("record_ref")
