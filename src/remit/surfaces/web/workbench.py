"""What the flow makes of a record: the same call as the command line's, kept while the record stays the same."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from remit.errors import Fault, SourceError
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.flow.records.shelve import shelve
from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.pipeline import assess
from remit.render.assessment_json import assessment_json
from remit.render.charts.frame import Chart
from remit.render.charts.history import History
from remit.render.gather import gather
from remit.render.phrases import Phrases
from remit.render.statements import leading_rule
from remit.render.views import AdequacyView, AssessmentView, PersonView
from remit.surfaces.web.record import Record, index_date

KEPT = 24
"""Assessments that are kept: a few persons, each in two widths."""

CLINICIAN, VISIT = "clinician", "visit"
MODES = (VISIT, CLINICIAN)


@dataclass
class Assessment:
    """One record and all that follows from it, each part made when it is first asked for.

    Parameters
    ----------
    knowledge : Knowledge
    text : Text
    history : dict
    today : date
        The index date.
    country : str, optional
        Where the record has none.
    keys : tuple of str
        Keys of the entries, in the order of the history's treatments.
    """

    knowledge: Knowledge
    text: Text
    history: dict[str, Any]
    today: date
    country: str | None
    keys: tuple[str, ...]

    @cached_property
    def records(self) -> dict[str, pl.DataFrame]:
        """Tables of records.

        Raises
        ------
        SourceError
            If the history does not read, which only a record of another version's knowledge can.
        """
        book = Book(self.knowledge, index_date=self.today)
        read_histories(book, self.history, Where("record"))
        if book.faults:
            raise SourceError(book.faults)
        for person in book.persons.values():
            person.index_date = self.today
            person.country = person.country or self.country
        return shelve(book)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps the record from being read."""
        try:
            self.records  # noqa: B018
        except SourceError as error:
            return error.faults
        return ()

    @cached_property
    def tables(self) -> dict[str, pl.DataFrame]:
        """Everything that the flow writes."""
        return assess(self.records, self.knowledge)

    def view(self, mode: str) -> AssessmentView:
        """What is to be said, in the words of a mode."""
        return self._clinical if mode == CLINICIAN else self._plain

    def person(self, mode: str) -> PersonView:
        """The same, about the one person of the record."""
        return self.view(mode).persons[0]

    @cached_property
    def _clinical(self) -> AssessmentView:
        return gather(self.tables, self.knowledge, self.text, CLINICIAN)

    @cached_property
    def _plain(self) -> AssessmentView:
        return gather(self.tables, self.knowledge, self.text, VISIT)

    @cached_property
    def _documents(self) -> dict[str, dict[str, Any]]:
        return {}

    def document(self, mode: str) -> dict[str, Any]:
        """`remit-assessment/1`."""
        if mode not in self._documents:
            phrases = Phrases(self.text, mode)
            self._documents[mode] = assessment_json(self.view(mode), self.knowledge, phrases)
        return self._documents[mode]

    @cached_property
    def trial_keys(self) -> dict[str, int]:
        """Key of the trial that an entry became part of, by key of the entry."""
        notes, links = self.tables["exposure_note"], self.tables["trial_exposure"]
        refs = dict(zip(notes["exposure_key"], notes["record_ref"], strict=True))
        found: dict[str, int] = {}
        for exposure, trial in zip(links["exposure_key"], links["trial_key"], strict=True):
            place = refs.get(exposure, "").partition("treatments[")[2].partition("]")[0]
            if place.isdigit():
                found[self.keys[int(place)]] = trial
        return found

    def fair_tries(self, mode: str) -> dict[str, AdequacyView]:
        """By key of an entry: its trial under the leading rule."""
        if mode not in self._tries:
            rule = leading_rule(self.knowledge)
            by_trial = {a.trial.key: a for a in self.person(mode).adequacy if a.rule.id == rule.id}
            self._tries[mode] = {key: by_trial[t] for key, t in self.trial_keys.items() if t in by_trial}
        return self._tries[mode]

    def chart(self, mode: str) -> tuple[Chart | None, str]:
        """The timeline with scores above it, or None where there is nothing to draw; and what its marks mean."""
        if mode not in self._charts:
            history = History(self.tables, self.knowledge, Phrases(self.text, mode))
            self._charts[mode] = history.of(self.person(mode), "timeline"), history.legend()
        return self._charts[mode]

    @cached_property
    def _tries(self) -> dict[str, dict[str, AdequacyView]]:
        return {}

    @cached_property
    def _charts(self) -> dict[str, tuple[Chart | None, str]]:
        return {}


class Workbench:
    """Assesses records, and remembers the last ones.

    Parameters
    ----------
    knowledge : Knowledge
    text : Text
    """

    def __init__(self, knowledge: Knowledge, text: Text) -> None:
        self.knowledge, self.text = knowledge, text
        rule = leading_rule(knowledge)
        leading = next(d.id for d in knowledge.definitions if d.adequacy == rule.id)
        self.narrow = knowledge.only([leading])
        self._kept: OrderedDict[str, Assessment] = OrderedDict()

    def assess(self, record: Record, today: date, country: str | None) -> Assessment:
        """The assessment of a record by every definition."""
        return self._assess(self.knowledge, record, today, country)

    def quick(self, record: Record, today: date, country: str | None) -> Assessment:
        """The same by one definition: enough to say which trial was a fair try."""
        return self._assess(self.narrow, record, today, country)

    def _assess(self, knowledge: Knowledge, record: Record, today: date, country: str | None) -> Assessment:
        history = record.history()
        keys = tuple(entry.key for entry in record.counted())
        day = index_date(record, today)
        mark = json.dumps([knowledge is self.narrow, day.isoformat(), country, keys, history], sort_keys=True)
        if mark not in self._kept:
            self._kept[mark] = Assessment(knowledge, self.text, history, day, country, keys)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(mark)
        return self._kept[mark]
