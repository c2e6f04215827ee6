"""The crisis panel: where to turn, by country; and what is said where no sign is on record.

It never grades anything. Numbers that were not checked against their source are marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from remit.knowledge import Knowledge
from remit.knowledge.schema import CrisisLine
from remit.render.phrases import Phrases
from remit.render.views import Sign
from remit.tables.crisis import SIGNS

EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel says, in order."""

    title: str
    emergency: str
    lines: tuple[str, ...]
    steps: tuple[str, ...]
    signs: tuple[str, ...]
    note: str


def lines_for(country: str | None, knowledge: Knowledge, phrases: Phrases) -> list[CrisisLine]:
    """Crisis lines of a country, then of its parts or of what it is a part of; then those for everywhere."""
    code = _code(country, phrases)
    known = list(knowledge.library.crisis_lines.values())
    own = [line for line in known if code and line.country == code]
    parts = [line for line in known if code and _is_part(code, line.country)]
    return own + parts + [line for line in known if line.country == EVERYWHERE]


def _code(country: str | None, phrases: Phrases) -> str:
    """Code of a country that is given by code or by name; empty where it is not known."""
    name = (country or "").strip()
    key = f"crisis.country.{name.lower()}"
    return phrases.say(key) if phrases.text.has(key) else name.upper().replace("_", "-")


def _is_part(code: str, other: str) -> bool:
    return code.startswith(f"{other}-") or other.startswith(f"{code}-")


def has_sign(signs: Iterable[Sign]) -> bool:
    """Whether there is any sign of suicidality."""
    return any(sign.kind in SIGNS for sign in signs)


def panel(signs: Iterable[Sign], country: str | None, knowledge: Knowledge, phrases: Phrases) -> Panel:
    """The panel for a country; without one, the local emergency number and the directory of lines."""
    lines = lines_for(country, knowledge, phrases)
    code = _code(country, phrases)
    say = phrases.say
    return Panel(
        title=say("crisis.title"),
        emergency=say("crisis.emergency", number=emergency(country, knowledge, phrases)),
        lines=tuple(_line(line, code, phrases) for line in lines),
        steps=tuple(say(key) for key in _steps(phrases)),
        signs=tuple(dict.fromkeys(_sign(s, knowledge, phrases) for s in signs if s.kind in SIGNS)),
        note=say("crisis.note"),
    )


def _steps(phrases: Phrases) -> tuple[str, ...]:
    own = ("crisis.visit_continue",) if phrases.is_visit else ("crisis.ask", "crisis.act")
    return ("crisis.stay", "crisis.tell", *own, "crisis.nobody")


def emergency(country: str | None, knowledge: Knowledge, phrases: Phrases) -> str:
    """Emergency number of a country, marked if it was not checked; in words where the country is not known."""
    own = [line for line in lines_for(country, knowledge, phrases) if line.country != EVERYWHERE and line.emergency]
    if not own:
        return phrases.say("crisis.local_number")
    return _marked(own[0].emergency or "", own[0].emergency_verified, phrases)


def call_number(country: str | None, knowledge: Knowledge, phrases: Phrases) -> str:
    """The number for the sentence that stands on every output: a crisis line's, else the emergency number in words."""
    own = [line for line in lines_for(country, knowledge, phrases) if line.country != EVERYWHERE and line.call]
    if not own:
        return phrases.say("crisis.local_number")
    return _marked(own[0].call or "", own[0].verified, phrases)


def _marked(text: str, verified: str, phrases: Phrases) -> str:
    return text if verified == "yes" else phrases.say("crisis.unverified", text=text)


def _line(line: CrisisLine, code: str, phrases: Phrases) -> str:
    ways = [phrases.say(f"crisis.{way}", to=to) for way in ("call", "text", "url") if (to := getattr(line, way))]
    is_elsewhere = line.country not in (code, EVERYWHERE)
    name = phrases.say("crisis.part", line=line.line, country=line.country) if is_elsewhere else line.line
    told = phrases.say("crisis.line", line=name, ways="; ".join(ways))
    told = phrases.say("crisis.hours", line=told, hours=line.hours) if line.hours else told
    return _marked(told, line.verified, phrases)


def _sign(sign: Sign, knowledge: Knowledge, phrases: Phrases) -> str:
    if sign.kind == "condition":
        name = knowledge.conditions[sign.about].name
    elif sign.kind == "left_out":
        name = ""
    elif sign.kind == "clue":
        name = phrases.say(f"crisis.clue.{sign.about}")
    else:
        name = knowledge.instruments[sign.about].name
    return phrases.moded(f"crisis.sign.{sign.kind}", name=name, item=sign.item, place=sign.record_ref)


def zero_sentences(signs: Sequence[Sign], phrases: Phrases, knowledge: Knowledge) -> list[str]:
    """What is said about items and clues on suicide that were answered with zero, or not answered."""
    found = []
    for kind in ("zero", "unanswered"):
        items: dict[str, list[str]] = {}
        for sign in signs:
            if sign.kind == kind and sign.item is not None and str(sign.item) not in items.setdefault(sign.about, []):
                items[sign.about].append(str(sign.item))
        for about, numbers in items.items():
            name = knowledge.instruments[about].name
            found.append(phrases.say(f"crisis.{kind}", instrument=name, items=phrases.listed(numbers), n=len(numbers)))
    clues = dict.fromkeys(s.about for s in signs if s.kind == "unanswered" and s.item is None)
    return found + [phrases.say("crisis.unanswered_clue", clue=phrases.say(f"crisis.clue.{c}")) for c in clues]
