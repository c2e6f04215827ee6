"""Choices of the data folder, the passphrase, and the pages that stand open even while the data are locked."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from remit.render.crisis import panel
from remit.surfaces.web.call import Call
from remit.surfaces.web.pages.about import countries
from remit.surfaces.web.store import WrongPassphrase
from remit.surfaces.web.workbench import MODES

LEAST = 10
"""Characters of a passphrase."""


def settings(call: Call) -> Response:
    """Mode, country, passphrase, deletion of everything."""
    return _page(call, {})


def _page(call: Call, problems: dict[str, str]) -> Response:
    return call.render(
        "settings.html",
        problems=problems,
        countries=countries(call),
        country=call.services.store.setting("country") or "",
        is_encrypted=call.services.store.keyring() is not None,
        least=LEAST,
    )


def change(call: Call) -> Response:
    """Mode and country."""
    if call.form.get("mode") in MODES:
        call.services.store.set("mode", call.form["mode"])
    call.services.store.set("country", call.form.get("country", "")[:8])
    return call.redirect("/settings", "saved")


def passphrase(call: Call) -> Response:
    """Set, change or take away the passphrase."""
    store, form = call.services.store, call.form
    is_encrypted = store.keyring() is not None
    if is_encrypted:
        try:
            store.unlock(form.get("old", ""))
        except WrongPassphrase:
            return _page(call, {"old": call.say("web.settings.wrong")})
    if form.get("what") == "remove" and is_encrypted:
        store.decrypt()
        call.services.is_locked = False
        return call.redirect("/settings", "decrypted")
    new = form.get("new", "")
    if len(new) < LEAST:
        return _page(call, {"new": call.say("web.settings.short", n=LEAST)})
    if new != form.get("again", ""):
        return _page(call, {"again": call.say("web.settings.differ")})
    if is_encrypted:
        store.change_passphrase(new)
    else:
        store.encrypt(new)
    call.services.is_locked = True
    call.services.unlocked = {call.session}
    return call.redirect("/settings", "encrypted")


def unlock(call: Call) -> Response:
    """The passphrase, before anything of a person is shown."""
    problems: dict[str, str] = {}
    if call.is_post:
        try:
            call.services.store.unlock(call.form.get("passphrase", ""))
        except WrongPassphrase:
            problems["passphrase"] = call.say("web.settings.wrong")
        else:
            call.services.unlocked.add(call.session)
            return call.redirect("/")
    return call.render("unlock.html", problems=problems)


def lock(call: Call) -> Response:
    """Forget the passphrase until it is given again."""
    if call.services.is_locked:
        call.services.unlocked.clear()
    return call.redirect("/unlock" if call.services.is_locked else "/")


def crisis_help(call: Call) -> Response:
    """Where to turn, for any country; open at all times."""
    listed = countries(call)
    asked = call.request.query_params.get("country", "")
    country = asked if asked in dict(listed) else call.services.store.setting("country") or ""
    shown = panel((), country or None, call.services.knowledge, call.phrases)
    return call.render("help.html", countries=listed, country=country, shown=shown)


def about(call: Call) -> Response:
    """What this is, who made it, how current it is, and what it does with what is typed."""
    knowledge = call.services.knowledge
    sources: list[dict[str, Any]] = [
        {"name": d.name, "mark": call.phrases.mark(d.verified), "reviewed": d.reviewed.isoformat(),
         "citations": [knowledge.sources[s].citation for s in d.sources]}
        for d in knowledge.definitions
    ]  # fmt: skip
    return call.render("about.html", definitions=sources)
