"""What the flow makes of a record: the same call as the command line's, kept while the record stays the same."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any

import polars as pl

from remit.errors import Fault, SourceError
from remit.flow.crisis import crisis
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.flow.records.shelve import shelve
from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.pipeline import Assessed
from remit.render.assessment_json import assessment_json
from remit.render.charts.frame import Chart
from remit.render.charts.history import History
from remit.render.gather import gather
from remit.render.phrases import Phrases
from remit.render.statements import leading_rule
from remit.render.views import AdequacyView, AssessmentView, PersonView, Sign
from remit.surfaces.web.record import Record, index_date

KEPT = 12
"""Records of which the assessments are kept."""

CLINICIAN, VISIT = "clinician", "visit"
MODES = (VISIT, CLINICIAN)
Mark = tuple[str, tuple[str, ...], date, str | None]


@dataclass
class Reading:
    """One record as tables, read once for everything that is made of it.

    Parameters
    ----------
    knowledge : Knowledge
    history : dict
    today : date
        The index date.
    country : str, optional
        Where the record has none.
    """

    knowledge: Knowledge
    history: dict[str, Any]
    today: date
    country: str | None

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
    def signs(self) -> tuple[Sign, ...]:
        """Signs of suicidality on record; they are looked for before anything else is made of it."""
        rows = crisis(self.records, self.knowledge)["crisis"].iter_rows(named=True)
        return tuple(Sign(row["kind"], row["about"], row["item"], row["record_ref"]) for row in rows)


@dataclass
class Assessment:
    """All that follows from one record, each part made when it is first asked for.

    Parameters
    ----------
    knowledge : Knowledge
        All of it, or narrowed to some definitions.
    text : Text
    reading : Reading
    keys : tuple of str
        Keys of the entries, in the order of the history's treatments.
    """

    knowledge: Knowledge
    text: Text
    reading: Reading
    keys: tuple[str, ...]
    drawn: dict[str, str] = field(default_factory=dict)  # parts of pages, by what they are

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps the record from being read."""
        return self.reading.faults

    @cached_property
    def tables(self) -> Assessed:
        """Everything that the flow writes, each table when a page first asks for it."""
        return Assessed(self.reading.records, self.knowledge)

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
        self._kept: OrderedDict[Mark, tuple[Assessment, Assessment]] = OrderedDict()
        self._lock = Lock()  # requests run in threads

    def assess(self, record: Record, today: date, country: str | None) -> Assessment:
        """The assessment of a record by every definition."""
        return self.both(record, today, country)[0]

    def quick(self, record: Record, today: date, country: str | None) -> Assessment:
        """The same by one definition: everything but the verdicts of the others, in a fraction of the time."""
        return self.both(record, today, country)[1]

    def both(self, record: Record, today: date, country: str | None) -> tuple[Assessment, Assessment]:
        """By every definition and by one, over one reading; kept by all that goes into it, so never out of date."""
        history, keys = record.keyed()
        written = json.dumps(history, sort_keys=True)
        mark = (written, keys, index_date(record, today), country)
        with self._lock:
            kept = self._kept.get(mark)
            if kept is None:
                # Read back from what it is kept by: a record may be edited further before its parts are asked for.
                reading = Reading(self.knowledge, json.loads(written), mark[2], country)
                wide, narrow = (Assessment(k, self.text, reading, keys) for k in (self.knowledge, self.narrow))
                kept = self._kept[mark] = wide, narrow
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(mark)
        return kept
