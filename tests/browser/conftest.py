"""A real browser against the real server, each data folder fresh. Every request that a page makes is written down."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("REMIT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where `remit serve` answers."""
    command = [str(Path(sys.executable).with_name("remit")), "serve", "--port", "0", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout
        line = server.stdout.readline()
        assert line.startswith("Remit is open at "), line
        yield line.split()[-1].rstrip("/")
        server.terminate()
        said = server.stdout.read()
    assert "Traceback" not in said, said


class Watched:
    """Pages of one session, and everything that went over the wire or wrong in them."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.hosts: set[str] = set()
        self.wrong: list[str] = []
        page.context.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)

    def open(self, path: str) -> Page:
        """A page of the app."""
        answer = self.page.goto(self.address + path)
        assert answer
        assert answer.status < 500, path
        return self.page

    def check(self) -> None:
        """Nothing left this machine, and no script or policy complained."""
        assert self.hosts == {urlsplit(self.address).netloc}
        assert self.wrong == []


def _watched(browser: Browser, address: str, **options: object) -> Iterator[Watched]:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    watched = Watched(context.new_page(), address)
    yield watched
    watched.check()
    context.close()


@pytest.fixture
def app(browser: Browser, address: str) -> Iterator[Watched]:
    yield from _watched(browser, address, viewport={"width": 1100, "height": 900})


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[Watched]:
    """The same without JavaScript."""
    yield from _watched(browser, address, java_script_enabled=False)


@pytest.fixture
def narrow(browser: Browser, address: str) -> Iterator[Watched]:
    """A window of 320 px: a small phone, and what 400 % zoom makes of 1280 px, with its four dots to a pixel."""
    yield from _watched(browser, address, viewport={"width": 320, "height": 256}, device_scale_factor=4)


@pytest.fixture
def dark(browser: Browser, address: str) -> Iterator[Watched]:
    yield from _watched(browser, address, color_scheme="dark", viewport={"width": 900, "height": 900})
