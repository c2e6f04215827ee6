"""The picture of a person's history: scores above, treatments beneath, on one line of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.instrument import Instrument
from remit.render.cells import Cells
from remit.render.charts.frame import Chart, Panel, TimeAxis, stack
from remit.render.charts.lanes import Lane, LanePanel, Piece
from remit.render.charts.pieces import Stretch, pieces
from remit.render.charts.scores import BREAK_DAYS, Point, ScorePanel, Series, Threshold
from remit.render.phrases import Phrases, number
from remit.render.statements import leading_rule
from remit.render.views import AdequacyView, PersonView, TrialView
from remit.tables import Tables

Row = dict[str, Any]
_DAY = timedelta(days=1)
LANE_COLUMNS = ("treatment", "dates", "dose", "fair", "outcome")
VISIT_COLUMNS = ("treatment", "dates", "fair", "outcome")
"""The page for a visit names no dose."""
SCORE_COLUMNS = ("day", "score", "range", "mark")


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
    """

    def __init__(self, tables: Tables, knowledge: Knowledge, phrases: Phrases) -> None:
        self.knowledge, self.phrases, self.say = knowledge, phrases, phrases.say
        self.cells = Cells(phrases)
        self.rule = leading_rule(knowledge)
        self.score_columns = tuple(self.say(f"chart.score_columns.{c}") for c in SCORE_COLUMNS)
        self.scores = {r["measurement_key"]: r for r in tables["measurement"].iter_rows(named=True)}
        self.keys = {r["person_id"]: r["person_key"] for r in tables["person"].iter_rows(named=True)}
        self.ends = {
            r["endpoint_key"]: r["trial_key"]
            for r in tables["response"].iter_rows(named=True)
            if r["basis"] == "measured"
        }
        self.stretches = _stretches(tables)

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
            "n_scores": self.say("chart.n_scores", n=sum(len(p.points) for _, p in series)),
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
        days += [p.day for _, s in series for p in s.points]
        return min([*days, person.index_date])

    # --- treatments
    def _lanes(self, person: PersonView) -> LanePanel:
        rows = {a.trial.key: a for a in person.adequacy if a.rule.id == self.rule.id}
        lanes = [self._lane(t, rows[t.key], person.index_date) for t in person.trials]
        columns = VISIT_COLUMNS if self.phrases.is_visit else LANE_COLUMNS
        names = tuple(self.say(f"chart.trial_columns.{c}") for c in columns)
        return LanePanel(lanes, self.say("chart.trials"), names, self.say("chart.undated"))

    def _lane(self, trial: TrialView, row: AdequacyView, index_date: date) -> Lane:
        last = index_date + _DAY
        cells = {
            "treatment": self.cells.name(trial).replace("\n", " "),
            "dates": self.phrases.period(trial),
            "dose": self.cells.dose(trial),
            "fair": self.phrases.moded(f"chart.fair.{row.fair_try}"),
            "outcome": self.cells.outcome(trial),
        }
        columns = VISIT_COLUMNS if self.phrases.is_visit else LANE_COLUMNS
        return Lane(
            name=trial.treatment.name,
            pieces=tuple(self._pieces(trial, row, last)),
            may_start=trial.start,
            may_end=last if trial.is_ongoing else trial.end,
            is_ongoing=trial.is_ongoing,
            is_dated=trial.start is not None or trial.end is not None,
            note=self.phrases.outcome("open" if trial.outcome is None and trial.basis != "none" else trial.outcome),
            row=tuple(cells[c] for c in columns),
        )

    def _pieces(self, trial: TrialView, row: AdequacyView, last: date) -> Iterator[Piece]:
        minimum = self.knowledge.doses_of(self.rule).get(trial.treatment.id)
        is_daily = trial.treatment.given_as != "sessions"
        for start, end, doses in pieces(self.stretches[trial.key], last):
            if self.phrases.is_visit:
                yield Piece(start, end, {"yes": "enough", "no": "low"}.get(row.fair_try, "unknown"))  # type: ignore[arg-type]
            elif is_daily and minimum is not None:
                yield _dosed(start, end, doses, minimum.mg)
            else:
                label = _doses(doses) if is_daily else ""
                yield Piece(start, end, "plain", label)

    # --- scores
    def _series(self, person: PersonView) -> Iterator[tuple[Instrument, Series]]:
        """Instruments of severity with scores up to the index date, the one with most scores first."""
        key = self.keys[person.id]
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.scores.values():
            instrument = self.knowledge.instruments.get(row["measure_id"])
            is_asked = instrument is not None and instrument.is_depression_severity
            if row["person_key"] == key and is_asked and row["date"] <= person.index_date:
                found[row["measure_id"]].append(row)
        trials = {t.key: t for t in person.trials}
        for name, rows in sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            instrument = self.knowledge.instruments[name]
            ordered = sorted(rows, key=lambda r: (r["date"], r["measurement_key"]))
            yield instrument, self._one(instrument, ordered, trials)

    def _one(self, instrument: Instrument, rows: list[Row], trials: dict[int, TrialView]) -> Series:
        told = [self._point(instrument, row, trials) for row in rows]
        return Series(
            name=instrument.name,
            low=instrument.scoring.low,
            high=instrument.scoring.high,
            points=tuple(point for point, _ in told),
            thresholds=tuple(self._thresholds(instrument)),
            rows=tuple(row for _, row in told),
            sources=_sources(instrument),
        )

    def _thresholds(self, instrument: Instrument) -> Iterator[Threshold]:
        if remission := instrument.change.remission_at_most:
            yield Threshold(remission.value, self.say("chart.remission", value=number(remission.value)))

    def _point(self, instrument: Instrument, row: Row, trials: dict[int, TrialView]) -> tuple[Point, tuple[str, ...]]:
        value, day = number(row["value"]), self.phrases.day(row["date"])
        bands = instrument.bands.bands if instrument.bands else ()
        band = next((b.label for b in bands if b.low <= row["value"] <= b.high), self.say("chart.nothing"))
        trial = trials.get(self.ends.get(row["measurement_key"], -1))
        mark = self.say(f"chart.marks.{trial.outcome}") if trial and trial.outcome else ""
        told = self.say("chart.end_of", named=self.phrases.named(trial), outcome=mark) if trial and mark else ""
        shown = self.say("chart.imputed", value=value) if row["is_imputed"] else value
        label = self.say("chart.score_label", day=day, value=f"{shown} {told}".strip())
        point = Point(row["date"], row["value"], label, mark, not row["is_imputed"])
        return point, (day, shown, band, told or self.say("chart.nothing"))

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


def _stretches(tables: Tables) -> dict[int, list[Stretch]]:
    """By trial: the days that each of its exposures surely covers; an end that is null goes on."""
    noted = {r["exposure_key"]: r for r in tables["exposure_note"].iter_rows(named=True)}
    trial_of = dict(tables["trial_exposure"].select("exposure_key", "trial_key").iter_rows())
    found: dict[int, list[Stretch]] = defaultdict(list)
    for row in tables["exposure"].iter_rows(named=True):
        trial, note = trial_of.get(row["exposure_key"]), noted.get(row["exposure_key"])
        if trial is None:
            continue  # after the index date
        start = note["start_latest_date"] if note else row["start_date"]
        end = note["end_earliest_date"] if note else row["end_date"]
        is_open = note is not None and note["end_kind"] == "unknown" and end is None
        if row["start_date"] is not None and start is not None and not is_open:
            found[trial].append(Stretch(start, end, row["daily_dose_mg"]))
    for stretches in found.values():
        stretches.sort(key=lambda s: (s.start, s.end or date.max, s.dose or 0.0))
    return found
