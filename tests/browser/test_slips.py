"""Slips of hand and mouse: two windows, an undo too soon, a double click, a file dropped beside the field."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from browser.conftest import Watched
from browser.walk import begin

SAVED = "All is saved on this computer."
DROP = """() => {
  const data = new DataTransfer();
  data.items.add(new File(["treatment,start\\nZoloft,2023\\n"], "mine.csv", {type: "text/csv"}));
  const on = name => new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true});
  const stopped = ["dragover", "drop"].map(name => !document.querySelector("h1").dispatchEvent(on(name)));
  return [...stopped, document.querySelector("#files").files.length];
}"""


def added(app: Watched, name: str) -> str:
    page = app.page
    page.get_by_label("Which treatment was tried?").fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/history/t*")
    page.wait_for_load_state("networkidle")
    return page.url


def tried(page: Page, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.context.request.get(f"{address}/export.json").json()["treatments"]
    return found


def typed(page: Page, label: str, said: str) -> None:
    """Type, and wait until it is saved."""
    page.get_by_label(label).fill(said)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        pass
    page.get_by_text(SAVED).wait_for()


def test_two_windows_on_one_treatment_keep_what_either_says(app: Watched) -> None:
    home, page = begin(app), app.page
    where = added(app, "Zoloft")
    other = page.context.new_page()
    other.goto(where)
    other.wait_for_load_state("networkidle")
    typed(page, "When did it start?", "March 2023")
    typed(other, "When did it stop?", "May 2024")
    assert tried(page, app.address + home) == [{"treatment": "Zoloft", "start": "2023-03", "end": "2024-05"}]
    typed(other, "When did it stop?", "")  # as the page showed it, and still meant
    assert tried(page, app.address + home) == [{"treatment": "Zoloft", "start": "2023-03", "end": "unknown"}]


def test_an_undo_right_after_a_word_takes_back_that_word_alone(app: Watched) -> None:
    home, page = begin(app), app.page
    added(app, "Prozac")
    page.get_by_label("When did it start?").press_sequentially("March 2022")
    page.get_by_role("button", name="Undo the last change").click()
    page.get_by_text("The last change was undone.").wait_for()
    assert tried(page, app.address + home) == [{"treatment": "Prozac"}]
    page.get_by_role("button", name="Redo").click()
    page.get_by_text("Done again.").wait_for()
    assert tried(page, app.address + home)[0]["start"] == "2022-03"


def test_a_treatment_that_is_gone_is_said_while_one_types(app: Watched) -> None:
    home, page = begin(app), app.page
    added(app, "Effexor")
    other = page.context.new_page()
    other.goto(f"{app.address}{home}/history")
    other.get_by_role("button", name="Take out").click()
    other.get_by_text("Taken out.").wait_for()
    page.get_by_label("When did it start?").fill("March 2022")
    page.get_by_text("Not saved: this treatment was taken out").wait_for()
    page.get_by_role("button", name="Save and go back to the list").click()
    page.get_by_text("This treatment is no longer in the list").wait_for()
    page.get_by_role("button", name="Undo the last change").click()
    page.get_by_role("heading", name="venlafaxine").wait_for()
    app.wrong.clear()  # the browser tells of the 404


def test_a_double_click_sends_a_form_once(app: Watched) -> None:
    begin(app)
    page = app.open("/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_label("Name or initials").fill("Kim")
    page.evaluate(
        "() => { const b = document.querySelector('form[action=\"/people\"] button'); b.click();"
        " setTimeout(() => b.click(), 10); }"
    )
    page.wait_for_url("**/history")
    assert len(sent) == 1
    app.open("/")
    assert page.get_by_role("link", name="Kim").count() == 1


def test_a_file_may_be_dropped_anywhere_on_the_page(app: Watched) -> None:
    begin(app)
    page = app.open("/import")
    assert page.evaluate(DROP) == [True, True, 1]
    page.get_by_role("button", name="Read in").click()
    page.get_by_text("Courses of treatment: 1").wait_for()
