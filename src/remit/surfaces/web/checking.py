"""Asks the readers of histories whether a part of a form can stand, and where it cannot, which field is to blame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from remit.errors import Fault
from remit.flow.records.book import Book
from remit.flow.records.history import read_histories
from remit.flow.records.place import Where
from remit.knowledge import Knowledge
from remit.knowledge.text import Text

FORM = "form"
ANY_DAY = "2100-12-31"
"""An index date for checking parts: whether an entry is sound does not hang on the day of the visit."""

_PLACE = re.compile(r"^form: (?P<part>\w+)\[0\](?:\.(?P<field>\w+))?(?:\[(?P<n>\d+)\](?:\.(?P<inner>\w+))?)?$")


@dataclass(frozen=True, slots=True)
class Blame:
    """A field that a reader refused.

    Attributes
    ----------
    field : str
        Key of the entry; empty for the entry as a whole.
    n : int, optional
        Which of a list.
    inner : str, optional
        Key within the list's entry.
    message : str
        What is wrong and what to do.
    """

    field: str
    n: int | None
    inner: str | None
    message: str


def blamed(knowledge: Knowledge, text: Text, part: str, content: dict[str, Any]) -> list[Blame]:
    """Fields of one entry of a part (`treatments`, `conditions`, `measurements`, `answers`) that cannot stand."""
    document: dict[str, Any] = {"index_date": ANY_DAY, "treatments": []} | {part: [content]}
    return [_blame(fault, text) for fault in faults_of(knowledge, document)]


def faults_of(knowledge: Knowledge, document: dict[str, Any]) -> list[Fault]:
    """Everything that the reader finds wrong with a history."""
    book = Book(knowledge)
    read_histories(book, document, Where(FORM))
    return book.faults


def sentence(fault: Fault, text: Text) -> str:
    """A fault beside the field that it is about: a file's place says what "ends before it starts"; here "this" does."""
    problem, remedy = fault.problem, fault.remedy
    if problem.partition(" ")[0] in text.say("web_forms.verbs").split(", "):
        problem = text.say("web_forms.this", problem=problem)
    if remedy == text.say("fault.course.name.remedy"):
        remedy = text.say("web_forms.name")
    return f"{problem[:1].upper()}{problem[1:]}. {remedy}"


def _blame(fault: Fault, text: Text) -> Blame:
    found = _PLACE.match(fault.place)
    message = sentence(fault, text)
    if not found:
        return Blame("", None, None, message)
    n = int(found["n"]) if found["n"] else None
    return Blame(found["field"] or "", n, found["inner"], message)
