"""How are you now: questionnaires that may be shown, totals of those that may not, and the course of both."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.flow.records.scores import add_up, scored
from remit.knowledge import Instrument
from remit.render.crisis import zero_sentences
from remit.render.phrases import number
from remit.surfaces.web.call import NOT_FOUND, Call
from remit.surfaces.web.checking import blamed
from remit.surfaces.web.spans import Unreadable, written
from remit.surfaces.web.workbench import CLINICIAN
from remit.tables.crisis import CRISIS_CLUES

TRI = {"yes": True, "no": False, "unknown": "unknown"}
"""Answers to the direct question; `unknown` is "I would rather not say", which is never read as a no."""

NEWEST = 40
"""Scores that are listed at first; the others stand a link further, and in the table of the picture."""

Problems = dict[str, str]


def listing(call: Call, problems: Problems | None = None) -> Response:
    """Scores on record, their course, and what can be answered."""
    assessment = call.assessment()
    notes, latest = [], None
    if not assessment.faults:
        notes = zero_sentences(assessment.signs, call.phrases, call.services.knowledge)
        latest = assessment.person(call.mode).score
    listed = _listed(call)
    newest = listed if call.request.query_params.get("all") else listed[:NEWEST]
    shown = [i for i in call.services.knowledge.instruments.values() if is_shown(i)]
    ask = {clue: call.record.clues.get(clue) for clue in CRISIS_CLUES[:1]}
    return call.render(
        "scores.html",
        timeline=call.timeline(assessment),
        notes=notes,
        latest=latest,
        rows=[_row(call, part, i) for part, i in newest],
        n_rows=len(listed),
        instruments=[(i.id, i.name, call.say(f"web.scores.by.{_by(i)}")) for i in _ordered(call, shown)],
        totals=[("", call.say("web.scores.choose")), *_totals(call)],
        thoughts={True: "yes", False: "no", "unknown": "unknown", None: ""}[next(iter(ask.values()))],
        tri=[(t, call.say(f"web.scores.thoughts_{t}")) for t in TRI],
        problems=problems or {},
        form=call.form,
        faults=assessment.faults,
    )


def is_shown(instrument: Instrument) -> bool:
    """Whether its questions may be shown and are all here."""
    asked = instrument.questions
    return (
        instrument.licence.tier == "ship"
        and instrument.scoring.method != "total_only"
        and bool(asked)
        and all(q.text and (q.options or instrument.options) for q in asked)
    )


def _by(instrument: Instrument) -> str:
    return instrument.respondent if instrument.respondent in ("self", "clinician") else "other"


def _ordered(call: Call, shown: list[Instrument]) -> list[Instrument]:
    """Those that a person answers first, then by whether they tell how bad the depression is, then the short ones.

    While a visit is prepared there are no others.
    """
    own = [i for i in shown if i.respondent != "clinician" or call.mode == CLINICIAN]
    return sorted(own, key=lambda i: (i.respondent != "self", not i.is_depression_severity, len(i.questions), i.name))


def _totals(call: Call) -> list[tuple[str, str]]:
    knowledge = call.services.knowledge
    known = [(i.id, i.name) for i in knowledge.instruments.values()]
    if call.mode == CLINICIAN:
        known += [(o.id, f"{o.name} ({o.unit})" if o.unit else o.name) for o in knowledge.observables.values()]
    return sorted(known, key=lambda pair: pair[1].lower())


def _listed(call: Call) -> list[tuple[str, int]]:
    """Part of the record and place in it of every score, newest first."""
    parts = {"answers": call.record.answers, "measurements": call.record.measurements}
    found = [(part, i) for part, listed in parts.items() for i in range(len(listed))]
    return sorted(found, key=lambda place: str(parts[place[0]][place[1]]["date"]), reverse=True)


def _row(call: Call, part: str, i: int) -> dict[str, Any]:
    knowledge = call.services.knowledge
    if part == "answers":
        content = call.record.answers[i]
        instrument = knowledge.instruments[content["instrument"]]
        name, value = instrument.name, _total(instrument, content["items"])
    else:
        content = call.record.measurements[i]
        code = content["code"]
        known = knowledge.instruments.get(code) or knowledge.observables.get(code)
        name = known.name if known else code
        value = number(content["value"]) + (f" {content['unit']}" if content.get("unit") else "")
    return {"part": part, "i": i, "name": name, "date": str(content["date"]), "value": value}


def _total(instrument: Instrument, items: list[Any]) -> str:
    """The total of answers as a history lists them; a question mark where too much is missing."""
    questions = scored(instrument) if len(items) == len(scored(instrument)) else list(instrument.questions)
    given = {q.n: float(v) for q, v in zip(questions, items, strict=False) if isinstance(v, (int, float))}
    if {q.n for q in scored(instrument)} <= {s.item for s in instrument.safety_items}:
        return ""
    total = add_up(instrument, given).value
    return "?" if total is None else number(total)


def thoughts(call: Call) -> Response:
    """The direct question about thoughts of suicide."""
    answer = call.form.get("thoughts", "")
    if answer in TRI:
        call.record.clues[CRISIS_CLUES[0]] = TRI[answer]
        call.save("scores.thoughts")
    return call.redirect(call.home("scores"), "saved")


def questionnaire(call: Call) -> Response:
    """The questions of one instrument, and what was answered."""
    instrument = call.services.knowledge.instruments.get(call.request.path_params["instrument_id"])
    if instrument is None or not is_shown(instrument):
        raise HTTPException(NOT_FOUND)
    if not call.is_post:
        return _sheet(call, instrument, {})
    problems: Problems = {}
    day = _day(call, problems)
    items = [_answer(call, instrument, q.n) for q in instrument.questions]
    if all(item is None for item in items):
        problems[f"q{instrument.questions[0].n}"] = call.say("web.scores.nothing_answered")
    content = {"instrument": instrument.id, "date": day, "items": items}
    if not problems:
        for blame in blamed(call.services.knowledge, call.services.text, "answers", content):
            problems["date" if blame.field == "date" else ""] = blame.message
    if problems:
        return _sheet(call, instrument, problems)
    same = [a for a in call.record.answers if (a["instrument"], a["date"]) != (instrument.id, day)]
    call.record.answers = [*same, content]
    call.save(f"scores.{instrument.id}")
    return call.redirect(call.home("scores"), "scored")


def _sheet(call: Call, instrument: Instrument, problems: Problems) -> Response:
    today = call.services.today().isoformat()
    return call.render("questionnaire.html", instrument=instrument, problems=problems, form={"date": today} | call.form)


def _answer(call: Call, instrument: Instrument, n: int) -> int | float | None:
    said = call.form.get(f"q{n}", "")
    question = next(q for q in instrument.questions if q.n == n)
    allowed = {number(o.value): o.value for o in question.options or instrument.options}
    value = allowed.get(said)
    return None if value is None else int(value) if value == int(value) else value


def _day(call: Call, problems: Problems) -> str:
    try:
        span = call.dates().read(call.form.get("date", ""))
    except Unreadable as error:
        problems["date"] = call.say(f"web_forms.date.{error.reason}")
        return ""
    if not span.is_exact:
        problems["date"] = call.say("web.about.whole_day")
    elif span.first and span.first > call.services.today():
        problems["date"] = call.say("web_forms.date.future")
    return written(span)


def add_total(call: Call) -> Response:
    """A total or a laboratory value that is known from elsewhere."""
    problems: Problems = {}
    content: dict[str, Any] = {"code": call.form.get("code", ""), "date": _day(call, problems)}
    try:
        content["value"] = float(call.form.get("value", "").replace(",", "."))
    except ValueError:
        problems["value"] = call.say("web_forms.number")
    if call.form.get("unit", "").strip():
        content["unit"] = call.form["unit"].strip()[:40]
    if not content["code"]:
        problems["code"] = call.say("web.scores.choose_first")
    if not problems:
        for blame in blamed(call.services.knowledge, call.services.text, "measurements", content):
            problems[blame.field if blame.field in ("code", "value", "date", "unit") else "value"] = blame.message
    if problems:
        return listing(call, problems)
    call.record.measurements.append(content)
    call.save("scores.total")
    return call.redirect(call.home("scores"), "scored")


def remove(call: Call) -> Response:
    """Take a score out; undo brings it back."""
    part, i, day = call.form.get("part", ""), call.form.get("i", ""), call.form.get("date", "")
    listed = {"answers": call.record.answers, "measurements": call.record.measurements}.get(part, [])
    if i.isascii() and i.isdigit() and int(i) < len(listed) and str(listed[int(i)]["date"]) == day:
        listed.pop(int(i))
        call.save("scores.remove")
    return call.redirect(call.home("scores"), "removed")
