"""The form of one treatment: from fields as typed to an entry of a history, and back.

What can be read is written the history's way; what cannot stays as it was typed, with a message, and counts as unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remit.knowledge import Knowledge
from remit.knowledge.text import Text
from remit.surfaces.web.checking import Blame, blamed
from remit.surfaces.web.fuzzy import DateReader
from remit.surfaces.web.record import Entry
from remit.surfaces.web.spans import Unreadable, written
from remit.tables.records import OUTCOMES, STOP_REASONS

OF_TEN = 10
MAX_STEPS = 40
MAX_FIELD = 256
KEPT = ("details", "improvement_percent")
"""Keys of an entry that the form does not ask for; an edit leaves them as they are."""

_AMOUNT = re.compile(
    r"^(\d+(?:[.,]\d+)?)\s*(mg|milligrams?)?(?:\s*(?:/|a|per|once a)\s*d(?:ay)?|\s*(?:once )?daily)?$", re.IGNORECASE
)
_THOUSANDS = re.compile(r"^[1-9]\d{0,2}[.,]\d{3}(?!\d)")
"""1,200 to one is 1.200 to another: a dose that is read wrongly is worse than one that is asked for again."""
_SHARE = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(?:(%)|(?:/|of|out of)\s*10)?$")

Form = Mapping[str, str]
Problems = dict[str, str]


class NoAmount(ValueError):
    """A text that is no amount; `reason` is the key of a sentence, where there is one of its own."""

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason
        super().__init__(reason)


def read_amount(said: str) -> float:
    """A positive number with or without its unit: "100", "37,5 mg", "100 mg a day".

    Raises
    ------
    NoAmount
    """
    if _THOUSANDS.match(said.strip()):
        raise NoAmount("thousands")
    found = _AMOUNT.match(said.strip())
    value = float(found[1].replace(",", ".")) if found else math.nan
    if not value > 0:
        raise NoAmount
    return int(value) if value == int(value) else value


@dataclass
class EntryReader:
    """Reads the form of a treatment.

    Parameters
    ----------
    knowledge : Knowledge
    text : Text
    dates : DateReader
    """

    knowledge: Knowledge
    text: Text
    dates: DateReader
    problems: Problems = field(default_factory=dict)

    def read(self, form: Form, old: Entry) -> Entry:
        """The entry that a form says; what is wrong with it is in `problems`."""
        given = {k: v.strip()[:MAX_FIELD] for k, v in form.items()}
        entry = Entry(old.key, {k: old.content[k] for k in KEPT if k in old.content})
        for name in ("treatment", "augments"):
            if value := given.get(name):
                entry.content[name] = value
        self._dates(given, entry)
        self._steps(given, entry)
        self._amount(given, entry, "sessions")
        self._adherence(given, entry)
        for name, allowed in (("outcome", OUTCOMES), ("stopped_because", STOP_REASONS)):
            if given.get(name) in allowed:
                entry.content[name] = given[name]
        if entry.content.get("outcome") != old.content.get("outcome"):
            entry.content.pop("improvement_percent", None)
        if given.get("still") == "yes":
            entry.content.pop("stopped_because", None)
        self._settle(given, entry)
        if given.get("still") == "yes" and not goes_on(entry):
            entry.typed["still"] = "yes"  # a history cannot say so without a start
        return entry

    def _dates(self, given: Form, entry: Entry) -> None:
        self._date(given, entry, "start")
        if given.get("still") == "yes":
            return
        self._date(given, entry, "end")
        if given.get("still") or given.get("end") or given.get("start"):
            entry.content.setdefault("end", "unknown")

    def _date(self, given: Form, entry: Entry, name: str) -> None:
        said = given.get(name, "")
        if not said:
            return
        try:
            entry.content[name] = written(self.dates.read(said))
        except Unreadable as error:
            entry.content[name] = "unknown"
            self._problem(entry, name, said, self.text.say(f"web_forms.date.{error.reason}"))
        else:
            if entry.content[name] != said:
                entry.typed[name] = said

    def _steps(self, given: Form, entry: Entry) -> None:
        """One dose, or several each from a day on."""
        steps: list[dict[str, Any]] = []
        for n in range(1, MAX_STEPS + 1):
            start, dose = given.get(f"step_start_{n}", ""), given.get(f"step_dose_{n}", "")
            if not start and not dose:
                continue
            step = Entry("", {})
            self._date({"start": start}, step, "start")
            self._amount({"daily_dose_mg": dose}, step, "daily_dose_mg")
            number = len(steps) + 1
            for name, key in (("start", "step_start"), ("daily_dose_mg", "step_dose")):
                if name in step.typed:
                    entry.typed[f"{key}_{number}"] = step.typed[name]
                if name in self.problems and name in step.typed:
                    self.problems[f"{key}_{number}"] = self.problems.pop(name)
            steps.append(step.content)
        if len(steps) > 1 and "start" not in steps[0] and "start" in entry.content:
            steps[0]["start"] = entry.content["start"]
        if len(steps) == 1 and "start" not in steps[0]:
            entry.content |= {k: v for k, v in steps[0].items() if k == "daily_dose_mg"}
        elif steps:
            entry.content["doses"] = steps

    def _amount(self, given: Form, entry: Entry, name: str) -> None:
        said = given.get(name, "")
        if not said:
            return
        if self.dates.is_unknown(said):
            entry.typed[name] = said
            return
        try:
            entry.content[name] = read_amount(said)
        except NoAmount as error:
            self._problem(entry, name, said, self.text.say(f"web_forms.{error.reason or name}"))

    def _adherence(self, given: Form, entry: Entry) -> None:
        said = given.get("adherence", "")
        if not said:
            return
        if self.dates.is_unknown(said):
            entry.typed["adherence"] = said
            return
        found = _SHARE.match(said)
        value = float(found[1].replace(",", ".")) / (OF_TEN if found[2] else 1) if found else math.nan
        if 0 <= value <= OF_TEN:
            entry.content["adherence"] = round(value / OF_TEN, 4)
        else:
            self._problem(entry, "adherence", said, self.text.say("web_forms.adherence"))

    def _problem(self, entry: Entry, name: str, said: str, message: str) -> None:
        entry.typed[name] = said
        self.problems[name] = message

    # --- what the reader of histories makes of it
    def _settle(self, given: Form, entry: Entry) -> None:
        """Take out what cannot stand, until what is left can."""
        if "treatment" not in entry.content:
            self.problems["treatment"] = self.text.say("web_forms.treatment")
            return
        for _ in range(MAX_STEPS):
            found = blamed(self.knowledge, self.text, "treatments", entry.content)
            if not found:
                return
            self._take_out(found[0], given, entry)
            if "treatment" not in entry.content:
                return

    def _take_out(self, blame: Blame, given: Form, entry: Entry) -> None:
        name, content = blame.field, entry.content
        if name == "doses" and blame.n is not None:
            place = f"step_dose_{blame.n + 1}" if blame.inner == "daily_dose_mg" else f"step_start_{blame.n + 1}"
            self.problems[place] = blame.message
            step = content["doses"][blame.n]
            if blame.inner == "daily_dose_mg":
                entry.typed[place] = str(step.pop("daily_dose_mg"))
            else:
                entry.typed.setdefault(place, given.get(place, str(step.get("start", ""))))
                step["start"] = "unknown"
            return
        if name == "daily_dose_mg":
            self.problems["step_dose_1"] = blame.message
            entry.typed["step_dose_1"] = given.get("step_dose_1", str(content.pop(name)))
            content.pop(name, None)
        elif name in ("start", "end") and content.get(name) != "unknown":
            self._problem(entry, name, given.get(name, str(content[name])), blame.message)
            content[name] = "unknown"
        elif name in content and name != "treatment":
            self._problem(entry, name, given.get(name, str(content.pop(name))), blame.message)
            content.pop(name, None)
        else:
            self._problem(entry, "treatment", str(content.pop("treatment")), blame.message)


def goes_on(entry: Entry) -> bool:
    """Whether the history says that it is still taken, which takes a start."""
    content = entry.content
    is_started = content.get("start", "unknown") != "unknown" or bool(content.get("doses"))
    return is_started and "end" not in content and "stopped_because" not in content


def form_of(entry: Entry) -> dict[str, str]:
    """The fields of a form that says this entry; what was typed stands as it was typed."""
    content = entry.content
    form: dict[str, str] = {
        name: _said(content[name]) for name in ("treatment", "augments", "start", "end", "outcome") if name in content
    }
    form |= {name: _said(content[name]) for name in ("stopped_because", "sessions") if name in content}
    if "adherence" in content:
        form["adherence"] = _said(round(content["adherence"] * OF_TEN, 2))
    if content.get("end") == "unknown" and "stopped_because" not in content and "end" not in entry.typed:
        form["still"] = "unsure"
    elif "end" in content:
        form["still"] = "no"
    elif goes_on(entry):
        form["still"] = "yes"
    for key in ("start", "end"):
        if form.get(key) == "unknown":
            form[key] = ""
    steps = content.get("doses") or ([content] if "daily_dose_mg" in content else [])
    for n, step in enumerate(steps, 1):
        if "daily_dose_mg" in step:
            form[f"step_dose_{n}"] = _said(step["daily_dose_mg"])
        is_first = n == 1 and step.get("start") == content.get("start")  # which a first line need not say
        if step is not content and step.get("start", "unknown") != "unknown" and not is_first:
            form[f"step_start_{n}"] = _said(step["start"])
    return form | entry.typed


def n_steps(form: Form) -> int:
    """How many rows of doses a form has."""
    numbers = [int(k.rsplit("_", 1)[1]) for k, v in form.items() if k.startswith("step_") and v]
    return max([*numbers, 0])


def _said(value: Any) -> str:
    said = str(int(value) if isinstance(value, float) and value == int(value) else value)
    return f"{said}0" if isinstance(value, float) and _THOUSANDS.match(said) else said  # what is read again as the same
