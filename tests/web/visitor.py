"""Someone who uses the app over HTTP as a browser without scripts does: reads a page, fills in its form, sends it."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

from remit.knowledge import Knowledge
from remit.knowledge.text import load_text
from remit.surfaces.web.app import make_app
from remit.surfaces.web.store import Store

HOST = "http://127.0.0.1:8600"
TODAY = date(2026, 11, 22)
VOID = {"meta", "link", "input", "br", "img", "hr", "wbr", "rect", "line", "circle", "path", "polygon", "polyline"}


class Page(HTMLParser):
    """What stands on a page: text in order, forms with their fields, links."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source, self.words, self.forms, self.links = source, [], [], []
        self.tags: list[str] = []
        self._open: list[str] = []
        self._select: tuple[str, bool] | None = None
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a":
            self.links.append(known.get("href", ""))
        if tag == "form":
            self.forms.append({"action": known.get("action", ""), "method": known.get("method", "get"), "fields": {}})
        if self.forms and tag == "input" and known.get("name"):
            is_choice = known.get("type") in ("radio", "checkbox")
            if not is_choice or "checked" in known:
                self.forms[-1]["fields"][known["name"]] = known.get("value", "")
        if tag == "select" and self.forms:
            self._select = (known["name"], False)
            self.forms[-1]["fields"][known["name"]] = ""
        if tag == "option" and self._select and "selected" in known:
            self.forms[-1]["fields"][self._select[0]] = known.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if not {"script", "style", "datalist"} & set(self._open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> dict[str, Any]:
        return next(f for f in self.forms if f["action"] == action and f["method"] == "post")


class Visitor:
    """A visitor with one session."""

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        self.store = store
        self.app = make_app(store, knowledge, load_text())
        self.app.state.services.today = lambda: TODAY
        self.client = TestClient(self.app, base_url=HOST, raise_server_exceptions=True)
        self.path = "/"

    def begin(self, mode: str) -> Visitor:
        self.send("/mode", at="/", mode=mode)
        return self

    def get(self, path: str, status: int = 200) -> Page:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        self.path = answer.url.raw_path.decode()
        return Page(answer.text)

    def token(self) -> str:
        return str(self.get("/settings").form("/settings")["fields"]["token"])

    def send(self, action: str, at: str | None = None, status: int = 200, files: Any = None, **fields: str) -> Page:
        """Open the page `at`, fill in the form with that action, and send it."""
        page = self.get(at or action)
        given = page.form(action)["fields"] | fields
        answer = self.client.post(action, data=given, files=files)
        assert answer.status_code == status, (action, answer.status_code, Page(answer.text).text[:500])
        self.path = answer.url.raw_path.decode()
        return Page(answer.text)

    def person(self, label: str = "Sam") -> str:
        """Add a person; the path of their pages."""
        self.send("/people", at="/", label=label)
        found = re.match(r"^(/p/[0-9a-f]+)/", self.path)
        assert found
        return found[1]

    def treatment(self, home: str, name: str, **fields: str) -> Page:
        """Add a treatment and fill in its form."""
        self.send(f"{home}/history", treatment=name)
        return self.send(self.path.partition("?")[0], **fields)
