"""What the flow makes of a record: the same call as the command line's, kept while the record stays the same."""

from __future__ import annotations

import marshal
from collections import OrderedDict
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any

from remit.errors import Fault, SourceError
from remit.flow.carried import Carried
from remit.flow.records.book import Book
from remit.flow.records.fields import BY_VALUE
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
Mark = tuple[bytes, date, str | None]


class Assessment:
    """All that follows from one record, each part made when it is first asked for.

    The record is read at once, so that it may be edited further before the rest is asked for.

    Parameters
    ----------
    knowledge : Knowledge
    text : Text
    history : dict
    keys : tuple of str
        Keys of the entries, in the order of the history's treatments.
    today : date
        The index date.
    country : str, optional
        Where the record has none.
    carried : Carried
        What was made of an earlier state of the record.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        text: Text,
        history: dict[str, Any],
        keys: tuple[str, ...],
        today: date,
        country: str | None,
        carried: Carried,
    ) -> None:
        self.knowledge, self.text, self.keys, self.carried = knowledge, text, keys, carried
        self.person_id: object = (history.get("person") or {}).get("id")
        self.drawn: dict[str, str] = {}  # parts of pages, by what they are
        self._views: dict[str, AssessmentView] = {}  # these by mode
        self._documents: dict[str, dict[str, Any]] = {}
        self._tries: dict[str, dict[str, AdequacyView]] = {}
        self._charts: dict[str, tuple[Chart | None, str]] = {}
        book = Book(knowledge, index_date=today, carried=carried)
        read_histories(book, history, Where("record"))
        self.faults: tuple[Fault, ...] = tuple(book.faults)
        """What keeps the record from being read, which only one of another version's knowledge can hold."""
        if not book.faults:
            for person in book.persons.values():
                person.index_date = today
                person.country = person.country or country
            self._records = shelve(book)

    @cached_property
    def tables(self) -> Assessed:
        """Everything that the flow writes, each table when a page first asks for it.

        Raises
        ------
        SourceError
            If the record does not read.
        """
        if self.faults:
            raise SourceError(self.faults)
        return Assessed(self._records, self.knowledge, self.carried)

    @cached_property
    def signs(self) -> tuple[Sign, ...]:
        """Signs of suicidality on record; they are looked for before anything else is made of it."""
        rows = self.tables["crisis"].iter_rows(named=True)
        return tuple(Sign(row["kind"], row["about"], row["item"], row["record_ref"]) for row in rows)

    def view(self, mode: str) -> AssessmentView:
        """What is to be said, in the words of a mode."""
        if mode not in self._views:
            self._views[mode] = gather(self.tables, self.knowledge, self.text, mode, self.carried)
        return self._views[mode]

    def person(self, mode: str) -> PersonView:
        """The same, about the one person of the record."""
        return self.view(mode).persons[0]

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
            by_trial = {a.trial.key: a for a in self.person(mode).under(leading_rule(self.knowledge).id)}
            self._tries[mode] = {key: by_trial[t] for key, t in self.trial_keys.items() if t in by_trial}
        return self._tries[mode]

    def chart(self, mode: str) -> tuple[Chart | None, str]:
        """The timeline with scores above it, or None where there is nothing to draw; and what its marks mean."""
        if mode not in self._charts:
            history = History(self.tables, self.knowledge, Phrases(self.text, mode), self.carried)
            self._charts[mode] = history.of(self.person(mode), "timeline"), history.legend()
        return self._charts[mode]


class Workbench:
    """Assesses records, and remembers the last ones.

    Parameters
    ----------
    knowledge : Knowledge
    text : Text
    """

    def __init__(self, knowledge: Knowledge, text: Text) -> None:
        self.knowledge, self.text = knowledge, text
        self._kept: OrderedDict[Mark, Assessment] = OrderedDict()
        self._lock = Lock()  # requests run in threads

    def assess(self, record: Record, today: date, country: str | None) -> Assessment:
        """The assessment of a record, kept by all that goes into it, so never out of date."""
        history, keys = record.keyed()
        day = index_date(record, today)
        mark = (marshal.dumps((history, keys), BY_VALUE), day, country)
        with self._lock:
            kept, carried = self._kept.get(mark), self._carried(record.person.get("id"))
        if kept is None:  # made without the lock: nobody waits for somebody else's record
            kept = Assessment(self.knowledge, self.text, history, keys, day, country, carried)
        with self._lock:
            kept = self._kept.setdefault(mark, kept)
            self._kept.move_to_end(mark)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept

    def _carried(self, person_id: object) -> Carried:
        """What was made of the person's record as it was last asked for; whose it is bears on nothing but the time."""
        newest = (kept.carried for kept in reversed(self._kept.values()) if kept.person_id == person_id)
        return next(newest, None) or Carried()
