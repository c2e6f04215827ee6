"""What checkers find: axe-core on every page in light and dark, the Nu HTML checker on every page as it is sent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Watched
from browser.walk import DOCUMENTS, every, filled, phq9
from remit.render.document.build import KINDS
from remit.surfaces.web.app import OPEN, PAGES

TOOLS = Path(__file__).parent / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
NU = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(app: Watched) -> list[str]:
    """What axe-core says of the page that is open. It comes in through the debugger, past the page's policy."""
    session = app.page.context.new_cdp_session(app.page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}})
    answer = session.send(
        "Runtime.evaluate",
        {"expression": f"axe.run(document, {options}).then(r => JSON.stringify(r.violations))", "awaitPromise": True,
         "returnByValue": True},
    )  # fmt: skip
    session.detach()
    found: list[dict[str, Any]] = json.loads(answer["result"]["value"])
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here: just browser-tools")
needs_nu = pytest.mark.skipif(
    not NU.is_file() or not shutil.which("java"), reason="the Nu HTML checker or Java is not here: just browser-tools"
)


FILES_IN = {
    "a file with faults": b'{"treatments": [{"treatment": "Zolloft?", "start": "soon"}]}',
    "a file read in": b'{"treatments": [{"treatment": "Prozac", "start": "2020"}]}',
}


def look(app: Watched, mode: str) -> None:
    home = filled(app, mode)
    phq9(app, home, "Several days")
    wrong = {}
    for path in every(home, mode):
        app.open(path)
        if found := violations(app):
            wrong[path.replace(home, "")] = found
    # A page with faults on it is a page too.
    page = app.open(f"{home}/history/t1")
    page.get_by_label("When did it start?").fill("some time")
    page.get_by_role("button", name="Save and go back").click()
    if found := violations(app):
        wrong["with faults"] = found
    for name, content in FILES_IN.items():
        page = app.open(f"{home}/import")
        page.set_input_files("#files", {"name": "a.json", "mimeType": "application/json", "buffer": content})
        page.get_by_role("button", name="Read in").click()
        page.locator(".error-summary, main .card").first.wait_for()
        if found := violations(app):
            wrong[name] = found
    app.wrong.clear()
    assert wrong == {}


@needs_axe
@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_axe_finds_nothing(app: Watched, mode: str) -> None:
    look(app, mode)


@needs_axe
@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_axe_finds_nothing_in_the_dark(dark: Watched, mode: str) -> None:
    look(dark, mode)


FILES = (
    "/export.json",
    "/caseload.{kind}",
    "/p/{person_id}/export.json",
    "/p/{person_id}/options/{option_id}/plan.ics",
)
"""What is saved rather than read."""


def test_every_page_is_looked_at() -> None:
    """A page that is added to the app is added to the walk, or this fails."""
    seen = [path.partition("?")[0] for mode in KINDS for path in every("/p/0", mode)]
    for route, _, methods in (*PAGES, *OPEN):
        if "GET" in methods and route not in FILES:
            pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route)) + "$")
            assert any(pattern.match(path) for path in seen), route
    assert {mode: tuple(f"/report/{kind}.html" for kind in kinds) for mode, kinds in KINDS.items()} == DOCUMENTS


@needs_nu
@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_the_html_is_valid(app: Watched, mode: str, tmp_path: Path) -> None:
    home = filled(app, mode)
    phq9(app, home, "Several days")
    pages = tmp_path / "pages"
    pages.mkdir()
    for n, path in enumerate(every(home, mode)):
        sent = app.page.context.request.get(app.address + path).text()
        (pages / f"{n:02}{re.sub(r'[^a-z0-9]', '-', path.replace(home, ''))}.html").write_text(sent, encoding="utf-8")
    command = ["java", "-jar", str(NU), "--errors-only", "--format", "json", *map(str, sorted(pages.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(done.stderr)["messages"]
    assert [f"{Path(m['url']).name}: {m['message']} {m.get('extract', '')[:120]}" for m in messages] == []
