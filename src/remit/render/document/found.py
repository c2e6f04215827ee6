"""What pooled trials found, in documents: beside an option, and as an annex with every comparison and every trial."""

from __future__ import annotations

from collections.abc import Iterable

from remit.knowledge.pooled import STUDY, PooledEffect, PooledTable
from remit.render.document.blocks import Block, Grid, Items, Said, Section, program
from remit.render.document.parts import items, paragraph
from remit.render.phrases import Phrases
from remit.render.pooled import Found, bare_ids

COLUMNS = ("comparison", "people", "estimate", "certainty")
WIDTHS = (5, 4, 5, 7)


def beside(option: str, pooled: PooledTable, phrases: Phrases) -> tuple[Said, ...]:
    """What was found about an option, for clinicians, as runs of text."""
    lines = Found(pooled, phrases).of(option, "short")
    return tuple(Said(phrases.say("pooled.bullet", text=line.text), line.sources) for line in lines)


def in_plain_words(option: str, pooled: PooledTable, phrases: Phrases) -> Items | None:
    """The same for a person; that there is nothing yet is told too. None where a document is made without it."""
    if not pooled.effects:
        return None
    lines = Found(pooled, phrases).plain_of(option)
    if not lines:
        return items([Said(phrases.say("pooled.plain.none"))])
    return items(Said(line.text, line.sources) for line in lines)


def found(pooled: PooledTable, phrases: Phrases) -> Section | None:
    """Every pooled effect, in the order of the alphabet; None where there is none."""
    if not pooled.effects:
        return None
    say, words = phrases.say, Found(pooled, phrases)
    rows = tuple(_row(effect, words, phrases) for effect in pooled.effects)
    warnings = dict.fromkeys(w for effect in pooled.effects for w in effect.warnings if w != pooled.label)
    columns = tuple(say(f"report.effect_columns.{c}") for c in COLUMNS)
    blocks: list[Block] = [
        paragraph(program(say("pooled.intro", label=pooled.label)), is_note=True),
        paragraph(say("report.rates"), say("pooled.none_any")),
        items(program(warning) for warning in warnings),
        Grid(say("report.annex.effects"), columns, rows, WIDTHS),
    ]
    if pooled.relapse:
        blocks.append(items(Said(words.ratio(r), (f"{STUDY}{r.study}",)) for r in pooled.relapse))
    blocks.append(_studies(pooled.source_ids, words, phrases))
    return Section("effects", say("report.annex.effects"), tuple(blocks), starts_page=True)


def trials(ids: Iterable[str], pooled: PooledTable, phrases: Phrases) -> Section | None:
    """The trials behind numbers that a document shows; None where it shows none."""
    used = tuple(i for i in ids if i.startswith(STUDY))
    if not used:
        return None
    return Section("trials", phrases.say("pooled.studies"), (_studies(used, Found(pooled, phrases), phrases),))


def _row(effect: PooledEffect, words: Found, phrases: Phrases) -> tuple[Said, ...]:
    shares = words.shares(effect).removeprefix("; ")
    cells = (
        (words.said("comparison", effect), words.said("timed", effect)),
        (words.said("people", effect), words.said("counted", effect)),
        (words.said("ratio", effect), shares),
        (effect.certainty, *words.more(effect)),
    )
    return tuple(Said("\n".join(line for line in cell if line), effect.source_ids) for cell in cells)


def _studies(ids: Iterable[str], words: Found, phrases: Phrases) -> Grid:
    columns = tuple(phrases.say(f"report.source_columns.{c}") for c in ("id", "citation"))
    rows = tuple((Said(bare_ids((i,)), (i,)), Said(words.study(i), (i,))) for i in sorted(ids))
    return Grid(phrases.say("pooled.studies"), columns, rows, (2, 8))
