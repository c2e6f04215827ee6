"""The course as a picture: scores with their events, treatments with adequacy, and when an effect is to be expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from remit.flow.carried import Carried
from remit.knowledge import Knowledge, Treatment
from remit.knowledge.catalogue import Facets
from remit.knowledge.instrument import Instrument
from remit.render.charts.frame import Panel
from remit.render.charts.history import History
from remit.render.charts.lanes import Lane, LanePanel, Piece
from remit.render.charts.scores import BREAK_DAYS, Series, Threshold
from remit.render.expected import Expectations
from remit.render.phrases import Phrases, number
from remit.render.rows import tuples
from remit.render.views import PersonView, TrialView
from remit.tables import Tables

_COLUMNS = ("treatment", "window", "source")
_MARKED = ("recovery", "relapse", "recurrence", "remission", "response", "worsening")
"""Events that are drawn, the weightiest first; one a point."""


class Trajectory(History):
    """Draws the persons of a run with their course.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned.
    knowledge : Knowledge
    phrases : Phrases
    carried : Carried, optional
        As for `History`.
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases, carried: Carried | None = None) -> None:
        super().__init__(tables, knowledge, phrases, carried)
        self.expectations = Expectations(knowledge)
        self._names: dict[str, tuple[str, str]] = {}
        self.words = {kind: self.say(f"course.mark.{kind}") for kind in _MARKED}
        weight = {kind: n for n, kind in enumerate(_MARKED)}
        self.marks: dict[int, str] = {}
        for key, kind in tuples(tables["course_event"], "measurement_key", "kind"):
            if key is None or kind not in weight:
                continue
            if key not in self.marks or weight[kind] < weight[self.marks[key]]:
                self.marks[key] = kind

    title = "course.chart"

    def _panels(self, person: PersonView, series: list[tuple[Instrument, Series]]) -> Iterator[Panel]:
        """Scores and treatments, and when an effect is to be expected."""
        yield from super()._panels(person, series)
        index, make, name = person.index_date, self._expected, ("expected", self.phrases.mode)
        expected = [lane for t in person.trials if (lane := t.made.of(name, make, t, index))]
        if expected:
            columns = tuple(self.say(f"course.expected_columns.{c}") for c in _COLUMNS)
            yield LanePanel(expected, self.say("course.expected"), columns, self.say("chart.undated"))

    def legend(self) -> str:
        """What bars, points and lines mean."""
        return self.say(f"course.chart_legend.{self.phrases.mode}", rule=self.rule.id, days=BREAK_DAYS)

    def _thresholds(self, instrument: Instrument) -> Iterator[Threshold]:
        own = self.knowledge.course.measures.get(instrument.id)
        yield from super()._thresholds(instrument)
        if own and own.remission_at_most and not instrument.change.remission_at_most:
            value = own.remission_at_most.value
            yield Threshold(value, self.say("chart.remission", value=number(value)))
        if own and own.relapse_at_least:
            value = own.relapse_at_least.value
            yield Threshold(value, self.say("course.relapse_line", value=number(value)))

    def _noted(self, trials: dict[int, TrialView]) -> dict[int, tuple[TrialView | None, str | None]]:
        """By key of a score with an event, or at the end of a trial."""
        noted = super()._noted(trials)
        return noted | {key: (noted.get(key, (None,))[0], kind) for key, kind in self.marks.items()}

    def _marked(self, event: str | None, label: str, mark: str, told: str) -> tuple[str, str, str]:
        """The event on a score in place of the end of a trial, which is none."""
        if event is None:
            return label, "", told
        word = self.words[event]
        return f"{label} ({word})", word, f"{word}; {told}" if told else word

    def _expected(self, trial: TrialView, index_date: date) -> Lane | None:
        """When an effect is to be expected by the catalogue; None where it does not say."""
        known = self.expectations.of(trial)
        if known is None or known.first is None or known.last is None:
            return None
        window = self.say(
            "course.expected_window", first=self.phrases.day(known.first), last=self.phrases.day(known.last)
        )
        end = known.last + timedelta(days=1)
        pieces = (Piece(known.first, end, "plain"),) if known.first <= index_date else ()
        name, source = self._named(trial.treatment, known.entry.facets)
        row = (trial.treatment.name, window, source)
        return Lane(name, pieces, known.first, end, False, True, known.entry.facets.onset, row)

    def _named(self, treatment: Treatment, facets: Facets) -> tuple[str, str]:
        """Name of a lane, and what it rests on: the same for every trial of a treatment."""
        if treatment.id not in self._names:
            source = f"{', '.join(facets.sources)} [{self.phrases.mark(facets.verified)}]"
            self._names[treatment.id] = self.say("course.expected_lane", treatment=treatment.name), source
        return self._names[treatment.id]
