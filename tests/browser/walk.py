"""The path of a person or a clinician through the app, by the labels that stand on the pages."""

from __future__ import annotations

import re

from browser.conftest import Watched

WHO = {"visit": "I want to get ready for a visit, for me or for someone I help", "clinician": "I am a clinician"}
PATHS = (
    "", "/history", "/history/t1", "/scores", "/scores/phq9", "/about", "/checks", "/standing", "/what-if", "/options",
    "/options/ect", "/options/ect/plan?start=2026-12-01", "/report", "/course", "/import", "/delete",
)  # fmt: skip
DOCUMENTS = {
    "visit": ("/report/visit.html", "/report/options.html"),
    "clinician": ("/report/full.html", "/report/letter.html", "/report/options.html"),
}
TOP = ("/", "/caseload", "/settings", "/help", "/about", "/import", "/delete", "/unlock", "/nope")


def every(home: str, mode: str) -> tuple[str, ...]:
    """Paths of all pages that show something to read."""
    return (*(f"{home}{path}" for path in (*PATHS, *DOCUMENTS[mode])), *TOP)


def begin(app: Watched, mode: str = "visit") -> str:
    """Choose for whom it is, and add a person; the path of their pages."""
    page = app.open("/")
    page.get_by_label(WHO[mode]).check()
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Name or initials").fill("Sam")
    page.get_by_role("button", name="Add and go on").click()
    found = re.search(r"/p/[0-9a-f]+", page.url)
    assert found
    return found[0]


def treatment(app: Watched, name: str, start: str, end: str, dose: str, outcome: str) -> None:
    """Add one treatment on the page of all treatments."""
    page = app.page
    page.get_by_label("Which treatment was tried?").fill(name)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("When did it start?").fill(start)
    page.get_by_label("No", exact=True).check()
    page.get_by_label("When did it stop?").fill(end)
    page.get_by_label("Dose 1, milligrams a day").fill(dose)
    page.get_by_label(outcome, exact=True).check()
    page.get_by_role("button", name="Save and go back to the list").click()


def phq9(app: Watched, home: str, ninth: str = "Not at all") -> None:
    """Answer the PHQ-9."""
    page = app.open(f"{home}/scores/phq9")
    for n in range(1, 9):
        page.locator(f"#q{n}").get_by_label("More than half the days").check()
    page.locator("#q9").get_by_label(ninth).check()
    page.get_by_role("button", name="Save and see the result").click()


def filled(app: Watched, mode: str = "visit") -> str:
    """A person with two treatments and a score."""
    home = begin(app, mode)
    treatment(app, "Zoloft", "spring 2023", "christmas 2023", "100", "It did not help")
    treatment(app, "Effexor", "March 2024", "October 2024", "150", "It hardly helped")
    phq9(app, home)
    return home
