"""The documents in a real Chromium, as files on a disk: checkers, small screens, the dark, paper, no request at all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from browser.conftest import Watched
from browser.test_checkers import NU, needs_axe, needs_nu, violations
from reports.made import KINDS, document, many
from surfaces.running import EXAMPLES, remit, with_item_9, write

OTHERS = {
    "plan": ("plan", "--option", "lithium_aug", "--start", "2026-12-01"),
    "coverage": ("coverage", "--policy", "uhc_spravato_mdsi"),
    "claims": ("claims", "exercise"),
}
LONG = [("clinician", "full"), ("visit", "visit")]
"""Documents that grow with the record, or with the number of persons."""
NAMES = [
    *(f"sign-{mode}-{kind}" for mode, kind in KINDS),
    *(f"{who}-{mode}-{kind}" for who in ("many", "two") for mode, kind in LONG),
    *OTHERS,
]
FILE = "file://"
WIDE, SMALL = ViewportSize(width=1100, height=900), ViewportSize(width=320, height=640)
PAPER = ViewportSize(width=672, height=1000)
"""What 178 mm of an A4 page are."""
LOOKS = {
    "light": {"media": "screen", "color_scheme": "light"},
    "small": {"media": "screen", "color_scheme": "light"},
    "dark": {"media": "screen", "color_scheme": "dark"},
    "print": {"media": "print", "color_scheme": "light"},
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every document as HTML: of a person with a sign and one treatment after another, and of a long history."""
    made = tmp_path_factory.mktemp("documents")
    sign = with_item_9(1)
    sign["conditions"] = [{"condition": "hypothyroidism", "start": "2015"}]
    other = with_item_9(2) | {"person": {"id": "p2", "country": "GB"}}
    for who, history, kinds in (("sign", sign, KINDS), ("many", many(), LONG), ("two", [sign, other], LONG)):
        path = write(made, history, f"{who}.yaml")
        for mode, kind in kinds:
            (made / f"{who}-{mode}-{kind}.html").write_bytes(document(path, made, "html", mode, kind))
    for name, (command, *options) in OTHERS.items():
        files = [] if command == "claims" else [EXAMPLES / "history.yaml"]
        done = remit(command, *files, *options, "--format", "html", "-o", made / f"{name}.html")
        assert done.code == 0, done.err
    return made


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opened(browser: Browser, path: Path, **options: object) -> Iterator[Watched]:
    """A page as a file, watched for requests and complaints."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    watched = Watched(context.new_page(), FILE)
    watched.page.goto(path.as_uri())
    yield watched
    watched.check()
    context.close()


@pytest.fixture
def watched(browser: Browser, folder: Path, name: str) -> Iterator[Watched]:
    yield from opened(browser, folder / f"{name}.html", viewport=WIDE)


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@needs_axe
def test_axe_finds_nothing_in_light_dark_print_or_on_a_small_screen(watched: Watched) -> None:
    page, wrong = watched.page, {}
    for state, looks in LOOKS.items():
        page.emulate_media(**looks)  # type: ignore[arg-type]
        page.set_viewport_size(SMALL if state == "small" else WIDE)
        if found := violations(watched):
            wrong[state] = found
    assert wrong == {}


def test_nothing_is_wider_than_the_screen_or_the_paper(watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size(SMALL)
    assert not too_wide(page)
    little = page.evaluate(
        "() => [...document.querySelectorAll('nav a')].map(e => e.getBoundingClientRect())"
        ".filter(r => r.width < 24 || r.height < 24).length"
    )
    assert little == 0
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    assert not too_wide(page)
    hidden = page.evaluate(
        "() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert hidden == 0


def test_text_may_be_spaced_out_and_twice_as_large_and_the_focus_is_seen(watched: Watched) -> None:
    page = watched.page
    for _ in range(8):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return document.activeElement === document.body || s.outlineStyle !== 'none'; }"
        )
        assert outline, page.evaluate("document.activeElement.outerHTML")[:200]
    page.evaluate(
        "() => { const s = new CSSStyleSheet(); s.replaceSync('html { font-size: 200% !important } * { line-height: 1.5"
        " !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em"
        " !important }'); document.adoptedStyleSheets = [s]; }"
    )
    assert not too_wide(page)


def test_the_panel_is_seen_first_on_every_screen_and_on_paper(browser: Browser, folder: Path) -> None:
    for mode, kind in KINDS:
        for width in (320, 1100):
            for watched in opened(
                browser, folder / f"sign-{mode}-{kind}.html", viewport={"width": width, "height": 640}
            ):
                page = watched.page
                for media in ("screen", "print"):
                    page.emulate_media(media=media)
                    panel, heading = page.locator(".crisis").bounding_box(), page.locator("h1").bounding_box()
                    assert panel
                    assert heading
                    assert 0 <= panel["y"] < 60
                    assert panel["y"] + panel["height"] <= heading["y"]


@needs_nu
def test_the_html_is_valid(folder: Path) -> None:
    files = sorted(folder.glob("*-*-*.html")) + [folder / f"{name}.html" for name in OTHERS]
    command = ["java", "-jar", str(NU), "--errors-only", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(done.stderr)["messages"]
    assert [f"{Path(m['url']).name}: {m['message']} {m.get('extract', '')[:120]}" for m in messages] == []
