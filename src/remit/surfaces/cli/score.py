"""The command `score`: the items take the same way as the answers of a history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from remit.errors import Fault, SourceError, UsageError
from remit.flow.crisis import crisis
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.flow.records.scores import add_up, scored
from remit.flow.records.shelve import shelve
from remit.knowledge import Instrument, Knowledge, load_knowledge
from remit.knowledge.names import names_of
from remit.knowledge.text import load_text
from remit.render.phrases import Phrases
from remit.render.score_pages import ScoreView, score_json, score_page
from remit.render.views import Sign
from remit.surfaces.cli.output import to_error, write_json, write_page

UNANSWERED = ("-", ".")
ANY_DAY = date(2000, 1, 1)
"""Scoring asks for no day; a history does."""


def score_items(name: str, items: list[str], country: str | None, extra: Path | None, *, is_json: bool) -> None:
    """Score and write.

    Raises
    ------
    UsageError
        If the instrument is not known, or only its total may be entered.
    SourceError
        With every item that is no answer of the instrument.
    """
    knowledge = load_knowledge(extra)
    phrases = Phrases(load_text(), "clinician")
    instrument = _instrument(name, knowledge)
    view = _scored(instrument, items, knowledge)
    if is_json:
        write_json(score_json(view, country, knowledge, phrases))
    else:
        write_page(score_page(view, country, knowledge, phrases))


def _instrument(name: str, knowledge: Knowledge) -> Instrument:
    found = names_of(knowledge).instruments.find(name)
    if not found.ids:
        known = ", ".join(i for i, x in knowledge.instruments.items() if scored(x))
        hint = f"Did you mean {' or '.join(found.candidates)}?" if found.candidates else f"Known: {known}."
        raise UsageError(f"No instrument is known as {name[:60]!r}. {hint}")
    instrument: Instrument = knowledge.instruments[found.ids[0]]
    if found.how in ("spelling", "words"):
        to_error([f"Read {name[:60]!r} as {instrument.name}."])
    if instrument.scoring.method == "total_only" or not scored(instrument):
        raise UsageError(f"{instrument.name} has no items here: only its total can be entered, in a history.")
    return instrument


def _scored(instrument: Instrument, items: list[str], knowledge: Knowledge) -> ScoreView:
    day = ANY_DAY.isoformat()
    answers = {"instrument": instrument.id, "date": day, "items": _values(items)}
    book = Book(knowledge)
    read_histories(book, {"index_date": day, "treatments": [], "answers": [answers]}, Where("command line"))
    if book.faults:
        raise SourceError(book.faults)
    # An empty sheet leaves no answer behind; its items about suicide are still ones that were not answered.
    sheet = book.sheets[0].items
    tables = shelve(book)
    signs = crisis(tables, knowledge)["crisis"]
    total = add_up(instrument, sheet)
    asked = scored(instrument)
    return ScoreView(
        instrument=instrument,
        total=total.value,
        least=total.least,
        is_imputed=total.is_imputed,
        answered=sum(q.n in sheet for q in asked),
        asked=len(asked),
        signs=tuple(
            Sign(r["kind"], r["about"], r["item"], f"item {r['item']}" if r["item"] else "items")
            for r in signs.iter_rows(named=True)
        ),
    )


def _values(items: list[str]) -> list[float | None]:
    """Items as numbers; None where one was not answered."""
    values: list[float | None] = []
    faults = []
    for n, item in enumerate(items, 1):
        try:
            values.append(None if item in UNANSWERED else float(item))
        except ValueError:
            faults.append(Fault(f"command line: item {n}", "is not a number", "Write a number, or - if not answered."))
    if faults:
        raise SourceError(faults)
    return values
