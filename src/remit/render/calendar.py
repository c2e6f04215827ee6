"""A plan as iCalendar: all-day events that the same plan writes with the same bytes. No person's name stands in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar, Event

from remit.knowledge.plans import PlanCheckpoint, PlanStep, PlanTemplate
from remit.render.phrases import Phrases
from remit.tables import Tables

Row = dict[str, Any]


def calendar(tables: Tables, template: PlanTemplate, phrases: Phrases) -> bytes:
    """Steps and checkpoints that have a date, of all persons of the tables.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Those of `remit.flow.plan`.
    template : PlanTemplate
    phrases : Phrases
        The mode decides between clinical and plain words; doses stand in neither.
    """
    name = template.plain_name if phrases.is_visit else template.name
    made = Calendar()
    made.add("prodid", "-//Remit//Plan//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", phrases.say("plan.calendar", plan=name))
    stamps = dict(tables["plan"].select("person_key", "asked_date").iter_rows())
    steps = {step.id: step for step in template.steps}
    points = {point.id: point for point in template.checkpoints}
    for kind, key, known in (("step", "step_id", steps), ("checkpoint", "checkpoint_id", points)):
        for row in tables[kind].iter_rows(named=True):
            if row["date"] is not None:
                made.add_component(_event(row, known[row[key]], stamps[row["person_key"]], name, phrases))
    return bytes(made.to_ical())


def _event(row: Row, part: PlanStep | PlanCheckpoint, asked: date, plan: str, phrases: Phrases) -> Event:
    kind = part.kind if isinstance(part, PlanStep) else "checkpoint"
    word = phrases.say(f"plan.kind.{kind}")
    if row["n_all"] > 1:
        word = phrases.say("plan.of", text=word, n=row["n"], of=row["n_all"])
    event = Event()
    event.add("uid", f"{row['plan_id']}-{part.id}-{row['n']}-{asked.isoformat()}-{row['person_key']}@remit")
    event.add("dtstamp", datetime.combine(asked, time(), UTC))
    event.add("dtstart", row["date"])
    event.add("dtend", row["date"] + timedelta(days=1))
    event.add("summary", phrases.say("plan.event_step", plan=plan, step=word))
    text = part.plain if phrases.is_visit else part.text
    event.add("description", f"{text}\n\n{phrases.say('page.disclaimer.discuss')}")
    event.add("transp", "TRANSPARENT")
    return event
