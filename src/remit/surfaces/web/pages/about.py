"""The person: home page with what is done and what is open, and the few facts about them that the flow uses."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from remit.surfaces.web.call import Call
from remit.surfaces.web.checking import blamed, faults_of, sentence
from remit.surfaces.web.forms import NoAmount, read_amount
from remit.surfaces.web.record import Record
from remit.surfaces.web.spans import Unreadable, written
from remit.surfaces.web.windows import merged
from remit.tables.records import CONDITION_STATUS, SEVERITIES

SEXES = ("female", "male", "other")
TRI = ("yes", "no", "unknown")
MAX_LABEL = 80
_SAID = {"yes": True, "no": False}


def home(call: Call) -> Response:
    """What is done and what is open."""
    assessment = call.assessment()
    tries = {} if assessment.faults else assessment.fair_tries(call.mode)
    person = None if assessment.faults else assessment.person(call.mode)
    done = {
        "history": call.say(
            "web.home.history", n=len(call.record.entries), fair=sum(t.fair_try == "yes" for t in tries.values())
        ),
        "scores": person.score if person and person.score else call.say("web.home.no_scores"),
        "about": call.say("web.home.about" if call.record.episode else "web.home.about_open"),
        "checks": call.say("web.home.checks", n=len(call.record.clues)),
    }
    return call.render("home.html", done=done, faults=assessment.faults)


def edit(call: Call) -> Response:
    """The person and the episode."""
    if not call.is_post:
        return _page(call, {})
    problems: dict[str, str] = {}
    call.form = merged(call.form, _form(call.record))
    _person(call, problems)
    _episode(call, problems)
    call.save("about")
    if call.is_partial:
        return call.render("problems.html", problems=problems)
    return _page(call, problems) if problems else call.redirect(call.home("about"), "saved")


def _person(call: Call, problems: dict[str, str]) -> None:
    form, record = call.form, call.record
    for name in ("country", "weight_kg"):
        record.typed.pop(name, None)  # what was wrong may have been emptied
    person: dict[str, Any] = {"id": " ".join(form.get("label", "").split())[:MAX_LABEL] or record.label or "?"}
    country = form.get("country", "").strip()
    if country:
        person["country"] = country[:MAX_LABEL].upper() if len(country) == 2 else country[:MAX_LABEL]  # noqa: PLR2004
    if form.get("sex") in SEXES:
        person["sex"] = form["sex"]
    if day := _date(call, "birth_date", problems, is_whole=True, is_past=True):
        person["birth_date"] = day
    if said := form.get("weight_kg", "").strip().removesuffix("kg").strip():
        try:
            person["weight_kg"] = read_amount(said)
        except NoAmount as error:
            record.typed["weight_kg"] = said
            problems["weight_kg"] = call.say(f"web_forms.{error.reason or 'number'}")
    history = {"person": person, "index_date": "2000-01-01", "treatments": []}
    for fault in faults_of(call.services.knowledge, history):
        name = fault.place.rpartition(".")[2]
        problems[name] = sentence(fault, call.services.text)
        record.typed[name] = str(person.pop(name, ""))
    record.person = person
    record.index_date = _date(call, "index_date", problems, is_whole=True)
    if record.index_date:  # one that no record can be about would keep every page from being made
        for fault in faults_of(call.services.knowledge, {"index_date": record.index_date, "treatments": []}):
            problems["index_date"] = sentence(fault, call.services.text)
            record.typed["index_date"], record.index_date = form.get("index_date", ""), None


def _episode(call: Call, problems: dict[str, str]) -> None:
    form, record = call.form, call.record
    episode: dict[str, Any] = {}
    if start := _date(call, "episode_start", problems, is_past=True):
        episode["start"] = start
    if form.get("severity") in SEVERITIES:
        episode["severity"] = form["severity"]
    if form.get("psychotic") in _SAID:
        episode["psychotic"] = _SAID[form["psychotic"]]
    history = {"episode": episode, "index_date": "2100-12-31", "treatments": []}
    for fault in faults_of(call.services.knowledge, history):
        problems["episode_start"] = sentence(fault, call.services.text)
        record.typed["episode_start"] = form.get("episode_start", "")
        episode.pop("start", None)
    record.episode = episode


def _date(
    call: Call, name: str, problems: dict[str, str], *, is_whole: bool = False, is_past: bool = False
) -> str | None:
    """A date of the form; what cannot be read stays as typed."""
    said, typed = call.form.get(name, "").strip(), call.record.typed
    typed.pop(name, None)
    if not said:
        return None
    try:
        span = call.dates().read(said)
    except Unreadable as error:
        typed[name], problems[name] = said, call.say(f"web_forms.date.{error.reason}")
        return None
    day = written(span)
    if day != said:
        typed[name] = said
    if span.first is None:
        return None
    if is_whole and not span.is_exact:
        problems[name] = call.say("web.about.whole_day")
    elif is_past and span.first > call.services.today():
        problems[name] = call.say("web_forms.date.future")
    if name in problems:
        typed[name] = said
        return None
    return day


def _form(record: Record) -> dict[str, str]:
    """The fields of a form that says this person and episode; what was typed stands as it was typed."""
    return {
        "label": record.label,
        "index_date": record.index_date or "",
        "episode_start": record.episode.get("start", ""),
        "severity": record.episode.get("severity", ""),
        "psychotic": {True: "yes", False: "no"}.get(record.episode.get("psychotic", ""), "unknown"),
        **{k: str(record.person.get(k, "")) for k in ("birth_date", "sex", "weight_kg", "country")},
        **record.typed,
    }


def _page(call: Call, problems: dict[str, str]) -> Response:
    say = call.say
    return call.render(
        "about_person.html",
        form=_form(call.record),
        problems=problems,
        sexes=[("", say("web.history.unsure")), *((s, say(f"web.about.sex.{s}")) for s in SEXES)],
        severities=[("", say("web.history.unsure")), *((s, say(f"web.about.severity.{s}")) for s in SEVERITIES)],
        tri=[(t, say(f"web.about.tri.{t}")) for t in TRI],
        countries=countries(call),
        conditions=[_condition(call, i, c) for i, c in enumerate(call.record.conditions)],
        statuses=[("", say("web.history.unsure")), *((s, say(f"web.about.status.{s}")) for s in CONDITION_STATUS)],
        known_conditions=sorted({c.name for c in call.services.knowledge.conditions.values()}),
    )


def countries(call: Call) -> list[tuple[str, str]]:
    """Countries of which crisis lines are known, for a list to choose from."""
    lines = call.services.knowledge.library.crisis_lines.values()
    codes = dict.fromkeys(line.country for line in lines if line.country != "*")
    text = call.services.text
    names = {code: text.say(key) if text.has(key := f"web.country.{code}") else code for code in codes}
    return [("", call.say("web.about.country_other")), *sorted(names.items(), key=lambda pair: pair[1])]


def _condition(call: Call, i: int, content: dict[str, Any]) -> dict[str, Any]:
    status = content.get("status")
    word = call.say(f"web.about.status.{status}") if status else ""
    return {"i": i, "name": content["condition"], "status": word, "start": content.get("start", "")}


def add_condition(call: Call) -> Response:
    """An illness that is or was there, or was ruled out."""
    name = call.form.get("condition", "").strip()
    problems: dict[str, str] = {}
    content: dict[str, Any] = {"condition": name}
    if call.form.get("status") in CONDITION_STATUS:
        content["status"] = call.form["status"]
    start = call.form.get("condition_start", "").strip()
    if start:
        try:
            span = call.dates().read(start)
            content["start"] = written(span)
            if span.first and span.first > call.services.today():
                problems["condition_start"] = call.say("web_forms.date.future")
        except Unreadable as error:
            problems["condition_start"] = call.say(f"web_forms.date.{error.reason}")
    if not name:
        problems["condition"] = call.say("web.about.condition_missing")
    for blame in blamed(call.services.knowledge, call.services.text, "conditions", content) if name else []:
        problems["condition_start" if blame.field == "start" else "condition"] = blame.message
    if problems:
        call.record.typed |= {k: call.form.get(k, "") for k in ("condition", "condition_start")}
        return _page(call, problems)
    call.record.conditions.append(content)
    call.save("about.condition")
    return call.redirect(call.home("about") + "#conditions", "saved")


def remove_condition(call: Call) -> Response:
    """Take one out; undo brings it back."""
    i, name = call.form.get("i", ""), call.form.get("name", "")
    listed = call.record.conditions
    if i.isascii() and i.isdigit() and int(i) < len(listed) and listed[int(i)]["condition"] == name:
        listed.pop(int(i))
        call.save("about.condition.remove")
    return call.redirect(call.home("about"), "removed")
