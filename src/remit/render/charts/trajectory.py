"""The course as a picture: scores with their events, treatments with adequacy, and when an effect is to be expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from remit.knowledge import Knowledge, Treatment
from remit.knowledge.catalogue import CatalogueEntry
from remit.knowledge.schema import Instrument
from remit.render.charts.frame import Chart, Panel, TimeAxis, stack
from remit.render.charts.history import History
from remit.render.charts.lanes import Lane, LanePanel, Piece
from remit.render.charts.scores import Point, Threshold
from remit.render.phrases import Phrases, number
from remit.render.views import PersonView, TrialView
from remit.tables import Tables

Row = dict[str, Any]
_COLUMNS = ("treatment", "window", "source")
_MARKED = ("recovery", "relapse", "recurrence", "remission", "response", "worsening")
"""Events that are drawn, the weightiest first; one a point."""


class Trajectory(History):
    """Draws the persons of a run with their course.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned with `with_course`.
    knowledge : Knowledge
    phrases : Phrases
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        super().__init__(tables, knowledge, phrases)
        self.marks: dict[int, str] = {}
        for row in tables["course_event"].iter_rows(named=True):
            key, kind = row["measurement_key"], row["kind"]
            if key is None or kind not in _MARKED:
                continue
            told = self.marks.get(key)
            if told is None or _MARKED.index(kind) < _MARKED.index(told):
                self.marks[key] = kind

    def of(self, person: PersonView, name: str = "trajectory") -> Chart | None:
        """The chart of a person; None where there is neither a trial nor a score to draw."""
        series = list(self._series(person))
        if not series and not person.trials:
            return None
        axis = TimeAxis(self._first(person, series), person.index_date)
        panels: list[Panel] = [self._score_panel(instrument, points) for instrument, points in series]
        if person.trials:
            panels.append(self._lanes(person))
        if expected := [lane for t in person.trials if (lane := self._expected(t, person.index_date))]:
            columns = tuple(self.say(f"course.expected_columns.{c}") for c in _COLUMNS)
            panels.append(LanePanel(expected, self.say("course.expected"), columns, self.say("chart.undated")))
        said = {
            "n_trials": self.say("chart.n_trials", n=len(person.trials)),
            "n_scores": self.say("chart.n_scores", n=sum(len(p.points) for _, p in series)),
            "first": self.phrases.day(axis.first),
            "last": self.phrases.day(axis.last),
        }
        return stack(
            panels,
            axis,
            name=name,
            title=self.say("course.chart"),
            description=self.say(f"chart.description.{self.phrases.mode}", **said),
            index_label=self.phrases.day(person.index_date),
        )

    def legend(self) -> str:
        """What bars, points and lines mean."""
        return f"{super().legend()} {self.say('course.legend')}"

    def _thresholds(self, instrument: Instrument) -> Iterator[Threshold]:
        own = self.knowledge.course.measures.get(instrument.id)
        yield from super()._thresholds(instrument)
        if own and own.remission_at_most and not instrument.change.remission_at_most:
            value = own.remission_at_most.value
            yield Threshold(value, self.say("chart.remission", value=number(value)))
        if own and own.relapse_at_least:
            value = own.relapse_at_least.value
            yield Threshold(value, self.say("course.relapse_line", value=number(value)))

    def _point(self, instrument: Instrument, row: Row, trials: dict[int, TrialView]) -> tuple[Point, tuple[str, ...]]:
        """A score with the event on it in place of the end of a trial."""
        point, cells = super()._point(instrument, row, trials)
        kind = self.marks.get(row["measurement_key"])
        if kind is None:
            return point, cells
        word = self.say(f"course.mark.{kind}")
        label = f"{point.label} ({word})"
        told = word if cells[-1] == self.say("chart.nothing") else f"{word}; {cells[-1]}"
        return Point(point.day, point.value, label, word, point.is_sure), (*cells[:-1], told)

    def _expected(self, trial: TrialView, index_date: date) -> Lane | None:
        """When an effect is to be expected by the catalogue; None where it does not say."""
        entry = self._entry(trial.treatment)
        if entry is None or entry.facets.onset_days is None or trial.start is None or not trial.is_start_exact:
            return None
        span = entry.facets.onset_days
        begin, end = (trial.start + timedelta(days=int(d)) for d in (span.low, span.high))
        window = self.say("course.expected_window", first=self.phrases.day(begin), last=self.phrases.day(end))
        mark = self.phrases.mark(entry.facets.verified)
        last = end + timedelta(days=1)
        pieces = (Piece(begin, last, "plain"),) if begin <= index_date else ()
        row = (trial.treatment.name, window, f"{', '.join(entry.facets.sources)} [{mark}]")
        name = self.say("course.expected_lane", treatment=trial.treatment.name)
        return Lane(name, pieces, begin, last, False, True, entry.facets.onset, row)

    def _entry(self, treatment: Treatment) -> CatalogueEntry | None:
        """The catalogue's entry of a treatment; one that names it comes before one of its class."""
        entries = list(self.knowledge.catalogue.values())
        by_name = [e for e in entries if treatment.id in e.matches.treatments]
        by_class = [e for e in entries if treatment.klass in e.matches.classes]
        by_role = [e for e in entries if treatment.role in e.matches.roles]
        return next(iter([*by_name, *by_class, *(by_role if len(by_role) == 1 else [])]), None)
