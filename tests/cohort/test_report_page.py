"""The report's page in a real Chromium: axe-core in light, dark and on paper; nothing is wider than screen or sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from browser.conftest import CHROMIUM, QUIET, Watched
from browser.test_checkers import needs_axe, violations
from cohort.making import run, some_exposures

LOOKS: dict[str, tuple[int, dict[str, Any]]] = {
    "light": (1100, {"media": "screen", "color_scheme": "light"}),
    "small": (320, {"media": "screen", "color_scheme": "light"}),
    "dark": (1100, {"media": "screen", "color_scheme": "dark"}),
    "print": (672, {"media": "print", "color_scheme": "light"}),
}


@needs_axe
@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
def test_the_report_is_readable_everywhere(tmp_path: Path) -> None:
    some_exposures().write_parquet(tmp_path / "fills.parquet")
    report = run(tmp_path / "fills.parquet", tmp_path / "out") / "report.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        watched = Watched(browser.new_context().new_page(), "file://")
        page = watched.page
        page.goto(report.as_uri())
        backgrounds = {}
        for name, (width, looks) in LOOKS.items():
            page.emulate_media(**looks)
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(watched) == [], name
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
            backgrounds[name] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert backgrounds["dark"] != backgrounds["light"] == backgrounds["print"]
        assert watched.wrong == []
        browser.close()
