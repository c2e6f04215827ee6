"""The picture of a person's history: scores above, treatments beneath, on one line of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from remit.flow.carried import Carried
from remit.knowledge import Knowledge
from remit.knowledge.instrument import Instrument
from remit.render.cells import Cells
from remit.render.charts.frame import Chart, Panel, TimeAxis, stack
from remit.render.charts.lanes import Lane, LanePanel, Piece
from remit.render.charts.pieces import Stretch, pieces
from remit.render.charts.scores import BREAK_DAYS, Point, ScorePanel, Series, Threshold, Year
from remit.render.charts.years import Lines, Note, YearOfScores
from remit.render.letters import legible
from remit.render.phrases import Phrases, number
from remit.render.rows import tuples
from remit.render.statements import leading_rule
from remit.render.views import AdequacyView, PersonView, TrialView
from remit.tables import Tables

_DAY = timedelta(days=1)
LANE_COLUMNS = ("treatment", "dates", "dose", "fair", "outcome")
VISIT_COLUMNS = ("treatment", "dates", "fair", "outcome")
"""The page for a visit names no dose."""
SCORE_COLUMNS = ("day", "score", "range", "mark")
Row = tuple[str, str, str, str]
_GAP = "\x1f"
"""Holds the place of a day in a sentence; a separator of units, which no text holds."""


class Worded(NamedTuple):
    """A value in words, the range that it lies in, and what stands around the day in the label of its point."""

    text: str
    band: str
    label: list[str]


class History:
    """Draws the persons of a run.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        What `remit.pipeline.assess` returned.
    knowledge : Knowledge
        The same that the tables were made with.
    phrases : Phrases
        In visit mode no dose is drawn; a bar says whether it was a fair try.
    carried : Carried, optional
        Scores that were drawn before, with the same knowledge and text.
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases, carried: Carried | None = None) -> None:
        self.carried = carried or Carried()
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self.cells = Cells(phrases)
        self.rule = leading_rule(knowledge)
        self.nothing = self.say("chart.nothing")
        self.score_columns = tuple(self.say(f"chart.score_columns.{c}") for c in SCORE_COLUMNS)
        self.tables = tables
        self.keys = dict(tuples(tables["person"], "person_id", "person_key"))
        columns = ("endpoint_key", "trial_key", "basis")
        self.ends = {key: trial for key, trial, basis in tuples(tables["response"], *columns) if basis == "measured"}

    title = "chart.timeline"
    """Key of the sentence that names the picture."""

    def of(self, person: PersonView, name: str = "history") -> Chart | None:
        """The chart of a person; None where there is neither a trial nor a score to draw.

        Parameters
        ----------
        person : PersonView
        name : str
            Unique on the page.
        """
        series = list(self._series(person))
        if not series and not person.trials:
            return None
        axis = TimeAxis(self._first(person, series), person.index_date)
        said = {
            "n_trials": self.say("chart.n_trials", n=len(person.trials)),
            "n_scores": self.say("chart.n_scores", n=sum(len(points) for _, points in series)),
            "first": self.phrases.day(axis.first),
            "last": self.phrases.day(axis.last),
        }
        return stack(
            list(self._panels(person, series)),
            axis,
            name=name,
            title=self.say(self.title),
            description=self.say(f"chart.description.{self.phrases.mode}", **said),
            index_label=self.phrases.day(person.index_date),
        )

    def _panels(self, person: PersonView, series: list[tuple[Instrument, Series]]) -> Iterator[Panel]:
        """What stands one below the other."""
        yield from (self._score_panel(instrument, points) for instrument, points in series)
        if person.trials:
            yield self._lanes(person)

    def legend(self) -> str:
        """What bars, points and lines mean."""
        return self.say(f"chart.legend.{self.phrases.mode}", rule=self.rule.id, days=BREAK_DAYS)

    def _first(self, person: PersonView, series: list[tuple[Instrument, Series]]) -> date:
        days = [d for t in person.trials for d in (t.start, t.end_earliest) if d]
        days += [points.first for _, points in series]
        return min([*days, person.index_date])

    # --- treatments
    def _lanes(self, person: PersonView) -> LanePanel:
        index, runs, none = person.index_date, _stretches(self.tables), tuple[Stretch, ...]()
        rows, name = person.under(self.rule.id), ("lane", self.phrases.mode)
        lanes = [row.made.of(name, self._lane, row, runs.get(row.trial.key, none), index) for row in rows]
        columns = VISIT_COLUMNS if self.phrases.is_visit else LANE_COLUMNS
        names = tuple(self.say(f"chart.trial_columns.{c}") for c in columns)
        return LanePanel(lanes, self.say("chart.trials"), names, self.say("chart.undated"))

    def _lane(self, row: AdequacyView, stretches: tuple[Stretch, ...], index_date: date) -> Lane:
        trial, last = row.trial, index_date + _DAY
        name, dates = self.cells.name(trial).replace("\n", " "), self.phrases.period(trial)
        fair, outcome = self.phrases.moded(f"chart.fair.{row.fair_try}"), self.cells.outcome(trial)
        is_visit = self.phrases.is_visit
        return Lane(
            name=trial.treatment.name,
            pieces=tuple(self._pieces(row, stretches, last)),
            may_start=trial.start,
            may_end=last if trial.is_ongoing else trial.end,
            is_ongoing=trial.is_ongoing,
            is_dated=trial.start is not None or trial.end is not None,
            note=self.phrases.outcome("open" if trial.outcome is None and trial.basis != "none" else trial.outcome),
            row=(name, dates, fair, outcome) if is_visit else (name, dates, self.cells.dose(trial), fair, outcome),
        )

    def _pieces(self, row: AdequacyView, stretches: tuple[Stretch, ...], last: date) -> Iterator[Piece]:
        trial = row.trial
        minimum = self.knowledge.doses_of(self.rule).get(trial.treatment.id)
        is_daily = trial.treatment.given_as != "sessions"
        for start, end, doses in pieces(stretches, last):
            if self.phrases.is_visit:
                yield Piece(start, end, {"yes": "enough", "no": "low"}.get(row.fair_try, "unknown"))  # type: ignore[arg-type]
            elif is_daily and minimum is not None:
                yield _dosed(start, end, doses, minimum.mg)
            else:
                label = _doses(doses) if is_daily else ""
                yield Piece(start, end, "plain", label)

    # --- scores
    @cached_property
    def _lines(self) -> Lines:
        """Scores on instruments of severity."""
        asked = [name for name, i in self.knowledge.instruments.items() if i.is_depression_severity]
        return Lines(self.tables["measurement"], asked)

    def _series(self, person: PersonView) -> Iterator[tuple[Instrument, Series]]:
        """One series an instrument of severity, the one with the most scores first."""
        known = self._lines.of(self.keys[person.id])
        found = {name: scores.upto(person.index_date) for name, scores in known.items()}
        noted = self._noted({t.key: t for t in person.trials})
        cut = {name: scores.years(name, noted) for name, scores in found.items() if len(scores.key)}
        made = iter(self.carried.each((self.title, self.phrases.mode), chain(*cut.values()), self._year))
        drawn = {name: tuple(islice(made, len(years))) for name, years in cut.items()}
        for name, years in sorted(drawn.items(), key=lambda pair: (-len(found[pair[0]].key), pair[0])):
            instrument = self.knowledge.instruments[name]
            yield instrument, self._one(instrument, years)

    def _year(self, year: YearOfScores) -> Year:
        instrument, notes = self.knowledge.instruments[year.instrument], {note.at: note for note in year.notes}
        words: dict[float, Worded] = {}
        points, rows, in_words, nothing = [], [], self.phrases.day, self.nothing
        for at, (day, value, is_imputed) in enumerate(year.scores()):
            if value not in words:
                words[value] = self._worded(instrument, value)
            if is_imputed or at in notes:
                point, row = self._point(day, value, is_imputed, words[value], notes.get(at))
            else:  # as most of thousands: nothing else is to be said of it
                told, shown = words[value], in_words(day)
                point = Point._make((day, value, shown.join(told.label), "", True))
                row = shown, told.text, told.band, nothing
            points.append(point)
            rows.append(row)
        return Year(tuple(points), tuple(rows))

    def _one(self, instrument: Instrument, years: tuple[Year, ...]) -> Series:
        return Series(
            name=instrument.name,
            low=instrument.scoring.low,
            high=instrument.scoring.high,
            years=years,
            thresholds=tuple(self._thresholds(instrument)),
            sources=_sources(instrument),
        )

    def _worded(self, instrument: Instrument, value: float) -> Worded:
        """A value in words: of thousands of scores few differ."""
        text = number(value)
        parts = self.phrases.text.say("chart.score_label", day=_GAP, value=legible(text)).split(_GAP)
        return Worded(text, self._band(instrument, value), parts)

    def _thresholds(self, instrument: Instrument) -> Iterator[Threshold]:
        if remission := instrument.change.remission_at_most:
            yield Threshold(remission.value, self.say("chart.remission", value=number(remission.value)))

    def _band(self, instrument: Instrument, value: float) -> str:
        """The published name of the range that a value lies in."""
        bands = instrument.bands.bands if instrument.bands else ()
        return next((b.label for b in bands if b.low <= value <= b.high), self.nothing)

    def _noted(self, trials: dict[int, TrialView]) -> dict[int, tuple[TrialView | None, str | None]]:
        """By key of a score of which something is to be said: the trial that it ends, and the event on it."""
        return {key: (trials.get(trial), None) for key, trial in self.ends.items()}

    def _point(
        self, date_: date, value: float, is_imputed: bool, words: Worded, note: Note | None
    ) -> tuple[Point, Row]:
        """A score of which something is to be said, and its row of the table."""
        day, shown, mark, told = self.phrases.day(date_), words.text, "", ""
        trial = note and note.trial
        if trial and trial.outcome and (mark := self.say(f"chart.marks.{trial.outcome}")):
            told = self.say("chart.end_of", named=self.phrases.named(trial), outcome=mark)
        if is_imputed:
            shown = self.say("chart.imputed", value=shown)
        if told or is_imputed:
            label = self.say("chart.score_label", day=day, value=f"{shown} {told}".strip())
        else:
            label = day.join(words.label)
        label, mark, told = self._marked(note and note.event, label, mark, told)
        return Point(date_, value, label, mark, not is_imputed), (day, shown, words.band, told or self.nothing)

    def _marked(self, _event: str | None, label: str, mark: str, told: str) -> tuple[str, str, str]:
        """What is read aloud at a score, drawn beside it and told in the table: here the end of a trial."""
        return label, mark, told

    def _score_panel(self, instrument: Instrument, series: Series) -> ScorePanel:
        ends = {"low": number(series.low), "high": number(series.high)}
        caption = self.say("chart.scores", instrument=instrument.name, **ends)
        return ScorePanel(series, caption, self.score_columns)


