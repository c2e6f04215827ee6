"""One request as a page's function sees it: what was asked, the record it is about, and how to answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from threading import Lock
from typing import Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.render.crisis import Panel, call_number, has_sign, panel
from remit.render.phrases import Phrases
from remit.surfaces.web import security
from remit.surfaces.web.fuzzy import DateReader
from remit.surfaces.web.record import Record, read_document
from remit.surfaces.web.store import Saved, Store, StoreProblem
from remit.surfaces.web.templating import Pages
from remit.surfaces.web.workbench import CLINICIAN, MODES, VISIT, Assessment, Workbench

SEE_OTHER, FORBIDDEN, NOT_FOUND, GONE_WRONG, LARGE = 303, 403, 404, 400, 413
MAX_FIELDS, MAX_FILES = 2000, 8
STEPS = ("history", "scores", "about", "checks", "standing", "course", "options", "report")
Page = Callable[["Call"], Response]
Fault = Callable[[Request, Exception], Response]


@dataclass
class Services:
    """What the app holds for as long as it runs.

    Parameters
    ----------
    store : Store
    bench : Workbench
    pages : Pages
    secret : str
        Of this folder's forms.
    today : callable
        The day, from the clock of this machine.
    """

    store: Store
    bench: Workbench
    pages: Pages
    secret: str
    today: Callable[[], date] = lambda: datetime.now().astimezone().date()
    unlocked: set[str] = field(default_factory=set)  # sessions that gave the passphrase
    is_locked: bool = False
    drawn: dict[str, str] = field(default_factory=dict)  # parts of pages that hang on the knowledge alone
    editing: Lock = field(default_factory=Lock)  # from reading a record to writing it back, one edit at a time

    @property
    def knowledge(self) -> Knowledge:
        """All knowledge."""
        return self.bench.knowledge

    @property
    def text(self) -> Text:
        """Sentences."""
        return self.bench.text


@dataclass
class Call:
    """A request and its answer.

    Parameters
    ----------
    services : Services
    request : Request
    session : str
    form : dict of str to str
        Fields, the last of a name.
    files : list of tuple of str and bytes
        Names and contents of uploads.
    """

    services: Services
    request: Request
    session: str
    form: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    saved: Saved | None = None
    record: Record = field(default_factory=Record)

    # --- what was asked
    @property
    def is_post(self) -> bool:
        """Whether something is to be changed."""
        return self.request.method == "POST"

    @property
    def is_partial(self) -> bool:
        """Whether a script asks for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    @cached_property
    def mode(self) -> str:
        """clinician or visit; visit until it is chosen."""
        chosen = self.services.store.setting("mode")
        return chosen if chosen in MODES else VISIT

    @property
    def country(self) -> str | None:
        """The person's country, else the folder's."""
        return self.record.country or self._folder_country

    @cached_property
    def _folder_country(self) -> str | None:
        return self.services.store.setting("country") or None

    @property
    def person_id(self) -> str:
        """Key of the person that the request is about."""
        return str(self.request.path_params.get("person_id", ""))

    @cached_property
    def phrases(self) -> Phrases:
        """Words of the mode."""
        return Phrases(self.services.text, self.mode)

    def say(self, key: str, **values: object) -> str:
        """A sentence."""
        return self.services.text.say(key, **values)

    def own(self, key: str) -> str:
        """A sentence of the app in the words of the mode: a clinician is not spoken to as the person."""
        own = f"web_clinician.{key}"
        return self.say(own if self.mode == CLINICIAN and self.services.text.has(own) else f"web.{key}")

    def steps(self) -> list[tuple[str, str]]:
        """The places of a person, in the order in which one goes through them."""
        return [(step, self.own(f"step.{step}")) for step in STEPS]

    def dates(self) -> DateReader:
        """Reads dates as people say them."""
        return DateReader(self.services.text, self.services.today(), (self.country or "").upper() or None)

    # --- the record
    def assessment(self) -> Assessment:
        """All that follows from the record."""
        return self._assessed

    @cached_property
    def _assessed(self) -> Assessment:
        """The same, asked for once between two saves."""
        return self.services.bench.assess(self.record, self.services.today(), self.country)

    def save(self, about: str) -> None:
        """Write the record; it is on the disk when this returns."""
        self.saved = self.services.store.save(self.person_id, self.record.document(), about)
        self.__dict__.pop("_assessed", None)

    def panel(self) -> Panel | None:
        """The crisis panel, where there is a sign of suicidality on record or a question about it was left open."""
        if self.saved is None:
            return None
        assessment = self.assessment()
        if assessment.faults:
            return panel((), self.country, self.services.knowledge, self.phrases)
        signs = assessment.signs
        is_open = any(sign.kind == "unanswered" and sign.item is None for sign in signs)
        if not has_sign(signs) and not is_open and not self._is_in_words():
            return None
        return panel(signs, self.country, self.services.knowledge, self.phrases)

    def _is_in_words(self) -> bool:
        """Whether words that no reader understands, or that were just sent, are about suicide."""
        said = "\n".join([*self.form.values(), *self.record.free_texts()]).lower().replace("\u2019", "'")
        return any(word in said for word in self.say("web_forms.crisis_words").split(", "))

    # --- the answer
    def timeline(self, assessment: Assessment, *, with_legend: bool = True) -> Markup:
        """The picture of the history with its tables, drawn once for a state of the record; empty without any."""
        if assessment.faults:
            return Markup("")
        part = f"timeline {self.mode} {with_legend}"
        if part not in assessment.drawn:
            picture, legend = assessment.chart(self.mode)
            values = {"picture": picture, "legend": legend if with_legend else ""}
            assessment.drawn[part] = self.services.pages.render("timeline.html", values)
        return Markup(assessment.drawn[part])

    @cached_property
    def token(self) -> str:
        """What a form of this session is known by."""
        return security.token_of(self.session, self.services.secret)

    def render(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        knowledge = self.services.knowledge
        common = {
            "call": self,
            "mode": self.mode,
            "token": self.token,
            "panel": self.panel() if not self.is_partial else None,
            "number": call_number(self.country, knowledge, self.phrases),
            "knowledge_version": knowledge.version,
            "knowledge_date": self.phrases.day(max(d.reviewed for d in knowledge.definitions)),
            "notice": self._notice(),
        }
        return self.services.pages.response(template, status, common | values)

    def _notice(self) -> str | None:
        """What the page before did, said once."""
        key = self.request.query_params.get("did", "")
        return self.say(f"web.did.{key}") if self.services.text.has(f"web.did.{key}") else None

    def redirect(self, path: str, did: str | None = None) -> Response:
        """To another page of this app, which says what was done."""
        mark = f"{'&' if '?' in path else '?'}did={did}" if did else ""
        return RedirectResponse(path + mark, SEE_OTHER)

    def home(self, *parts: str) -> str:
        """Path of a page of this person."""
        return "/".join(["/p", self.person_id, *parts])


def endpoint(page: Page, services: Services, fault: Fault, *, is_open: bool = False) -> Callable[[Request], Any]:
    """A page's function as an endpoint: session, form, token, lock and record are seen to here.

    Parameters
    ----------
    page : callable
    services : Services
    fault : callable
        What is answered where the function itself breaks; the error goes no further, because a server writes what it
        catches into its log, and a message may hold what a person typed.
    is_open : bool
        Whether it is shown while the data are locked.
    """

    async def handle(request: Request) -> Response:
        if request.scope.get(security.TOO_LARGE):
            raise HTTPException(LARGE)
        given = request.cookies.get(security.COOKIE, "")
        session = given if security.SESSION.match(given) else security.new_session()
        call = Call(services, request, session)
        if request.method == "POST":
            await _read_form(call, is_known=session == given)
        try:
            answer = await run_in_threadpool(_answer, page, call, is_open)
        except (HTTPException, StoreProblem):
            raise
        except Exception as error:
            answer = await run_in_threadpool(fault, request, error)
        if session != given:
            answer.set_cookie(security.COOKIE, session, httponly=True, samesite="strict", path="/")
        return answer

    return handle


def _answer(page: Page, call: Call, is_open: bool) -> Response:
    services = call.services
    if services.is_locked and call.session not in services.unlocked and not is_open:
        return RedirectResponse("/unlock", SEE_OTHER)
    with services.editing if call.is_post else nullcontext():
        if call.person_id:
            call.saved = services.store.load(call.person_id)
            if call.saved is None:
                raise HTTPException(NOT_FOUND)
            call.record = read_document(call.saved.document)
        return page(call)


async def _read_form(call: Call, *, is_known: bool) -> None:
    try:
        async with call.request.form(max_fields=MAX_FIELDS, max_files=MAX_FILES) as form:
            await _take(call, form)
    except (MultiPartException, HTTPException, ClientDisconnect, UnicodeDecodeError, ValueError) as error:
        raise HTTPException(GONE_WRONG) from error
    given = call.form.pop("token", "") or call.request.headers.get("x-remit-token", "")
    if not is_known or not security.is_token(given, call.session, call.services.secret):
        raise HTTPException(FORBIDDEN)


async def _take(call: Call, form: FormData) -> None:
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                call.files.append((value.filename, await value.read()))
        else:
            # NUL and lone surrogates are in nobody's words and in no file that we could write.
            clean = value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
            call.form[name] = clean
            call.lists.setdefault(name, []).append(clean)
