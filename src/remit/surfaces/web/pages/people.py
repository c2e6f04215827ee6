"""The first page: for whom this is, who is in the folder, and the choice of mode."""

from __future__ import annotations

from starlette.responses import Response

from remit.surfaces.web.call import Call
from remit.surfaces.web.pages.about import countries
from remit.surfaces.web.record import Record, read_document
from remit.surfaces.web.workbench import MODES

MAX_LABEL = 80


def start(call: Call) -> Response:
    """Everyone in the folder."""
    return _page(call)


def _page(call: Call, problems: dict[str, str] | None = None) -> Response:
    people = []
    for row in call.services.store.people():
        saved = call.services.store.load(row.person_id)
        if saved:
            record = read_document(saved.document)
            people.append((row.person_id, record.label, len(record.entries)))
    chosen = call.services.store.setting("mode")
    given = call.form.get("country", call.services.store.setting("country") or "")
    return call.render(
        "people.html",
        people=people,
        chosen=chosen,
        problems=problems or {},
        form=call.form | {"country": given},
        countries=[("", call.say("web.people.country_open")), *countries(call)[1:]],
    )


def choose_mode(call: Call) -> Response:
    """For whom the pages are written."""
    if call.form.get("mode") not in MODES:
        return _page(call, {"mode": call.say("web.people.choose")})
    call.services.store.set("mode", call.form["mode"])
    return call.redirect("/", "mode")


def add(call: Call) -> Response:
    """A new person, and on to their history."""
    label = " ".join(call.form.get("label", "").split())[:MAX_LABEL]
    if not label:
        return _page(call, {"label": call.say("web.people.label_missing")})
    country = call.form.get("country", call.services.store.setting("country") or "")
    person = {"id": label} | ({"country": country} if country and country in dict(countries(call)) else {})
    person_id = call.services.store.add(Record(person=person).document())
    return call.redirect(f"/p/{person_id}/history")


def undo(call: Call) -> Response:
    """Take the last edit back."""
    return _step(call, -1, "undone")


def redo(call: Call) -> Response:
    """Do it again."""
    return _step(call, 1, "redone")


def _step(call: Call, by: int, did: str) -> Response:
    about = call.services.store.step(call.person_id, by)
    if about is None:
        return call.redirect(call.home(), "nothing")
    place = about.partition(".")[0]
    known = {"history", "scores", "checks", "options", "about"}
    return call.redirect(call.home(place) if place in known else call.home(), did)