def _sources(instrument: Instrument) -> tuple[str, ...]:
    """What the scale, its bands and its threshold rest on."""
    cited = (instrument.scoring, instrument.bands, instrument.change.remission_at_most)
    return tuple(dict.fromkeys(source for part in cited if part for source in part.sources))


def _dosed(start: date, end: date, doses: tuple[float | None, ...], minimum: float) -> Piece:
    """A piece by its dose against the minimum: what is known may be enough; what is not known leaves it open."""
    if sum(d for d in doses if d is not None) >= minimum:
        return Piece(start, end, "enough", _doses(doses))
    return Piece(start, end, "unknown" if None in doses else "low", _doses(doses))


def _doses(doses: tuple[float | None, ...]) -> str:
    return " + ".join("?" if d is None else number(d) for d in doses)


def _stretches(tables: Tables) -> dict[int, tuple[Stretch, ...]]:
    """By trial: the days that each of its exposures surely covers; an end that is null goes on."""
    note_columns = ("exposure_key", "start_latest_date", "end_earliest_date", "end_kind")
    notes = {key: note for key, *note in tuples(tables["exposure_note"], *note_columns)}
    trial_of = dict(tuples(tables["trial_exposure"], "exposure_key", "trial_key"))
    found: dict[int, list[Stretch]] = defaultdict(list)
    columns = ("exposure_key", "start_date", "end_date", "daily_dose_mg")
    for key, first, last, dose in tuples(tables["exposure"], *columns):
        if key not in trial_of:
            continue  # after the index date
        start, end, end_kind = notes.get(key, (first, last, None))
        is_open = end_kind == "unknown" and end is None
        if first is not None and start is not None and not is_open:
            found[trial_of[key]].append(Stretch(start, end, dose))
    order = lambda s: (s.start, s.end or date.max, s.dose or 0.0)  # noqa: E731
    return {trial: tuple(sorted(stretches, key=order)) for trial, stretches in found.items()}
