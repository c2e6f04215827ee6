"""Reports in one click: the same documents as the command line writes, as pages, PDF and data."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from remit.render.document.blocks import Document
from remit.render.document.build import KINDS, build
from remit.render.html.page import html
from remit.surfaces.web.call import NOT_FOUND, Call
from remit.surfaces.web.security import policy

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_ATTRIBUTE = re.compile(r' style="([^"]*)"')
_OWN_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')
_ICON = '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
"""Without it a browser asks for one that is not there."""
_BACK_STYLE = ".back{padding:.5rem 1rem}.back a{display:inline-block;padding:.25rem 0}@media print{.back{display:none}}"
UNPROCESSABLE = 422


def listing(call: Call) -> Response:
    """What can be had."""
    kinds = [(kind, call.say(f"web.report.{kind}"), call.say(f"web.report.{kind}_what")) for kind in KINDS[call.mode]]
    return call.render("reports.html", kinds=kinds, faults=call.assessment().faults)


def document(call: Call) -> Response:
    """One document by name and kind of file."""
    name, _, suffix = call.request.path_params["document"].partition(".")
    writers: dict[str, Callable[[Call, str], Response]] = {"html": _html, "pdf": _pdf, "json": _json}
    is_known = name in KINDS[call.mode] or (name, suffix) == ("assessment", "json")
    if not is_known or suffix not in writers:
        raise HTTPException(NOT_FOUND)
    if call.assessment().faults:
        return call.render("reports.html", UNPROCESSABLE, kinds=[], faults=call.assessment().faults)
    return writers[suffix](call, name)


def _written(call: Call, name: str) -> Document:
    a = call.assessment()
    return build(a.view(call.mode), a.tables, a.knowledge, call.phrases, name)


def _html(call: Call, name: str) -> Response:
    return as_page(call, _written(call, name), call.home("report"), call.say("web.report.back"))


def as_page(call: Call, document: Document, path: str, label: str) -> Response:
    """A document as a page with a way back; its own style is let through by its hash, and nothing else is.

    Style attributes could not be let through, so each becomes a class of that style. The policy that a saved file
    carries is wider than this app's, and is taken out.
    """
    page = _OWN_POLICY.sub("", html(document))
    back = call.services.pages.render("back.html", {"path": path, "label": label})
    page = page.replace("<main", f"{back}<main", 1).replace("<title>", f"{_ICON}\n<title>", 1)
    rules: dict[str, str] = {}
    page = _ATTRIBUTE.sub(lambda found: f' class="{rules.setdefault(found[1], f"own-{len(rules)}")}"', page)
    added = _BACK_STYLE + "".join(f".{name}{{{rule}}}" for rule, name in rules.items())
    page = page.replace("</style>", f"{added}</style>", 1)
    hashes = " ".join(f"'sha256-{_digest(style)}'" for style in _STYLE.findall(page))
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy(hashes)})


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _pdf(call: Call, name: str) -> Response:
    from remit.render.pdf.typeset import pdf  # brings the typesetter with it

    return as_file(pdf(_written(call, name)), f"remit-{name}.pdf", "application/pdf")


def _json(call: Call, _name: str) -> Response:
    text = json.dumps(call.assessment().document(call.mode), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return as_file(text.encode(), "remit-assessment.json", "application/json")


def as_file(content: bytes, name: str, kind: str) -> Response:
    """A file to save."""
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
