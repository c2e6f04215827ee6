"""A person and a clinician walk the whole path: with scripts, without them, and by the keyboard alone."""

from __future__ import annotations

import os
import re

import pytest

from browser.conftest import Watched
from browser.walk import begin, every, filled, phq9


def whole_path(app: Watched, mode: str) -> None:
    home = filled(app, mode)
    page = app.open(f"{home}/history")
    assert page.get_by_text("A fair try", exact=True).count() == 2
    page = app.open(f"{home}/about")
    page.get_by_label("When did this bout start?").fill("January 2023")
    page.get_by_role("button", name="Save").click()
    page = app.open(f"{home}/checks")
    page.get_by_role("radio", name="Yes").first.check()
    page.get_by_role("button", name="Save the answers").click()
    page = app.open(f"{home}/standing")
    assert "failed adequate trials" in page.inner_text("main")
    page = app.open(f"{home}/options")
    page.get_by_label("I do not want to be put to sleep for it.").check()
    page.get_by_role("button", name="Save what matters").click()
    page.get_by_role("link", name=re.compile("^Electroconvulsive")).click()
    assert page.get_by_role("heading", name="What it may do against you").count() == 1
    page = app.open(f"{home}/report")
    page.get_by_role("link", name=re.compile("^Open")).first.click()
    assert "sertraline" in page.inner_text("body").lower()
    app.open(home)


@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_with_scripts(app: Watched, mode: str) -> None:
    whole_path(app, mode)


@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_without_scripts(plain: Watched, mode: str) -> None:
    whole_path(plain, mode)


def test_what_is_typed_is_saved_while_one_types(app: Watched) -> None:
    home = begin(app)
    page = app.page
    page.get_by_label("Which treatment was tried?").fill("Zoloft")
    page.get_by_role("button", name="Add", exact=True).click()
    where = page.url
    page.get_by_label("When did it start?").press_sequentially("spring 2023", delay=20)
    page.get_by_label("Dose 1, milligrams a day").press_sequentially("100", delay=20)
    page.get_by_text("is read as: between 1 March 2023 and 31 May 2023").wait_for()
    page.get_by_text("All is saved on this computer.").wait_for()
    assert page.locator("#live svg").count() == 1  # the timeline, drawn again
    page.get_by_label("When did it stop?").press_sequentially("May 2024")  # and away at once
    page.goto(app.address + home)
    page.goto(where)
    assert page.get_by_label("When did it start?").input_value() == "spring 2023"
    assert page.get_by_label("When did it stop?").input_value() == "May 2024"


def test_a_server_that_is_gone_is_said(app: Watched) -> None:
    begin(app)
    page = app.page
    page.get_by_label("Which treatment was tried?").fill("Zoloft")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/history/t1")
    page.wait_for_load_state("networkidle")  # its scripts are there
    page.context.set_offline(True)
    page.get_by_label("When did it start?").fill("spring 2023")
    page.get_by_text("Not saved. Keep this page open").wait_for()
    page.context.set_offline(False)
    page.get_by_label("When did it start?").fill("spring 2022")
    page.get_by_text("All is saved on this computer.").wait_for()
    app.wrong.clear()  # the browser itself told of the connection that was cut


def press_to(app: Watched, name: str, limit: int = 150) -> None:
    """Tab until the focus is on what is called so."""
    page = app.page
    for _ in range(limit):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return (l ? l.innerText : e.getAttribute('aria-label') || e.innerText || '').trim(); }"
        )
        if told.startswith(name):
            return
    raise AssertionError(f"no way to {name} by the Tab key")


def test_by_the_keyboard_alone(app: Watched) -> None:
    page, keys = app.open("/"), app.page.keyboard
    keys.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the main part"
    press_to(app, "I want to get ready")
    keys.press("Space")
    press_to(app, "Start")
    keys.press("Enter")
    page.wait_for_url("**/?did=mode")
    press_to(app, "Name or initials")
    keys.type("Sam")
    keys.press("Enter")
    page.wait_for_url("**/history")
    press_to(app, "Which treatment was tried?")
    keys.type("Zoloft")
    keys.press("Escape")  # the list of names
    press_to(app, "Add")
    keys.press("Enter")
    page.wait_for_url("**/history/t1")
    press_to(app, "When did it start?")
    keys.type("March 2023")
    press_to(app, "Yes")
    keys.press("ArrowRight")
    press_to(app, "Dose 1")
    keys.type("100")
    press_to(app, "Save and go back")
    keys.press("Enter")
    page.wait_for_url("**/history?did=saved")
    press_to(app, "Reports")
    keys.press("Enter")
    page.wait_for_url("**/report")
    press_to(app, "Open")
    keys.press("Enter")
    page.wait_for_url("**/report/visit.html")
    assert "sertraline" in page.inner_text("body").lower()


