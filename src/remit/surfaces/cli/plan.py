"""The command `plan`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from remit.errors import UsageError
from remit.knowledge import Knowledge
from remit.knowledge.plans import PlanTemplate
from remit.pipeline import schedule
from remit.render.crisis import has_sign, panel
from remit.render.phrases import Phrases
from remit.render.views import AssessmentView
from remit.surfaces.cli.assess import Request, notice_lines, run
from remit.surfaces.cli.output import to_error, write_document, write_json


def write_plan(request: Request, option: str, start: str, form: str, output: Path | None) -> None:
    """Run and write the plan of an option.

    Raises
    ------
    UsageError
        If the option has no schedule, or the day is none.
    """
    try:
        day = date.fromisoformat(start)
    except ValueError as error:
        raise UsageError("--start is not a day. Write it as 2026-12-01.") from error
    done = run(request)
    knowledge, phrases = done.knowledge, done.phrases
    template = template_of(option, knowledge)
    tables = schedule(done.tables, knowledge, template, day)
    to_error(notice_lines(done.view, phrases))
    if form == "json":
        from remit.render.plan_json import plan_json

        write_json(plan_json(done.view, tables, template, option, knowledge, phrases), output)
    elif form == "ics":
        from remit.render.calendar import calendar

        to_error(crisis_lines(done.view, knowledge, phrases))
        write_document(calendar(tables, template, phrases), output)
    else:
        from remit.render.document.plan import plan_document
        from remit.surfaces.cli.laid_out import write_laid_out

        document = plan_document(done.view, tables, template, option, knowledge, phrases)
        write_laid_out(document, form, knowledge, phrases, output)


def crisis_lines(view: AssessmentView, knowledge: Knowledge, phrases: Phrases) -> Iterator[str]:
    """The crisis panel of persons with a sign, for standard error: a calendar cannot begin with one."""
    for person in view.persons:
        if has_sign(person.signs):
            shown = panel(person.signs, person.country, knowledge, phrases)
            yield from (shown.title, shown.emergency, *shown.lines, *shown.steps)


def template_of(option: str, knowledge: Knowledge) -> PlanTemplate:
    """The schedule of an option.

    Raises
    ------
    UsageError
        If there is none; names those that exist.
    """
    found = next((t for t in knowledge.plans.values() if option in t.options), None)
    if found is None:
        known = ", ".join(sorted(o for t in knowledge.plans.values() for o in t.options))
        raise UsageError(f"There is no schedule for {option[:60]!r}. There is one for: {known}.")
    return found
