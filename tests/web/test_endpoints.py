"""Whatever is sent to an address of the app, the app itself does not break: schemathesis on every route and method.

The description of the addresses is made from the app: its routes, and the fields of the forms on its pages with the
values that they offer. A field gets what its form offers, or any text at all.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.types import ASGIApp, Receive, Scope, Send

from remit.knowledge import Knowledge
from remit.surfaces.web.app import OPEN, PAGES
from remit.surfaces.web.record import read_history
from remit.surfaces.web.security import COOKIE, token_of
from remit.surfaces.web.store import open_store
from web.visitor import Page, Visitor

schemathesis = pytest.importorskip("schemathesis", reason="only with the group `endpoints`: just endpoints")

EXAMPLES = int(os.environ.get("REMIT_EXAMPLES", "8"))
SESSION = "s" * 43
PHQ9 = {"instrument": "phq9", "date": "2026-11-01", "items": [1, 2, 1, 0, 1, 2, 1, 0, 1, None]}
HISTORY = {
    "person": {"id": "Sam", "country": "GB"}, "episode": {"start": "2024-02-01"},
    "treatments": [
        {"treatment": "Zoloft", "start": "2024-03-01", "end": "2024-06-30", "daily_dose_mg": 100, "outcome": "none"},
        {"treatment": "ECT", "start": "2025-01", "sessions": 8},
    ],
    "answers": [PHQ9], "measurements": [{"code": "phq9", "value": 18, "date": "2024-03-01"}],
    "conditions": [{"condition": "hypothyroidism", "start": "2015"}], "clues": {"medicine_list_complete": True},
}  # fmt: skip
KNOWN = {
    "key": ["t1", "t2"],
    "kind": ["csv", "json"],
    "instrument_id": ["phq9", "gad7", "asq"],
    "option_id": ["ect", "esketamine_nasal", "lithium_aug"],
    "document": ["visit.html", "visit.pdf", "full.html", "letter.html", "options.html", "assessment.json"],
}
DAYS = ["2026-12-01", "1900-01-01", "2100-12-31", "9999-12-31", "0001-01-01", "tomorrow", ""]
ASKED = {
    "start": DAYS, "rows": ["1", "40", "-1"], "entry": ["t1", "t9"],
    "country": ["US", "GB", "*"], "did": ["saved", "undone"], "all": ["yes"],
}  # fmt: skip


class Here:
    """The app as this machine's own page asks it: with its name, its cookie and its token."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [(k, v) for k, v in scope["headers"] if k not in (b"host", b"origin", b"cookie")]
            cookie = f"{COOKIE}={SESSION}".encode()
            scope = scope | {"headers": [*others, (b"host", b"127.0.0.1:8600"), (b"cookie", cookie)]}
        await self.app(scope, receive, send)


class Furnished:
    """One app, and for each case the same data anew: what one sends may delete or lock everything."""

    def __init__(self, folder: Path, knowledge: Knowledge, mode: str) -> None:
        self.folder, self.model, self.n = folder, folder / "model", 0
        self.visitor = Visitor(open_store(self.model), knowledge)
        self.visitor.client.cookies.set(COOKIE, SESSION)
        self.mode = mode
        self.visitor.begin(mode)
        self.person_id = self.visitor.store.add(read_history(HISTORY).document())
        self.services = self.visitor.app.state.services
        self.token = token_of(SESSION, self.services.secret)

    def anew(self) -> ASGIApp:
        self.services.store.close()
        self.n += 1
        shutil.copytree(self.model, copied := self.folder / str(self.n))
        self.services.store, self.services.is_locked, self.services.unlocked = open_store(copied), False, set()
        return Here(self.visitor.app)


@pytest.fixture(scope="module", params=["visit", "clinician"])
def furnished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge
) -> Iterator[tuple[Furnished, Any]]:
    made = Furnished(tmp_path_factory.mktemp("furnished"), knowledge, request.param)
    yield made, schemathesis.openapi.from_dict(described(made.visitor, made.person_id))
    made.services.store.close()


def offered(visitor: Visitor, person_id: str) -> dict[str, dict[str, set[str]]]:
    """Fields of each form by the pattern of its address, with the values that its page offers."""
    fields: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for route, _, methods in (*PAGES, *OPEN):
        if "GET" not in methods:
            continue
        path = route.replace("{person_id}", person_id)
        for name, values in KNOWN.items():
            path = path.replace(f"{{{name}}}", values[0])
        source = visitor.client.get(path, params={"start": "2026-12-01"}).text
        for form in Page(source).forms:
            pattern = next((r for r, *_ in (*PAGES, *OPEN) if matches(r, form["action"])), "")
            for name in re.findall(r'name="(\w+)"', source):
                fields[pattern][name] |= set(re.findall(rf'name="{name}" value="([^"]*)"', source))
    return fields


def matches(route: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), path) is not None


def text_or(values: list[str]) -> dict[str, Any]:
    return {"anyOf": [{"enum": values}, {"type": "string"}]} if values else {"type": "string"}


def described(visitor: Visitor, person_id: str) -> dict[str, Any]:
    """The app as an OpenAPI document."""
    forms = offered(visitor, person_id)
    paths: dict[str, Any] = defaultdict(dict)
    for route, _, methods in (*PAGES, *OPEN):
        names = re.findall(r"\{(\w+)\}", route)
        values = {"person_id": [person_id]} | {name: [*known, "nope", "%2e%2e"] for name, known in KNOWN.items()}
        held = [{"name": n, "in": "path", "required": True, "schema": {"enum": values[n]}} for n in names]
        for method in methods:
            operation: dict[str, Any] = {"parameters": held, "responses": {"200": {"description": ""}}}
            if method == "GET":
                asked: list[dict[str, Any]] = [
                    {"name": n, "in": "query", "schema": text_or(v)} for n, v in ASKED.items()
                ]
                if "/plan" in route:
                    start = {"name": "start", "in": "query", "required": True, "schema": {"enum": DAYS}}
                    asked = [a for a in asked if a["name"] != "start"] + [start]
                operation["parameters"] = [*held, *asked]
            else:
                kind = "multipart/form-data" if route.endswith("/import") else "application/x-www-form-urlencoded"
                body = {name: text_or(sorted(v)) for name, v in forms[route].items() if name != "token"}
                body |= {"files": {"type": "string", "format": "binary"}} if route.endswith("/import") else {}
                content = {kind: {"schema": {"type": "object", "properties": body, "additionalProperties": False}}}
                operation["requestBody"] = {"content": content}
            paths[route][method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": "Remit", "version": "1"}, "paths": dict(paths)}


FOR_CLINICIANS = {"/caseload", "/caseload.{kind}"}

ROUTES = sorted({(route, method) for route, _, methods in (*PAGES, *OPEN) for method in methods})


@pytest.mark.parametrize(("route", "method"), ROUTES)
def test_no_address_breaks(route: str, method: str, furnished: tuple[Furnished, Any]) -> None:
    made, schema = furnished
    answers: list[int] = []

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=schema[route][method].as_strategy())
    def sent(case: Any) -> None:
        answer = case.call(app=made.anew(), base_url="http://127.0.0.1:8600", headers={"x-remit-token": made.token})
        answers.append(answer.status_code)
        assert answer.status_code < 500

    sent()
    if route in FOR_CLINICIANS and made.mode == "visit":
        return  # it leads elsewhere, or there is no such page
    # Some of it must have come through to the page's own function, or nothing was tried.
    assert set(answers) - {400, 403, 404, 421}
