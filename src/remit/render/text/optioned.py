"""What could come next, as parts of a text page: for clinicians with every reason, for a visit as a general list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text as Line

from remit.knowledge import Knowledge
from remit.knowledge.pooled import PooledTable
from remit.render.optioned import MechanismView, OptionView, ReasonView, general_mention
from remit.render.phrases import Phrases
from remit.render.pooled import Found, bare_ids
from remit.render.text.page import bullets, heading, numbered, paragraph
from remit.render.views import PersonView

MOST_FACTS = 6
"""Facts that are named in a line; of more, how many there are is told."""


def optioned(person: PersonView, knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """The section for clinicians; nothing where the run did not look for options."""
    if not person.options:
        return
    say = phrases.say
    yield heading(say("option.title"))
    pooled = knowledge.pooled
    yield paragraph(say("option.intro"))
    if pooled.effects:
        yield paragraph(f"{say('pooled.intro', label=pooled.label)} {say('report.rates')} {say('pooled.none_any')}")
    if person.groups:
        yield Line(say("option.banner", groups=phrases.listed(g.name for g in person.groups)), style="bold")
    yield from _general(person, phrases)
    for status, views in groupby(person.options, key=lambda view: view.status):
        yield Line()
        yield Line(say(f"option.status.{status}"), style="bold")
        for view in views:
            yield Line(_named(view, phrases))
            yield bullets(_lines(view, phrases), marker="  -")
            yield bullets(_found(view, pooled, phrases), marker="  =")
    yield from _settling(person, phrases)
    yield from _mechanisms(person.mechanisms, phrases)


def _general(person: PersonView, phrases: Phrases) -> Iterator[RenderableType]:
    """Reasons of every option, told once."""
    general = [r for view in person.options for r in view.reasons if r.is_general]
    shared = {r.id: r for r in general if r.bears == "yes" or (r.bears == "unknown" and r.effect != "information")}
    if shared:
        yield Line()
        yield Line(phrases.say("option.general"), style="bold")
        yield bullets((_told(reason, phrases) for reason in shared.values() if reason.bears == "yes"), marker="[!]")
        yield bullets((_told(reason, phrases) for reason in shared.values() if reason.bears != "yes"), marker="[?]")


def _named(view: OptionView, phrases: Phrases) -> str:
    say, order = phrases.say, view.order
    line = say("option.no_line") if order["line"] is None else say("option.line", line=order["line"])
    keys = [line, say("option.grade", grade=order["grade"])]
    if order["against"] or order["fits"]:
        keys.append(say("option.preferences", against=order["against"], fits=order["fits"]))
    soft = [r for r in view.reasons if r.bears == "unknown" and not r.is_hard and not r.is_general and r.kind == "rule"]
    if soft:
        keys.append(say("option.soft_open", n=len(soft)))
    return say("option.option", name=view.entry.name, keys=", ".join(keys))


def _lines(view: OptionView, phrases: Phrases) -> Iterator[str]:
    own = [reason for reason in view.reasons if not reason.is_general]
    yield from (reason.text for reason in own if reason.kind == "tried")
    rest = [reason for reason in own if reason.kind != "tried"]
    yield from (_told(reason, phrases) for reason in rest if reason.bears == "yes")
    hard = [reason for reason in rest if reason.bears == "unknown" and reason.is_hard]
    if hard:
        names = list(dict.fromkeys(fact.name for reason in hard for fact in reason.unknown))
        more = ["..."] if len(names) > MOST_FACTS else []
        yield phrases.say("option.cannot_assess", n=len(hard), facts="; ".join([*names[:MOST_FACTS], *more]))


def _found(view: OptionView, pooled: PooledTable, phrases: Phrases) -> Iterator[str]:
    """What pooled trials found about an option, each with the trials that it rests on."""
    for line in Found(pooled, phrases).of(view.entry.id):
        yield phrases.say("pooled.cited", text=line.text, sources=bare_ids(line.sources))


def _told(reason: ReasonView, phrases: Phrases) -> str:
    say = phrases.say
    places = [say(f"option.region.{place}") for place in reason.jurisdictions if place != "any"]
    where = say("option.where", places=", ".join(places)) if places else ""
    if reason.is_hard and reason.verified == "no":
        where += say("option.unread")
    mark = phrases.mark(reason.verified)
    return say("option.reason", text=reason.text, mark=mark, where=where, sources=", ".join(reason.sources))


def _settling(person: PersonView, phrases: Phrases) -> Iterator[RenderableType]:
    """Facts that hard rules lack, those of most options first."""
    lacking: Counter[str] = Counter()
    for view in person.options:
        held = [r for r in view.reasons if r.bears == "unknown" and r.is_hard]
        lacking.update({fact.name for reason in held for fact in reason.unknown})
    if not lacking:
        return
    yield Line()
    yield Line(phrases.say("option.settle"), style="bold")
    rows = sorted(lacking.items(), key=lambda item: (-item[1], item[0]))
    yield numbered(phrases.say("option.settle_row", fact=fact, n=n) for fact, n in rows)


def _mechanisms(views: tuple[MechanismView, ...], phrases: Phrases) -> Iterator[RenderableType]:
    if not views:
        return
    say = phrases.say
    yield Line()
    yield Line(say("option.mechanisms"), style="bold")
    yield paragraph(say("option.mechanisms_intro"))
    yield bullets(
        say(
            f"option.mechanism.{view.tried}",
            name=view.group.name,
            n=view.n_treatments,
            fair=say(f"option.mechanism_fair.{view.tried_fairly}"),
        )
        for view in views
    )


def optioned_visit(knowledge: Knowledge, phrases: Phrases) -> Iterator[RenderableType]:
    """The general list for a person or family: nothing is ranked, and nothing is left out for them."""
    say = phrases.say
    yield heading(say("option.visit.title"))
    yield paragraph(say("option.visit.intro"))
    for category, entries in groupby(general_mention(knowledge), key=lambda entry: entry.category):
        names = [entry.plain.name if entry.plain else entry.name for entry in entries]
        told = say(f"option.category.{category}")
        yield bullets([say("option.visit.group", category=told, names=", ".join(sorted(names, key=str.casefold)))])
