"""What could come next, for clinicians: every option in its order with its reasons; what was tried of each mechanism;
what trials found about it.

Nothing is compared across studies, and nothing is ranked by a rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from remit.knowledge.pooled import EMPTY, PooledTable
from remit.render.document.blocks import Block, Grid, Origin, Said, Section, program
from remit.render.document.found import beside
from remit.render.document.parts import items, paragraph
from remit.render.optioned import MechanismView, OptionView, ReasonView
from remit.render.phrases import Phrases
from remit.render.views import PersonView

COLUMNS = ("option", "why", "found", "open")
WIDTHS = (4, 6, 6, 4)


def options(person: PersonView, phrases: Phrases, pooled: PooledTable = EMPTY) -> Section | None:
    """The section for clinicians; None where the run did not look for options."""
    if not person.options:
        return None
    say = phrases.say
    blocks: list[Block] = [paragraph(say("option.intro"))]
    if pooled.effects:
        told = (
            program(say("pooled.intro", label=pooled.label)),
            Said(say("report.rates")),
            Said(say("pooled.none_any")),
        )
        blocks.append(paragraph(*told))
    if person.groups:
        banner = say("option.banner", groups=phrases.listed(group.name for group in person.groups))
        blocks.append(paragraph(Said(banner, origin="record"), is_note=True))
    shared = {r.id: r for view in person.options for r in view.reasons if r.is_general and r.bears != "no"}
    if shared:
        blocks += [paragraph(say("option.general"), is_note=True)]
        blocks.append(items(_reason(reason, phrases) for reason in shared.values()))
    names = tuple(say(f"report.option_columns.{c}") for c in COLUMNS)
    for status, views in groupby(person.options, key=lambda view: view.status):
        rows = tuple(_row(view, phrases, pooled) for view in views)
        blocks.append(Grid(say(f"option.status.{status}"), names, rows, WIDTHS))
    inner = (mechanisms(person.mechanisms, phrases),) if person.mechanisms else ()
    return Section("options", say("option.title"), tuple(blocks), inner, starts_page=True)


def _row(view: OptionView, phrases: Phrases, pooled: PooledTable) -> tuple[Said, ...]:
    own = [reason for reason in view.reasons if not reason.is_general]
    why = [r for r in own if r.kind == "tried" or r.bears == "yes"]
    lacking = [r for r in own if r.kind != "tried" and r.bears == "unknown"]
    trials = _together(beside(view.entry.id, pooled, phrases), phrases, "words", "option.found_none")
    return (
        _named(view, phrases),
        _together([_reason(r, phrases) for r in why], phrases),
        trials,
        _lacking(lacking, phrases),
    )


def _named(view: OptionView, phrases: Phrases) -> Said:
    say, order, entry = phrases.say, view.order, view.entry
    line = say("option.no_line") if order["line"] is None else say("option.line", line=order["line"])
    keys = [line, say("option.grade", grade=order["grade"])]
    if order["against"] or order["fits"]:
        keys.append(say("option.preferences", against=order["against"], fits=order["fits"]))
    sources = (*(entry.line.sources if entry.line else ()), *entry.facets.sources)
    return Said(f"{entry.name}\n{', '.join(keys)}", tuple(dict.fromkeys(sources)), verified=entry.verified)


def _reason(reason: ReasonView, phrases: Phrases) -> Said:
    say = phrases.say
    places = [say(f"option.region.{place}") for place in reason.jurisdictions if place != "any"]
    text = f"{reason.text} [{phrases.mark(reason.verified)}{say('option.where', places=', '.join(places))}]"
    told = text if places else f"{reason.text} [{phrases.mark(reason.verified)}]"
    return Said(told, reason.sources, "record" if reason.kind == "tried" else "words", reason.verified)


def _together(
    runs: Sequence[Said], phrases: Phrases, origin: Origin = "record", nothing: str = "page.nothing_missing"
) -> Said:
    """Several runs of text in one cell."""
    if not runs:
        return Said(phrases.say(nothing))
    sources = tuple(dict.fromkeys(source for run in runs for source in run.sources))
    return Said("\n".join(run.text for run in runs), sources, origin)


def _lacking(reasons: Sequence[ReasonView], phrases: Phrases) -> Said:
    """What cannot be assessed: hard rules with the facts that they lack, and how many others are open."""
    hard = [reason for reason in reasons if reason.is_hard]
    told = []
    if hard:
        names = "; ".join(dict.fromkeys(fact.name for reason in hard for fact in reason.unknown))
        told.append(phrases.say("option.cannot_assess", n=len(hard), facts=names))
    if soft := len(reasons) - len(hard):
        told.append(phrases.say("option.soft_open", n=soft))
    sources = tuple(dict.fromkeys(s for reason in reasons for s in reason.sources))
    return Said("\n".join(told) or phrases.say("page.nothing_missing"), sources, "record")


def mechanisms(views: Sequence[MechanismView], phrases: Phrases) -> Section:
    """Which systems were tried: never a match with a kind of person."""
    say = phrases.say
    lines = [
        Said(
            say(
                f"option.mechanism.{view.tried}",
                name=view.group.name,
                n=view.n_treatments,
                fair=say(f"option.mechanism_fair.{view.tried_fairly}"),
            ),
            origin="record",
        )
        for view in views
        if view.tried in ("yes", "no")
    ]
    return Section("mechanisms", say("option.mechanisms"), (paragraph(say("option.mechanisms_intro")), items(lines)))