def test_every_stop_of_the_tab_key_is_seen(app: Watched) -> None:
    home = filled(app)
    for path in ("/history/t1", "/scores", "/options"):
        page = app.open(f"{home}{path}")
        for _ in range(25):
            page.keyboard.press("Tab")
            outline, inside = page.evaluate(
                "() => { const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);"
                " return [s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,"
                " r.bottom > 0 && r.top < innerHeight]; }"
            )
            assert outline, page.evaluate("document.activeElement.outerHTML")[:200]
            assert inside, page.evaluate("document.activeElement.outerHTML")[:200]


def test_the_panel_comes_first(app: Watched) -> None:
    home = filled(app)
    phq9(app, home, "Several days")
    for path in ("/scores", "/options", "/history"):
        page = app.open(f"{home}{path}")
        panel, heading = page.locator(".panel").bounding_box(), page.locator("h1").bounding_box()
        assert panel
        assert heading
        assert panel["y"] < heading["y"]
        assert panel["y"] < 500  # without scrolling


@pytest.mark.parametrize("mode", ["visit", "clinician"])
def test_nothing_is_wider_than_320_px(narrow: Watched, mode: str) -> None:
    home = filled(narrow, mode)
    phq9(narrow, home, "Several days")
    for path in every(home, mode):
        page = narrow.open(path)
        assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [320, 320], path
    narrow.wrong.clear()  # the page that is not there says so on the console


def test_targets_are_large_enough(narrow: Watched) -> None:
    home = filled(narrow)
    for path in every(home, "visit"):
        page = narrow.open(path)
        small = page.evaluate(
            "() => [...document.querySelectorAll('button, input:not([type=hidden]), select, summary, nav a')]"
            ".filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])"
            ".filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"
        )
        assert small == [], path
    narrow.wrong.clear()


def test_text_may_be_spaced_out(app: Watched) -> None:
    """WCAG 1.4.12: nothing is cut off or runs over the edge."""
    home = filled(app)
    for path in every(home, "visit"):
        page = app.open(path)
        page.evaluate(
            "() => { const s = new CSSStyleSheet(); s.replaceSync('* { line-height: 1.5 !important; letter-spacing:"
            " .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }');"
            " document.adoptedStyleSheets = [s]; }"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        cut = page.evaluate(
            "() => [...document.querySelectorAll('h1, h2, h3, p, li, td, th, label, button, a, summary, legend')]"
            ".filter(e => e.checkVisibility() && getComputedStyle(e).overflow !== 'visible'"
            " && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))"
            ".map(e => e.outerHTML.slice(0, 90))"
        )
        assert cut == [], path
    app.wrong.clear()


def test_a_printed_page_leaves_out_what_cannot_be_pressed(app: Watched) -> None:
    home = filled(app)
    page = app.open(f"{home}/history")
    page.emulate_media(media="print")
    assert not page.get_by_role("button").first.is_visible()
    assert page.get_by_text("Sam", exact=True).is_visible()  # whose page it is
    assert not page.get_by_label("Which treatment was tried?").is_visible()
    assert page.get_by_text("Mode: Getting ready for a visit.").is_visible()
    assert page.get_by_text("Not advice, not a prescription, not a diagnosis.").first.is_visible()


@pytest.mark.skipif(not os.environ.get("REMIT_PICTURES"), reason="on request: just browser-pictures DIR")
@pytest.mark.parametrize("width", [320, 1100])
@pytest.mark.parametrize("mode", ["visit", "clinician"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_of_every_screen(app: Watched, width: int, mode: str, scheme: str) -> None:
    app.page.set_viewport_size({"width": width, "height": 900})
    app.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    home = filled(app, mode)
    for path in every(home, mode):
        name = path.replace(home, "person").strip("/").partition("?")[0].replace("/", "-") or "start"
        page = app.open(path)
        page.screenshot(path=f"{os.environ['REMIT_PICTURES']}/{mode}-{scheme}-{width}-{name}.png", full_page=True)
    app.wrong.clear()
