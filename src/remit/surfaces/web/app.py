"""The app: its routes, and what is said when something goes wrong."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from remit.drawing.svg import theme
from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.surfaces.web.call import Call, Page, Services, endpoint
from remit.surfaces.web.pages import (
    about,
    checks,
    course,
    files,
    history,
    options,
    people,
    reports,
    scores,
    settings,
    standing,
)
from remit.surfaces.web.security import COOKIE, SESSION, Guard, new_session
from remit.surfaces.web.store import Store, StoreProblem
from remit.surfaces.web.templating import Pages
from remit.surfaces.web.workbench import Workbench

HERE = Path(__file__).parent
STATIC = {
    "remit.css": "text/css",
    "remit.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
SERVER_ERROR, NO_ROOM = 500, 507
SAID = {400: "bad", 403: "forbidden", 404: "not_found", 405: "bad", 413: "large"}
SECRET_BYTES = 32

P = "/p/{person_id}"
GET, POST, BOTH = ["GET"], ["POST"], ["GET", "POST"]

PAGES: tuple[tuple[str, Page, list[str]], ...] = (
    ("/", people.start, GET),
    ("/mode", people.choose_mode, POST),
    ("/people", people.add, POST),
    ("/import", files.upload, BOTH),
    ("/caseload", course.everyone, GET),
    ("/caseload.{kind}", course.exported, GET),
    ("/export.json", files.export_all, GET),
    ("/delete", files.delete_all, BOTH),
    ("/settings", settings.settings, GET),
    ("/settings", settings.change, POST),
    ("/passphrase", settings.passphrase, POST),
    ("/lock", settings.lock, POST),
    (P, about.home, GET),
    (f"{P}/undo", people.undo, POST),
    (f"{P}/redo", people.redo, POST),
    (f"{P}/about", about.edit, BOTH),
    (f"{P}/about/conditions", about.add_condition, POST),
    (f"{P}/about/conditions/remove", about.remove_condition, POST),
    (f"{P}/history", history.listing, GET),
    (f"{P}/history", history.add, POST),
    (f"{P}/history/{{key}}", history.edit, BOTH),
    (f"{P}/history/{{key}}/remove", history.remove, POST),
    (f"{P}/scores", scores.listing, GET),
    (f"{P}/scores/thoughts", scores.thoughts, POST),
    (f"{P}/scores/total", scores.add_total, POST),
    (f"{P}/scores/remove", scores.remove, POST),
    (f"{P}/scores/{{instrument_id}}", scores.questionnaire, BOTH),
    (f"{P}/checks", checks.edit, BOTH),
    (f"{P}/standing", standing.standing, GET),
    (f"{P}/course", course.going, GET),
    (f"{P}/what-if", standing.what_if, BOTH),
    (f"{P}/options", options.listing, BOTH),
    (f"{P}/options/{{option_id}}", options.option, GET),
    (f"{P}/options/{{option_id}}/plan", options.plan, GET),
    (f"{P}/options/{{option_id}}/plan.ics", options.calendar, GET),
    (f"{P}/report", reports.listing, GET),
    (f"{P}/report/{{document}}", reports.document, GET),
    (f"{P}/import", files.upload, BOTH),
    (f"{P}/export.json", files.export, GET),
    (f"{P}/delete", files.delete, BOTH),
)
OPEN: tuple[tuple[str, Page, list[str]], ...] = (
    ("/help", settings.crisis_help, GET),
    ("/about", settings.about, GET),
    ("/unlock", settings.unlock, BOTH),
)
"""Shown while the data are locked, too: help above all."""

_LOG = logging.getLogger("remit.web")


def make_app(store: Store, knowledge: Knowledge, text: Text) -> Starlette:
    """The app over a store.

    Parameters
    ----------
    store : Store
    knowledge : Knowledge
    text : Text
    """
    secret = store.setting("secret")
    if secret is None:  # written once, so that a full disk does not keep the app from opening
        secret = secrets.token_hex(SECRET_BYTES)
        store.set("secret", secret)
    services = Services(store, Workbench(knowledge, text), Pages(text), secret)
    services.is_locked = store.keyring() is not None
    fault = _fault(services)
    routes = [Route(path, endpoint(page, services, fault), methods=methods) for path, page, methods in PAGES]
    routes += [
        Route(path, endpoint(page, services, fault, is_open=True), methods=methods) for path, page, methods in OPEN
    ]
    routes += [Route("/static/charts.css", _chart_styles), Route("/static/{name}", _static)]
    handlers: dict[Any, Any] = {
        HTTPException: _refused(services),
        StoreProblem: _no_room(services),
    }
    app = Starlette(routes=routes, middleware=[Middleware(Guard, text=text)], exception_handlers=handlers)
    app.state.services = services
    return app


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    return FileResponse(HERE / "static" / name, media_type=STATIC[name])


def _chart_styles(_request: Request) -> Response:
    """Colours of charts in the dark."""
    return Response(f"@media (prefers-color-scheme: dark) {{\n{theme()}\n}}\n", media_type="text/css")


def _page(services: Services, request: Request, status: int, name: str) -> Response:
    """A page that says what is wrong. It holds nothing that was sent."""
    given = request.cookies.get(COOKIE, "")
    call = Call(services, request, given if SESSION.match(given) else new_session())
    title, what = call.say(f"web.error.{name}.title"), call.say(f"web.error.{name}.what")
    return call.render("error.html", status, title=title, what=what)


def _refused(services: Services) -> Any:
    def handle(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", SERVER_ERROR)
        return _page(services, request, status, SAID.get(status, "bad"))

    return handle


def _no_room(services: Services) -> Any:
    def handle(request: Request, error: Exception) -> Response:
        reason = error.reason if isinstance(error, StoreProblem) else "other"
        _LOG.error("the data file cannot be written: %s", reason)
        return _page(services, request, NO_ROOM, f"store_{reason}")

    return handle


def _fault(services: Services) -> Any:
    def handle(request: Request, error: Exception) -> Response:
        # The type and the place only: a message may hold what a person typed.
        trace, place = error.__traceback__, "?"
        while trace is not None:
            place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
            trace = trace.tb_next
        _LOG.error("a fault in Remit itself: %s at %s", type(error).__name__, place)
        return _page(services, request, SERVER_ERROR, "fault")

    return handle
